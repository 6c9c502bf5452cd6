#include "catalog/upstream/address.h"

#include <glib.h>
#include <netinet/in.h>
#include <stdint.h>
#include <string.h>

/* RFC 6890 and its registry: what is not for the public internet */
static bool
is_public_v4(uint32_t address)
{
	static const struct {
		uint32_t network;
		int bits;
	} closed[] = {
		{0x00000000, 8},  {0x0a000000, 8},  {0x64400000, 10}, {0x7f000000, 8},
		{0xa9fe0000, 16}, {0xac100000, 12}, {0xc0000000, 24}, {0xc0a80000, 16},
		{0xc6120000, 15}, {0xe0000000, 4},  {0xf0000000, 4},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(closed); i++)
		if ((address ^ closed[i].network) >> (32 - closed[i].bits) == 0)
			return false;
	return true;
}

static bool
is_public_v6(const uint8_t *byte)
{
	static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
	static const uint8_t nat64[12] = {0, 0x64, 0xff, 0x9b};
	static const uint8_t zero[12] = {0};
	uint32_t last = (uint32_t)byte[12] << 24 | (uint32_t)byte[13] << 16 |
			(uint32_t)byte[14] << 8 | byte[15];

	if (memcmp(byte, mapped, 12) == 0 || memcmp(byte, nat64, 12) == 0)
		return is_public_v4(last);
	if (memcmp(byte, zero, 12) == 0)
		return false;			/* ::, ::1, and IPv4-compatible ones */
	if (byte[0] == 0x20 && byte[1] == 0x02) /* 6to4 */
		return is_public_v4((uint32_t)byte[2] << 24 | (uint32_t)byte[3] << 16 |
				    (uint32_t)byte[4] << 8 | byte[5]);
	/* global unicast is 2000::/3 */
	return (byte[0] & 0xe0) == 0x20;
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
