#include "catalog/approval.h"

#include <inttypes.h>
#include <string.h>

#include "catalog/approval_missing.h"
#include "catalog/approval_rule.h"
#include "catalog/base/limits.h"
#include "catalog/base/text.h"
#include "catalog/channel.h"
#include "catalog/hold.h"
#include "catalog/naming.h"
#include "catalog/payload.h"
#include "catalog/update.h"
#include "catalog/version.h"

static void
item_free(gpointer data)
{
	SlApprovalItem *item = data;

	g_free(item->text);
	g_free(item->channel);
	g_free(item->severity);
	g_free(item->rating);
	g_free(item);
}

static void
missing_free(gpointer data)
{
	SlApprovalMissing *missing = data;

	g_free(missing->package);
	g_free(missing->dependency);
	g_free(missing->candidate);
	g_free(missing);
}

static SlApprovalPlan *
plan_new(void)
{
	SlApprovalPlan *plan = g_new0(SlApprovalPlan, 1);

	plan->items = g_ptr_array_new_with_free_func(item_free);
	plan->missing = g_ptr_array_new_with_free_func(missing_free);
	plan->warnings = g_ptr_array_new_with_free_func(g_free);
	return plan;
}

void
sl_approval_plan_free(SlApprovalPlan *plan)
{
	if (!plan)
		return;
	g_ptr_array_unref(plan->items);
	g_ptr_array_unref(plan->missing);
	g_ptr_array_unref(plan->warnings);
	g_free(plan);
}

static void G_GNUC_PRINTF(2, 3) warn(SlApprovalPlan *plan, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	g_ptr_array_add(plan->warnings, g_strdup_vprintf(format, args));
	va_end(args);
}

static bool
measure(SlDb *db, SlApprovalItem *item, GError **error)
{
	static const char sql[] =
		"SELECT count(*), coalesce(sum(size), 0),"
		" coalesce(sum(iif(stored_at IS NULL, size, 0)), 0) FROM payload"
		" WHERE sha256 IN (SELECT p.payload_sha256 FROM revision_package rp"
		" JOIN package p ON p.id = rp.package_id WHERE rp.revision_id = ?1)";
	g_autoptr(SlQuery) query = sl_query_new(db, sql);

	sl_query_bind_int(query, 1, item->revision_id);
	if (sl_query_step(query, error) != SL_ROW)
		return false;
	item->packages = sl_query_int(query, 0);
	item->size = sl_query_int(query, 1);
	item->to_fetch = sl_query_int(query, 2);
	return true;
}

static SlApprovalItem *
item_new(const SlUpdate *update, const SlChannel *channel, int64_t revision_id)
{
	SlApprovalItem *item = g_new0(SlApprovalItem, 1);

	item->update_id = update->id;
	item->revision_id = revision_id;
	item->channel_id = channel ? channel->id : 0;
	item->channel = g_strdup(channel ? channel->name : "");
	item->text = sl_update_text(update);
	item->severity = g_strdup(update->severity);
	item->rating = g_strdup(update->rating);
	return item;
}

/* Whether an update was named before; channel_id is 0 where none is meant. */
static bool
is_planned(const SlApprovalPlan *plan, int64_t update_id, int64_t channel_id)
{
	for (guint i = 0; i < plan->items->len; i++) {
		const SlApprovalItem *item = plan->items->pdata[i];

		if (item->update_id == update_id && item->channel_id == channel_id)
			return true;
	}
	return false;
}

static bool
add_item(SlDb *db, SlApprovalPlan *plan, SlApprovalItem *item, GError **error)
{
	g_ptr_array_add(plan->items, item);
	return measure(db, item, error);
}

/* What only an emergency passes by. */
static void
warn_about_hold(SlDb *db, SlApprovalPlan *plan, const SlUpdate *update, const char *text)
{
	g_autoptr(SlHold) hold = sl_hold_get(db, update->id, NULL);

	if (hold)
		warn(plan, "%s is held by %s: %s", text, hold->person, hold->reason);
}

static void
warn_about_versions(SlApprovalPlan *plan, const SlUpdate *update, const char *text,
		    GPtrArray *content)
{
	for (guint i = 0; i < content->len; i++) {
		const SlContent *one = content->pdata[i];

		if (strcmp(one->name, update->name) == 0 &&
		    one->upstream_id == update->upstream_id &&
		    sl_version_compare(one->version, update->version) > 0)
			warn(plan, "%s: the channel has %s, which is newer and stands", text,
			     one->version);
	}
	if (update->declined_by)
		warn(plan, "%s was declined by %s: %s", text, update->declined_by,
		     update->decline_reason);
	if (update->withdrawn_at)
		warn(plan,
		     "%s has left its upstream; payloads that are not in the store may be gone",
		     text);
}

