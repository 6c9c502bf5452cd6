/* overview.c - the whole in a few figures: who is covered, what runs, what waits for a person */
#include <string.h>

#include "catalog/advisory.h"
#include "catalog/base/text.h"
#include "catalog/sync_run.h"
#include "catalog/update_list.h"
#include "clients/coverage_curve.h"
#include "clients/evidence.h"
#include "clients/overview.h"
#include "server/admin/admin.h"

#define DAY_S	INT64_C(86400)
#define TREND_S (90 * DAY_S)

static void
set_standings(json_t *json, const SlOverview *overview)
{
	for (int i = 0; i < SL_STANDINGS; i++)
		json_object_set_new(json, sl_status_standing(sl_standings[i]),
				    json_integer(overview->standing[sl_standings[i]]));
}

static json_t *
overdue(const SlOverview *overview)
{
	json_t *json = json_object();

	for (int i = 0; i < SL_RATINGS; i++)
		json_object_set_new(json, sl_standing_rating(i),
				    json_integer(overview->overdue[i]));
	return json;
}

static json_t *
describe_upstream(const SlAdminCall *call, const SlUpstream *one, GError **error)
{
	const SlAdmin *admin = call->admin;
	const SlSyncFilter newest = {.upstream = one->name, .page = {.limit = 1}};
	g_autoptr(GPtrArray) runs = sl_sync_run_list(call->db, &newest, NULL, error);
	const SlSyncRun *last = runs && runs->len > 0 ? runs->pdata[0] : NULL;
	SlSyncHistory history;

	if (!runs || !sl_sync_run_history(call->db, one->id, &history, error))
		return NULL;
	return json_pack("{s:s, s:s?, s:I, s:I, s:s}", "name", one->name, "outcome",
			 last ? last->outcome : NULL, "finished_at",
			 (json_int_t)(last ? last->finished_at : 0), "next_sync_at",
			 (json_int_t)admin->next_sync_at(admin->app, one, &history), "message",
			 last ? last->message : "");
}

static json_t *
upstreams(const SlAdminCall *call, GError **error)
{
	g_autoptr(GPtrArray) list = sl_upstream_list(call->db, NULL, NULL, error);
	g_autoptr(json_t) items = list ? json_array() : NULL;

	for (guint i = 0; list && i < list->len; i++) {
		json_t *item = describe_upstream(call, list->pdata[i], error);

		if (!item)
			return NULL;
		json_array_append_new(items, item);
	}
	return g_steal_pointer(&items);
}

static json_t *
running_jobs(const SlAdminCall *call)
{
	g_autoptr(GPtrArray) list = sl_jobs_list(call->admin->jobs);
	json_t *items = json_array();

	for (guint i = 0; i < list->len; i++) {
		const SlJobInfo *one = list->pdata[i];

		if (strcmp(one->state, "running") == 0)
			json_array_append_new(items, sl_admin_describe_job(one));
	}
	return items;
}

/* Every day of a curve, also where nothing changed. */
static json_t *
days_of(const SlCurve *curve)
{
	json_t *days = json_array();
	const SlCurvePoint *points = (const SlCurvePoint *)(const void *)curve->points->data;
	int64_t last_day = points[curve->points->len - 1].at / DAY_S;
	guint i = 0;

	for (int64_t day = points[0].at / DAY_S; day <= last_day; day++) {
		g_autofree char *text = NULL;
		json_t *json;

		while (i + 1 < curve->points->len && points[i + 1].at / DAY_S <= day)
			i++;
		text = sl_text_format_time(day * DAY_S);
		json = json_pack("{s:s#}", "day", text, (int)strcspn(text, "T"));
		sl_admin_set_point(json, &points[i].point);
		json_array_append_new(days, json);
	}
	return days;
}

static json_t *
trend(const SlAdminCall *call, int64_t now_at, GError **error)
{
	g_autoptr(GPtrArray) curves =
		sl_coverage_curves(call->db, SL_CURVES_ALL, NULL, now_at - TREND_S, now_at, error);

	return curves ? days_of(curves->pdata[0]) : NULL;
}

/* Updates that at least one computer needs: a set of ids, which are the demand's. */
static GHashTable *
needed_at_all(const SlDemand *demand)
{
	GHashTable *set = g_hash_table_new(g_int64_hash, g_int64_equal);
	GHashTableIter iter;
	gpointer id, n;

	g_hash_table_iter_init(&iter, sl_demand_table(demand));
	while (g_hash_table_iter_next(&iter, &id, &n))
		if (*(const int64_t *)n > 0)
			g_hash_table_add(set, id);
	return set;
}

/* What waits for a person; these are the lists of updates by decision. */
typedef struct {
	int64_t certify;
	int64_t needed; /* of those; -1: not counted yet */
	int64_t promote;
} Decisions;

static bool
count_decisions(const SlAdminCall *call, int64_t now_at, Decisions *ret, GError **error)
{
	g_autoptr(SlDemand) demand = call->admin->demand(call->admin->app);
	g_autoptr(GHashTable) among = demand ? needed_at_all(demand) : NULL;
	g_autoptr(GHashTable) ready = sl_evidence_ready(call->db, now_at, error);
	SlUpdateFilter filter = {.undecided = true};

	if (!ready || !sl_update_count(call->db, &filter, &ret->certify, error))
		return false;
	ret->promote = g_hash_table_size(ready);
	ret->needed = -1;
	filter.among = among;
	return !among || sl_update_count(call->db, &filter, &ret->needed, error);
}

json_t *
sl_admin_overview(SlAdminCall *call, GError **error)
{
	SlOverview overview;
	int64_t now_at = sl_clock_now(call->admin->clock), advisories;
	g_autoptr(json_t) days = NULL;
	json_t *json, *list, *needed;
	Decisions decisions;

	if (!sl_overview_read(call->db, now_at, &overview, error) ||
	    !count_decisions(call, now_at, &decisions, error) ||
	    (advisories = sl_advisory_count(call->db, error)) < 0 ||
	    !(days = trend(call, now_at, error)))
		return NULL;
	list = upstreams(call, error);
	if (!list)
		return NULL;
	needed = decisions.needed < 0 ? json_null() : json_integer(decisions.needed);
	json = json_pack("{s:I, s:I, s:I, s:f, s:O, s:o, s:o, s:o, s:{s:I, s:o, s:I, s:I, s:I}}",
			 "computers", (json_int_t)overview.computers, "advisories",
			 (json_int_t)advisories, "pending", (json_int_t)overview.pending,
			 "average_missing", sl_overview_average_missing(&overview), "trend", days,
			 "upstreams", list, "jobs", running_jobs(call), "overdue",
			 overdue(&overview), "decisions", "certify", (json_int_t)decisions.certify,
			 "needed", needed, "promote", (json_int_t)decisions.promote, "failing",
			 (json_int_t)overview.failing, "pending_computers",
			 (json_int_t)overview.pending);
	set_standings(json, &overview);
	return json;
}
