/* Every path of an index is found, no other is, and a broken line is no entry */
#include <glib.h>
#include <inttypes.h>
#include <string.h>

#include "catalog/base/fs.h"
#include "catalog/publish/path_index.h"
#include "tests/unit/scratch.h"

#define SHA "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

static SlPathIndex *
open_text(Scratch *s, const char *text, GError **error)
{
	sl_autofd int fd = -1;

	scratch_write(s, "index", text, strlen(text));
	fd = sl_fs_open(s->fd, "index", NULL);
	return sl_path_index_open(fd, error);
}

static void
add_line(GString *text, const char *path, int64_t size, bool in_pool)
{
	SlPathEntry entry = {.sha256 = SHA,
			     .size = size,
			     .type = "text/plain",
			     .in_pool = in_pool,
			     .changed_at = 1800000000};
	g_autofree char *line = sl_path_index_line(path, &entry);

	g_string_append(text, line);
}

static void
test_the_first_the_last_and_each_between_is_found(Scratch *s, gconstpointer data)
{
	for (int count = 1; count <= 40; count++) {
		g_autoptr(GString) text = g_string_new(NULL);
		g_autoptr(SlPathIndex) index = NULL;

		for (int i = 0; i < count; i++) {
			g_autofree char *path = g_strdup_printf("/p/%02d", 2 * i + 1);

			add_line(text, path, i, i % 2);
		}
		index = open_text(s, text->str, NULL);
		g_assert_nonnull(index);
		for (int i = 0; i <= 2 * count; i++) {
			g_autofree char *path = g_strdup_printf("/p/%02d", i);
			SlPathEntry entry = {.size = -1};

			g_assert_true(sl_path_index_find(index, path, &entry) == (i % 2 == 1));
			g_assert_cmpint(entry.size, ==, i % 2 ? i / 2 : -1);
			if (i % 2)
				g_assert_true(entry.in_pool == (i / 2 % 2));
		}
	}
}

static const char *const sorted[] = {
	"/a", "/a b", "/a+b", "/a/", "/a/b", "/ab", "/a~b", "/\xc3\xa4",
};

static void
test_a_path_is_all_of_it(Scratch *s, gconstpointer data)
{
	static const char *const absent[] = {
		"",	"/",  "a",	"/a ",	 "/a/b/",	  "/a\t" SHA,
		"/abc", "/A", "/a/b\n", "/\xc3", "/\xc3\xa4\xa4", "/zzz",
	};
	g_autoptr(GString) text = g_string_new(NULL);
	g_autoptr(SlPathIndex) index = NULL;
	SlPathEntry entry;

	for (size_t i = 0; i < G_N_ELEMENTS(sorted); i++)
		add_line(text, sorted[i], (int64_t)i, false);
	index = open_text(s, text->str, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(sorted); i++) {
		g_assert_true(sl_path_index_find(index, sorted[i], &entry));
		g_assert_cmpint(entry.size, ==, i);
		g_assert_cmpstr(entry.sha256, ==, SHA);
		g_assert_cmpstr(entry.type, ==, "text/plain");
		g_assert_cmpint(entry.changed_at, ==, 1800000000);
	}
	for (size_t i = 0; i < G_N_ELEMENTS(absent); i++)
		g_assert_false(sl_path_index_find(index, absent[i], &entry));
}

static bool
collect(const char *path, const SlPathEntry *entry, gpointer data)
{
	g_string_append_printf(data, "%s=%" PRId64 " ", path, entry->size);
	return true;
}

static bool
stop(const char *path, const SlPathEntry *entry, gpointer data)
{
	g_string_append(data, path);
	return false;
}

static void
test_all_below_a_prefix_come_in_order(Scratch *s, gconstpointer data)
{
	static const struct {
		const char *prefix;
		const char *paths;
	} rows[] = {
		{"/a/", "/a/=3 /a/b=4 "},
		{"/ab", "/ab=5 "},
		{"/b", ""},
		{"/a ", "/a b=1 "},
		{"/\xc3\xa4", "/\xc3\xa4=7 "},
		{"/zz", ""},
		{"/a/b/c", ""},
	};
	g_autoptr(GString) text = g_string_new(NULL);
	g_autoptr(SlPathIndex) index = NULL;

	for (size_t i = 0; i < G_N_ELEMENTS(sorted); i++)
		add_line(text, sorted[i], (int64_t)i, false);
	index = open_text(s, text->str, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GString) found = g_string_new(NULL);
		g_autoptr(GString) first = g_string_new(NULL);

		g_assert_true(sl_path_index_each(index, rows[i].prefix, collect, found));
		g_assert_cmpstr(found->str, ==, rows[i].paths);
		g_assert_true(sl_path_index_each(index, rows[i].prefix, stop, first) ==
			      (found->len == 0));
	}
}

