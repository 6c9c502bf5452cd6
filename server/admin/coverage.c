/* coverage.c - who is covered, and who is not */
#include "clients/coverage.h"

#include <string.h>

#include "clients/computer.h"
#include "server/admin/admin.h"

static json_t *
describe(const SlCoverageLine *one)
{
	json_t *json =
		json_pack("{s:s, s:s, s:s?, s:I, s:I, s:I, s:I, s:I}", "name", one->name, "channel",
			  one->channel, "rating", one->rating, "approved_at",
			  (json_int_t)one->from_at, "deadline_at", (json_int_t)one->deadline_at,
			  "updates", (json_int_t)one->updates, "computers",
			  (json_int_t)one->computers, "silent_computers", (json_int_t)one->silent);

	for (int i = 0; i < SL_STATUSES; i++)
		json_object_set_new(json, sl_status_name((SlStatus)i), json_integer(one->n[i]));
	json_object_set_new(json, "open", json_integer(sl_coverage_line_open(one)));
	json_object_set_new(json, "overdue", json_integer(one->overdue));
	return json;
}

json_t *
sl_admin_coverage(SlAdminCall *call, GError **error)
{
	const char *by = sl_request_argument(call->request, "by");
	int64_t now_at = sl_clock_now(call->admin->clock);
	g_autoptr(GPtrArray) lines = NULL;
	json_t *items;

	if (!by || strcmp(by, "update") == 0)
		lines = sl_coverage_by_update(call->db, now_at, error);
	else if (strcmp(by, "group") == 0)
		lines = sl_coverage_by_group(call->db, now_at, error);
	else if (strcmp(by, "channel") == 0)
		lines = sl_coverage_by_channel(call->db, now_at, error);
	else if (strcmp(by, "computer") == 0)
		return sl_admin_computers(call, error);
	else
		sl_error_set(error, SL_ERROR_INVALID,
			     "by '%s': there is update, computer, group and channel", by);
	if (!lines)
		return NULL;
	items = json_array();
	for (guint i = 0; i < lines->len; i++)
		json_array_append_new(items, describe(lines->pdata[i]));
	return json_pack("{s:o, s:I}", "items", items, "total", (json_int_t)lines->len);
}
