/* dsa_list.h - the Debian security tracker's list of advisories
 *
 * An entry begins with "[11 Nov 2026] DSA-6050-1 openssl - security update" in the first
 * column; the indented lines after it name CVEs in braces, and per release the fixed version:
 * "[bookworm] - openssl 3.0.17-1~deb12u3". Notes are passed over. The list states no urgency.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "catalog/base/error.h"

typedef struct {
	char *os_codename;
	char *name; /* source package */
	char *version;
} SlDsaFix;

typedef struct {
	char *id;	  /* "DSA-6050-1" */
	int64_t at;	  /* its date, seconds since 1970 */
	char *title;	  /* "openssl - security update" */
	GPtrArray *cves;  /* (owned, element-type utf8): as listed, so one may be there twice */
	GPtrArray *fixes; /* (owned, element-type SlDsaFix) */
} SlDsaEntry;

void sl_dsa_entry_free(SlDsaEntry *entry);

/** All entries in the list's order; (element-type SlDsaEntry). SL_ERROR_INVALID names the line. */
GPtrArray *sl_dsa_list_parse(const char *text, size_t size, GError **error);
