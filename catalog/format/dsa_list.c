#include "catalog/format/dsa_list.h"

#include <string.h>

#include "catalog/base/text.h"

#define ENTRIES 200000 /* the whole list has some 7,000 */

static void
fix_free(gpointer data)
{
	SlDsaFix *fix = data;

	g_free(fix->os_codename);
	g_free(fix->name);
	g_free(fix->version);
	g_free(fix);
}

void
sl_dsa_entry_free(SlDsaEntry *entry)
{
	if (!entry)
		return;
	g_free(entry->id);
	g_free(entry->title);
	g_ptr_array_unref(entry->cves);
	g_ptr_array_unref(entry->fixes);
	g_free(entry);
}

/* "11 Nov 2026" */
static bool
parse_date(const char *text, int64_t *ret_at)
{
	g_autofree char *mail = g_strdup_printf("Mon, %s 00:00:00 UTC", text);

	return sl_text_mail_date(mail, ret_at, NULL);
}

/* Splits "[WITHIN] rest"; false when the line does not begin so. */
static bool
split_brackets(const char *line, char **ret_within, const char **ret_rest)
{
	const char *end = line[0] == '[' ? strchr(line, ']') : NULL;

	if (!end)
		return false;
	*ret_within = g_strndup(line + 1, (gsize)(end - line - 1));
	*ret_rest = end + 1 + strspn(end + 1, " \t");
	return true;
}

static SlDsaEntry *
parse_head(const char *line)
{
	g_autofree char *date = NULL;
	const char *rest = NULL;
	const char *space;
	SlDsaEntry *entry;
	int64_t at = 0;

	if (!split_brackets(line, &date, &rest) || !parse_date(date, &at))
		return NULL;
	space = strchr(rest, ' ');
	g_autofree char *id = space ? g_strndup(rest, (gsize)(space - rest)) : g_strdup(rest);

	if (!sl_text_is_name(id))
		return NULL;
	entry = g_new0(SlDsaEntry, 1);
	entry->id = g_steal_pointer(&id);
	entry->at = at;
	entry->title = g_utf8_make_valid(space ? space + 1 : "", -1);
	entry->cves = g_ptr_array_new_with_free_func(g_free);
	entry->fixes = g_ptr_array_new_with_free_func(fix_free);
	return entry;
}

static bool
parse_cves(SlDsaEntry *entry, const char *line)
{
	const char *end = strchr(line, '}');
	g_autofree char *within = end ? g_strndup(line + 1, (gsize)(end - line - 1)) : NULL;
	g_auto(GStrv) words = within ? g_strsplit_set(within, " \t", -1) : NULL;

	for (char **word = words; word && *word; word++) {
		if (!**word)
			continue;
		if (!sl_text_is_name(*word))
			return false;
		g_ptr_array_add(entry->cves, g_strdup(*word));
	}
	return end != NULL;
}

/* "[bookworm] - openssl 3.0.17-1"; "<not-affected>" and the like are no fix. */
static bool
parse_fix(SlDsaEntry *entry, const char *line)
{
	g_autofree char *codename = NULL;
	const char *rest = NULL;
	g_auto(GStrv) words = NULL;
	SlDsaFix *fix;

	if (!split_brackets(line, &codename, &rest) || !sl_text_is_name(codename))
		return false;
	words = g_strsplit(rest, " ", 4);
	if (g_strv_length(words) < 3 || strcmp(words[0], "-") != 0)
		return false;
	if (words[2][0] == '<')
		return true;
	if (!sl_text_is_name(words[1]) || !sl_text_is_name(words[2]))
		return false;
	fix = g_new0(SlDsaFix, 1);
	fix->os_codename = g_steal_pointer(&codename);
	fix->name = g_strdup(words[1]);
	fix->version = g_strdup(words[2]);
	g_ptr_array_add(entry->fixes, fix);
	return true;
}

static bool
parse_detail(SlDsaEntry *entry, const char *line)
{
	line += strspn(line, " \t");
	if (line[0] == '{')
		return parse_cves(entry, line);
	if (line[0] == '[')
		return parse_fix(entry, line);
	return true; /* NOTE: and other words for people */
}

static bool
refuse(guint number, const char *line, GError **error)
{
	g_autofree char *shown = sl_text_escape(line);

	return sl_error_set(error, SL_ERROR_INVALID, "advisory list, line %u: '%s'", number, shown);
}

GPtrArray *
sl_dsa_list_parse(const char *text, size_t size, GError **error)
{
	g_autoptr(GPtrArray) list =
		g_ptr_array_new_with_free_func((GDestroyNotify)sl_dsa_entry_free);
	const char *end = text + size;
	SlDsaEntry *entry = NULL;
	guint number = 0;

	for (const char *next; text < end; text = next) {
		const char *stop = memchr(text, '\n', (size_t)(end - text));
		g_autofree char *line = g_strndup(text, (gsize)((stop ? stop : end) - text));

		next = stop ? stop + 1 : end;
		number++;
		g_strchomp(line);
		if (!line[0])
			continue;
		if (line[0] == ' ' || line[0] == '\t') {
			if (!entry || !parse_detail(entry, line))
				return (void)refuse(number, line, error), NULL;
			continue;
		}
		entry = parse_head(line);
		if (!entry || list->len >= ENTRIES) {
			sl_dsa_entry_free(entry);
			return (void)refuse(number, line, error), NULL;
		}
		g_ptr_array_add(list, entry);
	}
	return g_steal_pointer(&list);
}
