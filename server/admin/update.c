/* update.c - one update whole */
#include "catalog/update.h"

#include "catalog/advisory.h"
#include "catalog/naming.h"
#include "catalog/package.h"
#include "clients/computer.h"
#include "server/admin/admin.h"

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
	const char *name = sl_request_argument(call->request, "name");
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
	json = sl_admin_describe_update(call->db, update, error);
	json_object_set_new(json, "package_list", packages);
	json_object_set_new(json, "advisories", advisories);
	json_object_set_new(json, "computers", computers);
	json_object_set_new(json, "rating_reason", json_string(update->rating_reason));
	json_object_set_new(json, "rated_by", json_string(update->rated_by));
	json_object_set_new(json, "declined_by", json_string(update->declined_by));
	json_object_set_new(json, "decline_reason", json_string(update->decline_reason));
	return json;
}
