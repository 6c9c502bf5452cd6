#include "clients/overview.h"

#include "clients/coverage.h"
#include "clients/overdue.h"

/* From a channel's line. */
static void
add_channel(SlOverview *overview, const SlCoverageLine *line)
{
	overview->computers += line->computers;
	for (int i = 0; i < SL_STATUSES; i++) {
		overview->standing[i] += line->standing[i];
		if (sl_status_is_missing((SlStatus)i))
			overview->missing += line->n[i];
	}
}

GHashTable *
sl_overview_failing(SlDb *db, int64_t now_at, GError **error)
{
	g_autoptr(GHashTable) ids =
		g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
	g_autoptr(GPtrArray) lines = sl_coverage_by_update(db, now_at, error);

	/* one for each channel that has the update */
	for (guint i = 0; lines && i < lines->len; i++) {
		const SlCoverageLine *line = lines->pdata[i];

		if (line->n[SL_STATUS_FAILED] > 0)
			g_hash_table_add(ids, g_memdup2(&line->id, sizeof(line->id)));
	}
	return lines ? g_steal_pointer(&ids) : NULL;
}

static bool
count_pending(SlDb *db, int64_t *ret_pending, GError **error)
{
	g_autoptr(SlQuery) query =
		sl_query_new(db, "SELECT count(*) FROM computer WHERE state = 'pending'");

	if (sl_query_step(query, error) != SL_ROW)
		return false;
	*ret_pending = sl_query_int(query, 0);
	return true;
}

bool
sl_overview_read(SlDb *db, int64_t now_at, SlOverview *ret_overview, GError **error)
{
	g_autoptr(GPtrArray) channels = sl_coverage_by_channel(db, now_at, error);
	g_autoptr(GHashTable) failing = channels ? sl_overview_failing(db, now_at, error) : NULL;
	SlOverview overview = {0};

	if (!failing || !count_pending(db, &overview.pending, error) ||
	    !sl_overdue_count(db, now_at, overview.overdue, error))
		return false;
	for (guint i = 0; i < channels->len; i++)
		add_channel(&overview, channels->pdata[i]);
	overview.failing = g_hash_table_size(failing);
	*ret_overview = overview;
	return true;
}

double
sl_overview_average_missing(const SlOverview *overview)
{
	int64_t heard_of = overview->computers - overview->standing[SL_STATUS_SILENT];

	return heard_of > 0 ? (double)overview->missing / (double)heard_of : 0;
}
