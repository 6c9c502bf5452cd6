/* approvals.c - approve, recall, decline: the plan, and doing it */
#include <inttypes.h>
#include <string.h>

#include "catalog/approval.h"
#include "catalog/base/hash.h"
#include "catalog/base/limits.h"
#include "catalog/channel.h"
#include "server/admin/admin.h"

#define NAMES_MAX 10000 /* updates in one request */

static json_t *
describe_item(const SlApprovalItem *item)
{
	return json_pack("{s:s, s:s, s:s, s:s?, s:I, s:I, s:I, s:b}", "update", item->text,
			 "channel", item->channel, "severity", item->severity, "rating",
			 item->rating, "payloads", (json_int_t)item->packages, "size",
			 (json_int_t)item->size, "to_fetch", (json_int_t)item->to_fetch,
			 "unchanged", (int)item->unchanged);
}

/* What a plan would do, as one hash: who saw a plan can say which one it was. */
static char *
digest_of(const SlApprovalPlan *plan)
{
	g_autoptr(GString) lines = g_string_new(NULL);

	for (guint i = 0; i < plan->items->len; i++) {
		const SlApprovalItem *item = plan->items->pdata[i];

		g_string_append_printf(lines, "%" PRId64 " %" PRId64 " %" PRId64 " %d\n",
				       item->channel_id, item->update_id, item->revision_id,
				       item->unchanged);
	}
	return sl_hash_bytes(lines->str, lines->len);
}

static json_t *
describe(const SlApprovalPlan *plan)
{
	g_autofree char *digest = digest_of(plan);
	json_t *items = json_array(), *missing = json_array(), *warnings = json_array();

	for (guint i = 0; i < plan->items->len; i++)
		json_array_append_new(items, describe_item(plan->items->pdata[i]));
	for (guint i = 0; i < plan->missing->len; i++) {
		const SlApprovalMissing *one = plan->missing->pdata[i];

		json_array_append_new(missing, json_pack("{s:s, s:s, s:s}", "package", one->package,
							 "dependency", one->dependency, "candidate",
							 one->candidate));
	}
	for (guint i = 0; i < plan->warnings->len; i++)
		json_array_append_new(warnings, json_string(plan->warnings->pdata[i]));
	return json_pack("{s:s, s:o, s:o, s:o, s:I, s:I, s:I}", "plan", digest, "items", items,
			 "missing", missing, "warnings", warnings, "payloads",
			 (json_int_t)plan->payloads, "size", (json_int_t)plan->size, "to_fetch",
			 (json_int_t)plan->to_fetch);
}

static bool
read_kind(SlJsonReader *reader, SlApprovalKind *ret_kind)
{
	static const char *const kinds[] = {"approve", "recall", "decline"};
	const char *kind = sl_json_take_text(reader, "kind", SL_LIMIT_NAME);

	for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++)
		if (strcmp(kind, kinds[i]) == 0) {
			*ret_kind = (SlApprovalKind)i;
			return true;
		}
	sl_json_refuse(reader, "kind", "neither approve, recall nor decline");
	return false;
}

static const char **
take_names(SlJsonReader *reader)
{
	const json_t *array = sl_json_take_array(reader, "names", NAMES_MAX);
	const char **names = g_new0(const char *, json_array_size(array) + 1);

	for (size_t i = 0; i < json_array_size(array); i++) {
		names[i] = json_string_value(json_array_get(array, i));
		if (!names[i]) {
			sl_json_refuse(reader, "names", "not a list of strings");
			names[i] = "";
		}
	}
	return names;
}

/* What reaches production takes more than what reaches certification. */
static SlRight
right_for(const SlApprovalRequest *request)
{
	return request->kind != SL_APPROVAL_DECLINE &&
			       g_strcmp0(request->channel, SL_CHANNEL_CERTIFICATION) == 0
		       ? SL_RIGHT_CERTIFY
		       : SL_RIGHT_APPROVE;
}

typedef struct {
	const SlApprovalRequest *request;
	const char *seen; /* digest of the plan that the person saw; NULL: none */
	SlApprovalPlan *plan;
	int64_t now_at;
} Applying;

