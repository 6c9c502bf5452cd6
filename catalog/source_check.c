/* source_check.c - what an upstream's fields may be */
#include <string.h>

#include "catalog/base/limits.h"
#include "catalog/base/text.h"
#include "catalog/source_private.h"

static bool
refuse(GError **error, const char *field, const char *value)
{
	g_autofree char *shown = sl_text_escape(value ? value : "");

	return sl_error_set(error, SL_ERROR_INVALID, "upstream: \"%s\" is no %s", shown, field);
}

static bool
check_name(const char *field, const char *value, GError **error)
{
	/* behind a '=' stands a version where people name an update */
	if (!value || !sl_text_is_name(value) || strchr(value, '=') ||
	    strlen(value) > SL_LIMIT_NAME)
		return refuse(error, field, value);
	return true;
}

/* names separated by '/', as in "stable/updates" */
static bool
check_path(const char *field, const char *value, GError **error)
{
	g_auto(GStrv) parts = g_strsplit(value ? value : "", "/", -1);

	if (!value || !parts[0] || strlen(value) > SL_LIMIT_NAME)
		return refuse(error, field, value);
	for (char **part = parts; *part; part++) {
		if (!sl_text_is_name(*part))
			return refuse(error, field, value);
	}
	return true;
}

static bool
check_list(const char *field, char *const *list,
	   bool (*check)(const char *, const char *, GError **), GError **error)
{
	if (!list || !list[0])
		return sl_error_set(error, SL_ERROR_INVALID, "upstream: no %s given", field);
	for (char *const *item = list; *item; item++) {
		if (!check(field, *item, error))
			return false;
	}
	return true;
}

static bool
check_architecture(const char *field, const char *value, GError **error)
{
	if (strcmp(value, "all") == 0)
		return sl_error_set(
			error, SL_ERROR_INVALID,
			"upstream: architecture \"all\" comes with the others by itself");
	return check_name(field, value, error);
}

static bool
check_glob(const char *field, const char *value, GError **error)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789.+-*?";
	size_t size = strlen(value);

	if (size == 0 || size > SL_LIMIT_NAME || strspn(value, allowed) != size)
		return refuse(error, field, value);
	return true;
}

static bool
check_system(const char *field, const char *value, GError **error)
{
	g_auto(GStrv) parts = g_strsplit(value, ":", -1);

	if (g_strv_length(parts) != 2 || !sl_text_is_name(parts[0]) || !sl_text_is_name(parts[1]))
		return refuse(error, field, value);
	return true;
}

static bool
check_fingerprint(const char *field, const char *value, GError **error)
{
	size_t size = strlen(value);

	if ((size != 40 && size != 64) || strspn(value, "0123456789ABCDEF") != size)
		return refuse(error, field, value);
	return true;
}

static bool
check_url(const char *url, GError **error)
{
	const char *host = !url				       ? NULL
			   : g_str_has_prefix(url, "http://")  ? url + strlen("http://")
			   : g_str_has_prefix(url, "https://") ? url + strlen("https://")
							       : NULL;

	if (!host || strlen(url) > SL_LIMIT_TARGET)
		return refuse(error, "URL that begins with http:// or https://", url);
	if (!g_ascii_isalnum(host[0]) && host[0] != '[')
		return refuse(error, "URL with a host", url);
	for (const char *c = url; *c; c++) {
		if (*c <= ' ' || *c > '~' || strchr("@?#\\\"<>", *c))
			return refuse(error, "URL without user, query and odd characters", url);
	}
	return true;
}

static bool
check_role(const char *role, GError **error)
{
	if (role && *role && strcmp(role, "updates") != 0 && strcmp(role, "base") != 0)
		return refuse(error, "role (updates, base)", role);
	return true;
}

bool
sl_upstream_check_keys(GBytes *keyring, char *const *fingerprints, GError **error)
{
	if (!keyring || g_bytes_get_size(keyring) == 0)
		return sl_error_set(error, SL_ERROR_INVALID, "upstream: no keyring given");
	if (g_bytes_get_size(keyring) > SL_LIMIT_KEYRING)
		return sl_error_set(error, SL_ERROR_LIMIT,
				    "upstream: keyring of more than %d bytes", SL_LIMIT_KEYRING);
	return check_list("fingerprint", fingerprints, check_fingerprint, error);
}

bool
sl_upstream_check(const SlUpstream *upstream, GError **error)
{
	if (!check_name("name", upstream->name, error) || !check_url(upstream->url, error) ||
	    !check_role(upstream->role, error) || !check_path("suite", upstream->suite, error) ||
	    !check_list("component", upstream->components, check_path, error) ||
	    !check_list("architecture", upstream->architectures, check_architecture, error) ||
	    !sl_upstream_check_keys(upstream->keyring, upstream->fingerprints, error))
		return false;
	if (!upstream->kind || strcmp(upstream->kind, "debian") != 0)
		return refuse(error, "kind (debian)", upstream->kind);
	if (upstream->publish_suite && *upstream->publish_suite &&
	    !check_path("suite", upstream->publish_suite, error))
		return false;
	if (upstream->exclude && upstream->exclude[0] &&
	    !check_list("pattern to exclude", upstream->exclude, check_glob, error))
		return false;
	return !upstream->serves || !upstream->serves[0] ||
	       check_list("system ID:CODENAME", upstream->serves, check_system, error);
}
