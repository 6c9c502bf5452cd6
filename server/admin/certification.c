/* certification.c - what waits for production, and what certification showed of it */
#include "catalog/base/text.h"
#include "clients/evidence.h"
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
	json = json_pack("{s:s, s:s?, s:s, s:s}", "update", text, "rating", update->rating,
			 "severity", update->severity, "summary", update->summary);
	json_object_update_new(json, sl_admin_describe_evidence(evidence));
	return json;
}

json_t *
sl_admin_certification(SlAdminCall *call, GError **error)
{
	int64_t limit, offset, now_at = sl_clock_now(call->admin->clock);
	g_autoptr(GPtrArray) list = NULL;
	g_autoptr(json_t) items = json_array();

	if (!sl_admin_page(call, &limit, &offset, error) ||
	    !(list = sl_evidence_list(call->db, now_at, error)))
		return NULL;
	for (int64_t i = offset; i < MIN(offset + limit, (int64_t)list->len); i++) {
		json_t *item = describe(call->db, list->pdata[i], error);

		if (!item)
			return NULL;
		json_array_append_new(items, item);
	}
	return json_pack("{s:O, s:I}", "items", items, "total", (json_int_t)list->len);
}
