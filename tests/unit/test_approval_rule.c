/* What keeps an update out of production: somebody's hold, a second person who is missing */
#include <glib.h>
#include <string.h>

#include "catalog/approval.h"
#include "catalog/hold.h"
#include "catalog/person.h"
#include "catalog/setting.h"
#include "tests/unit/publishing.h"

static bool
decide(Fixture *f, const char *person, const char *channel, bool emergency, GError **error)
{
	const char *const names[] = {"a", NULL};
	SlApprovalRequest request = {.kind = SL_APPROVAL_APPROVE,
				     .channel = channel,
				     .names = names,
				     .person = person,
				     .reason = emergency ? "fire" : "",
				     .emergency = emergency};
	g_autoptr(SlTransaction) transaction = sl_transaction_begin(f->db, NULL);
	g_autoptr(SlApprovalPlan) plan = sl_approval_plan(f->db, &request, error);

	return plan && sl_approval_apply(f->db, &request, plan, 10, error) &&
	       sl_transaction_commit(g_steal_pointer(&transaction), error);
}

static void
assert_decides(Fixture *f, const char *person, const char *channel, bool emergency)
{
	g_autoptr(GError) error = NULL;

	decide(f, person, channel, emergency, &error);
	g_assert_no_error(error);
}

static void
assert_refused_for(Fixture *f, const char *person, const char *channel, bool emergency,
		   const char *says)
{
	g_autoptr(GError) error = NULL;

	g_assert_false(decide(f, person, channel, emergency, &error));
	g_assert_error(error, SL_ERROR, SL_ERROR_DENIED);
	g_test_message("%s", error->message);
	g_assert_nonnull(strstr(error->message, says));
	g_assert_cmpint(number_of(f, "SELECT count(*) FROM approval WHERE channel_id = 2"), ==, 0);
}

static void
assert_refused(Fixture *f, const char *person, bool emergency, const char *says)
{
	assert_refused_for(f, person, "production", emergency, says);
}

static void
ask_for_two_people(Fixture *f)
{
	g_autoptr(GError) error = NULL;

	sl_setting_set_two_people(f->db, true, "olga", 5, &error);
	g_assert_no_error(error);
}

static void
test_production_takes_two_people_where_that_is_set(Fixture *f, gconstpointer data)
{
	add_update(f, "a", "1");
	ask_for_two_people(f);
	assert_decides(f, "ann", "certification", false);
	assert_refused(f, "ann", false, "ann approved it for certification");
	assert_refused(f, "ann", true, "ann approved it for certification");
	assert_decides(f, "bob", "production", false);
}

static void
test_an_emergency_takes_two_people_as_well(Fixture *f, gconstpointer data)
{
	add_update(f, "a", "1");
	ask_for_two_people(f);
	assert_refused(f, "ann", true, "somebody else approve it for certification first");
	assert_decides(f, "bob", "certification", false);
	assert_decides(f, "ann", "production", true);
}

static void
add_person(Fixture *f, const char *name)
{
	const SlPersonChange adding = {name, "root", 5};
	g_autoptr(GError) error = NULL;

	sl_person_add(f->db, &adding, SL_ROLE_APPROVER, "hash", &error);
	g_assert_no_error(error);
}

/* ann is root on the server as well */
static void
test_a_user_of_the_server_is_no_second_person(Fixture *f, gconstpointer data)
{
	static const char says[] = "root is none of those who sign in";

	add_update(f, "a", "1");
	add_person(f, "ann");
	ask_for_two_people(f);
	assert_refused_for(f, "root", "certification", false, says);
	assert_decides(f, "ann", "certification", false);
	assert_refused(f, "root", false, says);
	assert_refused(f, "root", true, says);
	/* where a person has the user's name, it is that person */
	assert_refused(f, "ann", false, "ann approved it for certification");
	add_person(f, "bob");
	assert_decides(f, "bob", "production", false);
}

static void
test_one_person_is_enough_where_nothing_is_set(Fixture *f, gconstpointer data)
{
	add_update(f, "a", "1");
	assert_decides(f, "ann", "certification", false);
	assert_decides(f, "ann", "production", false);
}

/* A plan that was made before the rule was set does not get round it. */
static void
test_a_plan_made_before_the_rule_does_not_get_round_it(Fixture *f, gconstpointer data)
{
	const char *const names[] = {"a", NULL};
	SlApprovalRequest request = {.kind = SL_APPROVAL_APPROVE,
				     .channel = "production",
				     .names = names,
				     .person = "ann",
				     .reason = ""};
	g_autoptr(SlApprovalPlan) plan = NULL;
	g_autoptr(GError) error = NULL;

	add_update(f, "a", "1");
	assert_decides(f, "ann", "certification", false);
	plan = sl_approval_plan(f->db, &request, NULL);
	g_assert_nonnull(plan);
	ask_for_two_people(f);
	g_assert_false(sl_approval_apply(f->db, &request, plan, 10, &error));
	g_assert_error(error, SL_ERROR, SL_ERROR_DENIED);
}

