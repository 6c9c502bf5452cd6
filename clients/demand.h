/* demand.h - how many computers need each update that nobody approved yet
 *
 * The statuses that computers keep are those of approved updates. What the others would reach is
 * counted from the inventories, for all of them in one walk: a snapshot, made anew when computers
 * or the catalog have something new to say. Computers that are silent are left out, as they are of
 * the counts of approved updates.
 */
#pragma once

#include <glib.h>
#include <stdint.h>

#include "catalog/base/db.h"

typedef struct SlDemand SlDemand; /* never changes */

/** @param db  a reading connection outside of any transaction */
SlDemand *sl_demand_count(SlDb *db, GError **error);
SlDemand *sl_demand_ref(SlDemand *demand);
void sl_demand_unref(SlDemand *demand);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SlDemand, sl_demand_unref)

/** Update -> computers that need it, both int64_t; the demand's. */
GHashTable *sl_demand_table(const SlDemand *demand);
/** Computers that need an update; -1 where that was not counted: it is older than another. */
int64_t sl_demand_of(const SlDemand *demand, int64_t update_id);
