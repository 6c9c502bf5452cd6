/* inventory.h - what is installed: kinds of installation, stored once each
 *
 * An inventory is a set of items (name, version, architecture), named by its digest. Machines that
 * have the same installed share one; those that differ share the items.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "catalog/base/db.h"

/** The id of the inventory with a digest; 0 where there is none. False on failure. */
bool sl_inventory_find(SlDb *db, const char *digest, int64_t *ret_id, GError **error);

/**
 * Stores a set that is not there yet.
 *
 * @param packages  (element-type SlReportPackage), without twins
 *
 * @return its id, or 0 with the error set
 */
int64_t sl_inventory_add(SlDb *db, const char *digest, const GPtrArray *packages, GError **error);

/**
 * Whether a computer may bring a set that nobody has: so many at once, then one an hour.
 *
 * @param until_at  what it has spent lasts until then; moves on when it may
 */
bool sl_inventory_may_add(int64_t *until_at, int64_t now_at);

/** Its packages by item; (element-type SlReportPackage), owned. SL_ERROR_NOT_FOUND. */
GPtrArray *sl_inventory_packages(SlDb *db, int64_t id, GError **error);

/** Calls func for each item id of an inventory's items. False when the bytes are wrong. */
bool sl_inventory_each(const void *items, size_t size, void (*func)(int64_t item, gpointer data),
		       gpointer data);

/** Removes one unless a computer still has it; its items stay until they are pruned. */
bool sl_inventory_drop(SlDb *db, int64_t id, GError **error);

/** Removes inventories that no computer has, then items that are in none. */
bool sl_inventory_prune(SlDb *db, int64_t *ret_removed, GError **error);
