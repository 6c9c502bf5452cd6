/* A message changes all it says or nothing, and counts stay what counting gives. */
#include "clients/checkin.h"

#include "catalog/base/limits.h"
#include "clients/computer.h"
#include "fleet_db.h"

static bool
move(Fleet *f, SlModel *model, int64_t id)
{
	g_autoptr(GArray) ids = g_array_new(FALSE, FALSE, sizeof id);

	g_array_append_val(ids, id);
	return sl_computer_move(f->db, model, ids, "lab", "ann", NOW, NULL);
}

static int64_t
machine(Fleet *f)
{
	g_autofree char *secret = make_token(f, 0, 0, false);

	return enroll(f, secret, "web1");
}

/* Checks in with a set that nobody ever had. */
static SlCheckinOutcome
bring(Fleet *f, SlModel *model, int64_t id, int64_t counter, int64_t now_at)
{
	static int made = 0;
	g_autofree char *package = g_strdup_printf("tool 1.%d amd64", ++made);
	g_autoptr(SlCheckin) checkin = sl_checkin_new();

	checkin->counter = counter;
	checkin->facts = machine_facts("web1");
	checkin->packages = packages(package, NULL);
	return store_checkin(f, model, id, checkin, now_at);
}

static GPtrArray *
one_result(const char *status, const char *message)
{
	GPtrArray *results = sl_report_result_array_new();
	SlReportResult *result = sl_report_result_new();

	result->package = g_strdup("tool");
	result->version = g_strdup("2");
	result->architecture = g_strdup("amd64");
	result->status = g_strdup(status);
	result->at = NOW;
	result->message = g_strdup(message);
	g_ptr_array_add(results, result);
	return results;
}

static void
test_a_checkin_is_counted_once(Fleet *f, gconstpointer data)
{
	int64_t id = machine(f);

	add_update(f, 1, "tool", "2", "amd64", 0);
	g_assert_cmpint(check_in(f, id, 5, packages("tool 1 amd64", NULL), NULL), ==,
			SL_CHECKIN_TAKEN);
	g_assert_cmpint(counted(f, 0, SL_STATUS_NEEDED), ==, 1);
	g_assert_cmpint(check_in(f, id, 6, packages("tool 2 amd64", NULL), NULL), ==,
			SL_CHECKIN_TAKEN);
	g_assert_cmpint(counted(f, 0, SL_STATUS_NEEDED), ==, 0);
	g_assert_cmpint(counted(f, 0, SL_STATUS_INSTALLED), ==, 1);
	assert_summary_is_right(f);
}

static void
test_a_counter_that_is_not_higher_changes_nothing_but_the_mark(Fleet *f, gconstpointer data)
{
	int64_t id = machine(f);

	add_update(f, 1, "tool", "2", "amd64", 0);
	check_in(f, id, 5, packages("tool 2 amd64", NULL), NULL);
	for (int64_t counter = 1; counter <= 5; counter++)
		g_assert_cmpint(check_in(f, id, counter, packages("tool 1 amd64", NULL),
					 one_result("failed", "no")),
				==, SL_CHECKIN_STALE);
	g_assert_cmpint(number(f, "SELECT counter FROM computer"), ==, 5);
	g_assert_cmpint(number(f, "SELECT conflict_at FROM computer"), ==, NOW);
	g_assert_cmpint(number(f, "SELECT count(*) FROM report"), ==, 0);
	g_assert_cmpint(number(f, "SELECT count(*) FROM inventory"), ==, 1);
	g_assert_cmpint(counted(f, 0, SL_STATUS_INSTALLED), ==, 1);
	assert_summary_is_right(f);
}

