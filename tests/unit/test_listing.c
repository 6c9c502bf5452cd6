/* Lists that a query gives: pages, orders, totals */
#include <string.h>

#include "catalog/base/listing.h"
#include "tests/unit/scratch.h"

typedef struct {
	Scratch scratch;
	SlDb *db;
} Fixture;

static void
set_up(Fixture *f, gconstpointer data)
{
	g_autofree char *path = NULL;
	g_autoptr(GError) error = NULL;

	scratch_set_up(&f->scratch, NULL);
	path = scratch_path(&f->scratch, "a.db");
	f->db = sl_db_open(path, SL_DB_WRITE, &error);
	g_assert_no_error(error);
	sl_db_exec(f->db,
		   "CREATE TABLE fruit (name TEXT, size INTEGER);"
		   "INSERT INTO fruit VALUES ('plum', 2), ('fig', 1), ('melon', 9), ('lime', 2)",
		   &error);
	g_assert_no_error(error);
}

static void
tear_down(Fixture *f, gconstpointer data)
{
	sl_db_free(f->db);
	scratch_tear_down(&f->scratch, NULL);
}

static void
bind(SlQuery *query, gconstpointer filter)
{
	sl_query_bind_int(query, 1, *(const int *)filter);
}

static gpointer
read_name(SlQuery *query)
{
	return g_strdup(sl_query_text(query, 0));
}

static const SlListing fruit = {
	.query = "SELECT name FROM fruit WHERE size >= ?1",
	.sorts = {{"name", "name"}, {"size", "size"}},
	.order = "name",
	.bind = bind,
	.read = read_name,
	.free = g_free,
};

static void
assert_page(Fixture *f, int least, SlListingPage page, const char *expected, int64_t expected_total)
{
	g_autoptr(GError) error = NULL;
	int64_t total = -1;
	g_autoptr(GPtrArray) list = sl_listing_read(f->db, &fruit, &least, &page, &total, &error);
	g_autofree char *names = NULL;

	g_assert_no_error(error);
	g_ptr_array_add(list, NULL);
	names = g_strjoinv(" ", (char **)list->pdata);
	g_assert_cmpstr(names, ==, expected);
	g_assert_cmpint(total, ==, expected_total);
}

static void
test_what_is_equal_stands_in_the_lists_own_order(Fixture *f, gconstpointer data)
{
	assert_page(f, 0, (SlListingPage){NULL}, "fig lime melon plum", 4);
	assert_page(f, 0, (SlListingPage){.sort = "size"}, "fig lime plum melon", 4);
	assert_page(f, 0, (SlListingPage){.sort = "-size"}, "melon lime plum fig", 4);
	assert_page(f, 0, (SlListingPage){.sort = "-name"}, "plum melon lime fig", 4);
}

static void
test_the_total_is_of_all_that_fits_whatever_the_page(Fixture *f, gconstpointer data)
{
	assert_page(f, 2, (SlListingPage){.limit = 2}, "lime melon", 3);
	assert_page(f, 2, (SlListingPage){.limit = 2, .offset = 2}, "plum", 3);
	assert_page(f, 2, (SlListingPage){.limit = 2, .offset = 4}, "", 3);
	assert_page(f, 2, (SlListingPage){.offset = 1}, "melon plum", 3);
	assert_page(f, 10, (SlListingPage){.limit = 2}, "", 0);
}

static void
test_a_word_that_it_is_not_sorted_by_is_refused(Fixture *f, gconstpointer data)
{
	static const char *const words[] = {"", "-", "--size", "colour", "size DESC", "name;"};
	const int least = 0;

	for (size_t i = 0; i < G_N_ELEMENTS(words); i++) {
		SlListingPage page = {.sort = words[i]};
		g_autoptr(GError) error = NULL;

		g_assert_null(sl_listing_read(f->db, &fruit, &least, &page, NULL, &error));
		g_assert_error(error, SL_ERROR, SL_ERROR_INVALID);
		g_assert_nonnull(strstr(error->message, "there is name, size,"));
	}
}

static const char *
text_of(gconstpointer item)
{
	return item;
}

static int64_t
length_of(gconstpointer item)
{
	return (int64_t)strlen(item);
}

static const SlListingKey word_keys[] = {
	{"name", .text = text_of},
	{"size", .number = length_of},
	{NULL},
};

static bool
is_longer(gconstpointer item, gconstpointer filter)
{
	return length_of(item) > *(const int64_t *)filter;
}

static void
assert_cut(int64_t least, SlListingPage page, const char *expected, int64_t expected_total)
{
	g_autoptr(GPtrArray) items = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GError) error = NULL;
	g_autofree char *names = NULL;
	int64_t total = -1;

	for (const char *const *one = (const char *const[]){"melon", "fig", "plum", "lime", NULL};
	     *one; one++)
		g_ptr_array_add(items, g_strdup(*one));
	sl_listing_keep(items, is_longer, &least);
	g_assert_true(sl_listing_cut(items, word_keys, &page, &total, &error));
	g_assert_no_error(error);
	g_ptr_array_add(items, NULL);
	names = g_strjoinv(" ", (char **)items->pdata);
	g_assert_cmpstr(names, ==, expected);
	g_assert_cmpint(total, ==, expected_total);
}

static void
test_what_is_in_memory_is_a_list_like_others(Fixture *f, gconstpointer data)
{
	assert_cut(0, (SlListingPage){NULL}, "melon fig plum lime", 4);
	assert_cut(0, (SlListingPage){.sort = "name"}, "fig lime melon plum", 4);
	assert_cut(0, (SlListingPage){.sort = "size"}, "fig plum lime melon", 4);
	assert_cut(0, (SlListingPage){.sort = "-size"}, "melon plum lime fig", 4);
	assert_cut(3, (SlListingPage){.sort = "-name", .limit = 2}, "plum melon", 3);
	assert_cut(3, (SlListingPage){.limit = 2, .offset = 2}, "lime", 3);
	assert_cut(3, (SlListingPage){.limit = 2, .offset = 9}, "", 3);
	assert_cut(9, (SlListingPage){NULL}, "", 0);
}

static void
test_a_word_that_nothing_in_memory_is_sorted_by_is_refused(Fixture *f, gconstpointer data)
{
	g_autoptr(GPtrArray) items = g_ptr_array_new();
	g_autoptr(GError) error = NULL;

	g_assert_false(sl_listing_cut(items, word_keys, &(SlListingPage){.sort = "-colour"}, NULL,
				      &error));
	g_assert_error(error, SL_ERROR, SL_ERROR_INVALID);
	g_assert_nonnull(strstr(error->message, "'-colour': there is name, size,"));
}

int
main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*test)(Fixture *f, gconstpointer data);
	} tests[] = {
		{"/listing/order", test_what_is_equal_stands_in_the_lists_own_order},
		{"/listing/total", test_the_total_is_of_all_that_fits_whatever_the_page},
		{"/listing/unknown", test_a_word_that_it_is_not_sorted_by_is_refused},
		{"/listing/memory", test_what_is_in_memory_is_a_list_like_others},
		{"/listing/memory/unknown",
		 test_a_word_that_nothing_in_memory_is_sorted_by_is_refused},
	};

	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(tests); i++)
		g_test_add(tests[i].name, Fixture, NULL, set_up, tests[i].test, tear_down);
	return g_test_run();
}