static bool
is_as_seen(const Applying *applying, GError **error)
{
	g_autofree char *digest = digest_of(applying->plan);

	return !applying->seen || strcmp(applying->seen, digest) == 0 ||
	       sl_error_set(error, SL_ERROR_CONFLICT,
			    "the catalog or its approvals changed since the plan was shown: "
			    "nothing was changed, look again");
}

/* Planned once more where it is written: what it says is then what is done. */
static bool
apply(SlDb *db, gpointer data, GError **error)
{
	Applying *applying = data;

	applying->plan = sl_approval_plan(db, applying->request, error);
	return applying->plan && is_as_seen(applying, error) &&
	       sl_approval_apply(db, applying->request, applying->plan, applying->now_at, error);
}

/* Revisions that a plan is about in one channel: a set of int64_t. */
static GHashTable *
revisions_in(const SlApprovalPlan *plan, const char *channel)
{
	GHashTable *set = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);

	for (guint i = 0; i < plan->items->len; i++) {
		const SlApprovalItem *item = plan->items->pdata[i];

		if (strcmp(item->channel, channel) == 0)
			g_hash_table_add(set, g_memdup2(&item->revision_id, sizeof(int64_t)));
	}
	return set;
}

/* What leaves a channel leaves it at once; what comes may have to be fetched first, which no other
 * approval and no recall waits for. */
static int64_t
start_publishing(const SlAdminCall *call, const char *channel, GHashTable *revisions,
		 SlApprovalKind kind, const char *cause)
{
	const SlAdmin *admin = call->admin;
	int64_t job = 0;

	if (kind == SL_APPROVAL_APPROVE)
		job = admin->start_fetch(admin->app, channel, revisions, call->person, cause);
	return job ? job : admin->start_publish(admin->app, channel, call->person, cause);
}

static json_t *
start_jobs(const SlAdminCall *call, const SlApprovalPlan *plan, SlApprovalKind kind,
	   const char *cause)
{
	json_t *jobs = json_array();

	for (const char *const *name = sl_channel_names; *name; name++) {
		g_autoptr(GHashTable) revisions = revisions_in(plan, *name);

		if (g_hash_table_size(revisions) > 0)
			json_array_append_new(jobs, json_integer(start_publishing(
							    call, *name, revisions, kind, cause)));
	}
	return jobs;
}

json_t *
sl_admin_approve(SlAdminCall *call, GError **error)
{
	static const char *const causes[] = {"approve", "recall", "decline"};
	g_autoptr(SlJsonReader) reader = sl_json_reader_new(call->body, "approval");
	SlApprovalRequest request = {.person = call->person};
	bool dry_run = sl_json_take_bool_or(reader, "dry_run", false);
	g_autofree const char **names = take_names(reader);
	g_autoptr(SlApprovalPlan) plan = NULL;
	Applying applying = {.request = &request, .now_at = sl_clock_now(call->admin->clock)};
	const char *reason;
	json_t *json;

	read_kind(reader, &request.kind);
	request.names = names;
	request.channel = sl_json_take_text_or_null(reader, "channel", SL_LIMIT_NAME);
	reason = sl_json_take_text_or_null(reader, "reason", SL_LIMIT_REASON);
	request.reason = reason ? reason : "";
	request.emergency = sl_json_take_bool_or(reader, "emergency", false);
	applying.seen = sl_json_take_text_or_null(reader, "plan", SL_SHA256_HEX);
	if (!sl_json_finish(reader, error))
		return NULL;
	if (dry_run) {
		plan = sl_approval_plan(call->db, &request, error);
		return plan ? describe(plan) : NULL;
	}
	if (!sl_admin_require(call, right_for(&request), error))
		return NULL;
	if (!sl_writer_run(call->admin->writer, apply, &applying, error)) {
		sl_approval_plan_free(applying.plan);
		return NULL;
	}
	plan = applying.plan;
	json = describe(plan);
	json_object_set_new(json, "jobs",
			    start_jobs(call, plan, request.kind, causes[request.kind]));
	return json;
}
