/* address.h - which network addresses an upstream may lead us to */
#pragma once

#include <stdbool.h>
#include <sys/socket.h>

/**
 * Whether an address is on the public internet: not loopback, link-local, private, multicast,
 * unspecified, reserved, documentation, or one of these in IPv6's clothes.
 */
bool sl_address_is_public(const struct sockaddr *address);