static void
test_the_order_of_messages_does_not_matter(Fleet *f, gconstpointer data)
{
	static const int64_t orders[][3] = {{1, 2, 3}, {3, 2, 1}, {2, 3, 1}, {1, 3, 2}};
	static const char *const versions[] = {"", "tool 1 amd64", "tool 3 amd64", "tool 2 amd64"};

	add_update(f, 1, "tool", "2", "amd64", 0);
	for (size_t i = 0; i < G_N_ELEMENTS(orders); i++) {
		int64_t id = machine(f);

		for (int j = 0; j < 3; j++)
			check_in(f, id, orders[i][j], packages(versions[orders[i][j]], NULL), NULL);
		g_assert_cmpint(number(f,
				       "SELECT count(*) FROM computer c JOIN inventory i ON i.id ="
				       " c.inventory_id JOIN inventory_item t ON t.version = '2'"
				       " WHERE c.id = %" G_GINT64_FORMAT " AND c.counter = 3 AND"
				       " hex(c.states) = '04'",
				       id),
				==, 1);
	}
	g_assert_cmpint(counted(f, 0, SL_STATUS_INSTALLED), ==, 4);
	assert_summary_is_right(f);
}

/* As many as it may at once, one more, and one more an hour later. */
static void
test_new_inventories_are_limited_and_none_is_left_behind(Fleet *f, gconstpointer data)
{
	int64_t id = machine(f), other = machine(f), counter = 0;
	g_autoptr(SlModel) model = sl_model_load(f->other, NULL);

	for (int i = 0; i < SL_LIMIT_NEW_INVENTORIES; i++)
		g_assert_cmpint(bring(f, model, id, ++counter, NOW), ==, SL_CHECKIN_TAKEN);
	g_assert_cmpint(bring(f, model, id, counter + 1, NOW), ==, SL_CHECKIN_LIMITED);
	g_assert_cmpint(bring(f, model, id, counter + 1, NOW + SL_LIMIT_NEW_INVENTORY_S - 1), ==,
			SL_CHECKIN_LIMITED);
	g_assert_cmpint(number(f, "SELECT counter FROM computer ORDER BY counter DESC"), ==,
			counter);
	g_assert_cmpint(number(f, "SELECT count(*) FROM inventory"), ==, 1);
	/* others are not held up, and what somebody has costs nothing */
	g_assert_cmpint(check_in(f, other, 1, packages("tool 1 amd64", NULL), NULL), ==,
			SL_CHECKIN_TAKEN);
	g_assert_cmpint(check_in(f, id, ++counter, packages("tool 1 amd64", NULL), NULL), ==,
			SL_CHECKIN_TAKEN);
	g_assert_cmpint(bring(f, model, id, ++counter, NOW + SL_LIMIT_NEW_INVENTORY_S), ==,
			SL_CHECKIN_TAKEN);
	g_assert_cmpint(bring(f, model, id, ++counter, NOW + SL_LIMIT_NEW_INVENTORY_S), ==,
			SL_CHECKIN_LIMITED);
	g_assert_cmpint(number(f, "SELECT count(*) FROM inventory"), ==, 2);
}

static void
test_an_inventory_goes_with_the_last_computer_that_has_it(Fleet *f, gconstpointer data)
{
	int64_t one = machine(f), two = machine(f);
	g_autoptr(SlModel) model = sl_model_load(f->other, NULL);
	g_autoptr(SlCheckin) goodbye = sl_checkin_new();

	check_in(f, one, 1, packages("tool 1 amd64", NULL), NULL);
	check_in(f, two, 1, packages("tool 1 amd64", NULL), NULL);
	g_assert_true(sl_computer_remove(f->db, one, "ann", NOW, NULL));
	g_assert_cmpint(number(f, "SELECT count(*) FROM inventory"), ==, 1);
	goodbye->counter = 2;
	goodbye->leaving = true;
	goodbye->facts = machine_facts("web1");
	goodbye->packages = packages("tool 1 amd64", NULL);
	g_assert_cmpint(store_checkin(f, model, two, goodbye, NOW), ==, SL_CHECKIN_TAKEN);
	g_assert_cmpint(number(f, "SELECT count(*) FROM inventory"), ==, 0);
}

