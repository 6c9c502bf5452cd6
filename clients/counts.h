/* counts.h - how many computers have which status, slot by slot, for each group */
#pragma once

#include <glib.h>
#include <stdint.h>

#include "clients/status.h"

/* A group's: SL_STATUSES for each slot, the computers themselves (slot -1) in front. */
typedef GArray SlCounts; /* (element-type int64_t) */

/** group -> SlCounts; unreference it. */
GHashTable *sl_counts_new(void);
/** A group's, made where it has none. */
SlCounts *sl_counts_of(GHashTable *groups, int64_t group_id);
void sl_counts_add(SlCounts *counts, int64_t slot, SlStatus status, int64_t n);
/** counts may be NULL: the group has no computers. */
int64_t sl_counts_get(const SlCounts *counts, int64_t slot, SlStatus status);
