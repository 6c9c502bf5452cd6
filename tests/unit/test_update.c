/* The list of updates: what state each is in, and what a filter leaves of them */
#include <glib.h>
#include <inttypes.h>
#include <string.h>

#include "catalog/update_list.h"
#include "tests/unit/publishing.h"

static const struct {
	const char *certification;
	const char *production;
	const char *change;
	const char *state;
} states[] = {
	{NULL, NULL, "newest = 1", "known"},
	{NULL, NULL, "newest = 0", "superseded"},
	{NULL, NULL, "withdrawn_at = 5", "withdrawn"},
	{NULL, NULL, "newest = 0, withdrawn_at = 5", "withdrawn"},
	{NULL, NULL, "declined_at = 5, declined_by = 'x'", "declined"},
	{"approved", NULL, "newest = 0, withdrawn_at = 5", "certification"},
	{"approved", "approved", "withdrawn_at = 5", "production"},
	{NULL, "approved", "newest = 1", "production"},
	{"recalled", "approved", "newest = 1", "production"},
	{"approved", "recalled", "newest = 1", "certification"},
	{"recalled", NULL, "withdrawn_at = 5", "recalled"},
	{"recalled", "recalled", "newest = 1", "recalled"},
	{NULL, "recalled", "newest = 1", "recalled"},
	{"recalled", NULL, "declined_at = 5, declined_by = 'x'", "declined"},
	{"returned", NULL, "newest = 1", "known"},
};

static void
approve(Fixture *f, int channel, int64_t update, const char *state)
{
	if (state)
		execute(f,
			"INSERT INTO approval (channel_id, update_id, revision_id, state, at,"
			" first_at, person) VALUES (%d, %" PRId64 ", %" PRId64 ", '%s', 0, 0, 'x')",
			channel, update, update, state);
}

static void
test_an_update_is_in_one_state(Fixture *f, gconstpointer data)
{
	add_update(f, "a", "1");
	for (size_t i = 0; i < G_N_ELEMENTS(states); i++) {
		g_autoptr(SlTransaction) undone = sl_transaction_begin(f->db, NULL);
		const SlUpdateFilter filter = {.state = states[i].state};
		g_autoptr(SlUpdate) update = NULL;
		g_autoptr(GPtrArray) list = NULL;

		approve(f, 1, 1, states[i].certification);
		approve(f, 2, 1, states[i].production);
		execute(f, "UPDATE updates SET %s", states[i].change);
		update = sl_update_get(f->db, 1, NULL);
		g_assert_cmpstr(update->state, ==, states[i].state);
		g_assert_cmpstr(update->certification, ==, states[i].certification);
		g_assert_cmpstr(update->production, ==, states[i].production);
		list = sl_update_list(f->db, &filter, NULL, NULL);
		g_assert_cmpuint(list->len, ==, 1);
	}
}

static void
fill(Fixture *f)
{
	int64_t id;

	add_update(f, "openssl", "1.0");       /* 1 */
	add_update(f, "openssl", "1.1");       /* 2 */
	add_update(f, "curl", "7%");	       /* 3 */
	id = add_update(f, "binutils", "2_1"); /* 4 */
	execute(f, "UPDATE package SET name = 'ld' WHERE id = %" PRId64, id);
	execute(f, "UPDATE updates SET newest = (id <> 1), released_at = 100 - id,"
		   " summary = 'Summary of ' || name, section = iif(id = 3, 'net', 'utils')");
	execute(f, "UPDATE updates SET rating = 'high' WHERE id = 2");
	execute(f, "UPDATE updates SET size = iif(id = 1, 20, 30 - 5 * (id - 2))");
	approve(f, 1, 2, "approved");
	approve(f, 1, 1, "recalled");
	execute(f, "INSERT INTO advisory (id, at, title) VALUES ('DSA-1', 1, 'x'), ('DSA-2', 2,"
		   " 'y'); INSERT INTO advisory_cve VALUES ('DSA-1', 'CVE-2'), ('DSA-1', 'CVE-1'),"
		   " ('DSA-2', 'CVE-1'); INSERT INTO update_advisory VALUES (2, 'DSA-1'),"
		   " (2, 'DSA-2')");
}

