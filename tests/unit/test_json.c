/* JSON from outside is exactly what was asked for, or refused with the member's name */
#include <glib.h>
#include <string.h>

#include "catalog/base/json.h"

#define LIMIT 100000

static json_t *
load(const char *text)
{
	return sl_json_load(text, strlen(text), LIMIT, NULL);
}

static void
test_what_is_no_document_is_refused(void)
{
	static const char *const refused[] = {
		"",
		" ",
		"null",
		"1",
		"\"x\"",
		"{",
		"{\"a\":1",
		"{\"a\":1}}",
		"{\"a\":1} x",
		"{\"a\":1}{\"b\":2}",
		"{\"a\":1,}",
		"[1,]",
		"{a:1}",
		"{'a':1}",
		"{\"a\":01}",
		"{\"a\":+1}",
		"{\"a\":.5}",
		"{\"a\":NaN}",
		"{\"a\":1} // one",
		"\xef\xbb\xbf{\"a\":1}",
		/* twice the same key: which one counts would depend on the reader */
		"{\"a\":1,\"a\":2}",
		"{\"a\":{\"b\":1,\"b\":1}}",
		"{\"a\":1,\"\\u0061\":2}",
		/* characters that are none */
		"{\"a\":\"\\u0000\"}",
		"{\"\\u0000\":1}",
		"{\"a\":\"\xff\"}",
		"{\"a\":\"\xc0\x80\"}",
		"{\"a\":\"\xed\xa0\x80\"}",
		"{\"a\":\"\xf4\x90\x80\x80\"}",
		"{\"a\":\"\\ud800\"}",
		"{\"a\":\"\\udc00\\ud800\"}",
		"{\"a\":\"line\nbreak\"}",
		"{\"a\":\"\\x41\"}",
		/* numbers that do not fit */
		"{\"a\":9223372036854775808}",
		"{\"a\":-9223372036854775809}",
		"{\"a\":1e999}",
	};

	for (size_t i = 0; i < G_N_ELEMENTS(refused); i++) {
		g_autofree char *shown = g_strescape(refused[i], NULL);
		g_autoptr(GError) error = NULL;

		g_test_message("%s", shown);
		g_assert_null(sl_json_load(refused[i], strlen(refused[i]), LIMIT, &error));
		g_assert_error(error, SL_ERROR, SL_ERROR_INVALID);
		g_assert_true(g_utf8_validate(error->message, -1, NULL));
		g_assert_null(strchr(error->message, '\n'));
	}
}

static void
test_a_nul_in_the_document_is_refused(void)
{
	static const char inside[] = "{\"a\":\"x\0y\"}";
	static const char after[] = "{\"a\":1}\0";

	g_assert_null(sl_json_load(inside, sizeof inside - 1, LIMIT, NULL));
	g_assert_null(sl_json_load(after, sizeof after - 1, LIMIT, NULL));
}

static void
test_a_document_over_the_limit_is_not_looked_at(void)
{
	g_autoptr(json_t) fits = sl_json_load("[1]", 3, 3, NULL);
	g_autoptr(GError) error = NULL;

	g_assert_nonnull(fits);
	g_assert_null(sl_json_load("[1]", 3, 2, &error));
	g_assert_error(error, SL_ERROR, SL_ERROR_LIMIT);
}

/* "[" and so many times the text, but for its last comma, and "]" */
static GString *
many(size_t count, const char *text)
{
	GString *all = g_string_new("[");

	for (size_t i = 0; i < count; i++)
		g_string_append(all, text);
	g_string_truncate(all, all->len - 1);
	g_string_append_c(all, ']');
	return all;
}

static void
test_a_document_of_many_small_values_is_refused(void)
{
	static const char *const dense[] = {"0,", "{},", "[],", "{\"a\":[]},"};
	g_autoptr(GString) most = many(64 + LIMIT / 16 - 2, "\"[[,,{{,\",");
	g_autoptr(json_t) json = sl_json_load(most->str, most->len, LIMIT, NULL);

	g_assert_nonnull(json);
	for (size_t i = 0; i < G_N_ELEMENTS(dense); i++) {
		g_autoptr(GString) text = many(64 + LIMIT / 16, dense[i]);
		g_autoptr(GError) error = NULL;

		g_assert_cmpuint(text->len, <, LIMIT);
		g_assert_null(sl_json_load(text->str, text->len, LIMIT, &error));
		g_assert_error(error, SL_ERROR, SL_ERROR_LIMIT);
		g_assert_nonnull(strstr(error->message, "the limit is 6314"));
	}
}

