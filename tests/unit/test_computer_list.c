/* Listings of computers: whom each filter finds, in which order, page by page. */
#include "clients/computer_list.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "fleet_world.h"

static int64_t
total(World *w, SlComputerFilter filter)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) page = NULL;
	int64_t n = -1;

	filter.now_at = LATER;
	filter.limit = 10;
	page = sl_computer_list(w->fleet.other, &filter, &n, &error);
	g_assert_no_error(error);
	g_assert_cmpuint(page->len, ==, MIN(n, 10));
	return n;
}

/* Counted machines of which something is true. */
static int64_t
count(const World *w, bool (*is)(const World *w, const Machine *machine, int what), int what)
{
	int64_t n = 0;

	for (int i = 0; i < MACHINES; i++)
		n += w->machines[i].counted && is(w, &w->machines[i], what);
	return n;
}

static bool
stands(const World *w, const Machine *machine, int standing)
{
	return (int)world_standing(w, machine) == standing;
}

static void
check_coverage(World *w)
{
	for (int i = 0; i < SL_STANDINGS; i++)
		g_assert_cmpint(total(w, (SlComputerFilter){.coverage = sl_status_standing(
								    sl_standings[i])}),
				==, count(w, stands, sl_standings[i]));
}

static bool
belongs(const World *w, const Machine *machine, int channel)
{
	return world_is_in_channel(machine, channel);
}

static void
check_places(World *w)
{
	g_assert_cmpint(total(w, (SlComputerFilter){.channel = "production", .state = "active"}),
			==, count(w, belongs, PRODUCTION));
	g_assert_cmpint(total(w, (SlComputerFilter){.channel = "certification", .state = "active"}),
			==, count(w, belongs, CERTIFICATION));
}

static bool
is_late(const World *w, const Machine *machine, int rating)
{
	for (int u = 0; u < UPDATES; u++)
		if (w->updates[u].approved[world_channel_of(machine->group)] &&
		    (rating < 0
			     ? w->updates[u].rating != NULL
			     : g_strcmp0(w->updates[u].rating, sl_standing_rating(rating)) == 0) &&
		    world_is_late(&w->updates[u]) && world_is_open(world_status(w, machine, u)))
			return true;
	return false;
}

static void
check_overdue(World *w)
{
	for (int i = 0; i < SL_RATINGS; i++)
		g_assert_cmpint(total(w, (SlComputerFilter){.overdue = sl_standing_rating(i)}), ==,
				count(w, is_late, i));
	g_assert_cmpint(total(w, (SlComputerFilter){.overdue = "any"}), ==, count(w, is_late, -1));
}

static bool
has_status(const World *w, const Machine *machine, int what)
{
	return (int)world_status(w, machine, what / SL_STATUSES) == what % SL_STATUSES;
}

static void
check_statuses(World *w)
{
	for (int what = 0; what < UPDATES * SL_STATUSES; what++) {
		g_autofree char *update = g_strdup_printf("p%d", what / SL_STATUSES);
		const char *status = sl_status_name((SlStatus)(what % SL_STATUSES));

		g_assert_cmpint(total(w, (SlComputerFilter){.update = update, .status = status}),
				==, count(w, has_status, what));
	}
}

static void
check(World *w)
{
	check_coverage(w);
	check_places(w);
	check_overdue(w);
	check_statuses(w);
}

static void
test_each_filter_finds_whom_it_names(World *w, gconstpointer data)
{
	world_live(w, check);
}

static int64_t
missing(const SlComputer *one)
{
	int64_t n = 0;

	for (int i = 0; i < SL_STATUSES; i++)
		if (sl_status_is_missing((SlStatus)i))
			n += one->n[i];
	return n;
}

/* As a listing sorted by that should order two. */
static int64_t
compare(const SlComputer *a, const SlComputer *b, const char *sort)
{
	bool descending = sort[0] == '-';
	const char *key = sort + descending;
	int64_t order = 0;

	if (strcmp(key, "seen_at") == 0)
		order = a->seen_at - b->seen_at;
	else if (strcmp(key, "missing") == 0)
		order = missing(a) - missing(b);
	else if (strcmp(key, "group") == 0)
		order = strcmp(a->group, b->group);
	else
		order = strcmp(a->name, b->name);
	order = descending ? -order : order;
	return order ? order : strcmp(a->name, b->name);
}

static void
check_sort(World *w, const char *sort)
{
	g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);
	SlComputerFilter filter = {.sort = sort, .limit = 97, .state = "active", .now_at = LATER};
	g_autoptr(SlComputer) last = NULL;
	int64_t all = 0;

	for (;; filter.offset += filter.limit) {
		g_autoptr(GPtrArray) page = sl_computer_list(w->fleet.other, &filter, &all, NULL);

		for (guint i = 0; i < page->len; i++) {
			SlComputer *one = page->pdata[i];

			g_assert_true(g_hash_table_add(seen, GSIZE_TO_POINTER((gsize)one->id)));
			g_assert_true(!last || compare(last, one, sort) <= 0);
			sl_computer_free(last);
			last = one;
		}
		g_ptr_array_set_free_func(page, NULL);
		if (page->len == 0)
			break;
	}
	g_assert_cmpint(g_hash_table_size(seen), ==, all);
	g_assert_cmpint(all, >, MACHINES / 2);
}

