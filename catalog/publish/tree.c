#include "catalog/publish/tree.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "catalog/base/fs.h"
#include "catalog/base/hash.h"
#include "catalog/base/text.h"

struct SlTree {
	int channel_fd;		 /* the caller's */
	GHashTable *entries;	 /* (owned): path -> SlPathEntry */
	GHashTable *directories; /* (owned): of files/, touched and not flushed yet */
	GPtrArray *made;	 /* (owned, element-type utf8): what was not there before */
	unsigned written;	 /* files, for temporary names */
	bool kept;
};

struct SlTreeFile {
	SlTree *tree;
	char *name; /* temporary, below the channel */
	int fd;
	SlStreamWriter *writer;
};

static bool
make_dir(int dir_fd, const char *path, GError **error)
{
	sl_autofd int fd = sl_fs_make_dir(dir_fd, path, 0755, error);

	return fd >= 0;
}

SlTree *
sl_tree_new(int channel_fd, GError **error)
{
	g_autoptr(SlTree) tree = g_new0(SlTree, 1);

	tree->channel_fd = channel_fd;
	tree->entries = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	tree->directories = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	tree->made = g_ptr_array_new_with_free_func(g_free);
	if (!make_dir(channel_fd, "files", error) || !make_dir(channel_fd, "trees", error))
		return NULL;
	return g_steal_pointer(&tree);
}

void
sl_tree_add(SlTree *tree, const char *path, const SlPathEntry *entry)
{
	g_hash_table_replace(tree->entries, g_strdup(path), g_memdup2(entry, sizeof *entry));
}

bool
sl_tree_find(const SlTree *tree, const char *path, SlPathEntry *ret_entry)
{
	const SlPathEntry *entry = g_hash_table_lookup(tree->entries, path);

	if (entry)
		*ret_entry = *entry;
	return entry != NULL;
}