/* The revision to approve: certification's for production, else the newest. */
static bool
choose_revision(SlDb *db, const SlApprovalRequest *request, const SlChannel *channel,
		const SlUpdate *update, int64_t *ret_revision, GError **error)
{
	int64_t certified = 0;
	g_autofree char *state = NULL;

	*ret_revision = sl_update_newest_revision(db, update->id, error);
	if (*ret_revision == 0)
		return false;
	if (strcmp(channel->name, SL_CHANNEL_PRODUCTION) != 0 || request->emergency)
		return true;
	state = sl_approval_state(db, 1, update->id, &certified, error);
	if (g_strcmp0(state, "approved") == 0)
		*ret_revision = certified;
	return true;
}

static bool
plan_approve(SlDb *db, const SlApprovalRequest *request, SlApprovalPlan *plan,
	     const SlChannel *channel, const char *name, GPtrArray *content, GError **error)
{
	bool to_production = strcmp(channel->name, SL_CHANNEL_PRODUCTION) == 0;
	bool certified = to_production && !request->emergency;
	g_autoptr(GError) problem = NULL;
	int64_t revision = 0, approved = 0, id;
	g_autoptr(SlUpdate) update = NULL;
	g_autofree char *text = NULL;
	g_autofree char *state = NULL;
	SlApprovalItem *item;

	id = sl_naming_find(db, name, certified ? SL_NAMING_APPROVED : SL_NAMING_NEWEST, 1,
			    &problem);
	if (!id && certified && g_error_matches(problem, SL_ERROR, SL_ERROR_NOT_FOUND) &&
	    sl_naming_find(db, name, SL_NAMING_NEWEST, 0, NULL))
		return sl_error_set(error, SL_ERROR_DENIED,
				    "no version of '%s' is approved for certification; approve it "
				    "there first, or here as an emergency, with a reason",
				    name);
	if (!id) {
		g_propagate_error(error, g_steal_pointer(&problem));
		return false;
	}
	if (is_planned(plan, id, channel->id))
		return true;
	update = sl_update_get(db, id, error);
	text = update ? sl_update_text(update) : NULL;
	if (!update || !choose_revision(db, request, channel, update, &revision, error))
		return false;
	state = sl_approval_state(db, channel->id, id, &approved, error);
	item = item_new(update, channel, revision);
	item->unchanged = g_strcmp0(state, "approved") == 0 && approved == revision;
	if (!add_item(db, plan, item, error) || !sl_approval_check(db, request, item, error))
		return false;
	if (item->unchanged)
		warn(plan, "%s is approved for %s already", text, channel->name);
	if (g_strcmp0(state, "recalled") == 0)
		warn(plan, "%s was recalled from %s before", text, channel->name);
	warn_about_hold(db, plan, update, text);
	warn_about_versions(plan, update, text, content);
	return true;
}

/* What the channel has and the store has not any more, which only an emergency does not wait for.
 */
static bool
warn_about_lost(SlDb *db, const SlApprovalRequest *request, SlApprovalPlan *plan,
		const SlChannel *channel, GError **error)
{
	g_autoptr(GPtrArray) lost = sl_payload_lost(db, channel->id, error);
	g_autofree char *more = NULL;

	if (!lost || lost->len == 0)
		return lost != NULL;
	more = lost->len > 1 ? g_strdup_printf(" and of %u more", lost->len - 1) : g_strdup("");
	warn(plan,
	     request->emergency
		     ? "the store has lost payloads of %s%s, which the channel has: it is "
		       "published without, until they are fetched again"
		     : "the store has lost payloads of %s%s, which the channel has: they are "
		       "fetched first; only an emergency does not wait for them",
	     (const char *)lost->pdata[0], more);
	return true;
}

