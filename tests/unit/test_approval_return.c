/* Going back to an earlier publication: what comes, what goes, and who may bring it into production
 */
#include <glib.h>
#include <inttypes.h>
#include <string.h>

#include "catalog/approval.h"
#include "catalog/approval_return.h"
#include "catalog/hold.h"
#include "catalog/setting.h"
#include "tests/unit/publishing.h"

#define CERTIFICATION 1
#define PRODUCTION    2

static void
decide(Fixture *f, SlApprovalKind kind, const char *person, const char *name, const char *channel)
{
	const char *const names[] = {name, NULL};
	SlApprovalRequest request = {.kind = kind,
				     .channel = channel,
				     .names = names,
				     .person = person,
				     .reason = kind == SL_APPROVAL_RECALL ? "bad" : ""};
	g_autoptr(SlTransaction) transaction = sl_transaction_begin(f->db, NULL);
	g_autoptr(GError) error = NULL;
	g_autoptr(SlApprovalPlan) plan = sl_approval_plan(f->db, &request, &error);

	g_assert_no_error(error);
	sl_approval_apply(f->db, &request, plan, 10, &error);
	g_assert_no_error(error);
	g_assert_true(sl_transaction_commit(g_steal_pointer(&transaction), NULL));
}

static void
approve(Fixture *f, const char *person, const char *name, const char *channel)
{
	decide(f, SL_APPROVAL_APPROVE, person, name, channel);
}

static void
publish_next(Fixture *f, const char *channel)
{
	g_auto(SlPublished) published = {0};
	g_autoptr(GError) error = NULL;

	move(f, 60);
	sl_publication_make(f->publisher, channel, SL_PUBLISH_CONTENT, "x", "test", NULL,
			    &published, &error);
	g_assert_no_error(error);
}

static void
assert_content(Fixture *f, int64_t channel, const char *expected)
{
	g_autoptr(GPtrArray) list = sl_approval_content(f->db, channel, false, NULL);
	g_autoptr(GString) text = g_string_new(NULL);

	for (guint i = 0; i < list->len; i++) {
		const SlContent *one = list->pdata[i];

		g_string_append_printf(text, "%s%s=%s", i ? " " : "", one->name, one->version);
	}
	g_assert_cmpstr(text->str, ==, expected);
}

static void
assert_texts(const GPtrArray *texts, const char *expected)
{
	g_autoptr(GString) text = g_string_new(NULL);

	for (guint i = 0; i < texts->len; i++)
		g_string_append_printf(text, "%s%s", i ? ", " : "", (char *)texts->pdata[i]);
	g_assert_cmpstr(text->str, ==, expected);
}

static SlReturnRequest
wish(int64_t channel, int64_t number, const char *person)
{
	return (SlReturnRequest){.channel_id = channel,
				 .number = number,
				 .person = person,
				 .reason = "why",
				 .now_at = 30};
}

static SlReturn *
go_back(Fixture *f, SlReturnRequest request)
{
	g_autoptr(SlTransaction) transaction = sl_transaction_begin(f->db, NULL);
	g_autoptr(GError) error = NULL;
	SlReturn *done = sl_approval_return(f->db, &request, &error);

	g_assert_no_error(error);
	if (!request.dry_run)
		g_assert_true(sl_transaction_commit(g_steal_pointer(&transaction), NULL));
	return done;
}

/* Refused, with nothing changed; a dry run says the same beforehand, and what would come. */
static void
assert_refused(Fixture *f, SlReturnRequest request, const char *says, const char *comes)
{
	int64_t audits = number_of(f, "SELECT count(*) FROM audit");
	g_autoptr(SlTransaction) transaction = sl_transaction_begin(f->db, NULL);
	g_autoptr(GError) error = NULL;
	g_autoptr(SlReturn) plan = NULL;

	g_assert_null(sl_approval_return(f->db, &request, &error));
	g_assert_error(error, SL_ERROR, SL_ERROR_DENIED);
	g_assert_nonnull(strstr(error->message, says));
	g_clear_pointer(&transaction, sl_transaction_free);
	request.dry_run = true;
	plan = go_back(f, request);
	g_assert_cmpuint(plan->refused->len, ==, 1);
	g_assert_nonnull(strstr(plan->refused->pdata[0], says));
	assert_texts(plan->added, comes);
	g_assert_cmpint(number_of(f, "SELECT count(*) FROM audit"), ==, audits);
}