/* depth times open, text, depth times close */
static json_t *
nested(int depth, const char *open, const char *text, const char *close)
{
	g_autoptr(GString) all = g_string_new(NULL);

	for (int i = 0; i < depth; i++)
		g_string_append(all, open);
	g_string_append(all, text);
	for (int i = 0; i < depth; i++)
		g_string_append(all, close);
	return sl_json_load(all->str, all->len, LIMIT, NULL);
}

static void
test_thirty_two_levels_are_deep_enough(void)
{
	g_autoptr(json_t) arrays = nested(32, "[", "1", "]");
	g_autoptr(json_t) objects = nested(32, "{\"a\":", "1", "}");
	g_autoptr(json_t) in_a_string = nested(31, "[", "\"[[[[\\\"[[[[\"", "]");

	g_assert_nonnull(arrays);
	g_assert_nonnull(objects);
	g_assert_nonnull(in_a_string);
	g_assert_null(nested(33, "[", "1", "]"));
	g_assert_null(nested(33, "{\"a\":", "1", "}"));
	g_assert_null(nested(17, "[{\"\\\"\":", "1", "}]"));
	g_assert_null(nested(40000, "[", "", ""));
}

/* Each takes one member "a" in one way. */
static void
take_text(SlJsonReader *reader)
{
	sl_json_take_text(reader, "a", 3);
}

static void
take_text_or_null(SlJsonReader *reader)
{
	sl_json_take_text_or_null(reader, "a", 3);
}

static void
take_int(SlJsonReader *reader)
{
	sl_json_take_int(reader, "a", -2, 5);
}

static void
take_int_or(SlJsonReader *reader)
{
	sl_json_take_int_or(reader, "a", -2, 5, 1);
}

static void
take_bool(SlJsonReader *reader)
{
	sl_json_take_bool(reader, "a");
}

static void
take_bool_or(SlJsonReader *reader)
{
	sl_json_take_bool_or(reader, "a", true);
}

static void
take_array(SlJsonReader *reader)
{
	sl_json_take_array(reader, "a", 2);
}

static void
take_array_or_null(SlJsonReader *reader)
{
	sl_json_take_array_or_null(reader, "a", 2);
}

static void
take_object(SlJsonReader *reader)
{
	sl_json_take_object(reader, "a");
}

static void
take_nothing(SlJsonReader *reader)
{
}

static const struct {
	void (*take)(SlJsonReader *reader);
	const char *text;
	const char *says; /* NULL: it is right */
} members[] = {
	{take_text, "{\"a\":\"\"}", NULL},
	{take_text, "{\"a\":\"abc\"}", NULL},
	{take_text, "{\"a\":\"abcd\"}", "thing: a: 4 bytes"},
	{take_text, "{\"a\":\"\xc3\xa4\xc3\xa4\"}", "thing: a: 4 bytes"},
	{take_text, "{}", "thing: a: missing"},
	{take_text, "{\"a\":null}", "thing: a: missing"},
	{take_text, "{\"a\":1}", "thing: a: not a string"},
	{take_text, "{\"a\":[\"abc\"]}", "thing: a: not a string"},
	{take_text, "{\"A\":\"abc\"}", "thing: a: missing"},
	{take_text_or_null, "{}", NULL},
	{take_text_or_null, "{\"a\":null}", NULL},
	{take_text_or_null, "{\"a\":false}", "thing: a: not a string"},
	{take_text_or_null, "{\"a\":\"abcd\"}", "thing: a: 4 bytes"},
	{take_int, "{\"a\":-2}", NULL},
	{take_int, "{\"a\":5}", NULL},
	{take_int, "{\"a\":-3}", "thing: a: -3 is not within -2 to 5"},
	{take_int, "{\"a\":6}", "thing: a: 6 is not within -2 to 5"},
	{take_int, "{\"a\":9223372036854775807}", "thing: a: 9223372036854775807 is"},
	{take_int, "{\"a\":1.0}", "thing: a: not a whole number"},
	{take_int, "{\"a\":1e0}", "thing: a: not a whole number"},
	{take_int, "{\"a\":\"1\"}", "thing: a: not a whole number"},
	{take_int, "{\"a\":true}", "thing: a: not a whole number"},
	{take_int, "{}", "thing: a: missing"},
	{take_int_or, "{}", NULL},
	{take_int_or, "{\"a\":null}", NULL},
	{take_int_or, "{\"a\":6}", "thing: a: 6 is not within"},
	{take_bool, "{\"a\":true}", NULL},
	{take_bool, "{\"a\":1}", "thing: a: neither true nor false"},
	{take_bool, "{\"a\":\"true\"}", "thing: a: neither true nor false"},
	{take_bool, "{}", "thing: a: missing"},
	{take_bool_or, "{}", NULL},
	{take_bool_or, "{\"a\":0}", "thing: a: neither true nor false"},
	{take_array, "{\"a\":[]}", NULL},
	{take_array, "{\"a\":[1,2]}", NULL},
	{take_array, "{\"a\":[1,2,3]}", "thing: a: 3 members"},
	{take_array, "{\"a\":{}}", "thing: a: not an array"},
	{take_array, "{}", "thing: a: missing"},
	{take_array_or_null, "{}", NULL},
	{take_array_or_null, "{\"a\":\"\"}", "thing: a: not an array"},
	{take_object, "{\"a\":{}}", NULL},
	{take_object, "{\"a\":[]}", "thing: a: not an object"},
	{take_object, "{}", "thing: a: missing"},
	{take_nothing, "{}", NULL},
	{take_nothing, "[]", "thing: not a JSON object"},
	{take_text, "[\"a\"]", "thing: not a JSON object"},
	{take_nothing, "{\"a\":1}", "thing: a: unknown member"},
	{take_nothing, "{\"a\":null}", "thing: a: unknown member"},
	{take_nothing, "{\"x\\ny\\u001b\":1}", "thing: x\\x0ay\\x1b: unknown member"},
	{take_text, "{\"a\":\"abc\",\"b\":1}", "thing: b: unknown member"},
	{take_text, "{\"a\":1,\"b\":1}", "thing: a: not a string"},
};

