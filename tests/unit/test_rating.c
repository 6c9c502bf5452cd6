/* What updates are rated, and what ratings ask for */
#include <glib.h>
#include <string.h>

#include "catalog/rating.h"
#include "tests/unit/publishing.h"

static void
test_a_rating_is_a_word_with_a_reason(Fixture *f, gconstpointer data)
{
	static const struct {
		const char *name;
		const char *rating;
		const char *reason;
		int code; /* -1: it is right */
	} rows[] = {
		{"a", "critical", "exploited", -1},	{"test/a=1", "low", "not used here", -1},
		{"a", "urgent", "x", SL_ERROR_INVALID}, {"a", "Critical", "x", SL_ERROR_INVALID},
		{"a", "", "x", SL_ERROR_INVALID},	{"a", "high", "", SL_ERROR_INVALID},
		{"b", "high", "x", SL_ERROR_NOT_FOUND},
	};

	add_update(f, "a", "1");
	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		int64_t audits = number_of(f, "SELECT count(*) FROM audit");
		bool right = rows[i].code == -1;
		g_autoptr(GError) error = NULL;

		g_assert_true(sl_rating_set(f->db, rows[i].name, rows[i].rating, "ann",
					    rows[i].reason, 50, &error) == right);
		if (!right)
			g_assert_error(error, SL_ERROR, rows[i].code);
		g_assert_cmpint(number_of(f, "SELECT count(*) FROM audit"), ==, audits + right);
	}
	g_assert_cmpint(number_of(f, "SELECT count(*) FROM updates WHERE rating = 'low'"
				     " AND rated_by = 'ann' AND rated_at = 50"),
			==, 1);
	g_assert_cmpint(number_of(f, "SELECT count(*) FROM audit WHERE detail ->> 'rating_before' ="
				     " 'critical' AND detail ->> 'rating' = 'low'"),
			==, 1);
}

static void
test_what_is_more_urgent_allows_less_time_and_soaks_less(Fixture *f, gconstpointer data)
{
	g_autoptr(GPtrArray) list = sl_rating_list(f->db, NULL);

	g_assert_cmpuint(list->len, ==, 5);
	for (guint i = 1; i < list->len; i++) {
		const SlRating *before = list->pdata[i - 1], *one = list->pdata[i];

		if (i < 4)
			g_assert_cmpint(before->allow_s, <, one->allow_s);
		g_assert_cmpint(before->soak_s, <=, one->soak_s);
	}
	g_assert_cmpstr(((SlRating *)list->pdata[4])->name, ==, "none");
	g_assert_cmpint(((SlRating *)list->pdata[4])->allow_s, ==, -1);
}

static void
test_times_are_changed_within_bounds_and_said_in_the_audit_log(Fixture *f, gconstpointer data)
{
	static const struct {
		char *name;
		int64_t allow_s, soak_s;
		int code; /* -1: taken, -2: taken and changes nothing */
	} rows[] = {
		{"high", 3 * DAY, HOUR, -1},
		{"high", 3 * DAY, HOUR, -2},
		{"none", -1, 0, -1},
		{"none", DAY, 0, SL_ERROR_INVALID},
		{"low", -1, 0, SL_ERROR_INVALID},
		{"low", 0, -1, SL_ERROR_INVALID},
		{"low", SL_RATING_ALLOW_MAX + 1, 0, SL_ERROR_INVALID},
		{"low", 0, SL_RATING_SOAK_MAX + 1, SL_ERROR_INVALID},
		{"urgent", 0, 0, SL_ERROR_INVALID},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		const SlRating rating = {rows[i].name, rows[i].allow_s, rows[i].soak_s};
		int64_t audits = number_of(f, "SELECT count(*) FROM audit");
		g_autoptr(GError) error = NULL;

		g_assert_true(sl_rating_change(f->db, &rating, "ann", 50, &error) ==
			      (rows[i].code < 0));
		if (rows[i].code >= 0)
			g_assert_error(error, SL_ERROR, rows[i].code);
		g_assert_cmpint(number_of(f, "SELECT count(*) FROM audit"), ==,
				audits + (rows[i].code == -1));
	}
	g_assert_cmpint(number_of(f, "SELECT count(*) FROM rating WHERE name = 'high'"
				     " AND allow_s = 259200 AND soak_s = 3600"),
			==, 1);
	g_assert_cmpint(number_of(f, "SELECT count(*) FROM audit WHERE action = 'setting'"
				     " AND object = 'high' AND detail ->> '$.before.allow_s'"
				     " = 604800"),
			==, 1);
}

int
main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*test)(Fixture *f, gconstpointer data);
	} tests[] = {
		{"/rating/set", test_a_rating_is_a_word_with_a_reason},
		{"/rating/order", test_what_is_more_urgent_allows_less_time_and_soaks_less},
		{"/rating/change", test_times_are_changed_within_bounds_and_said_in_the_audit_log},
	};

	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(tests); i++)
		g_test_add(tests[i].name, Fixture, NULL, set_up, tests[i].test, tear_down);
	return g_test_run();
}
