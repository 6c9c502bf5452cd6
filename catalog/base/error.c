#include "catalog/base/error.h"

#include <errno.h>

G_DEFINE_QUARK(sl - error, sl_error)

const char *
sl_error_name(int code)
{
	static const char *const names[] = {
		[SL_ERROR_INVALID] = "invalid",	    [SL_ERROR_NOT_FOUND] = "not-found",
		[SL_ERROR_CONFLICT] = "conflict",   [SL_ERROR_DENIED] = "denied",
		[SL_ERROR_LIMIT] = "limit",	    [SL_ERROR_BUSY] = "busy",
		[SL_ERROR_INTEGRITY] = "integrity", [SL_ERROR_UPSTREAM] = "upstream",
		[SL_ERROR_DATABASE] = "database",   [SL_ERROR_IO] = "io",
		[SL_ERROR_CANCELLED] = "cancelled",
	};

	return code >= 0 && (size_t)code < G_N_ELEMENTS(names) ? names[code] : "unknown";
}

bool
sl_error_errno(GError **error, const char *format, ...)
{
	int saved = errno;
	va_list args;

	va_start(args, format);
	g_autofree char *what = g_strdup_vprintf(format, args);
	va_end(args);
	return sl_error_set(error, SL_ERROR_IO, "%s: %s", what, g_strerror(saved));
}

bool
sl_error_set(GError **error, SlErrorCode code, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	g_autofree char *message = g_strdup_vprintf(format, args);
	va_end(args);
	/* what an upstream or a client sent may be quoted in it: JSON and the database want text */
	g_autofree char *valid = g_utf8_make_valid(message, -1);

	g_set_error_literal(error, SL_ERROR, (int)code, valid);
	return false;
}