static const struct {
	SlUpdateFilter filter;
	const char *ids;
	int64_t total;
} filters[] = {
	{{0}, "1 2 3 4 ", 4},
	{{.sort = "name"}, "4 3 1 2 ", 4},
	{{.sort = "-name"}, "1 2 3 4 ", 4},
	{{.sort = "released_at"}, "4 3 2 1 ", 4},
	{{.sort = "-released_at"}, "1 2 3 4 ", 4},
	{{.sort = "size"}, "4 1 3 2 ", 4},
	{{.sort = "-size"}, "2 3 4 1 ", 4},
	{{.sort = "rating"}, "2 4 3 1 ", 4},
	{{.sort = "state"}, "2 4 3 1 ", 4}, /* certification, known, recalled */
	{{.from_at = 98, .until_at = 99}, "2 ", 1},
	{{.package = "ld"}, "4 ", 1},
	{{.package = "binutils"}, "", 0},
	{{.undecided = true}, "3 4 ", 2},
	{{.limit = 2}, "1 2 ", 4},
	{{.limit = 2, .offset = 3}, "4 ", 4},
	{{.limit = 2, .offset = 9}, "", 4},
	{{.name = "openssl"}, "1 2 ", 2},
	{{.name = "openss"}, "", 0},
	{{.name = "openssl", .newest = true}, "2 ", 1},
	{{.channel = "certification"}, "2 ", 1},
	{{.channel = "production"}, "", 0},
	{{.channel = "nowhere"}, "", 0},
	{{.state = "recalled"}, "1 ", 1},
	{{.upstream = "test"}, "1 2 3 4 ", 4},
	{{.upstream = "other"}, "", 0},
	{{.rating = "high"}, "2 ", 1},
	{{.rating = "none"}, "1 3 4 ", 3},
	{{.section = "net"}, "3 ", 1},
	{{.cve = "CVE-1"}, "2 ", 1},
	{{.cve = "CVE"}, "", 0},
	{{.text = "ssl"}, "1 2 ", 2},
	{{.text = "SSL"}, "1 2 ", 2},
	{{.text = "summary of c"}, "3 ", 1},
	{{.text = "ld"}, "4 ", 1}, /* a package of it */
	{{.text = "1.1"}, "2 ", 1},
	{{.text = ""}, "1 2 3 4 ", 4},
	/* what would be a wild card, a quote or the escape is a letter */
	{{.text = "%"}, "3 ", 1},
	{{.text = "_"}, "4 ", 1},
	{{.text = "!"}, "", 0},
	{{.text = "'"}, "", 0},
	{{.name = "' OR '1' = '1"}, "", 0},
	{{.text = "ssl", .rating = "high", .section = "utils"}, "2 ", 1},
	{{.text = "ssl", .section = "net"}, "", 0},
};

static void
test_a_filter_leaves_what_it_says(Fixture *f, gconstpointer data)
{
	fill(f);
	for (size_t i = 0; i < G_N_ELEMENTS(filters); i++) {
		g_autoptr(GString) ids = g_string_new(NULL);
		g_autoptr(GError) error = NULL;
		g_autoptr(GPtrArray) list = NULL;
		int64_t total = -1;

		g_test_message("%zu", i);
		list = sl_update_list(f->db, &filters[i].filter, &total, &error);
		g_assert_no_error(error);
		for (guint j = 0; j < list->len; j++)
			g_string_append_printf(ids, "%" PRId64 " ",
					       ((SlUpdate *)list->pdata[j])->id);
		g_assert_cmpstr(ids->str, ==, filters[i].ids);
		g_assert_cmpint(total, ==, filters[i].total);
	}
}

static char *
ids_of(Fixture *f, const SlUpdateFilter *filter)
{
	g_autoptr(GPtrArray) list = sl_update_list(f->db, filter, NULL, NULL);
	GString *ids = g_string_new(NULL);

	for (guint i = 0; i < list->len; i++)
		g_string_append_printf(ids, "%" PRId64 " ", ((SlUpdate *)list->pdata[i])->id);
	return g_string_free(ids, FALSE);
}

typedef struct {
	int64_t ids[3];
	int64_t counts[3];
} Needed;

/* Some of them as a table, which borrows them. */
static GHashTable *
needed_table(Needed *needed, int first, int last)
{
	GHashTable *table = g_hash_table_new(g_int64_hash, g_int64_equal);

	for (int i = first; i < last; i++)
		g_hash_table_insert(table, &needed->ids[i], &needed->counts[i]);
	return table;
}

static void
test_those_that_machines_need_are_sorted_by_how_many_do(Fixture *f, gconstpointer data)
{
	Needed needed = {{1, 2, 3}, {3, 7, 3}};
	g_autoptr(GHashTable) once = needed_table(&needed, 0, 2);
	g_autoptr(GHashTable) never = needed_table(&needed, 2, 3);
	SlUpdateFilter filter = {.sort = "needed"};

	fill(f);
	filter.needed[0] = once;
	filter.needed[1] = never;
	g_autofree char *least = ids_of(f, &filter);
	filter.sort = "-needed";
	g_autofree char *most = ids_of(f, &filter);
	filter.limit = filter.offset = 1;
	g_autofree char *page = ids_of(f, &filter);

	g_assert_cmpstr(least, ==, "3 1 2 4 ");
	g_assert_cmpstr(most, ==, "2 3 1 4 ");
	g_assert_cmpstr(page, ==, "3 ");
}

