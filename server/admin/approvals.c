/* approvals.c - approve, recall, decline: the plan, and doing it */
#include <inttypes.h>
#include <string.h>

#include "catalog/approval.h"
#include "catalog/audit.h"
#include "catalog/base/hash.h"
#include "catalog/base/limits.h"
#include "catalog/base/text.h"
#include "catalog/channel.h"
#include "clients/concern.h"
#include "clients/evidence.h"
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

/* Adds to each item, and in all, how many computers it concerns: those that lack it so far. */
static bool
add_computers(SlDb *db, json_t *json, const SlApprovalPlan *plan, GError **error)
{
	g_autoptr(SlConcern) concern = sl_concern_new(db, true);
	g_autofree int64_t *n = g_new0(int64_t, plan->items->len + 1);
	int64_t all = 0;

	for (guint i = 0; i < plan->items->len; i++) {
		const SlApprovalItem *item = plan->items->pdata[i];
		int64_t revision = item->revision_id;

		/* what is declined is no revision */
		if (revision == 0)
			revision = sl_update_newest_revision(db, item->update_id, error);
		if (!revision || !sl_concern_add(concern, item->channel_id, revision, error))
			return false;
	}
	if (!sl_concern_count(concern, n, &all, error))
		return false;
	for (guint i = 0; i < plan->items->len; i++)
		json_object_set_new(json_array_get(json_object_get(json, "items"), i), "computers",
				    json_integer(n[i]));
	json_object_set_new(json, "computers", json_integer(all));
	return true;
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

/* What reaches production takes more than what reaches certification, and the password again. */
static bool
may_decide(SlAdminCall *call, const SlApprovalRequest *request, GError **error)
{
	if (request->kind != SL_APPROVAL_DECLINE &&
	    g_strcmp0(request->channel, SL_CHANNEL_CERTIFICATION) == 0)
		return sl_admin_require(call, SL_RIGHT_CERTIFY, error);
	return sl_admin_require(call, SL_RIGHT_APPROVE, error) &&
	       sl_admin_require_confirmed(call, error);
}

/* The last decision about an update in words, where there was one; owned. */
static char *
last_decision(SlDb *db, const char *text)
{
	static const struct {
		const char *action, *done;
	} decisions[] = {{"approve", "approved for"},  {"recall", "recalled from"},
			 {"decline", "declined"},      {"bring back", "brought back to"},
			 {"leave out", "left out of"}, {"hold", "held"}};
	g_autoptr(GPtrArray) rows =
		sl_audit_list(db, &(SlAuditFilter){.object = text, .limit = 1}, NULL, NULL);
	const SlAudit *row = rows && rows->len > 0 ? rows->pdata[0] : NULL;
	g_autoptr(json_t) detail =
		row ? sl_json_load(row->detail, strlen(row->detail), SL_LIMIT_ADMIN_BODY, NULL)
		    : NULL;
	const char *channel = json_string_value(json_object_get(detail, "channel"));
	g_autofree char *at = row ? sl_text_format_time(row->at) : NULL;

	for (size_t i = 0; row && i < G_N_ELEMENTS(decisions); i++)
		if (strcmp(row->action, decisions[i].action) == 0)
			return g_strdup_printf("%s was %s%s%s by %s at %s", text, decisions[i].done,
					       channel && *channel ? " " : "",
					       channel ? channel : "", row->person, at);
	return NULL;
}

/* What somebody decided since the plan was shown, so that this one differs; owned. */
static char *
decision_between(SlDb *db, const SlApprovalPlan *plan)
{
	char *decision = NULL;

	for (guint i = 0; !decision && i < plan->items->len; i++) {
		const SlApprovalItem *item = plan->items->pdata[i];

		if (item->unchanged)
			decision = last_decision(db, item->text);
	}
	return decision;
}

/* The same where what was planned cannot be done any more: it was recalled, say. */
static char *
decision_against(SlDb *db, const SlApprovalRequest *request, const GError *problem)
{
	char *decision = NULL;

	if (problem->code != SL_ERROR_NOT_FOUND && problem->code != SL_ERROR_CONFLICT &&
	    problem->code != SL_ERROR_DENIED)
		return NULL;
	for (const char *const *name = request->names; !decision && *name; name++)
		decision = last_decision(db, *name);
	return decision;
}

typedef struct {
	const SlApprovalRequest *request;
	const char *seen; /* digest of the plan that the person saw; NULL: none */
	SlApprovalPlan *plan;
	int64_t now_at;
} Applying;

static bool
is_as_seen(SlDb *db, const Applying *applying, GError **error)
{
	g_autofree char *digest = digest_of(applying->plan);
	g_autofree char *decision = NULL;

	if (!applying->seen || strcmp(applying->seen, digest) == 0)
		return true;
	decision = decision_between(db, applying->plan);
	return sl_error_set(error, SL_ERROR_CONFLICT, "%s: nothing was changed, look again",
			    decision ? decision
				     : "the catalog or its approvals changed since the plan was "
				       "shown");
}

/* Planned once more where it is written: what it says is then what is done. */
static bool
apply(SlDb *db, gpointer data, GError **error)
{
	Applying *applying = data;
	g_autoptr(GError) problem = NULL;
	g_autofree char *decision = NULL;

	applying->plan = sl_approval_plan(db, applying->request, &problem);
	if (applying->plan)
		return is_as_seen(db, applying, error) &&
		       sl_approval_apply(db, applying->request, applying->plan, applying->now_at,
					 error);
	decision = applying->seen ? decision_against(db, applying->request, problem) : NULL;
	if (decision)
		return sl_error_set(error, SL_ERROR_CONFLICT,
				    "%s (%s): nothing was changed, look again", problem->message,
				    decision);
	g_propagate_error(error, g_steal_pointer(&problem));
	return false;
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
start_publishing(const SlAdminCall *call, const SlApprovalRequest *request, const char *channel,
		 GHashTable *revisions, const char *cause)
{
	const SlAdmin *admin = call->admin;
	int64_t job = 0;

	if (request->kind == SL_APPROVAL_APPROVE)
		job = admin->start_fetch(admin->app, channel, revisions, request->emergency,
					 call->person, cause);
	return job ? job : admin->start_publish(admin->app, channel, call->person, cause);
}

static json_t *
start_jobs(const SlAdminCall *call, const SlApprovalRequest *request, const SlApprovalPlan *plan)
{
	static const char *const causes[] = {"approve", "recall", "decline"};
	const char *cause = causes[request->kind];
	json_t *jobs = json_array();

	for (const char *const *name = sl_channel_names; *name; name++) {
		g_autoptr(GHashTable) revisions = revisions_in(plan, *name);

		if (g_hash_table_size(revisions) > 0)
			json_array_append_new(jobs,
					      json_integer(start_publishing(call, request, *name,
									    revisions, cause)));
	}
	return jobs;
}

static void G_GNUC_PRINTF(2, 3) note(json_t *notes, const char *format, ...)
{
	g_autofree char *text = NULL;
	va_list args;

	va_start(args, format);
	text = g_strdup_vprintf(format, args);
	va_end(args);
	json_array_append_new(notes, json_string(text));
}

/* What speaks against production, or for nothing, of what certification saw. */
static void
note_evidence(json_t *notes, const char *update, const SlEvidence *evidence)
{
	int64_t soak_s = evidence->certification->soak_s;
	g_autofree char *soaked = sl_text_format_duration(evidence->soaked_s);
	g_autofree char *asked = sl_text_format_duration(soak_s);

	if (evidence->failed > 0)
		note(notes, "%s failed on %" PRId64 " of %" PRId64 " computers of certification",
		     update, evidence->failed, evidence->computers);
	if (evidence->soaked_s < soak_s)
		note(notes, "%s soaked for %s of the %s that its rating asks for", update, soaked,
		     asked);
	if (evidence->computers == 0)
		note(notes, "%s concerns no computer of certification: nobody tried it", update);
	else if (evidence->installed == 0)
		note(notes, "no computer of certification has installed %s", update);
}

/* What becomes of updates that certification has and that go on to production, as notes. */
static bool
add_evidence(SlDb *db, json_t *json, const SlApprovalPlan *plan, int64_t now_at, GError **error)
{
	json_t *notes = json_object_get(json, "warnings");
	g_autoptr(GHashTable) evidences = g_hash_table_new(g_int64_hash, g_int64_equal);
	g_autoptr(GPtrArray) list = sl_evidence_list(db, now_at, error);

	for (guint i = 0; list && i < list->len; i++) {
		SlEvidence *one = list->pdata[i];

		g_hash_table_insert(evidences, &one->certification->update_id, one);
	}
	for (guint i = 0; list && i < plan->items->len; i++) {
		const SlApprovalItem *item = plan->items->pdata[i];
		const SlEvidence *evidence = g_hash_table_lookup(evidences, &item->update_id);

		if (evidence && strcmp(item->channel, SL_CHANNEL_PRODUCTION) == 0)
			note_evidence(notes, item->text, evidence);
	}
	return list != NULL;
}

static json_t *
show_plan(SlDb *db, const SlApprovalRequest *request, int64_t now_at, GError **error)
{
	g_autoptr(SlApprovalPlan) plan = sl_approval_plan(db, request, error);
	g_autoptr(json_t) json = plan ? describe(plan) : NULL;

	if (!json || !add_computers(db, json, plan, error) ||
	    (request->kind == SL_APPROVAL_APPROVE && !add_evidence(db, json, plan, now_at, error)))
		return NULL;
	return g_steal_pointer(&json);
}

json_t *
sl_admin_approve(SlAdminCall *call, GError **error)
{
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
	if (dry_run)
		return show_plan(call->db, &request, applying.now_at, error);
	if (!may_decide(call, &request, error))
		return NULL;
	if (!sl_admin_write(call, apply, &applying, error)) {
		sl_approval_plan_free(applying.plan);
		return NULL;
	}
	plan = applying.plan;
	json = describe(plan);
	json_object_set_new(json, "jobs", start_jobs(call, &request, plan));
	return json;
}
