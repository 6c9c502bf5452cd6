#include "catalog/base/keyfile.h"

#include <inttypes.h>

#include "catalog/base/text.h"

struct SlKeyfile {
	GKeyFile *file;
	char *path;
	GHashTable *taken; /* (element-type utf8): "section\nkey" */
	char *problem;	   /* the first wrong value */
};

SlKeyfile *
sl_keyfile_new(void)
{
	SlKeyfile *file = g_new0(SlKeyfile, 1);

	file->file = g_key_file_new();
	file->path = g_strdup("configuration");
	file->taken = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	return file;
}

SlKeyfile *
sl_keyfile_load(const char *path, GError **error)
{
	g_autoptr(SlKeyfile) file = sl_keyfile_new();
	g_autoptr(GError) problem = NULL;

	g_free(file->path);
	file->path = g_strdup(path);
	if (!g_key_file_load_from_file(file->file, path, G_KEY_FILE_NONE, &problem)) {
		bool missing = g_error_matches(problem, G_FILE_ERROR, G_FILE_ERROR_NOENT);

		g_autofree char *shown = sl_text_escape(problem->message);

		sl_error_set(error, missing ? SL_ERROR_NOT_FOUND : SL_ERROR_INVALID, "%s: %s", path,
			     shown);
		return NULL;
	}
	return g_steal_pointer(&file);
}

/* The value, noted as read; NULL when absent. */
static char *
take(SlKeyfile *file, const char *section, const char *key)
{
	char *value = g_key_file_get_value(file->file, section, key, NULL);

	g_hash_table_add(file->taken, g_strconcat(section, "\n", key, NULL));
	return value ? g_strstrip(value) : NULL;
}

static void
refuse(SlKeyfile *file, const char *section, const char *key, const char *message)
{
	g_autofree char *shown_section = sl_text_escape(section);
	g_autofree char *shown_key = sl_text_escape(key);

	if (!file->problem)
		file->problem = g_strdup_printf("%s: [%s] %s: %s", file->path, shown_section,
						shown_key, message);
}

char *
sl_keyfile_text(SlKeyfile *file, const char *section, const char *key, const char *otherwise)
{
	char *value = take(file, section, key);

	return value ? value : g_strdup(otherwise);
}

typedef bool (*Parse)(const char *text, int64_t *ret_value, GError **error);

static bool
parse_any_int(const char *text, int64_t *ret_value, GError **error)
{
	return sl_text_int(text, INT64_MIN, INT64_MAX, ret_value, error);
}

static int64_t
number(SlKeyfile *file, const char *section, const char *key, Parse parse, int64_t low,
       int64_t high, int64_t otherwise)
{
	g_autofree char *text = take(file, section, key);
	g_autoptr(GError) problem = NULL;
	int64_t value = otherwise;

	if (!text)
		return otherwise;
	if (!parse(text, &value, &problem)) {
		refuse(file, section, key, problem->message);
		return otherwise;
	}
	if (value < low || value > high) {
		g_autofree char *message = g_strdup_printf(
			"'%s' is not within %" PRId64 " to %" PRId64, text, low, high);

		refuse(file, section, key, message);
		return otherwise;
	}
	return value;
}

int64_t
sl_keyfile_int(SlKeyfile *file, const char *section, const char *key, int64_t low, int64_t high,
	       int64_t otherwise)
{
	return number(file, section, key, parse_any_int, low, high, otherwise);
}

int64_t
sl_keyfile_duration(SlKeyfile *file, const char *section, const char *key, int64_t low,
		    int64_t high, int64_t otherwise)
{
	return number(file, section, key, sl_text_duration, low, high, otherwise);
}

int64_t
sl_keyfile_size(SlKeyfile *file, const char *section, const char *key, int64_t low, int64_t high,
		int64_t otherwise)
{
	return number(file, section, key, sl_text_size, low, high, otherwise);
}

bool
sl_keyfile_bool(SlKeyfile *file, const char *section, const char *key, bool otherwise)
{
	g_autofree char *text = take(file, section, key);

	if (!text)
		return otherwise;
	if (g_str_equal(text, "yes") || g_str_equal(text, "true"))
		return true;
	if (!g_str_equal(text, "no") && !g_str_equal(text, "false")) {
		g_autofree char *shown = sl_text_escape(text);
		g_autofree char *message = g_strdup_printf("'%s' is neither yes nor no", shown);

		refuse(file, section, key, message);
	}
	return false;
}

/* Names the first key of a section that nobody read. */
static void
refuse_unread(SlKeyfile *file, const char *section)
{
	g_auto(GStrv) keys = g_key_file_get_keys(file->file, section, NULL, NULL);

	for (char **key = keys; key && *key; key++) {
		g_autofree char *name = g_strconcat(section, "\n", *key, NULL);

		if (!g_hash_table_contains(file->taken, name))
			refuse(file, section, *key, "unknown key");
	}
}

/* Whether anything of a section was asked for. */
static bool
is_known(SlKeyfile *file, const char *section)
{
	g_autofree char *prefix = g_strconcat(section, "\n", NULL);
	GHashTableIter iter;
	gpointer name;

	g_hash_table_iter_init(&iter, file->taken);
	while (g_hash_table_iter_next(&iter, &name, NULL))
		if (g_str_has_prefix(name, prefix))
			return true;
	return false;
}

static void
refuse_section(SlKeyfile *file, const char *section)
{
	g_autofree char *shown = sl_text_escape(section);

	if (!file->problem)
		file->problem = g_strdup_printf("%s: [%s]: unknown section", file->path, shown);
}

bool
sl_keyfile_finish(SlKeyfile *file, GError **error)
{
	g_auto(GStrv) sections = g_key_file_get_groups(file->file, NULL);

	for (char **section = sections; *section; section++) {
		if (!is_known(file, *section))
			refuse_section(file, *section);
		refuse_unread(file, *section);
	}
	return !file->problem || sl_error_set(error, SL_ERROR_INVALID, "%s", file->problem);
}

void
sl_keyfile_free(SlKeyfile *file)
{
	if (!file)
		return;
	g_key_file_free(file->file);
	g_hash_table_unref(file->taken);
	g_free(file->path);
	g_free(file->problem);
	g_free(file);
}
