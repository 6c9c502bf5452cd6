/* Stanzas are read field by field however they arrive, and what is none is refused with its line */
#include <glib.h>
#include <string.h>

#include "catalog/base/limits.h"
#include "catalog/format/deb822.h"

/* Notes each stanza as "LINE|name=value|name=value" and a newline. */
static bool
note(const SlDeb822Stanza *stanza, gpointer data, GError **error)
{
	GString *out = data;

	g_string_append_printf(out, "%d", (int)stanza->line);
	for (unsigned i = 0; i < stanza->n_fields; i++) {
		const SlDeb822Field *field = &stanza->fields[i];

		g_string_append_printf(out, "|%.*s=%.*s", (int)field->name_size, field->name,
				       (int)field->value_size, field->value);
		/* the field's own text is what stands in the file */
		g_assert_true(memmem(stanza->text, stanza->text_size, field->line,
				     field->line_size) == field->line);
		g_assert_cmpint(field->line[field->line_size - 1], ==, '\n');
	}
	g_string_append_c(out, '\n');
	return true;
}

static const struct {
	const char *text;
	const char *read;
} readable[] = {
	{"", ""},
	{"\n\n \n\t\n", ""},
	{"A: 1\n", "1|A=1\n"},
	{"A: 1", "1|A=1\n"},
	{"A:1\nB:\t 2 \t\n", "1|A=1|B=2\n"},
	{"A:\n", "1|A=\n"},
	{"A: \n", "1|A=\n"},
	{"A: b: c\n", "1|A=b: c\n"},
	{"\n\nA: 1\n\n\n \nB: 2\n", "3|A=1\n7|B=2\n"},
	{"A: 1\n \t\nB: 2\n", "1|A=1\n3|B=2\n"},
	/* later lines keep the blank they begin with */
	{"A: 1\n two\n\tthree \nB: x\n", "1|A=1\n two\n\tthree|B=x\n"},
	{"A:\n one\n .\n two\n", "1|A=\n one\n .\n two\n"},
	{"A: \xc3\xa4\xff\n", "1|A=\xc3\xa4\xff\n"},
	{"X-Own_1.2+: x\n", "1|X-Own_1.2+=x\n"},
};

static void
test_stanzas_are_the_same_in_pieces_of_any_size(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(readable); i++) {
		const char *text = readable[i].text;
		size_t size = strlen(text);

		for (size_t piece = 1; piece <= size + 1; piece++) {
			g_autoptr(GString) out = g_string_new(NULL);
			g_autoptr(SlDeb822Reader) reader = sl_deb822_reader_new(note, out);

			for (size_t done = 0; done < size; done += piece) {
				size_t part = MIN(piece, size - done);
				g_autofree char *own = g_memdup2(text + done, part);

				g_assert_true(sl_deb822_reader_add(reader, own, part, NULL));
			}
			g_assert_true(sl_deb822_reader_finish(reader, NULL));
			g_assert_cmpstr(out->str, ==, readable[i].read);
		}
	}
}

static const struct {
	const char *text;
	size_t size; /* 0: up to the NUL */
	int line;
} refused[] = {
	{"A\n", 0, 1},
	{"A: 1\nB\n", 0, 2},
	{"A: 1\n\n\nB: 1\nC\n", 0, 5},
	{" A: 1\n", 0, 1},
	{"A: 1\n\n B: 1\n", 0, 3},
	{": 1\n", 0, 1},
	{"# a comment\nA: 1\n", 0, 1},
	{"#A: 1\n", 0, 1},
	{"-A: 1\n", 0, 1},
	{"A B: 1\n", 0, 1},
	{"A : 1\n", 0, 1},
	{"\xc3\xa4: 1\n", 0, 1},
	{"A\x1b: 1\n", 0, 1},
	{"A: 1\nB: 2\nA: 3\n", 0, 3},
	{"A: 1\nB: 2\na: 3\n", 0, 3},
	{"A: 1\r\n\r\nB: 2\r\n", 0, 2}, /* lines end in LF */
	{"A: 1\0\n", 6, 1},
	{"A: 1\nB\0: 2\n", 11, 1},
	{"\0", 1, 1},
};

static void
test_what_is_no_stanza_is_refused_with_its_line(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(refused); i++) {
		size_t size = refused[i].size ? refused[i].size : strlen(refused[i].text);
		g_autofree char *line = g_strdup_printf("line %d: ", refused[i].line);
		g_autoptr(GString) out = g_string_new(NULL);
		g_autoptr(GError) error = NULL;

		g_test_message("%s", refused[i].text);
		g_assert_false(sl_deb822_read(refused[i].text, size, note, out, &error));
		g_assert_error(error, SL_ERROR, SL_ERROR_INVALID);
		g_assert_true(g_str_has_prefix(error->message, line));
	}
}

static void
test_after_a_failure_nothing_more_is_taken(void)
{
	g_autoptr(GString) out = g_string_new(NULL);
	g_autoptr(SlDeb822Reader) reader = sl_deb822_reader_new(note, out);

	g_assert_false(sl_deb822_reader_add(reader, "A: 1\n\nwrong\n\n", 13, NULL));
	g_assert_false(sl_deb822_reader_add(reader, "B: 1\n\n", 6, NULL));
	g_assert_false(sl_deb822_reader_finish(reader, NULL));
	g_assert_cmpstr(out->str, ==, "1|A=1\n");
}

static bool
read_text(const GString *text, GString *out, GError **error)
{
	return sl_deb822_read(text->str, text->len, note, out, error);
}