static void
test_returning_brings_the_content_back_and_never_what_was_recalled(Fixture *f, gconstpointer data)
{
	g_autoptr(SlReturn) there = NULL;
	g_autoptr(SlReturn) back = NULL;
	g_autoptr(GError) error = NULL;
	SlReturnRequest unknown[] = {wish(CERTIFICATION, 9, "ann"), wish(PRODUCTION, 1, "ann")};

	for (const char *const *name = (const char *const[]){"a", "b", "c", "d", NULL}; *name;
	     name++)
		add_update(f, *name, "1");
	for (const char *const *name = (const char *const[]){"a", "b", "c", NULL}; *name; name++)
		approve(f, "ann", *name, "certification");
	publish_next(f, "certification"); /* 1: a=1 b=1 c=1 */
	add_update(f, "a", "2");
	approve(f, "ann", "a", "certification");
	approve(f, "ann", "d", "certification");
	publish_next(f, "certification"); /* 2: a=2 b=1 c=1 d=1 */
	decide(f, SL_APPROVAL_RECALL, "ann", "b", "certification");
	publish_next(f, "certification"); /* 3: a=2 c=1 d=1 */

	there = go_back(f, wish(CERTIFICATION, 1, "ann"));
	assert_content(f, CERTIFICATION, "a=1 c=1");
	g_assert_cmpint(there->skipped, ==, 1);
	assert_texts(there->added, "a 1");
	assert_texts(there->removed, "a 2, d 1");
	g_assert_cmpint(number_of(f, "SELECT count(*) FROM approval WHERE state = 'recalled'"), ==,
			1);
	g_assert_cmpint(number_of(f,
				  "SELECT count(*) FROM audit WHERE action = 'return'"
				  " AND detail ->> 'skipped' = 1 AND object = 'certification 1'"),
			==, 1);
	/* and forth again: what the return left out comes back, what was recalled does not */
	back = go_back(f, wish(CERTIFICATION, 2, "ann"));
	assert_content(f, CERTIFICATION, "a=2 c=1 d=1");
	for (size_t i = 0; i < G_N_ELEMENTS(unknown); i++) {
		g_assert_null(sl_approval_return(f->db, &unknown[i], &error));
		g_assert_error(error, SL_ERROR, SL_ERROR_NOT_FOUND);
		g_clear_error(&error);
	}
	assert_content(f, CERTIFICATION, "a=2 c=1 d=1");
}

/* How often a return to certification's publication 1 is written down of an update. */
static int64_t
rows(Fixture *f, const char *action, const char *object)
{
	static const char sql[] = "SELECT count(*) FROM audit WHERE action = ?1 AND object = ?2"
				  " AND person = 'bob' AND detail ->> 'reason' = 'why'"
				  " AND detail ->> 'channel' = 'certification'"
				  " AND detail ->> 'publication' = 1";
	g_autoptr(SlQuery) query = sl_query_new(f->db, sql);

	sl_query_bind_text(query, 1, action);
	sl_query_bind_text(query, 2, object);
	g_assert_cmpint(sl_query_step(query, NULL), ==, SL_ROW);
	return sl_query_int(query, 0);
}

static void
test_each_update_that_comes_or_goes_has_it_in_its_history(Fixture *f, gconstpointer data)
{
	g_autoptr(SlReturn) done = NULL;

	add_update(f, "a", "1");
	add_update(f, "b", "1");
	approve(f, "ann", "a", "certification");
	approve(f, "ann", "b", "certification");
	publish_next(f, "certification");
	add_update(f, "a", "2");
	add_update(f, "a", "3");
	approve(f, "ann", "a=2", "certification");
	approve(f, "ann", "a=3", "certification");
	publish_next(f, "certification");
	done = go_back(f, wish(CERTIFICATION, 1, "bob"));
	g_assert_cmpint(rows(f, "bring back", "test/a=1"), ==, 1);
	g_assert_cmpint(rows(f, "leave out", "test/a=2"), ==, 1); /* hidden, and approved no more */
	g_assert_cmpint(rows(f, "leave out", "test/a=3"), ==, 1);
	g_assert_cmpint(number_of(f, "SELECT count(*) FROM audit WHERE object = 'test/b=1'"
				     " AND person = 'bob'"),
			==, 0);
}

/* Production published nothing, then a, which ann certified and bob approved; then went back to
 * nothing. */
static void
leave_a_out_of_production(Fixture *f)
{
	g_autoptr(SlReturn) done = NULL;

	add_update(f, "a", "1");
	publish_next(f, "production"); /* 1: nothing */
	approve(f, "ann", "a", "certification");
	approve(f, "bob", "a", "production");
	publish_next(f, "production"); /* 2: a=1 */
	done = go_back(f, wish(PRODUCTION, 1, "bob"));
	publish_next(f, "production");
	assert_content(f, PRODUCTION, "");
}

