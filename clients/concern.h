/* concern.h - how many computers revisions would reach, approved or not
 *
 * Counted from what computers have installed, for many revisions in one walk over the inventories:
 * a revision concerns a computer that has one of its packages in a lower version, on a system that
 * its upstream serves.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "catalog/base/db.h"

typedef struct SlConcern SlConcern;

/**
 * @param db      a reading connection, which outlives it
 * @param silent  whether silent computers count as well
 */
SlConcern *sl_concern_new(SlDb *db, bool silent);
void sl_concern_free(SlConcern *concern);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SlConcern, sl_concern_free)

/**
 * Adds a revision to count.
 *
 * @param channel_id  whose computers; 0: all
 */
bool sl_concern_add(SlConcern *concern, int64_t channel_id, int64_t revision_id, GError **error);

/**
 * Counts active computers.
 *
 * @param ret_n    for each that was added, in that order
 * @param ret_any  computers that at least one of them concerns
 */
bool sl_concern_count(SlConcern *concern, int64_t *ret_n, int64_t *ret_any, GError **error);
