/* Sessions end when they should, to the second, and a secret that was replaced is worth nothing. */
#include <string.h>

#include "catalog/person.h"
#include "catalog/session.h"
#include "catalog/setup_code.h"
#include "fleet_db.h"

static SlPerson *
ann(Fleet *f)
{
	g_autoptr(GError) error = NULL;

	sl_person_add(f->db, &(SlPersonChange){.name = "ann", .by = "root", .now_at = NOW},
		      SL_ROLE_OWNER, "hash", &error);
	g_assert_no_error(error);
	return sl_person_get(f->db, "ann", NULL);
}

static bool
holds(Fleet *f, const char *secret, int64_t now_at)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(SlSession) session = sl_session_find(f->other, secret, now_at, &error);

	if (!session)
		g_assert_error(error, SL_ERROR, SL_ERROR_DENIED);
	return session != NULL;
}

static void
test_a_session_ends_when_it_is_not_used(Fleet *f, gconstpointer data)
{
	g_autoptr(SlPerson) person = ann(f);
	g_autofree char *secret = sl_session_begin(f->db, person, "192.0.2.1", NOW, NULL);

	g_assert_true(holds(f, secret, NOW + 30 * 60 - 1));
	g_assert_false(holds(f, secret, NOW + 30 * 60));
	g_assert_true(sl_session_see(f->db, secret, NOW + 1000, NULL));
	g_assert_true(holds(f, secret, NOW + 30 * 60));
	g_assert_false(holds(f, secret, NOW + 1000 + 30 * 60));
}

static void
test_a_session_ends_after_half_a_day_in_any_case(Fleet *f, gconstpointer data)
{
	g_autoptr(SlPerson) person = ann(f);
	g_autofree char *first = sl_session_begin(f->db, person, "192.0.2.1", NOW, NULL);
	int64_t late = NOW + 12 * 3600 - 1;
	g_autofree char *secret = sl_session_renew(f->db, first, late, NULL);

	g_assert_true(holds(f, secret, late));
	g_assert_false(holds(f, secret, late + 1));
}

/* A clock that ran ahead and was put right would leave it for as long as that was. */
static void
test_a_session_of_times_to_come_ends(Fleet *f, gconstpointer data)
{
	g_autoptr(SlPerson) person = ann(f);
	g_autofree char *secret = sl_session_begin(f->db, person, "192.0.2.1", NOW, NULL);
	g_autofree char *next = NULL;

	/* as clocks are put right every day */
	g_assert_true(holds(f, secret, NOW - 60));
	g_assert_false(holds(f, secret, NOW - 365 * DAY));
	next = sl_session_begin(f->db, person, "192.0.2.1", NOW - 365 * DAY, NULL);
	g_assert_false(holds(f, secret, NOW));
	g_assert_true(holds(f, next, NOW - 365 * DAY));
}

static void
test_the_password_given_again_makes_another_secret(Fleet *f, gconstpointer data)
{
	g_autoptr(SlPerson) person = ann(f);
	g_autofree char *first = sl_session_begin(f->db, person, "192.0.2.1", NOW, NULL);
	g_autofree char *second = sl_session_renew(f->db, first, NOW + 100, NULL);
	g_autofree char *first_token = sl_session_token(first);
	g_autofree char *second_token = sl_session_token(second);
	g_autoptr(SlSession) session = sl_session_find(f->other, second, NOW + 100, NULL);
	g_autoptr(GError) error = NULL;

	g_assert_false(holds(f, first, NOW + 100));
	g_assert_cmpstr(first_token, !=, second_token);
	g_assert_cmpint(session->begun_at, ==, NOW);
	g_assert_cmpint(session->confirmed_at, ==, NOW + 100);
	g_assert_null(sl_session_renew(f->db, first, NOW + 100, &error));
	g_assert_error(error, SL_ERROR, SL_ERROR_DENIED);
}

static void
test_the_database_holds_no_secret(Fleet *f, gconstpointer data)
{
	g_autoptr(SlPerson) person = ann(f);
	g_autofree char *secret = sl_session_begin(f->db, person, "192.0.2.1", NOW, NULL);

	g_assert_cmpuint(strlen(secret), ==, 43);
	g_assert_cmpint(
		number(f, "SELECT count(*) FROM session WHERE instr(digest, '%s') > 0", secret), ==,
		0);
	g_assert_cmpint(
		number(f, "SELECT count(*) FROM audit WHERE instr(detail, '%s') > 0", secret), ==,
		0);
	g_assert_true(sl_session_end(f->db, secret, "ann", NOW, NULL));
	g_assert_false(holds(f, secret, NOW));
	g_assert_cmpint(number(f, "SELECT count(*) FROM audit WHERE action = 'sign out'"), ==, 1);
}

static void
test_a_set_up_code_is_good_once_and_for_a_day(Fleet *f, gconstpointer data)
{
	g_autofree char *first = sl_setup_code_make(f->db, "root", NOW, NULL);
	g_autofree char *code = sl_setup_code_make(f->db, "root", NOW, NULL);
	g_autofree char *typed = g_ascii_strdown(code, -1);
	g_autoptr(GError) error = NULL;

	g_assert_cmpuint(strlen(code), ==, 19);
	g_assert_false(sl_setup_code_check(f->other, first, NOW, &error));
	g_assert_error(error, SL_ERROR, SL_ERROR_DENIED);
	g_clear_error(&error);
	g_assert_false(sl_setup_code_take(f->db, code, NOW + DAY, &error));
	g_assert_error(error, SL_ERROR, SL_ERROR_DENIED);
	g_assert_true(sl_setup_code_take(f->db, typed, NOW + DAY - 1, NULL));
	g_assert_false(sl_setup_code_take(f->db, code, NOW, NULL));
}

static void
test_there_is_no_set_up_code_where_there_is_somebody(Fleet *f, gconstpointer data)
{
	g_autofree char *code = sl_setup_code_make(f->db, "root", NOW, NULL);
	g_autoptr(SlPerson) person = ann(f);
	g_autoptr(GError) error = NULL;

	g_assert_false(sl_setup_code_take(f->db, code, NOW, &error));
	g_assert_error(error, SL_ERROR, SL_ERROR_CONFLICT);
	g_clear_error(&error);
	g_assert_null(sl_setup_code_make(f->db, "root", NOW, &error));
	g_assert_error(error, SL_ERROR, SL_ERROR_CONFLICT);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	fleet_test("/session/idle", test_a_session_ends_when_it_is_not_used);
	fleet_test("/session/absolute", test_a_session_ends_after_half_a_day_in_any_case);
	fleet_test("/session/clock", test_a_session_of_times_to_come_ends);
	fleet_test("/session/renewed", test_the_password_given_again_makes_another_secret);
	fleet_test("/session/digest", test_the_database_holds_no_secret);
	fleet_test("/session/setup-code", test_a_set_up_code_is_good_once_and_for_a_day);
	fleet_test("/session/set-up", test_there_is_no_set_up_code_where_there_is_somebody);
	return g_test_run();
}
