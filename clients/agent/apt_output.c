#include "clients/agent/apt_output.h"

#include <string.h>

#include "catalog/base/limits.h"

void
sl_apt_step_free(SlAptStep *step)
{
	if (!step)
		return;
	g_free(step->name);
	g_free(step->version);
	g_free(step->architecture);
	g_free(step);
}

/* Whether a version is in the channel: "1.1 Test:stable, Sluice production:stable-security
 * [amd64]". apt names the places a version is in by the label that publications carry. */
static bool
is_ours(const char *version, const char *channel)
{
	g_autofree char *label = g_strdup_printf("Sluice %s:", channel);
	g_auto(GStrv) places = g_strsplit(strchr(version, ' ') + 1, ", ", -1);

	for (char **place = places; *place; place++)
		if (g_str_has_prefix(*place, label))
			return true;
	return false;
}

/* "Inst tool:amd64 [1.0] (1.1 Sluice production:stable-security [amd64]) []" */
static SlAptStep *
read_step(const char *line, const char *channel)
{
	g_auto(GStrv) words = g_strsplit(line, " ", 4);
	const char *open = strchr(line, '(');
	const char *close = open ? strchr(open, ')') : NULL;
	g_autofree char *inner = close ? g_strndup(open + 1, (gsize)(close - open - 1)) : NULL;
	char *bracket = inner ? strrchr(inner, '[') : NULL;
	SlAptStep *step;

	if (!bracket || g_strv_length(words) < 3 || !strchr(inner, ' '))
		return NULL;
	step = g_new0(SlAptStep, 1);
	step->name = g_strndup(words[1], strcspn(words[1], ":"));
	step->version = g_strndup(inner, strcspn(inner, " "));
	step->architecture = g_strndup(bracket + 1, strcspn(bracket + 1, "]"));
	step->present = *words[2] == '[';
	step->ours = is_ours(inner, channel);
	return step;
}

static bool
has_step(const GPtrArray *steps, const SlAptStep *step)
{
	for (guint i = 0; i < steps->len; i++) {
		const SlAptStep *one = steps->pdata[i];

		if (strcmp(one->name, step->name) == 0 &&
		    strcmp(one->architecture, step->architecture) == 0)
			return true;
	}
	return false;
}

GPtrArray *
sl_apt_output_steps(const char *output, const char *channel)
{
	GPtrArray *steps = g_ptr_array_new_with_free_func((GDestroyNotify)sl_apt_step_free);
	g_auto(GStrv) lines = g_strsplit(output, "\n", -1);

	for (char **line = lines; *line; line++) {
		SlAptStep *step = NULL;

		if (g_str_has_prefix(*line, "Inst ") || g_str_has_prefix(*line, "Conf "))
			step = read_step(*line, channel);
		if (step && steps->len < SL_LIMIT_RESULTS && !has_step(steps, step))
			g_ptr_array_add(steps, g_steal_pointer(&step));
		sl_apt_step_free(step);
	}
	return steps;
}

/* "   tool (1.0 => 1.1)" */
static char *
read_kept(const char *line)
{
	g_auto(GStrv) words = g_strsplit(line + strspn(line, " "), " ", 5);

	if (g_strv_length(words) != 4 || strcmp(words[2], "=>") != 0)
		return NULL;
	return g_strdup_printf("%s=%.*s", words[0], (int)strcspn(words[3], ")"), words[3]);
}

GPtrArray *
sl_apt_output_kept(const char *output)
{
	GPtrArray *kept = g_ptr_array_new_with_free_func(g_free);
	g_auto(GStrv) lines = g_strsplit(output, "\n", -1);
	bool inside = false;

	for (char **line = lines; *line; line++) {
		char *one = inside && **line == ' ' ? read_kept(*line) : NULL;

		if (one)
			g_ptr_array_add(kept, one);
		if (**line != ' ')
			inside = strstr(*line, "have been kept back") != NULL;
	}
	return kept;
}

static void
append_line(GString *text, const char *line)
{
	if (text->len > 0)
		g_string_append_c(text, '\n');
	g_string_append(text, line);
}

static bool
begins_problem(const char *line)
{
	return g_str_has_prefix(line, "E:") || g_str_has_prefix(line, "W:") ||
	       g_str_has_prefix(line, "Err:");
}