static void
test_pages_follow_each_other_in_every_order(World *w, gconstpointer data)
{
	for (const char *const *sort = sl_computer_sorts; *sort; sort++)
		check_sort(w, *sort);
}

static void
test_a_text_is_found_in_names_and_systems_and_taken_literally(Fleet *f, gconstpointer data)
{
	static const struct {
		const char *text, *os;
		int64_t right;
	} cases[] = {
		{"WEB", NULL, 2},    {"web1", NULL, 1},	    {"%", NULL, 0},
		{"_", NULL, 1},	     {"Bookworm", NULL, 3}, {"192.0.2", NULL, 3},
		{NULL, "debian", 3}, {NULL, "bookworm", 3}, {NULL, "debian:bookworm", 3},
		{NULL, "trixie", 0}, {"db", "debian", 1},
	};
	g_autofree char *secret = make_token(f, 0, 0, false);

	enroll(f, secret, "web1");
	enroll(f, secret, "web_2");
	enroll(f, secret, "db1");
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		SlComputerFilter filter = {.text = cases[i].text, .os = cases[i].os};
		int64_t n = -1;
		g_autoptr(GPtrArray) page = sl_computer_list(f->other, &filter, &n, NULL);

		g_assert_cmpuint(page->len, ==, n);
		g_assert_cmpint(n, ==, cases[i].right);
	}
}

static void
test_why_it_failed_stands_beside_the_status(Fleet *f, gconstpointer data)
{
	g_autofree char *secret = make_token(f, 0, 0, false);
	int64_t id = enroll(f, secret, "web1");
	SlReportResult *result = sl_report_result_new();
	GPtrArray *results = g_ptr_array_new_with_free_func((GDestroyNotify)sl_report_result_free);
	SlComputerFilter filter = {.update = "tool", .status = "failed"};
	g_autoptr(GPtrArray) page = NULL;
	const SlComputer *one;

	add_update(f, 1, "tool", "2", "amd64", 0);
	result->package = g_strdup("tool");
	result->version = g_strdup("2");
	result->architecture = g_strdup("amd64");
	result->status = g_strdup("failed");
	result->message = g_strdup("no space left");
	g_ptr_array_add(results, result);
	check_in(f, id, 1, packages("tool 1 amd64", NULL), results);
	check_in(f, enroll(f, secret, "web2"), 1, packages("tool 1 amd64", NULL), NULL);
	page = sl_computer_list(f->other, &filter, NULL, NULL);
	g_assert_cmpuint(page->len, ==, 1);
	one = page->pdata[0];
	g_assert_cmpint(one->id, ==, id);
	g_assert_cmpstr(one->message, ==, "no space left");
}

static void
test_what_nobody_understands_is_refused(Fleet *f, gconstpointer data)
{
	static const struct {
		SlComputerFilter filter;
		SlErrorCode code;
		const char *named;
	} cases[] = {
		{{.group = "x1"}, SL_ERROR_NOT_FOUND, "x1"},
		{{.channel = "x1"}, SL_ERROR_INVALID, "x1"},
		{{.state = "x1"}, SL_ERROR_INVALID, "x1"},
		{{.coverage = "downloaded"}, SL_ERROR_INVALID, "downloaded"},
		{{.overdue = "x1"}, SL_ERROR_INVALID, "x1"},
		{{.update = "x1"}, SL_ERROR_NOT_FOUND, "x1"},
		{{.update = "tool", .status = "x1"}, SL_ERROR_INVALID, "x1"},
		{{.status = "failed"}, SL_ERROR_INVALID, "status"},
		{{.sort = "x1"}, SL_ERROR_INVALID, "x1"},
	};

	add_update(f, 1, "tool", "2", "amd64", 0);
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;

		g_assert_null(sl_computer_list(f->other, &cases[i].filter, NULL, &error));
		g_assert_error(error, SL_ERROR, (int)cases[i].code);
		g_assert_nonnull(strstr(error->message, cases[i].named));
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add("/computer_list/filters", World, NULL, world_set_up,
		   test_each_filter_finds_whom_it_names, world_tear_down);
	g_test_add("/computer_list/sorts", World, NULL, world_set_up,
		   test_pages_follow_each_other_in_every_order, world_tear_down);
	fleet_test("/computer_list/text",
		   test_a_text_is_found_in_names_and_systems_and_taken_literally);
	fleet_test("/computer_list/message", test_why_it_failed_stands_beside_the_status);
	fleet_test("/computer_list/refused", test_what_nobody_understands_is_refused);
	return g_test_run();
}
