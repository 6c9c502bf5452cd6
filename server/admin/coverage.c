/* coverage.c - who is covered, and who is not */
#include "clients/coverage_list.h"

#include <string.h>

#include "catalog/channel.h"
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

static json_t *
describe(const SlCoverageLine *one, SlCoverageBy by)
{
	json_t *json = json_pack("{s:s, s:s, s:I, s:I, s:I}", "name", one->name, "channel",
				 one->channel, "updates", (json_int_t)one->updates, "computers",
				 (json_int_t)one->computers, "overdue", (json_int_t)one->overdue);

	if (by == SL_COVERAGE_UPDATE)
		describe_update(json, one);
	else
		describe_computers(json, one);
	return json;
}

json_t *
sl_admin_coverage(SlAdminCall *call, GError **error)
{
	/* in the order of SlCoverageBy; each with its arguments */
	static const char *const choices[] = {"update", "group", "channel", "computer", NULL};
	static const char *const known[] = {"format by limit offset sort channel",
					    "format by limit offset sort channel group",
					    "format by limit offset sort channel"};
	const char *by = choices[0];
	SlCoverageFilter filter = {.group = sl_request_argument(call->request, "group"),
				   .now_at = sl_clock_now(call->admin->clock)};
	g_autoptr(GPtrArray) lines = NULL;
	int64_t total = 0;
	json_t *items;

	if (!sl_admin_choice(call, "by", choices, &by, error))
		return NULL;
	if (strcmp(by, "computer") == 0)
		return sl_admin_computers(call, error);
	while (strcmp(choices[filter.by], by) != 0)
		filter.by++;
	if (!sl_admin_check_arguments(call, known[filter.by], error) ||
	    !sl_admin_choice(call, "channel", sl_channel_names, &filter.channel, error) ||
	    !sl_admin_listing_page(call, &filter.page, error) ||
	    !(lines = sl_coverage_list(call->db, &filter, &total, error)))
		return NULL;
	items = json_array();
	for (guint i = 0; i < lines->len; i++)
		json_array_append_new(items, describe(lines->pdata[i], filter.by));
	return json_pack("{s:o, s:I}", "items", items, "total", (json_int_t)total);
}
