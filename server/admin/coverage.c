/* coverage.c - who is covered, and who is not */
#include "clients/coverage.h"

#include <string.h>

#include "clients/computer.h"
#include "server/admin/admin.h"

static void
set(json_t *json, const char *key, int64_t value)
{
	json_object_set_new(json, key, json_integer(value));
}

static void
set_statuses(json_t *json, const SlCoverageLine *one)
{
	for (int i = 0; i < SL_STATUSES; i++)
		set(json, sl_status_name((SlStatus)i), one->n[i]);
}

/* Computers by their status for the update. */
static void
describe_update(json_t *json, const SlCoverageLine *one)
{
	json_object_set_new(json, "rating", one->rating ? json_string(one->rating) : json_null());
	set(json, "approved_at", one->from_at);
	set(json, "deadline_at", one->deadline_at);
	set(json, "covered", one->computers - sl_coverage_line_open(one));
	set(json, "open", sl_coverage_line_open(one));
	set_statuses(json, one);
}

/* Computers by what they come to as a whole; the statuses they have apart. */
static void
describe_computers(json_t *json, const SlCoverageLine *one)
{
	json_t *statuses = json_object();

	for (int i = 0; i < SL_STANDINGS; i++)
		set(json, sl_status_standing(sl_standings[i]), one->standing[sl_standings[i]]);
	set(json, "open", one->computers - one->standing[SL_STATUS_INSTALLED]);
	set_statuses(statuses, one);
	json_object_set_new(json, "statuses", statuses);
}

json_t *
sl_admin_coverage(SlAdminCall *call, GError **error)
{
	static const char *const choices[] = {"update", "computer", "group", "channel", NULL};
	const char *by = "update";
	int64_t now_at = sl_clock_now(call->admin->clock);
	bool by_update;
	g_autoptr(GPtrArray) lines = NULL;
	int64_t limit, offset;
	json_t *items;

	if (!sl_admin_choice(call, "by", choices, &by, error))
		return NULL;
	if (strcmp(by, "computer") == 0)
		return sl_admin_computers(call, error);
	if (!sl_admin_check_arguments(call, "format by limit offset", error) ||
	    !sl_admin_page(call, &limit, &offset, error))
		return NULL;
	by_update = strcmp(by, "update") == 0;
	if (by_update)
		lines = sl_coverage_by_update(call->db, now_at, error);
	else if (strcmp(by, "group") == 0)
		lines = sl_coverage_by_group(call->db, now_at, error);
	else
		lines = sl_coverage_by_channel(call->db, now_at, error);
	if (!lines)
		return NULL;
	items = json_array();
	for (int64_t i = offset; i < MIN(offset + limit, (int64_t)lines->len); i++) {
		const SlCoverageLine *one = lines->pdata[i];
		json_t *json =
			json_pack("{s:s, s:s, s:I, s:I, s:I}", "name", one->name, "channel",
				  one->channel, "updates", (json_int_t)one->updates, "computers",
				  (json_int_t)one->computers, "overdue", (json_int_t)one->overdue);

		if (by_update)
			describe_update(json, one);
		else
			describe_computers(json, one);
		json_array_append_new(items, json);
	}
	return json_pack("{s:o, s:I}", "items", items, "total", (json_int_t)lines->len);
}
