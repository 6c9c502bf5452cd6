/* list.c - listings: a table for people, CSV and JSON for programs */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "catalog/base/text.h"
#include "server/ctl/ctl.h"

/* A cell as text: raw numbers and times for programs, words for people. */
static char *
cell_text(const json_t *value, SlCell cell, bool for_people)
{
	int64_t number = json_integer_value(value);

	if (!value || json_is_null(value))
		return g_strdup(for_people ? "-" : "");
	if (json_is_string(value))
		return for_people ? sl_text_escape(json_string_value(value))
				  : g_strdup(json_string_value(value));
	if (json_is_boolean(value))
		return g_strdup(json_is_true(value) ? "yes" : "no");
	if (!json_is_integer(value))
		return sl_json_text(value);
	if (cell == SL_CELL_TIME)
		return number ? sl_text_format_time(number) : g_strdup(for_people ? "-" : "");
	if (cell == SL_CELL_SIZE && for_people)
		return sl_text_format_size(number);
	return g_strdup_printf("%" PRId64, number);
}

static void
print_csv(const json_t *items, const SlColumn *columns, size_t count)
{
	for (size_t i = 0; i < count; i++)
		printf("%s%s", columns[i].key, i + 1 < count ? "," : "\r\n");
	for (size_t row = 0; row < json_array_size(items); row++)
		for (size_t i = 0; i < count; i++) {
			g_autofree char *text = cell_text(
				json_object_get(json_array_get(items, row), columns[i].key),
				columns[i].cell, false);
			g_autofree char *field = sl_text_csv(text);

			printf("%s%s", field, i + 1 < count ? "," : "\r\n");
		}
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
print_table(const json_t *items, const SlColumn *columns, size_t count)
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
				columns[i].cell, true);

			shorten(&text, columns[i].width);
			width[i] = MAX(width[i], g_utf8_strlen(text, -1));
			g_ptr_array_add(cells, text);
		}
	for (size_t i = 0; i < count; i++)
		print_cell(columns[i].title, width[i],
			   columns[i].cell == SL_CELL_NUMBER || columns[i].cell == SL_CELL_SIZE,
			   i + 1 == count);
	for (size_t n = 0; n < cells->len; n++) {
		size_t i = n % count;

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
		print_table(items, columns, count);
		if (total > (int64_t)json_array_size(items))
			printf("%zu of %" PRId64 "; more with --limit and --offset\n",
			       json_array_size(items), total);
	}
	return true;
}

static void
print_member(const char *key, const json_t *value)
{
	bool is_time = g_str_has_suffix(key, "_at") || g_str_has_suffix(key, "_until");
	bool is_size = strcmp(key, "size") == 0 || strcmp(key, "to_fetch") == 0;
	g_autofree char *text = NULL;

	if (json_is_array(value)) {
		printf("%-16s", key);
		for (size_t i = 0; i < json_array_size(value); i++) {
			const json_t *one = json_array_get(value, i);
			g_autofree char *item = cell_text(one, SL_CELL_TEXT, true);

			printf("%s%s",
			       i && json_is_object(one) ? "\n                "
			       : i			? " "
							: "",
			       item);
		}
		putchar('\n');
		return;
	}
	text = cell_text(value,
			 is_time   ? SL_CELL_TIME
			 : is_size ? SL_CELL_SIZE
				   : SL_CELL_TEXT,
			 true);
	printf("%-16s%s\n", key, text);
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
