/* Who may have what: the rules of approving, recalling and declining */
#include <glib.h>
#include <inttypes.h>
#include <string.h>

#include "catalog/approval.h"
#include "catalog/base/limits.h"
#include "tests/unit/publishing.h"

#define CERTIFICATION 1
#define PRODUCTION    2

/* Everything that decisions write, as one text. */
static char *
decisions(Fixture *f)
{
	static const char sql[] =
		"SELECT coalesce((SELECT group_concat(channel_id || ' ' || update_id || ' '"
		" || revision_id || ' ' || state || ' ' || at || ' ' || first_at || ' ' || person"
		" || ' ' || reason || ' ' || emergency, '; ') FROM approval), '') || ' # '"
		" || coalesce((SELECT group_concat(person || ' ' || action || ' ' || object || ' '"
		" || detail, '; ') FROM audit), '') || ' # '"
		" || coalesce((SELECT group_concat(id || ' ' || coalesce(slot, '-') || ' '"
		" || coalesce(declined_by, '-'), '; ') FROM updates), '')";
	g_autoptr(SlQuery) query = sl_query_new(f->db, sql);

	g_assert_cmpint(sl_query_step(query, NULL), ==, SL_ROW);
	return g_strdup(sl_query_text(query, 0));
}

/* What somebody asks for; names are separated by blanks. */
typedef struct {
	SlApprovalKind kind;
	const char *names;
	const char *channel;
	const char *reason;
	bool emergency;
	int64_t at;
} Wish;

static SlApprovalPlan *
plan_for(Fixture *f, const Wish *wish, GError **error)
{
	g_auto(GStrv) names = g_strsplit(wish->names, " ", -1);
	g_autofree char *before = decisions(f);
	g_autofree char *after = NULL;
	SlApprovalRequest request = {.kind = wish->kind,
				     .channel = wish->channel,
				     .names = (const char *const *)names,
				     .person = "ann",
				     .reason = wish->reason ? wish->reason : "",
				     .emergency = wish->emergency};
	SlApprovalPlan *plan = sl_approval_plan(f->db, &request, error);

	after = decisions(f);
	g_assert_cmpstr(after, ==, before); /* a plan changes nothing */
	return plan;
}

/* Applies a plan to a wish as a whole; on failure it never was. */
static bool
apply(Fixture *f, const Wish *wish, const SlApprovalPlan *plan, GError **error)
{
	const char *const none[] = {NULL};
	SlApprovalRequest request = {.kind = wish->kind,
				     .channel = wish->channel,
				     .names = none,
				     .person = "ann",
				     .reason = wish->reason ? wish->reason : "",
				     .emergency = wish->emergency};
	g_autoptr(SlTransaction) transaction = sl_transaction_begin(f->db, NULL);

	return sl_approval_apply(f->db, &request, plan, wish->at, error) &&
	       sl_transaction_commit(g_steal_pointer(&transaction), error);
}

static bool
decide(Fixture *f, Wish wish, GError **error)
{
	g_autoptr(SlApprovalPlan) plan = plan_for(f, &wish, error);

	return plan && apply(f, &wish, plan, error);
}

static void
assert_decides(Fixture *f, Wish wish)
{
	g_autoptr(GError) error = NULL;

	decide(f, wish, &error);
	g_assert_no_error(error);
}

static void
approve(Fixture *f, const char *names, const char *channel)
{
	assert_decides(f, (Wish){SL_APPROVAL_APPROVE, names, channel, NULL, false, 10});
}

static void
assert_refused(Fixture *f, Wish wish, int code, const char *says)
{
	g_autofree char *before = decisions(f);
	g_autofree char *after = NULL;
	g_autoptr(GError) error = NULL;

	g_assert_false(decide(f, wish, &error));
	g_assert_error(error, SL_ERROR, code);
	g_test_message("%s", error->message);
	g_assert_nonnull(strstr(error->message, says));
	after = decisions(f);
	g_assert_cmpstr(after, ==, before);
}

