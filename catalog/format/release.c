/* release.c - reads and writes Release files */
#include "catalog/format/release.h"

#include <inttypes.h>
#include <string.h>

#include "catalog/base/text.h"
#include "catalog/format/deb822.h"

static void
file_free(gpointer data)
{
	SlReleaseFile *file = data;

	g_free(file->sha256);
	g_free(file);
}

SlRelease *
sl_release_new(void)
{
	SlRelease *release = g_new0(SlRelease, 1);

	release->files = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, file_free);
	return release;
}

void
sl_release_free(SlRelease *release)
{
	if (!release)
		return;
	g_free(release->origin);
	g_free(release->label);
	g_free(release->suite);
	g_free(release->codename);
	g_free(release->version);
	g_free(release->description);
	g_strfreev(release->components);
	g_strfreev(release->architectures);
	g_hash_table_unref(release->files);
	g_free(release);
}

const SlReleaseFile *
sl_release_find(const SlRelease *release, const char *path)
{
	return g_hash_table_lookup(release->files, path);
}

void
sl_release_add(SlRelease *release, const char *path, const char *sha256, int64_t size)
{
	SlReleaseFile *file = g_new(SlReleaseFile, 1);

	file->sha256 = g_strdup(sha256);
	file->size = size;
	g_hash_table_replace(release->files, g_strdup(path), file);
}

/* the words of a text, whatever blanks stand between them */
static char **
words(const char *text)
{
	g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func(g_free);

	while (text && *(text += strspn(text, " \t\n"))) {
		size_t size = strcspn(text, " \t\n");

		g_ptr_array_add(list, g_strndup(text, size));
		text += size;
	}
	g_ptr_array_add(list, NULL);
	return (char **)g_ptr_array_free(g_steal_pointer(&list), FALSE);
}

/* a path that stays below the suite's directory; others are no reason to look at it */
static bool
path_is_fit(const char *path)
{
	g_auto(GStrv) parts = g_strsplit(path, "/", -1);

	for (char **part = parts; *part; part++) {
		if (!sl_text_is_name(*part))
			return false;
	}
	return parts[0] != NULL;
}

static bool
refuse_entry(GError **error, const char *text, const char *what)
{
	g_autofree char *shown = sl_text_escape(text);

	return sl_error_set(error, SL_ERROR_INVALID, "field SHA256: \"%s\" %s", shown, what);
}

static bool
add_listed(SlRelease *release, const char *line, GError **error)
{
	g_auto(GStrv) parts = words(line);
	const SlReleaseFile *known;
	int64_t size;

	if (g_strv_length(parts) != 3 || !sl_text_is_sha256(parts[0]))
		return refuse_entry(error, line, "is no entry");
	if (!path_is_fit(parts[2]))
		return refuse_entry(error, parts[2], "is no path below the suite");
	if (!sl_text_int(parts[1], 0, INT64_MAX, &size, error)) {
		g_prefix_error(error, "field SHA256: size of \"%s\": ", parts[2]);
		return false;
	}
	known = sl_release_find(release, parts[2]);
	if (known && (known->size != size || strcmp(known->sha256, parts[0]) != 0))
		return refuse_entry(error, parts[2], "twice with different hashes");
	if (!known)
		sl_release_add(release, parts[2], parts[0], size);
	return true;
}

static bool
read_files(SlRelease *release, const char *value, GError **error)
{
	while (*value) {
		size_t size = strcspn(value, "\n");

		if (size > 0) {
			g_autofree char *line = g_strndup(value, size);

			if (!add_listed(release, line, error))
				return false;
		}
		value += size + (value[size] == '\n');
	}
	return true;
}

static bool
read_date(const SlDeb822Stanza *stanza, const char *name, int64_t *ret_at, GError **error)
{
	g_autofree char *text = sl_deb822_text(stanza, name);

	if (!text)
		return true;
	if (!sl_text_mail_date(text, ret_at, error)) {
		g_prefix_error(error, "field %s: ", name);
		return false;
	}
	/* 0 stands for a Release that does not say */
	return *ret_at != 0 ||
	       sl_error_set(error, SL_ERROR_INVALID, "field %s: no Release is of 1970", name);
}

typedef struct {
	SlRelease *release;
	bool found;
} Parse;

