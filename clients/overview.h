/* overview.h - the fleet in a few figures
 *
 * All of it comes from counts that are kept: it costs the same however many computers there are.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "catalog/base/db.h"
#include "clients/standing.h"

typedef struct {
	int64_t computers;	       /* active ones, silent ones among them */
	int64_t standing[SL_STATUSES]; /* those by what they come to */
	int64_t pending;	       /* waiting for a person to let them in */
	int64_t missing; /* updates that computers lack, added up over those that are not silent */
	int64_t failing; /* approved updates that failed somewhere */
	int64_t overdue[SL_RATINGS]; /* computers; one that is overdue twice counts twice */
} SlOverview;

bool sl_overview_read(SlDb *db, int64_t now_at, SlOverview *ret_overview, GError **error);

/** Ids (int64_t, owned) of the approved updates that failed somewhere: as many as .failing. */
GHashTable *sl_overview_failing(SlDb *db, int64_t now_at, GError **error);

/** Updates that a computer lacks on average, of those that are not silent; 0 where there is none.
 */
double sl_overview_average_missing(const SlOverview *overview);
