/* json.h - JSON from the network, taken apart strictly; jansson behind it
 *
 * A document is loaded whole within limits (bytes, a value for each 16 of those it may have, depth
 * 32, no duplicate keys, NULs refused).
 * Members are *taken*: after the last take, sl_json_finish refuses what is left over and names
 * it. The first wrong member is remembered and reported by sl_json_finish, so the happy
 * path reads straight down.
 */
#pragma once

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "catalog/base/error.h"

G_DEFINE_AUTOPTR_CLEANUP_FUNC(json_t, json_decref)

/** Loads a document of at most limit bytes. SL_ERROR_INVALID or SL_ERROR_LIMIT. */
json_t *sl_json_load(const void *bytes, size_t size, size_t limit, GError **error);

/** Compact text; one line. */
char *sl_json_text(const json_t *json);

typedef struct SlJsonReader SlJsonReader;

/** @param what  names the object in messages ("check-in"); the json is borrowed. */
SlJsonReader *sl_json_reader_new(const json_t *object, const char *what);
/** Required string of at most limit bytes; borrowed from the json; "" after a failure. */
const char *sl_json_take_text(SlJsonReader *reader, const char *key, size_t limit);
/** Optional string or null; NULL when absent. */
const char *sl_json_take_text_or_null(SlJsonReader *reader, const char *key, size_t limit);
int64_t sl_json_take_int(SlJsonReader *reader, const char *key, int64_t low, int64_t high);
int64_t sl_json_take_int_or(SlJsonReader *reader, const char *key, int64_t low, int64_t high,
			    int64_t otherwise);
bool sl_json_take_bool(SlJsonReader *reader, const char *key);
bool sl_json_take_bool_or(SlJsonReader *reader, const char *key, bool otherwise);
/** Required array of at most limit members; NULL after a failure. */
const json_t *sl_json_take_array(SlJsonReader *reader, const char *key, size_t limit);
const json_t *sl_json_take_array_or_null(SlJsonReader *reader, const char *key, size_t limit);
const json_t *sl_json_take_object(SlJsonReader *reader, const char *key);
/** Remembers a failure of the caller's own ("key: message"). */
void sl_json_refuse(SlJsonReader *reader, const char *key, const char *message);
/** True when everything was right and nothing is left over; SL_ERROR_INVALID otherwise. */
bool sl_json_finish(SlJsonReader *reader, GError **error);
void sl_json_reader_free(SlJsonReader *reader);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SlJsonReader, sl_json_reader_free)
