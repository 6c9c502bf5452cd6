/* redirect.h - which redirects of an upstream are followed */
#pragma once

#include <stdbool.h>

#include "catalog/base/error.h"

/* One redirect of a download under way. */
typedef struct {
	const char *asked; /* the address that was asked for at first */
	const char *from;  /* where the download is by now */
	const char *to;	   /* where it should go; NULL or "" where the answer does not say */
	bool internal;	   /* the upstream may have a private address */
	int followed;	   /* redirects so far */
} SlRedirect;

/**
 * Whether to follow it: by http or https, never from https to http, SL_LIMIT_REDIRECTS at most; an
 * internal upstream leads to its own host and port, as they are spelled, and nowhere else. Where a
 * name leads is looked at when it is connected to (address.h).
 *
 * @param error  SL_ERROR_DENIED
 */
bool sl_redirect_check(const SlRedirect *redirect, GError **error);
