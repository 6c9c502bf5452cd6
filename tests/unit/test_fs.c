/* What is below a directory is opened, made and removed there, and nowhere else */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "catalog/base/fs.h"
#include "tests/unit/scratch.h"

/*
 * The scratch directory holds "outside" with a file in it, and "inside", which the functions
 * under test are given. In it are links that lead out: "out" to the directory, "file" to its file.
 */
typedef struct {
	Scratch scratch;
	int fd; /* of inside */
} Fixture;

static void
set_up(Fixture *f, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	sl_autofd int outside = -1;

	scratch_set_up(&f->scratch, NULL);
	outside = sl_fs_make_dir(f->scratch.fd, "outside", 0700, &error);
	g_assert_no_error(error);
	f->fd = sl_fs_make_dir(f->scratch.fd, "inside", 0700, &error);
	g_assert_no_error(error);
	g_assert_true(sl_fs_replace(outside, "secret", "secret", 6, 0600, NULL));
	g_assert_cmpint(symlinkat("../outside", f->fd, "out"), ==, 0);
	g_assert_cmpint(symlinkat("../outside/secret", f->fd, "file"), ==, 0);
	g_assert_true(sl_fs_replace(f->fd, "plain", "plain", 5, 0600, NULL));
}

static void
tear_down(Fixture *f, gconstpointer data)
{
	close(f->fd);
	scratch_tear_down(&f->scratch, NULL);
}

static void
assert_outside_is_untouched(Fixture *f)
{
	g_autoptr(GPtrArray) names = sl_fs_list(f->scratch.fd, "outside", NULL);

	g_assert_cmpuint(names->len, ==, 1);
	g_assert_cmpstr(names->pdata[0], ==, "secret");
	scratch_assert_text(&f->scratch, "outside/secret", "secret");
	scratch_assert_names(&f->scratch, "inside outside");
}

/* Ways to a file that is there, and is not below the directory. */
static const char *const ways_out[] = {
	"../outside/secret",	       "out/secret",  "file",
	"out/../outside/secret",       "/etc/passwd", "./out/secret",
	"../inside/../outside/secret",
};

static void
test_no_way_leads_out_to_a_file(Fixture *f, gconstpointer data)
{
	for (size_t i = 0; i < G_N_ELEMENTS(ways_out); i++) {
		g_autoptr(GError) error = NULL;

		g_test_message("%s", ways_out[i]);
		g_assert_cmpint(sl_fs_open(f->fd, ways_out[i], &error), ==, -1);
		g_assert_error(error, SL_ERROR, SL_ERROR_IO);
		g_assert_nonnull(strstr(error->message, ways_out[i]));
		g_assert_null(sl_fs_read(f->fd, ways_out[i], 100, NULL));
		g_assert_cmpint(
			sl_fs_open_flags(f->fd, ways_out[i], O_WRONLY | O_TRUNC, 0600, NULL), ==,
			-1);
	}
	assert_outside_is_untouched(f);
}

static void
test_nothing_is_made_outside(Fixture *f, gconstpointer data)
{
	static const char *const ways[] = {"../new", "out/new", "../outside/new"};
	g_autofree char *absolute = scratch_path(&f->scratch, "outside/new");

	for (size_t i = 0; i <= G_N_ELEMENTS(ways); i++) {
		const char *way = i < G_N_ELEMENTS(ways) ? ways[i] : absolute;

		g_test_message("%s", way);
		g_assert_cmpint(sl_fs_make_dir(f->fd, way, 0700, NULL), ==, -1);
		g_assert_cmpint(sl_fs_open_flags(f->fd, way, O_WRONLY | O_CREAT, 0600, NULL), ==,
				-1);
		g_assert_false(sl_fs_create(f->fd, way, "x", 1, 0600, NULL));
		g_assert_false(sl_fs_replace(f->fd, way, "x", 1, 0600, NULL));
		g_assert_false(sl_fs_replace_link(f->fd, "plain", way, NULL));
		g_assert_false(sl_fs_rename(f->fd, "plain", way, NULL));
	}
	assert_outside_is_untouched(f);
	scratch_assert_text(&f->scratch, "inside/plain", "plain");
}

static void
test_nothing_is_taken_from_outside(Fixture *f, gconstpointer data)
{
	static const char *const ways[] = {"../outside/secret", "out/secret"};

	for (size_t i = 0; i < G_N_ELEMENTS(ways); i++) {
		g_test_message("%s", ways[i]);
		g_assert_false(sl_fs_remove(f->fd, ways[i], NULL));
		g_assert_false(sl_fs_remove_tree(f->fd, ways[i], NULL));
		g_assert_false(sl_fs_rename(f->fd, ways[i], "mine", NULL));
	}
	g_assert_false(sl_fs_remove_tree(f->fd, "../outside", NULL));
	g_assert_null(sl_fs_list(f->fd, "out", NULL));
	g_assert_null(sl_fs_list(f->fd, "..", NULL));
	assert_outside_is_untouched(f);
}

