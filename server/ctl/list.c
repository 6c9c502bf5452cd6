/* list.c - listings: a table for people, CSV and JSON for programs */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "catalog/base/command_line.h"
#include "catalog/base/csv.h"
#include "catalog/base/text.h"
#include "server/ctl/ctl.h"

/* options that leave no rows out; the others narrow a listing */
#define WHOLE "socket= json csv yes no-wait sort= limit= by="

#define BY_ITSELF "schedule" /* the person of what nobody asked for */

#define ALL "100000" /* rows: as many as the API gives at once */

/* One value in words. */
static char *
value_text(const json_t *value, SlCell cell)
{
	int64_t number = json_integer_value(value);

	if (!value || json_is_null(value))
		return g_strdup("-");
	if (cell == SL_CELL_PERSON && g_strcmp0(json_string_value(value), BY_ITSELF) == 0)
		return g_strdup("the server");
	if (json_is_string(value))
		return sl_text_escape(json_string_value(value));
	if (json_is_boolean(value))
		return g_strdup(json_is_true(value) ? "yes" : "no");
	if (!json_is_integer(value))
		return sl_json_text(value);
	if (cell == SL_CELL_TIME)
		return number ? sl_text_format_time(number) : g_strdup("-");
	if (cell == SL_CELL_SPAN)
		return sl_text_format_duration(number);
	if (cell == SL_CELL_SIZE)
		return sl_text_format_size(number);
	return g_strdup_printf("%" PRId64, number);
}

/* A cell in words; the members of a list in one line. */
static char *
cell_text(const json_t *value, SlCell cell)
{
	g_autoptr(GString) line = NULL;

	if (!json_is_array(value))
		return value_text(value, cell);
	line = g_string_new(NULL);
	for (size_t i = 0; i < json_array_size(value); i++) {
		g_autofree char *one = value_text(json_array_get(value, i), cell);

		g_string_append_printf(line, "%s%s", i ? ", " : "", one);
	}
	return g_string_free(g_steal_pointer(&line), FALSE);
}

static void
print_csv(const json_t *items, const SlColumn *columns, size_t count)
{
	g_autofree const char **keys = g_new0(const char *, count + 1);
	g_autoptr(SlCsv) csv = NULL;

	for (size_t i = 0; i < count; i++)
		keys[i] = columns[i].key;
	csv = sl_csv_new(keys);
	sl_csv_add(csv, items);
	fputs(sl_csv_text(csv), stdout);
}

static void
shorten(char **text, int width)
{
	glong length = g_utf8_strlen(*text, -1);

	if (width == 0 || length <= width)
		return;
	char *cut = g_utf8_substring(*text, 0, width - 1);

	g_free(*text);
	*text = g_strconcat(cut, "…", NULL);
	g_free(cut);
}

static void
print_cell(const char *text, glong width, bool right, bool last)
{
	int space = (int)(width - g_utf8_strlen(text, -1));

	if (last)
		printf("%s\n", text);
	else if (right)
		printf("%*s%s  ", space, "", text);
	else
		printf("%s%*s  ", text, space, "");
}

static void
print_table(const json_t *items, const SlColumn *columns, size_t count, const char *indent)
{
	size_t rows = json_array_size(items);
	g_autoptr(GPtrArray) cells = g_ptr_array_new_with_free_func(g_free);
	g_autofree glong *width = g_new0(glong, count);

	for (size_t i = 0; i < count; i++)
		width[i] = g_utf8_strlen(columns[i].title, -1);
	for (size_t row = 0; row < rows; row++)
		for (size_t i = 0; i < count; i++) {
			char *text = cell_text(
				json_object_get(json_array_get(items, row), columns[i].key),
				columns[i].cell);

			shorten(&text, columns[i].width);
			width[i] = MAX(width[i], g_utf8_strlen(text, -1));
			g_ptr_array_add(cells, text);
		}
	fputs(indent, stdout);
	for (size_t i = 0; i < count; i++)
		print_cell(columns[i].title, width[i],
			   columns[i].cell == SL_CELL_NUMBER || columns[i].cell == SL_CELL_SIZE,
			   i + 1 == count);
	for (size_t n = 0; n < cells->len; n++) {
		size_t i = n % count;

		if (i == 0)
			fputs(indent, stdout);
		print_cell(cells->pdata[n], width[i],
			   columns[i].cell == SL_CELL_NUMBER || columns[i].cell == SL_CELL_SIZE,
			   i + 1 == count);
	}
}

bool
sl_list_print(const SlCtl *ctl, json_t *answer, const SlColumn *columns, size_t count,
	      const char *empty)
{
	g_autoptr(json_t) owned = answer;
	const json_t *items = json_object_get(answer, "items");
	int64_t total = json_integer_value(json_object_get(answer, "total"));

	if (!answer)
		return false;
	if (ctl->json) {
		g_autofree char *text = sl_json_text(items);

		puts(text);
	} else if (ctl->csv) {
		print_csv(items, columns, count);
	} else if (json_array_size(items) == 0) {
		puts(empty);
	} else {
		print_table(items, columns, count, "");
		if (total > (int64_t)json_array_size(items))
			printf("%zu of %" PRId64 "; more with --limit and --offset\n",
			       json_array_size(items), total);
	}
	return true;
}

