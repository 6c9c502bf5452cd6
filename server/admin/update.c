/* update.c - one update whole: what it is of, where it is, what became of it */
#include "catalog/update.h"

#include <string.h>

#include "catalog/advisory.h"
#include "catalog/audit.h"
#include "catalog/base/limits.h"
#include "catalog/naming.h"
#include "catalog/package_list.h"
#include "clients/computer.h"
#include "clients/evidence.h"
#include "server/admin/admin.h"

#define TRACKER "https://security-tracker.debian.org/tracker/"

static json_t *
describe_package(const SlPackageLine *one)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:I, s:s, s:s, s:I, s:s, s:s}", "name", one->name,
			 "version", one->version, "architecture", one->architecture, "sha256",
			 one->sha256, "size", (json_int_t)one->size, "component", one->component,
			 "filename", one->filename, "stored_at", (json_int_t)one->stored_at,
			 "index_sha256", one->index_sha256, "fingerprint", one->fingerprint);
}

static json_t *
find_packages(SlDb *db, const SlPackageFilter *filter, int64_t *ret_total, GError **error)
{
	g_autoptr(GPtrArray) list = sl_package_list(db, filter, ret_total, error);
	json_t *items = list ? json_array() : NULL;

	for (guint i = 0; list && i < list->len; i++)
		json_array_append_new(items, describe_package(list->pdata[i]));
	return items;
}

static json_t *
packages_of(SlDb *db, const SlUpdate *update, GError **error)
{
	return find_packages(db, &(SlPackageFilter){.update_id = update->id}, NULL, error);
}

static json_t *
advisories_of(SlDb *db, const SlUpdate *update, GError **error)
{
	g_autoptr(GPtrArray) list = sl_advisory_of_update(db, update->id, error);
	json_t *items = list ? json_array() : NULL;

	for (guint i = 0; list && i < list->len; i++) {
		const SlAdvisory *one = list->pdata[i];

		json_array_append_new(items, json_pack("{s:s, s:I, s:s, s:s}", "id", one->id, "at",
						       (json_int_t)one->at, "title", one->title,
						       "cves", one->cves));
	}
	return items;
}

/* An id came from upstream: what is no id gets no link. */
static void
add_link(json_t *links, const char *id)
{
	static const char *const kinds[] = {"CVE-", "DSA-", "DLA-"};

	for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++)
		if (g_str_has_prefix(id, kinds[i]) &&
		    strspn(id + 4, "0123456789-") == strlen(id + 4))
			json_array_append_new(
				links, json_pack("{s:s, s:s+}", "text", id, "url", TRACKER, id));
}

static json_t *
links_of(SlDb *db, const SlUpdate *update, GError **error)
{
	g_autoptr(GPtrArray) list = sl_advisory_of_update(db, update->id, error);
	g_auto(GStrv) cves = g_strsplit(update->cves, " ", -1);
	json_t *links = list ? json_array() : NULL;

	for (guint i = 0; list && i < list->len; i++)
		add_link(links, ((const SlAdvisory *)list->pdata[i])->id);
	for (char **cve = cves; links && *cve; cve++)
		add_link(links, *cve);
	return links;
}

static json_t *
versions_of(SlDb *db, const SlUpdate *update, GError **error)
{
	g_autoptr(GPtrArray) list = sl_update_versions(db, update, error);
	json_t *items = list ? json_array() : NULL;

	for (guint i = 0; list && i < list->len; i++) {
		const SlUpdate *one = list->pdata[i];

		json_array_append_new(items, json_pack("{s:s, s:I, s:s}", "version", one->version,
						       "released_at", (json_int_t)one->released_at,
						       "state", one->state));
	}
	return items;
}

static json_t *
describe_event(const SlAudit *one)
{
	g_autoptr(json_t) detail =
		sl_json_load(one->detail, strlen(one->detail), SL_LIMIT_ADMIN_BODY, NULL);
	static const char *const kept[] = {"channel",	"reason",      "rating",
					   "emergency", "publication", "held_by"};
	json_t *event = json_pack("{s:I, s:s, s:s}", "at", (json_int_t)one->at, "person",
				  one->person, "action", one->action);

	for (size_t i = 0; i < G_N_ELEMENTS(kept); i++)
		if (json_object_get(detail, kept[i]))
			json_object_set(event, kept[i], json_object_get(detail, kept[i]));
	return event;
}

