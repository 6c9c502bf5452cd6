/*
 * Coverage has a known right answer: what machines have is made up here, who is covered is worked
 * out from that alone, and every view of the server has to say the same.
 */
#include "clients/coverage.h"

#include "clients/computer_list.h"
#include "fleet_world.h"

/* What the server says */

static void
assert_same(const int64_t *said, const int64_t *right)
{
	for (int i = 0; i < SL_STATUSES; i++)
		g_assert_cmpint(said[i], ==, right[i]);
}

static void
check_computers_line(const World *w, const SlCoverageLine *line, int channel,
		     bool (*belongs)(const Machine *machine, int where), int where)
{
	SlCoverageLine right = {0};

	for (int u = 0; u < UPDATES; u++)
		right.updates += w->updates[u].approved[channel];
	for (int i = 0; i < MACHINES; i++) {
		const Machine *machine = &w->machines[i];

		if (!belongs(machine, where))
			continue;
		right.computers++;
		right.standing[world_standing(w, machine)]++;
		for (int u = 0; u < UPDATES; u++) {
			SlStatus status = world_status(w, machine, u);

			if (!w->updates[u].approved[channel])
				continue;
			right.n[status]++;
			right.overdue += world_is_late(&w->updates[u]) && world_is_open(status);
		}
	}
	g_assert_cmpint(line->updates, ==, right.updates);
	g_assert_cmpint(line->computers, ==, right.computers);
	g_assert_cmpint(line->overdue, ==, right.overdue);
	assert_same(line->standing, right.standing);
	assert_same(line->n, right.n);
}

static void
check_groups(World *w)
{
	g_autoptr(GPtrArray) lines = sl_coverage_by_group(w->fleet.other, NULL, LATER, NULL);

	g_assert_cmpuint(lines->len, ==, GROUPS);
	for (guint i = 0; i < lines->len; i++) {
		const SlCoverageLine *line = lines->pdata[i];
		int group = 0;

		while (g_strcmp0(world_groups[group], line->name) != 0)
			group++;
		check_computers_line(w, line, world_channel_of(group), world_is_in_group, group);
	}
}

static void
check_channels(World *w)
{
	g_autoptr(GPtrArray) lines = sl_coverage_by_channel(w->fleet.other, LATER, NULL);

	g_assert_cmpuint(lines->len, ==, 2);
	check_computers_line(w, lines->pdata[0], CERTIFICATION, world_is_in_channel, CERTIFICATION);
	check_computers_line(w, lines->pdata[1], PRODUCTION, world_is_in_channel, PRODUCTION);
}

static void
check_update_line(const World *w, const SlCoverageLine *line)
{
	int channel = g_str_equal(line->channel, "production") ? PRODUCTION : CERTIFICATION;
	int u = (int)line->id - 1;
	int64_t right[SL_STATUSES] = {0}, computers = 0;

	g_assert_true(w->updates[u].approved[channel]);
	for (int i = 0; i < MACHINES; i++) {
		if (!world_is_in_channel(&w->machines[i], channel))
			continue;
		computers++;
		right[world_status(w, &w->machines[i], u)]++;
	}
	g_assert_cmpint(line->computers, ==, computers);
	assert_same(line->n, right);
}

static void
check_updates(World *w)
{
	g_autoptr(GPtrArray) lines = sl_coverage_by_update(w->fleet.other, LATER, NULL);
	guint approved = 0;

	for (int u = 0; u < UPDATES; u++)
		approved +=
			w->updates[u].approved[PRODUCTION] + w->updates[u].approved[CERTIFICATION];
	g_assert_cmpuint(lines->len, ==, approved);
	for (guint i = 0; i < lines->len; i++)
		check_update_line(w, lines->pdata[i]);
}

static void
check_each_computer(World *w)
{
	for (int i = 0; i < MACHINES; i++) {
		const Machine *machine = &w->machines[i];
		g_autoptr(SlComputer) said = NULL;

		if (!machine->counted)
			continue;
		said = sl_computer_get(w->fleet.other, machine->id, LATER, NULL);
		g_assert_cmpint(said->standing, ==, world_standing(w, machine));
	}
}

/* Who lacks one, silent machines among them. */
static void
check_missing(World *w)
{
	for (int u = 0; u < UPDATES; u++) {
		g_autofree char *name = g_strdup_printf("p%d", u);
		SlComputerFilter filter = {
			.update = name, .status = "missing", .limit = 10, .now_at = LATER};
		g_autoptr(GPtrArray) page = NULL;
		int64_t total = 0, right = 0;

		for (int i = 0; i < MACHINES; i++) {
			Machine heard = w->machines[i];

			heard.silent = false;
			right += heard.counted && sl_status_is_missing(world_status(w, &heard, u));
		}
		page = sl_computer_list(w->fleet.other, &filter, &total, NULL);
		g_assert_cmpint(total, ==, right);
		g_assert_cmpuint(page->len, ==, MIN(right, 10));
	}
}

