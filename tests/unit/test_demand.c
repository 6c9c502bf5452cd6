/* How many computers need what nobody approved */
#include "clients/demand.h"

#include "fleet_db.h"

static void
test_each_undecided_update_has_its_computers(Fleet *f, gconstpointer data)
{
	g_autofree char *token = make_token(f, 0, DAY, false);
	g_autoptr(SlDemand) demand = NULL;

	add_update(f, 1, "tool", "1.0-2", "amd64", -1);
	add_update(f, 2, "lamp", "1.0-2", "amd64", -1);
	add_update(f, 3, "none", "1.0-2", "amd64", -1);
	add_update(f, 4, "door", "1.0-2", "amd64", 0); /* its statuses are kept */
	add_update(f, 5, "lamp", "1.0-1", "amd64", -1);
	execute(f, "UPDATE updates SET newest = 0 WHERE id = 5");
	check_in(f, enroll(f, token, "a"), 1,
		 packages("tool 1 amd64", "lamp 1 amd64", "door 1 amd64", NULL), NULL);
	check_in(f, enroll(f, token, "b"), 1, packages("lamp 1 amd64", NULL), NULL);
	check_in(f, enroll(f, token, "c"), 1, packages("lamp 1.0-2 amd64", NULL), NULL);
	demand = sl_demand_count(f->other, NULL);
	g_assert_nonnull(demand);
	g_assert_cmpint(sl_demand_of(demand, 1), ==, 1);
	g_assert_cmpint(sl_demand_of(demand, 2), ==, 2);
	g_assert_cmpint(sl_demand_of(demand, 3), ==, 0);
	g_assert_cmpint(sl_demand_of(demand, 4), ==, -1);
	g_assert_cmpint(sl_demand_of(demand, 5), ==, -1);
}

static void
test_who_is_silent_is_left_out(Fleet *f, gconstpointer data)
{
	g_autofree char *token = make_token(f, 0, DAY, false);
	g_autoptr(SlDemand) demand = NULL;
	int64_t computer;

	add_update(f, 1, "tool", "1.0-2", "amd64", -1);
	check_in(f, enroll(f, token, "a"), 1, packages("tool 1 amd64", NULL), NULL);
	computer = enroll(f, token, "b");
	check_in(f, computer, 1, packages("tool 1 amd64", NULL), NULL);
	execute(f, "UPDATE computer SET silent = 1 WHERE id = %" G_GINT64_FORMAT, computer);
	demand = sl_demand_count(f->other, NULL);
	g_assert_cmpint(sl_demand_of(demand, 1), ==, 1);
}

/* A package that a later revision brought counts; one that it has no more does not. */
static void
test_the_newest_revision_counts(Fleet *f, gconstpointer data)
{
	g_autofree char *token = make_token(f, 0, DAY, false);
	g_autoptr(SlDemand) demand = NULL;

	add_update(f, 1, "tool", "1.0-2", "amd64", -1);
	add_revision(f, 1, packages("lamp 1.0-2 amd64", NULL));
	execute(f, "DELETE FROM approval");
	check_in(f, enroll(f, token, "a"), 1, packages("tool 1 amd64", NULL), NULL);
	check_in(f, enroll(f, token, "b"), 1, packages("lamp 1 amd64", NULL), NULL);
	check_in(f, enroll(f, token, "c"), 1, packages("lamp 1 amd64", NULL), NULL);
	demand = sl_demand_count(f->other, NULL);
	g_assert_cmpint(sl_demand_of(demand, 1), ==, 2);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	fleet_test("/demand/computers", test_each_undecided_update_has_its_computers);
	fleet_test("/demand/silent", test_who_is_silent_is_left_out);
	fleet_test("/demand/revision", test_the_newest_revision_counts);
	return g_test_run();
}