/* The content of a channel as "name=version name=version". */
static void
assert_content(Fixture *f, int64_t channel, const char *expected)
{
	g_autoptr(GPtrArray) content = sl_approval_content(f->db, channel, false, NULL);
	g_autoptr(GString) text = g_string_new(NULL);

	for (guint i = 0; i < content->len; i++) {
		const SlContent *one = content->pdata[i];

		g_string_append_printf(text, "%s%s=%s", i ? " " : "", one->name, one->version);
	}
	g_assert_cmpstr(text->str, ==, expected);
}

static void
test_production_refuses_what_certification_has_not_had(Fixture *f, gconstpointer data)
{
	static const char *const names[] = {"a", "a=1", "test/a", "test/a=1"};

	add_update(f, "a", "1");
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
		assert_refused(f,
			       (Wish){SL_APPROVAL_APPROVE, names[i], "production", "x", false, 10},
			       SL_ERROR_DENIED, "approved for certification");
	approve(f, "a", "certification");
	add_update(f, "a", "2");
	assert_refused(f, (Wish){SL_APPROVAL_APPROVE, "a=2", "production", NULL, false, 10},
		       SL_ERROR_DENIED, "test/a=2 is not approved for certification");
	approve(f, "a", "production"); /* what certification has, not the newest */
	assert_content(f, PRODUCTION, "a=1");
	assert_decides(f, (Wish){SL_APPROVAL_RECALL, "a", "certification", NULL, false, 20});
	add_update(f, "b", "1");
	approve(f, "b", "certification");
	assert_decides(f, (Wish){SL_APPROVAL_RECALL, "b", "certification", NULL, false, 20});
	assert_refused(f, (Wish){SL_APPROVAL_APPROVE, "b", "production", NULL, false, 30},
		       SL_ERROR_DENIED, "certification");
}

/* The rule holds where it would be broken, whoever made the plan and however. */
static void
test_applying_a_plan_checks_the_rule_itself(Fixture *f, gconstpointer data)
{
	Wish emergency = {SL_APPROVAL_APPROVE, "a", "production", "fire", true, 10};
	Wish ordinary = {SL_APPROVAL_APPROVE, "a", "production", "fire", false, 10};
	Wish silent = {SL_APPROVAL_APPROVE, "a", "production", "", true, 10};
	g_autoptr(SlApprovalPlan) plan = NULL;
	g_autoptr(GError) error = NULL;
	g_autofree char *before = NULL;
	g_autofree char *after = NULL;

	add_update(f, "a", "1");
	before = decisions(f);
	plan = plan_for(f, &emergency, NULL);
	g_assert_false(apply(f, &ordinary, plan, &error));
	g_assert_error(error, SL_ERROR, SL_ERROR_DENIED);
	g_clear_error(&error);
	g_assert_false(apply(f, &silent, plan, &error));
	g_assert_error(error, SL_ERROR, SL_ERROR_INVALID);
	after = decisions(f);
	g_assert_cmpstr(after, ==, before);
	g_assert_true(apply(f, &emergency, plan, NULL));
}

static void
test_an_emergency_needs_a_reason_and_stays_visible(Fixture *f, gconstpointer data)
{
	add_update(f, "a", "1");
	assert_refused(f, (Wish){SL_APPROVAL_APPROVE, "a", "production", "", true, 10},
		       SL_ERROR_INVALID, "reason");
	assert_refused(f, (Wish){SL_APPROVAL_APPROVE, "a", "production", " \t", true, 10},
		       SL_ERROR_INVALID, "reason");
	assert_decides(f, (Wish){SL_APPROVAL_APPROVE, "a", "production", "fire", true, 10});
	assert_content(f, PRODUCTION, "a=1");
	assert_content(f, CERTIFICATION, "");
	g_assert_cmpint(number_of(f, "SELECT count(*) FROM approval WHERE emergency = 1"
				     " AND reason = 'fire' AND person = 'ann'"),
			==, 1);
	g_assert_cmpint(number_of(f,
				  "SELECT count(*) FROM audit WHERE action = 'approve'"
				  " AND detail ->> 'emergency' AND detail ->> 'reason' = 'fire'"),
			==, 1);
}