static void
test_urgency_is_need_then_rating_then_the_newest(Fixture *f, gconstpointer data)
{
	Needed needed = {{1, 2, 3}, {3, 7, 3}};
	g_autoptr(GHashTable) table = needed_table(&needed, 0, 3);
	SlUpdateFilter filter = {.sort = "urgency"};

	fill(f);
	execute(f, "UPDATE updates SET released_at = id, rating = iif(id = 1, 'high', NULL)");
	g_autofree char *uncounted = ids_of(f, &filter);
	filter.needed[1] = table;
	g_autofree char *counted = ids_of(f, &filter);

	g_assert_cmpstr(uncounted, ==, "1 4 3 2 ");
	g_assert_cmpstr(counted, ==, "2 1 3 4 ");
}

static void
test_a_listing_keeps_to_the_ids_it_is_given(Fixture *f, gconstpointer data)
{
	g_autoptr(GHashTable) among = g_hash_table_new(g_int64_hash, g_int64_equal);
	const int64_t wanted[] = {4, 2, 9};
	int64_t total;

	fill(f);
	for (size_t i = 0; i < G_N_ELEMENTS(wanted); i++)
		g_hash_table_add(among, (gpointer)&wanted[i]);
	g_autofree char *ids = ids_of(f, &(SlUpdateFilter){.among = among});
	g_autoptr(GPtrArray) page =
		sl_update_list(f->db, &(SlUpdateFilter){.among = among, .limit = 1}, &total, NULL);

	g_assert_cmpstr(ids, ==, "2 4 ");
	g_assert_cmpuint(page->len, ==, 1);
	g_assert_cmpint(total, ==, 2);
	g_assert_true(sl_update_count(f->db, &(SlUpdateFilter){.among = among}, &total, NULL));
	g_assert_cmpint(total, ==, 2);
}

static void
test_a_sort_that_there_is_not_is_named(Fixture *f, gconstpointer data)
{
	static const char *const sorts[] = {"colour", "", "-", "--name",
					    "name; DROP TABLE updates"};

	for (size_t i = 0; i < G_N_ELEMENTS(sorts); i++) {
		g_autoptr(GError) error = NULL;

		g_assert_null(
			sl_update_list(f->db, &(SlUpdateFilter){.sort = sorts[i]}, NULL, &error));
		g_assert_error(error, SL_ERROR, SL_ERROR_INVALID);
		g_assert_nonnull(strstr(error->message, sorts[i]));
	}
}

/* Likeness goes before age. */
static void
test_what_is_called_so_comes_first(Fixture *f, gconstpointer data)
{
	static const SlUpdateFilter said = {.text = "Dpkg"},
				    by_name = {.text = "dpkg", .sort = "name"};
	static const char *const names[] = {"dpkg", "dpkg", "dpkg-sig", "dpkgx", "libdpkg", "apt"};
	g_autoptr(GPtrArray) list = NULL;
	g_autoptr(GPtrArray) sorted = NULL;

	add_update(f, "dpkg", "1");
	add_update(f, "dpkgx", "1");
	add_update(f, "dpkg", "2");
	add_update(f, "libdpkg", "1");
	add_update(f, "dpkg-sig", "1");
	add_update(f, "apt", "1");
	execute(f, "UPDATE updates SET released_at = id, summary = 'works with dpkg'");
	list = sl_update_list(f->db, &said, NULL, NULL);
	g_assert_cmpuint(list->len, ==, G_N_ELEMENTS(names));
	for (guint i = 0; i < list->len; i++)
		g_assert_cmpstr(((SlUpdate *)list->pdata[i])->name, ==, names[i]);
	g_assert_cmpstr(((SlUpdate *)list->pdata[0])->version, ==, "2");
	sorted = sl_update_list(f->db, &by_name, NULL, NULL);
	g_assert_cmpstr(((SlUpdate *)sorted->pdata[0])->name, ==, "apt");
}

