/* How many computers a revision would reach, by what they have installed */
#include "clients/concern.h"

#include "fleet_db.h"

static int64_t
count(Fleet *f, int64_t channel_id, int64_t revision_id)
{
	g_autoptr(SlConcern) concern = sl_concern_new(f->other, true);
	g_autoptr(GError) error = NULL;
	int64_t n = -1, any = -1;

	g_assert_true(sl_concern_add(concern, channel_id, revision_id, &error));
	g_assert_true(sl_concern_count(concern, &n, &any, &error));
	g_assert_cmpint(any, ==, n);
	return n;
}

static void
test_those_that_have_an_older_version_are_counted_by_channel(Fleet *f, gconstpointer data)
{
	g_autofree char *token = make_token(f, 0, DAY, false);
	int64_t computer = 0;

	add_update(f, 1, "tool", "1.0-2", "amd64", -1);
	g_assert_cmpint(count(f, 0, 1), ==, 0);
	for (int64_t i = 0; i < 4; i++) {
		computer = enroll(f, token, "web");
		check_in(f, computer, 1,
			 packages(i < 3 ? "tool 1.0-1 amd64" : "tool 1.0-2 amd64", NULL), NULL);
	}
	g_assert_cmpint(count(f, PRODUCTION, 1), ==, 3);
	execute(f, "UPDATE computer SET group_id = (SELECT id FROM computer_group WHERE"
		   " name = 'lab') WHERE id = (SELECT min(id) FROM computer WHERE inventory_id ="
		   " (SELECT inventory_id FROM computer GROUP BY 1 ORDER BY count(*) DESC))");
	g_assert_cmpint(count(f, PRODUCTION, 1), ==, 2);
	g_assert_cmpint(count(f, CERTIFICATION, 1), ==, 1);
	g_assert_cmpint(count(f, 0, 1), ==, 3);
	execute(f, "UPDATE computer SET silent = 1"); /* it gets the update when it is back */
	g_assert_cmpint(count(f, 0, 1), ==, 3);
	execute(f, "UPDATE computer SET os_codename = 'trixie'");
	g_assert_cmpint(count(f, 0, 1), ==, 0);
}

static void
test_a_computer_that_several_concern_is_one(Fleet *f, gconstpointer data)
{
	g_autofree char *token = make_token(f, 0, DAY, false);
	g_autoptr(SlConcern) concern = sl_concern_new(f->other, true);
	int64_t n[3], any;

	add_update(f, 1, "tool", "1.0-2", "amd64", -1);
	add_update(f, 2, "lamp", "1.0-2", "amd64", 0);
	add_update(f, 3, "none", "1.0-2", "amd64", -1);
	check_in(f, enroll(f, token, "a"), 1, packages("tool 1 amd64", "lamp 1 amd64", NULL), NULL);
	check_in(f, enroll(f, token, "b"), 1, packages("lamp 1 amd64", NULL), NULL);
	for (int64_t id = 1; id <= 3; id++)
		g_assert_true(sl_concern_add(concern, PRODUCTION, id, NULL));
	g_assert_true(sl_concern_count(concern, n, &any, NULL));
	g_assert_cmpint(n[0], ==, 1);
	g_assert_cmpint(n[1], ==, 2);
	g_assert_cmpint(n[2], ==, 0);
	g_assert_cmpint(any, ==, 2);
}

/* What the statuses of an approved update come to, for a made-up fleet. */
static void
test_it_is_what_statuses_say(Fleet *f, gconstpointer data)
{
	static const char *const architectures[] = {"amd64", "i386", "all"};
	g_autoptr(GRand) rand = g_rand_new_with_seed(7);
	g_autofree char *token = make_token(f, 0, DAY, false);

	for (int id = 1; id <= 6; id++) {
		g_autofree char *name = g_strdup_printf("p%d", (id + 1) / 2);
		g_autofree char *version = g_strdup_printf("%d.%d", id % 2, id);

		add_update(f, id, name, version, architectures[id % 3], id - 1);
	}
	for (int i = 0; i < 30; i++) {
		GPtrArray *installed = sl_report_package_array_new();

		for (int p = 1; p <= 3; p++) {
			g_autofree char *name = g_strdup_printf("p%d", p);
			g_autofree char *version =
				g_strdup_printf("%d.%d", g_rand_int_range(rand, 0, 2),
						g_rand_int_range(rand, 0, 8));

			if (g_rand_boolean(rand))
				g_ptr_array_add(
					installed,
					sl_report_package_new(
						name, version,
						architectures[g_rand_int_range(rand, 0, 3)]));
		}
		check_in(f, enroll(f, token, "m"), 1, installed, NULL);
	}
	for (int64_t id = 1; id <= 6; id++)
		g_assert_cmpint(count(f, PRODUCTION, id), ==, counted(f, id - 1, SL_STATUS_NEEDED));
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	fleet_test("/concern/channel",
		   test_those_that_have_an_older_version_are_counted_by_channel);
	fleet_test("/concern/several", test_a_computer_that_several_concern_is_one);
	fleet_test("/concern/same", test_it_is_what_statuses_say);
	return g_test_run();
}