/* Whether what is not there may only have been left out. */
static bool
is_narrowed(const SlCtl *ctl)
{
	GHashTableIter iter;
	gpointer name;

	g_hash_table_iter_init(&iter, ctl->options);
	while (g_hash_table_iter_next(&iter, &name, NULL))
		if (strcmp(name, SL_CTL_SERVER_STATE) != 0 && !sl_option_find(WHOLE, name))
			return true;
	return false;
}

static void
add_argument(GString *path, const char *name, const char *value)
{
	g_autofree char *argument = sl_client_argument(name, value);

	g_string_append(path, argument);
}

bool
sl_list_print_paged(const SlCtl *ctl, const char *path, const char *options,
		    const SlColumn *columns, size_t count, const char *empty, GError **error)
{
	const char *limit = sl_ctl_option(ctl, "limit");
	g_auto(GStrv) names = g_strsplit(options, " ", -1);
	g_autoptr(GString) whole = g_string_new(path);

	for (char **name = names; *name; name++)
		add_argument(whole, *name, sl_ctl_option(ctl, *name));
	add_argument(whole, "limit", limit ? limit : ctl->json || ctl->csv ? ALL : NULL);
	add_argument(whole, "offset", sl_ctl_option(ctl, "offset"));
	return sl_list_print(ctl, sl_client_get(ctl, whole->str, error), columns, count,
			     is_narrowed(ctl) ? "nothing there is fits these options" : empty);
}

/* What a member holds, by its name: all times and sizes of the API are named alike. */
static SlCell
kind_of(const char *key, const json_t *value)
{
	if (strcmp(key, "person") == 0)
		return SL_CELL_PERSON;
	if (sl_csv_is_time(key))
		return SL_CELL_TIME;
	if (g_str_has_suffix(key, "_s"))
		return SL_CELL_SPAN;
	if (strcmp(key, "size") == 0 || strcmp(key, "to_fetch") == 0 || strcmp(key, "bytes") == 0)
		return SL_CELL_SIZE;
	return json_is_integer(value) ? SL_CELL_NUMBER : SL_CELL_TEXT;
}

/* "RELEASED AT" of released_at. Owned. */
static char *
title_of(const char *key)
{
	return g_strdelimit(g_ascii_strup(key, -1), "_", ' ');
}

static bool
has_column(const GArray *columns, const char *key)
{
	for (guint i = 0; i < columns->len; i++)
		if (strcmp(g_array_index(columns, SlColumn, i).key, key) == 0)
			return true;
	return false;
}

/* A table of the objects' own members, each that one of them has. */
static void
print_objects(const json_t *items)
{
	g_autoptr(GArray) columns = g_array_new(FALSE, FALSE, sizeof(SlColumn));
	g_autoptr(GPtrArray) titles = g_ptr_array_new_with_free_func(g_free);
	const char *key;
	json_t *value;

	for (size_t i = 0; i < json_array_size(items); i++)
		json_object_foreach(json_array_get(items, i), key, value)
		{
			SlColumn column = {key, NULL, kind_of(key, value), 0};

			if (has_column(columns, key))
				continue;
			column.title = title_of(key);
			g_ptr_array_add(titles, (char *)column.title);
			g_array_append_val(columns, column);
		}
	print_table(items, (const SlColumn *)columns->data, columns->len, "  ");
}

/* "needed 3, failed 1": counts by name, those that are nothing left out. */
static char *
counts_text(json_t *counts)
{
	GString *text = g_string_new(NULL);
	const char *name;
	json_t *count;

	json_object_foreach(counts, name, count)
	{
		if (json_integer_value(count) != 0)
			g_string_append_printf(text, "%s%s %" JSON_INTEGER_FORMAT,
					       text->len ? ", " : "", name,
					       json_integer_value(count));
	}
	return g_string_free(text, FALSE);
}

static void
print_member(const char *key, const json_t *value)
{
	g_autofree char *label = g_strdelimit(g_strdup(key), "_", ' ');
	g_autofree char *text = NULL;

	if (json_is_object(json_array_get(value, 0))) {
		printf("%s\n", label);
		print_objects(value);
		return;
	}
	if (json_is_object(value))
		text = counts_text((json_t *)value);
	else
		text = cell_text(value, kind_of(key, value));
	printf("%-17s %s\n", label, *text ? text : "-");
}

bool
sl_list_print_one(const SlCtl *ctl, json_t *answer)
{
	g_autoptr(json_t) owned = answer;
	const char *key;
	json_t *value;

	if (!answer)
		return false;
	if (ctl->json) {
		g_autofree char *text = sl_json_text(answer);

		puts(text);
		return true;
	}
	json_object_foreach(answer, key, value)
	{
		print_member(key, value);
	}
	return true;
}
