#include "clients/coverage_list.h"

#include <stddef.h>
#include <string.h>

#include "catalog/rating.h"
#include "clients/group.h"

#define PARTS 1000000 /* of a whole: shares as numbers */

static const char *
by_name(gconstpointer item)
{
	return ((const SlCoverageLine *)item)->name;
}

/* "UPSTREAM/NAME=VERSION": people look for its NAME. */
static const char *
by_update(gconstpointer item)
{
	return strchr(by_name(item), '/') + 1;
}

static const char *
by_channel(gconstpointer item)
{
	return ((const SlCoverageLine *)item)->channel;
}

static int64_t
by_rating(gconstpointer item)
{
	return sl_rating_rank(((const SlCoverageLine *)item)->rating);
}

static int64_t
by_open(gconstpointer item)
{
	return sl_coverage_line_open(item);
}

/* What has no deadline stands behind what has. */
static int64_t
by_deadline(gconstpointer item)
{
	int64_t deadline_at = ((const SlCoverageLine *)item)->deadline_at;

	return deadline_at ? deadline_at : INT64_MAX;
}

/* Of a group or channel: computers that are not covered as a whole. */
static int64_t
by_uncovered(gconstpointer item)
{
	const SlCoverageLine *one = item;

	return one->computers - one->standing[SL_STATUS_INSTALLED];
}

static int64_t
by_share(gconstpointer item)
{
	const SlCoverageLine *one = item;

	return one->computers ? PARTS * one->standing[SL_STATUS_INSTALLED] / one->computers : -1;
}

static const SlListingKey update_keys[] = {
	{"name", .text = by_update},
	{"channel", .text = by_channel},
	{"rating", .number = by_rating},
	{"computers", .at = offsetof(SlCoverageLine, computers)},
	{"open", .number = by_open},
	{"failed", .at = offsetof(SlCoverageLine, n[SL_STATUS_FAILED])},
	{"overdue", .at = offsetof(SlCoverageLine, overdue)},
	{"approved_at", .at = offsetof(SlCoverageLine, from_at)},
	{"deadline_at", .number = by_deadline},
	{NULL},
};

static const SlListingKey computers_keys[] = {
	{"name", .text = by_name},
	{"channel", .text = by_channel},
	{"computers", .at = offsetof(SlCoverageLine, computers)},
	{"share", .number = by_share},
	{"covered", .at = offsetof(SlCoverageLine, standing[SL_STATUS_INSTALLED])},
	{"missing", .at = offsetof(SlCoverageLine, standing[SL_STATUS_NEEDED])},
	{"failed", .at = offsetof(SlCoverageLine, standing[SL_STATUS_FAILED])},
	{"silent", .at = offsetof(SlCoverageLine, standing[SL_STATUS_SILENT])},
	{"open", .number = by_uncovered},
	{"overdue", .at = offsetof(SlCoverageLine, overdue)},
	{NULL},
};

static bool
fits(gconstpointer item, gconstpointer data)
{
	const SlCoverageLine *one = item;
	const SlCoverageFilter *filter = data;

	return (!filter->channel || strcmp(one->channel, filter->channel) == 0) &&
	       (!filter->open || sl_coverage_line_open(one) > 0);
}

static GPtrArray *
read_lines(SlDb *db, const SlCoverageFilter *filter, GError **error)
{
	switch (filter->by) {
	case SL_COVERAGE_GROUP:
		if (filter->group && !sl_group_find(db, filter->group, error))
			return NULL;
		return sl_coverage_by_group(db, filter->group, filter->now_at, error);
	case SL_COVERAGE_CHANNEL:
		return sl_coverage_by_channel(db, filter->now_at, error);
	default:
		return sl_coverage_by_update(db, filter->now_at, error);
	}
}

GPtrArray *
sl_coverage_list(SlDb *db, const SlCoverageFilter *filter, int64_t *ret_total, GError **error)
{
	const SlListingKey *keys = filter->by == SL_COVERAGE_UPDATE ? update_keys : computers_keys;
	g_autoptr(GPtrArray) lines = read_lines(db, filter, error);

	if (!lines)
		return NULL;
	sl_listing_keep(lines, fits, filter);
	return sl_listing_cut(lines, keys, &filter->page, ret_total, error)
		       ? g_steal_pointer(&lines)
		       : NULL;
}