static bool
continues(const char *line)
{
	return line[0] == ' ' && line[strspn(line, " ")] != '\0';
}

char *
sl_apt_output_unmet(const char *output)
{
	const char *unmet = strstr(output, "packages have unmet dependencies:\n");
	g_auto(GStrv) lines = unmet ? g_strsplit(strchr(unmet, '\n') + 1, "\n", -1) : NULL;
	GString *text = g_string_new(NULL);

	for (char **line = lines; line && *line && continues(*line); line++)
		append_line(text, g_strstrip(*line));
	return g_string_free(text, text->len == 0);
}

char *
sl_apt_output_problems(const char *output)
{
	GString *text = g_string_new(NULL);
	g_auto(GStrv) lines = g_strsplit(output, "\n", -1);
	bool inside = false;

	for (char **line = lines; *line; line++) {
		inside = begins_problem(*line) || (inside && continues(*line));
		if (inside)
			append_line(text, *line);
	}
	if (text->len == 0)
		g_string_append(text, output);
	return g_strchomp(g_string_free(text, FALSE));
}

/* Whether a line has the name, and not as a part of a longer one; names of files end with "_". */
static bool
has_name(const char *line, const char *name)
{
	const char *found = line;

	while ((found = strstr(found, name))) {
		const char *end = found + strlen(name);
		char before = found > line ? found[-1] : ' ';

		if (!g_ascii_isalnum(before) && !strchr("+-.", before) && strchr(" :_", *end))
			return true;
		found = end;
	}
	return false;
}

/* Whether a line is dpkg's word that it begins with a package. */
static bool
begins_package(const char *line, const char *name)
{
	static const char *const beginnings[] = {
		"Setting up ", "Unpacking ", "Preparing to unpack ", "Removing ",
		"dpkg: dependency problems prevent configuration of "};

	for (size_t i = 0; i < G_N_ELEMENTS(beginnings); i++)
		if (g_str_has_prefix(line, beginnings[i]))
			return !name || has_name(line, name);
	return false;
}

/* "dpkg: error processing package tool:amd64 (--configure):", "... archive /x/tool_1_all.deb (" */
static bool
names_package(const char *line, const char *name)
{
	static const char package[] = "dpkg: error processing package ";
	static const char archive[] = "dpkg: error processing archive ";
	size_t length = strlen(name);

	if (g_str_has_prefix(line, package)) {
		line += strlen(package);
		return strncmp(line, name, length) == 0 && strchr(": ", line[length]);
	}
	if (!g_str_has_prefix(line, archive))
		return false;
	g_autofree char *path =
		g_strndup(line + strlen(archive), strcspn(line + strlen(archive), " "));
	g_autofree char *base = g_path_get_basename(path);

	return strncmp(base, name, length) == 0 && base[length] == '_';
}

char *
sl_apt_output_dpkg(const char *output, const char *name)
{
	g_auto(GStrv) lines = g_strsplit(output, "\n", -1);
	GString *text = g_string_new(NULL);
	int begun = -1;

	for (int i = 0; lines[i]; i++) {
		if (begins_package(lines[i], NULL))
			begun = begins_package(lines[i], name) ? i : -1;
		if (!names_package(lines[i], name))
			continue;
		for (int j = begun < 0 ? i : begun; j <= i; j++)
			if (*lines[j])
				append_line(text, lines[j]);
		for (int j = i + 1; lines[j] && continues(lines[j]); j++)
			append_line(text, lines[j]);
		begun = -1;
	}
	return g_string_free(text, text->len == 0);
}

char *
sl_apt_output_fetch(const char *output, const char *name)
{
	g_auto(GStrv) lines = g_strsplit(output, "\n", -1);
	g_autofree char *file = g_strconcat("/", name, "_", NULL);
	GString *text = g_string_new(NULL);
	bool inside = false;

	for (char **line = lines; *line; line++) {
		inside = (g_str_has_prefix(*line, "E: ") && strstr(*line, file)) ||
			 (inside && continues(*line));
		if (inside)
			append_line(text, *line);
	}
	return g_string_free(text, text->len == 0);
}