/* A rebuild of the same update, with a package of its own. */
static void
add_revision(Fixture *f, int64_t update, const char *build)
{
	g_autofree char *sha256 = store_payload(f, build);
	int64_t id = 1000 + ++f->updates;

	execute(f, "INSERT INTO payload VALUES ('%s', %zu, 0, 'test', '%s', 'x')", sha256,
		strlen(build), sha256);
	execute(f, "INSERT INTO revision VALUES (%" PRId64 ", %" PRId64 ", %" PRId64 ", '%s', 0)",
		id, update, id, build);
	execute(f,
		"INSERT INTO package VALUES (%" PRId64 ", 1, 'a', '%s', 'amd64', 'main', '', 'a',"
		" '1', '%s', 'x', 'Package: a\n', 0, NULL, NULL)",
		id, build, sha256);
	execute(f, "INSERT INTO revision_package VALUES (%" PRId64 ", %" PRId64 ")", id, id);
}

static void
test_production_takes_the_revision_that_certification_has(Fixture *f, gconstpointer data)
{
	Wish wish = {SL_APPROVAL_APPROVE, "a", "production", "", false, 10};
	int64_t update = add_update(f, "a", "1");
	g_autoptr(SlApprovalPlan) plan = NULL;
	g_autoptr(GError) error = NULL;

	approve(f, "a", "certification");
	add_revision(f, update, "1+b1");
	plan = plan_for(f, &wish, NULL);
	g_assert_cmpint(((SlApprovalItem *)plan->items->pdata[0])->revision_id, ==, update);
	/* certification moves on before the plan is done */
	approve(f, "a", "certification");
	g_assert_false(apply(f, &wish, plan, &error));
	g_assert_error(error, SL_ERROR, SL_ERROR_DENIED);
	assert_content(f, PRODUCTION, "");
	approve(f, "a", "production");
	g_assert_cmpint(number_of(f, "SELECT count(DISTINCT revision_id) FROM approval"), ==, 1);
}

static void
test_the_newest_approved_version_stands_and_recalling_brings_the_one_before(Fixture *f,
									    gconstpointer data)
{
	static const char *const versions[] = {"1.9", "1.10", "1:0.1", "1.10~rc1"};

	for (size_t i = 0; i < G_N_ELEMENTS(versions); i++) {
		g_autofree char *name = g_strconcat("a=", versions[i], NULL);

		add_update(f, "a", versions[i]);
		approve(f, name, "certification");
	}
	assert_content(f, CERTIFICATION, "a=1:0.1");
	for (size_t i = 0; i < 4; i++) {
		static const char *const left[] = {"a=1.10", "a=1.10~rc1", "a=1.9", ""};

		assert_decides(f,
			       (Wish){SL_APPROVAL_RECALL, "a", "certification", NULL, false, 20});
		assert_content(f, CERTIFICATION, left[i]);
	}
	assert_refused(f, (Wish){SL_APPROVAL_RECALL, "a", "certification", NULL, false, 30},
		       SL_ERROR_NOT_FOUND, "not approved");
}

static void
test_recalling_without_a_channel_is_everywhere(Fixture *f, gconstpointer data)
{
	add_update(f, "a", "1");
	approve(f, "a", "certification");
	approve(f, "a", "production");
	assert_decides(f, (Wish){SL_APPROVAL_RECALL, "a", NULL, "bad", false, 20});
	assert_content(f, CERTIFICATION, "");
	assert_content(f, PRODUCTION, "");
	g_assert_cmpint(number_of(f, "SELECT count(*) FROM audit WHERE action = 'recall'"), ==, 2);
}

