#include "catalog/approval_return.h"

#include <inttypes.h>
#include <string.h>

#include "catalog/approval.h"
#include "catalog/approval_rule.h"
#include "catalog/audit.h"
#include "catalog/base/text.h"
#include "catalog/channel.h"
#include "catalog/update.h"
#include "catalog/version.h"

typedef struct {
	SlDb *db;
	const SlReturnRequest *request;
	const char *channel;
	bool emergency;
	GHashTable *anew; /* (owned): ids (int64_t) of the updates that are approved anew */
	SlReturn *result; /* (owned) */
} Returning;

static void
returning_clear(Returning *one)
{
	g_hash_table_unref(one->anew);
	sl_return_free(one->result);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Returning, returning_clear)

static SlReturn *
return_new(void)
{
	SlReturn *one = g_new0(SlReturn, 1);

	one->added = g_ptr_array_new_with_free_func(g_free);
	one->removed = g_ptr_array_new_with_free_func(g_free);
	one->refused = g_ptr_array_new_with_free_func(g_free);
	one->warnings = g_ptr_array_new_with_free_func(g_free);
	return one;
}

void
sl_return_free(SlReturn *one)
{
	if (!one)
		return;
	g_ptr_array_unref(one->added);
	g_ptr_array_unref(one->removed);
	g_ptr_array_unref(one->refused);
	g_ptr_array_unref(one->warnings);
	g_free(one);
}

static GPtrArray *
content_of_publication(const Returning *returning, GError **error)
{
	static const char sql[] =
		"SELECT i.revision_id, u.id, u.upstream_id, s.publish_suite, u.name, u.version"
		" FROM publication_item i JOIN revision r ON r.id = i.revision_id"
		" JOIN updates u ON u.id = r.update_id JOIN upstream s ON s.id = u.upstream_id"
		" WHERE i.channel_id = ?1 AND i.from_number <= ?2"
		" AND (i.until_number IS NULL OR i.until_number > ?2)"
		" ORDER BY s.publish_suite, u.name";
	g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func((GDestroyNotify)sl_content_free);
	g_autoptr(SlQuery) query = sl_query_new(returning->db, sql);
	SlStep step;

	sl_query_bind_int(query, 1, returning->request->channel_id);
	sl_query_bind_int(query, 2, returning->request->number);
	while ((step = sl_query_step(query, error)) == SL_ROW)
		g_ptr_array_add(list, sl_content_read(query));
	return step == SL_DONE ? g_steal_pointer(&list) : NULL;
}

static GPtrArray *
content_now(const Returning *returning, GError **error)
{
	return sl_approval_content(returning->db, returning->request->channel_id, false, error);
}

static bool
check_request(SlDb *db, const SlReturnRequest *request, GError **error)
{
	g_autoptr(SlQuery) query =
		sl_query_new(db, "SELECT 1 FROM publication WHERE channel_id = ?1 AND number = ?2");
	SlStep step;

	if (request->emergency && sl_text_is_blank(request->reason))
		return sl_error_set(error, SL_ERROR_INVALID, "an emergency needs a reason");
	sl_query_bind_int(query, 1, request->channel_id);
	sl_query_bind_int(query, 2, request->number);
	step = sl_query_step(query, error);
	if (step == SL_DONE)
		sl_error_set(error, SL_ERROR_NOT_FOUND, "the channel has no publication %" PRId64,
			     request->number);
	return step == SL_ROW;
}

static bool
note(const Returning *returning, const char *action, const char *object, int64_t revision_id,
     GError **error)
{
	const SlReturnRequest *request = returning->request;

	return sl_audit_add(
		returning->db, request->now_at, request->person, action, object,
		json_pack("{s:s, s:s, s:b, s:I, s:I}", "channel", returning->channel, "reason",
			  request->reason, "emergency", (int)returning->emergency, "publication",
			  (json_int_t)request->number, "revision", (json_int_t)revision_id),
		error);
}

