/* version.c - version order by libsolv, whose comparison takes no account of what is missing */
#include "catalog/version.h"

#include <glib.h>
#include <string.h>

#include <solv/evr.h>
#include <solv/pool.h>

#include "catalog/base/limits.h"

/*
 * The comparison reads of a pool which distribution's rules are asked for, and more that its header
 * does not show: it has to be one of libsolv's own. Made once, never changed.
 */
static const Pool *
debian(void)
{
	static gsize pool;

	if (g_once_init_enter(&pool)) {
		Pool *made = pool_create();

		pool_setdisttype(made, DISTTYPE_DEB);
		g_once_init_leave(&pool, (gsize)made);
	}
	return (const Pool *)pool;
}

static bool
ends_in_digit(const char *text, size_t size)
{
	return size > 0 && g_ascii_isdigit(text[size - 1]);
}

/*
 * The version itself, or a copy that says what dpkg reads into it: a missing revision is 0, and so
 * is a missing number at the end of a part ("1." is "1.0"). libsolv takes neither for granted.
 */
static const char *
complete(const char *version, char **ret_copy)
{
	const char *dash = strrchr(version, '-');
	const char *revision = dash ? dash + 1 : "0";
	size_t size = dash ? (size_t)(dash - version) : strlen(version);
	bool upstream_ends = ends_in_digit(version, size);
	bool revision_ends = ends_in_digit(revision, strlen(revision));

	if (dash && upstream_ends && revision_ends)
		return version;
	*ret_copy = g_strdup_printf("%.*s%s-%s%s", (int)size, version, upstream_ends ? "" : "0",
				    revision, revision_ends ? "" : "0");
	return *ret_copy;
}

int
sl_version_compare(const char *a, const char *b)
{
	g_autofree char *copy_a = NULL;
	g_autofree char *copy_b = NULL;

	if (strcmp(a, b) == 0)
		return 0;
	return pool_evrcmp_str(debian(), complete(a, &copy_a), complete(b, &copy_b),
			       EVRCMP_COMPARE);
}

bool
sl_version_is_valid(const char *version)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				      "0123456789.+-:~";
	size_t size = strlen(version);
	size_t epoch = strspn(version, "0123456789");
	const char *rest = version;
	const char *revision;

	if (size == 0 || size > SL_LIMIT_VERSION || strspn(version, allowed) != size)
		return false;
	if (strchr(version, ':')) {
		if (version[epoch] != ':' || epoch == 0 || epoch > 9)
			return false;
		rest = version + epoch + 1;
	}
	/* upstream parts that begin with a letter exist; dpkg only warns of them */
	revision = strrchr(rest, '-');
	return g_ascii_isalnum(rest[0]) && (!revision || revision[1] != '\0');
}
