/* version.c - version order by libsolv, whose comparison takes no account of a missing revision */
#include "catalog/version.h"

#include <glib.h>
#include <string.h>

#include <solv/evr.h>
#include <solv/pool.h>

#include "catalog/base/limits.h"

/* the comparison reads nothing of a pool but which distribution's rules are asked for */
static const Pool debian = {.disttype = DISTTYPE_DEB};

/* the version itself, or a copy with the revision 0 that dpkg takes for a missing one */
static const char *
with_revision(const char *version, char **ret_copy)
{
	if (strchr(version, '-'))
		return version;
	*ret_copy = g_strconcat(version, "-0", NULL);
	return *ret_copy;
}

int
sl_version_compare(const char *a, const char *b)
{
	g_autofree char *copy_a = NULL;
	g_autofree char *copy_b = NULL;

	if (strcmp(a, b) == 0)
		return 0;
	return pool_evrcmp_str(&debian, with_revision(a, &copy_a), with_revision(b, &copy_b),
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
