/* tls.h - what a listener proves its name with: a certificate and its key */
#pragma once

#include <glib.h>

#include "catalog/base/error.h"

typedef struct {
	char *certificate; /* PEM: its own first, then those that lead to a root */
	char *key;	   /* PEM */
} SlTls;

/** Reads PEM files; SL_ERROR_INVALID when they are none, or do not belong together. */
SlTls *sl_tls_load(const char *certificate, const char *key, GError **error);
void sl_tls_free(SlTls *tls);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SlTls, sl_tls_free)
