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
	g_autofree char *again = NULL;
	g_autofree char *escaped = sl_text_escape("a\nb\x1b[31m\xe2\x80\xae\xff%s");

	g_assert_cmpstr(escaped, ==, "a\\x0ab\\x1b[31m\\xe2\\x80\\xae\\xff%s");
	/* what a message shows so, the log shows the same */
	again = sl_text_escape(escaped);
	g_assert_cmpstr(again, ==, escaped);
}

/* A text and what a parser makes of it; -1: it is refused. */
typedef struct {
	const char *text;
	int64_t value;
} Row;

static void
assert_rows(bool (*parse)(const char *text, int64_t *ret_value, GError **error), const Row *rows,
	    size_t n_rows)
{
	for (size_t i = 0; i < n_rows; i++) {
		g_autoptr(GError) error = NULL;
		int64_t value = -7;

		g_test_message("%s", rows[i].text);
		if (rows[i].value >= 0) {
			g_assert_true(parse(rows[i].text, &value, &error));
			g_assert_no_error(error);
			g_assert_cmpint(value, ==, rows[i].value);
		} else {
			g_assert_false(parse(rows[i].text, &value, &error));
			g_assert_error(error, SL_ERROR, SL_ERROR_INVALID);
			g_assert_cmpint(value, ==, -7);
		}
	}
}

static void
test_a_span_of_time_has_a_unit(void)
{
	static const Row rows[] = {
		{"0", 0},
		{"90", 90},
		{"90s", 90},
		{"5m", 300},
		{"2h", 7200},
		{"7d", 604800},
		{"2w", 1209600},
		{"15250284452471w", 15250284452471 * 604800},
		{"15250284452472w", -1},
		{"9223372036854775807", -1}, /* more digits than any span needs */
		{"", -1},
		{"s", -1},
		{"5M", -1},
		{"5 m", -1},
		{" 5m", -1},
		{"5mm", -1},
		{"1h30m", -1},
		{"-5m", -1},
		{"+5m", -1},
		{"1.5h", -1},
		{"5\xc3\xa4", -1},
	};

	assert_rows(sl_text_duration, rows, G_N_ELEMENTS(rows));
}

static void
test_a_size_has_a_power_of_1024(void)
{
	static const Row rows[] = {
		{"0", 0},
		{"1023", 1023},
		{"1K", 1024},
		{"10M", 10485760},
		{"2G", 2147483648},
		{"1T", 1099511627776},
		{"8388607T", 8388607 * INT64_C(1099511627776)},
		{"8388608T", -1},
		{"1k", -1},
		{"1KB", -1},
		{"1KiB", -1},
		{"1 K", -1},
		{"-1K", -1},
		{"0x10", -1},
		{"", -1},
		{"K", -1},
	};

	assert_rows(sl_text_size, rows, G_N_ELEMENTS(rows));
}

static void
test_a_time_is_a_day_and_a_clock_of_that_day(void)
{
	static const Row rows[] = {
		{"1970-01-01", 0},
		{"2026-11-22T19:58:56Z", 1795377536},
		{"2024-02-29", 1709164800},
		{"2016-12-31T23:59:60Z", 1483228799}, /* the leap second is the one before */
		{"2026-02-29", -1},
		{"2026-00-01", -1},
		{"2026-13-01", -1},
		{"2026-11-31", -1},
		{"1969-12-31", -1},
		{"2026-11-22T24:00:00Z", -1},
		{"2026-11-22T19:60:00Z", -1},
		{"2026-11-22T19:58:61Z", -1},
		{"2026-11-22T19:58:56", -1},
		{"2026-11-22 19:58:56Z", -1},
		{"2026-11-22T19:58:56+", -1},
		{"2026-11-22T1:058:56Z", -1},
		{"2026-1-22", -1},
		{"22-11-2026", -1},
		{"tomorrow!!", -1},
		{"", -1},
	};

	assert_rows(sl_text_time, rows, G_N_ELEMENTS(rows));
}

