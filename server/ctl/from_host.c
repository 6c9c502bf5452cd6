/* from_host.c - upstreams as this machine's own apt has them
 *
 * Its security suites become upstreams whose updates can be approved; its other suites are only
 * known, so that what machines have from them directly is not reported as missing. The
 * addresses and suites are what apt-get indextargets says, the keyrings what the sources it names
 * do. What is there already, by address and suite, stays as it is, so that the command can be given
 * again.
 */
#include <gio/gio.h>
#include <stdio.h>
#include <string.h>

#include "catalog/base/limits.h"
#include "server/ctl/apt_sources.h"
#include "server/ctl/ctl.h"

#define FORMAT                                                                                     \
	"$(REPO_URI)|$(RELEASE)|$(COMPONENT)|$(ARCHITECTURE)|$(NATIVE_ARCHITECTURE)|$("            \
	"SOURCESENTRY)|"                                                                           \
	"$(ORIGIN)|$(LABEL)"
#define TRUSTED "/etc/apt/trusted.gpg.d"

typedef struct {
	char *url;
	char *suite;
	char *entry; /* where apt has it from: "FILE:NUMBER" */
	GPtrArray *components;
	GPtrArray *architectures;
} HostSuite;

static void
host_suite_free(gpointer data)
{
	HostSuite *suite = data;

	g_free(suite->url);
	g_free(suite->suite);
	g_free(suite->entry);
	g_ptr_array_unref(suite->components);
	g_ptr_array_unref(suite->architectures);
	g_free(suite);
}

static char *
ask_apt(GError **error)
{
	g_autoptr(GSubprocess) process =
		g_subprocess_new(G_SUBPROCESS_FLAGS_STDOUT_PIPE, error, "apt-get", "indextargets",
				 "--format", FORMAT, "Created-By: Packages", NULL);
	char *output = NULL;

	if (!process || !g_subprocess_communicate_utf8(process, NULL, NULL, &output, NULL, error))
		return NULL;
	if (g_subprocess_get_successful(process))
		return output;
	g_free(output);
	sl_error_set(error, SL_ERROR_IO, "apt-get indextargets failed");
	return NULL;
}

static void
add_word(GPtrArray *words, const char *word)
{
	if (!g_ptr_array_find_with_equal_func(words, word, g_str_equal, NULL))
		g_ptr_array_add(words, g_strdup(word));
}

static HostSuite *
suite_of(GPtrArray *suites, const char *url, const char *name, const char *entry)
{
	HostSuite *suite;

	for (guint i = 0; i < suites->len; i++) {
		suite = suites->pdata[i];
		if (strcmp(suite->url, url) == 0 && strcmp(suite->suite, name) == 0)
			return suite;
	}
	suite = g_new0(HostSuite, 1);
	suite->url = g_strdup(url);
	suite->suite = g_strdup(name);
	suite->entry = g_strdup(entry);
	suite->components = g_ptr_array_new_with_free_func(g_free);
	suite->architectures = g_ptr_array_new_with_free_func(g_free);
	g_ptr_array_add(suites, suite);
	return suite;
}

static GPtrArray *
read_targets(const char *output)
{
	GPtrArray *suites = g_ptr_array_new_with_free_func(host_suite_free);
	g_auto(GStrv) lines = g_strsplit(output, "\n", -1);

	for (char **line = lines; *line; line++) {
		g_auto(GStrv) field = g_strsplit(*line, "|", -1);
		g_autofree char *url = NULL;
		HostSuite *suite;

		if (g_strv_length(field) != 8 || strcmp(field[6], "Debian") != 0)
			continue; /* another vendor's suite is not the machine's own */
		url = g_strconcat(field[0], g_str_has_suffix(field[0], "/") ? "" : "/", NULL);
		suite = suite_of(suites, url, field[1], field[5]);
		add_word(suite->components, field[2]);
		add_word(suite->architectures, field[3]);
	}
	return suites;
}

static bool
append_file(GByteArray *keys, const char *path, GError **error)
{
	g_autoptr(GBytes) content = sl_ctl_read_file(path, SL_LIMIT_KEYRING, error);
	gsize size;
	const guint8 *bytes;

	if (!content)
		return false;
	bytes = g_bytes_get_data(content, &size);
	g_byte_array_append(keys, bytes, (guint)size);
	return true;
}

/* All keys of trusted.gpg.d of one form: armoured and binary ones cannot be joined. */
static bool
append_trusted(GByteArray *keys, const char *ending, GError **error)
{
	GDir *dir = g_dir_open(TRUSTED, 0, NULL);
	const char *name;
	bool ok = true;

	while (dir && ok && (name = g_dir_read_name(dir))) {
		g_autofree char *path = g_build_filename(TRUSTED, name, NULL);

		if (g_str_has_suffix(name, ending))
			ok = append_file(keys, path, error);
	}
	if (dir)
		g_dir_close(dir);
	return ok;
}

/* The keys that Signed-By names: a file's, or those in the source itself. */
static bool
append_named(GByteArray *keys, const HostSuite *suite, const char *signed_by, GError **error)
{
	if (strstr(signed_by, "-----BEGIN PGP PUBLIC KEY BLOCK-----")) {
		g_byte_array_append(keys, (const guint8 *)signed_by, (guint)strlen(signed_by));
		return true;
	}
	if (signed_by[0] == '/' && !strpbrk(signed_by, ", \t\n"))
		return append_file(keys, signed_by, error);
	return sl_error_set(error, SL_ERROR_INVALID,
			    "suite %s: Signed-By \"%s\" in %s is no single keyring file; add this "
			    "upstream with --keyring",
			    suite->suite, signed_by, suite->entry);
}

