/* sync_run.c - the table sync_run */
#include "catalog/sync_run.h"

#include "catalog/base/text.h"

const char *const sl_sync_outcomes[] = {"running",   "changed",	    "unchanged", "failed",
					"cancelled", "interrupted", NULL};

SlSyncRun *
sl_sync_run_new(void)
{
	return g_new0(SlSyncRun, 1);
}

void
sl_sync_run_free(SlSyncRun *run)
{
	if (!run)
		return;
	g_free(run->upstream);
	g_free(run->person);
	g_free(run->outcome);
	g_free(run->message);
	g_free(run);
}

bool
sl_sync_run_begin(SlDb *db, SlSyncRun *run, GError **error)
{
	static const char sql[] =
		"INSERT INTO sync_run (upstream_id, started_at, finished_at, person, outcome)"
		" VALUES (?1, ?2, 0, ?3, 'running') RETURNING id";
	g_autoptr(SlQuery) query = sl_query_new(db, sql);

	sl_query_bind_int(query, 1, run->upstream_id);
	sl_query_bind_int(query, 2, run->started_at);
	sl_query_bind_text(query, 3, run->person);
	if (sl_query_step(query, error) != SL_ROW)
		return false;
	run->id = sl_query_int(query, 0);
	return sl_query_step(query, error) == SL_DONE;
}

bool
sl_sync_run_end(SlDb *db, const SlSyncRun *run, GError **error)
{
	static const char sql[] =
		"UPDATE sync_run SET finished_at = ?2, outcome = ?3, updates = ?4, revisions = ?5,"
		" packages = ?6, withdrawn = ?7, bytes = ?8, message = ?9 WHERE id = ?1";
	g_autoptr(SlQuery) query = sl_query_new(db, sql);

	sl_query_bind_int(query, 1, run->id);
	sl_query_bind_int(query, 2, run->finished_at);
	sl_query_bind_text(query, 3, run->outcome);
	sl_query_bind_int(query, 4, run->updates);
	sl_query_bind_int(query, 5, run->revisions);
	sl_query_bind_int(query, 6, run->packages);
	sl_query_bind_int(query, 7, run->withdrawn);
	sl_query_bind_int(query, 8, run->bytes);
	sl_query_bind_text(query, 9, run->message ? run->message : "");
	return sl_query_run(query, error);
}

bool
sl_sync_run_interrupt_all(SlDb *db, int64_t now_at, GError **error)
{
	static const char sql[] =
		"UPDATE sync_run SET finished_at = ?1, outcome = 'interrupted',"
		" message = 'the server ended during this sync, which changed nothing'"
		" WHERE outcome = 'running'";
	g_autoptr(SlQuery) query = sl_query_new(db, sql);

	sl_query_bind_int(query, 1, now_at);
	return sl_query_run(query, error);
}

bool
sl_sync_run_history(SlDb *db, int64_t upstream_id, SlSyncHistory *ret_history, GError **error)
{
	static const char sql[] =
		"SELECT r.id, CASE r.finished_at WHEN 0 THEN r.started_at ELSE r.finished_at END,"
		" r.outcome, (SELECT count(*) FROM sync_run f WHERE f.upstream_id = ?1"
		"  AND f.outcome IN ('failed', 'interrupted') AND f.id > coalesce((SELECT max(g.id)"
		"   FROM sync_run g WHERE g.upstream_id = ?1"
		"   AND g.outcome IN ('changed', 'unchanged')), 0))"
		" FROM sync_run r WHERE r.upstream_id = ?1 ORDER BY r.id DESC LIMIT 1";
	g_autoptr(SlQuery) query = sl_query_new(db, sql);
	SlSyncHistory history = {0};
	SlStep step;

	sl_query_bind_int(query, 1, upstream_id);
	step = sl_query_step(query, error);
	if (step == SL_ROW) {
		history.run_id = sl_query_int(query, 0);
		history.ended_at = sl_query_int(query, 1);
		g_strlcpy(history.outcome, sl_query_text(query, 2), sizeof history.outcome);
		history.failures = sl_query_int(query, 3);
	}
	if (step != SL_ROW && step != SL_DONE)
		return false;
	*ret_history = history;
	return true;
}

#define COLUMNS                                                                                    \
	"SELECT r.id, r.upstream_id, (SELECT u.name FROM upstream u WHERE u.id = r.upstream_id)"   \
	" AS upstream, r.started_at, r.finished_at, r.person, r.outcome, r.updates, r.revisions,"  \
	" r.packages, r.withdrawn, r.bytes, r.message FROM sync_run r"

static gpointer
read_run(SlQuery *query)
{
	SlSyncRun *run = sl_sync_run_new();

	run->id = sl_query_int(query, 0);
	run->upstream_id = sl_query_int(query, 1);
	run->upstream = g_strdup(sl_query_text(query, 2));
	run->started_at = sl_query_int(query, 3);
	run->finished_at = sl_query_int(query, 4);
	run->person = g_strdup(sl_query_text(query, 5));
	run->outcome = g_strdup(sl_query_text(query, 6));
	run->updates = sl_query_int(query, 7);
	run->revisions = sl_query_int(query, 8);
	run->packages = sl_query_int(query, 9);
	run->withdrawn = sl_query_int(query, 10);
	run->bytes = sl_query_int(query, 11);
	run->message = g_strdup(sl_query_text(query, 12));
	return run;
}

bool
sl_sync_run_last(SlDb *db, int64_t upstream_id, SlSyncRun **ret_run, GError **error)
{
	g_autoptr(SlQuery) query =
		sl_query_new(db, COLUMNS " WHERE r.upstream_id = ?1 AND r.outcome <> 'running'"
					 " ORDER BY r.id DESC LIMIT 1");
	SlStep step;

	sl_query_bind_int(query, 1, upstream_id);
	step = sl_query_step(query, error);
	if (step == SL_FAILED)
		return false;
	*ret_run = step == SL_ROW ? read_run(query) : NULL;
	return true;
}

static void
bind_filter(SlQuery *query, gconstpointer data)
{
	const SlSyncFilter *filter = data;
	g_autofree char *pattern = sl_text_like(filter->text);

	sl_query_bind_text(query, 1, filter->upstream);
	sl_query_bind_text(query, 2, filter->outcome);
	sl_query_bind_text(query, 3, pattern);
}

static const SlListing runs = {
	.query = COLUMNS
	" WHERE (?1 IS NULL OR r.upstream_id = (SELECT s.id FROM upstream s WHERE s.name = ?1))"
	" AND (?2 IS NULL OR r.outcome = ?2)"
	" AND (?3 IS NULL OR r.person LIKE ?3 ESCAPE '!' OR r.message LIKE ?3 ESCAPE '!')",
	.sorts = {{"started_at", "r.started_at"},
		  {"upstream", "upstream"},
		  {"outcome", "r.outcome"},
		  {"person", "r.person"},
		  {"seconds", "CASE r.finished_at WHEN 0 THEN 0 ELSE r.finished_at - r.started_at "
			      "END"},
		  {"updates", "r.updates"},
		  {"packages", "r.packages"},
		  {"withdrawn", "r.withdrawn"},
		  {"bytes", "r.bytes"}},
	.order = "r.id DESC",
	.bind = bind_filter,
	.read = read_run,
	.free = (GDestroyNotify)sl_sync_run_free,
};

GPtrArray *
sl_sync_run_list(SlDb *db, const SlSyncFilter *filter, int64_t *ret_total, GError **error)
{
	return sl_listing_read(db, &runs, filter, &filter->page, ret_total, error);
}
