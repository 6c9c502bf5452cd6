/* Groups: their counts, and what changing one does. */
#include "clients/group.h"

#include <string.h>

#include "clients/computer.h"
#include "fleet_world.h"

static const SlGroupFilter all = {0};

static const SlGroup *
find(const GPtrArray *list, const char *name)
{
	for (guint i = 0; i < list->len; i++)
		if (strcmp(((const SlGroup *)list->pdata[i])->name, name) == 0)
			return list->pdata[i];
	return NULL;
}

static void
check(World *w)
{
	g_autoptr(GPtrArray) list = sl_group_list(w->fleet.other, &all, NULL, NULL);

	for (int group = 0; group < GROUPS; group++) {
		const SlGroup *said = find(list, world_groups[group]);
		int64_t standing[SL_STATUSES] = {0}, computers = 0, pending = 0;

		for (int i = 0; i < MACHINES; i++) {
			const Machine *machine = &w->machines[i];

			pending += machine->pending && machine->group == group;
			if (!world_is_in_group(machine, group))
				continue;
			computers++;
			standing[world_standing(w, machine)]++;
		}
		g_assert_cmpint(said->computers, ==, computers);
		g_assert_cmpint(said->covered, ==, standing[SL_STATUS_INSTALLED]);
		g_assert_cmpint(said->missing, ==, standing[SL_STATUS_NEEDED]);
		g_assert_cmpint(said->failed, ==, standing[SL_STATUS_FAILED]);
		g_assert_cmpint(said->silent, ==, standing[SL_STATUS_SILENT]);
		g_assert_cmpint(said->pending, ==, pending);
	}
}

static void
test_groups_are_counted_right(World *w, gconstpointer data)
{
	world_live(w, check);
}

/* Its computers are judged by the other channel's revision once they are derived. */
static void
test_another_channel_is_another_judgement(Fleet *f, gconstpointer data)
{
	g_autofree char *secret = make_token(f, 0, 0, false);
	g_autoptr(SlModel) model = NULL;
	g_autoptr(GPtrArray) list = NULL;
	int64_t from = 0;
	bool more;

	add_update(f, 1, "tool", "2", "amd64", 0);
	add_revision(f, 1, packages("tool 2 amd64", "tool-data 2 all", NULL));
	check_in(f, enroll(f, secret, "web1"), 1, packages("tool 2 amd64", "tool-data 1 all", NULL),
		 NULL);
	g_assert_true(
		sl_group_change(f->db, "office", "pilots", "certification", "ann", NOW, NULL));
	model = sl_model_load(f->other, NULL);
	g_assert_true(sl_computer_derive(f->db, model, &from, 10, &more, NULL));
	list = sl_group_list(f->other, &all, NULL, NULL);
	g_assert_null(find(list, "office"));
	g_assert_cmpstr(find(list, "pilots")->channel, ==, "certification");
	g_assert_cmpint(find(list, "pilots")->missing, ==, 1);
	assert_summary_is_right(f);
}

static void
test_what_is_not_said_stays(Fleet *f, gconstpointer data)
{
	g_autoptr(GPtrArray) list = NULL;

	g_assert_true(sl_group_change(f->db, "office", NULL, "certification", "ann", NOW, NULL));
	g_assert_true(sl_group_change(f->db, "lab", "tests", NULL, "ann", NOW, NULL));
	g_assert_true(sl_group_change(f->db, "tests", "tests", NULL, "ann", NOW, NULL));
	list = sl_group_list(f->other, &all, NULL, NULL);
	g_assert_cmpuint(list->len, ==, 2);
	g_assert_cmpstr(find(list, "office")->channel, ==, "certification");
	g_assert_cmpstr(find(list, "tests")->channel, ==, "certification");
	g_assert_cmpint(number(f, "SELECT count(*) FROM audit WHERE action = 'group change'"), ==,
			3);
}

static void
test_a_wrong_change_changes_nothing(Fleet *f, gconstpointer data)
{
	static const struct {
		const char *name, *new_name, *channel;
		SlErrorCode code;
	} cases[] = {
		{"nobody", "x", NULL, SL_ERROR_NOT_FOUND},
		{"office", "lab", NULL, SL_ERROR_CONFLICT},
		{"office", "", NULL, SL_ERROR_INVALID},
		{"office", "a\nb", NULL, SL_ERROR_INVALID},
		{"office", "fine", "nowhere", SL_ERROR_INVALID},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;

		g_assert_false(sl_group_change(f->db, cases[i].name, cases[i].new_name,
					       cases[i].channel, "ann", NOW, &error));
		g_assert_error(error, SL_ERROR, (int)cases[i].code);
	}
	g_assert_cmpint(number(f, "SELECT count(*) FROM computer_group WHERE name IN"
				  " ('office', 'lab')"),
			==, 2);
	g_assert_cmpint(number(f, "SELECT count(*) FROM audit WHERE action = 'group change'"), ==,
			0);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add("/group/counts", World, NULL, world_set_up, test_groups_are_counted_right,
		   world_tear_down);
	fleet_test("/group/channel", test_another_channel_is_another_judgement);
	fleet_test("/group/rest", test_what_is_not_said_stays);
	fleet_test("/group/wrong", test_a_wrong_change_changes_nothing);
	return g_test_run();
}