static void
test_an_update_says_what_it_consists_of(Fixture *f, gconstpointer data)
{
	g_autoptr(SlUpdate) update = NULL;
	g_autoptr(GError) error = NULL;
	g_autofree char *text = NULL;

	fill(f);
	execute(f, "UPDATE payload SET size = 1000");
	execute(f, "INSERT INTO revision VALUES (90, 2, 2, 'x', 0);"
		   "INSERT INTO revision_package VALUES (90, 2), (90, 3)");
	g_assert_true(sl_update_measure(f->db, 89, NULL));
	update = sl_update_get(f->db, 2, NULL);
	text = sl_update_text(update);
	g_assert_cmpstr(text, ==, "test/openssl=1.1");
	g_assert_cmpstr(update->cves, ==, "CVE-1 CVE-2");
	g_assert_cmpint(update->revision, ==, 2);
	g_assert_cmpint(update->packages, ==, 2);
	g_assert_cmpint(update->size, ==, 2000);
	g_assert_cmpint(sl_update_newest_revision(f->db, 2, NULL), ==, 90);
	g_assert_null(sl_update_get(f->db, 99, &error));
	g_assert_error(error, SL_ERROR, SL_ERROR_NOT_FOUND);
	g_clear_error(&error);
	g_assert_cmpint(sl_update_newest_revision(f->db, 99, &error), ==, 0);
	g_assert_error(error, SL_ERROR, SL_ERROR_NOT_FOUND);
}

static void
test_slots_are_dense_and_stay(Fixture *f, gconstpointer data)
{
	static const int64_t taken[] = {3, 1, 3, 2, 1};

	fill(f);
	for (size_t i = 0; i < G_N_ELEMENTS(taken); i++)
		g_assert_true(sl_update_take_slot(f->db, taken[i], NULL));
	g_assert_cmpint(number_of(f, "SELECT slot FROM updates WHERE id = 3"), ==, 0);
	g_assert_cmpint(number_of(f, "SELECT slot FROM updates WHERE id = 1"), ==, 1);
	g_assert_cmpint(number_of(f, "SELECT slot FROM updates WHERE id = 2"), ==, 2);
	g_assert_cmpint(number_of(f, "SELECT slot IS NULL FROM updates WHERE id = 4"), ==, 1);
}

static void
test_the_newest_is_so_by_debians_order_and_still_there(Fixture *f, gconstpointer data)
{
	static const char *const versions[] = {"1.9", "1.10", "1.10~rc1", "1:0.1"};

	for (size_t i = 0; i < G_N_ELEMENTS(versions); i++)
		add_update(f, "a", versions[i]);
	add_update(f, "b", "9");
	g_assert_true(sl_update_mark_newest(f->db, 1, NULL));
	g_assert_cmpint(number_of(f, "SELECT sum(id) FROM updates WHERE newest AND name = 'a'"), ==,
			4);
	g_assert_true(sl_update_set_withdrawn(f->db, 4, 5, NULL));
	g_assert_true(sl_update_mark_newest(f->db, 1, NULL));
	g_assert_cmpint(number_of(f, "SELECT sum(id) FROM updates WHERE newest AND name = 'a'"), ==,
			2);
	execute(f, "UPDATE updates SET withdrawn_at = 5 WHERE name = 'a'");
	g_assert_true(sl_update_mark_newest(f->db, 1, NULL));
	g_assert_cmpint(number_of(f, "SELECT sum(id) FROM updates WHERE newest AND name = 'a'"), ==,
			4);
	g_assert_true(sl_update_set_withdrawn(f->db, 1, 0, NULL)); /* back */
	g_assert_true(sl_update_mark_newest(f->db, 1, NULL));
	g_assert_cmpint(number_of(f, "SELECT sum(id) FROM updates WHERE newest AND name = 'a'"), ==,
			1);
	g_assert_cmpint(number_of(f, "SELECT newest FROM updates WHERE name = 'b'"), ==, 1);
}

int
main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*test)(Fixture *f, gconstpointer data);
	} tests[] = {
		{"/update/state", test_an_update_is_in_one_state},
		{"/update/filter", test_a_filter_leaves_what_it_says},
		{"/update/needed", test_those_that_machines_need_are_sorted_by_how_many_do},
		{"/update/urgency", test_urgency_is_need_then_rating_then_the_newest},
		{"/update/among", test_a_listing_keeps_to_the_ids_it_is_given},
		{"/update/sort", test_a_sort_that_there_is_not_is_named},
		{"/update/likeness", test_what_is_called_so_comes_first},
		{"/update/parts", test_an_update_says_what_it_consists_of},
		{"/update/slots", test_slots_are_dense_and_stay},
		{"/update/newest", test_the_newest_is_so_by_debians_order_and_still_there},
	};

	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(tests); i++)
		g_test_add(tests[i].name, Fixture, NULL, set_up, tests[i].test, tear_down);
	return g_test_run();
}