static void
check(World *w)
{
	check_groups(w);
	check_channels(w);
	check_updates(w);
	check_each_computer(w);
	check_missing(w);
	assert_summary_is_right(&w->fleet);
}

static void
test_every_view_says_who_is_covered(World *w, gconstpointer data)
{
	world_live(w, check);
}

/* By what is installed; the same set on another system is another answer. */
static void
test_an_update_that_nobody_approved_is_counted_too(Fleet *f, gconstpointer data)
{
	static const char *const codenames[] = {"bookworm", "trixie", "bookworm", "trixie"};
	static const int64_t right[SL_STATUSES] = {[SL_STATUS_UNKNOWN] = 1,
						   [SL_STATUS_NOT_APPLICABLE] = 2,
						   [SL_STATUS_NEEDED] = 2,
						   [SL_STATUS_SILENT] = 1};
	g_autofree char *secret = make_token(f, 0, 0, false);
	g_autoptr(SlModel) model = sl_model_load(f->other, NULL);
	g_autoptr(GPtrArray) page = NULL;
	int64_t said[SL_STATUSES], total = 0;

	add_update(f, 1, "tool", "2", "amd64", -1);
	for (size_t i = 0; i < G_N_ELEMENTS(codenames); i++) {
		g_autoptr(SlCheckin) checkin = sl_checkin_new();

		checkin->counter = 1;
		checkin->facts = machine_facts("web1");
		g_free(checkin->facts.os_codename);
		checkin->facts.os_codename = g_strdup(codenames[i]);
		checkin->packages = packages("tool 1 amd64", NULL);
		store_checkin(f, model, enroll(f, secret, "web1"), checkin, NOW);
	}
	enroll(f, secret, "web1");
	execute(f, "UPDATE computer SET silent = 1 WHERE id = %" G_GINT64_FORMAT,
		enroll(f, secret, "web1"));
	g_assert_true(sl_computer_count_statuses(f->other, 1, said, NULL));
	assert_same(said, right);
	page = sl_computer_list(
		f->other, &(SlComputerFilter){.update = "tool", .status = "missing"}, &total, NULL);
	g_assert_cmpint(total, ==, 2);
	g_assert_cmpint(((SlComputer *)page->pdata[0])->status, ==, SL_STATUS_NEEDED);
}

static void
test_a_channel_that_nobody_has_yet_has_its_updates(Fleet *f, gconstpointer data)
{
	g_autoptr(GPtrArray) lines = NULL;
	const SlCoverageLine *line;

	add_update(f, 1, "tool", "2", "amd64", 0);
	execute(f, "DELETE FROM computer_group");
	lines = sl_coverage_by_channel(f->other, NOW, NULL);
	line = lines->pdata[1];
	g_assert_cmpstr(line->name, ==, "production");
	g_assert_cmpint(line->updates, ==, 1);
	g_assert_cmpint(line->computers, ==, 0);
}

static void
test_who_has_not_said_what_it_has_is_not_covered_by_nothing_approved(Fleet *f, gconstpointer data)
{
	g_autofree char *secret = make_token(f, 0, 0, false);
	int64_t one = enroll(f, secret, "web1");
	g_autoptr(GPtrArray) lines = NULL;
	const SlCoverageLine *line;

	enroll(f, secret, "web2");
	check_in(f, one, 1, packages("tool 1 amd64", NULL), NULL);
	lines = sl_coverage_by_channel(f->other, NOW, NULL);
	line = lines->pdata[1];
	g_assert_cmpint(line->standing[SL_STATUS_INSTALLED], ==, 1);
	g_assert_cmpint(line->standing[SL_STATUS_UNKNOWN], ==, 1);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add("/coverage/views", World, NULL, world_set_up,
		   test_every_view_says_who_is_covered, world_tear_down);
	fleet_test("/coverage/unapproved", test_an_update_that_nobody_approved_is_counted_too);
	fleet_test("/coverage/nobody", test_a_channel_that_nobody_has_yet_has_its_updates);
	fleet_test("/coverage/nothing",
		   test_who_has_not_said_what_it_has_is_not_covered_by_nothing_approved);
	return g_test_run();
}