static void
test_an_empty_index_has_nothing(Scratch *s, gconstpointer data)
{
	g_autoptr(SlPathIndex) index = open_text(s, "", NULL);
	g_autoptr(GString) found = g_string_new(NULL);
	SlPathEntry entry;

	g_assert_nonnull(index);
	g_assert_false(sl_path_index_find(index, "/a", &entry));
	g_assert_true(sl_path_index_each(index, "/", collect, found));
	g_assert_cmpuint(found->len, ==, 0);
}

static void
test_what_is_no_index_is_refused(Scratch *s, gconstpointer data)
{
	static const char *const texts[] = {
		"a",
		"\n",
		"\x7f"
		"ELF\n",
		"/a",
		"/a\t" SHA "\t0\ttext/plain\tf\t0",
	};

	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_autoptr(GError) error = NULL;

		g_assert_null(open_text(s, texts[i], &error));
		g_assert_error(error, SL_ERROR, SL_ERROR_INTEGRITY);
	}
}

static void
test_a_broken_line_is_no_entry(Scratch *s, gconstpointer data)
{
	static const char *const lines[] = {
		"/a\n",
		"/a\t\n",
		"/a\t" SHA "\t0\ttext/plain\tf\n",
		"/a\t" SHA "\t0\ttext/plain\tf\t\n",
		"/a\t" SHA "\t0\ttext/plain\tf\t0\tmore\n",
		"/a\t" SHA "0\t0\ttext/plain\tf\t0\n",
		"/a\tE3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\t0\tx\tf\t0"
		"\n",
		"/a\t../../../../../../../../../../../../../../../../../../../../etc/"
		"pass\t0\tx\tf\t0\n",
		"/a\t" SHA "\t-1\ttext/plain\tf\t0\n",
		"/a\t" SHA "\t\ttext/plain\tf\t0\n",
		"/a\t" SHA "\t1x\ttext/plain\tf\t0\n",
		"/a\t" SHA "\t9999999999999999999\ttext/plain\tf\t0\n",
		"/a\t" SHA "\t0\ttext/plain\tx\t0\n",
		"/a\t" SHA "\t0\ttext/plain\t\t0\n",
		"/a\t" SHA "\t0\ttext/plain\tpf\t0\n",
		"/a\t" SHA "\t0\t0123456789012345678901234567890123456789012345678901234567890123"
		"\tf\t0\n",
	};

	for (size_t i = 0; i < G_N_ELEMENTS(lines); i++) {
		g_autoptr(SlPathIndex) index = open_text(s, lines[i], NULL);
		g_autoptr(GString) found = g_string_new(NULL);
		SlPathEntry entry = {.size = -7};

		g_test_message("%s", lines[i]);
		g_assert_nonnull(index);
		g_assert_false(sl_path_index_find(index, "/a", &entry));
		g_assert_cmpint(entry.size, ==, -7);
		g_assert_false(sl_path_index_each(index, "/", collect, found));
		g_assert_cmpuint(found->len, ==, 0);
	}
}

static void
test_an_index_outlives_its_descriptor_and_one_of_its_owners(Scratch *s, gconstpointer data)
{
	g_autoptr(GString) text = g_string_new(NULL);
	SlPathIndex *first;
	SlPathIndex *second;
	SlPathEntry entry;

	add_line(text, "/a", 1, true);
	first = open_text(s, text->str, NULL);
	second = sl_path_index_ref(first);
	sl_path_index_unref(first);
	g_assert_true(sl_fs_remove(s->fd, "index", NULL));
	g_assert_true(sl_path_index_find(second, "/a", &entry));
	sl_path_index_unref(second);
	sl_path_index_unref(NULL);
}

int
main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*test)(Scratch *s, gconstpointer data);
	} tests[] = {
		{"/path-index/each", test_the_first_the_last_and_each_between_is_found},
		{"/path-index/whole", test_a_path_is_all_of_it},
		{"/path-index/prefix", test_all_below_a_prefix_come_in_order},
		{"/path-index/empty", test_an_empty_index_has_nothing},
		{"/path-index/refused", test_what_is_no_index_is_refused},
		{"/path-index/broken", test_a_broken_line_is_no_entry},
		{"/path-index/owners", test_an_index_outlives_its_descriptor_and_one_of_its_owners},
	};

	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(tests); i++)
		g_test_add(tests[i].name, Scratch, NULL, scratch_set_up, tests[i].test,
			   scratch_tear_down);
	return g_test_run();
}