static void
test_one_that_is_refused_takes_all_of_the_request_along(Fixture *f, gconstpointer data)
{
	add_update(f, "a", "1");
	add_update(f, "b", "1");
	approve(f, "a", "certification");
	assert_refused(f, (Wish){SL_APPROVAL_APPROVE, "a b", "production", NULL, false, 10},
		       SL_ERROR_DENIED, "'b'");
	assert_refused(f, (Wish){SL_APPROVAL_APPROVE, "b c", "certification", NULL, false, 10},
		       SL_ERROR_NOT_FOUND, "'c'");
	assert_refused(f, (Wish){SL_APPROVAL_RECALL, "a c", "certification", NULL, false, 10},
		       SL_ERROR_NOT_FOUND, "'c'");
}

/* Said twice, an update is meant once, and says nothing of the others. */
static void
test_an_update_named_twice_is_one_and_leaves_the_others_alone(Fixture *f, gconstpointer data)
{
	Wish wish = {SL_APPROVAL_APPROVE, "a b a test/a=1 b", "certification", NULL, false, 20};
	g_autoptr(SlApprovalPlan) plan = NULL;

	add_update(f, "a", "1");
	add_update(f, "b", "1");
	approve(f, "a", "certification");
	plan = plan_for(f, &wish, NULL);
	g_assert_cmpuint(plan->items->len, ==, 2);
	g_assert_true(((SlApprovalItem *)plan->items->pdata[0])->unchanged);
	g_assert_false(((SlApprovalItem *)plan->items->pdata[1])->unchanged);
	g_assert_cmpint(plan->payloads, ==, 1);
	g_assert_true(apply(f, &wish, plan, NULL));
	assert_content(f, CERTIFICATION, "a=1 b=1");
}

static void
test_approving_again_writes_nothing(Fixture *f, gconstpointer data)
{
	g_autofree char *before = NULL;
	g_autofree char *after = NULL;

	add_update(f, "a", "1");
	approve(f, "a", "certification");
	before = decisions(f);
	assert_decides(f, (Wish){SL_APPROVAL_APPROVE, "a", "certification", "again", false, 99});
	after = decisions(f);
	g_assert_cmpstr(after, ==, before);
}

static void
test_a_deadline_counts_from_the_first_approval(Fixture *f, gconstpointer data)
{
	add_update(f, "a", "1");
	approve(f, "a", "certification");
	assert_decides(f, (Wish){SL_APPROVAL_RECALL, "a", NULL, NULL, false, 20});
	assert_decides(f, (Wish){SL_APPROVAL_APPROVE, "a", "certification", NULL, false, 30});
	g_assert_cmpint(number_of(f, "SELECT first_at FROM approval"), ==, 10);
	g_assert_cmpint(number_of(f, "SELECT at FROM approval"), ==, 30);
}

static void
test_what_is_approved_cannot_be_declined_and_approving_undoes_it(Fixture *f, gconstpointer data)
{
	add_update(f, "a", "1");
	assert_decides(f, (Wish){SL_APPROVAL_DECLINE, "a", NULL, "no", false, 10});
	g_assert_cmpint(number_of(f, "SELECT count(*) FROM updates WHERE declined_by = 'ann'"), ==,
			1);
	approve(f, "a", "certification");
	g_assert_cmpint(number_of(f, "SELECT count(*) FROM updates WHERE declined_at NOT NULL"), ==,
			0);
	assert_refused(f, (Wish){SL_APPROVAL_DECLINE, "a", NULL, "no", false, 20},
		       SL_ERROR_CONFLICT, "recall it first");
}

