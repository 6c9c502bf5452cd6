/* coverage_list.h - the lines of coverage, narrowed and sorted, a page at a time */
#pragma once

#include "catalog/base/listing.h"
#include "clients/coverage.h"

typedef enum {
	SL_COVERAGE_UPDATE, /* as sl_coverage_by_update makes them */
	SL_COVERAGE_GROUP,
	SL_COVERAGE_CHANNEL,
} SlCoverageBy;

/* What a listing is narrowed to; NULL and false: any. */
typedef struct {
	SlCoverageBy by;
	const char *group;   /* of groups: this one */
	const char *channel; /* that the line is about */
	bool open;	     /* some computer is not covered */
	int64_t now_at;
	/* sorted by name, channel, computers, open, failed, overdue; updates besides by rating,
	 * approved_at and deadline_at; groups and channels by share (of computers covered),
	 * covered, missing and silent */
	SlListingPage page;
} SlCoverageFilter;

/**
 * In the order of their names where no other is asked for; (element-type SlCoverageLine), owned.
 *
 * @param ret_total  how many fit in all
 * @param error      also SL_ERROR_NOT_FOUND for a group that there is not
 */
GPtrArray *sl_coverage_list(SlDb *db, const SlCoverageFilter *filter, int64_t *ret_total,
			    GError **error);
