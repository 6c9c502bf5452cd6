/* What coverage was is kept sparsely, and curves end with what is now. */
#include "clients/coverage_history.h"

#include <string.h>

#include "clients/coverage_curve.h"
#include "fleet_world.h"

#define HOUR INT64_C(3600)

/* Midnight, UTC, after which NOW is approved. */
#define TODAY (NOW / DAY * DAY)

/* What a look at the clock writes; how many rows. */
static guint
record(Fleet *f, int64_t now_at)
{
	g_autoptr(GArray) rows = sl_coverage_history_due(f->other, now_at, NULL);

	g_assert_nonnull(rows);
	g_assert_true(sl_coverage_history_add(f->db, rows, NULL));
	return rows->len;
}

static SlCurve *
curve(Fleet *f, SlCurvesBy by, const char *name, int64_t since_at, int64_t now_at)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) curves =
		sl_coverage_curves(f->other, by, name, since_at, now_at, &error);

	g_assert_no_error(error);
	g_assert_cmpuint(curves->len, ==, 1);
	return g_ptr_array_steal_index(curves, 0);
}

/* As "AT:COVERED/COMPUTERS ...", times in hours since approval. */
static char *
draw(SlCurve *drawn)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < drawn->points->len; i++) {
		const SlCurvePoint *one = &g_array_index(drawn->points, SlCurvePoint, i);

		g_string_append_printf(text, "%s%d:%d/%d", i == 0 ? "" : " ",
				       (int)((one->at - NOW) / HOUR), (int)one->point.covered,
				       (int)sl_coverage_point_computers(&one->point));
	}
	sl_curve_free(drawn);
	return g_string_free(text, FALSE);
}

/* Machines that lack the update "tool". */
static void
add_machines(Fleet *f, int64_t *ids, int n)
{
	g_autofree char *secret = make_token(f, 0, 0, false);

	add_update(f, 1, "tool", "2", "amd64", 0);
	for (int i = 0; i < n; i++) {
		ids[i] = enroll(f, secret, "web1");
		check_in(f, ids[i], 1, packages("tool 1 amd64", NULL), NULL);
	}
}

static void
install(Fleet *f, int64_t id)
{
	check_in(f, id, 2, packages("tool 2 amd64", NULL), NULL);
}

static void
test_a_curve_moves_by_the_hour_at_first_and_by_the_day_later(Fleet *f, gconstpointer data)
{
	int64_t ids[5];
	g_autofree char *drawn = NULL;

	add_machines(f, ids, 5);
	g_assert_cmpuint(record(f, NOW), ==, 3); /* the update and both channels */
	g_assert_cmpuint(record(f, NOW + HOUR), ==, 0);
	install(f, ids[0]);
	g_assert_cmpuint(record(f, NOW + 2 * HOUR), ==, 1); /* the channel has one for today */
	install(f, ids[1]);
	g_assert_cmpuint(record(f, NOW + 3 * HOUR), ==, 1);
	install(f, ids[2]);
	g_assert_cmpuint(record(f, TODAY + 5 * DAY), ==, 2);
	install(f, ids[3]);
	g_assert_cmpuint(record(f, TODAY + 5 * DAY + HOUR), ==, 0);
	g_assert_cmpuint(record(f, TODAY + 6 * DAY), ==, 2);
	install(f, ids[4]);
	drawn = draw(curve(f, SL_CURVES_UPDATE, "tool", 0, NOW + 7 * DAY));
	g_assert_cmpstr(drawn, ==, "0:0/5 2:1/5 3:2/5 112:3/5 136:4/5 168:5/5");
}

static void
test_a_clock_that_was_set_back_writes_nothing_twice(Fleet *f, gconstpointer data)
{
	int64_t ids[2];
	g_autofree char *drawn = NULL;

	add_machines(f, ids, 2);
	record(f, NOW + 3 * HOUR);
	install(f, ids[0]);
	g_assert_cmpuint(record(f, NOW + 2 * HOUR), ==, 0);
	drawn = draw(curve(f, SL_CURVES_UPDATE, "tool", 0, NOW + 2 * HOUR));
	g_assert_cmpstr(drawn, ==, "2:1/2");
}

static void
test_ratings_add_up_their_updates(Fleet *f, gconstpointer data)
{
	int64_t ids[2];
	g_autofree char *drawn = NULL;
	g_autofree char *nothing = NULL;

	add_machines(f, ids, 2);
	record(f, NOW);
	add_update(f, 2, "other", "2", "amd64", 1);
	execute(f, "UPDATE updates SET rating = 'high'");
	check_in(f, ids[0], 2, packages("tool 2 amd64", "other 1 amd64", NULL), NULL);
	check_in(f, ids[1], 2, packages("tool 2 amd64", NULL), NULL);
	record(f, TODAY + DAY);
	drawn = draw(curve(f, SL_CURVES_RATING, "high", 0, TODAY + 2 * DAY));
	/* statuses: of two updates, on two machines; the hours of TODAY + DAY and TODAY + 2 DAY */
	g_assert_cmpstr(drawn, ==, "0:0/2 16:3/4 40:3/4");
	nothing = draw(curve(f, SL_CURVES_RATING, "low", 0, NOW));
	g_assert_cmpstr(nothing, ==, "0:0/0");
}

