#include "server/admin/cookies.h"

#include <inttypes.h>
#include <string.h>

char *
sl_cookie_get(const SlRequest *request, const char *name)
{
	const char *header = sl_request_header(request, "Cookie");
	g_auto(GStrv) pairs = g_strsplit(header ? header : "", ";", -1);
	g_autofree char *start = g_strconcat(name, "=", NULL);
	char *value = NULL;

	for (char **pair = pairs; *pair; pair++) {
		g_strstrip(*pair);
		if (!g_str_has_prefix(*pair, start))
			continue;
		if (value) {
			g_free(value);
			return NULL;
		}
		value = g_strdup(*pair + strlen(start));
	}
	return value;
}

void
sl_cookie_set(SlAdminCall *call, const char *name, const char *value, int64_t lives_s)
{
	g_autofree char *age = g_strdup_printf("; Max-Age=%" PRId64, value ? lives_s : 0);

	if (!call->cookies)
		call->cookies = g_ptr_array_new_with_free_func(g_free);
	g_ptr_array_add(call->cookies,
			g_strdup_printf("%s=%s; HttpOnly; SameSite=Strict; Path=/%s%s", name,
					value ? value : "", call->admin->secure ? "; Secure" : "",
					value && lives_s == 0 ? "" : age));
}
