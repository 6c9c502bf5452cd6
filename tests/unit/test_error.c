/* An error's message can go wherever a text can, whatever it quotes */
#include <errno.h>
#include <glib.h>
#include <string.h>

#include "catalog/base/error.h"

static void
test_a_message_is_valid_utf8_whatever_it_quotes(void)
{
	static const char *const quoted[] = {"\xff", "a\xc3", "\xed\xa0\x80", "\xc0\xafx"};

	for (size_t i = 0; i < G_N_ELEMENTS(quoted); i++) {
		g_autoptr(GError) error = NULL;
		g_autoptr(GError) of_system = NULL;

		g_assert_false(sl_error_set(&error, SL_ERROR_UPSTREAM, "no '%s'", quoted[i]));
		g_assert_error(error, SL_ERROR, SL_ERROR_UPSTREAM);
		g_assert_true(g_utf8_validate(error->message, -1, NULL));
		g_assert_true(g_str_has_prefix(error->message, "no '"));
		errno = ENOSPC;
		g_assert_false(sl_error_errno(&of_system, "write '%s'", quoted[i]));
		g_assert_error(of_system, SL_ERROR, SL_ERROR_IO);
		g_assert_true(g_utf8_validate(of_system->message, -1, NULL));
		g_assert_nonnull(strstr(of_system->message, g_strerror(ENOSPC)));
	}
}

static void
test_a_text_that_is_valid_stays_as_it_is(void)
{
	g_autoptr(GError) error = NULL;

	sl_error_set(&error, SL_ERROR_INVALID, "%s is no %% of %d", "\xc3\xa4\n", 5);
	g_assert_cmpstr(error->message, ==, "\xc3\xa4\n is no % of 5");
	g_assert_false(sl_error_set(NULL, SL_ERROR_INVALID, "nobody listens"));
}

static void
test_each_code_has_a_name_of_its_own(void)
{
	for (int code = SL_ERROR_INVALID; code <= SL_ERROR_CANCELLED; code++)
		for (int other = SL_ERROR_INVALID; other < code; other++)
			g_assert_cmpstr(sl_error_name(code), !=, sl_error_name(other));
	g_assert_cmpstr(sl_error_name(SL_ERROR_NOT_FOUND), ==, "not-found");
	g_assert_nonnull(sl_error_name(-1));
	g_assert_nonnull(sl_error_name(SL_ERROR_CANCELLED + 1));
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/error/utf8", test_a_message_is_valid_utf8_whatever_it_quotes);
	g_test_add_func("/error/as-it-is", test_a_text_that_is_valid_stays_as_it_is);
	g_test_add_func("/error/names", test_each_code_has_a_name_of_its_own);
	return g_test_run();
}
