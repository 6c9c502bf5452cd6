/* path_index.h - everything the public side may serve of a channel: public path to content
 *
 * A text file, one line a path, sorted by bytes:
 *   PATH TAB SHA256 TAB SIZE TAB TYPE TAB WHERE TAB MTIME LF
 * PATH is absolute and decoded; WHERE is 'f' for the channel's files/ and 'p' for the pool; MTIME
 * is seconds since 1970. It is never changed in place, so it is mapped and searched by bisection.
 * Reading is safe from any thread.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "catalog/base/error.h"

#define SL_PATH_INDEX_SHA256 64 /* characters */
#define SL_PATH_INDEX_TYPE   64 /* bytes of a content type with its NUL */

typedef struct {
	char sha256[SL_PATH_INDEX_SHA256 + 1];
	int64_t size; /* bytes */
	char type[SL_PATH_INDEX_TYPE];
	bool in_pool;	    /* else in the channel's files/ */
	int64_t changed_at; /* Last-Modified, seconds since 1970 */
} SlPathEntry;

typedef struct SlPathIndex SlPathIndex;

/** Maps the index file of a descriptor. SL_ERROR_INTEGRITY when it is no index. */
SlPathIndex *sl_path_index_open(int fd, GError **error);
SlPathIndex *sl_path_index_ref(SlPathIndex *index);
void sl_path_index_unref(SlPathIndex *index);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SlPathIndex, sl_path_index_unref)

/** Whether the path is there. */
bool sl_path_index_find(const SlPathIndex *index, const char *path, SlPathEntry *ret_entry);

/** Receives one line; returns false to stop. */
typedef bool (*SlPathIndexFunc)(const char *path, const SlPathEntry *entry, gpointer data);

/** Hands on every entry whose path begins with a prefix; false when func stopped or a line is
 * broken. */
bool sl_path_index_each(const SlPathIndex *index, const char *prefix, SlPathIndexFunc func,
			gpointer data);

/** One line of an index. */
char *sl_path_index_line(const char *path, const SlPathEntry *entry);
