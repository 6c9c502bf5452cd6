/* Passwords: hashed dearly, one at a time, and as dearly for those who have none. */
#include <glib.h>
#include <string.h>

#include "catalog/base/password.h"

static bool
verify(SlPasswords *passwords, const char *hash, const char *password)
{
	bool right;

	g_assert_true(sl_passwords_enter(passwords, true, NULL));
	right = sl_password_verify(passwords, hash, password);
	sl_passwords_leave(passwords);
	return right;
}

static void
test_a_password_is_known_again_by_its_hash(void)
{
	g_autoptr(SlPasswords) passwords = sl_passwords_new();
	g_autofree char *hash = sl_password_hash(passwords, "correct horse", NULL);
	g_autofree char *other = sl_password_hash(passwords, "correct horse", NULL);
	bool right;

	g_assert_true(g_str_has_prefix(hash, "$argon2id$v=19$m=65536,t=3,p=1$"));
	g_assert_cmpstr(hash, !=, other);
	right = verify(passwords, hash, "correct horse");
	g_assert_true(right);
	right = verify(passwords, hash, "correct horsf");
	g_assert_false(right);
	g_assert_cmpint(sl_passwords_count(passwords), ==, 4);
}

static void
test_nobodys_password_costs_as_much_and_is_never_right(void)
{
	g_autoptr(SlPasswords) passwords = sl_passwords_new();
	g_autofree char *hash = sl_password_hash(passwords, "correct horse", NULL);
	int64_t began_us = g_get_monotonic_time(), known_us, unknown_us;
	bool right;

	right = verify(passwords, hash, "wrong horse");
	known_us = g_get_monotonic_time() - began_us;
	right = verify(passwords, NULL, "wrong horse");
	unknown_us = g_get_monotonic_time() - began_us - known_us;
	g_assert_false(right);
	/* no figure: that it is not refused unseen, which takes a thousandth */
	g_assert_cmpint(unknown_us, >, known_us / 20);
}

typedef struct {
	SlPasswords *passwords;
	bool strangers;
	gint busy;
	gint done;
} Crowd;

static gpointer
verify_one(gpointer data)
{
	Crowd *crowd = data;
	g_autoptr(GError) error = NULL;
	bool ok = sl_passwords_enter(crowd->passwords, crowd->strangers, &error);

	if (ok) {
		sl_password_verify(crowd->passwords, NULL, "correct horse");
		sl_passwords_leave(crowd->passwords);
	}
	g_atomic_int_inc(ok ? &crowd->done : &crowd->busy);
	if (!ok)
		g_assert_error(error, SL_ERROR, SL_ERROR_BUSY);
	return NULL;
}

static void
come(Crowd *crowd, size_t count)
{
	g_autofree GThread **threads = g_new(GThread *, count);

	for (size_t i = 0; i < count; i++)
		threads[i] = g_thread_new("verify", verify_one, crowd);
	for (size_t i = 0; i < count; i++)
		g_thread_join(threads[i]);
}

static void
test_of_a_crowd_five_are_served_and_the_rest_told_so(void)
{
	g_autoptr(SlPasswords) passwords = sl_passwords_new();
	Crowd crowd = {passwords, true, 0, 0};

	come(&crowd, 40);
	/* who came when one was done took its place */
	g_assert_cmpint(crowd.done, >=, 5);
	g_assert_cmpint(crowd.busy, >, 0);
	g_assert_cmpint(crowd.done + crowd.busy, ==, 40);
	g_assert_cmpint(sl_passwords_count(passwords), ==, crowd.done);
}

static void
test_who_is_known_waits_however_many_do(void)
{
	g_autoptr(SlPasswords) passwords = sl_passwords_new();
	Crowd crowd = {passwords, false, 0, 0};

	come(&crowd, 12);
	g_assert_cmpint(crowd.done, ==, 12);
}

typedef struct {
	SlPasswords *passwords;
	gint comes; /* the known one is about to wait */
	gint turn;
	gint known; /* the turn that it had */
} Order;

static gpointer
take_turn(gpointer data)
{
	Order *order = data;

	g_assert_true(sl_passwords_enter(order->passwords, true, NULL));
	g_atomic_int_inc(&order->turn);
	sl_passwords_leave(order->passwords);
	return NULL;
}

static gpointer
take_known_turn(gpointer data)
{
	Order *order = data;

	g_atomic_int_set(&order->comes, 1);
	g_assert_true(sl_passwords_enter(order->passwords, false, NULL));
	order->known = g_atomic_int_add(&order->turn, 1);
	sl_passwords_leave(order->passwords);
	return NULL;
}

static void
test_who_is_known_is_before_strangers_that_came_before(void)
{
	g_autoptr(SlPasswords) passwords = sl_passwords_new();
	Order order = {passwords, 0, 0, -1};
	GThread *threads[5];

	g_assert_true(sl_passwords_enter(passwords, true, NULL));
	for (size_t i = 0; i < 4; i++)
		threads[i] = g_thread_new("stranger", take_turn, &order);
	g_usleep(50 * 1000); /* no more than gives them time to be before */
	threads[4] = g_thread_new("known", take_known_turn, &order);
	while (!g_atomic_int_get(&order.comes))
		g_thread_yield();
	g_usleep(200 * 1000); /* from there to its place in the queue */
	sl_passwords_leave(passwords);
	for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
		g_thread_join(threads[i]);
	g_assert_cmpint(order.known, ==, 0);
	g_assert_cmpint(order.turn, ==, 5);
}

static void
test_what_is_no_password_is_refused_without_quoting_it(void)
{
	g_autofree char *longer = g_strnfill(1001, 'x');
	const char *bad[] = {"", "ninechars", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", longer};
	g_autofree char *longest = g_strnfill(1000, 'x');

	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autoptr(GError) error = NULL;

		g_assert_false(sl_password_check(bad[i], &error));
		g_assert_error(error, SL_ERROR, SL_ERROR_INVALID);
		if (*bad[i])
			g_assert_null(strstr(error->message, bad[i]));
	}
	g_assert_true(sl_password_check("ten chars.", NULL));
	g_assert_true(sl_password_check("ååååååååååå", NULL));
	g_assert_true(sl_password_check(longest, NULL));
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/password/known", test_a_password_is_known_again_by_its_hash);
	g_test_add_func("/password/nobody", test_nobodys_password_costs_as_much_and_is_never_right);
	g_test_add_func("/password/crowd", test_of_a_crowd_five_are_served_and_the_rest_told_so);
	g_test_add_func("/password/known-crowd", test_who_is_known_waits_however_many_do);
	g_test_add_func("/password/known-before",
			test_who_is_known_is_before_strangers_that_came_before);
	g_test_add_func("/password/refused",
			test_what_is_no_password_is_refused_without_quoting_it);
	return g_test_run();
}
