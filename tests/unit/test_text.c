/* Text from outside is taken whole or refused. */
#include <glib.h>
#include <string.h>

#include "catalog/base/text.h"

static void
test_numbers_are_whole_and_within_bounds(void)
{
	static const char *const refused[] = {"",  "+1",  " 1",	 "1 ",	"1x",
					      "-", "0x1", "1e3", "101", "99999999999999999999"};
	int64_t value = 7;

	g_assert_true(sl_text_int("100", 0, 100, &value, NULL));
	g_assert_cmpint(value, ==, 100);
	g_assert_true(sl_text_int("-3", -5, 5, &value, NULL));
	g_assert_cmpint(value, ==, -3);
	for (size_t i = 0; i < G_N_ELEMENTS(refused); i++) {
		g_autoptr(GError) error = NULL;

		g_assert_false(sl_text_int(refused[i], 0, 100, &value, &error));
		g_assert_error(error, SL_ERROR, SL_ERROR_INVALID);
		g_assert_cmpint(value, ==, -3);
	}
}

static void
test_a_date_survives_being_written_and_read(void)
{
	const int64_t times[] = {0, 951782400, 1795377536, 4102444799};

	for (size_t i = 0; i < G_N_ELEMENTS(times); i++) {
		g_autofree char *mail = sl_text_format_mail_date(times[i]);
		g_autofree char *iso = sl_text_format_time(times[i]);
		int64_t read = -1;

		g_assert_true(sl_text_mail_date(mail, &read, NULL));
		g_assert_cmpint(read, ==, times[i]);
		g_assert_true(sl_text_time(iso, &read, NULL));
		g_assert_cmpint(read, ==, times[i]);
	}
}

static void
test_a_name_is_one_safe_path_component(void)
{
	static const char *const refused[] = {"",    ".",   "..",   ".x",  "-x",
					      "a/b", "a b", "a\nb", "\xff"};

	g_assert_true(sl_text_is_name("openssl_3.0.17-1~deb12u3_amd64.deb"));
	for (size_t i = 0; i < G_N_ELEMENTS(refused); i++)
		g_assert_false(sl_text_is_name(refused[i]));
}

static void
test_foreign_text_stays_on_one_line(void)
{
	g_autofree char *escaped = sl_text_escape("a\nb\x1b[31m\xe2\x80\xae\xff%s");

	g_assert_cmpstr(escaped, ==, "a\\x0ab\\x1b[31m\\xe2\\x80\\xae\\xff%s");
}

static void
test_csv_fields_never_become_formulas(void)
{
	static const char *const texts[] = {"=1+1", "+1", "-1", "@x", "\tx", "\rx"};

	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_autofree char *field = sl_text_csv(texts[i]);

		g_assert_true(g_str_has_prefix(field, "'") || g_str_has_prefix(field, "\"'"));
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/text/numbers", test_numbers_are_whole_and_within_bounds);
	g_test_add_func("/text/dates", test_a_date_survives_being_written_and_read);
	g_test_add_func("/text/names", test_a_name_is_one_safe_path_component);
	g_test_add_func("/text/escape", test_foreign_text_stays_on_one_line);
	g_test_add_func("/text/csv", test_csv_fields_never_become_formulas);
	return g_test_run();
}
