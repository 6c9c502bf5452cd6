#include "catalog/device.h"

#include <inttypes.h>

#include "catalog/base/seal.h"
#include "catalog/base/text.h"

#define NUMBER 16 /* random bytes */

static char *
sign(const SlPerson *person, int64_t ends_at, const char *number)
{
	g_autofree char *text =
		g_strdup_printf("device %" PRId64 " %s %s", ends_at, number, person->name);

	return sl_seal_mac(person->password, text);
}

char *
sl_device_new(const SlPerson *person, int64_t now_at)
{
	g_autofree char *number = sl_seal_random_text(NUMBER);
	int64_t ends_at = now_at + SL_DEVICE_LIVES_S;
	g_autofree char *mac = sign(person, ends_at, number);

	return g_strdup_printf("%" PRId64 ".%s.%s", ends_at, number, mac);
}

char *
sl_device_find(const SlPerson *person, const char *text, int64_t now_at)
{
	g_auto(GStrv) parts = g_strsplit(text, ".", 3);
	g_autofree char *mac = NULL;
	int64_t ends_at;

	if (g_strv_length(parts) != 3 ||
	    !sl_text_int(parts[0], now_at + 1, INT64_MAX, &ends_at, NULL))
		return NULL;
	mac = sign(person, ends_at, parts[1]);
	return sl_seal_equal(parts[2], mac) ? g_strdup(parts[1]) : NULL;
}
