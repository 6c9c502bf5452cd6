/* proxies.h - where a request came from, with reverse proxies in front of us
 *
 * X-Forwarded-For is anybody's word. Each proxy adds the address that it was asked from at the
 * right, so it is read from there, as far as proxies that the configuration trusts wrote it.
 */
#pragma once

#include <glib.h>

#include "catalog/base/error.h"

typedef struct SlProxies SlProxies;

/**
 * Those that are trusted.
 *
 * @param texts  addresses and prefixes: "192.0.2.1", "2001:db8::/32"; "" is none
 * @param error  SL_ERROR_INVALID names the text that is neither, or would trust everybody
 */
SlProxies *sl_proxies_new(const char *const *texts, GError **error);
void sl_proxies_free(SlProxies *proxies);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SlProxies, sl_proxies_free)

/**
 * The first address, from the peer on, that is no trusted proxy's; the last one where all are. The
 * peer's where a trusted proxy handed on what is no list of addresses. From any thread.
 *
 * @param forwarded  all of X-Forwarded-For; "" where there is none
 * @return as inet_ntop writes it, IPv4 also where it came as IPv6; owned
 */
char *sl_proxies_source(const SlProxies *proxies, const char *peer, const char *forwarded);
