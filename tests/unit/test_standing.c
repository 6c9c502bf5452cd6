/* What statuses come to: the worst of them, how many are missing, since when. */
#include "clients/standing.h"

static GArray *slots;
static GByteArray *states;

/* Has an update in the next slot. */
static void
ask(const char *rating, int64_t first_at, SlStatus status)
{
	SlAskedSlot asked = sl_asked_slot(slots->len, rating, first_at);

	sl_states_set(states, asked.slot, status);
	g_array_append_val(slots, asked);
}

static SlStanding
come_to(void)
{
	SlStanding standing = sl_standing_of(states->data, states->len, slots);

	g_array_set_size(slots, 0);
	g_byte_array_set_size(states, 0);
	return standing;
}

static void
test_the_worst_decides(void)
{
	static const SlStatus from_bad_to_fine[] = {SL_STATUS_FAILED, SL_STATUS_NEEDED,
						    SL_STATUS_PENDING_REBOOT, SL_STATUS_UNKNOWN,
						    SL_STATUS_INSTALLED};

	g_assert_cmpint(come_to().worst, ==, SL_STATUS_INSTALLED);
	for (size_t i = 0; i < G_N_ELEMENTS(from_bad_to_fine); i++) {
		for (size_t j = G_N_ELEMENTS(from_bad_to_fine); j-- > i;)
			ask(NULL, 1, from_bad_to_fine[j]);
		ask(NULL, 1, SL_STATUS_NOT_APPLICABLE);
		g_assert_cmpint(come_to().worst, ==, from_bad_to_fine[i]);
	}
	ask(NULL, 1, SL_STATUS_DOWNLOADED);
	g_assert_cmpint(come_to().worst, ==, SL_STATUS_NEEDED);
}

static void
test_it_lacks_something_of_a_rating_since_the_first_approval(void)
{
	SlStanding standing;

	ask("high", 50, SL_STATUS_NEEDED);
	ask("high", 30, SL_STATUS_FAILED);
	ask("high", 10, SL_STATUS_INSTALLED);
	ask("low", 70, SL_STATUS_PENDING_REBOOT);
	ask("medium", 5, SL_STATUS_NOT_APPLICABLE);
	ask("critical", 5, SL_STATUS_UNKNOWN);
	ask(NULL, 1, SL_STATUS_DOWNLOADED);
	standing = come_to();
	g_assert_cmpint(standing.missing, ==, 4);
	g_assert_cmpint(standing.lacks_at[0], ==, 0);
	g_assert_cmpint(standing.lacks_at[1], ==, 30);
	g_assert_cmpint(standing.lacks_at[2], ==, 0);
	g_assert_cmpint(standing.lacks_at[3], ==, 70);
}

static void
test_any_difference_counts(void)
{
	SlStanding one = {SL_STATUS_NEEDED, 2, {0, 30, 0, 0}}, other = one;

	g_assert_true(sl_standing_equal(&one, &other));
	other.worst = SL_STATUS_FAILED;
	g_assert_false(sl_standing_equal(&one, &other));
	other = one;
	other.missing = 3;
	g_assert_false(sl_standing_equal(&one, &other));
	other = one;
	other.lacks_at[3] = 1;
	g_assert_false(sl_standing_equal(&one, &other));
}

int
main(int argc, char **argv)
{
	int failed;

	g_test_init(&argc, &argv, NULL);
	slots = g_array_new(FALSE, FALSE, sizeof(SlAskedSlot));
	states = g_byte_array_new();
	g_test_add_func("/standing/worst", test_the_worst_decides);
	g_test_add_func("/standing/since",
			test_it_lacks_something_of_a_rating_since_the_first_approval);
	g_test_add_func("/standing/equal", test_any_difference_counts);
	failed = g_test_run();
	g_array_unref(slots);
	g_byte_array_unref(states);
	return failed;
}