static int
compare_texts(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

GPtrArray *
sl_tree_paths(const SlTree *tree, const char *prefix)
{
	GPtrArray *paths = g_ptr_array_new_with_free_func(g_free);
	GHashTableIter iter;
	gpointer path;

	g_hash_table_iter_init(&iter, tree->entries);
	while (g_hash_table_iter_next(&iter, &path, NULL))
		if (g_str_has_prefix(path, prefix))
			g_ptr_array_add(paths, g_strdup(path));
	g_ptr_array_sort(paths, compare_texts);
	return paths;
}

static char *
file_path(const char *sha256)
{
	return g_strdup_printf("files/%.2s/%s", sha256, sha256);
}

SlTreeFile *
sl_tree_file_new(SlTree *tree, SlStreamFormat format, int level, GError **error)
{
	g_autoptr(SlTreeFile) file = g_new0(SlTreeFile, 1);

	file->tree = tree;
	file->name = g_strdup_printf("files/new-%u", tree->written++);
	file->fd = -1;
	if (!sl_fs_remove(tree->channel_fd, file->name, error))
		return NULL;
	file->fd = sl_fs_open_flags(tree->channel_fd, file->name, O_RDWR | O_CREAT | O_EXCL, 0644,
				    error);
	if (file->fd < 0)
		return NULL;
	file->writer = sl_stream_writer_new(file->fd, format, level, error);
	return file->writer ? g_steal_pointer(&file) : NULL;
}

bool
sl_tree_file_add(SlTreeFile *file, const void *bytes, size_t size, GError **error)
{
	return sl_stream_writer_add(file->writer, bytes, size, error);
}

/* Gives a finished file its name by content. */
static bool
name_file(SlTreeFile *file, const char *sha256, GError **error)
{
	SlTree *tree = file->tree;
	g_autofree char *folder = g_strdup_printf("files/%.2s", sha256);
	g_autofree char *path = file_path(sha256);
	bool is_new;

	if (!sl_fs_flush(file->fd, path, error) || !make_dir(tree->channel_fd, folder, error))
		return false;
	is_new = faccessat(tree->channel_fd, path, F_OK, AT_SYMLINK_NOFOLLOW) < 0;
	if (renameat(tree->channel_fd, file->name, tree->channel_fd, path) < 0)
		return sl_error_errno(error, "rename to %s", path);
	if (is_new)
		g_ptr_array_add(tree->made, g_strdup(path));
	g_hash_table_add(tree->directories, g_steal_pointer(&folder));
	g_clear_pointer(&file->name, g_free);
	return true;
}

bool
sl_tree_file_finish(SlTreeFile *given, const char *path, const char *type, int64_t changed_at,
		    GError **error)
{
	g_autoptr(SlTreeFile) file = given;
	g_autofree char *sha256 = NULL;
	SlPathEntry entry = {.changed_at = changed_at};

	if (!sl_stream_writer_finish(file->writer, &sha256, &entry.size, error) ||
	    !name_file(file, sha256, error)) {
		g_prefix_error(error, "write %s: ", path);
		return false;
	}
	g_strlcpy(entry.sha256, sha256, sizeof entry.sha256);
	g_strlcpy(entry.type, type, sizeof entry.type);
	sl_tree_add(file->tree, path, &entry);
	return true;
}

void
sl_tree_file_free(SlTreeFile *file)
{
	if (!file)
		return;
	if (file->name)
		sl_fs_remove(file->tree->channel_fd, file->name, NULL);
	sl_stream_writer_free(file->writer);
	sl_fs_clear_fd(&file->fd);
	g_free(file->name);
	g_free(file);
}

bool
sl_tree_put(SlTree *tree, const char *path, const char *type, int64_t changed_at, const void *bytes,
	    size_t size, GError **error)
{
	g_autoptr(SlTreeFile) file = sl_tree_file_new(tree, SL_STREAM_PLAIN, 0, error);

	if (!file || !sl_tree_file_add(file, bytes, size, error))
		return false;
	return sl_tree_file_finish(g_steal_pointer(&file), path, type, changed_at, error);
}

static bool
flush_dir(int channel_fd, const char *path, GError **error)
{
	sl_autofd int fd = sl_fs_make_dir(channel_fd, path, 0755, error);

	return fd >= 0 && sl_fs_flush(fd, path, error);
}

/* Names of new files have to be on disk before an index promises them. */
static bool
flush_directories(SlTree *tree, GError **error)
{
	GHashTableIter iter;
	gpointer path;

	g_hash_table_iter_init(&iter, tree->directories);
	while (g_hash_table_iter_next(&iter, &path, NULL))
		if (!flush_dir(tree->channel_fd, path, error))
			return false;
	g_hash_table_remove_all(tree->directories);
	return flush_dir(tree->channel_fd, "files", error);
}

bool
sl_tree_write(SlTree *tree, const char *serial, GError **error)
{
	g_autofree char *folder = g_strdup_printf("trees/%s", serial);
	g_autofree char *path = g_strdup_printf("%s/index", folder);
	g_autoptr(GPtrArray) paths = sl_tree_paths(tree, "/");
	g_autoptr(GString) text = g_string_new(NULL);

	g_ptr_array_add(tree->made, g_strdup(folder));
	for (guint i = 0; i < paths->len; i++) {
		g_autofree char *line = sl_path_index_line(
			paths->pdata[i], g_hash_table_lookup(tree->entries, paths->pdata[i]));

		g_string_append(text, line);
	}
	return flush_directories(tree, error) &&
	       sl_fs_remove_tree(tree->channel_fd, folder, error) &&
	       make_dir(tree->channel_fd, folder, error) &&
	       sl_fs_replace(tree->channel_fd, path, text->str, text->len, 0644, error) &&
	       flush_dir(tree->channel_fd, "trees", error);
}

void
sl_tree_keep(SlTree *tree)
{
	tree->kept = true;
}

void
sl_tree_free(SlTree *tree)
{
	if (!tree)
		return;
	for (guint i = 0; tree->made && !tree->kept && i < tree->made->len; i++)
		sl_fs_remove_tree(tree->channel_fd, tree->made->pdata[i], NULL);
	if (tree->made)
		g_ptr_array_unref(tree->made);
	if (tree->entries)
		g_hash_table_unref(tree->entries);
	if (tree->directories)
		g_hash_table_unref(tree->directories);
	g_free(tree);
}

int
sl_tree_open_file(int channel_fd, const char *sha256, GError **error)
{
	g_autofree char *path = file_path(sha256);

	return sl_fs_open(channel_fd, path, error);
}

char *
sl_tree_current(int channel_fd)
{
	char target[64];
	ssize_t size = readlinkat(channel_fd, "current", target, sizeof target - 1);

	if (size <= 0)
		return NULL;
	target[size] = '\0';
	if (!g_str_has_prefix(target, "trees/") || !sl_text_is_name(target + strlen("trees/")))
		return NULL;
	return g_strdup(target + strlen("trees/"));
}

SlPathIndex *
sl_tree_open_index(int channel_fd, const char *which, GError **error)
{
	g_autofree char *serial = NULL;
	g_autofree char *path = NULL;
	sl_autofd int fd = -1;

	if (strcmp(which, "current") == 0) {
		serial = sl_tree_current(channel_fd);
		if (!serial) {
			sl_error_set(error, SL_ERROR_NOT_FOUND, "nothing is published yet");
			return NULL;
		}
		path = g_strdup_printf("trees/%s/index", serial);
	} else {
		path = g_strdup_printf("%s/index", which);
	}
	fd = sl_fs_open(channel_fd, path, error);
	return fd < 0 ? NULL : sl_path_index_open(fd, error);
}

bool
sl_tree_switch(int channel_fd, const char *serial, GError **error)
{
	g_autofree char *target = g_strdup_printf("trees/%s", serial);

	return sl_fs_replace_link(channel_fd, target, "current", error);
}
