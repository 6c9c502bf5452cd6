/* apt_private.h - what the halves of reading a Debian archive share: its Release, its indexes */
#pragma once

#include "catalog/format/release.h"
#include "catalog/upstream/upstream.h"

typedef struct {
	const SlUpstreamContext *context;
	const SlUpstream *upstream;
	int64_t *bytes;
	GBytes *text; /* the signed text */
	SlRelease *release;
	SlUpstreamNews *news;
} SlAptBringing;

/** Address of a file of the suite; owned. */
char *sl_apt_url(const SlAptBringing *b, const char *path);

/**
 * Downloads, verifies and stages the indexes, unless the catalog has all of them as they are.
 *
 * @param error  SL_ERROR_UPSTREAM, SL_ERROR_NOT_FOUND, SL_ERROR_INTEGRITY, SL_ERROR_LIMIT,
 *               SL_ERROR_INVALID, SL_ERROR_CANCELLED, SL_ERROR_IO
 */
bool sl_apt_bring_indexes(SlAptBringing *b, GError **error);