static bool
leave_out(const Returning *returning, const SlContent *one, GError **error)
{
	static const char sql[] =
		"UPDATE approval SET state = 'returned', person = ?3, reason = ?4, at = ?5,"
		" previous_revision_id = NULL WHERE channel_id = ?1 AND update_id = ?2";
	const SlReturnRequest *request = returning->request;
	g_autoptr(SlQuery) query = sl_query_new(returning->db, sql);
	g_autoptr(SlUpdate) update = sl_update_get(returning->db, one->update_id, error);
	g_autofree char *text = update ? sl_update_text(update) : NULL;

	sl_query_bind_int(query, 1, request->channel_id);
	sl_query_bind_int(query, 2, one->update_id);
	sl_query_bind_text(query, 3, request->person);
	sl_query_bind_text(query, 4, request->reason);
	sl_query_bind_int(query, 5, request->now_at);
	return text && sl_query_run(query, error) &&
	       note(returning, "leave out", text, one->revision_id, error);
}

/* Every approved update newer than the target's version of its name, or not in the target. */
static bool
leave_out_others(const Returning *returning, const GPtrArray *target, GError **error)
{
	g_autoptr(GPtrArray) now = content_now(returning, error);

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
			if (!leave_out(returning, one, error))
				return false;
			changed++;
		}
		if (changed == 0)
			return true;
		/* what stood behind those may be too new as well */
		g_ptr_array_unref(now);
		now = content_now(returning, error);
	}
	return false;
}

static bool
approve_anew(const Returning *returning, const SlContent *wanted, GError **error)
{
	static const char sql[] =
		"UPDATE approval SET state = 'approved', revision_id = ?3, person = ?4,"
		" reason = ?5, at = ?6, emergency = ?7, previous_revision_id = NULL"
		" WHERE channel_id = ?1 AND update_id = ?2";
	const SlReturnRequest *request = returning->request;
	g_autoptr(SlQuery) query = sl_query_new(returning->db, sql);

	sl_query_bind_int(query, 1, request->channel_id);
	sl_query_bind_int(query, 2, wanted->update_id);
	sl_query_bind_int(query, 3, wanted->revision_id);
	sl_query_bind_text(query, 4, request->person);
	sl_query_bind_text(query, 5, request->reason);
	sl_query_bind_int(query, 6, request->now_at);
	sl_query_bind_int(query, 7, returning->emergency);
	g_hash_table_add(returning->anew, g_memdup2(&wanted->update_id, sizeof(int64_t)));
	return sl_query_run(query, error) &&
	       sl_update_set_declined(returning->db, wanted->update_id, NULL, NULL, 0, error);
}

static bool
take_back(const Returning *returning, const SlContent *wanted, GError **error)
{
	int64_t revision = 0;
	g_autofree char *state = sl_approval_state(returning->db, returning->request->channel_id,
						   wanted->update_id, &revision, error);

	if (!state)
		return false;
	if (strcmp(state, "recalled") == 0) {
		returning->result->skipped++;
		return true;
	}
	return (strcmp(state, "approved") == 0 && revision == wanted->revision_id) ||
	       approve_anew(returning, wanted, error);
}

/* Asks whether one may come in; *ret_why says why not, NULL that it may. False on failure only. */
static bool
ask(const Returning *returning, const SlApprovalItem *item, bool emergency, char **ret_why,
    GError **error)
{
	const SlApprovalRequest request = {.kind = SL_APPROVAL_APPROVE,
					   .channel = returning->channel,
					   .person = returning->request->person,
					   .reason = returning->request->reason,
					   .emergency = emergency};
	g_autoptr(GError) problem = NULL;
	bool fine;

	if (g_hash_table_contains(returning->anew, &item->update_id))
		fine = sl_approval_check(returning->db, &request, item, &problem);
	else
		fine = emergency || item->channel_id != SL_CHANNEL_PRODUCTION_ID ||
		       sl_approval_check_hold(returning->db, item, &problem);
	if (!fine && !g_error_matches(problem, SL_ERROR, SL_ERROR_DENIED)) {
		g_propagate_error(error, g_steal_pointer(&problem));
		return false;
	}
	*ret_why = g_strdup(fine ? NULL : problem->message);
	return true;
}