static void
test_a_member_is_what_was_asked_for_or_named(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(members); i++) {
		g_autoptr(json_t) json = load(members[i].text);
		g_autoptr(SlJsonReader) reader = sl_json_reader_new(json, "thing");
		g_autoptr(GError) error = NULL;
		bool ok;

		g_test_message("%s", members[i].text);
		g_assert_nonnull(json);
		members[i].take(reader);
		ok = sl_json_finish(reader, &error);
		if (members[i].says) {
			g_assert_false(ok);
			g_assert_error(error, SL_ERROR, SL_ERROR_INVALID);
			g_assert_true(g_str_has_prefix(error->message, members[i].says));
		} else {
			g_assert_true(ok);
			g_assert_no_error(error);
		}
	}
}

static void
test_after_a_failure_what_is_taken_is_harmless(void)
{
	g_autoptr(json_t) json = load("{\"t\":1,\"i\":7,\"a\":1}");
	g_autoptr(SlJsonReader) reader = sl_json_reader_new(json, "thing");
	g_autoptr(GError) error = NULL;

	g_assert_cmpstr(sl_json_take_text(reader, "t", 10), ==, "");
	g_assert_null(sl_json_take_text_or_null(reader, "t", 10));
	g_assert_cmpint(sl_json_take_int(reader, "i", 2, 5), ==, 2);
	g_assert_cmpint(sl_json_take_int_or(reader, "i", 2, 5, 3), ==, 3);
	g_assert_null(sl_json_take_array(reader, "a", 1));
	sl_json_refuse(reader, "own", "also wrong");
	g_assert_false(sl_json_finish(reader, &error));
	g_assert_cmpstr(error->message, ==, "thing: t: not a string"); /* the first */
}

static void
test_text_is_written_on_one_line(void)
{
	g_autoptr(json_t) json = load("{ \"a\" : [ 1,\n 2 ], \"b\" : \"x\\ny\" }");
	g_autofree char *text = sl_json_text(json);

	g_assert_cmpstr(text, ==, "{\"a\":[1,2],\"b\":\"x\\ny\"}");
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/json/refused", test_what_is_no_document_is_refused);
	g_test_add_func("/json/nul", test_a_nul_in_the_document_is_refused);
	g_test_add_func("/json/limit", test_a_document_over_the_limit_is_not_looked_at);
	g_test_add_func("/json/values", test_a_document_of_many_small_values_is_refused);
	g_test_add_func("/json/depth", test_thirty_two_levels_are_deep_enough);
	g_test_add_func("/json/members", test_a_member_is_what_was_asked_for_or_named);
	g_test_add_func("/json/after", test_after_a_failure_what_is_taken_is_harmless);
	g_test_add_func("/json/text", test_text_is_written_on_one_line);
	return g_test_run();
}
