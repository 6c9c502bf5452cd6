#include "clients/coverage_history.h"

#include <string.h>

#define DAY_S	INT64_C(86400)
#define YOUNG_S (2 * DAY_S) /* an update's first days */

static SlCoveragePoint
point_of(const int64_t *n, int64_t covered)
{
	return (SlCoveragePoint){
		.covered = covered,
		.missing = n[SL_STATUS_NEEDED] + n[SL_STATUS_DOWNLOADED],
		.reboot = n[SL_STATUS_PENDING_REBOOT],
		.failed = n[SL_STATUS_FAILED],
		.unknown = n[SL_STATUS_UNKNOWN],
		.silent = n[SL_STATUS_SILENT],
	};
}

SlCoveragePoint
sl_coverage_point(const SlCoverageLine *line)
{
	bool of_update = line->from_at != 0;

	return of_update ? point_of(line->n, line->computers - sl_coverage_line_open(line))
			 : point_of(line->standing, line->standing[SL_STATUS_INSTALLED]);
}

int64_t
sl_coverage_point_computers(const SlCoveragePoint *point)
{
	return point->covered + point->missing + point->reboot + point->failed + point->unknown +
	       point->silent;
}

/* The newest row of a line; its time stays where there is none. */
static bool
read_last(SlDb *db, SlCoverageRow *row, GError **error)
{
	g_autoptr(SlQuery) query =
		sl_query_new(db, "SELECT at, covered, missing, reboot, failed, unknown, silent"
				 " FROM coverage_history WHERE channel_id = ?1 AND update_id = ?2"
				 " ORDER BY at DESC LIMIT 1");
	SlStep step;

	sl_query_bind_int(query, 1, row->channel_id);
	sl_query_bind_int(query, 2, row->update_id);
	step = sl_query_step(query, error);
	if (step == SL_ROW) {
		row->at = sl_query_int(query, 0);
		row->point = (SlCoveragePoint){sl_query_int(query, 1), sl_query_int(query, 2),
					       sl_query_int(query, 3), sl_query_int(query, 4),
					       sl_query_int(query, 5), sl_query_int(query, 6)};
	}
	return step != SL_FAILED;
}

/* Adds a line's row if it is time for one. */
static bool
add_due(SlDb *db, GArray *rows, const SlCoverageLine *line, int64_t update_id, int64_t now_at,
	GError **error)
{
	SlCoverageRow row = {line->channel_id, update_id, now_at, sl_coverage_point(line)};
	SlCoverageRow last = {row.channel_id, row.update_id, -1, {0}};
	bool young = line->from_at != 0 && now_at - line->from_at < YOUNG_S;

	if (!read_last(db, &last, error))
		return false;
	if (last.at >= 0 && memcmp(&last.point, &row.point, sizeof row.point) == 0)
		return true;
	/* a clock that was set back writes no history twice */
	if (last.at >= 0 && (last.at >= now_at || (!young && last.at / DAY_S == now_at / DAY_S)))
		return true;
	g_array_append_val(rows, row);
	return true;
}

GArray *
sl_coverage_history_due(SlDb *db, int64_t now_at, GError **error)
{
	g_autoptr(GArray) rows = g_array_new(FALSE, FALSE, sizeof(SlCoverageRow));
	g_autoptr(GPtrArray) channels = sl_coverage_by_channel(db, now_at, error);
	g_autoptr(GPtrArray) updates = channels ? sl_coverage_by_update(db, now_at, error) : NULL;

	if (!updates)
		return NULL;
	for (guint i = 0; i < channels->len; i++)
		if (!add_due(db, rows, channels->pdata[i], 0, now_at, error))
			return NULL;
	for (guint i = 0; i < updates->len; i++) {
		const SlCoverageLine *line = updates->pdata[i];

		if (!add_due(db, rows, line, line->id, now_at, error))
			return NULL;
	}
	return g_steal_pointer(&rows);
}

bool
sl_coverage_history_add(SlDb *db, const GArray *rows, GError **error)
{
	g_autoptr(SlQuery) query = sl_query_new(
		db, "INSERT INTO coverage_history (channel_id, update_id, at, covered, missing,"
		    " reboot, failed, unknown, silent) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"
		    " ON CONFLICT DO NOTHING");

	for (guint i = 0; i < rows->len; i++) {
		const SlCoverageRow *row = &g_array_index(rows, SlCoverageRow, i);

		sl_query_bind_int(query, 1, row->channel_id);
		sl_query_bind_int(query, 2, row->update_id);
		sl_query_bind_int(query, 3, row->at);
		sl_query_bind_int(query, 4, row->point.covered);
		sl_query_bind_int(query, 5, row->point.missing);
		sl_query_bind_int(query, 6, row->point.reboot);
		sl_query_bind_int(query, 7, row->point.failed);
		sl_query_bind_int(query, 8, row->point.unknown);
		sl_query_bind_int(query, 9, row->point.silent);
		if (!sl_query_run(query, error))
			return false;
	}
	return true;
}

bool
sl_coverage_history_prune(SlDb *db, int64_t before_at, GError **error)
{
	/* what stood at that time is the last row before it, of what the channel still has */
	g_autoptr(SlQuery) query = sl_query_new(
		db, "DELETE FROM coverage_history AS h WHERE h.at < ?1 AND (EXISTS (SELECT 1 FROM"
		    " coverage_history l WHERE l.channel_id = h.channel_id"
		    " AND l.update_id = h.update_id AND l.at > h.at AND l.at <= ?1)"
		    " OR (h.update_id <> 0 AND NOT EXISTS (SELECT 1 FROM approval a"
		    "  WHERE a.channel_id = h.channel_id AND a.update_id = h.update_id"
		    "  AND a.state = 'approved')))");

	sl_query_bind_int(query, 1, before_at);
	return sl_query_run(query, error);
}
