#include "catalog/approval.h"

#include <inttypes.h>
#include <string.h>

#include "catalog/approval_rule.h"
#include "catalog/audit.h"
#include "catalog/channel.h"
#include "catalog/update.h"
#include "catalog/version.h"

char *
sl_approval_state(SlDb *db, int64_t channel_id, int64_t update_id, int64_t *ret_revision,
		  GError **error)
{
	g_autoptr(SlQuery) query = sl_query_new(db, "SELECT state, revision_id FROM approval"
						    " WHERE channel_id = ?1 AND update_id = ?2");

	sl_query_bind_int(query, 1, channel_id);
	sl_query_bind_int(query, 2, update_id);
	if (sl_query_step(query, error) != SL_ROW)
		return NULL;
	if (ret_revision)
		*ret_revision = sl_query_int(query, 1);
	return g_strdup(sl_query_text(query, 0));
}

static bool
write_approval(SlDb *db, const SlApprovalRequest *request, const SlApprovalItem *item,
	       int64_t now_at, GError **error)
{
	static const char sql[] =
		"INSERT INTO approval (channel_id, update_id, revision_id, state, at, first_at,"
		" person, reason, emergency) VALUES (?1, ?2, ?3, 'approved', ?4, ?4, ?5, ?6, ?7)"
		" ON CONFLICT (channel_id, update_id) DO UPDATE SET revision_id = ?3,"
		" state = 'approved', at = ?4, person = ?5, reason = ?6, emergency = ?7,"
		" previous_revision_id = CASE WHEN state <> 'approved' THEN NULL"
		" WHEN revision_id <> ?3 AND revision_id IN (SELECT id FROM stored_revision)"
		" THEN revision_id ELSE previous_revision_id END";
	g_autoptr(SlQuery) query = sl_query_new(db, sql);

	sl_query_bind_int(query, 1, item->channel_id);
	sl_query_bind_int(query, 2, item->update_id);
	sl_query_bind_int(query, 3, item->revision_id);
	sl_query_bind_int(query, 4, now_at);
	sl_query_bind_text(query, 5, request->person);
	sl_query_bind_text(query, 6, request->reason);
	sl_query_bind_int(query, 7,
			  request->emergency && item->channel_id == SL_CHANNEL_PRODUCTION_ID);
	return sl_query_run(query, error);
}

static bool
approve(SlDb *db, const SlApprovalRequest *request, const SlApprovalItem *item, int64_t now_at,
	GError **error)
{
	return sl_approval_check(db, request, item, error) &&
	       write_approval(db, request, item, now_at, error) &&
	       sl_update_set_declined(db, item->update_id, NULL, NULL, 0, error) &&
	       sl_update_take_slot(db, item->update_id, error);
}

static bool
recall(SlDb *db, const SlApprovalRequest *request, const SlApprovalItem *item, int64_t now_at,
       GError **error)
{
	static const char sql[] =
		"UPDATE approval SET state = 'recalled', person = ?3, reason = ?4, at = ?5,"
		" previous_revision_id = NULL WHERE channel_id = ?1 AND update_id = ?2";
	g_autoptr(SlQuery) query = sl_query_new(db, sql);

	sl_query_bind_int(query, 1, item->channel_id);
	sl_query_bind_int(query, 2, item->update_id);
	sl_query_bind_text(query, 3, request->person);
	sl_query_bind_text(query, 4, request->reason);
	sl_query_bind_int(query, 5, now_at);
	return sl_query_run(query, error);
}

static bool
apply_item(SlDb *db, const SlApprovalRequest *request, const SlApprovalItem *item, int64_t now_at,
	   GError **error)
{
	static const char *const actions[] = {"approve", "recall", "decline"};
	bool ok;

	switch (request->kind) {
	case SL_APPROVAL_APPROVE:
		ok = approve(db, request, item, now_at, error);
		break;
	case SL_APPROVAL_RECALL:
		ok = recall(db, request, item, now_at, error);
		break;
	case SL_APPROVAL_DECLINE:
	default:
		ok = sl_update_set_declined(db, item->update_id, request->person, request->reason,
					    now_at, error);
		break;
	}
	return ok &&
	       sl_audit_add(db, now_at, request->person, actions[request->kind], item->text,
			    json_pack("{s:s, s:s, s:b, s:I}", "channel", item->channel, "reason",
				      request->reason, "emergency", (int)request->emergency,
				      "revision", (json_int_t)item->revision_id),
			    error);
}

bool
sl_approval_apply(SlDb *db, const SlApprovalRequest *request, const SlApprovalPlan *plan,
		  int64_t now_at, GError **error)
{
	for (guint i = 0; i < plan->items->len; i++) {
		const SlApprovalItem *item = plan->items->pdata[i];

		if (!item->unchanged && !apply_item(db, request, item, now_at, error))
			return false;
	}
	return true;
}

void
sl_content_free(SlContent *content)
{
	if (!content)
		return;
	g_free(content->suite);
	g_free(content->name);
	g_free(content->version);
	g_free(content);
}

int
sl_content_compare(const SlContent *a, const SlContent *b)
{
	int order = strcmp(a->suite, b->suite);

	return order ? order : strcmp(a->name, b->name);
}

SlContent *
sl_content_read(SlQuery *query)
{
	SlContent *content = g_new0(SlContent, 1);

	content->revision_id = sl_query_int(query, 0);
	content->update_id = sl_query_int(query, 1);
	content->upstream_id = sl_query_int(query, 2);
	content->suite = g_strdup(sl_query_text(query, 3));
	content->name = g_strdup(sl_query_text(query, 4));
	content->version = g_strdup(sl_query_text(query, 5));
	return content;
}

/* Adds one to a list sorted by suite and name, or lets the newer version stand. */
static void
keep_newest(GPtrArray *list, SlContent *content)
{
	SlContent *last = list->len ? list->pdata[list->len - 1] : NULL;

	if (!last || sl_content_compare(last, content) != 0) {
		g_ptr_array_add(list, content);
	} else if (sl_version_compare(content->version, last->version) > 0) {
		sl_content_free(last);
		list->pdata[list->len - 1] = content;
	} else {
		sl_content_free(content);
	}
}

GPtrArray *
sl_approval_content(SlDb *db, int64_t channel_id, bool only_stored, GError **error)
{
	static const char sql[] =
		"SELECT a.revision_id, u.id, u.upstream_id, s.publish_suite, u.name, u.version,"
		" (SELECT id FROM stored_revision WHERE id = a.revision_id),"
		" (SELECT id FROM stored_revision WHERE id = a.previous_revision_id)"
		" FROM approval a JOIN updates u ON u.id = a.update_id"
		" JOIN upstream s ON s.id = u.upstream_id"
		" WHERE a.channel_id = ?1 AND a.state = 'approved' AND s.role = 'updates'"
		" ORDER BY s.publish_suite, u.name, s.name, u.id";
	g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func((GDestroyNotify)sl_content_free);
	g_autoptr(SlQuery) query = sl_query_new(db, sql);
	SlStep step;

	sl_query_bind_int(query, 1, channel_id);
	while ((step = sl_query_step(query, error)) == SL_ROW) {
		SlContent *content = sl_content_read(query);

		if (only_stored)
			content->revision_id =
				sl_query_int(query, sl_query_is_null(query, 6) ? 7 : 6);
		if (content->revision_id != 0)
			keep_newest(list, content);
		else
			sl_content_free(content);
	}
	return step == SL_DONE ? g_steal_pointer(&list) : NULL;
}
