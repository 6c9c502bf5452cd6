/* coverage_history.h - what coverage was, so that curves can be drawn
 *
 * A line is an update in a channel that has it, or a channel's computers as a whole. It has a row
 * where it became something else: at most one a day (UTC), and in the first two days of an update
 * one at each writing, for then it moves. 500 updates that all change every day add 183,000 rows a
 * year for each channel that has them, 6 MB; rows older than SL_COVERAGE_HISTORY_KEPT_S go.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "catalog/base/db.h"
#include "clients/coverage.h"

#define SL_COVERAGE_HISTORY_KEPT_S (INT64_C(400) * 86400)

/* Computers at one moment. */
typedef struct {
	int64_t covered; /* also those that an update does not concern */
	int64_t missing;
	int64_t reboot;
	int64_t failed;
	int64_t unknown;
	int64_t silent;
} SlCoveragePoint;

typedef struct {
	int64_t channel_id;
	int64_t update_id; /* 0: the channel's computers */
	int64_t at;	   /* seconds since 1970 */
	SlCoveragePoint point;
} SlCoverageRow;

/** What a line counts now, of an update or of a channel. */
SlCoveragePoint sl_coverage_point(const SlCoverageLine *line);
/** All computers of a point. */
int64_t sl_coverage_point_computers(const SlCoveragePoint *point);

/** What is to be written of this moment; (element-type SlCoverageRow), owned. */
GArray *sl_coverage_history_due(SlDb *db, int64_t now_at, GError **error);
/** Within the caller's transaction. */
bool sl_coverage_history_add(SlDb *db, const GArray *rows, GError **error);
/** Removes what no curve from before_at on needs; within the caller's transaction. */
bool sl_coverage_history_prune(SlDb *db, int64_t before_at, GError **error);
