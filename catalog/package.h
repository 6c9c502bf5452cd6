/* package.h - packages: what a payload is to its package manager */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "catalog/base/db.h"
#include "catalog/base/error.h"

typedef struct {
	int64_t id;
	int64_t upstream_id;
	char *name;
	char *version;
	char *architecture;
	char *component;
	char *section;
	char *source; /* source package */
	char *source_version;
	char *payload_sha256;
	int64_t size;	/* bytes of the payload */
	char *filename; /* path below the upstream's address */
	char *stanza;	/* without Filename, Size, hashes, Phased-Update-Percentage; ends with LF */
	int64_t seen_at;      /* seconds since 1970 */
	int64_t withdrawn_at; /* seconds since 1970; 0: the upstream has it */
	int64_t checksum;     /* of the row, as read; -1: it has none */
} SlPackage;

SlPackage *sl_package_new(void);
void sl_package_free(SlPackage *package);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SlPackage, sl_package_free)

/** A revision's packages sorted by name, version, architecture; (element-type SlPackage), owned. */
GPtrArray *sl_package_of_revision(SlDb *db, int64_t revision_id, GError **error);

/** Receives one package, valid during the call; returns false with the error set to stop. */
typedef bool (*SlPackageFunc)(const SlPackage *package, gpointer data, GError **error);

/** As sl_package_of_revision, one at a time: for the many of a publication. */
bool sl_package_each(SlDb *db, int64_t revision_id, SlPackageFunc func, gpointer data,
		     GError **error);

/** Whether the row is still what was written: SL_ERROR_INTEGRITY when bytes of it changed since. */
bool sl_package_check(const SlPackage *package, GError **error);

/** The packages of that name that upstreams have now; (element-type SlPackage), owned. */
GPtrArray *sl_package_named(SlDb *db, const char *name, GError **error);

/** Of what a publication takes from the row: what sl_package_check compares. */
int64_t sl_package_checksum(const SlPackage *package);

/**
 * Adds an upstream's new packages out of stage.new_package (number, name, version, architecture,
 * component, section, source, source_version, sha256, filename, stanza, checksum).
 *
 * @param ret_before  the highest id until now: package `number` gets the id before + number
 */
bool sl_package_add_staged(SlDb *db, int64_t upstream_id, int64_t now_at, int64_t *ret_before,
			   int64_t *ret_added, GError **error);

/** Marks one as gone from its upstream, or as back (0), and says where its payload is now. */
bool sl_package_set_withdrawn(SlDb *db, int64_t id, int64_t withdrawn_at, GError **error);
bool sl_package_set_filename(SlDb *db, int64_t id, const char *filename, GError **error);

/**
 * Adds new revisions out of stage.new_revision (number, digest, update_id or NULL where the update
 * is new: number is then the update's as well), each with the next number of its update, and what
 * they consist of out of stage.new_revision_package (revision: a number; package_id, or NULL where
 * the package is new; package: its number).
 *
 * @param updates_before, packages_before  what sl_update_add_staged and sl_package_add_staged said
 */
bool sl_revision_add_staged(SlDb *db, int64_t updates_before, int64_t packages_before,
			    int64_t now_at, int64_t *ret_added, GError **error);
