/* 304 only for what the client really has, a part only of what it began to read */
#include <glib.h>

#include "server/http/conditional.h"

#define TAG   "\"abc\""
#define AT    INT64_C(1795377536)
#define DATE  "Sun, 22 Nov 2026 19:58:56 GMT"
#define LATER "Sun, 22 Nov 2026 19:58:57 GMT"
#define EARLY "Sun, 22 Nov 2026 19:58:55 GMT"

static const struct {
	const char *none_match;
	const char *modified_since;
	bool fresh;
} fresh[] = {
	{NULL, NULL, false},
	{TAG, NULL, true},
	{"W/" TAG, NULL, true},
	{"*", NULL, true},
	{"\"x\", " TAG, NULL, true},
	{"\"x\"," TAG ",\"y\"", NULL, true},
	{"\"x\", W/" TAG " , \"y\"", NULL, true},
	{"", NULL, false},
	{"abc", NULL, false},
	{"\"ab\"", NULL, false},
	{"\"abcd\"", NULL, false},
	{"\"ABC\"", NULL, false},
	{"\"x" TAG, NULL, false},
	{TAG "x\"", NULL, false},
	{"\"abc", NULL, false},
	{"**", NULL, false},
	{NULL, DATE, true},
	{NULL, LATER, true},
	{NULL, EARLY, false},
	{NULL, "", false},
	{NULL, "yesterday", false},
	{NULL, "Sun, 22 Nov 2026 19:58:56 CET", false},
	{NULL, "Sun, 22 Nov 2026 19:58:56", false},
	/* where a tag is given, dates say nothing */
	{"\"x\"", LATER, false},
	{TAG, EARLY, true},
	{"", LATER, false},
};

static void
test_a_client_that_has_it_is_told_so(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(fresh); i++) {
		g_test_message("%s, %s", fresh[i].none_match ? fresh[i].none_match : "-",
			       fresh[i].modified_since ? fresh[i].modified_since : "-");
		g_assert_true(sl_conditional_is_fresh(fresh[i].none_match, fresh[i].modified_since,
						      TAG, AT) == fresh[i].fresh);
	}
}

static const struct {
	const char *if_range;
	bool allowed;
} parts[] = {
	{NULL, true},	   {TAG, true},		 {DATE, true},
	{"W/" TAG, false}, /* a weak tag does not promise the same bytes */
	{"\"x\"", false},  {"\"abc", false},	 {TAG ", \"x\"", false},
	{"*", false},	   {LATER, false},	 {EARLY, false},
	{"", false},	   {"yesterday", false},
};

static void
test_a_part_is_of_the_content_that_was_begun(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(parts); i++) {
		g_test_message("%s", parts[i].if_range ? parts[i].if_range : "-");
		g_assert_true(sl_conditional_allows_range(parts[i].if_range, TAG, AT) ==
			      parts[i].allowed);
	}
}

static void
test_a_date_is_written_as_http_wants_it(void)
{
	char text[30];

	sl_conditional_format_date(AT, text);
	g_assert_cmpstr(text, ==, DATE);
	sl_conditional_format_date(0, text);
	g_assert_cmpstr(text, ==, "Thu, 01 Jan 1970 00:00:00 GMT");
	g_assert_true(sl_conditional_is_fresh(NULL, text, TAG, 0));
	sl_conditional_format_date(INT64_MAX, text); /* no date at all; and no more than 30 bytes */
	g_assert_cmpstr(text, ==, "");
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/conditional/fresh", test_a_client_that_has_it_is_told_so);
	g_test_add_func("/conditional/part", test_a_part_is_of_the_content_that_was_begun);
	g_test_add_func("/conditional/date", test_a_date_is_written_as_http_wants_it);
	return g_test_run();
}
