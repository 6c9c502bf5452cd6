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

/** Adds one under the id it carries (the next free one is sl_package_next_id). */
bool sl_package_add(SlDb *db, const SlPackage *package, GError **error);
int64_t sl_package_next_id(SlDb *db, GError **error);

/** Marks one as gone from its upstream, or as back (0), and says where its payload is now. */
bool sl_package_set_withdrawn(SlDb *db, int64_t id, int64_t withdrawn_at, GError **error);
bool sl_package_set_filename(SlDb *db, int64_t id, const char *filename, GError **error);

/** Adds a revision under that id (the next free one is sl_revision_next_id) with the next number of
 * its update. */
bool sl_revision_add(SlDb *db, int64_t id, int64_t update_id, const char *digest, int64_t seen_at,
		     GError **error);
int64_t sl_revision_next_id(SlDb *db, GError **error);
bool sl_revision_add_package(SlDb *db, int64_t revision_id, int64_t package_id, GError **error);
