/* Statuses keep their places, packed two to a byte. */
#include <glib.h>

#include "clients/status.h"

static void
test_what_is_set_is_read_and_nothing_beside_it_changes(void)
{
	g_autoptr(GByteArray) states = g_byte_array_new();

	for (int64_t slot = 0; slot < 7; slot++)
		sl_states_set(states, slot, (SlStatus)(slot % SL_STATUS_SILENT));
	sl_states_set(states, 3, SL_STATUS_FAILED);
	for (int64_t slot = 0; slot < 7; slot++)
		g_assert_cmpint(sl_states_get(states->data, states->len, slot), ==,
				slot == 3 ? SL_STATUS_FAILED : slot);
	g_assert_cmpuint(states->len, ==, 4);
}

static void
test_what_is_beyond_the_end_is_unknown(void)
{
	g_autoptr(GByteArray) states = g_byte_array_new();

	sl_states_set(states, 5, SL_STATUS_NEEDED);
	for (int64_t slot = -1; slot < 40; slot++)
		g_assert_cmpint(sl_states_get(states->data, states->len, slot), ==,
				slot == 5 ? SL_STATUS_NEEDED : SL_STATUS_UNKNOWN);
	g_assert_cmpint(sl_states_get(NULL, 0, 0), ==, SL_STATUS_UNKNOWN);
}

static void
test_words_lead_back_to_statuses(void)
{
	g_autoptr(GError) error = NULL;
	SlStatus status = SL_STATUS_NEEDED;

	for (int i = 0; i < SL_STATUSES; i++) {
		g_assert_true(sl_status_read(sl_status_name((SlStatus)i), &status, NULL));
		g_assert_cmpint(status, ==, i);
	}
	g_assert_false(sl_status_read("fine", &status, &error));
	g_assert_error(error, SL_ERROR, SL_ERROR_INVALID);
	g_assert_cmpint(status, ==, SL_STATUSES - 1);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/status/packed", test_what_is_set_is_read_and_nothing_beside_it_changes);
	g_test_add_func("/status/end", test_what_is_beyond_the_end_is_unknown);
	g_test_add_func("/status/words", test_words_lead_back_to_statuses);
	return g_test_run();
}
