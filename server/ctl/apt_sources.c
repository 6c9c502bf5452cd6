#include "server/ctl/apt_sources.h"

#include <string.h>

#include "catalog/base/text.h"
#include "server/ctl/ctl.h"

#define SOURCES_MAX (1024 * 1024) /* bytes of a file of sources */

/* A field of a stanza with its continuation lines, "" when it is not there. */
static char *
field_of(const char *stanza, const char *name)
{
	g_auto(GStrv) lines = g_strsplit(stanza, "\n", -1);
	GString *value = NULL;
	size_t size = strlen(name);

	for (char **line = lines; *line; line++) {
		if (**line == '#')
			continue;
		if (value && g_ascii_isspace(**line)) {
			const char *text = g_strstrip(*line);

			/* a blank line, which cannot stand in a stanza */
			g_string_append_printf(value, "\n%s", strcmp(text, ".") == 0 ? "" : text);
			continue;
		}
		if (value)
			break;
		if (g_ascii_strncasecmp(*line, name, size) == 0 && (*line)[size] == ':')
			value = g_string_new(g_strstrip(*line + size + 1));
	}
	return value ? g_string_free(value, FALSE) : g_strdup("");
}

static bool
has_word(const char *text, const char *word)
{
	g_auto(GStrv) words = g_strsplit_set(text, " \t\n", -1);

	return g_strv_contains((const char *const *)words, word);
}

/* Whether one of the addresses is that one; a '/' at its end may be missing. */
static bool
has_url(const char *text, const char *url)
{
	g_autofree char *bare = g_strndup(url, strlen(url) - 1);

	return has_word(text, url) || has_word(text, bare);
}

static bool
is_source_of(const char *stanza, const char *url, const char *suite)
{
	g_autofree char *uris = field_of(stanza, "URIs");
	g_autofree char *suites = field_of(stanza, "Suites");
	g_autofree char *enabled = field_of(stanza, "Enabled");

	return has_url(uris, url) && has_word(suites, suite) &&
	       g_ascii_strcasecmp(enabled, "no") != 0;
}

/* Of the form of *.sources: the first enabled stanza of that address and suite. */
static char *
find_in_stanzas(const char *text, const char *url, const char *suite)
{
	g_autoptr(GRegex) gap = g_regex_new("\\n([ \\t]*\\n)+", 0, 0, NULL);
	g_auto(GStrv) stanzas = g_regex_split(gap, text, 0);

	for (char **stanza = stanzas; *stanza; stanza++)
		if (is_source_of(*stanza, url, suite))
			return field_of(*stanza, "Signed-By");
	return g_strdup("");
}

/* Of the form of sources.list: the option signed-by of a line's brackets. */
static char *
find_in_line(const char *text, const char *number)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	g_autoptr(GRegex) option = g_regex_new("^[^#\\[]*\\[[^\\]]*\\bsigned-by=([^\\s\\]]+)",
					       G_REGEX_CASELESS, 0, NULL);
	g_autoptr(GMatchInfo) match = NULL;
	int64_t line = 0;

	if (!sl_text_int(number, 1, g_strv_length(lines), &line, NULL) ||
	    !g_regex_match(option, lines[line - 1], 0, &match))
		return g_strdup("");
	return g_match_info_fetch(match, 1);
}

char *
sl_apt_signed_by(const char *entry, const char *url, const char *suite, GError **error)
{
	const char *colon = strrchr(entry, ':');
	g_autofree char *path = g_strndup(entry, colon ? (size_t)(colon - entry) : strlen(entry));
	g_autoptr(GBytes) content = sl_ctl_read_file(path, SOURCES_MAX, error);
	g_autofree char *text = NULL;

	if (!content)
		return NULL;
	text = g_strndup(g_bytes_get_data(content, NULL), g_bytes_get_size(content));
	if (g_str_has_suffix(path, ".sources"))
		return find_in_stanzas(text, url, suite);
	return find_in_line(text, colon ? colon + 1 : "");
}
