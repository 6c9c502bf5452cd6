#include "clients/agent/sources.h"

#include <string.h>

#define MARK_OFF "#sluice-agent off# "
#define MARK_OWN "#sluice-agent: the next line is its own; 'sluice-agent leave' takes it out again"

#define BLANKS " \t\r"

bool
sl_sources_format(const char *name, SlSourcesFormat *ret_format)
{
	if (name[0] == '.' ||
	    (!g_str_has_suffix(name, ".list") && !g_str_has_suffix(name, ".sources")))
		return false;
	*ret_format = g_str_has_suffix(name, ".list") ? SL_SOURCES_ONE_LINE : SL_SOURCES_DEB822;
	return true;
}

static void
note(GPtrArray *removed, const char *uri, const char *suite)
{
	if (removed)
		g_ptr_array_add(removed, g_strdup_printf("%s %s", uri, suite));
}

/* The next word of a line; advances over it. NULL at the end or at a comment. */
static char *
next_word(const char **line)
{
	const char *start = *line + strspn(*line, BLANKS);
	size_t length = strcspn(start, BLANKS);

	*line = start + length;
	return length == 0 || *start == '#' ? NULL : g_strndup(start, length);
}

/* Whether a line of a *.list is an entry of binary packages from one of the suites. */
static bool
takes_line(const char *line, const char *const *suites, GPtrArray *removed)
{
	g_autofree char *type = next_word(&line);
	g_autofree char *uri = NULL;
	g_autofree char *suite = NULL;

	if (g_strcmp0(type, "deb") != 0)
		return false;
	line += strspn(line, BLANKS);
	if (*line == '[') {
		line = strchr(line, ']');
		if (!line)
			return false;
		line++;
	}
	uri = next_word(&line);
	suite = next_word(&line);
	if (!suite || !g_strv_contains(suites, suite))
		return false;
	note(removed, uri, suite);
	return true;
}

static void
disable_lines(char **lines, const char *const *suites, GPtrArray *out, GPtrArray *removed)
{
	for (; *lines; lines++)
		g_ptr_array_add(out, takes_line(*lines, suites, removed)
					     ? g_strconcat(MARK_OFF, *lines, NULL)
					     : g_strdup(*lines));
}

/* A field of a stanza: its lines, comments between them included. */
typedef struct {
	int first, end; /* line numbers; none when they are equal */
	GPtrArray *words;
} Field;

