/* base_package.h - what machines have from their base suite directly: known, never published */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "catalog/base/db.h"

/** Takes stage.item (name, architecture, version, provides) in place of what a base upstream had.
 */
bool sl_base_package_replace_staged(SlDb *db, int64_t upstream_id, GError **error);

typedef struct {
	char *name;
	char *version;
	char *provides;
} SlBasePackage;

void sl_base_package_free(SlBasePackage *package);

/**
 * Packages named so, or whose Provides mention the name, in base upstreams that serve a system the
 * updates upstream serves; (element-type SlBasePackage), owned.
 */
GPtrArray *sl_base_package_find(SlDb *db, int64_t for_upstream_id, const char *name,
				GError **error);