static void
test_who_comes_back_is_heard_of_from_then_on(Fleet *f, gconstpointer data)
{
	g_autofree char *secret = make_token(f, 0, 0, false);
	g_autoptr(SlEnrollment) enrollment = sl_enrollment_new();
	g_autoptr(SlCoverageDelta) delta = sl_coverage_delta_new();
	SlEnrollWrite write = {.enrollment = enrollment, .address = "a", .now_at = NOW};
	int64_t silent = 0;

	enroll(f, secret, "web1");
	execute(f, "UPDATE computer SET state = 'left', seen_at = 1, enrolled_at = 1,"
		   " sign_key = zeroblob(32)");
	enrollment->token = g_strdup(secret);
	enrollment->facts = machine_facts("web1");
	g_assert_true(sl_enroll_store(f->db, &write, delta, NULL));
	sl_membership_clear(&write.membership);
	g_assert_true(sl_computer_sweep(f->db, NOW, &silent, NULL));
	g_assert_cmpint(silent, ==, 0);
	g_assert_true(sl_computer_sweep(f->db, NOW + 1, &silent, NULL));
	g_assert_cmpint(silent, ==, 1);
}

static void
test_a_failure_stays_until_the_update_is_there(Fleet *f, gconstpointer data)
{
	int64_t id = machine(f);

	add_update(f, 1, "tool", "2", "amd64", 0);
	check_in(f, id, 1, packages("tool 1 amd64", NULL), one_result("failed", "no space"));
	check_in(f, id, 2, packages("tool 1 amd64", NULL), NULL);
	g_assert_cmpint(counted(f, 0, SL_STATUS_FAILED), ==, 1);
	check_in(f, id, 3, packages("tool 2 amd64", NULL), NULL);
	g_assert_cmpint(counted(f, 0, SL_STATUS_FAILED), ==, 0);
	g_assert_cmpint(counted(f, 0, SL_STATUS_INSTALLED), ==, 1);
	g_assert_cmpint(number(f, "SELECT count(*) FROM report"), ==, 0);
	assert_summary_is_right(f);
}

static void
test_moves_removals_and_silence_keep_the_counts_right(Fleet *f, gconstpointer data)
{
	int64_t one = machine(f), two = machine(f), silent = 0, first = 0;
	g_autoptr(SlModel) model = NULL;
	g_autoptr(GError) error = NULL;

	add_update(f, 1, "tool", "2", "amd64", 0);
	model = sl_model_load(f->other, NULL);
	check_in(f, one, 1, packages("tool 1 amd64", NULL), NULL);
	check_in(f, two, 1, packages("tool 2 amd64", NULL), NULL);
	g_assert_true(sl_computer_heard_first(f->other, &first, NULL));
	g_assert_cmpint(first, ==, NOW);
	g_assert_true(sl_computer_sweep(f->db, NOW + 1, &silent, &error));
	g_assert_cmpint(silent, ==, 2);
	g_assert_cmpint(counted(f, 0, SL_STATUS_SILENT), ==, 2);
	g_assert_cmpint(counted(f, 0, SL_STATUS_INSTALLED), ==, 0);
	assert_summary_is_right(f);
	check_in(f, two, 2, packages("tool 2 amd64", NULL), NULL);
	g_assert_cmpint(counted(f, 0, SL_STATUS_INSTALLED), ==, 1);
	g_assert_true(move(f, model, one));
	assert_summary_is_right(f);
	g_assert_true(sl_computer_remove(f->db, one, "ann", NOW, &error));
	g_assert_cmpint(counted(f, 0, SL_STATUS_SILENT), ==, 0);
	assert_summary_is_right(f);
	g_assert_cmpint(check_in(f, one, 9, packages("tool 2 amd64", NULL), NULL), ==,
			SL_CHECKIN_UNKNOWN);
}

static void
test_statuses_follow_a_later_approval(Fleet *f, gconstpointer data)
{
	int64_t id = machine(f), from = 0;
	bool more = true;

	check_in(f, id, 1, packages("tool 1 amd64", NULL), NULL);
	add_update(f, 1, "tool", "2", "amd64", 0);
	g_autoptr(SlModel) model = sl_model_load(f->other, NULL);
	g_assert_true(sl_computer_derive(f->db, model, &from, 10, &more, NULL));
	g_assert_false(more);
	g_assert_cmpint(counted(f, 0, SL_STATUS_NEEDED), ==, 1);
	assert_summary_is_right(f);
}

