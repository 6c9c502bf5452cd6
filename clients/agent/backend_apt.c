#include "clients/agent/backend_apt.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "catalog/base/fs.h"
#include "catalog/base/text.h"
#include "clients/agent/sources.h"

#define APT	   "etc/apt"
#define PARTS	   "sources.list.d"
#define OWN_NAME   "sluice.sources"
#define FILE_LIMIT (1024 * 1024) /* bytes of one source file; people write them */

static bool
refuse(const char *what, const char *text, GError **error)
{
	g_autofree char *shown = sl_text_escape(text);

	return sl_error_set(error, SL_ERROR_INVALID,
			    "the server names a %s that apt cannot take: '%s'", what, shown);
}

/* Words that may stand in a line of a source file: no blanks but single ones, nothing invisible. */
static bool
check_words(const char *what, const char *text, GError **error)
{
	static const char allowed[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._+~:/- ";

	return (*text && strspn(text, allowed) == strlen(text)) || refuse(what, text, error);
}

static bool
append_key(GString *text, const char *key, GError **error)
{
	g_auto(GStrv) lines = g_strsplit(key, "\n", -1);
	int last = (int)g_strv_length(lines) - 1;

	while (last >= 0 && !*g_strchomp(lines[last]))
		last--;
	if (last < 0 || strcmp(lines[0], "-----BEGIN PGP PUBLIC KEY BLOCK-----") != 0)
		return refuse("key", key, error);
	g_string_append(text, "Signed-By:\n");
	for (int i = 0; i <= last; i++) {
		for (const char *c = g_strchomp(lines[i]); *c; c++)
			if (*c < ' ' || *c > '~')
				return refuse("key", key, error);
		g_string_append_printf(text, " %s\n", *lines[i] ? lines[i] : ".");
	}
	return true;
}

static bool
append_stanza(GString *text, const SlState *state, const SlAnswerSource *source, GError **error)
{
	if (!check_words("suite", source->suite, error) ||
	    !check_words("component", source->components, error) ||
	    !check_words("architecture", source->architectures, error))
		return false;
	g_string_append_printf(text,
			       "\nTypes: deb\nURIs: %s/apt/%s\nSuites: %s\nComponents: %s\n"
			       "Architectures: %s\nCheck-Valid-Until: yes\nCheck-Date: yes\n",
			       state->url, state->channel, source->suite, source->components,
			       source->architectures);
	return append_key(text, state->key, error);
}

char *
sl_apt_sources_text(const SlState *state, GError **error)
{
	GString *text = g_string_new("# Written by sluice-agent, and again whenever the channel "
				     "changes; 'sluice-agent leave' removes it.\n");
	bool ok = sl_text_is_name(state->channel) || refuse("channel", state->channel, error);

	for (guint i = 0; ok && i < state->sources->len; i++)
		ok = append_stanza(text, state, state->sources->pdata[i], error);
	return g_string_free(text, !ok);
}

/* Suites of the channel, and the names that stand for them on this system. */
static GStrv
taken_suites(const SlState *state, const char *codename)
{
	static const char *const aliases[] = {"stable", "oldstable", "oldoldstable", "testing"};
	g_autoptr(GPtrArray) suites = g_ptr_array_new();
	g_autofree char *prefix = g_strconcat(codename, "-", NULL);

	for (guint i = 0; i < state->sources->len; i++) {
		const char *suite = ((SlAnswerSource *)state->sources->pdata[i])->suite;

		g_ptr_array_add(suites, g_strdup(suite));
		for (size_t j = 0; *codename && j < G_N_ELEMENTS(aliases); j++)
			if (g_str_has_prefix(suite, prefix))
				g_ptr_array_add(suites, g_strconcat(aliases[j], "-",
								    suite + strlen(prefix), NULL));
	}
	g_ptr_array_add(suites, NULL);
	return (GStrv)g_ptr_array_free(g_steal_pointer(&suites), FALSE);
}

/* apt's source files without our own, as paths below etc/apt. */
static GPtrArray *
list_files(int apt_fd, GError **error)
{
	g_autoptr(GPtrArray) files = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GError) problem = NULL;
	g_autoptr(GPtrArray) names = sl_fs_list(apt_fd, PARTS, &problem);
	SlSourcesFormat format;

	if (!names && !g_error_matches(problem, SL_ERROR, SL_ERROR_NOT_FOUND)) {
		g_propagate_error(error, g_steal_pointer(&problem));
		return NULL;
	}
	if (faccessat(apt_fd, "sources.list", F_OK, 0) == 0)
		g_ptr_array_add(files, g_strdup("sources.list"));
	for (guint i = 0; names && i < names->len; i++)
		if (sl_sources_format(names->pdata[i], &format) &&
		    strcmp(names->pdata[i], OWN_NAME) != 0)
			g_ptr_array_add(files, g_build_filename(PARTS, names->pdata[i], NULL));
	return g_steal_pointer(&files);
}

