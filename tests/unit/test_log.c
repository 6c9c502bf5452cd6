/* test_log.c - a line of log is one line */
#include <glib.h>
#include <string.h>

#include "catalog/base/log.h"

static void
test_a_message_is_one_printable_line(void)
{
	static const char *const cases[][2] = {
		{"sync: done", "sync: done"},
		{"a\nsluiced: all is well", "a\\x0asluiced: all is well"},
		{"\033[31mred\033[0m", "\\x1b[31mred\\x1b[0m"},
		{"100 %s %n", "100 %s %n"},
		{"tab\there\r", "tab\\x09here\\x0d"},
		{"", ""},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *line = sl_log_format(cases[i][0]);

		g_assert_cmpstr(line, ==, cases[i][1]);
	}
}

static void
test_bidi_marks_and_broken_text_are_shown_as_bytes(void)
{
	g_autofree char *bidi = sl_log_format("a\xe2\x80\xae"
					      "b");
	g_autofree char *broken = sl_log_format("a\xff\xc3");

	g_assert_cmpstr(bidi, ==, "a\\xe2\\x80\\xaeb");
	g_assert_cmpstr(broken, ==, "a\\xff\\xc3");
}

static void
test_no_character_is_cut_in_two(void)
{
	/* whatever the place of the pieces' borders, letters of two, three and four bytes stay
	 * whole */
	for (size_t before = 0; before < 130; before++) {
		g_autoptr(GString) text = g_string_new(NULL);
		g_autofree char *line = NULL;

		for (size_t i = 0; i < before; i++)
			g_string_append_c(text, 'x');
		g_string_append(text, "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80");
		line = sl_log_format(text->str);
		g_assert_cmpstr(line, ==, text->str);
	}
}

static void
test_a_megabyte_is_cut(void)
{
	g_autofree char *text = g_strnfill(1024 * 1024, '\n');
	g_autofree char *line = sl_log_format(text);

	g_assert_cmpuint(strlen(line), <, SL_LOG_LINE + 300);
	g_assert_true(g_str_has_suffix(line, "..."));
	g_assert_null(strchr(line, '\n'));
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/log/a_message_is_one_printable_line",
			test_a_message_is_one_printable_line);
	g_test_add_func("/log/bidi_marks_and_broken_text_are_shown_as_bytes",
			test_bidi_marks_and_broken_text_are_shown_as_bytes);
	g_test_add_func("/log/no_character_is_cut_in_two", test_no_character_is_cut_in_two);
	g_test_add_func("/log/a_megabyte_is_cut", test_a_megabyte_is_cut);
	return g_test_run();
}