static void
test_production_takes_two_people_for_what_comes_back(Fixture *f, gconstpointer data)
{
	SlReturnRequest emergency = wish(PRODUCTION, 2, "ann");
	g_autoptr(SlReturn) done = NULL;
	g_autoptr(GError) error = NULL;

	leave_a_out_of_production(f);
	sl_setting_set_two_people(f->db, true, "olga", 5, &error);
	g_assert_no_error(error);
	assert_refused(f, wish(PRODUCTION, 2, "ann"), "ann approved it for certification", "a 1");
	emergency.emergency = true;
	assert_refused(f, emergency, "ann approved it for certification", "a 1");
	assert_content(f, PRODUCTION, "");
	done = go_back(f, wish(PRODUCTION, 2, "bob"));
	assert_content(f, PRODUCTION, "a=1");
	g_assert_cmpint(number_of(f, "SELECT count(*) FROM approval WHERE channel_id = 2"
				     " AND person = 'bob' AND emergency = 0"),
			==, 1);
}

static void
test_what_is_held_comes_back_in_an_emergency_only(Fixture *f, gconstpointer data)
{
	SlReturnRequest emergency = wish(PRODUCTION, 2, "bob");
	g_autoptr(SlReturn) done = NULL;
	g_autoptr(GError) error = NULL;

	leave_a_out_of_production(f);
	sl_hold_set(f->db, "a", true, "ann", "breaks the printer", 20, &error);
	g_assert_no_error(error);
	assert_refused(f, wish(PRODUCTION, 2, "bob"), "held by ann: breaks the printer", "a 1");
	emergency.emergency = true;
	emergency.reason = " ";
	g_assert_null(sl_approval_return(f->db, &emergency, &error));
	g_assert_error(error, SL_ERROR, SL_ERROR_INVALID);
	emergency.reason = "fire";
	done = go_back(f, emergency);
	assert_texts(done->warnings, "test/a=1 is held by ann: breaks the printer");
	assert_content(f, PRODUCTION, "a=1");
	g_assert_cmpint(number_of(f, "SELECT count(*) FROM approval WHERE channel_id = 2"
				     " AND emergency = 1 AND reason = 'fire'"),
			==, 1);
	g_assert_cmpint(number_of(f, "SELECT count(*) FROM hold"), ==, 1);
}

static void
test_what_certification_recalled_meanwhile_does_not_come_back(Fixture *f, gconstpointer data)
{
	leave_a_out_of_production(f);
	decide(f, SL_APPROVAL_RECALL, "ann", "a", "certification");
	assert_refused(f, wish(PRODUCTION, 2, "bob"), "not approved for certification", "a 1");
	assert_content(f, PRODUCTION, "");
}

/* Nobody approves it anew, as nobody does where the newer version is recalled. */
static void
test_what_stands_approved_is_asked_for_holds_only(Fixture *f, gconstpointer data)
{
	g_autoptr(SlReturn) done = NULL;
	g_autoptr(GError) error = NULL;

	add_update(f, "a", "1");
	approve(f, "ann", "a", "certification");
	approve(f, "bob", "a", "production");
	publish_next(f, "production"); /* 1: a=1 */
	add_update(f, "a", "2");
	approve(f, "ann", "a", "certification");
	approve(f, "bob", "a", "production");
	publish_next(f, "production"); /* 2: a=2 */
	sl_setting_set_two_people(f->db, true, "olga", 5, &error);
	sl_hold_set(f->db, "a=1", true, "ann", "old", 20, &error);
	g_assert_no_error(error);
	assert_refused(f, wish(PRODUCTION, 1, "ann"), "held by ann: old", "a 1");
	sl_hold_set(f->db, "a=1", false, "ann", "", 20, &error);
	g_assert_no_error(error);
	done = go_back(f, wish(PRODUCTION, 1, "ann"));
	assert_content(f, PRODUCTION, "a=1");
	g_assert_cmpint(number_of(f, "SELECT count(*) FROM approval WHERE channel_id = 2"
				     " AND update_id = 1 AND person = 'bob'"),
			==, 1);
}

int
main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*test)(Fixture *f, gconstpointer data);
	} tests[] = {
		{"/approval-return/content",
		 test_returning_brings_the_content_back_and_never_what_was_recalled},
		{"/approval-return/history",
		 test_each_update_that_comes_or_goes_has_it_in_its_history},
		{"/approval-return/two-people",
		 test_production_takes_two_people_for_what_comes_back},
		{"/approval-return/held", test_what_is_held_comes_back_in_an_emergency_only},
		{"/approval-return/certification",
		 test_what_certification_recalled_meanwhile_does_not_come_back},
		{"/approval-return/standing", test_what_stands_approved_is_asked_for_holds_only},
	};

	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(tests); i++)
		g_test_add(tests[i].name, Fixture, NULL, set_up, tests[i].test, tear_down);
	return g_test_run();
}
