/* schema.h - making the tables, and bringing older ones up to date
 *
 * The schema comes in parts (the catalog's and the fleet's). Each has a version, the SQL that
 * makes it from nothing, and a step from each older version to the next. All parts are made or
 * migrated in one transaction; a failure stops the start.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "catalog/base/db.h"

typedef struct {
	const char *name;	  /* 'catalog', 'clients' */
	int64_t version;	  /* what this program needs, from 1 */
	const char *whole;	  /* SQL that makes this version in an empty database */
	const char *const *steps; /* steps[i] leads from version i + 1 to i + 2 */
} SlSchemaPart;

/** The catalog's own part. */
const SlSchemaPart *sl_schema_catalog(void);

/**
 * Makes or migrates the tables of all parts, in their order, and makes server_id and epoch.
 *
 * @param parts  ends with NULL
 * @param error  SL_ERROR_CONFLICT when the database is of a newer program
 */
bool sl_schema_apply(SlDb *db, const SlSchemaPart *const *parts, GError **error);

/** A text of the table meta; SL_ERROR_NOT_FOUND. */
char *sl_meta_text(SlDb *db, const char *key, GError **error);
bool sl_meta_set(SlDb *db, const char *key, const char *value, GError **error);

/** The epoch: raised by each restore, so that what was true before cannot win. */
bool sl_meta_epoch(SlDb *db, int64_t *ret_epoch, GError **error);
bool sl_meta_raise_epoch(SlDb *db, GError **error);
