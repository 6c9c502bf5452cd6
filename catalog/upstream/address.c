#include "catalog/upstream/address.h"

#include <glib.h>
#include <netinet/in.h>
#include <stdint.h>
#include <string.h>

/* The IANA registries of special-purpose addresses, and multicast: what is not for the public
 * internet, or leads to something that may not be. Of blocks that are closed but for a few anycast
 * services the whole is: no upstream lives there. */
static const struct {
	uint32_t network;
	int bits;
} closed_v4[] = {
	{0x00000000, 8},  /* 0.0.0.0/8: this network */
	{0x0a000000, 8},  /* 10.0.0.0/8: private */
	{0x64400000, 10}, /* 100.64.0.0/10: carriers' own */
	{0x7f000000, 8},  /* 127.0.0.0/8: loopback */
	{0xa9fe0000, 16}, /* 169.254.0.0/16: link-local */
	{0xac100000, 12}, /* 172.16.0.0/12: private */
	{0xc0000000, 24}, /* 192.0.0.0/24: protocol assignments */
	{0xc0000200, 24}, /* 192.0.2.0/24: documentation */
	{0xc0586300, 24}, /* 192.88.99.0/24: 6to4 relays, given up */
	{0xc0a80000, 16}, /* 192.168.0.0/16: private */
	{0xc6120000, 15}, /* 198.18.0.0/15: benchmarks */
	{0xc6336400, 24}, /* 198.51.100.0/24: documentation */
	{0xcb007100, 24}, /* 203.0.113.0/24: documentation */
	{0xe0000000, 4},  /* 224.0.0.0/4: multicast */
	{0xf0000000, 4},  /* 240.0.0.0/4: reserved, broadcast */
};

typedef struct {
	uint8_t network[16];
	int bits;
} Prefix;

/* Within 2000::/3; nothing outside it is global unicast. */
static const Prefix closed_v6[] = {
	{{0x20, 0x01}, 23},		/* 2001::/23: protocol assignments, Teredo, benchmarks */
	{{0x20, 0x01, 0x0d, 0xb8}, 32}, /* 2001:db8::/32: documentation */
	{{0x3f, 0xff}, 20},		/* 3fff::/20: documentation */
};

/* Those that carry an IPv4 address, right behind the prefix: they are what it is. */
static const Prefix carriers[] = {
	{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}, 96}, /* ::ffff:0:0/96: mapped */
	{{0, 0x64, 0xff, 0x9b}, 96},			  /* 64:ff9b::/96: NAT64 */
	{{0x20, 0x02}, 16},				  /* 2002::/16: 6to4 */
};

static bool
is_public_v4(uint32_t address)
{
	for (size_t i = 0; i < G_N_ELEMENTS(closed_v4); i++)
		if ((address ^ closed_v4[i].network) >> (32 - closed_v4[i].bits) == 0)
			return false;
	return true;
}

static bool
is_within(const uint8_t *address, const Prefix *prefix)
{
	int bytes = prefix->bits / 8, bits = prefix->bits % 8;

	return memcmp(address, prefix->network, (size_t)bytes) == 0 &&
	       (bits == 0 || (address[bytes] ^ prefix->network[bytes]) >> (8 - bits) == 0);
}

static bool
is_public_v6(const uint8_t *address)
{
	static const Prefix global = {{0x20}, 3};

	for (size_t i = 0; i < G_N_ELEMENTS(carriers); i++) {
		const uint8_t *v4 = address + carriers[i].bits / 8;

		if (is_within(address, &carriers[i]))
			return is_public_v4((uint32_t)v4[0] << 24 | (uint32_t)v4[1] << 16 |
					    (uint32_t)v4[2] << 8 | v4[3]);
	}
	for (size_t i = 0; i < G_N_ELEMENTS(closed_v6); i++)
		if (is_within(address, &closed_v6[i]))
			return false;
	return is_within(address, &global);
}

bool
sl_address_is_public(const struct sockaddr *address)
{
	if (address->sa_family == AF_INET) {
		struct sockaddr_in v4;

		memcpy(&v4, address, sizeof v4);
		return is_public_v4(ntohl(v4.sin_addr.s_addr));
	}
	if (address->sa_family == AF_INET6) {
		struct sockaddr_in6 v6;

		memcpy(&v6, address, sizeof v6);
		return is_public_v6(v6.sin6_addr.s6_addr);
	}
	return false;
}