static bool
bring_back(const Returning *returning, const SlContent *one, GError **error)
{
	g_autoptr(SlUpdate) update = sl_update_get(returning->db, one->update_id, error);
	g_autofree char *text = update ? sl_update_text(update) : NULL;
	const SlApprovalItem item = {.update_id = one->update_id,
				     .revision_id = one->revision_id,
				     .channel_id = returning->request->channel_id,
				     .channel = (char *)returning->channel,
				     .text = text};
	g_autofree char *refusal = NULL;
	g_autofree char *passed = NULL;

	if (!text || !ask(returning, &item, returning->emergency, &refusal, error) ||
	    (returning->emergency && !ask(returning, &item, false, &passed, error)))
		return false;
	if (refusal && !returning->request->dry_run)
		return sl_error_set(error, SL_ERROR_DENIED, "%s", refusal);
	if (refusal)
		g_ptr_array_add(returning->result->refused, g_steal_pointer(&refusal));
	else if (passed)
		g_ptr_array_add(returning->result->warnings, g_steal_pointer(&passed));
	return note(returning, "bring back", text, one->revision_id, error);
}

/* What one content has and another has not, in that revision; the members stay the first's. */
static GPtrArray *
not_in(const GPtrArray *list, const GPtrArray *other)
{
	g_autoptr(GHashTable) known = g_hash_table_new(g_int64_hash, g_int64_equal);
	GPtrArray *left = g_ptr_array_new();

	for (guint i = 0; i < other->len; i++)
		g_hash_table_add(known, &((SlContent *)other->pdata[i])->revision_id);
	for (guint i = 0; i < list->len; i++)
		if (!g_hash_table_contains(known, &((SlContent *)list->pdata[i])->revision_id))
			g_ptr_array_add(left, list->pdata[i]);
	return left;
}

static void
add_texts(GPtrArray *texts, const GPtrArray *contents)
{
	for (guint i = 0; i < contents->len; i++) {
		const SlContent *one = contents->pdata[i];

		g_ptr_array_add(texts, g_strdup_printf("%s %s", one->name, one->version));
	}
}

/* Asks about what came of it, and writes it down. */
static bool
compare(const Returning *returning, const GPtrArray *before, const GPtrArray *after, GError **error)
{
	SlReturn *result = returning->result;
	g_autoptr(GPtrArray) added = not_in(after, before);
	g_autoptr(GPtrArray) removed = not_in(before, after);

	for (guint i = 0; i < added->len; i++)
		if (!bring_back(returning, added->pdata[i], error))
			return false;
	add_texts(result->added, added);
	add_texts(result->removed, removed);
	return true;
}

static bool
note_all(const Returning *returning, GError **error)
{
	const SlReturnRequest *request = returning->request;
	g_autofree char *object =
		g_strdup_printf("%s %" PRId64, returning->channel, request->number);

	return sl_audit_add(returning->db, request->now_at, request->person, "return", object,
			    json_pack("{s:s, s:b, s:I}", "reason", request->reason, "emergency",
				      (int)returning->emergency, "skipped",
				      (json_int_t)returning->result->skipped),
			    error);
}

SlReturn *
sl_approval_return(SlDb *db, const SlReturnRequest *request, GError **error)
{
	bool production = request->channel_id == SL_CHANNEL_PRODUCTION_ID;
	g_auto(Returning) returning = {
		.db = db,
		.request = request,
		.channel = production ? SL_CHANNEL_PRODUCTION : SL_CHANNEL_CERTIFICATION,
		.emergency = production && request->emergency,
		.anew = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL),
		.result = return_new(),
	};
	g_autoptr(GPtrArray) before = NULL;
	g_autoptr(GPtrArray) target = NULL;
	g_autoptr(GPtrArray) after = NULL;

	if (!check_request(db, request, error) || !(before = content_now(&returning, error)) ||
	    !(target = content_of_publication(&returning, error)) ||
	    !leave_out_others(&returning, target, error))
		return NULL;
	for (guint i = 0; i < target->len; i++)
		if (!take_back(&returning, target->pdata[i], error))
			return NULL;
	after = content_now(&returning, error);
	if (!after || !compare(&returning, before, after, error) || !note_all(&returning, error))
		return NULL;
	return g_steal_pointer(&returning.result);
}