static char *
read_text(int apt_fd, const char *path, GError **error)
{
	g_autoptr(GBytes) content = NULL;
	struct stat status;
	const char *bytes;
	gsize size;

	/* replaced, it would be a file of its own from then on */
	if (fstatat(apt_fd, path, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(status.st_mode)) {
		sl_error_set(error, SL_ERROR_INVALID,
			     "/" APT "/%s is a symbolic link: put the file itself there", path);
		return NULL;
	}
	content = sl_fs_read(apt_fd, path, FILE_LIMIT, error);
	if (!content)
		return NULL;
	bytes = g_bytes_get_data(content, &size);
	if (size > 0 && memchr(bytes, '\0', size)) {
		sl_error_set(error, SL_ERROR_INVALID, "%s is not a text file", path);
		return NULL;
	}
	return g_strndup(bytes ? bytes : "", size);
}

/* Replaces a file's text; it stays whose it was. */
static bool
write_text(int apt_fd, const char *path, const char *text, GError **error)
{
	struct stat status;

	if (fstatat(apt_fd, path, &status, AT_SYMLINK_NOFOLLOW) < 0)
		return sl_error_errno(error, "look at %s", path);
	if (!sl_fs_replace(apt_fd, path, text, strlen(text), status.st_mode & 07777, error))
		return false;
	if (status.st_uid == geteuid() && status.st_gid == getegid())
		return true;
	return fchownat(apt_fd, path, status.st_uid, status.st_gid, AT_SYMLINK_NOFOLLOW) == 0 ||
	       sl_error_errno(error, "give %s back to its owner", path);
}

static int
open_apt(const SlAgent *agent, GError **error)
{
	g_autofree char *path = sl_agent_path(agent, APT);

	return sl_fs_open_dir(path, error);
}

/* What one file becomes when the suites are taken out (NULL: restored). Writes it when it differs
 * and `write`; adds what was taken out to `removed`. */
static bool
edit_file(int apt_fd, const char *path, const char *const *suites, bool write, GPtrArray *removed,
	  GError **error)
{
	g_autoptr(GPtrArray) here = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *text = read_text(apt_fd, path, error);
	g_autofree char *edited = NULL;
	SlSourcesFormat format;

	if (!text)
		return false;
	sl_sources_format(path, &format);
	edited = suites ? sl_sources_disable(text, format, suites, here) : sl_sources_restore(text);
	for (guint i = 0; removed && i < here->len; i++)
		g_ptr_array_add(removed,
				g_strdup_printf("/" APT "/%s: %s", path, (char *)here->pdata[i]));
	return !write || strcmp(text, edited) == 0 || write_text(apt_fd, path, edited, error);
}

static bool
edit_files(int apt_fd, const char *const *suites, bool write, GPtrArray *removed, GError **error)
{
	g_autoptr(GPtrArray) files = list_files(apt_fd, error);

	if (!files)
		return false;
	for (guint i = 0; i < files->len; i++)
		if (!edit_file(apt_fd, files->pdata[i], suites, write, removed, error))
			return false;
	return true;
}

bool
sl_apt_check(const SlAgent *agent, GError **error)
{
	sl_autofd int apt_fd = open_apt(agent, error);

	return apt_fd >= 0 && edit_files(apt_fd, NULL, false, NULL, error);
}

GPtrArray *
sl_apt_replaced(const SlAgent *agent, const char *codename, GError **error)
{
	g_autoptr(GPtrArray) removed = g_ptr_array_new_with_free_func(g_free);
	g_auto(GStrv) suites = taken_suites(agent->state, codename);
	sl_autofd int apt_fd = open_apt(agent, error);

	if (apt_fd < 0 || !edit_files(apt_fd, (const char *const *)suites, false, removed, error))
		return NULL;
	return g_steal_pointer(&removed);
}

static bool
write_own(int apt_fd, const char *text, bool *ret_changed, GError **error)
{
	sl_autofd int parts_fd = sl_fs_make_dir(apt_fd, PARTS, 0755, error);
	g_autoptr(GBytes) there = NULL;
	gsize size;
	const char *bytes;

	if (parts_fd < 0)
		return false;
	there = sl_fs_read(parts_fd, OWN_NAME, FILE_LIMIT, NULL);
	bytes = there ? g_bytes_get_data(there, &size) : NULL;
	*ret_changed = !bytes || size != strlen(text) || memcmp(bytes, text, size) != 0;
	return !*ret_changed || sl_fs_replace(parts_fd, OWN_NAME, text, strlen(text), 0644, error);
}

bool
sl_apt_take_over(const SlAgent *agent, const char *codename, bool *ret_changed, GError **error)
{
	g_autofree char *text = sl_apt_sources_text(agent->state, error);
	g_auto(GStrv) suites = taken_suites(agent->state, codename);
	sl_autofd int apt_fd = text ? open_apt(agent, error) : -1;

	/* ours first: there is no moment without a source of security updates */
	return apt_fd >= 0 && write_own(apt_fd, text, ret_changed, error) &&
	       edit_files(apt_fd, (const char *const *)suites, true, NULL, error);
}

bool
sl_apt_give_back(const SlAgent *agent, GError **error)
{
	sl_autofd int apt_fd = open_apt(agent, error);

	return apt_fd >= 0 && edit_files(apt_fd, NULL, true, NULL, error) &&
	       sl_fs_remove(apt_fd, PARTS "/" OWN_NAME, error);
}
