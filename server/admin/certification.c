/* certification.c - what waits for production, and what certification showed of it */
#include "catalog/rating.h"
#include "clients/evidence_list.h"
#include "server/admin/admin.h"

static json_t *
describe_failures(const GPtrArray *failures)
{
	json_t *items = json_array();

	for (guint i = 0; i < failures->len; i++) {
		const SlFailure *one = failures->pdata[i];

		json_array_append_new(items, json_pack("{s:s, s:I}", "message", one->message, "n",
						       (json_int_t)one->n));
	}
	return items;
}

json_t *
sl_admin_describe_evidence(const SlEvidence *evidence)
{
	const SlCertification *one = evidence->certification;

	return json_pack(
		"{s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:b, s:I, s:o, s:o}", "channel",
		"certification", "person", one->person, "approved_at", (json_int_t)one->approved_at,
		"published_at", (json_int_t)one->published_at, "computers",
		(json_int_t)evidence->computers, "installed", (json_int_t)evidence->installed,
		"failed", (json_int_t)evidence->failed, "needed", (json_int_t)evidence->needed,
		"soak_s", (json_int_t)one->soak_s, "soaked_s", (json_int_t)evidence->soaked_s,
		"ready", (int)evidence->ready, "ready_at", (json_int_t)evidence->ready_at, "held",
		sl_admin_describe_hold(one->hold), "failures",
		describe_failures(evidence->failures));
}

static json_t *
describe(SlDb *db, const SlEvidence *evidence, GError **error)
{
	g_autoptr(SlUpdate) update = sl_update_get(db, evidence->certification->update_id, error);
	g_autofree char *text = update ? sl_update_text(update) : NULL;
	json_t *json;

	if (!update)
		return NULL;
	json = json_pack("{s:s, s:s, s:s?, s:s, s:s}", "update", text, "state",
			 sl_evidence_state(evidence), "rating", update->rating, "severity",
			 update->severity, "summary", update->summary);
	json_object_update_new(json, sl_admin_describe_evidence(evidence));
	return json;
}

json_t *
sl_admin_certification(SlAdminCall *call, GError **error)
{
	SlEvidenceFilter filter = {.text = sl_request_argument(call->request, "text"),
				   .now_at = sl_clock_now(call->admin->clock)};
	g_autoptr(GPtrArray) list = NULL;
	g_autoptr(json_t) items = json_array();
	int64_t total = 0;

	if (!sl_admin_choice(call, "state", sl_evidence_states, &filter.state, error) ||
	    !sl_admin_choice(call, "rating", sl_rating_names, &filter.rating, error) ||
	    !sl_admin_listing_page(call, &filter.page, error) ||
	    !(list = sl_evidence_find(call->db, &filter, &total, error)))
		return NULL;
	for (guint i = 0; i < list->len; i++) {
		json_t *item = describe(call->db, list->pdata[i], error);

		if (!item)
			return NULL;
		json_array_append_new(items, item);
	}
	return json_pack("{s:O, s:I}", "items", items, "total", (json_int_t)total);
}
