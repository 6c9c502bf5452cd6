/* tls.h - what a listener proves its name with: a certificate and its key, also new ones later */
#pragma once

#include <glib.h>
#include <gnutls/abstract.h>
#include <stdbool.h>

#include "catalog/base/error.h"

typedef struct SlTls SlTls;

/** Reads PEM files; SL_ERROR_INVALID when they are none, or do not belong together. */
SlTls *sl_tls_load(const char *certificate, const char *key, GError **error);
void sl_tls_free(SlTls *tls);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SlTls, sl_tls_free)

/**
 * Reads them again, for connections that begin from now on; one thread at a time. On failure it
 * stays with those it has.
 */
bool sl_tls_reload(SlTls *tls, const char *certificate, const char *key, GError **error);

/** What to show to a client now; it lives as long as tls. From any thread. */
void sl_tls_show(const SlTls *tls, gnutls_pcert_st **ret_chain, unsigned *ret_count,
		 gnutls_privkey_t *ret_key);
