/* jobs.c - long work: what runs, how far it is, stopping it */
#include <string.h>

#include "catalog/base/job_list.h"
#include "catalog/base/text.h"
#include "server/admin/admin.h"

json_t *
sl_admin_describe_job(const SlJobInfo *one)
{
	json_t *result = one->result ? json_loads(one->result, 0, NULL) : NULL;

	return json_pack("{s:I, s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:s?, "
			 "s:s?, s:o?}",
			 "id", (json_int_t)one->id, "kind", one->kind, "subject", one->subject,
			 "person", one->person, "state", one->state, "what", one->what,
			 "bytes_done", (json_int_t)one->bytes_done, "bytes_total",
			 (json_int_t)one->bytes_total, "items_done", (json_int_t)one->items_done,
			 "items_total", (json_int_t)one->items_total, "started_at",
			 (json_int_t)one->started_at, "finished_at", (json_int_t)one->finished_at,
			 "left_seconds", (json_int_t)one->left_seconds, "error", one->error,
			 "error_code", one->error ? sl_error_name(one->error_code) : NULL, "result",
			 result);
}

json_t *
sl_admin_jobs(SlAdminCall *call, GError **error)
{
	static const char *const kinds[] = {"sync",   "fetch", "emergency", "publish", "statuses",
					    "backup", "prune", "check",	    NULL};
	SlJobFilter filter = {.text = sl_request_argument(call->request, "text")};
	g_autoptr(GPtrArray) list = NULL;
	int64_t total = 0;
	json_t *items;

	if (!sl_admin_choice(call, "kind", kinds, &filter.kind, error) ||
	    !sl_admin_choice(call, "state", sl_job_states, &filter.state, error) ||
	    !sl_admin_listing_page(call, &filter.page, error) ||
	    !(list = sl_job_list(call->admin->jobs, &filter, &total, error)))
		return NULL;
	items = json_array();
	for (guint i = 0; i < list->len; i++)
		json_array_append_new(items, sl_admin_describe_job(list->pdata[i]));
	return json_pack("{s:o, s:I}", "items", items, "total", (json_int_t)total);
}

json_t *
sl_admin_job(SlAdminCall *call, GError **error)
{
	g_autoptr(SlJobInfo) info = NULL;
	int64_t id, wait_ms;

	if (!sl_text_int(call->rest, 1, INT64_MAX, &id, error) ||
	    !sl_admin_number(call, "wait_ms", 0, 1000, 0, &wait_ms, error))
		return NULL;
	if (wait_ms > 0)
		sl_jobs_wait(call->admin->jobs, id, wait_ms);
	info = sl_jobs_get(call->admin->jobs, id, error);
	return info ? sl_admin_describe_job(info) : NULL;
}

/* One's own work anybody may stop who could start it; a publication to production is another's. */
json_t *
sl_admin_job_cancel(SlAdminCall *call, GError **error)
{
	g_autoptr(SlJobInfo) info = NULL;
	int64_t id;

	if (!sl_text_int(call->rest, 1, INT64_MAX, &id, error))
		return NULL;
	info = sl_jobs_get(call->admin->jobs, id, error);
	if (!info ||
	    (strcmp(info->person, call->person) != 0 &&
	     !sl_admin_require(call, SL_RIGHT_APPROVE, error)) ||
	    !sl_jobs_cancel(call->admin->jobs, id, error))
		return NULL;
	return json_pack("{s:I}", "cancelled", (json_int_t)id);
}
