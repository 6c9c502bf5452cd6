/* A block of addresses has so many tokens; what others take is theirs */
#include <glib.h>

#include "server/front/rate.h"

#define BURST_S 4

static int
take(SlRate *rate, const char *address, int times)
{
	int allowed = 0;

	for (int i = 0; i < times; i++)
		allowed += sl_rate_allows(rate, address);
	return allowed;
}

/* However slow this machine is: what may come is what the burst and the time give. */
static void
test_a_block_has_its_burst_and_no_more(void)
{
	g_autoptr(GTimer) timer = g_timer_new();
	SlRate *rate = sl_rate_new(5);
	int allowed = take(rate, "192.0.2.1", 1000);

	g_assert_cmpint(allowed, >=, 5 * BURST_S);
	g_assert_cmpint(allowed, <=, 5 * (BURST_S + (int)g_timer_elapsed(timer, NULL) + 1));
	sl_rate_free(rate);
}

/* The second of each pair finds nothing left when the first of its block has taken all. */
static void
test_neighbours_share_and_others_do_not(void)
{
	static const struct {
		const char *first;
		const char *second;
		bool shared;
	} rows[] = {
		{"192.0.2.1", "192.0.2.254", true},
		{"2001:db8::1", "2001:db8::ffff:ffff:ffff:ffff", true},
		{"2001:db8:0:1::1", "2001:0DB8:0:1::2", true},
		{"192.0.2.1", "192.0.3.1", false},
		{"192.0.2.1", "193.0.2.1", false},
		{"2001:db8:0:1::1", "2001:db8:0:2::1", false},
		{"10.0.0.1", "2001:db8::1", false},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		int left = 0;

		/* two blocks share a bucket by chance, once in 4,096 times: not three times */
		for (int attempt = 0; attempt < 3; attempt++) {
			g_autoptr(GTimer) timer = g_timer_new();
			SlRate *rate = sl_rate_new(1);

			while (take(rate, rows[i].first, 100) > 0)
				continue;
			/* within a second no token comes back */
			left += take(rate, rows[i].second, 1) > 0 &&
				(!rows[i].shared || g_timer_elapsed(timer, NULL) < 1);
			sl_rate_free(rate);
		}
		g_test_message("%s %s", rows[i].first, rows[i].second);
		if (rows[i].shared)
			g_assert_cmpint(left, ==, 0);
		else
			g_assert_cmpint(left, >, 0);
	}
}

static void
test_no_limit_is_no_limit(void)
{
	SlRate *rate = sl_rate_new(0);

	g_assert_cmpint(take(rate, "192.0.2.1", 10000), ==, 10000);
	sl_rate_free(rate);
	sl_rate_free(NULL);
}

static void
test_what_is_no_address_has_a_block_too(void)
{
	static const char *const texts[] = {"", "?", "192.0.2", "192.0.2.1.5", "::g", "@\n"};
	SlRate *rate = sl_rate_new(1);
	g_autoptr(GTimer) timer = g_timer_new();
	int allowed = 0;

	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
		allowed += take(rate, texts[i], 100);
	g_assert_cmpint(allowed, >=, BURST_S);
	g_assert_cmpint(allowed, <=, BURST_S + (int)g_timer_elapsed(timer, NULL) + 1);
	sl_rate_free(rate);
}

static gpointer
take_many(gpointer rate)
{
	return GINT_TO_POINTER(take(rate, "192.0.2.1", 5000));
}

static void
test_threads_take_no_token_twice(void)
{
	g_autoptr(GTimer) timer = g_timer_new();
	SlRate *rate = sl_rate_new(100);
	GThread *threads[4];
	int allowed = 0;

	for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
		threads[i] = g_thread_new("take", take_many, rate);
	for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
		allowed += GPOINTER_TO_INT(g_thread_join(threads[i]));
	g_assert_cmpint(allowed, >=, 100 * BURST_S);
	g_assert_cmpint(allowed, <=, 100 * (BURST_S + (int)g_timer_elapsed(timer, NULL) + 1));
	sl_rate_free(rate);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/rate/burst", test_a_block_has_its_burst_and_no_more);
	g_test_add_func("/rate/neighbours", test_neighbours_share_and_others_do_not);
	g_test_add_func("/rate/no-limit", test_no_limit_is_no_limit);
	g_test_add_func("/rate/no-address", test_what_is_no_address_has_a_block_too);
	g_test_add_func("/rate/threads", test_threads_take_no_token_twice);
	return g_test_run();
}
