/* syncs.c - what was brought in, and bringing in more */
#include <string.h>

#include "catalog/base/limits.h"
#include "catalog/source.h"
#include "catalog/sync_run.h"
#include "server/admin/admin.h"

json_t *
sl_admin_describe_sync(const SlSyncRun *run, int64_t now_at)
{
	int64_t until = run->finished_at ? run->finished_at : now_at;

	return json_pack(
		"{s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:s}", "upstream",
		run->upstream, "outcome", run->outcome, "person", run->person, "started_at",
		(json_int_t)run->started_at, "seconds", (json_int_t)MAX(0, until - run->started_at),
		"updates", (json_int_t)run->updates, "revisions", (json_int_t)run->revisions,
		"packages", (json_int_t)run->packages, "withdrawn", (json_int_t)run->withdrawn,
		"bytes", (json_int_t)run->bytes, "message", run->message);
}

json_t *
sl_admin_syncs(SlAdminCall *call, GError **error)
{
	int64_t now_at = sl_clock_now(call->admin->clock), total = 0;
	SlSyncFilter filter = {.upstream = sl_request_argument(call->request, "upstream"),
			       .text = sl_request_argument(call->request, "text")};
	g_autoptr(SlUpstream) upstream = NULL;
	g_autoptr(GPtrArray) list = NULL;
	json_t *items;

	if (filter.upstream && !(upstream = sl_upstream_get(call->db, filter.upstream, error)))
		return NULL;
	if (!sl_admin_choice(call, "outcome", sl_sync_outcomes, &filter.outcome, error) ||
	    !sl_admin_listing_page(call, &filter.page, error) ||
	    !(list = sl_sync_run_list(call->db, &filter, &total, error)))
		return NULL;
	items = json_array();
	for (guint i = 0; i < list->len; i++)
		json_array_append_new(items, sl_admin_describe_sync(list->pdata[i], now_at));
	return json_pack("{s:o, s:I}", "items", items, "total", (json_int_t)total);
}

json_t *
sl_admin_sync_start(SlAdminCall *call, GError **error)
{
	g_autoptr(SlJsonReader) reader = sl_json_reader_new(call->body, "sync");
	const char *name = sl_json_take_text_or_null(reader, "upstream", SL_LIMIT_NAME);
	g_autoptr(SlUpstream) named = NULL;
	g_autoptr(GPtrArray) list = NULL;
	g_autoptr(json_t) jobs = json_array();

	if (!sl_json_finish(reader, error) ||
	    (name && !(named = sl_upstream_get(call->db, name, error))) ||
	    !(list = sl_upstream_list(call->db, NULL, NULL, error)))
		return NULL;
	for (guint i = 0; i < list->len; i++) {
		const SlUpstream *one = list->pdata[i];

		if (name ? strcmp(name, one->name) == 0 : one->enabled)
			json_array_append_new(jobs,
					      json_integer(call->admin->start_sync(
						      call->admin->app, one->name, call->person)));
	}
	if (json_array_size(jobs) == 0) {
		sl_error_set(error, SL_ERROR_NOT_FOUND, "there is no upstream that is enabled");
		return NULL;
	}
	call->status = 202;
	return json_pack("{s:O}", "jobs", jobs);
}