static void
test_a_move_to_another_channel_is_a_move_to_its_revision(Fleet *f, gconstpointer data)
{
	int64_t id = machine(f), other = machine(f);
	g_autoptr(SlModel) model = NULL;

	add_update(f, 1, "tool", "2", "amd64", 0);
	add_revision(f, 1, packages("tool 2 amd64", "tool-data 2 all", NULL));
	model = sl_model_load(f->other, NULL);
	check_in(f, id, 1, packages("tool 2 amd64", "tool-data 1 all", NULL), NULL);
	check_in(f, other, 1, packages("tool 2 amd64", "tool-data 1 all", NULL), NULL);
	g_assert_cmpint(counted(f, 0, SL_STATUS_INSTALLED), ==, 2);
	g_assert_true(move(f, model, id));
	g_assert_cmpint(counted(f, 0, SL_STATUS_INSTALLED), ==, 1);
	g_assert_cmpint(counted(f, 0, SL_STATUS_NEEDED), ==, 1);
	assert_summary_is_right(f);
	check_in(f, id, 2, packages("tool 2 amd64", "tool-data 1 all", NULL), NULL);
	g_assert_cmpint(counted(f, 0, SL_STATUS_NEEDED), ==, 1);
	assert_summary_is_right(f);
}

static void
test_deadlines_count_what_is_open(Fleet *f, gconstpointer data)
{
	g_autoptr(GPtrArray) lines = NULL;
	const SlCoverageLine *line;

	add_update(f, 1, "tool", "2", "amd64", 0);
	execute(f, "UPDATE updates SET rating = 'high'");
	check_in(f, machine(f), 1, packages("tool 1 amd64", NULL), NULL);
	check_in(f, machine(f), 1, packages("tool 2 amd64", NULL), NULL);
	machine(f); /* has said nothing yet */
	lines = sl_coverage_by_update(f->other, NOW + 7 * DAY, NULL);
	line = lines->pdata[0];
	g_assert_cmpint(line->deadline_at, ==, NOW + 7 * DAY);
	g_assert_cmpint(line->overdue, ==, 0);
	g_assert_cmpint(line->computers, ==, 3);
	g_assert_cmpint(line->n[SL_STATUS_UNKNOWN], ==, 1);
	g_clear_pointer(&lines, g_ptr_array_unref);
	lines = sl_coverage_by_group(f->other, NULL, NOW + 7 * DAY + 1, NULL);
	line = lines->pdata[1];
	g_assert_cmpstr(line->name, ==, "office");
	g_assert_cmpint(line->overdue, ==, 2);
	g_assert_cmpint(sl_coverage_line_open(line), ==, 2);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	fleet_test("/checkin/once", test_a_checkin_is_counted_once);
	fleet_test("/checkin/stale",
		   test_a_counter_that_is_not_higher_changes_nothing_but_the_mark);
	fleet_test("/checkin/order", test_the_order_of_messages_does_not_matter);
	fleet_test("/checkin/limit", test_new_inventories_are_limited_and_none_is_left_behind);
	fleet_test("/checkin/last", test_an_inventory_goes_with_the_last_computer_that_has_it);
	fleet_test("/checkin/back", test_who_comes_back_is_heard_of_from_then_on);
	fleet_test("/checkin/failure", test_a_failure_stays_until_the_update_is_there);
	fleet_test("/checkin/counts", test_moves_removals_and_silence_keep_the_counts_right);
	fleet_test("/checkin/approval", test_statuses_follow_a_later_approval);
	fleet_test("/checkin/move", test_a_move_to_another_channel_is_a_move_to_its_revision);
	fleet_test("/checkin/deadline", test_deadlines_count_what_is_open);
	return g_test_run();
}
