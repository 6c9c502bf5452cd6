/* coverage_curve.h - coverage over time: what the history kept, and now
 *
 * A curve adds up its lines: between two rows each stands as its last row says. The last point is
 * always now.
 */
#pragma once

#include <glib.h>
#include <stdint.h>

#include "catalog/base/db.h"
#include "clients/coverage_history.h"

typedef enum {
	SL_CURVES_UPDATE,  /* one update, a curve for each channel that has it */
	SL_CURVES_RATING,  /* statuses of the updates of each rating, "none" for those not rated */
	SL_CURVES_CHANNEL, /* computers of each channel by what they come to */
	SL_CURVES_ALL,	   /* all computers, likewise */
} SlCurvesBy;

typedef struct {
	int64_t at; /* seconds since 1970 */
	SlCoveragePoint point;
} SlCurvePoint;

typedef struct {
	char *name;	     /* of the update, rating or channel; "all" */
	char *channel;	     /* of an update's; NULL in the others */
	int64_t from_at;     /* approval of an update; 0 in the others */
	int64_t deadline_at; /* of an update; 0: none */
	GArray *points;	     /* (owned, element-type SlCurvePoint): oldest first */
} SlCurve;

void sl_curve_free(SlCurve *curve);

/**
 * Curves from a time on: at most one point a day but for an update's; (element-type SlCurve),
 * owned.
 *
 * @param name   of the one update, rating or channel; NULL: all, but an update has to be named
 * @param error  SL_ERROR_INVALID, SL_ERROR_NOT_FOUND
 */
GPtrArray *sl_coverage_curves(SlDb *db, SlCurvesBy by, const char *name, int64_t since_at,
			      int64_t now_at, GError **error);
