/* Versions are ordered as Debian's policy 5.6.12 says, by a second implementation of it.
 *
 * Input: two versions with a newline between them.
 */
#include <string.h>

#include "catalog/version.h"
#include "fuzz.h"

static int
weight(char c)
{
	if (c == '~')
		return -1;
	if (c == '\0' || g_ascii_isdigit(c))
		return 0;
	return g_ascii_isalpha(c) ? c : c + 256;
}

static int
compare_part(const char *a, const char *b)
{
	while (*a || *b) {
		size_t left, right;
		int order;

		while ((*a && !g_ascii_isdigit(*a)) || (*b && !g_ascii_isdigit(*b))) {
			if (weight(*a) != weight(*b))
				return weight(*a) - weight(*b);
			a++;
			b++;
		}
		a += strspn(a, "0");
		b += strspn(b, "0");
		left = strspn(a, "0123456789");
		right = strspn(b, "0123456789");
		if (left != right)
			return left < right ? -1 : 1;
		order = strncmp(a, b, left);
		if (order != 0)
			return order;
		a += left;
		b += right;
	}
	return 0;
}

/* takes the epoch off, and cuts the revision off into *ret_revision */
static guint64
take_epoch(char **text, char **ret_revision)
{
	char *colon = strchr(*text, ':');
	guint64 epoch = 0;

	if (colon) {
		epoch = g_ascii_strtoull(*text, NULL, 10);
		*text = colon + 1;
	}
	*ret_revision = strrchr(*text, '-');
	if (*ret_revision)
		*(*ret_revision)++ = '\0';
	return epoch;
}

static int
model(const char *one, const char *other)
{
	g_autofree char *copy_a = g_strdup(one);
	g_autofree char *copy_b = g_strdup(other);
	char *a = copy_a, *b = copy_b, *revision_a, *revision_b;
	guint64 epoch_a = take_epoch(&a, &revision_a);
	guint64 epoch_b = take_epoch(&b, &revision_b);
	int order;

	if (epoch_a != epoch_b)
		return epoch_a < epoch_b ? -1 : 1;
	order = compare_part(a, b);
	if (order != 0)
		return order;
	return compare_part(revision_a ? revision_a : "0", revision_b ? revision_b : "0");
}

static int
sign(int order)
{
	return (order > 0) - (order < 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autofree char *text = g_strndup((const char *)data, size);
	g_auto(GStrv) versions = g_strsplit(text, "\n", 2);
	int order;

	if (g_strv_length(versions) != 2 || !sl_version_is_valid(versions[0]) ||
	    !sl_version_is_valid(versions[1]))
		return 0;
	order = sl_version_compare(versions[0], versions[1]);
	if (sign(order) != sign(model(versions[0], versions[1])))
		g_error("%s %s: %d", versions[0], versions[1], order);
	if (sign(sl_version_compare(versions[1], versions[0])) != -sign(order))
		g_error("%s %s: not the reverse", versions[1], versions[0]);
	return 0;
}
