/* The overview says what the truth is, whatever the fleet has been through. */
#include "clients/overview.h"

#include <math.h>

#include "fleet_world.h"

static void
count_updates(const World *w, const Machine *machine, SlOverview *right, bool *failing)
{
	for (int u = 0; u < UPDATES; u++) {
		SlStatus status = world_status(w, machine, u);

		if (!w->updates[u].approved[world_channel_of(machine->group)])
			continue;
		right->missing += sl_status_is_missing(status);
		failing[u] |= status == SL_STATUS_FAILED;
	}
}

static void
count_overdue(const World *w, const Machine *machine, SlOverview *right)
{
	bool late[SL_RATINGS] = {false};

	for (int u = 0; u < UPDATES; u++)
		for (int i = 0; i < SL_RATINGS; i++)
			late[i] |= w->updates[u].approved[world_channel_of(machine->group)] &&
				   g_strcmp0(w->updates[u].rating, sl_standing_rating(i)) == 0 &&
				   world_is_late(&w->updates[u]) &&
				   world_is_open(world_status(w, machine, u));
	for (int i = 0; i < SL_RATINGS; i++)
		right->overdue[i] += late[i];
}

static SlOverview
right_overview(const World *w)
{
	bool failing[UPDATES] = {false};
	SlOverview right = {0};

	for (int i = 0; i < MACHINES; i++) {
		const Machine *machine = &w->machines[i];

		right.pending += machine->pending;
		if (!machine->counted)
			continue;
		right.computers++;
		right.standing[world_standing(w, machine)]++;
		count_updates(w, machine, &right, failing);
		count_overdue(w, machine, &right);
	}
	for (int u = 0; u < UPDATES; u++)
		right.failing += failing[u];
	return right;
}

static void
check(World *w)
{
	SlOverview said, right = right_overview(w);
	int64_t heard_of = right.computers - right.standing[SL_STATUS_SILENT];

	g_assert_true(sl_overview_read(w->fleet.other, LATER, &said, NULL));
	g_assert_cmpint(said.computers, ==, right.computers);
	for (int i = 0; i < SL_STATUSES; i++)
		g_assert_cmpint(said.standing[i], ==, right.standing[i]);
	g_assert_cmpint(said.pending, ==, right.pending);
	g_assert_cmpint(said.missing, ==, right.missing);
	g_assert_cmpint(said.failing, ==, right.failing);
	for (int i = 0; i < SL_RATINGS; i++)
		g_assert_cmpint(said.overdue[i], ==, right.overdue[i]);
	g_assert_cmpfloat(
		fabs(sl_overview_average_missing(&said) - (double)right.missing / (double)heard_of),
		<, 1e-9);
}

static void
test_the_overview_says_what_is_so(World *w, gconstpointer data)
{
	world_live(w, check);
}

static void
test_who_is_overdue_follows_from_what_ratings_allow(Fleet *f, gconstpointer data)
{
	g_autofree char *secret = make_token(f, 0, 0, false);
	SlOverview said;

	add_update(f, 1, "tool", "2", "amd64", 0);
	execute(f, "UPDATE updates SET rating = 'medium'");
	check_in(f, enroll(f, secret, "web1"), 1, packages("tool 1 amd64", NULL), NULL);
	for (int allows = 20; allows <= 22; allows++) {
		execute(f, "UPDATE rating SET allow_s = %d WHERE name = 'medium'",
			allows * (int)DAY);
		for (int64_t late_s = -1; late_s <= 1; late_s++) {
			int64_t now_at = NOW + allows * DAY + late_s;

			g_assert_true(sl_overview_read(f->other, now_at, &said, NULL));
			g_assert_cmpint(said.overdue[2], ==, late_s > 0);
			g_assert_cmpint(said.overdue[0] + said.overdue[1] + said.overdue[3], ==, 0);
		}
	}
}

static void
test_nobody_lacks_nothing_on_average(Fleet *f, gconstpointer data)
{
	SlOverview said;

	g_assert_true(sl_overview_read(f->other, NOW, &said, NULL));
	g_assert_cmpint(said.computers, ==, 0);
	g_assert_true(sl_overview_average_missing(&said) == 0);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add("/overview/figures", World, NULL, world_set_up,
		   test_the_overview_says_what_is_so, world_tear_down);
	fleet_test("/overview/overdue", test_who_is_overdue_follows_from_what_ratings_allow);
	fleet_test("/overview/nobody", test_nobody_lacks_nothing_on_average);
	return g_test_run();
}
