/* tree.h - one serial of a publication while it is being written
 *
 * Metadata files are kept by content in publications/<channel>/files/ab/<sha256>, so that a suite
 * which did not change costs nothing. The serial itself is the path index trees/N.k/index.
 * Nothing of it is visible before sl_tree_switch. A tree that is freed before sl_tree_keep takes
 * what it wrote away again, so that failures (a full disk above all) leave nothing behind.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "catalog/base/error.h"
#include "catalog/base/stream.h"
#include "catalog/publish/path_index.h"

typedef struct SlTree SlTree;

/** @param channel_fd  publications/<channel>/ of the state directory; stays the caller's */
SlTree *sl_tree_new(int channel_fd, GError **error);

/** Adds a path; a second one of the same path replaces the first. */
void sl_tree_add(SlTree *tree, const char *path, const SlPathEntry *entry);

/** Whether the path is there, and what it holds. */
bool sl_tree_find(const SlTree *tree, const char *path, SlPathEntry *ret_entry);

/** Paths that begin with a prefix, sorted; (element-type utf8), owned. */
GPtrArray *sl_tree_paths(const SlTree *tree, const char *prefix);

/** Keeps bytes as a file and adds their path. */
bool sl_tree_put(SlTree *tree, const char *path, const char *type, int64_t changed_at,
		 const void *bytes, size_t size, GError **error);

/* A file that is written piece by piece, in one format. */
typedef struct SlTreeFile SlTreeFile;

SlTreeFile *sl_tree_file_new(SlTree *tree, SlStreamFormat format, int level, GError **error);
bool sl_tree_file_add(SlTreeFile *file, const void *bytes, size_t size, GError **error);
/** Flushes it, gives it its name by content and adds its path; frees the file in any case. */
bool sl_tree_file_finish(SlTreeFile *file, const char *path, const char *type, int64_t changed_at,
			 GError **error);
void sl_tree_file_free(SlTreeFile *file);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SlTreeFile, sl_tree_file_free)

/** Writes and flushes the index of a serial ("7.2") and everything that it needs. */
bool sl_tree_write(SlTree *tree, const char *serial, GError **error);

/** What was written stays when the tree is freed. */
void sl_tree_keep(SlTree *tree);

void sl_tree_free(SlTree *tree);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SlTree, sl_tree_free)

/** Opens a kept file by its hash; -1 on error. */
int sl_tree_open_file(int channel_fd, const char *sha256, GError **error);

/** The index of a serial ("trees/7.2") or of the current one ("current"). */
SlPathIndex *sl_tree_open_index(int channel_fd, const char *which, GError **error);

/** The serial that current names ("7.2"), or NULL when there is none. */
char *sl_tree_current(int channel_fd);

/** Makes a written serial the current one: one rename. */
bool sl_tree_switch(int channel_fd, const char *serial, GError **error);
