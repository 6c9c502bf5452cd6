/* A source is the peer or an address of the list, and no trusted one unless all are.
 *
 * Input: a line with the peer's address, then X-Forwarded-For.
 */
#include <arpa/inet.h>
#include <string.h>

#include "fuzz.h"
#include "server/http/proxies.h"

/* As one writes an address, IPv4 in whichever form; NULL: it is none. */
static char *
normal(const char *text)
{
	unsigned char bytes[16];
	char written[INET6_ADDRSTRLEN];

	if (inet_pton(AF_INET, text, bytes) == 1)
		inet_ntop(AF_INET, bytes, written, sizeof written);
	else if (inet_pton(AF_INET6, text, bytes) == 1)
		inet_ntop(AF_INET6, bytes, written, sizeof written);
	else
		return NULL;
	return g_strdup(g_str_has_prefix(written, "::ffff:") && strchr(written, '.') ? written + 7
										     : written);
}

static bool
is_trusted(const char *address)
{
	return g_str_has_prefix(address, "10.") || strcmp(address, "127.0.0.1") == 0 ||
	       (g_str_has_prefix(address, "fd") && strcspn(address, ":") == 4);
}

/* The same, read from the left. */
static char *
model(const char *peer, const char *forwarded)
{
	g_auto(GStrv) parts = g_strsplit(forwarded, ",", -1);
	char *source = normal(peer);

	if (!source)
		return g_strdup(peer);
	for (guint i = g_strv_length(parts); i > 0 && is_trusted(source); i--) {
		g_free(source);
		source = NULL;
		while (strchr(" \t", parts[i - 1][0]) && parts[i - 1][0])
			memmove(parts[i - 1], parts[i - 1] + 1, strlen(parts[i - 1]));
		while (parts[i - 1][0] && strchr(" \t", parts[i - 1][strlen(parts[i - 1]) - 1]))
			parts[i - 1][strlen(parts[i - 1]) - 1] = '\0';
		source = normal(parts[i - 1]);
		if (!source)
			return g_strdup(peer);
	}
	return source;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const trusted[] = {"10.0.0.0/8", "127.0.0.1", "fd00::/8", NULL};
	g_autofree char *text = g_strndup((const char *)data, size);
	g_auto(GStrv) lines = g_strsplit(text, "\n", 2);
	g_autoptr(SlProxies) proxies = sl_proxies_new(trusted, NULL);
	g_autoptr(SlProxies) any = NULL;
	g_autoptr(GError) error = NULL;
	g_autofree char *source = NULL;
	g_autofree char *expected = NULL;

	if (g_strv_length(lines) != 2)
		return 0;
	source = sl_proxies_source(proxies, lines[0], lines[1]);
	expected = model(lines[0], lines[1]);
	if (strcmp(source, expected) != 0)
		g_error("\"%s\" behind \"%s\": %s, not %s", lines[1], lines[0], source, expected);
	any = sl_proxies_new((const char *const *)lines, &error);
	fuzz_check_error(any != NULL, g_steal_pointer(&error));
	return 0;
}