/* What people did to it, by the audit log, newest first. */
static json_t *
history_of(SlDb *db, const SlUpdate *update, GError **error)
{
	g_autofree char *text = sl_update_text(update);
	g_autoptr(GPtrArray) list =
		sl_audit_list(db, &(SlAuditFilter){.object = text}, NULL, error);
	json_t *items = list ? json_array() : NULL;

	for (guint i = 0; list && i < list->len; i++)
		json_array_append_new(items, describe_event(list->pdata[i]));
	return items;
}

/* Active computers by their status. */
static json_t *
computers_of(SlDb *db, const SlUpdate *update, GError **error)
{
	int64_t n[SL_STATUSES];
	json_t *counts;

	if (!sl_computer_count_statuses(db, update->id, n, error))
		return NULL;
	counts = json_object();
	for (int i = 0; i < SL_STATUSES; i++)
		json_object_set_new(counts, sl_status_name((SlStatus)i), json_integer(n[i]));
	return counts;
}

/* Each of these is there or is an error. */
static bool
add_lists(SlDb *db, json_t *json, const SlUpdate *update, GError **error)
{
	static const struct {
		const char *key;
		json_t *(*list)(SlDb *db, const SlUpdate *update, GError **error);
	} lists[] = {
		{"package_list", packages_of}, {"advisories", advisories_of},
		{"links", links_of},	       {"versions", versions_of},
		{"history", history_of},       {"computers", computers_of},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(lists); i++) {
		json_t *list = lists[i].list(db, update, error);

		if (!list)
			return false;
		json_object_set_new(json, lists[i].key, list);
	}
	return true;
}

/* null where nobody holds it. */
static bool
add_hold(SlDb *db, json_t *json, const SlUpdate *update, GError **error)
{
	g_autoptr(GError) problem = NULL;
	g_autoptr(SlHold) hold = sl_hold_get(db, update->id, &problem);

	if (problem) {
		g_propagate_error(error, g_steal_pointer(&problem));
		return false;
	}
	json_object_set_new(json, "held", sl_admin_describe_hold(hold));
	return true;
}

/* null where certification has it not. */
static bool
add_evidence(const SlAdminCall *call, json_t *json, const SlUpdate *update, GError **error)
{
	g_autoptr(GError) problem = NULL;
	g_autoptr(SlEvidence) evidence =
		sl_evidence_get(call->db, update->id, sl_clock_now(call->admin->clock), &problem);

	if (problem) {
		g_propagate_error(error, g_steal_pointer(&problem));
		return false;
	}
	json_object_set_new(json, "evidence",
			    evidence ? sl_admin_describe_evidence(evidence) : json_null());
	return true;
}

/* The update that the argument name means, or 0. */
static int64_t
named(const SlAdminCall *call, GError **error)
{
	const char *name = sl_request_argument(call->request, "name");

	return sl_naming_find(call->db, name ? name : "", SL_NAMING_NEWEST, 0, error);
}

json_t *
sl_admin_update_packages(SlAdminCall *call, GError **error)
{
	SlPackageFilter filter = {.update_id = named(call, error),
				  .text = sl_request_argument(call->request, "text"),
				  .architecture =
					  sl_request_argument(call->request, "architecture")};
	int64_t total = 0;
	json_t *items;

	if (!filter.update_id || !sl_admin_listing_page(call, &filter.page, error) ||
	    !(items = find_packages(call->db, &filter, &total, error)))
		return NULL;
	return json_pack("{s:o, s:I}", "items", items, "total", (json_int_t)total);
}

json_t *
sl_admin_update_show(SlAdminCall *call, GError **error)
{
	int64_t id = named(call, error);
	g_autoptr(SlUpdate) update = id ? sl_update_get(call->db, id, error) : NULL;
	g_autoptr(SlDemand) demand = call->admin->demand(call->admin->app);
	g_autoptr(json_t) json =
		update ? sl_admin_describe_update(call->db, demand, update, error) : NULL;

	if (!json || !add_lists(call->db, json, update, error) ||
	    !add_hold(call->db, json, update, error) || !add_evidence(call, json, update, error))
		return NULL;
	json_object_set_new(json, "rating_reason", json_string(update->rating_reason));
	json_object_set_new(json, "rated_by", json_string(update->rated_by));
	json_object_set_new(json, "declined_by", json_string(update->declined_by));
	json_object_set_new(json, "decline_reason", json_string(update->decline_reason));
	return g_steal_pointer(&json);
}
