/* computers.c - the machines that check in */
#include <string.h>

#include "catalog/base/limits.h"
#include "clients/computer.h"
#include "server/admin/admin.h"

static json_t *
counts_of(const int64_t *n)
{
	json_t *counts = json_object();

	for (int i = 0; i < SL_STATUSES; i++)
		json_object_set_new(counts, sl_status_name((SlStatus)i), json_integer(n[i]));
	return counts;
}

static int64_t
missing(const SlComputer *one)
{
	int64_t n = 0;

	for (int i = 0; i < SL_STATUSES; i++)
		if (sl_status_is_missing((SlStatus)i))
			n += one->n[i];
	return n;
}

/* What people should see first of it. */
static const char *
state_of(const SlComputer *one)
{
	if (one->conflict_at != 0 && strcmp(one->state, "active") == 0)
		return "conflict";
	return one->silent ? "silent" : one->state;
}

/* What it comes to; nothing is said of one that is not counted. */
static json_t *
coverage_of(const SlComputer *one)
{
	return strcmp(one->state, "active") == 0 ? json_string(sl_status_standing(one->standing))
						 : json_null();
}

static json_t *
describe(const SlComputer *one)
{
	return json_pack(
		"{s:I, s:s, s:s, s:s, s:s, s:o, s:I, s:I, s:s, s:s, s:s, s:s, s:s, s:s, "
		"s:s, s:b, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:s}",
		"id", (json_int_t)one->id, "name", one->name, "group", one->group, "channel",
		one->channel, "state", state_of(one), "coverage", coverage_of(one), "seen_at",
		(json_int_t)one->seen_at, "enrolled_at", (json_int_t)one->enrolled_at, "address",
		one->address, "os_id", one->os_id, "os_codename", one->os_codename, "os_version",
		one->os_version, "architectures", one->architectures, "kernel", one->kernel,
		"agent", one->agent, "reboot", (int)one->reboot, "packages",
		(json_int_t)one->packages, "counter", (json_int_t)one->counter, "conflict_at",
		(json_int_t)one->conflict_at, "installed", (json_int_t)one->n[SL_STATUS_INSTALLED],
		"missing", (json_int_t)missing(one), "failed", (json_int_t)one->n[SL_STATUS_FAILED],
		"unknown", (json_int_t)one->n[SL_STATUS_UNKNOWN], "overdue",
		(json_int_t)one->overdue, "problem", one->problem);
}

json_t *
sl_admin_computers(SlAdminCall *call, GError **error)
{
	SlComputerFilter filter = {
		.group = sl_request_argument(call->request, "group"),
		.state = sl_request_argument(call->request, "state"),
		.text = sl_request_argument(call->request, "text"),
		.missing = sl_request_argument(call->request, "missing"),
		.now_at = sl_clock_now(call->admin->clock),
	};
	g_autoptr(GPtrArray) list = NULL;
	int64_t total = 0;
	json_t *items;

	if (!sl_admin_page(call, &filter.limit, &filter.offset, error) ||
	    !(list = sl_computer_list(call->db, &filter, &total, error)))
		return NULL;
	items = json_array();
	for (guint i = 0; i < list->len; i++) {
		const SlComputer *one = list->pdata[i];
		json_t *item = describe(one);

		if (filter.missing)
			json_object_set_new(item, "status",
					    json_string(sl_status_name(one->status)));
		json_array_append_new(items, item);
	}
	return json_pack("{s:o, s:I}", "items", items, "total", (json_int_t)total);
}

static json_t *
updates_of(SlDb *db, int64_t id, GError **error)
{
	g_autoptr(GPtrArray) list = sl_computer_updates(db, id, error);
	json_t *items = list ? json_array() : NULL;

	for (guint i = 0; list && i < list->len; i++) {
		const SlComputerUpdate *one = list->pdata[i];

		json_array_append_new(
			items,
			json_pack("{s:s, s:s, s:s?, s:I, s:I, s:s}", "update", one->update,
				  "status", sl_status_name(one->status), "rating", one->rating,
				  "deadline_at", (json_int_t)one->deadline_at, "reported_at",
				  (json_int_t)one->reported_at, "message", one->message));
	}
	return items;
}

json_t *
sl_admin_computer(SlAdminCall *call, GError **error)
{
	int64_t id = sl_computer_find(call->db, call->rest, error);
	g_autoptr(SlComputer) computer =
		id ? sl_computer_get(call->db, id, sl_clock_now(call->admin->clock), error) : NULL;
	json_t *updates = computer ? updates_of(call->db, id, error) : NULL;
	json_t *json;

	if (!updates)
		return NULL;
	json = describe(computer);
	json_object_set_new(json, "statuses", counts_of(computer->n));
	json_object_set_new(json, "updates", updates);
	return json;
}

typedef struct {
	const SlAdmin *admin;
	const char *name, *group, *person;
	int64_t now_at;
	bool (*func)(SlDb *db, int64_t id, const char *person, int64_t now_at, GError **error);
} Change;

static bool
change(SlDb *db, gpointer data, GError **error)
{
	const Change *one = data;
	int64_t id = sl_computer_find(db, one->name, error);
	g_autoptr(SlModel) model = NULL;

	if (!id)
		return false;
	if (one->group) {
		model = one->admin->model(one->admin->app);
		return sl_computer_move(db, model, id, one->group, one->person, one->now_at, error);
	}
	return one->func(db, id, one->person, one->now_at, error);
}

static json_t *
run(SlAdminCall *call, Change *one, GError **error)
{
	one->admin = call->admin;
	one->person = call->person;
	one->now_at = sl_clock_now(call->admin->clock);
	if (!sl_writer_run(call->admin->writer, change, one, error))
		return NULL;
	return json_pack("{s:s}", "name", one->name);
}

json_t *
sl_admin_computer_accept(SlAdminCall *call, GError **error)
{
	g_autoptr(SlJsonReader) reader = sl_json_reader_new(call->body, "computer");
	Change one = {.name = sl_json_take_text(reader, "name", SL_LIMIT_HOST_NAME),
		      .func = sl_computer_accept};

	return sl_json_finish(reader, error) ? run(call, &one, error) : NULL;
}

json_t *
sl_admin_computer_move(SlAdminCall *call, GError **error)
{
	g_autoptr(SlJsonReader) reader = sl_json_reader_new(call->body, "computer");
	Change one = {.name = sl_json_take_text(reader, "name", SL_LIMIT_HOST_NAME),
		      .group = sl_json_take_text(reader, "group", SL_LIMIT_NAME * 4)};

	return sl_json_finish(reader, error) ? run(call, &one, error) : NULL;
}

json_t *
sl_admin_computer_remove(SlAdminCall *call, GError **error)
{
	Change one = {.name = call->rest, .func = sl_computer_remove};

	return run(call, &one, error);
}