/* A tree with links in it: the links go, what they point at stays. */
static void
test_a_tree_is_removed_without_following_links(Fixture *f, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	sl_autofd int tree = sl_fs_make_dir(f->fd, "tree", 0700, &error);
	sl_autofd int deep = sl_fs_make_dir(tree, "deep", 0700, &error);

	g_assert_cmpint(symlinkat("../../../outside", deep, "link"), ==, 0);
	g_assert_true(sl_fs_replace(deep, "x", "x", 1, 0600, &error));
	g_assert_true(sl_fs_remove_tree(f->fd, "tree", &error));
	g_assert_true(sl_fs_remove_tree(f->fd, "out", &error));
	g_assert_true(sl_fs_remove_tree(f->fd, "out", &error)); /* gone already */
	g_assert_no_error(error);
	g_assert_cmpint(faccessat(f->fd, "tree", F_OK, 0), ==, -1);
	assert_outside_is_untouched(f);
}

static void
test_only_a_regular_file_is_a_file(Fixture *f, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	sl_autofd int dir = sl_fs_make_dir(f->fd, "dir", 0700, &error);

	g_assert_cmpint(mkfifoat(f->fd, "fifo", 0600), ==, 0);
	g_assert_cmpint(sl_fs_open(f->fd, "fifo", &error), ==, -1); /* and does not wait */
	g_assert_error(error, SL_ERROR, SL_ERROR_IO);
	g_clear_error(&error);
	g_assert_cmpint(sl_fs_open(f->fd, "dir", &error), ==, -1);
	g_assert_error(error, SL_ERROR, SL_ERROR_IO);
	g_clear_error(&error);
	g_assert_cmpint(sl_fs_open(f->fd, "absent", &error), ==, -1);
	g_assert_error(error, SL_ERROR, SL_ERROR_NOT_FOUND);
	g_clear_error(&error);
	g_assert_cmpint(sl_fs_make_dir(f->fd, "plain", 0700, &error), ==, -1);
	g_assert_error(error, SL_ERROR, SL_ERROR_IO);
}

static void
test_a_file_larger_than_the_limit_is_not_read(Fixture *f, gconstpointer data)
{
	g_autofree char *path = scratch_path(&f->scratch, "inside/plain");
	g_autoptr(GBytes) whole = sl_fs_read(f->fd, "plain", 5, NULL);
	g_autoptr(GError) error = NULL;

	assert_bytes(g_bytes_get_data(whole, NULL), g_bytes_get_size(whole), "plain", 5);
	g_assert_null(sl_fs_read(f->fd, "plain", 4, &error));
	g_assert_error(error, SL_ERROR, SL_ERROR_LIMIT);
	g_clear_error(&error);
	g_assert_null(sl_fs_read_path(path, 4, &error));
	g_assert_error(error, SL_ERROR, SL_ERROR_LIMIT);
}

static mode_t
mode_of(Fixture *f, const char *name)
{
	struct stat status;

	g_assert_cmpint(fstatat(f->fd, name, &status, AT_SYMLINK_NOFOLLOW), ==, 0);
	return status.st_mode & 07777;
}

static void
test_replacing_leaves_one_file_with_the_new_mode(Fixture *f, gconstpointer data)
{
	g_autoptr(GError) error = NULL;

	g_assert_cmpint(fchmodat(f->fd, "plain", 0644, 0), ==, 0);
	g_assert_true(sl_fs_replace(f->fd, "plain.new", "left over", 9, 0644, &error));
	g_assert_true(sl_fs_replace(f->fd, "plain", "secret", 6, 0600, &error));
	g_assert_no_error(error);
	scratch_assert_text(&f->scratch, "inside/plain", "secret");
	g_assert_cmpint(mode_of(f, "plain"), ==, 0600);
	g_assert_cmpint(faccessat(f->fd, "plain.new", F_OK, 0), ==, -1);
	/* a link in its place is replaced, not followed */
	g_assert_true(sl_fs_replace(f->fd, "file", "mine", 4, 0600, &error));
	scratch_assert_text(&f->scratch, "inside/file", "mine");
	assert_outside_is_untouched(f);
}

static void
test_replacing_that_fails_leaves_the_old_file(Fixture *f, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	sl_autofd int in_the_way = sl_fs_make_dir(f->fd, "plain.new", 0700, &error);

	g_assert_false(sl_fs_replace(f->fd, "plain", "other", 5, 0600, &error));
	g_assert_error(error, SL_ERROR, SL_ERROR_IO);
	scratch_assert_text(&f->scratch, "inside/plain", "plain");
}

