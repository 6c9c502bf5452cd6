#include "server/http/proxies.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>

#include "catalog/base/text.h"

#define BITS	128
#define V4_BITS 32

typedef struct {
	struct in6_addr address;
	unsigned bits; /* of it that count; never 0 */
} Prefix;

struct SlProxies {
	GArray *prefixes; /* (element-type Prefix) */
};

/* IPv4 as the part of IPv6 that it is there, so that either way to write it is the same. */
static bool
read_address(const char *text, size_t size, struct in6_addr *ret_address)
{
	char copy[INET6_ADDRSTRLEN] = "";
	struct in_addr v4;

	if (size >= sizeof copy)
		return false;
	memcpy(copy, text, size);
	if (inet_pton(AF_INET6, copy, ret_address) == 1)
		return true;
	if (inet_pton(AF_INET, copy, &v4) != 1)
		return false;
	*ret_address = (struct in6_addr){.s6_addr = {[10] = 0xff, [11] = 0xff}};
	memcpy(ret_address->s6_addr + 12, &v4, sizeof v4);
	return true;
}

static char *
write_address(const struct in6_addr *address)
{
	char text[INET6_ADDRSTRLEN] = "";

	if (IN6_IS_ADDR_V4MAPPED(address))
		inet_ntop(AF_INET, address->s6_addr + 12, text, sizeof text);
	else
		inet_ntop(AF_INET6, address, text, sizeof text);
	return g_strdup(text);
}

static bool
read_prefix(const char *text, Prefix *ret_prefix)
{
	size_t size = strcspn(text, "/");
	int64_t most, bits;

	if (!read_address(text, size, &ret_prefix->address))
		return false;
	most = memchr(text, ':', size) ? BITS : V4_BITS;
	bits = most;
	if (text[size] == '/' && !sl_text_int(text + size + 1, 1, most, &bits, NULL))
		return false;
	ret_prefix->bits = (unsigned)(bits + BITS - most);
	return true;
}

SlProxies *
sl_proxies_new(const char *const *texts, GError **error)
{
	g_autoptr(SlProxies) proxies = g_new0(SlProxies, 1);

	proxies->prefixes = g_array_new(FALSE, FALSE, sizeof(Prefix));
	for (; *texts; texts++) {
		Prefix prefix;

		if (!**texts)
			continue;
		if (!read_prefix(*texts, &prefix)) {
			g_autofree char *shown = sl_text_escape(*texts);

			sl_error_set(error, SL_ERROR_INVALID,
				     "'%s' is no address or prefix like 192.0.2.1 or "
				     "2001:db8::/32; between them are blanks",
				     shown);
			return NULL;
		}
		g_array_append_val(proxies->prefixes, prefix);
	}
	return g_steal_pointer(&proxies);
}

void
sl_proxies_free(SlProxies *proxies)
{
	if (!proxies)
		return;
	g_array_unref(proxies->prefixes);
	g_free(proxies);
}

static bool
matches(const Prefix *prefix, const struct in6_addr *address)
{
	size_t whole = prefix->bits / 8;
	uint8_t mask = (uint8_t)(0xff00 >> prefix->bits % 8);

	return memcmp(prefix->address.s6_addr, address->s6_addr, whole) == 0 &&
	       (mask == 0 ||
		((prefix->address.s6_addr[whole] ^ address->s6_addr[whole]) & mask) == 0);
}

static bool
is_trusted(const SlProxies *proxies, const struct in6_addr *address)
{
	for (guint i = 0; i < proxies->prefixes->len; i++)
		if (matches(&g_array_index(proxies->prefixes, Prefix, i), address))
			return true;
	return false;
}

/* The address behind the last comma; *end moves in front of that comma, NULL: there is none. */
static bool
take_last(const char *list, const char **end, struct in6_addr *ret_address)
{
	const char *stop = *end;
	const char *comma = memrchr(list, ',', (size_t)(stop - list));
	const char *start = comma ? comma + 1 : list;

	while (start < stop && strchr(" \t", *start))
		start++;
	while (stop > start && strchr(" \t", stop[-1]))
		stop--;
	*end = comma;
	return read_address(start, (size_t)(stop - start), ret_address);
}

char *
sl_proxies_source(const SlProxies *proxies, const char *peer, const char *forwarded)
{
	const char *end = *forwarded ? forwarded + strlen(forwarded) : NULL;
	struct in6_addr address;

	if (!read_address(peer, strlen(peer), &address))
		return g_strdup(peer);
	while (end && is_trusted(proxies, &address))
		if (!take_last(forwarded, &end, &address))
			return g_strdup(peer);
	return write_address(&address);
}
