/* coverage_history.c - coverage over time, and where it is worst */
#include <string.h>

#include "clients/computer_list.h"
#include "clients/coverage_curve.h"
#include "clients/coverage_list.h"
#include "server/admin/admin.h"

/* What a point says, besides its time. */
void
sl_admin_set_point(json_t *json, const SlCoveragePoint *point)
{
	int64_t computers = sl_coverage_point_computers(point);

	json_object_set_new(json, "computers", json_integer(computers));
	json_object_set_new(json, "covered", json_integer(point->covered));
	json_object_set_new(json, "open", json_integer(computers - point->covered));
	json_object_set_new(json, "missing", json_integer(point->missing));
	json_object_set_new(json, "pending-reboot", json_integer(point->reboot));
	json_object_set_new(json, "failed", json_integer(point->failed));
	json_object_set_new(json, "unknown", json_integer(point->unknown));
	json_object_set_new(json, "silent", json_integer(point->silent));
}

static json_t *
describe(const SlCurve *curve)
{
	json_t *points = json_array();
	json_t *json = json_pack("{s:s, s:o}", "name", curve->name, "points", points);

	if (curve->channel) {
		json_object_set_new(json, "channel", json_string(curve->channel));
		json_object_set_new(json, "approved_at", json_integer(curve->from_at));
		json_object_set_new(json, "deadline_at", json_integer(curve->deadline_at));
	}
	for (guint i = 0; i < curve->points->len; i++) {
		const SlCurvePoint *one = &g_array_index(curve->points, SlCurvePoint, i);
		json_t *point = json_pack("{s:I}", "at", (json_int_t)one->at);

		sl_admin_set_point(point, &one->point);
		json_array_append_new(points, point);
	}
	return json;
}

json_t *
sl_admin_coverage_history(SlAdminCall *call, GError **error)
{
	static const char *const choices[] = {"update", "rating", "channel", "all", NULL};
	const char *by = "all", *name = sl_request_argument(call->request, "name");
	int64_t now_at = sl_clock_now(call->admin->clock);
	g_autoptr(GPtrArray) curves = NULL;
	SlCurvesBy kind = SL_CURVES_UPDATE;
	json_t *lines;

	if (!sl_admin_choice(call, "by", choices, &by, error))
		return NULL;
	while (strcmp(choices[kind], by) != 0)
		kind++;
	curves = sl_coverage_curves(call->db, kind, name, now_at - SL_COVERAGE_HISTORY_KEPT_S,
				    now_at, error);
	if (!curves)
		return NULL;
	lines = json_array();
	for (guint i = 0; i < curves->len; i++)
		json_array_append_new(lines, describe(curves->pdata[i]));
	return json_pack("{s:o}", "lines", lines);
}

/* Updates that most computers do not have first. */
static json_t *
worst_updates(SlAdminCall *call, GError **error)
{
	SlCoverageFilter filter = {.open = true, .now_at = sl_clock_now(call->admin->clock)};
	g_autoptr(GPtrArray) lines = NULL;
	int64_t total = 0;
	json_t *items;

	if (!sl_admin_listing_page(call, &filter.page, error))
		return NULL;
	if (!filter.page.sort)
		filter.page.sort = "-open";
	lines = sl_coverage_list(call->db, &filter, &total, error);
	items = lines ? json_array() : NULL;
	for (guint i = 0; lines && i < lines->len; i++) {
		const SlCoverageLine *one = lines->pdata[i];

		json_array_append_new(
			items, json_pack("{s:s, s:s, s:s?, s:I, s:I, s:I, s:I, s:I}", "name",
					 one->name, "channel", one->channel, "rating", one->rating,
					 "computers", (json_int_t)one->computers, "open",
					 (json_int_t)sl_coverage_line_open(one), "failed",
					 (json_int_t)one->n[SL_STATUS_FAILED], "overdue",
					 (json_int_t)one->overdue, "deadline_at",
					 (json_int_t)one->deadline_at));
	}
	return items ? json_pack("{s:o, s:I}", "items", items, "total", (json_int_t)total) : NULL;
}

/* Computers that lack most updates first. */
static json_t *
worst_computers(SlAdminCall *call, GError **error)
{
	SlComputerFilter filter = {.state = "active",
				   .lacking = true,
				   .sort = "-missing",
				   .now_at = sl_clock_now(call->admin->clock)};
	g_autoptr(GPtrArray) list = NULL;
	int64_t total = 0;
	json_t *items;

	if (!sl_admin_choice(call, "sort", sl_computer_sorts, &filter.sort, error) ||
	    !sl_admin_page(call, &filter.limit, &filter.offset, error) ||
	    !(list = sl_computer_list(call->db, &filter, &total, error)))
		return NULL;
	items = json_array();
	for (guint i = 0; i < list->len; i++)
		json_array_append_new(items, sl_admin_describe_computer(list->pdata[i]));
	return json_pack("{s:o, s:I}", "items", items, "total", (json_int_t)total);
}

json_t *
sl_admin_coverage_worst(SlAdminCall *call, GError **error)
{
	static const char *const choices[] = {"computers", "updates", NULL};
	const char *of = "updates";

	if (!sl_admin_choice(call, "of", choices, &of, error))
		return NULL;
	return strcmp(of, "updates") == 0 ? worst_updates(call, error)
					  : worst_computers(call, error);
}
