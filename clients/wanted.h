/* wanted.h - what computers have of a revision's packages, and which systems it is for
 *
 * A package that became or ceased to be one for all architectures is the same package.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "catalog/base/db.h"

/** @param older  whether the item has a lower version than the revision's package */
typedef void (*SlWantedFunc)(int64_t item, bool older, gpointer data);

/** Calls func for each item of inventories that is a package of the revision. */
bool sl_wanted_each_item(SlDb *db, int64_t revision_id, SlWantedFunc func, gpointer data,
			 GError **error);

/** "ID CODENAME" of the systems that the revision's upstream serves; a set, owned. */
GHashTable *sl_wanted_systems(SlDb *db, int64_t revision_id, GError **error);