static void
test_creating_never_touches_what_is_there(Fixture *f, gconstpointer data)
{
	static const char *const taken[] = {"plain", "file", "out"};
	g_autoptr(GPtrArray) names = NULL;

	g_assert_true(sl_fs_create(f->fd, "new", "secret", 6, 0600, NULL));
	g_assert_cmpint(mode_of(f, "new"), ==, 0600);
	for (size_t i = 0; i < G_N_ELEMENTS(taken); i++) {
		g_autoptr(GError) error = NULL;

		g_assert_false(sl_fs_create(f->fd, taken[i], "other", 5, 0600, &error));
		g_assert_error(error, SL_ERROR, SL_ERROR_CONFLICT);
		g_assert_nonnull(strstr(error->message, taken[i]));
	}
	scratch_assert_text(&f->scratch, "inside/new", "secret");
	scratch_assert_text(&f->scratch, "inside/plain", "plain");
	names = sl_fs_list(f->fd, ".", NULL);
	g_assert_cmpuint(names->len, ==, 4);
	assert_outside_is_untouched(f);
}

static gpointer
create(gpointer data)
{
	const Fixture *f = data;

	return GINT_TO_POINTER(sl_fs_create(f->fd, "raced", &f, sizeof f, 0600, NULL));
}

static void
test_of_many_that_create_a_file_one_does(Fixture *f, gconstpointer data)
{
	GThread *threads[8];
	int made = 0;

	for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
		threads[i] = g_thread_new("create", create, f);
	for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
		made += GPOINTER_TO_INT(g_thread_join(threads[i]));
	g_assert_cmpint(made, ==, 1);
}

static void
test_a_link_is_replaced_at_once(Fixture *f, gconstpointer data)
{
	char target[20] = "";

	g_assert_true(sl_fs_replace_link(f->fd, "trees/1", "current", NULL));
	g_assert_true(sl_fs_replace_link(f->fd, "trees/2", "current", NULL));
	g_assert_cmpint(readlinkat(f->fd, "current", target, sizeof target - 1), ==, 7);
	g_assert_cmpstr(target, ==, "trees/2");
	g_assert_cmpint(faccessat(f->fd, "current.new", F_OK, AT_SYMLINK_NOFOLLOW), ==, -1);
}

static void
test_names_come_sorted(Fixture *f, gconstpointer data)
{
	g_autoptr(GPtrArray) names = sl_fs_list(f->fd, ".", NULL);

	g_assert_cmpuint(names->len, ==, 3);
	g_assert_cmpstr(names->pdata[0], ==, "file");
	g_assert_cmpstr(names->pdata[1], ==, "out");
	g_assert_cmpstr(names->pdata[2], ==, "plain");
}

static void
test_what_cannot_fit_is_refused_before_it_is_written(Fixture *f, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	int64_t space = 0;

	g_assert_true(sl_fs_free_space(f->fd, &space, NULL));
	g_assert_true(sl_fs_check_space(f->fd, 0, NULL) || space == 0);
	g_assert_false(sl_fs_check_space(f->fd, INT64_MAX, &error));
	g_assert_error(error, SL_ERROR, SL_ERROR_IO);
}

static void
test_a_write_to_a_reader_is_no_write(Fixture *f, gconstpointer data)
{
	sl_autofd int fd = sl_fs_open(f->fd, "plain", NULL);
	g_autoptr(GError) error = NULL;

	g_assert_false(sl_fs_write_all(fd, "x", 1, &error));
	g_assert_error(error, SL_ERROR, SL_ERROR_IO);
	scratch_assert_text(&f->scratch, "inside/plain", "plain");
}

int
main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*test)(Fixture *f, gconstpointer data);
	} tests[] = {
		{"/fs/ways-out", test_no_way_leads_out_to_a_file},
		{"/fs/made-outside", test_nothing_is_made_outside},
		{"/fs/taken-from-outside", test_nothing_is_taken_from_outside},
		{"/fs/tree", test_a_tree_is_removed_without_following_links},
		{"/fs/regular", test_only_a_regular_file_is_a_file},
		{"/fs/limit", test_a_file_larger_than_the_limit_is_not_read},
		{"/fs/replace", test_replacing_leaves_one_file_with_the_new_mode},
		{"/fs/replace-fails", test_replacing_that_fails_leaves_the_old_file},
		{"/fs/create", test_creating_never_touches_what_is_there},
		{"/fs/create-raced", test_of_many_that_create_a_file_one_does},
		{"/fs/link", test_a_link_is_replaced_at_once},
		{"/fs/list", test_names_come_sorted},
		{"/fs/space", test_what_cannot_fit_is_refused_before_it_is_written},
		{"/fs/reader", test_a_write_to_a_reader_is_no_write},
	};

	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(tests); i++)
		g_test_add(tests[i].name, Fixture, NULL, set_up, tests[i].test, tear_down);
	return g_test_run();
}
