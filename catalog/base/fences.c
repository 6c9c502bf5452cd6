#include "catalog/base/fences.h"

void
sl_fences_miss(GString *missing, GError *why)
{
	if (missing->len > 0)
		g_string_append(missing, "; ");
	g_string_append(missing, why->message);
	g_error_free(why);
}

bool
sl_fences_accept(const GString *missing, bool required, GError **error)
{
	if (missing->len == 0)
		return true;
	if (required)
		return sl_error_set(error, SL_ERROR_DENIED,
				    "a fence that is required is missing: %s", missing->str);
	g_warning("running without a fence: %s", missing->str);
	return true;
}
