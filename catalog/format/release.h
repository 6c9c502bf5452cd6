/* release.h - a Debian archive's Release file: what a suite is and which indexes it has
 *
 * Only the SHA256 list is read and written; weaker hashes are not trusted with anything.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "catalog/base/error.h"

typedef struct {
	char *sha256;
	int64_t size; /* bytes */
} SlReleaseFile;

typedef struct {
	char *origin; /* texts are NULL when the field is not there */
	char *label;
	char *suite;
	char *codename;
	char *version;
	char *description;
	int64_t date_at;     /* seconds since 1970 */
	int64_t valid_until; /* seconds since 1970; 0: it does not say */
	bool by_hash;	     /* Acquire-By-Hash: yes */
	char **components;
	char **architectures;
	GHashTable *files; /* path below the suite's directory -> SlReleaseFile */
} SlRelease;

SlRelease *sl_release_new(void);

/**
 * Reads the one stanza of a Release file. Date and the SHA256 list have to be there.
 *
 * @param error  SL_ERROR_INVALID naming the field, also for a second stanza, or a path listed
 *               twice with different hashes or leading out of the suite's directory
 */
SlRelease *sl_release_parse(const char *text, size_t size, GError **error);

/** The entry of a path below the suite's directory ("main/binary-amd64/Packages.xz"), or NULL. */
const SlReleaseFile *sl_release_find(const SlRelease *release, const char *path);

void sl_release_add(SlRelease *release, const char *path, const char *sha256, int64_t size);

/** Writes it, files sorted by path; NULL with SL_ERROR_INVALID when a value cannot be written. */
char *sl_release_write(const SlRelease *release, GError **error);

void sl_release_free(SlRelease *release);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SlRelease, sl_release_free)
