#include "tests/unit/scratch.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "catalog/base/fs.h"

void
scratch_set_up(Scratch *s, gconstpointer data)
{
	g_autoptr(GError) error = NULL;

	(void)data;
	s->path = g_dir_make_tmp("slXXXXXX", &error);
	g_assert_no_error(error);
	s->fd = sl_fs_open_dir(s->path, &error);
	g_assert_no_error(error);
}

void
scratch_tear_down(Scratch *s, gconstpointer data)
{
	g_autofree char *parent = g_path_get_dirname(s->path);
	g_autofree char *name = g_path_get_basename(s->path);
	sl_autofd int fd = sl_fs_open_dir(parent, NULL);

	(void)data;
	close(s->fd);
	g_assert_true(sl_fs_remove_tree(fd, name, NULL));
	g_free(s->path);
}

char *
scratch_path(const Scratch *s, const char *name)
{
	return g_build_filename(s->path, name, NULL);
}

void
scratch_write(const Scratch *s, const char *name, const void *bytes, size_t size)
{
	/* without a flush: some tests write thousands of files */
	sl_autofd int fd = sl_fs_open_flags(s->fd, name, O_WRONLY | O_CREAT | O_TRUNC, 0600, NULL);

	g_assert_cmpint(fd, >=, 0);
	g_assert_true(sl_fs_write_all(fd, bytes, size, NULL));
}

void
scratch_assert_text(const Scratch *s, const char *name, const char *text)
{
	g_autofree char *path = scratch_path(s, name);
	g_autofree char *found = NULL;
	gsize size;

	g_assert_true(g_file_get_contents(path, &found, &size, NULL));
	assert_bytes(found, size, text, strlen(text));
}

void
scratch_assert_names(const Scratch *s, const char *names)
{
	g_autoptr(GPtrArray) found = sl_fs_list(s->fd, ".", NULL);
	g_autofree char *joined = NULL;

	g_assert_nonnull(found);
	g_ptr_array_add(found, NULL);
	joined = g_strjoinv(" ", (char **)found->pdata);
	g_assert_cmpstr(joined, ==, names);
}

void
assert_bytes(const void *found, size_t found_size, const void *bytes, size_t size)
{
	g_assert_cmpuint(found_size, ==, size);
	g_assert_true(size == 0 || memcmp(found, bytes, size) == 0);
}
