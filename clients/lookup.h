/* lookup.h - computers' statuses for one update, approved or not
 *
 * An update that was ever approved has its slot in the packed statuses. Of another one statuses
 * follow from the inventories, each looked at once for a system.
 */
#pragma once

#include <glib.h>
#include <stdint.h>

#include "catalog/base/db.h"
#include "clients/status.h"

typedef struct SlLookup SlLookup;

/** @param db  a reading connection, which outlives it; SL_ERROR_NOT_FOUND */
SlLookup *sl_lookup_new(SlDb *db, int64_t update_id, GError **error);
void sl_lookup_free(SlLookup *lookup);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SlLookup, sl_lookup_free)

/** The update's slot; -1: ask sl_lookup_derive. */
int64_t sl_lookup_slot(const SlLookup *lookup);

/** The status of a computer; inventory_id 0: it has not said what it has. */
SlStatus sl_lookup_derive(SlLookup *lookup, int64_t inventory_id, const char *os_id,
			  const char *os_codename);