static void
test_a_stanza_over_the_limit_is_refused_before_it_ends(void)
{
	g_autofree char *piece = g_strnfill(65536, 'x');
	g_autoptr(GString) out = g_string_new(NULL);
	g_autoptr(SlDeb822Reader) reader = sl_deb822_reader_new(note, out);
	g_autoptr(GError) error = NULL;
	size_t given = 0;

	g_assert_true(sl_deb822_reader_add(reader, "A: ", 3, NULL));
	while (sl_deb822_reader_add(reader, piece, 65536, &error))
		given += 65536;
	g_assert_error(error, SL_ERROR, SL_ERROR_LIMIT);
	g_assert_cmpuint(given, <=, SL_LIMIT_STANZA);
	g_assert_cmpuint(out->len, ==, 0);
}

static void
test_the_largest_stanza_is_read(void)
{
	g_autoptr(GString) text = g_string_new("A: ");
	g_autoptr(GString) out = g_string_new(NULL);
	g_autoptr(GError) error = NULL;

	while (text->len < SL_LIMIT_STANZA - 1)
		g_string_append_c(text, 'x');
	g_string_append_c(text, '\n');
	g_assert_true(read_text(text, out, NULL));
	g_string_insert_c(text, 3, 'x');
	g_assert_false(read_text(text, out, &error));
	g_assert_error(error, SL_ERROR, SL_ERROR_LIMIT);
}

static void
test_a_stanza_of_too_many_fields_is_refused(void)
{
	g_autoptr(GString) text = g_string_new(NULL);
	g_autoptr(GString) out = g_string_new(NULL);
	g_autoptr(GError) error = NULL;

	for (int i = 0; i < SL_DEB822_FIELDS; i++)
		g_string_append_printf(text, "F%d: 1\n", i);
	g_assert_true(read_text(text, out, NULL));
	g_string_append(text, "One-More: 1\n");
	g_assert_false(read_text(text, out, &error));
	g_assert_error(error, SL_ERROR, SL_ERROR_LIMIT);
}

static bool
stop(const SlDeb822Stanza *stanza, gpointer data, GError **error)
{
	++*(int *)data;
	return sl_error_set(error, SL_ERROR_CANCELLED, "enough");
}

static void
test_the_receiver_can_stop_it(void)
{
	g_autoptr(GError) error = NULL;
	int calls = 0;

	g_assert_false(sl_deb822_read("A: 1\n\nB: 2\n", 11, stop, &calls, &error));
	g_assert_error(error, SL_ERROR, SL_ERROR_CANCELLED);
	g_assert_cmpint(calls, ==, 1);
}

static bool
find_fields(const SlDeb822Stanza *stanza, gpointer data, GError **error)
{
	g_autofree char *depends = sl_deb822_text(stanza, "depends");
	g_autofree char *none = sl_deb822_text(stanza, "Depend");

	g_assert_cmpstr(depends, ==, "a (>= 1)");
	g_assert_null(none);
	g_assert_null(sl_deb822_find(stanza, "Pre-Depends"));
	g_assert_true(sl_deb822_is(&stanza->fields[0], "PACKAGE"));
	g_assert_false(sl_deb822_is(&stanza->fields[0], "Packag"));
	++*(int *)data;
	return true;
}

static void
test_fields_are_found_by_their_whole_name(void)
{
	static const char text[] = "Package: a\nDepends: a (>= 1)\n";
	int calls = 0;

	g_assert_true(sl_deb822_read(text, strlen(text), find_fields, &calls, NULL));
	g_assert_cmpint(calls, ==, 1);
}

static void
test_what_is_written_is_read_back(void)
{
	static const struct {
		const char *name;
		const char *value;
		bool fit;
	} rows[] = {
		{"A", "", true},
		{"A", "x", true},
		{"A", "x: y # z", true},
		{"A", "one\n two\n\tthree", true},
		{"A", "\n one\n .\n two", true},
		{"A", " x", false},
		{"A", "x ", false},
		{"A", "x\n", false},
		{"A", "\n", false},
		{"A", "x\ny", false},
		{"A", "x\n\n y", false},
		{"A", "x\n \n y", false},
		{"A", "x\nPackage: evil", false},
		{"A B", "x", false},
		{"A:", "x", false},
		{"", "x", false},
		{"#A", "x", false},
		{"A\nB", "x", false},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *expected =
			g_strdup_printf("1|%s=%s\n", rows[i].name, rows[i].value);
		g_autoptr(GString) text = g_string_new(NULL);
		g_autoptr(GString) out = g_string_new(NULL);
		g_autoptr(GError) error = NULL;

		g_test_message("%s: %s", rows[i].name, rows[i].value);
		if (rows[i].fit) {
			g_assert_true(sl_deb822_write(text, rows[i].name, rows[i].value, NULL));
			g_assert_true(read_text(text, out, NULL));
			g_assert_cmpstr(out->str, ==, expected);
		} else {
			g_assert_false(sl_deb822_write(text, rows[i].name, rows[i].value, &error));
			g_assert_error(error, SL_ERROR, SL_ERROR_INVALID);
			g_assert_cmpuint(text->len, ==, 0);
		}
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/deb822/pieces", test_stanzas_are_the_same_in_pieces_of_any_size);
	g_test_add_func("/deb822/refused", test_what_is_no_stanza_is_refused_with_its_line);
	g_test_add_func("/deb822/failed", test_after_a_failure_nothing_more_is_taken);
	g_test_add_func("/deb822/limit", test_a_stanza_over_the_limit_is_refused_before_it_ends);
	g_test_add_func("/deb822/largest", test_the_largest_stanza_is_read);
	g_test_add_func("/deb822/fields", test_a_stanza_of_too_many_fields_is_refused);
	g_test_add_func("/deb822/stop", test_the_receiver_can_stop_it);
	g_test_add_func("/deb822/find", test_fields_are_found_by_their_whole_name);
	g_test_add_func("/deb822/write", test_what_is_written_is_read_back);
	return g_test_run();
}
