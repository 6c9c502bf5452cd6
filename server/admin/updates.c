/* updates.c - updates: lists, one whole, ratings, advisories */
#include "catalog/advisory.h"
#include "catalog/audit.h"
#include "catalog/base/limits.h"
#include "catalog/naming.h"
#include "catalog/package.h"
#include "catalog/rating.h"
#include "catalog/update.h"
#include "clients/computer.h"
#include "server/admin/admin.h"

static json_t *
describe(const SlUpdate *one)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s?, s:s?, s:s?, s:I, s:b, s:I, "
			 "s:b, s:I, s:s, "
			 "s:I, s:I, s:I}",
			 "upstream", one->upstream, "name", one->name, "version", one->version,
			 "state", one->state, "summary", one->summary, "section", one->section,
			 "severity", one->severity, "rating", one->rating, "certification",
			 one->certification, "production", one->production, "released_at",
			 (json_int_t)one->released_at, "released_exact", (int)one->released_exact,
			 "seen_at", (json_int_t)one->seen_at, "newest", (int)one->newest,
			 "withdrawn_at", (json_int_t)one->withdrawn_at, "cves", one->cves,
			 "revision", (json_int_t)one->revision, "packages",
			 (json_int_t)one->packages, "size", (json_int_t)one->size);
}

static const char *
argument(const SlAdminCall *call, const char *name)
{
	return sl_request_argument(call->request, name);
}

json_t *
sl_admin_updates(SlAdminCall *call, GError **error)
{
	SlUpdateFilter filter = {
		.upstream = argument(call, "upstream"),
		.state = argument(call, "state"),
		.channel = argument(call, "channel"),
		.rating = argument(call, "rating"),
		.section = argument(call, "section"),
		.text = argument(call, "text"),
		.cve = argument(call, "cve"),
		.name = argument(call, "name"),
		.newest = argument(call, "newest") != NULL,
		.by_name = g_strcmp0(argument(call, "sort"), "name") == 0,
	};
	g_autoptr(GPtrArray) list = NULL;
	int64_t total = 0;
	json_t *items;

	if (!sl_admin_page(call, &filter.limit, &filter.offset, error) ||
	    !(list = sl_update_list(call->db, &filter, &total, error)))
		return NULL;
	items = json_array();
	for (guint i = 0; i < list->len; i++)
		json_array_append_new(items, describe(list->pdata[i]));
	return json_pack("{s:o, s:I}", "items", items, "total", (json_int_t)total);
}

static json_t *
packages_of(SlDb *db, int64_t update_id, GError **error)
{
	int64_t revision = sl_update_newest_revision(db, update_id, error);
	g_autoptr(GPtrArray) list = revision ? sl_package_of_revision(db, revision, error) : NULL;
	json_t *items = list ? json_array() : NULL;

	for (guint i = 0; list && i < list->len; i++) {
		const SlPackage *one = list->pdata[i];

		json_array_append_new(
			items, json_pack("{s:s, s:s, s:s, s:s, s:I, s:s}", "name", one->name,
					 "version", one->version, "architecture", one->architecture,
					 "sha256", one->payload_sha256, "size",
					 (json_int_t)one->size, "component", one->component));
	}
	return items;
}

static json_t *
advisories_of(SlDb *db, int64_t update_id, GError **error)
{
	g_autoptr(GPtrArray) list = sl_advisory_of_update(db, update_id, error);
	json_t *items = list ? json_array() : NULL;

	for (guint i = 0; list && i < list->len; i++) {
		const SlAdvisory *one = list->pdata[i];

		json_array_append_new(items, json_pack("{s:s, s:I, s:s, s:s}", "id", one->id, "at",
						       (json_int_t)one->at, "title", one->title,
						       "cves", one->cves));
	}
	return items;
}

/* Active computers by their status. */
static json_t *
computers_of(SlDb *db, int64_t update_id, GError **error)
{
	int64_t n[SL_STATUSES];
	json_t *counts;

	if (!sl_computer_count_statuses(db, update_id, n, error))
		return NULL;
	counts = json_object();
	for (int i = 0; i < SL_STATUSES; i++)
		json_object_set_new(counts, sl_status_name((SlStatus)i), json_integer(n[i]));
	return counts;
}

json_t *
sl_admin_update_show(SlAdminCall *call, GError **error)
{
	const char *name = argument(call, "name");
	int64_t id = sl_naming_find(call->db, name ? name : "", SL_NAMING_NEWEST, 0, error);
	g_autoptr(SlUpdate) update = id ? sl_update_get(call->db, id, error) : NULL;
	json_t *json, *packages, *advisories, *computers;

	if (!update)
		return NULL;
	packages = packages_of(call->db, id, error);
	advisories = packages ? advisories_of(call->db, id, error) : NULL;
	computers = advisories ? computers_of(call->db, id, error) : NULL;
	if (!computers) {
		json_decref(packages);
		json_decref(advisories);
		return NULL;
	}
	json = describe(update);
	json_object_set_new(json, "package_list", packages);
	json_object_set_new(json, "advisories", advisories);
	json_object_set_new(json, "computers", computers);
	json_object_set_new(json, "rating_reason", json_string(update->rating_reason));
	json_object_set_new(json, "rated_by", json_string(update->rated_by));
	json_object_set_new(json, "declined_by", json_string(update->declined_by));
	json_object_set_new(json, "decline_reason", json_string(update->decline_reason));
	return json;
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

	if (!sl_json_finish(reader, error) ||
	    !sl_writer_run(call->admin->writer, rate, &rating, error))
		return NULL;
	/* who is overdue is counted by rating */
	call->admin->start_statuses(call->admin->app, call->person);
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

	if (!entries || !sl_writer_run(call->admin->writer, import, &one, error))
		return NULL;
	return json_pack("{s:I, s:I}", "advisories", (json_int_t)entries->len, "updates",
			 (json_int_t)one.found);
}