static void
hold_by(Fixture *f, const char *person, bool held, const char *reason, int code)
{
	int64_t audits = number_of(f, "SELECT count(*) FROM audit");
	g_autoptr(GError) error = NULL;

	g_assert_true(sl_hold_set(f->db, "a", held, person, reason, 20, &error) == (code < 0));
	if (code >= 0)
		g_assert_error(error, SL_ERROR, code);
	g_assert_cmpint(number_of(f, "SELECT count(*) FROM audit"), ==, audits + (code < 0));
}

static void
hold(Fixture *f, bool held, const char *reason, int code)
{
	hold_by(f, "ann", held, reason, code);
}

static void
test_what_is_held_waits_until_it_is_let_go(Fixture *f, gconstpointer data)
{
	add_update(f, "a", "1");
	hold(f, true, " ", SL_ERROR_INVALID);
	hold(f, false, "", SL_ERROR_CONFLICT);
	hold(f, true, "breaks the printer", -1);
	hold(f, true, "me too", SL_ERROR_CONFLICT);
	assert_decides(f, "bob", "certification", false);
	assert_refused(f, "bob", false, "held by ann: breaks the printer");
	hold(f, false, "", -1);
	assert_decides(f, "bob", "production", false);
}

static void
test_another_persons_hold_is_let_go_with_a_reason(Fixture *f, gconstpointer data)
{
	static const char row[] =
		"SELECT count(*) FROM audit WHERE action = 'unhold' AND person = 'bob'"
		" AND detail LIKE '%\"held_because\":\"breaks the printer\"%'"
		" AND detail LIKE '%\"held_by\":\"ann\"%' AND detail LIKE '%\"reason\":\"fixed\"%'";

	add_update(f, "a", "1");
	hold(f, true, "breaks the printer", -1);
	hold_by(f, "bob", false, " ", SL_ERROR_INVALID);
	g_assert_cmpint(number_of(f, "SELECT count(*) FROM hold"), ==, 1);
	hold_by(f, "bob", false, "fixed", -1);
	g_assert_cmpint(number_of(f, row), ==, 1);
}

static void
recall(Fixture *f, const char *const *names, const char *says)
{
	const SlApprovalRequest request = {.kind = SL_APPROVAL_RECALL,
					   .channel = "production",
					   .names = names,
					   .person = "bob",
					   .reason = "bad"};
	g_autoptr(SlApprovalPlan) plan = sl_approval_plan(f->db, &request, NULL);

	g_assert_nonnull(plan);
	/* the last one is that apt does not go back by itself */
	g_assert_cmpint(plan->warnings->len, ==, says ? 2 : 1);
	if (says)
		g_assert_cmpstr(plan->warnings->pdata[0], ==, says);
}

static void
test_a_recall_says_what_comes_back_and_who_holds_it(Fixture *f, gconstpointer data)
{
	add_update(f, "a", "1");
	assert_decides(f, "ann", "certification", false);
	assert_decides(f, "ann", "production", false);
	recall(f, (const char *const[]){"a", NULL}, NULL);
	add_update(f, "a", "2");
	assert_decides(f, "ann", "certification", false);
	assert_decides(f, "ann", "production", false);
	recall(f, (const char *const[]){"a", NULL}, "production goes back to test/a=1");
	recall(f, (const char *const[]){"a=1", NULL}, NULL);
	recall(f, (const char *const[]){"a=1", "a=2", NULL}, NULL);
	sl_hold_set(f->db, "a=1", true, "ann", "breaks the printer", 20, NULL);
	recall(f, (const char *const[]){"a=2", NULL},
	       "production goes back to test/a=1, which is held by ann: breaks the printer");
}

static void
test_an_emergency_passes_a_hold_which_stands(Fixture *f, gconstpointer data)
{
	add_update(f, "a", "1");
	hold(f, true, "breaks the printer", -1);
	assert_decides(f, "bob", "production", true);
	g_assert_cmpint(number_of(f, "SELECT count(*) FROM hold WHERE person = 'ann'"), ==, 1);
}

int
main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*test)(Fixture *f, gconstpointer data);
	} tests[] = {
		{"/approval-rule/two-people", test_production_takes_two_people_where_that_is_set},
		{"/approval-rule/two-people-emergency", test_an_emergency_takes_two_people_as_well},
		{"/approval-rule/two-people-users", test_a_user_of_the_server_is_no_second_person},
		{"/approval-rule/one-person", test_one_person_is_enough_where_nothing_is_set},
		{"/approval-rule/earlier-plan",
		 test_a_plan_made_before_the_rule_does_not_get_round_it},
		{"/approval-rule/hold", test_what_is_held_waits_until_it_is_let_go},
		{"/approval-rule/hold-of-another",
		 test_another_persons_hold_is_let_go_with_a_reason},
		{"/approval-rule/recall", test_a_recall_says_what_comes_back_and_who_holds_it},
		{"/approval-rule/hold-emergency", test_an_emergency_passes_a_hold_which_stands},
	};

	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(tests); i++)
		g_test_add(tests[i].name, Fixture, NULL, set_up, tests[i].test, tear_down);
	return g_test_run();
}
