#include "catalog/base/job_list.h"

#include <stddef.h>
#include <string.h>

const char *const sl_job_states[] = {"queued", "running", "done", "failed", "cancelled", NULL};

static const char *
by_kind(gconstpointer item)
{
	return ((const SlJobInfo *)item)->kind;
}

static const char *
by_subject(gconstpointer item)
{
	return ((const SlJobInfo *)item)->subject;
}

static const char *
by_person(gconstpointer item)
{
	return ((const SlJobInfo *)item)->person;
}

/* In the order in which a job goes through them. */
static int64_t
by_state(gconstpointer item)
{
	int64_t i = 0;

	while (strcmp(sl_job_states[i], ((const SlJobInfo *)item)->state) != 0)
		i++;
	return i;
}

/* What still runs stands behind what has ended. */
static int64_t
by_end(gconstpointer item)
{
	int64_t at = ((const SlJobInfo *)item)->finished_at;

	return at ? at : INT64_MAX;
}

static const SlListingKey keys[] = {
	{"id", .at = offsetof(SlJobInfo, id)},
	{"kind", .text = by_kind},
	{"subject", .text = by_subject},
	{"person", .text = by_person},
	{"state", .number = by_state},
	{"started_at", .at = offsetof(SlJobInfo, started_at)},
	{"finished_at", .number = by_end},
	{NULL},
};

static bool
has_text(const char *text, const char *folded)
{
	g_autofree char *own = g_utf8_casefold(text ? text : "", -1);

	return strstr(own, folded) != NULL;
}

static bool
fits(gconstpointer item, gconstpointer data)
{
	const SlJobInfo *one = item;
	const SlJobFilter *filter = data;
	g_autofree char *folded = filter->text ? g_utf8_casefold(filter->text, -1) : NULL;

	return (!filter->kind || strcmp(one->kind, filter->kind) == 0) &&
	       (!filter->state || strcmp(one->state, filter->state) == 0) &&
	       (!folded || has_text(one->subject, folded) || has_text(one->person, folded) ||
		has_text(one->error, folded));
}

GPtrArray *
sl_job_list(SlJobs *jobs, const SlJobFilter *filter, int64_t *ret_total, GError **error)
{
	g_autoptr(GPtrArray) list = sl_jobs_list(jobs);

	sl_listing_keep(list, fits, filter);
	return sl_listing_cut(list, keys, &filter->page, ret_total, error) ? g_steal_pointer(&list)
									   : NULL;
}
