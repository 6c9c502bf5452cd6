/* test_csv.c - lists for spreadsheets and programs */
#include <glib.h>
#include <string.h>

#include "catalog/base/csv.h"

/* What a list of one object with the member x becomes: the cell. */
static char *
cell(json_t *value)
{
	static const char *const columns[] = {"x", NULL};
	g_autoptr(json_t) items = json_pack("[{s:o}]", "x", value);
	g_autoptr(SlCsv) csv = sl_csv_new(columns);
	const char *text;

	sl_csv_add(csv, items);
	text = sl_csv_text(csv);
	g_assert_true(g_str_has_prefix(text, "x\r\n"));
	g_assert_true(g_str_has_suffix(text, "\r\n"));
	return g_strndup(text + 3, strlen(text) - 5);
}

static void
test_a_text_is_quoted_where_it_has_to_be(void)
{
	static const struct {
		const char *text, *cell;
	} rows[] = {
		{"", ""},
		{"plain text", "plain text"},
		{"a,b", "\"a,b\""},
		{"a;b", "\"a;b\""},
		{"say \"hi\"", "\"say \"\"hi\"\"\""},
		{"two\nlines", "\"two\nlines\""},
		{"a=1", "a=1"},
		{"\"=1\"", "\"\"\"=1\"\"\""},
		{"it's", "it's"},
		{"'quoted'", "'quoted'"},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *got = cell(json_string(rows[i].text));

		g_assert_cmpstr(got, ==, rows[i].cell);
	}
}

static void
test_no_text_becomes_a_formula(void)
{
	static const char *const texts[] = {
		"=1+1", "+1",	 "-1",	 "-",	  "@x",		"\tx",
		"\rx",	" =1",	 "\n=1", "  \t1", "\302\240=1", "\357\274\2351",
		"'=1",	"' '@x",
	};

	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_autofree char *got = cell(json_string(texts[i]));
		g_autofree char *expected = g_strdup_printf("\"'%s\"", texts[i]);

		g_assert_cmpstr(got, ==, expected);
	}
}

static void
test_what_is_no_text_is_itself(void)
{
	static const struct {
		const char *json, *cell;
	} rows[] = {
		{"-5", "-5"},
		{"9007199254740993", "9007199254740993"},
		{"2.5", "2.5"},
		{"true", "yes"},
		{"false", "no"},
		{"null", ""},
		{"[]", ""},
		{"[\"main\", \"contrib\"]", "\"main, contrib\""},
		{"[\"=1\"]", "\"'=1\""},
		{"[-1, 2]", "\"'-1, 2\""},
		{"{\"n\": 1}", "\"{\"\"n\"\":1}\""},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *got = cell(json_loads(rows[i].json, JSON_DECODE_ANY, NULL));

		g_assert_cmpstr(got, ==, rows[i].cell);
	}
}

static void
test_times_are_known_by_their_names(void)
{
	g_autoptr(json_t) items = json_pack("[{s:i, s:i, s:i, s:i, s:s}]", "at", 86400, "seen_at",
					    0, "valid_until", 1, "format", 86400, "made_at", "=");
	g_autoptr(SlCsv) csv = sl_csv_new(NULL);

	sl_csv_add(csv, items);
	g_assert_cmpstr(sl_csv_text(csv), ==,
			"at,seen_at,valid_until,format,made_at\r\n"
			"1970-01-02T00:00:00Z,,1970-01-01T00:00:01Z,86400,\"'=\"\r\n");
}

static void
test_columns_are_all_that_the_first_rows_have(void)
{
	g_autoptr(json_t) first = json_pack("[{s:i}, {s:i, s:i}]", "a", 1, "b", 2, "a", 3);
	g_autoptr(json_t) more = json_pack("[{s:i, s:i}]", "c", 4, "b", 5);
	g_autoptr(json_t) none = json_array();
	g_autoptr(SlCsv) csv = sl_csv_new(NULL);

	sl_csv_add(csv, none);
	g_assert_cmpstr(sl_csv_text(csv), ==, "");
	sl_csv_add(csv, first);
	sl_csv_add(csv, more);
	g_assert_cmpstr(sl_csv_text(csv), ==, "a,b\r\n1,\r\n3,2\r\n,5\r\n");
}

static void
test_a_list_of_nothing_has_its_header(void)
{
	static const char *const columns[] = {"name", "size", NULL};
	g_autoptr(json_t) none = json_array();
	g_autoptr(SlCsv) csv = sl_csv_new(columns);

	sl_csv_add(csv, none);
	g_assert_cmpstr(sl_csv_text(csv), ==, "name,size\r\n");
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/csv/quoting", test_a_text_is_quoted_where_it_has_to_be);
	g_test_add_func("/csv/formulas", test_no_text_becomes_a_formula);
	g_test_add_func("/csv/values", test_what_is_no_text_is_itself);
	g_test_add_func("/csv/times", test_times_are_known_by_their_names);
	g_test_add_func("/csv/columns", test_columns_are_all_that_the_first_rows_have);
	g_test_add_func("/csv/nothing", test_a_list_of_nothing_has_its_header);
	return g_test_run();
}
