#include "catalog/approval.h"

#include <inttypes.h>
#include <string.h>

#include "catalog/approval_rule.h"
#include "catalog/audit.h"
#include "catalog/channel.h"
#include "catalog/update.h"
#include "catalog/version.h"

#define PRODUCTION 2 /* id of schema.sql */

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
	sl_query_bind_int(query, 7, request->emergency && item->channel_id == PRODUCTION);
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
set_state(SlDb *db, int64_t channel_id, int64_t update_id, const char *state, const char *person,
	  const char *reason, int64_t now_at, GError **error)
{
	static const char sql[] =
		"UPDATE approval SET state = ?3, person = ?4, reason = ?5, at = ?6,"
		" previous_revision_id = NULL WHERE channel_id = ?1 AND update_id = ?2";
	g_autoptr(SlQuery) query = sl_query_new(db, sql);

	sl_query_bind_int(query, 1, channel_id);
	sl_query_bind_int(query, 2, update_id);
	sl_query_bind_text(query, 3, state);
	sl_query_bind_text(query, 4, person);
	sl_query_bind_text(query, 5, reason);
	sl_query_bind_int(query, 6, now_at);
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
		ok = set_state(db, item->channel_id, item->update_id, "recalled", request->person,
			       request->reason, now_at, error);
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

static SlContent *
read_content(SlQuery *query)
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
		SlContent *content = read_content(query);

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

static GPtrArray *
content_of_publication(SlDb *db, int64_t channel_id, int64_t number, GError **error)
{
	static const char sql[] =
		"SELECT i.revision_id, u.id, u.upstream_id, s.publish_suite, u.name, u.version"
		" FROM publication_item i JOIN revision r ON r.id = i.revision_id"
		" JOIN updates u ON u.id = r.update_id JOIN upstream s ON s.id = u.upstream_id"
		" WHERE i.channel_id = ?1 AND i.from_number <= ?2"
		" AND (i.until_number IS NULL OR i.until_number > ?2)"
		" ORDER BY s.publish_suite, u.name";
	g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func((GDestroyNotify)sl_content_free);
	g_autoptr(SlQuery) query = sl_query_new(db, sql);
	SlStep step;

	sl_query_bind_int(query, 1, channel_id);
	sl_query_bind_int(query, 2, number);
	while ((step = sl_query_step(query, error)) == SL_ROW)
		g_ptr_array_add(list, read_content(query));
	return step == SL_DONE ? g_steal_pointer(&list) : NULL;
}

static bool
check_publication(SlDb *db, int64_t channel_id, int64_t number, GError **error)
{
	g_autoptr(SlQuery) query =
		sl_query_new(db, "SELECT 1 FROM publication WHERE channel_id = ?1 AND number = ?2");
	SlStep step;

	sl_query_bind_int(query, 1, channel_id);
	sl_query_bind_int(query, 2, number);
	step = sl_query_step(query, error);
	if (step == SL_DONE)
		sl_error_set(error, SL_ERROR_NOT_FOUND, "the channel has no publication %" PRId64,
			     number);
	return step == SL_ROW;
}

/* Every approved update newer than the target's version of its name, or not in the target. */
static bool
leave_out_others(SlDb *db, int64_t channel_id, GPtrArray *target, const char *person,
		 const char *reason, int64_t now_at, GError **error)
{
	g_autoptr(GPtrArray) now = sl_approval_content(db, channel_id, false, error);

	while (now) {
		guint changed = 0;

		for (guint i = 0, j = 0; i < now->len; i++) {
			const SlContent *one = now->pdata[i];
			const SlContent *kept = NULL;

			while (j < target->len && sl_content_compare(target->pdata[j], one) < 0)
				j++;
			if (j < target->len && sl_content_compare(target->pdata[j], one) == 0)
				kept = target->pdata[j];
			if (kept && sl_version_compare(one->version, kept->version) <= 0)
				continue;
			if (!set_state(db, channel_id, one->update_id, "returned", person, reason,
				       now_at, error))
				return false;
			changed++;
		}
		if (changed == 0)
			return true;
		/* what stood behind those may be too new as well */
		g_ptr_array_unref(now);
		now = sl_approval_content(db, channel_id, false, error);
	}
	return false;
}

static bool
take_back(SlDb *db, int64_t channel_id, const SlContent *wanted, const char *person,
	  const char *reason, int64_t now_at, int64_t *skipped, GError **error)
{
	static const char sql[] =
		"UPDATE approval SET state = 'approved', revision_id = ?3, person = ?4,"
		" reason = ?5, at = ?6, previous_revision_id = NULL"
		" WHERE channel_id = ?1 AND update_id = ?2"
		" AND (state <> 'approved' OR revision_id <> ?3)";
	g_autofree char *state = sl_approval_state(db, channel_id, wanted->update_id, NULL, error);
	g_autoptr(SlQuery) query = sl_query_new(db, sql);

	if (!state)
		return false;
	if (strcmp(state, "recalled") == 0) {
		(*skipped)++;
		return true;
	}
	sl_query_bind_int(query, 1, channel_id);
	sl_query_bind_int(query, 2, wanted->update_id);
	sl_query_bind_int(query, 3, wanted->revision_id);
	sl_query_bind_text(query, 4, person);
	sl_query_bind_text(query, 5, reason);
	sl_query_bind_int(query, 6, now_at);
	return sl_query_run(query, error);
}

bool
sl_approval_return(SlDb *db, int64_t channel_id, int64_t number, const char *person,
		   const char *reason, int64_t now_at, int64_t *ret_skipped, GError **error)
{
	g_autoptr(GPtrArray) target = NULL;
	g_autofree char *object = g_strdup_printf(
		"%s %" PRId64,
		channel_id == PRODUCTION ? SL_CHANNEL_PRODUCTION : SL_CHANNEL_CERTIFICATION,
		number);
	int64_t skipped = 0;

	if (!check_publication(db, channel_id, number, error))
		return false;
	target = content_of_publication(db, channel_id, number, error);
	if (!target || !leave_out_others(db, channel_id, target, person, reason, now_at, error))
		return false;
	for (guint i = 0; i < target->len; i++)
		if (!take_back(db, channel_id, target->pdata[i], person, reason, now_at, &skipped,
			       error))
			return false;
	*ret_skipped = skipped;
	return sl_audit_add(
		db, now_at, person, "return", object,
		json_pack("{s:s, s:I}", "reason", reason, "skipped", (json_int_t)skipped), error);
}