static void
test_a_mail_date_is_in_universal_time(void)
{
	static const Row rows[] = {
		{"Sun, 22 Nov 2026 19:58:56 UTC", 1795377536},
		{"Sun, 22 Nov 2026 19:58:56 GMT", 1795377536},
		{"Sun, 22 Nov 2026 19:58:56 +0000", 1795377536},
		{"22 Nov 2026 19:58:56 UTC", 1795377536},
		{"Mon,  2 Feb 2026  1:02:03 UTC", 1769994123},
		{"Sun, 22 Nov 2026 19:58:56", -1},
		{"Sun, 22 Nov 2026 19:58:56 +0100", -1},
		{"Sun, 22 Nov 2026 19:58:56 PST", -1},
		{"Sun, 22 nov 2026 19:58:56 UTC", -1},
		{"Sun, 22 Novem 2026 19:58:56 UTC", -1},
		{"Sun, 22 ovD 2026 19:58:56 UTC", -1},
		{"Sun, 32 Nov 2026 19:58:56 UTC", -1},
		{"Sun, 22 Nov 26 19:58:56 UTC", -1},
		{"Sun, 22 Nov 10000 19:58:56 UTC", -1},
		{"Sun, 22 Nov 2026 19:58 UTC", -1},
		{"Sun, 22 Nov 2026 19:58:56 UTC x", -1},
		{"", -1},
	};

	assert_rows(sl_text_mail_date, rows, G_N_ELEMENTS(rows));
}