static void
field_clear(Field *field)
{
	g_clear_pointer(&field->words, g_ptr_array_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Field, field_clear)

static void
add_words(GPtrArray *words, const char *text)
{
	char *word;

	while ((word = next_word(&text)))
		g_ptr_array_add(words, word);
}

static bool
begins_field(const char *line, const char *name)
{
	size_t length = strlen(name);

	return g_ascii_strncasecmp(line, name, length) == 0 &&
	       line[length + strspn(line + length, BLANKS)] == ':';
}

static Field
find_field(char **lines, int first, int end, const char *name)
{
	Field field = {.words = g_ptr_array_new_with_free_func(g_free)};

	for (int i = first; i < end; i++) {
		if (!begins_field(lines[i], name))
			continue;
		field.first = i;
		field.end = i + 1;
		add_words(field.words, strchr(lines[i], ':') + 1);
		for (int j = i + 1; j < end && strchr(" \t#", lines[j][0]); j++) {
			if (lines[j][0] == '#')
				continue;
			add_words(field.words, lines[j]);
			field.end = j + 1;
		}
		break;
	}
	g_ptr_array_add(field.words, NULL);
	return field;
}

static bool
has_word(const Field *field, const char *word)
{
	return g_strv_contains((const char *const *)field->words->pdata, word);
}

static bool
is_enabled(const Field *enabled)
{
	static const char *const no[] = {"no", "false", "without", "off", "disable", "0", NULL};
	const char *value = enabled->words->pdata[0];
	g_autofree char *lower = value ? g_ascii_strdown(value, -1) : NULL;

	return !lower || !g_strv_contains(no, lower);
}

/* The suites that stay, separated by blanks; those that go are counted. */
static char *
split_suites(const Field *field, const Field *uris, const char *const *suites, guint *ret_gone,
	     GPtrArray *removed)
{
	g_autoptr(GPtrArray) kept = g_ptr_array_new();

	*ret_gone = 0;
	for (guint i = 0; i + 1 < field->words->len; i++) {
		const char *suite = field->words->pdata[i];

		if (!g_strv_contains(suites, suite)) {
			g_ptr_array_add(kept, (gpointer)suite);
			continue;
		}
		(*ret_gone)++;
		note(removed, uris->words->pdata[0] ? uris->words->pdata[0] : "", suite);
	}
	g_ptr_array_add(kept, NULL);
	return g_strjoinv(" ", (char **)kept->pdata);
}

/* Copies a stanza, with a field's lines turned off and a line of ours in front of `place`. */
static void
copy_with(char **lines, int first, int end, const Field *off, int place, const char *own,
	  GPtrArray *out)
{
	for (int i = first; i < end; i++) {
		if (i == place) {
			g_ptr_array_add(out, g_strdup(MARK_OWN));
			g_ptr_array_add(out, g_strdup(own));
		}
		g_ptr_array_add(out, i >= off->first && i < off->end
					     ? g_strconcat(MARK_OFF, lines[i], NULL)
					     : g_strdup(lines[i]));
	}
}

static void
disable_stanza(char **lines, int first, int end, const char *const *suites, GPtrArray *out,
	       GPtrArray *removed)
{
	g_auto(Field) types = find_field(lines, first, end, "Types");
	g_auto(Field) uris = find_field(lines, first, end, "URIs");
	g_auto(Field) named = find_field(lines, first, end, "Suites");
	g_auto(Field) enabled = find_field(lines, first, end, "Enabled");
	g_autofree char *kept = NULL;
	g_autofree char *own = NULL;
	Field nothing = {0};
	guint gone = 0;

	if (has_word(&types, "deb") && is_enabled(&enabled))
		kept = split_suites(&named, &uris, suites, &gone, removed);
	if (gone == 0) {
		copy_with(lines, first, end, &nothing, -1, NULL, out);
	} else if (*kept) {
		own = g_strconcat("Suites: ", kept, NULL);
		copy_with(lines, first, end, &named, named.first, own, out);
	} else {
		copy_with(lines, first, end, &enabled, first, "Enabled: no", out);
	}
}

static bool
is_blank(const char *line)
{
	return line[strspn(line, BLANKS)] == '\0';
}

static void
disable_stanzas(char **lines, const char *const *suites, GPtrArray *out, GPtrArray *removed)
{
	int i = 0;

	while (lines[i]) {
		int first = i;

		while (lines[i] && !is_blank(lines[i]))
			i++;
		disable_stanza(lines, first, i, suites, out, removed);
		if (lines[i])
			g_ptr_array_add(out, g_strdup(lines[i++]));
	}
}

static char *
join(GPtrArray *lines)
{
	g_ptr_array_add(lines, NULL);
	return g_strjoinv("\n", (char **)lines->pdata);
}

char *
sl_sources_disable(const char *text, SlSourcesFormat format, const char *const *suites,
		   GPtrArray *removed)
{
	g_autofree char *original = sl_sources_restore(text);
	g_auto(GStrv) lines = g_strsplit(original, "\n", -1);
	g_autoptr(GPtrArray) out = g_ptr_array_new_with_free_func(g_free);

	if (format == SL_SOURCES_ONE_LINE)
		disable_lines(lines, suites, out, removed);
	else
		disable_stanzas(lines, suites, out, removed);
	return join(out);
}

char *
sl_sources_restore(const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	g_autoptr(GPtrArray) out = g_ptr_array_new_with_free_func(g_free);

	for (char **line = lines; *line; line++) {
		if (strcmp(*line, MARK_OWN) == 0 && line[1]) {
			line++;
			continue;
		}
		g_ptr_array_add(out, g_strdup(g_str_has_prefix(*line, MARK_OFF)
						      ? *line + strlen(MARK_OFF)
						      : *line));
	}
	return join(out);
}