static bool
read_stanza(const SlDeb822Stanza *stanza, gpointer data, GError **error)
{
	Parse *parse = data;
	SlRelease *release = parse->release;
	g_autofree char *files = sl_deb822_text(stanza, "SHA256");
	g_autofree char *components = sl_deb822_text(stanza, "Components");
	g_autofree char *architectures = sl_deb822_text(stanza, "Architectures");
	g_autofree char *by_hash = sl_deb822_text(stanza, "Acquire-By-Hash");

	if (parse->found)
		return sl_error_set(error, SL_ERROR_INVALID, "a second stanza at line %" PRId64,
				    stanza->line);
	parse->found = true;
	release->origin = sl_deb822_text(stanza, "Origin");
	release->label = sl_deb822_text(stanza, "Label");
	release->suite = sl_deb822_text(stanza, "Suite");
	release->codename = sl_deb822_text(stanza, "Codename");
	release->version = sl_deb822_text(stanza, "Version");
	release->description = sl_deb822_text(stanza, "Description");
	release->components = words(components);
	release->architectures = words(architectures);
	release->by_hash = by_hash && g_ascii_strcasecmp(by_hash, "yes") == 0;
	if (!sl_deb822_find(stanza, "Date"))
		return sl_error_set(error, SL_ERROR_INVALID, "field Date is missing");
	if (!files)
		return sl_error_set(error, SL_ERROR_INVALID, "field SHA256 is missing");
	return read_date(stanza, "Date", &release->date_at, error) &&
	       read_date(stanza, "Valid-Until", &release->valid_until, error) &&
	       read_files(release, files, error);
}

SlRelease *
sl_release_parse(const char *text, size_t size, GError **error)
{
	g_autoptr(SlRelease) release = sl_release_new();
	Parse parse = {.release = release};

	if (!sl_deb822_read(text, size, read_stanza, &parse, error)) {
		g_prefix_error(error, "Release: ");
		return NULL;
	}
	if (!parse.found) {
		sl_error_set(error, SL_ERROR_INVALID, "Release: the file is empty");
		return NULL;
	}
	return g_steal_pointer(&release);
}

static bool
write_text(GString *out, const char *name, const char *value, GError **error)
{
	return !value || sl_deb822_write(out, name, value, error);
}

static bool
write_list(GString *out, const char *name, char **list, GError **error)
{
	g_autofree char *value = list ? g_strjoinv(" ", list) : NULL;

	return write_text(out, name, value, error);
}

static bool
write_date(GString *out, const char *name, int64_t at, GError **error)
{
	g_autofree char *value = sl_text_format_mail_date(at);

	return write_text(out, name, value, error);
}

static int
compare_texts(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void
write_files(GString *out, const SlRelease *release)
{
	g_autoptr(GPtrArray) paths = g_ptr_array_new();
	GHashTableIter iter;
	gpointer path;

	g_hash_table_iter_init(&iter, release->files);
	while (g_hash_table_iter_next(&iter, &path, NULL))
		g_ptr_array_add(paths, path);
	g_ptr_array_sort(paths, compare_texts);
	g_string_append(out, "SHA256:\n");
	for (guint i = 0; i < paths->len; i++) {
		const SlReleaseFile *file = sl_release_find(release, paths->pdata[i]);

		g_string_append_printf(out, " %s %16" PRId64 " %s\n", file->sha256, file->size,
				       (const char *)paths->pdata[i]);
	}
}

char *
sl_release_write(const SlRelease *release, GError **error)
{
	g_autoptr(GString) out = g_string_new(NULL);

	if (!write_text(out, "Origin", release->origin, error) ||
	    !write_text(out, "Label", release->label, error) ||
	    !write_text(out, "Suite", release->suite, error) ||
	    !write_text(out, "Version", release->version, error) ||
	    !write_text(out, "Codename", release->codename, error) ||
	    !write_date(out, "Date", release->date_at, error))
		return NULL;
	if (release->valid_until && !write_date(out, "Valid-Until", release->valid_until, error))
		return NULL;
	if (release->by_hash && !write_text(out, "Acquire-By-Hash", "yes", error))
		return NULL;
	if (!write_list(out, "Architectures", release->architectures, error) ||
	    !write_list(out, "Components", release->components, error) ||
	    !write_text(out, "Description", release->description, error))
		return NULL;
	write_files(out, release);
	return g_string_free(g_steal_pointer(&out), FALSE);
}