static void
test_what_stood_before_is_where_a_curve_begins(Fleet *f, gconstpointer data)
{
	int64_t ids[3];
	g_autofree char *all = NULL;
	g_autofree char *production = NULL;

	add_machines(f, ids, 3);
	for (int day = 0; day < 3; day++) {
		record(f, TODAY + day * DAY);
		install(f, ids[day]);
	}
	all = draw(curve(f, SL_CURVES_ALL, NULL, TODAY + DAY + 12 * HOUR, TODAY + 3 * DAY));
	g_assert_cmpstr(all, ==, "28:1/3 40:2/3 64:3/3");
	production = draw(curve(f, SL_CURVES_CHANNEL, "production", TODAY, TODAY + 3 * DAY));
	g_assert_cmpstr(production, ==, "-8:0/3 16:1/3 40:2/3 64:3/3");
}

static void
test_old_history_goes_but_for_what_still_stands(Fleet *f, gconstpointer data)
{
	int64_t ids[4];
	g_autofree char *before = NULL;
	g_autofree char *after = NULL;

	add_machines(f, ids, 4);
	for (int day = 0; day < 4; day++) {
		record(f, TODAY + day * DAY);
		install(f, ids[day]);
	}
	before = draw(curve(f, SL_CURVES_ALL, NULL, TODAY + 2 * DAY + 1, TODAY + 9 * DAY));
	g_assert_true(sl_coverage_history_prune(f->db, TODAY + 2 * DAY + 1, NULL));
	after = draw(curve(f, SL_CURVES_ALL, NULL, TODAY + 2 * DAY + 1, TODAY + 9 * DAY));
	g_assert_cmpstr(after, ==, before);
	g_assert_cmpint(number(f, "SELECT count(*) FROM coverage_history WHERE update_id = 1"), ==,
			2);
	execute(f, "UPDATE approval SET state = 'recalled'");
	g_assert_true(sl_coverage_history_prune(f->db, TODAY + 9 * DAY, NULL));
	g_assert_cmpint(number(f, "SELECT count(*) FROM coverage_history WHERE update_id = 1"), ==,
			0);
	g_assert_cmpint(number(f, "SELECT count(*) FROM coverage_history"), ==, 2);
}

static void
check_last_point(World *w)
{
	SlCurve *all = curve(&w->fleet, SL_CURVES_ALL, NULL, 0, LATER);
	const SlCurvePoint *last = &g_array_index(all->points, SlCurvePoint, all->points->len - 1);
	int64_t right[SL_STATUSES] = {0};

	for (int i = 0; i < MACHINES; i++)
		if (w->machines[i].counted)
			right[world_standing(w, &w->machines[i])]++;
	g_assert_cmpint(last->at, ==, LATER);
	g_assert_cmpint(last->point.covered, ==, right[SL_STATUS_INSTALLED]);
	g_assert_cmpint(last->point.missing, ==, right[SL_STATUS_NEEDED]);
	g_assert_cmpint(last->point.reboot, ==, right[SL_STATUS_PENDING_REBOOT]);
	g_assert_cmpint(last->point.failed, ==, right[SL_STATUS_FAILED]);
	g_assert_cmpint(last->point.unknown, ==, right[SL_STATUS_UNKNOWN]);
	g_assert_cmpint(last->point.silent, ==, right[SL_STATUS_SILENT]);
	sl_curve_free(all);
	record(&w->fleet, NOW);
}

static void
test_the_last_point_is_now(World *w, gconstpointer data)
{
	world_live(w, check_last_point);
}

static void
test_what_has_no_curve_is_refused(Fleet *f, gconstpointer data)
{
	static const struct {
		SlCurvesBy by;
		const char *name;
		SlErrorCode code;
	} cases[] = {
		{SL_CURVES_UPDATE, NULL, SL_ERROR_INVALID},
		{SL_CURVES_UPDATE, "nothing", SL_ERROR_NOT_FOUND},
		{SL_CURVES_RATING, "urgent", SL_ERROR_INVALID},
		{SL_CURVES_CHANNEL, "nowhere", SL_ERROR_INVALID},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;

		g_assert_null(
			sl_coverage_curves(f->other, cases[i].by, cases[i].name, 0, NOW, &error));
		g_assert_error(error, SL_ERROR, (int)cases[i].code);
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	fleet_test("/coverage_history/sparse",
		   test_a_curve_moves_by_the_hour_at_first_and_by_the_day_later);
	fleet_test("/coverage_history/clock", test_a_clock_that_was_set_back_writes_nothing_twice);
	fleet_test("/coverage_history/ratings", test_ratings_add_up_their_updates);
	fleet_test("/coverage_history/since", test_what_stood_before_is_where_a_curve_begins);
	fleet_test("/coverage_history/prune", test_old_history_goes_but_for_what_still_stands);
	g_test_add("/coverage_history/now", World, NULL, world_set_up, test_the_last_point_is_now,
		   world_tear_down);
	fleet_test("/coverage_history/refused", test_what_has_no_curve_is_refused);
	return g_test_run();
}