static void
test_a_wish_that_makes_no_sense_is_refused(Fixture *f, gconstpointer data)
{
	g_autofree char *long_reason = g_strnfill(SL_LIMIT_REASON + 1, 'x');
	const struct {
		Wish wish;
		int code;
		const char *says;
	} rows[] = {
		{{SL_APPROVAL_APPROVE, "a", NULL, NULL, false, 10}, SL_ERROR_INVALID, "channel"},
		{{SL_APPROVAL_APPROVE, "a", "prod", NULL, false, 10}, SL_ERROR_INVALID, "'prod'"},
		{{SL_APPROVAL_APPROVE, "a", "", NULL, false, 10}, SL_ERROR_INVALID, "''"},
		{{SL_APPROVAL_RECALL, "a", "prod", NULL, false, 10}, SL_ERROR_INVALID, "'prod'"},
		{{SL_APPROVAL_RECALL, "a", "production", NULL, false, 10},
		 SL_ERROR_NOT_FOUND,
		 "production"},
		{{SL_APPROVAL_APPROVE, "a", "certification", long_reason, false, 10},
		 SL_ERROR_LIMIT,
		 "4000"},
		{{SL_APPROVAL_APPROVE, "", "certification", NULL, false, 10},
		 SL_ERROR_INVALID,
		 "no update"},
	};

	add_update(f, "a", "1");
	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
		assert_refused(f, rows[i].wish, rows[i].code, rows[i].says);
}

/* Two updates that share a payload fetch it once. */
static void
test_a_shared_payload_is_counted_once(Fixture *f, gconstpointer data)
{
	Wish wish = {SL_APPROVAL_APPROVE, "a b", "certification", NULL, false, 10};
	g_autoptr(SlApprovalPlan) plan = NULL;

	add_update(f, "a", "1");
	add_update(f, "b", "1");
	execute(f, "INSERT INTO revision_package VALUES (2, 1)");
	execute(f, "UPDATE payload SET size = 1000, stored_at = NULL WHERE sha256 ="
		   " (SELECT payload_sha256 FROM package WHERE id = 1)");
	execute(f, "UPDATE payload SET size = 10 WHERE size <> 1000");
	plan = plan_for(f, &wish, NULL);
	g_assert_cmpint(plan->payloads, ==, 2);
	g_assert_cmpint(plan->size, ==, 1010);
	g_assert_cmpint(plan->to_fetch, ==, 1000);
}

static void
test_a_transaction_undone_leaves_neither_decision_nor_audit(Fixture *f, gconstpointer data)
{
	g_autoptr(SlTransaction) transaction = NULL;
	g_autofree char *before = NULL;
	g_autofree char *after = NULL;

	add_update(f, "a", "1");
	before = decisions(f);
	transaction = sl_transaction_begin(f->db, NULL);
	approve(f, "a", "certification");
	g_clear_pointer(&transaction, sl_transaction_free);
	after = decisions(f);
	g_assert_cmpstr(after, ==, before);
}

int
main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*test)(Fixture *f, gconstpointer data);
	} tests[] = {
		{"/approval/order", test_production_refuses_what_certification_has_not_had},
		{"/approval/checked", test_applying_a_plan_checks_the_rule_itself},
		{"/approval/emergency", test_an_emergency_needs_a_reason_and_stays_visible},
		{"/approval/revision", test_production_takes_the_revision_that_certification_has},
		{"/approval/newest",
		 test_the_newest_approved_version_stands_and_recalling_brings_the_one_before},
		{"/approval/everywhere", test_recalling_without_a_channel_is_everywhere},
		{"/approval/whole", test_one_that_is_refused_takes_all_of_the_request_along},
		{"/approval/twice", test_an_update_named_twice_is_one_and_leaves_the_others_alone},
		{"/approval/again", test_approving_again_writes_nothing},
		{"/approval/deadline", test_a_deadline_counts_from_the_first_approval},
		{"/approval/decline",
		 test_what_is_approved_cannot_be_declined_and_approving_undoes_it},
		{"/approval/refused", test_a_wish_that_makes_no_sense_is_refused},
		{"/approval/shared", test_a_shared_payload_is_counted_once},
		{"/approval/undone", test_a_transaction_undone_leaves_neither_decision_nor_audit},
	};

	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(tests); i++)
		g_test_add(tests[i].name, Fixture, NULL, set_up, tests[i].test, tear_down);
	return g_test_run();
}
