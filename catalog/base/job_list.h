/* job_list.h - jobs, narrowed and sorted, a page at a time */
#pragma once

#include "catalog/base/jobs.h"
#include "catalog/base/listing.h"

/** All that a job's state can be; ends with NULL. */
extern const char *const sl_job_states[];

/* What a listing is narrowed to; NULL: any. */
typedef struct {
	const char *kind;
	const char *state; /* one of sl_job_states */
	const char *text;  /* in its subject, who asked, or how it failed */
	SlListingPage
		page; /* sorted by id, kind, subject, person, state, started_at, finished_at */
} SlJobFilter;

/**
 * Newest first where no other order is asked for; (element-type SlJobInfo), owned.
 *
 * @param ret_total  how many fit in all
 */
GPtrArray *sl_job_list(SlJobs *jobs, const SlJobFilter *filter, int64_t *ret_total, GError **error);