static void
test_hexadecimal_has_exactly_the_digits(void)
{
	static const char *const refused[] = {"",	 "00",		"0001",	  "00010",
					      "0001020", "00010203",	"00 102", "0001xx",
					      "0x0102",	 "\xff\xff\xff"};
	uint8_t bytes[3] = {7, 7, 7};

	for (size_t i = 0; i < G_N_ELEMENTS(refused); i++) {
		g_assert_false(sl_text_unhex(refused[i], bytes, sizeof bytes, NULL));
		g_assert_cmpuint(bytes[0], ==, 7);
	}
	g_assert_true(sl_text_unhex("00fFa5", bytes, sizeof bytes, NULL));
	g_autofree char *text = sl_text_hex(bytes, sizeof bytes);
	g_assert_cmpstr(text, ==, "00ffa5");
	g_assert_true(sl_text_is_sha256(
		"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));
	g_assert_false(sl_text_is_sha256(
		"E3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));
	g_assert_false(sl_text_is_sha256(
		"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b8555"));
	g_assert_false(sl_text_is_sha256(""));
}

static void
test_a_pattern_matches_whole_names(void)
{
	static const struct {
		const char *pattern;
		const char *name;
		bool matches;
	} rows[] = {
		{"*-dbgsym", "openssl-dbgsym", true},
		{"*-dbgsym", "openssl-dbgsym2", false},
		{"lib*-dev", "libssl-dev", true},
		{"lib*-dev", "lib-dev", true},
		{"lib*-dev", "xlib-dev", false},
		{"a?c", "abc", true},
		{"a?c", "ac", false},
		{"*", "", true},
		{"?", "", false},
		{"", "", true},
		{"", "a", false},
		{"a**b", "ab", true},
		{"*a*a*", "banana", true},
		{"[ab]", "a", false},
		{"A", "a", false},
	};
	g_autofree char *stars = g_strnfill(2000, '*');
	g_autofree char *name = g_strnfill(2000, 'a');

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_test_message("%s %s", rows[i].pattern, rows[i].name);
		g_assert_true(sl_text_glob(rows[i].pattern, rows[i].name) == rows[i].matches);
	}
	/* a pattern that goes back at each star would never end here */
	for (int i = 1; i < 2000; i += 2)
		stars[i] = 'a';
	stars[1999] = 'b';
	g_assert_false(sl_text_glob(stars, name));
}

static void
test_a_foreign_text_is_cut_between_characters(void)
{
	for (size_t length = 240; length < 270; length++) {
		g_autofree char *start = g_strnfill(length, 'x');
		g_autofree char *text = g_strconcat(start, "\xc3\xa4\n\xf0\x9f\x98\x80", NULL);
		g_autofree char *escaped = sl_text_escape(text);

		g_assert_cmpuint(strlen(escaped), <=, 256);
		g_assert_true(g_utf8_validate(escaped, -1, NULL));
		g_assert_null(strchr(escaped, '\n'));
	}
}

static void
test_sizes_are_shown_with_one_digit_behind_the_point(void)
{
	static const struct {
		int64_t size;
		const char *shown;
	} rows[] = {
		{0, "0 B"},	  {999, "999 B"},	 {1000, "1.0 kB"},
		{1536, "1.5 kB"}, {35756442, "35.8 MB"}, {INT64_MAX, "9.2 EB"},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *shown = sl_text_format_size(rows[i].size);

		g_assert_cmpstr(shown, ==, rows[i].shown);
	}
}

static void
test_spans_are_shown_in_their_two_largest_units(void)
{
	static const struct {
		int64_t seconds;
		const char *shown;
	} rows[] = {
		{0, "0"},	    {45, "45s"},      {60, "1m"},
		{3600, "1h"},	    {5400, "1h 30m"}, {604800, "7d"},
		{129600, "1d 12h"}, {86460, "1d"},    {7776000, "90d"},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *shown = sl_text_format_duration(rows[i].seconds);

		g_assert_cmpstr(shown, ==, rows[i].shown);
	}
}

static void
test_edits_are_counted_up_to_a_limit(void)
{
	static const struct {
		const char *a, *b;
		unsigned edits;
	} pairs[] = {
		{"", "", 0},	     {"approve", "approve", 0}, {"aprove", "approve", 1},
		{"crul", "curl", 1}, {"lst", "list", 1},	{"", "ab", 2},
		{"abc", "ca", 3},    {"kitten", "sitting", 3},
	};
	g_autofree char *endless = g_strnfill(5000, 'x');

	for (size_t i = 0; i < G_N_ELEMENTS(pairs); i++) {
		g_assert_cmpuint(sl_text_edits(pairs[i].a, pairs[i].b, 3), ==, pairs[i].edits);
		g_assert_cmpuint(sl_text_edits(pairs[i].b, pairs[i].a, 3), ==, pairs[i].edits);
	}
	g_assert_cmpuint(sl_text_edits("a", "abcd", 2), ==, 3);
	g_assert_cmpuint(sl_text_edits(endless, endless, 2), >, 2);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/text/numbers", test_numbers_are_whole_and_within_bounds);
	g_test_add_func("/text/dates", test_a_date_survives_being_written_and_read);
	g_test_add_func("/text/names", test_a_name_is_one_safe_path_component);
	g_test_add_func("/text/escape", test_foreign_text_stays_on_one_line);
	g_test_add_func("/text/duration", test_a_span_of_time_has_a_unit);
	g_test_add_func("/text/size", test_a_size_has_a_power_of_1024);
	g_test_add_func("/text/time", test_a_time_is_a_day_and_a_clock_of_that_day);
	g_test_add_func("/text/mail-date", test_a_mail_date_is_in_universal_time);
	g_test_add_func("/text/hex", test_hexadecimal_has_exactly_the_digits);
	g_test_add_func("/text/glob", test_a_pattern_matches_whole_names);
	g_test_add_func("/text/cut", test_a_foreign_text_is_cut_between_characters);
	g_test_add_func("/text/shown-size", test_sizes_are_shown_with_one_digit_behind_the_point);
	g_test_add_func("/text/shown-span", test_spans_are_shown_in_their_two_largest_units);
	g_test_add_func("/text/edits_are_counted_up_to_a_limit",
			test_edits_are_counted_up_to_a_limit);
	return g_test_run();
}
