/* computers.c - the computers that check in */
#include <inttypes.h>
#include <string.h>

#include "catalog/base/limits.h"
#include "catalog/base/text.h"
#include "catalog/rating.h"
#include "clients/computer_list.h"
#include "clients/computer_update_list.h"
#include "clients/leaving.h"
#include "server/admin/admin.h"

#define MOVES_MAX 1000 /* computers in one transaction: a tenth of a second */

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

json_t *
sl_admin_describe_computer(const SlComputer *one)
{
	return json_pack(
		"{s:I, s:o, s:s, s:s, s:s, s:s, s:o, s:I, s:I, s:s, s:s, s:s, s:s, s:s, s:s, "
		"s:s, s:b, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:s}",
		"id", (json_int_t)one->id, "id_text", json_sprintf("%" PRId64, one->id), "name",
		one->name, "group", one->group, "channel", one->channel, "state", state_of(one),
		"coverage", coverage_of(one), "seen_at", (json_int_t)one->seen_at, "enrolled_at",
		(json_int_t)one->enrolled_at, "address", one->address, "os_id", one->os_id,
		"os_codename", one->os_codename, "os_version", one->os_version, "architectures",
		one->architectures, "kernel", one->kernel, "agent", one->agent, "reboot",
		(int)one->reboot, "packages", (json_int_t)one->packages, "counter",
		(json_int_t)one->counter, "conflict_at", (json_int_t)one->conflict_at, "installed",
		(json_int_t)one->n[SL_STATUS_INSTALLED], "missing", (json_int_t)missing(one),
		"failed", (json_int_t)one->n[SL_STATUS_FAILED], "unknown",
		(json_int_t)one->n[SL_STATUS_UNKNOWN], "overdue", (json_int_t)one->overdue,
		"problem", one->problem);
}

static const char *
argument(const SlAdminCall *call, const char *name)
{
	return sl_request_argument(call->request, name);
}

/* missing=UPDATE is short for update=UPDATE and status=missing. */
static bool
read_filter(SlAdminCall *call, SlComputerFilter *filter, GError **error)
{
	const char *missing = argument(call, "missing");

	*filter = (SlComputerFilter){
		.group = argument(call, "group"),
		.channel = argument(call, "channel"),
		.state = argument(call, "state"),
		.coverage = argument(call, "coverage"),
		.os = argument(call, "os"),
		.text = argument(call, "text"),
		.overdue = argument(call, "overdue"),
		.update = missing ? missing : argument(call, "update"),
		.status = missing ? "missing" : argument(call, "status"),
		.now_at = sl_clock_now(call->admin->clock),
	};
	return sl_admin_choice(call, "sort", sl_computer_sorts, &filter->sort, error) &&
	       sl_admin_page(call, &filter->limit, &filter->offset, error);
}

json_t *
sl_admin_computers(SlAdminCall *call, GError **error)
{
	SlComputerFilter filter;
	g_autoptr(GPtrArray) list = NULL;
	int64_t total = 0;
	json_t *items;

	if (!read_filter(call, &filter, error) ||
	    !(list = sl_computer_list(call->db, &filter, &total, error)))
		return NULL;
	items = json_array();
	for (guint i = 0; i < list->len; i++) {
		const SlComputer *one = list->pdata[i];
		json_t *item = sl_admin_describe_computer(one);

		if (filter.update) {
			json_object_set_new(item, "status",
					    json_string(sl_status_name(one->status)));
			json_object_set_new(item, "message",
					    json_string(one->message ? one->message : ""));
		}
		json_array_append_new(items, item);
	}
	return json_pack("{s:o, s:I}", "items", items, "total", (json_int_t)total);
}

