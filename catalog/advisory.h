/* advisory.h - advisories: which version of which source package fixes which CVEs */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "catalog/base/db.h"
#include "catalog/format/dsa_list.h"

/**
 * Keeps the entries of a list, replacing those known under the same id, and attaches them to the
 * updates that fix them; within the caller's transaction.
 *
 * @param entries   (element-type SlDsaEntry)
 * @param ret_found how many updates have an advisory afterwards
 */
bool sl_advisory_import(SlDb *db, GPtrArray *entries, int64_t *ret_found, GError **error);

/**
 * Attaches known advisories to an upstream's updates: same source package, version at or above the
 * fixed one, suite served to that release. 0 for all upstreams. An update that was there at the
 * first sync is then taken to be released on the day of the advisory that its very version is of.
 */
bool sl_advisory_attach(SlDb *db, int64_t upstream_id, GError **error);

/** How many are known; -1 on error. */
int64_t sl_advisory_count(SlDb *db, GError **error);

typedef struct {
	char *id;
	int64_t at; /* seconds since 1970 */
	char *title;
	char *cves; /* separated by blanks */
} SlAdvisory;

void sl_advisory_free(SlAdvisory *advisory);

/** Those an update fixes, newest first; (element-type SlAdvisory), owned. */
GPtrArray *sl_advisory_of_update(SlDb *db, int64_t update_id, GError **error);
