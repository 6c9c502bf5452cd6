/* Who guesses waits: by account and by source, longer each time, and never for ever. */
#include "catalog/login_failure.h"
#include "fleet_db.h"

/* Whether a wrong password is looked at. */
static bool
fails_with(Fleet *f, const SlLogin *login)
{
	g_autoptr(GError) error = NULL;
	int64_t seen_s = -1, wait_s = -1;

	g_assert_true(sl_login_wait(f->other, login, &seen_s, &error));
	g_assert_no_error(error);
	g_assert_true(sl_login_try(f->db, login, &wait_s, &error));
	g_assert_no_error(error);
	g_assert_cmpint(wait_s, ==, seen_s);
	return wait_s == 0;
}

static bool
fails(Fleet *f, const char *account, const char *source, int64_t now_at)
{
	return fails_with(f, &(SlLogin){account, source, NULL, now_at});
}

static void
test_each_failure_doubles_the_wait(Fleet *f, gconstpointer data)
{
	static const int64_t waits[] = {0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300};
	int64_t now_at = NOW;

	for (size_t i = 0; i < G_N_ELEMENTS(waits); i++) {
		g_assert_true(fails(f, "ann", "192.0.2.1", now_at));
		if (waits[i] > 0)
			g_assert_false(fails(f, "ann", "192.0.2.1", now_at + waits[i] - 1));
		now_at += waits[i];
	}
}

static void
test_account_and_source_wait_for_themselves(Fleet *f, gconstpointer data)
{
	for (int i = 0; i < 5; i++)
		g_assert_true(fails(f, "ann", "192.0.2.1", NOW));
	g_assert_false(fails(f, "ann", "192.0.2.2", NOW));
	g_assert_false(fails(f, "bob", "192.0.2.1", NOW));
	g_assert_true(fails(f, "bob", "192.0.2.2", NOW));
}

static void
test_what_is_refused_makes_nothing_longer(Fleet *f, gconstpointer data)
{
	for (int i = 0; i < 8; i++)
		fails(f, "ann", "192.0.2.1", NOW + i * 10);
	for (int i = 0; i < 100; i++)
		g_assert_false(fails(f, "ann", "192.0.2.1", NOW + 71));
	g_assert_true(fails(f, "ann", "192.0.2.1", NOW + 78));
}

static void
test_a_right_password_forgets_the_accounts_failures_only(Fleet *f, gconstpointer data)
{
	const SlLogin bob = {"bob", "192.0.2.1", NULL, NOW + 8};
	int64_t wait_s;

	for (int i = 0; i < 5; i++)
		g_assert_true(fails(f, "ann", "192.0.2.1", NOW));
	/* who has an account of his own cannot make the source new again by signing in */
	g_assert_true(sl_login_try(f->db, &bob, &wait_s, NULL));
	g_assert_true(sl_login_succeed(f->db, &bob, NULL));
	g_assert_cmpint(number(f, "SELECT count FROM login_failure WHERE kind = 'source'"), ==, 5);
	g_assert_cmpint(number(f, "SELECT count FROM login_failure WHERE name = 'ann'"), ==, 5);
	g_assert_cmpint(number(f, "SELECT count(*) FROM login_failure WHERE name = 'bob'"), ==, 0);
}

static void
test_a_device_waits_for_its_own_failures_only(Fleet *f, gconstpointer data)
{
	const SlLogin own = {"ann", "192.0.2.1", "number", NOW};
	const SlLogin other = {"ann", "192.0.2.1", "another number", NOW};

	for (int i = 0; i < 5; i++)
		g_assert_true(fails(f, "ann", "192.0.2.1", NOW));
	for (int i = 0; i < 5; i++)
		g_assert_true(fails_with(f, &own));
	g_assert_false(fails_with(f, &own));
	g_assert_true(fails_with(f, &other));
	/* and it makes nobody else wait, nor less */
	g_assert_true(sl_login_succeed(f->db, &own, NULL));
	g_assert_true(fails_with(f, &own));
	g_assert_cmpint(number(f, "SELECT count FROM login_failure WHERE name = 'ann'"), ==, 5);
	g_assert_cmpint(number(f, "SELECT count FROM login_failure WHERE kind = 'source'"), ==, 5);
	/* what is named like a number of ours is none */
	g_assert_true(fails(f, "number", "192.0.2.2", NOW));
}

static void
test_failures_are_forgotten_after_a_day_or_by_a_person(Fleet *f, gconstpointer data)
{
	for (int i = 0; i < 5; i++)
		g_assert_true(fails(f, "ann", "192.0.2.1", NOW));
	for (int i = 0; i < 5; i++)
		g_assert_true(fails(f, "ann", "192.0.2.1", NOW + DAY));
	g_assert_false(fails(f, "ann", "192.0.2.1", NOW + DAY));
	g_assert_true(sl_login_failure_reset(f->db, "root", NOW + DAY, NULL));
	g_assert_true(fails(f, "ann", "192.0.2.1", NOW + DAY));
	g_assert_cmpint(number(f, "SELECT count(*) FROM audit WHERE action = 'login reset'"), ==,
			1);
}

static void
test_a_clock_that_was_set_back_makes_nobody_wait_longer(Fleet *f, gconstpointer data)
{
	const SlLogin login = {"ann", "192.0.2.1", NULL, NOW - 1000 * DAY};
	int64_t wait_s = -1;

	for (int i = 0; i < 5; i++)
		g_assert_true(fails(f, "ann", "192.0.2.1", NOW));
	g_assert_true(sl_login_wait(f->other, &login, &wait_s, NULL));
	g_assert_cmpint(wait_s, ==, 1);
}

static void
test_a_source_is_an_address_or_a_home_of_many(void)
{
	static const char *const pairs[][2] = {
		{"192.0.2.1", "192.0.2.1"},
		{"2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"},
		{"::1", "::/64"},
		{"", ""},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(pairs); i++) {
		g_autofree char *source = sl_login_source(pairs[i][0]);

		g_assert_cmpstr(source, ==, pairs[i][1]);
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	fleet_test("/login-failure/doubles", test_each_failure_doubles_the_wait);
	fleet_test("/login-failure/both", test_account_and_source_wait_for_themselves);
	fleet_test("/login-failure/refused", test_what_is_refused_makes_nothing_longer);
	fleet_test("/login-failure/right",
		   test_a_right_password_forgets_the_accounts_failures_only);
	fleet_test("/login-failure/device", test_a_device_waits_for_its_own_failures_only);
	fleet_test("/login-failure/forgotten",
		   test_failures_are_forgotten_after_a_day_or_by_a_person);
	fleet_test("/login-failure/clock", test_a_clock_that_was_set_back_makes_nobody_wait_longer);
	g_test_add_func("/login-failure/source", test_a_source_is_an_address_or_a_home_of_many);
	return g_test_run();
}
