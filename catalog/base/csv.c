#include "catalog/base/csv.h"

#include <string.h>

#include "catalog/base/text.h"

struct SlCsv {
	GPtrArray *columns; /* (owned, element-type utf8); empty until the first row is known */
	GString *text;
};

SlCsv *
sl_csv_new(const char *const *columns)
{
	SlCsv *csv = g_new0(SlCsv, 1);

	csv->columns = g_ptr_array_new_with_free_func(g_free);
	csv->text = g_string_new(NULL);
	for (const char *const *one = columns; one && *one; one++)
		g_ptr_array_add(csv->columns, g_strdup(*one));
	return csv;
}

bool
sl_csv_is_time(const char *key)
{
	return strcmp(key, "at") == 0 || g_str_has_suffix(key, "_at") ||
	       g_str_has_suffix(key, "_until");
}

/* Whether it begins as a formula, or as one does that has its apostrophe already. */
static bool
is_formula(const char *text)
{
	gunichar c = g_utf8_get_char(text);

	while (g_unichar_isspace(c) || c == '\'') {
		if (c == '\t' || c == '\r')
			return true;
		text = g_utf8_next_char(text);
		c = g_utf8_get_char(text);
	}
	/* some take the wide forms for the same */
	return c == '=' || c == '+' || c == '-' || c == '@' || c == 0xff1d || c == 0xff0b ||
	       c == 0xff0d || c == 0xff20;
}

static void
add_text(GString *out, const char *text)
{
	bool formula = is_formula(text);

	if (!formula && !strpbrk(text, ",;\"\t\r\n")) {
		g_string_append(out, text);
		return;
	}
	g_string_append(out, formula ? "\"'" : "\"");
	for (const char *p = text; *p; p++) {
		if (*p == '"')
			g_string_append_c(out, '"');
		g_string_append_c(out, *p);
	}
	g_string_append_c(out, '"');
}

/* One value as people and programs read it; arrays come here member by member. */
static char *
value_text(const json_t *value, bool is_time)
{
	if (json_is_string(value))
		return g_strdup(json_string_value(value));
	if (json_is_boolean(value))
		return g_strdup(json_is_true(value) ? "yes" : "no");
	if (!value || json_is_null(value))
		return g_strdup("");
	if (!is_time || !json_is_integer(value))
		return sl_json_text(value);
	/* a time that has not come is 0 */
	return json_integer_value(value) ? sl_text_format_time(json_integer_value(value))
					 : g_strdup("");
}

static char *
array_text(const json_t *array, bool is_time)
{
	GString *line = g_string_new(NULL);

	for (size_t i = 0; i < json_array_size(array); i++) {
		g_autofree char *one = value_text(json_array_get(array, i), is_time);

		g_string_append_printf(line, "%s%s", i ? ", " : "", one);
	}
	return g_string_free(line, FALSE);
}

static void
add_cell(GString *out, const char *key, const json_t *value)
{
	bool is_time = sl_csv_is_time(key);
	g_autofree char *text =
		json_is_array(value) ? array_text(value, is_time) : value_text(value, is_time);

	if (json_is_number(value))
		g_string_append(out, text);
	else
		add_text(out, text);
}

/* All members that some of the rows have, in the order in which they come. */
static void
find_columns(SlCsv *csv, const json_t *items)
{
	g_autoptr(GHashTable) known = g_hash_table_new(g_str_hash, g_str_equal);
	const char *key;
	json_t *value;

	for (size_t row = 0; row < json_array_size(items); row++)
		json_object_foreach(json_array_get(items, row), key, value)
		{
			if (g_hash_table_add(known, (gpointer)key))
				g_ptr_array_add(csv->columns, g_strdup(key));
		}
}

static void
end_cell(SlCsv *csv, guint i)
{
	g_string_append(csv->text, i + 1 < csv->columns->len ? "," : "\r\n");
}

void
sl_csv_add(SlCsv *csv, const json_t *items)
{
	if (csv->columns->len == 0)
		find_columns(csv, items);
	if (csv->text->len == 0)
		for (guint i = 0; i < csv->columns->len; i++) {
			add_text(csv->text, csv->columns->pdata[i]);
			end_cell(csv, i);
		}
	for (size_t row = 0; row < json_array_size(items); row++)
		for (guint i = 0; i < csv->columns->len; i++) {
			const char *key = csv->columns->pdata[i];

			add_cell(csv->text, key, json_object_get(json_array_get(items, row), key));
			end_cell(csv, i);
		}
}

const char *
sl_csv_text(const SlCsv *csv)
{
	return csv->text->str;
}

void
sl_csv_free(SlCsv *csv)
{
	if (!csv)
		return;
	g_ptr_array_unref(csv->columns);
	g_string_free(csv->text, TRUE);
	g_free(csv);
}
