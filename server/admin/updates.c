/* updates.c - updates: lists, ratings, advisories */
#include <string.h>

#include "catalog/advisory.h"
#include "catalog/audit.h"
#include "catalog/base/limits.h"
#include "catalog/base/text.h"
#include "catalog/channel.h"
#include "catalog/rating.h"
#include "catalog/update_list.h"
#include "clients/coverage.h"
#include "clients/evidence.h"
#include "clients/overview.h"
#include "server/admin/admin.h"

#define DAY INT64_C(86400)

static void
set_counts(json_t *json, const int64_t *n)
{
	int64_t needed = 0;

	for (int i = 0; i < SL_STATUSES; i++)
		if (sl_status_is_missing((SlStatus)i) && i != SL_STATUS_FAILED)
			needed += n[i];
	json_object_set_new(json, "needed", json_integer(needed));
	json_object_set_new(json, "installed", json_integer(n[SL_STATUS_INSTALLED]));
	json_object_set_new(json, "failed", json_integer(n[SL_STATUS_FAILED]));
}

json_t *
sl_admin_describe_update(SlDb *db, const SlDemand *demand, const SlUpdate *one, GError **error)
{
	g_autofree char *released = sl_text_format_time(one->released_at);
	g_autofree char *day = g_strndup(released, strcspn(released, "T"));
	int64_t wanted = demand ? sl_demand_of(demand, one->id) : -1;
	int64_t n[SL_STATUSES];
	json_t *json;

	if (one->slot >= 0 && !sl_coverage_of_slot(db, one->slot, n, error))
		return NULL;
	json = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s?, s:s?, s:s?, s:I, s:s, s:b, "
			 "s:I, s:b, s:I, s:s, s:I, s:I, s:I, s:n, s:n, s:n}",
			 "upstream", one->upstream, "name", one->name, "version", one->version,
			 "state", one->state, "summary", one->summary, "section", one->section,
			 "severity", one->severity, "rating", one->rating, "certification",
			 one->certification, "production", one->production, "released_at",
			 (json_int_t)one->released_at, "released_day", day, "released_exact",
			 (int)one->released_exact, "seen_at", (json_int_t)one->seen_at, "newest",
			 (int)one->newest, "withdrawn_at", (json_int_t)one->withdrawn_at, "cves",
			 one->cves, "revision", (json_int_t)one->revision, "packages",
			 (json_int_t)one->packages, "size", (json_int_t)one->size, "needed",
			 "installed", "failed");
	if (one->slot >= 0)
		set_counts(json, n);
	else if (wanted >= 0)
		json_object_set_new(json, "needed", json_integer(wanted));
	return json;
}

static const char *
argument(const SlAdminCall *call, const char *name)
{
	return sl_request_argument(call->request, name);
}

/* Words that a filter has to be one of. @param ret_among  what the filter then borrows */
static bool
read_words(const SlAdminCall *call, SlUpdateFilter *filter, GHashTable **ret_among, GError **error)
{
	static const char *const decisions[] = {"certify", "promote", "failing", NULL};
	int64_t now_at = sl_clock_now(call->admin->clock);
	const char *decision = NULL;

	if (!sl_admin_choice(call, "state", sl_update_states, &filter->state, error) ||
	    !sl_admin_choice(call, "channel", sl_channel_names, &filter->channel, error) ||
	    !sl_admin_choice(call, "rating", sl_rating_names, &filter->rating, error) ||
	    !sl_admin_choice(call, "decision", decisions, &decision, error))
		return false;
	filter->undecided = decision == decisions[0];
	if (decision == decisions[1])
		*ret_among = sl_evidence_ready(call->db, now_at, error);
	else if (decision == decisions[2])
		*ret_among = sl_overview_failing(call->db, now_at, error);
	filter->among = *ret_among;
	return !decision || filter->undecided || filter->among;
}

/* A day as YYYY-MM-DD, UTC. */
static bool
read_day(const SlAdminCall *call, SlUpdateFilter *filter, GError **error)
{
	const char *day = argument(call, "day");

	if (!day)
		return true;
	if (strchr(day, 'T') || !sl_text_time(day, &filter->from_at, NULL))
		return sl_error_set(error, SL_ERROR_INVALID, "day: '%s' is no day as in 2026-11-25",
				    day);
	filter->until_at = filter->from_at + DAY;
	return true;
}