/* Recalls one name from one channel; *found says whether the channel had it. */
static bool
plan_recall(SlDb *db, SlApprovalPlan *plan, const SlChannel *channel, const char *name, bool *found,
	    GError **error)
{
	g_autoptr(GError) problem = NULL;
	int64_t id = sl_naming_find(db, name, SL_NAMING_APPROVED, channel->id, &problem);
	g_autoptr(SlUpdate) update = NULL;
	g_autofree char *state = NULL;
	int64_t revision = 0;

	if (!id && g_error_matches(problem, SL_ERROR, SL_ERROR_NOT_FOUND))
		return true;
	if (!id) {
		g_propagate_error(error, g_steal_pointer(&problem));
		return false;
	}
	state = sl_approval_state(db, channel->id, id, &revision, error);
	if (g_strcmp0(state, "approved") != 0)
		return true;
	*found = true;
	if (is_planned(plan, id, channel->id))
		return true;
	update = sl_update_get(db, id, error);
	return update && add_item(db, plan, item_new(update, channel, revision), error);
}

/* Of an item's name the newest version that stays approved for its channel, where the item is
 * newer: what the channel goes back to. NULL: nothing; without an error. */
static SlUpdate *
find_next(SlDb *db, const SlApprovalPlan *plan, const SlApprovalItem *item, GError **error)
{
	static const char sql[] =
		"SELECT u.id FROM approval a JOIN updates u ON u.id = a.update_id"
		" JOIN upstream s ON s.id = u.upstream_id JOIN updates i ON i.id = ?2"
		" JOIN upstream t ON t.id = i.upstream_id WHERE a.channel_id = ?1"
		" AND a.state = 'approved' AND u.name = i.name AND s.role = 'updates'"
		" AND s.publish_suite = t.publish_suite AND u.id <> i.id";
	g_autoptr(SlQuery) query = sl_query_new(db, sql);
	g_autoptr(SlUpdate) recalled = sl_update_get(db, item->update_id, error);
	g_autoptr(SlUpdate) next = NULL;
	SlStep step = SL_FAILED;

	sl_query_bind_int(query, 1, item->channel_id);
	sl_query_bind_int(query, 2, item->update_id);
	while (recalled && (step = sl_query_step(query, error)) == SL_ROW) {
		int64_t id = sl_query_int(query, 0);
		SlUpdate *one = is_planned(plan, id, item->channel_id)
					? NULL
					: sl_update_get(db, id, error);

		if (one && next && sl_version_compare(one->version, next->version) < 0)
			sl_update_free(one);
		else if (one) {
			sl_update_free(next);
			next = one;
		}
	}
	if (step != SL_DONE || !next || sl_version_compare(next->version, recalled->version) > 0)
		return NULL;
	return g_steal_pointer(&next);
}

/* That a hold does not keep it out is no reason to keep what is recalled: whoever recalls decides.
 */
static bool
warn_about_next(SlDb *db, SlApprovalPlan *plan, const SlApprovalItem *item, GError **error)
{
	g_autoptr(GError) problem = NULL;
	g_autoptr(SlUpdate) next = find_next(db, plan, item, &problem);
	g_autoptr(SlHold) hold = next ? sl_hold_get(db, next->id, &problem) : NULL;
	g_autofree char *text = next ? sl_update_text(next) : NULL;
	g_autofree char *words = NULL;

	if (problem) {
		g_propagate_error(error, g_steal_pointer(&problem));
		return false;
	}
	if (!next)
		return true;
	words = hold ? g_strdup_printf("%s goes back to %s, which is held by %s: %s", item->channel,
				       text, hold->person, hold->reason)
		     : g_strdup_printf("%s goes back to %s", item->channel, text);
	if (!g_ptr_array_find_with_equal_func(plan->warnings, words, g_str_equal, NULL))
		warn(plan, "%s", words);
	return true;
}

static bool
warn_about_recalls(SlDb *db, SlApprovalPlan *plan, GError **error)
{
	for (guint i = 0; i < plan->items->len; i++)
		if (!warn_about_next(db, plan, plan->items->pdata[i], error))
			return false;
	warn(plan, "computers that have a recalled version keep it: apt does not downgrade by "
		   "itself");
	return true;
}

static bool
plan_recalls(SlDb *db, const SlApprovalRequest *request, SlApprovalPlan *plan, const char *name,
	     GError **error)
{
	g_autoptr(GPtrArray) channels = sl_channel_list(db, error);
	bool found = false;

	for (guint i = 0; channels && i < channels->len; i++) {
		const SlChannel *channel = channels->pdata[i];

		if (request->channel && strcmp(request->channel, channel->name) != 0)
			continue;
		if (!plan_recall(db, plan, channel, name, &found, error))
			return false;
	}
	if (!channels)
		return false;
	if (!found)
		return sl_error_set(error, SL_ERROR_NOT_FOUND, "'%s' is not approved for %s", name,
				    request->channel ? request->channel : "any channel");
	return true;
}