static json_t *
describe_updates(const GPtrArray *list)
{
	json_t *items = json_array();

	for (guint i = 0; i < list->len; i++) {
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
	g_autoptr(GPtrArray) updates = computer ? sl_computer_updates(call->db, id, error) : NULL;
	json_t *json;

	if (!updates)
		return NULL;
	json = sl_admin_describe_computer(computer);
	json_object_set_new(json, "statuses", counts_of(computer->n));
	json_object_set_new(json, "updates", describe_updates(updates));
	return json;
}

json_t *
sl_admin_computer_updates(SlAdminCall *call, GError **error)
{
	const char *name = argument(call, "computer");
	SlComputerUpdateFilter filter = {.text = argument(call, "text"),
					 .status = argument(call, "status")};
	int64_t id = sl_computer_find(call->db, name ? name : "", error), total = 0;
	g_autoptr(GPtrArray) list = NULL;

	if (!id || !sl_admin_choice(call, "rating", sl_rating_names, &filter.rating, error) ||
	    !sl_admin_listing_page(call, &filter.page, error) ||
	    !(list = sl_computer_update_list(call->db, id, &filter, &total, error)))
		return NULL;
	return json_pack("{s:o, s:I}", "items", describe_updates(list), "total", (json_int_t)total);
}

typedef struct {
	const char *name, *person;
	int64_t now_at;
	bool (*func)(SlDb *db, int64_t id, const char *person, int64_t now_at, GError **error);
} Change;

static bool
change(SlDb *db, gpointer data, GError **error)
{
	const Change *one = data;
	int64_t id = sl_computer_find(db, one->name, error);

	return id && one->func(db, id, one->person, one->now_at, error);
}

static json_t *
run(SlAdminCall *call, Change *one, GError **error)
{
	one->person = call->person;
	one->now_at = sl_clock_now(call->admin->clock);
	if (!sl_admin_write(call, change, one, error))
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

typedef struct {
	const SlAdmin *admin;
	const char *name; /* NULL: those by ids */
	GArray *ids;	  /* (owned, element-type int64_t) */
	const char *group, *person;
	bool owner; /* asks for it */
	int64_t now_at;
} Move;

static bool
move(SlDb *db, gpointer data, GError **error)
{
	const Move *one = data;
	int64_t id = one->name ? sl_computer_find(db, one->name, error) : 0;
	g_autoptr(SlModel) model = NULL;

	if (one->name && !id)
		return false;
	if (one->name)
		g_array_append_val(one->ids, id);
	if (!one->owner && !sl_leaving_check_move(db, one->ids, one->group, error))
		return false;
	model = one->admin->model(one->admin->app);
	return sl_computer_move(db, model, one->ids, one->group, one->person, one->now_at, error);
}

static void
take_ids(SlJsonReader *reader, GArray *ids)
{
	const json_t *array = sl_json_take_array(reader, "computers", MOVES_MAX);

	for (size_t i = 0; i < json_array_size(array); i++) {
		const json_t *one = json_array_get(array, i);
		/* a browser's numbers end at 53 bits */
		const char *text = json_string_value(one);
		int64_t id = json_integer_value(one);

		if (id <= 0 && !(text && sl_text_int(text, 1, INT64_MAX, &id, NULL)))
			sl_json_refuse(reader, "computers", "not a list of ids");
		g_array_append_val(ids, id);
	}
}

json_t *
sl_admin_computer_move(SlAdminCall *call, GError **error)
{
	g_autoptr(SlJsonReader) reader = sl_json_reader_new(call->body, "computer");
	g_autoptr(GArray) ids = g_array_new(FALSE, FALSE, sizeof(int64_t));
	Move one = {.admin = call->admin,
		    .name = sl_json_take_text_or_null(reader, "name", SL_LIMIT_HOST_NAME),
		    .ids = ids,
		    .group = sl_json_take_text(reader, "group", SL_LIMIT_NAME * 4),
		    .person = call->person,
		    .owner = call->role >= SL_RIGHT_OWN,
		    .now_at = sl_clock_now(call->admin->clock)};

	if (!one.name)
		take_ids(reader, ids);
	if (!sl_json_finish(reader, error) || !sl_admin_write(call, move, &one, error))
		return NULL;
	return json_pack("{s:s?, s:I, s:s}", "name", one.name, "moved", (json_int_t)ids->len,
			 "group", one.group);
}

json_t *
sl_admin_computer_remove(SlAdminCall *call, GError **error)
{
	Change one = {.name = call->rest, .func = sl_computer_remove};

	return run(call, &one, error);
}