json_t *
sl_admin_updates(SlAdminCall *call, GError **error)
{
	SlUpdateFilter filter = {
		.upstream = argument(call, "upstream"),
		.section = argument(call, "section"),
		.text = argument(call, "text"),
		.cve = argument(call, "cve"),
		.name = argument(call, "name"),
		.package = argument(call, "package"),
		.newest = argument(call, "newest") != NULL,
		.sort = argument(call, "sort"),
	};
	g_autoptr(SlDemand) demand = call->admin->demand(call->admin->app);
	g_autoptr(SlUpstream) upstream = NULL;
	g_autoptr(GHashTable) among = NULL;
	g_autoptr(GHashTable) needed = NULL;
	g_autoptr(GPtrArray) list = NULL;
	g_autoptr(json_t) items = json_array();
	int64_t total = 0;

	if (filter.upstream && !(upstream = sl_upstream_get(call->db, filter.upstream, error)))
		return NULL;
	if (!read_words(call, &filter, &among, error) || !read_day(call, &filter, error) ||
	    !sl_admin_page(call, &filter.limit, &filter.offset, error))
		return NULL;
	if (filter.sort &&
	    (g_str_has_suffix(filter.sort, "needed") || g_str_has_suffix(filter.sort, "urgency")) &&
	    !(needed = sl_coverage_needed(call->db, error)))
		return NULL;
	filter.needed[0] = needed;
	filter.needed[1] = demand ? sl_demand_table(demand) : NULL;
	list = sl_update_list(call->db, &filter, &total, error);
	for (guint i = 0; list && i < list->len; i++) {
		json_t *item = sl_admin_describe_update(call->db, demand, list->pdata[i], error);

		if (!item)
			return NULL;
		json_array_append_new(items, item);
	}
	return list ? json_pack("{s:O, s:I}", "items", items, "total", (json_int_t)total) : NULL;
}

typedef struct {
	const char *name, *rating, *reason, *person;
	int64_t now_at;
} Rating;

static bool
rate(SlDb *db, gpointer data, GError **error)
{
	const Rating *rating = data;

	return sl_rating_set(db, rating->name, rating->rating, rating->person, rating->reason,
			     rating->now_at, error);
}

json_t *
sl_admin_rate(SlAdminCall *call, GError **error)
{
	g_autoptr(SlJsonReader) reader = sl_json_reader_new(call->body, "rating");
	Rating rating = {
		.name = sl_json_take_text(reader, "name", SL_LIMIT_NAME * 4),
		.rating = sl_json_take_text(reader, "rating", SL_LIMIT_NAME),
		.reason = sl_json_take_text(reader, "reason", SL_LIMIT_REASON),
		.person = call->person,
		.now_at = sl_clock_now(call->admin->clock),
	};

	if (!sl_json_finish(reader, error) || !sl_admin_write(call, rate, &rating, error))
		return NULL;
	/* who is overdue is counted by rating */
	call->admin->start_statuses(call->admin->app, false, call->person);
	return json_pack("{s:s, s:s}", "name", rating.name, "rating", rating.rating);
}

typedef struct {
	GPtrArray *entries;
	const char *person;
	int64_t now_at;
	int64_t found;
} Import;

static bool
import(SlDb *db, gpointer data, GError **error)
{
	Import *one = data;

	return sl_advisory_import(db, one->entries, &one->found, error) &&
	       sl_audit_add(db, one->now_at, one->person, "advisory import", "advisories",
			    json_pack("{s:I}", "entries", (json_int_t)one->entries->len), error);
}

json_t *
sl_admin_advisory_import(SlAdminCall *call, GError **error)
{
	g_autoptr(GPtrArray) entries = sl_dsa_list_parse(call->raw, call->raw_size, error);
	Import one = {entries, call->person, sl_clock_now(call->admin->clock), 0};

	if (!entries || !sl_admin_write(call, import, &one, error))
		return NULL;
	return json_pack("{s:I, s:I}", "advisories", (json_int_t)entries->len, "updates",
			 (json_int_t)one.found);
}