static bool
plan_decline(SlDb *db, SlApprovalPlan *plan, const char *name, GError **error)
{
	int64_t id = sl_naming_find(db, name, SL_NAMING_NEWEST, 0, error);
	g_autoptr(SlUpdate) update = id ? sl_update_get(db, id, error) : NULL;
	g_autofree char *text = update ? sl_update_text(update) : NULL;

	if (!update)
		return false;
	if (g_strcmp0(update->certification, "approved") == 0 ||
	    g_strcmp0(update->production, "approved") == 0)
		return sl_error_set(error, SL_ERROR_CONFLICT,
				    "%s is approved for %s; recall it first", text, update->state);
	return is_planned(plan, id, 0) || add_item(db, plan, item_new(update, NULL, 0), error);
}

static bool
plan_all(SlDb *db, const SlApprovalRequest *request, SlApprovalPlan *plan, GError **error)
{
	g_autoptr(SlChannel) channel = NULL;
	g_autoptr(GPtrArray) content = NULL;

	if (request->channel && !(channel = sl_channel_get(db, request->channel, error)))
		return false;
	if (request->kind == SL_APPROVAL_APPROVE) {
		if (!channel)
			return sl_error_set(error, SL_ERROR_INVALID, "approving needs a channel");
		content = sl_approval_content(db, channel->id, false, error);
		if (!content)
			return false;
	}
	for (const char *const *name = request->names; *name; name++) {
		bool ok = request->kind == SL_APPROVAL_APPROVE
				  ? plan_approve(db, request, plan, channel, *name, content, error)
			  : request->kind == SL_APPROVAL_RECALL
				  ? plan_recalls(db, request, plan, *name, error)
				  : plan_decline(db, plan, *name, error);

		if (!ok)
			return false;
	}
	return request->kind != SL_APPROVAL_APPROVE ||
	       (warn_about_lost(db, request, plan, channel, error) &&
		sl_approval_find_missing(db, channel->id, plan, error));
}

/* Adds a revision's payloads to the plan's sums unless another item has them as well. */
static bool
add_up(SlDb *db, SlApprovalPlan *plan, int64_t revision_id, GHashTable *counted, GError **error)
{
	static const char sql[] = "SELECT l.sha256, l.size, l.stored_at IS NULL"
				  " FROM revision_package rp JOIN package p ON p.id = rp.package_id"
				  " JOIN payload l ON l.sha256 = p.payload_sha256"
				  " WHERE rp.revision_id = ?1";
	g_autoptr(SlQuery) query = sl_query_new(db, sql);
	SlStep step;

	sl_query_bind_int(query, 1, revision_id);
	while ((step = sl_query_step(query, error)) == SL_ROW) {
		int64_t size = sl_query_int(query, 1);

		if (!g_hash_table_add(counted, g_strdup(sl_query_text(query, 0))))
			continue;
		plan->payloads++;
		plan->size += size;
		plan->to_fetch += sl_query_int(query, 2) ? size : 0;
	}
	return step == SL_DONE;
}

static bool
add_up_all(SlDb *db, SlApprovalPlan *plan, GError **error)
{
	g_autoptr(GHashTable) counted =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	for (guint i = 0; i < plan->items->len; i++) {
		const SlApprovalItem *item = plan->items->pdata[i];

		if (!item->unchanged && !add_up(db, plan, item->revision_id, counted, error))
			return false;
	}
	return true;
}

static bool
check_request(const SlApprovalRequest *request, GError **error)
{
	if (!request->names[0])
		return sl_error_set(error, SL_ERROR_INVALID, "no update is named");
	if (strlen(request->reason) > SL_LIMIT_REASON)
		return sl_error_set(error, SL_ERROR_LIMIT, "a reason has at most %d bytes",
				    SL_LIMIT_REASON);
	if (request->emergency && sl_text_is_blank(request->reason))
		return sl_error_set(error, SL_ERROR_INVALID, "an emergency needs a reason");
	return true;
}

SlApprovalPlan *
sl_approval_plan(SlDb *db, const SlApprovalRequest *request, GError **error)
{
	g_autoptr(SlApprovalPlan) plan = plan_new();

	if (!check_request(request, error) || !plan_all(db, request, plan, error) ||
	    !add_up_all(db, plan, error) ||
	    (request->kind == SL_APPROVAL_RECALL && !warn_about_recalls(db, plan, error)))
		return NULL;
	return g_steal_pointer(&plan);
}
