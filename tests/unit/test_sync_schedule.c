/* When an upstream is synced next, whatever happened before and whatever the clock did. */
#include <glib.h>
#include <inttypes.h>

#include "catalog/sync_schedule.h"

#define NOW    INT64_C(1800000000)
#define MINUTE INT64_C(60)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)

static int64_t
next(int64_t failures, int64_t ended_at, int64_t jitter_s, int64_t run_id)
{
	const SlSyncSchedule schedule = {DAY, jitter_s};
	const SlSyncHistory history = {
		.run_id = run_id, .ended_at = ended_at, .failures = failures};

	return sl_sync_schedule_next(&schedule, &history, NOW - 30 * DAY, NOW);
}

static void
test_pauses_double_up_to_the_daily_one(void)
{
	static const struct {
		int64_t failures, pause_s;
	} rows[] = {
		{0, DAY},	   {1, 5 * MINUTE},    {2, 10 * MINUTE}, {3, 20 * MINUTE},
		{8, 640 * MINUTE}, {9, 1280 * MINUTE}, {10, DAY},	 {64, DAY},
		{1000000, DAY},	   {INT64_MAX, DAY},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
		g_assert_cmpint(next(rows[i].failures, NOW, 0, 1) - NOW, ==, rows[i].pause_s);
}

static void
test_jitter_is_within_its_bounds_and_spreads(void)
{
	int64_t low = INT64_MAX, high = 0;

	for (int64_t run = 1; run <= 1000; run++) {
		int64_t daily = next(0, NOW - run, HOUR, run) - (NOW - run);
		int64_t retry = next(1, NOW - run, HOUR, run) - (NOW - run);

		g_assert_cmpint(daily, >=, DAY);
		g_assert_cmpint(daily, <=, DAY + HOUR);
		g_assert_cmpint(retry, >=, 5 * MINUTE);
		g_assert_cmpint(retry, <=, 10 * MINUTE);
		low = MIN(low, daily);
		high = MAX(high, daily);
		/* asked again, it says the same */
		g_assert_cmpint(next(0, NOW - run, HOUR, run) - (NOW - run), ==, daily);
	}
	g_assert_cmpint(low, <, DAY + 5 * MINUTE);
	g_assert_cmpint(high, >, DAY + 55 * MINUTE);
}

static void
test_a_new_upstream_is_left_to_the_person_who_added_it_for_a_while(void)
{
	const SlSyncSchedule schedule = {DAY, HOUR};
	const SlSyncHistory none = {0};

	g_assert_cmpint(sl_sync_schedule_next(&schedule, &none, NOW, NOW), ==, NOW + 5 * MINUTE);
	g_assert_cmpint(sl_sync_schedule_next(&schedule, &none, NOW - DAY, NOW), <, NOW);
	g_assert_cmpint(sl_sync_schedule_next(&schedule, &none, NOW + 100 * DAY, NOW), ==, NOW);
}

static void
test_a_clock_that_was_ahead_parks_nothing(void)
{
	static const int64_t ahead[] = {1, HOUR, DAY, 3650 * DAY};

	for (size_t i = 0; i < G_N_ELEMENTS(ahead); i++)
		for (int64_t failures = 0; failures < 3; failures++)
			g_assert_cmpint(next(failures, NOW + ahead[i], HOUR, 7), ==, NOW);
	/* and one that was behind makes it due, not overdue for ever */
	g_assert_cmpint(next(0, 0, HOUR, 7), <, NOW);
	g_assert_cmpint(next(0, NOW, HOUR, 8), >=, NOW + DAY);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/sync_schedule/pauses", test_pauses_double_up_to_the_daily_one);
	g_test_add_func("/sync_schedule/jitter", test_jitter_is_within_its_bounds_and_spreads);
	g_test_add_func("/sync_schedule/new",
			test_a_new_upstream_is_left_to_the_person_who_added_it_for_a_while);
	g_test_add_func("/sync_schedule/clock", test_a_clock_that_was_ahead_parks_nothing);
	return g_test_run();
}
