/* package_list.h - the packages of an update with their payloads, a page at a time */
#pragma once

#include "catalog/base/listing.h"

typedef struct {
	char *name;
	char *version;
	char *architecture;
	char *component;
	char *filename; /* path below the upstream's address */
	char *sha256;	/* of its payload, as the following */
	int64_t size;
	int64_t stored_at;  /* when it was verified and stored, seconds since 1970; 0: it is not */
	char *index_sha256; /* of the signed index that named it; "" before */
	char *fingerprint;  /* of the key that signed that; "" before */
} SlPackageLine;

void sl_package_line_free(SlPackageLine *line);

/* What a listing is narrowed to; NULL: any. */
typedef struct {
	int64_t update_id; /* of its newest revision */
	const char *text;  /* in the package's name */
	const char *architecture;
	SlListingPage page; /* sorted by name, version, architecture, component, size, stored_at */
} SlPackageFilter;

/** By name, version and architecture; (element-type SlPackageLine), owned. */
GPtrArray *sl_package_list(SlDb *db, const SlPackageFilter *filter, int64_t *ret_total,
			   GError **error);
