#include "clients/evidence.h"

#include "catalog/channel.h"
#include "clients/status.h"

#define FAILURES 10 /* different messages shown */

static void
failure_free(gpointer data)
{
	SlFailure *failure = data;

	g_free(failure->message);
	g_free(failure);
}

void
sl_evidence_free(SlEvidence *evidence)
{
	if (!evidence)
		return;
	sl_certification_free(evidence->certification);
	g_clear_pointer(&evidence->failures, g_ptr_array_unref);
	g_free(evidence);
}

/* Active computers of certification by their status in a slot; for many slots. */
static SlQuery *
query_counts(SlDb *db)
{
	return sl_query_new(db, "SELECT v.status, sum(v.n) FROM coverage v JOIN computer_group g"
				" ON g.id = v.group_id WHERE v.slot = ?1"
				" AND g.channel_id = " SL_CHANNEL_CERTIFICATION_SQL
				" GROUP BY v.status");
}

static bool
count(SlEvidence *evidence, SlQuery *query, GError **error)
{
	SlStep step;

	sl_query_bind_int(query, 1, evidence->certification->slot);
	while ((step = sl_query_step(query, error)) == SL_ROW) {
		SlStatus status = (SlStatus)(sl_query_int(query, 0) % SL_STATUSES);
		int64_t n = sl_query_int(query, 1);

		if (status == SL_STATUS_INSTALLED)
			evidence->installed += n;
		else if (status == SL_STATUS_FAILED)
			evidence->failed += n;
		else if (sl_status_is_missing(status))
			evidence->needed += n;
	}
	sl_query_reset(query);
	evidence->computers = evidence->installed + evidence->failed + evidence->needed;
	return step == SL_DONE;
}

static bool
add_failures(SlDb *db, SlEvidence *evidence, GError **error)
{
	/* cross joins are made in their order: certification has few computers */
	static const char sql[] =
		"SELECT r.message, count(*) FROM computer_group g CROSS JOIN computer c"
		" CROSS JOIN report r WHERE g.channel_id = " SL_CHANNEL_CERTIFICATION_SQL
		" AND c.group_id = g.id"
		" AND c.state = 'active' AND c.silent = 0 AND r.computer_id = c.id"
		" AND r.update_id = ?1 AND r.status = ?2 GROUP BY r.message"
		" ORDER BY count(*) DESC, r.message LIMIT ?3";
	g_autoptr(SlQuery) query = sl_query_new(db, sql);
	SlStep step;

	sl_query_bind_int(query, 1, evidence->certification->update_id);
	sl_query_bind_int(query, 2, SL_STATUS_FAILED);
	sl_query_bind_int(query, 3, FAILURES);
	while ((step = sl_query_step(query, error)) == SL_ROW) {
		SlFailure *failure = g_new0(SlFailure, 1);

		failure->message = g_strdup(sl_query_text(query, 0));
		failure->n = sl_query_int(query, 1);
		g_ptr_array_add(evidence->failures, failure);
	}
	return step == SL_DONE;
}

static void
judge(SlEvidence *evidence, int64_t now_at)
{
	const SlCertification *one = evidence->certification;
	bool tried = evidence->installed > 0 || evidence->computers == 0;

	if (one->published_at == 0)
		return;
	evidence->soaked_s = MAX(0, now_at - one->published_at);
	evidence->ready_at = one->published_at + one->soak_s;
	evidence->ready =
		tried && evidence->failed == 0 && !one->hold && now_at >= evidence->ready_at;
}

/* Takes the certification over. */
static SlEvidence *
evidence_of(SlDb *db, SlQuery *counts, SlCertification *certification, int64_t now_at,
	    GError **error)
{
	g_autoptr(SlEvidence) evidence = g_new0(SlEvidence, 1);

	evidence->certification = certification;
	evidence->failures = g_ptr_array_new_with_free_func(failure_free);
	if (!count(evidence, counts, error) ||
	    (evidence->failed > 0 && !add_failures(db, evidence, error)))
		return NULL;
	judge(evidence, now_at);
	return g_steal_pointer(&evidence);
}

static int
compare(gconstpointer a, gconstpointer b)
{
	const SlEvidence *x = *(SlEvidence *const *)a, *y = *(SlEvidence *const *)b;
	int64_t x_at = x->ready_at ? x->ready_at : INT64_MAX;
	int64_t y_at = y->ready_at ? y->ready_at : INT64_MAX;

	if ((x->failed > 0) != (y->failed > 0))
		return x->failed > 0 ? -1 : 1;
	if (x->ready != y->ready)
		return x->ready ? -1 : 1;
	if (x_at != y_at)
		return x_at < y_at ? -1 : 1;
	return x->certification->update_id < y->certification->update_id ? -1 : 1;
}

GPtrArray *
sl_evidence_list(SlDb *db, int64_t now_at, GError **error)
{
	g_autoptr(GPtrArray) waiting = sl_certification_list(db, error);
	g_autoptr(GPtrArray) list =
		g_ptr_array_new_with_free_func((GDestroyNotify)sl_evidence_free);
	g_autoptr(SlQuery) counts = query_counts(db);

	if (!waiting)
		return NULL;
	while (waiting->len > 0) {
		SlCertification *one = g_ptr_array_steal_index_fast(waiting, waiting->len - 1);
		SlEvidence *evidence = evidence_of(db, counts, one, now_at, error);

		if (!evidence)
			return NULL;
		g_ptr_array_add(list, evidence);
	}
	g_ptr_array_sort(list, compare);
	return g_steal_pointer(&list);
}

SlEvidence *
sl_evidence_get(SlDb *db, int64_t update_id, int64_t now_at, GError **error)
{
	SlCertification *one = sl_certification_get(db, update_id, error);
	g_autoptr(SlQuery) counts = query_counts(db);

	return one ? evidence_of(db, counts, one, now_at, error) : NULL;
}

GHashTable *
sl_evidence_ready(SlDb *db, int64_t now_at, GError **error)
{
	g_autoptr(GPtrArray) list = sl_evidence_list(db, now_at, error);
	GHashTable *ready;

	if (!list)
		return NULL;
	ready = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
	for (guint i = 0; i < list->len; i++) {
		const SlEvidence *one = list->pdata[i];

		if (one->ready)
			g_hash_table_add(ready, g_memdup2(&one->certification->update_id,
							  sizeof one->certification->update_id));
	}
	return ready;
}
