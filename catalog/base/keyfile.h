/* keyfile.h - configuration files whose unknown keys are errors
 *
 * A key is consumed when it is read; sl_keyfile_finish names the first section and key that
 * nobody read, and the first value that was wrong.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "catalog/base/error.h"

typedef struct SlKeyfile SlKeyfile;

/** Loads an INI-like file; SL_ERROR_NOT_FOUND, SL_ERROR_INVALID with the line. */
SlKeyfile *sl_keyfile_load(const char *path, GError **error);
/** An empty one: every read gives the default. */
SlKeyfile *sl_keyfile_new(void);
/** The caller owns the result; a copy of otherwise (may be NULL) when the key is absent. */
char *sl_keyfile_text(SlKeyfile *file, const char *section, const char *key, const char *otherwise);
int64_t sl_keyfile_int(SlKeyfile *file, const char *section, const char *key, int64_t low,
		       int64_t high, int64_t otherwise);
/** A duration in seconds as sl_text_duration reads it. */
int64_t sl_keyfile_duration(SlKeyfile *file, const char *section, const char *key, int64_t low,
			    int64_t high, int64_t otherwise);
/** A size in bytes as sl_text_size reads it. */
int64_t sl_keyfile_size(SlKeyfile *file, const char *section, const char *key, int64_t low,
			int64_t high, int64_t otherwise);
bool sl_keyfile_bool(SlKeyfile *file, const char *section, const char *key, bool otherwise);
bool sl_keyfile_finish(SlKeyfile *file, GError **error);
void sl_keyfile_free(SlKeyfile *file);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SlKeyfile, sl_keyfile_free)