/* The keyring apt would check this suite with, base64. */
static char *
keyring_of(const HostSuite *suite, GError **error)
{
	g_autoptr(GByteArray) keys = g_byte_array_new();
	g_autofree char *signed_by =
		sl_apt_signed_by(suite->entry, suite->url, suite->suite, error);
	bool ok = signed_by != NULL;

	if (ok && *signed_by)
		ok = append_named(keys, suite, signed_by, error);
	else if (ok)
		ok = append_trusted(keys, ".gpg", error) &&
		     (keys->len > 0 || append_trusted(keys, ".asc", error));
	if (!ok)
		return NULL;
	if (keys->len > 0)
		return g_base64_encode(keys->data, keys->len);
	sl_error_set(error, SL_ERROR_NOT_FOUND, "suite %s: apt has no keyring file for it",
		     suite->suite);
	return NULL;
}

static char *
os_release(const char *key)
{
	char *value = g_get_os_info(key);

	return value ? value : g_strdup("");
}

static json_t *
words(const GPtrArray *list)
{
	json_t *array = json_array();

	for (guint i = 0; i < list->len; i++)
		json_array_append_new(array, json_string(list->pdata[i]));
	return array;
}

static const char *
member(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

static bool
is_security(const HostSuite *suite)
{
	return strstr(suite->suite, "security") != NULL;
}

/* The upstream that takes an address and suite already, or NULL. */
static const char *
find_known(const json_t *known, const HostSuite *suite)
{
	for (size_t i = 0; i < json_array_size(known); i++) {
		const json_t *one = json_array_get(known, i);

		if (g_strcmp0(member(one, "url"), suite->url) == 0 &&
		    g_strcmp0(member(one, "suite"), suite->suite) == 0)
			return member(one, "name");
	}
	return NULL;
}

/* The first of a suite's names that is free: several mirrors may have suites of one name. */
static char *
choose_name(GHashTable *taken, const HostSuite *suite)
{
	g_autofree char *flat = g_strdelimit(g_strdup(suite->suite), "/", '-');
	g_autofree char *own = g_strconcat(is_security(suite) ? "" : "base-", flat, NULL);
	char *name = is_security(suite) ? g_strdup("debian-security") : g_strdup(own);

	for (int number = 1; g_hash_table_contains(taken, name); number++) {
		g_free(name);
		name = number == 1 ? g_strdup(own) : g_strdup_printf("%s-%d", own, number);
	}
	g_hash_table_add(taken, g_strdup(name));
	return name;
}

static json_t *
describe(const HostSuite *suite, const char *name, const char *keys)
{
	g_autofree char *id = os_release(G_OS_INFO_KEY_ID);
	g_autofree char *codename = os_release(G_OS_INFO_KEY_VERSION_CODENAME);
	g_autofree char *serves = g_strdup_printf("%s:%s", id, codename);

	return json_pack("{s:s, s:s, s:s, s:o, s:o, s:s, s:[s], s:b, s:b}", "name", name, "url",
			 suite->url, "suite", suite->suite, "components", words(suite->components),
			 "architectures", words(suite->architectures), "keyring", keys, "serves",
			 serves, "base", (int)!is_security(suite), "internal", 1);
}

/* What a request has to add; says which are known. */
static json_t *
list_new(const SlCtl *ctl, const GPtrArray *suites, const json_t *known, GError **error)
{
	g_autoptr(GHashTable) taken = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_autoptr(json_t) list = json_array();

	for (size_t i = 0; i < json_array_size(known); i++)
		g_hash_table_add(taken, g_strdup(member(json_array_get(known, i), "name")));
	for (guint i = 0; i < suites->len; i++) {
		const HostSuite *suite = suites->pdata[i];
		const char *there = find_known(known, suite);
		g_autofree char *keys = there ? NULL : keyring_of(suite, error);
		g_autofree char *name = NULL;

		if (there && !ctl->json)
			printf("upstream %s is there already: %s %s\n", there, suite->url,
			       suite->suite);
		if (there)
			continue;
		if (!keys)
			return NULL;
		name = choose_name(taken, suite);
		json_array_append_new(list, describe(suite, name, keys));
	}
	return g_steal_pointer(&list);
}

static bool
add_new(SlCtl *ctl, json_t *list, GError **error)
{
	g_autoptr(json_t) answer =
		sl_client_post(ctl, "upstreams", json_pack("{s:O}", "upstreams", list), error);

	if (!answer || ctl->json)
		return sl_list_print_one(ctl, g_steal_pointer(&answer));
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *one = json_array_get(list, i);

		printf("added upstream %s: %s %s\n", member(one, "name"), member(one, "url"),
		       member(one, "suite"));
	}
	return true;
}

static int
security_last(gconstpointer a, gconstpointer b)
{
	return is_security(*(HostSuite *const *)a) - is_security(*(HostSuite *const *)b);
}

bool
sl_from_host_add(SlCtl *ctl, GError **error)
{
	g_autofree char *output = ask_apt(error);
	g_autoptr(GPtrArray) suites = output ? read_targets(output) : NULL;
	g_autoptr(json_t) answer = NULL;
	g_autoptr(json_t) list = NULL;

	if (!suites)
		return false;
	g_ptr_array_sort(suites, security_last);
	if (suites->len == 0 || !is_security(suites->pdata[suites->len - 1]))
		return sl_error_set(error, SL_ERROR_NOT_FOUND,
				    "apt on this machine has no security suite (run apt-get "
				    "update first?)");
	answer = sl_client_get(ctl, "upstreams", error);
	list = answer ? list_new(ctl, suites, json_object_get(answer, "items"), error) : NULL;
	if (!list)
		return false;
	if (json_array_size(list) == 0)
		return !ctl->json || puts("{\"items\":[]}") >= 0;
	return add_new(ctl, list, error);
}
