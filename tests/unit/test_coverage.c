/*
 * Coverage has a known right answer: what machines have is made up here, who is covered is worked
 * out from that alone, and every view of the server has to say the same.
 */
#include "clients/coverage.h"

#include "clients/computer.h"
#include "clients/group.h"
#include "fleet_db.h"

#define UPDATES	 12
#define MACHINES 1000
#define GROUPS	 4
#define LATER	 (NOW + 30 * DAY) /* when the views are looked at */

/* What a machine is in truth; versions are whole numbers, 0: not installed. */
typedef struct {
	int64_t id; /* 0: removed */
	int group;
	bool counted; /* neither pending nor gone */
	bool spoke;   /* it has checked in */
	bool silent;
	bool served; /* an upstream is for its system */
	bool reboot; /* it needs a restart */
	int main_version[UPDATES];
	int extra_version[UPDATES];
	bool tried[UPDATES]; /* and failed, or waits for the restart */
} Machine;

/* An update brings "pI" to version 2, its revision 2 also "pI-extra". */
typedef struct {
	bool approved[3];  /* by channel */
	bool ever[3];	   /* approved there once */
	bool revision2[3]; /* the one approved there */
	bool rated;	   /* high: to be installed within a week */
} Update;

typedef struct {
	Fleet fleet;
	GRand *dice;
	Machine machines[MACHINES];
	Update updates[UPDATES];
	SlModel *model;
} World;

static const char *const groups[GROUPS] = {"office", "lab", "shops", "pilots"};

static int
channel_of(int group)
{
	return group % 2 == 0 ? PRODUCTION : CERTIFICATION;
}

static bool
chance(World *w, int percent)
{
	return g_rand_int_range(w->dice, 0, 100) < percent;
}

/* The right answers */

static bool
judged_by_revision2(const Update *update, int channel)
{
	int other = channel == PRODUCTION ? CERTIFICATION : PRODUCTION;

	if (update->approved[channel])
		return update->revision2[channel];
	if (update->approved[other])
		return update->revision2[other];
	return (update->ever[channel] && update->revision2[channel]) ||
	       (update->ever[other] && update->revision2[other]);
}

static SlStatus
right_status(const World *w, const Machine *machine, int u)
{
	bool with_extra = judged_by_revision2(&w->updates[u], channel_of(machine->group));
	int main_version = machine->main_version[u];
	int extra_version = with_extra ? machine->extra_version[u] : 0;

	if (machine->silent)
		return SL_STATUS_SILENT;
	if (!machine->spoke)
		return SL_STATUS_UNKNOWN;
	if (!machine->served || (main_version == 0 && extra_version == 0))
		return SL_STATUS_NOT_APPLICABLE;
	if (main_version == 1 || extra_version == 1)
		return machine->tried[u] && !machine->reboot ? SL_STATUS_FAILED : SL_STATUS_NEEDED;
	return machine->tried[u] && machine->reboot ? SL_STATUS_PENDING_REBOOT
						    : SL_STATUS_INSTALLED;
}

static SlStatus
right_standing(const World *w, const Machine *machine)
{
	int seen[SL_STATUSES] = {0};

	if (machine->silent)
		return SL_STATUS_SILENT;
	if (!machine->spoke || !machine->served)
		return SL_STATUS_UNKNOWN;
	for (int u = 0; u < UPDATES; u++)
		if (w->updates[u].approved[channel_of(machine->group)])
			seen[right_status(w, machine, u)]++;
	if (seen[SL_STATUS_FAILED])
		return SL_STATUS_FAILED;
	if (seen[SL_STATUS_NEEDED])
		return SL_STATUS_NEEDED;
	return seen[SL_STATUS_PENDING_REBOOT] ? SL_STATUS_PENDING_REBOOT : SL_STATUS_INSTALLED;
}

static bool
is_open(SlStatus status)
{
	return status != SL_STATUS_INSTALLED && status != SL_STATUS_NOT_APPLICABLE;
}

static bool
is_in_group(const Machine *machine, int group)
{
	return machine->counted && machine->group == group;
}

static bool
is_in_channel(const Machine *machine, int channel)
{
	return machine->counted && channel_of(machine->group) == channel;
}

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
		right.standing[right_standing(w, machine)]++;
		for (int u = 0; u < UPDATES; u++) {
			SlStatus status = right_status(w, machine, u);

			if (!w->updates[u].approved[channel])
				continue;
			right.n[status]++;
			right.overdue += w->updates[u].rated && is_open(status);
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
	g_autoptr(GPtrArray) lines = sl_coverage_by_group(w->fleet.other, LATER, NULL);

	g_assert_cmpuint(lines->len, ==, GROUPS);
	for (guint i = 0; i < lines->len; i++) {
		const SlCoverageLine *line = lines->pdata[i];
		int group = 0;

		while (g_strcmp0(groups[group], line->name) != 0)
			group++;
		check_computers_line(w, line, channel_of(group), is_in_group, group);
	}
}

static void
check_channels(World *w)
{
	g_autoptr(GPtrArray) lines = sl_coverage_by_channel(w->fleet.other, LATER, NULL);

	g_assert_cmpuint(lines->len, ==, 2);
	check_computers_line(w, lines->pdata[0], CERTIFICATION, is_in_channel, CERTIFICATION);
	check_computers_line(w, lines->pdata[1], PRODUCTION, is_in_channel, PRODUCTION);
}

static void
check_update_line(const World *w, const SlCoverageLine *line)
{
	int channel = g_str_equal(line->channel, "production") ? PRODUCTION : CERTIFICATION;
	int u = (int)line->id - 1;
	int64_t right[SL_STATUSES] = {0}, computers = 0;

	g_assert_true(w->updates[u].approved[channel]);
	for (int i = 0; i < MACHINES; i++) {
		if (!is_in_channel(&w->machines[i], channel))
			continue;
		computers++;
		right[right_status(w, &w->machines[i], u)]++;
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
		g_assert_cmpint(said->standing, ==, right_standing(w, machine));
	}
}

/* By what it last said, silent or not. */
static SlStatus
said_status(const World *w, const Machine *machine, int u)
{
	Machine heard = *machine;

	heard.silent = false;
	return right_status(w, &heard, u);
}

/* Who lacks one, silent machines among them. */
static void
check_missing(World *w)
{
	for (int u = 0; u < UPDATES; u++) {
		g_autofree char *name = g_strdup_printf("p%d", u);
		SlComputerFilter filter = {.missing = name, .limit = 10, .now_at = LATER};
		g_autoptr(GPtrArray) page = NULL;
		int64_t total = 0, right = 0;

		for (int i = 0; i < MACHINES; i++) {
			Machine heard = w->machines[i];

			heard.silent = false;
			right += heard.counted && sl_status_is_missing(right_status(w, &heard, u));
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

/* Making and changing the world */

static void
make_updates(World *w)
{
	for (int u = 0; u < UPDATES; u++) {
		Update *update = &w->updates[u];
		g_autofree char *name = g_strdup_printf("p%d", u);

		add_update(&w->fleet, u + 1, name, "2", "amd64", u);
		update->approved[PRODUCTION] = update->ever[PRODUCTION] = true;
		update->rated = u % 3 == 0;
		if (update->rated)
			execute(&w->fleet, "UPDATE updates SET rating = 'high' WHERE id = %d",
				u + 1);
	}
}

/* For every other update, approved for certification. */
static void
make_revisions(World *w)
{
	for (int u = 0; u < UPDATES; u += 2) {
		Update *update = &w->updates[u];
		g_autofree char *main_package = g_strdup_printf("p%d 2 amd64", u);
		g_autofree char *extra_package = g_strdup_printf("p%d-extra 2 all", u);

		add_revision(&w->fleet, u + 1, packages(main_package, extra_package, NULL));
		update->approved[CERTIFICATION] = update->ever[CERTIFICATION] = true;
		update->revision2[CERTIFICATION] = true;
	}
}

static void
invent(World *w, Machine *machine)
{
	machine->reboot = chance(w, 20);
	for (int u = 0; u < UPDATES; u++) {
		machine->main_version[u] = chance(w, 40) ? 0 : chance(w, 90) ? 2 : 1;
		machine->extra_version[u] = chance(w, 60) ? 0 : chance(w, 90) ? 2 : 1;
		machine->tried[u] = machine->main_version[u] != 0 && chance(w, 10);
	}
}

static void
add_result(SlCheckin *checkin, const Machine *machine, int u)
{
	SlReportResult *result = sl_report_result_new();

	result->package = g_strdup_printf("p%d", u);
	result->version = g_strdup("2");
	result->architecture = g_strdup("amd64");
	result->status = g_strdup(machine->reboot ? "pending-reboot" : "failed");
	result->message = g_strdup("");
	g_ptr_array_add(checkin->results, result);
}

static void
add_package(SlCheckin *checkin, int u, const char *suffix, int version, const char *architecture)
{
	g_autofree char *name = g_strdup_printf("p%d%s", u, suffix);
	g_autofree char *text = g_strdup_printf("%d", version);

	if (version != 0)
		g_ptr_array_add(checkin->packages, sl_report_package_new(name, text, architecture));
}

static void
speak(World *w, Machine *machine, int64_t counter, bool leaving)
{
	g_autoptr(SlCheckin) checkin = sl_checkin_new();

	checkin->counter = counter;
	checkin->leaving = leaving;
	checkin->reboot = machine->reboot;
	checkin->facts = machine_facts("web1");
	if (!machine->served) {
		g_free(checkin->facts.os_codename);
		checkin->facts.os_codename = g_strdup("trixie");
	}
	checkin->packages = packages("base 1 amd64", NULL);
	for (int u = 0; u < UPDATES; u++) {
		add_package(checkin, u, "", machine->main_version[u], "amd64");
		add_package(checkin, u, "-extra", machine->extra_version[u], "all");
		if (machine->tried[u])
			add_result(checkin, machine, u);
	}
	store_checkin(&w->fleet, w->model, machine->id, checkin,
		      machine->silent ? NOW - 10 * DAY : NOW);
	/* what is installed has overtaken the other results: they are forgotten */
	for (int u = 0; u < UPDATES; u++) {
		SlStatus status = said_status(w, machine, u);

		machine->tried[u] =
			status == SL_STATUS_FAILED || status == SL_STATUS_PENDING_REBOOT;
	}
}

static void
make_machines(World *w)
{
	g_autofree char *open_token = make_token(&w->fleet, 0, 0, false);
	g_autofree char *held_token = make_token(&w->fleet, 0, 0, true);

	execute(&w->fleet, "BEGIN");
	for (int i = 0; i < MACHINES; i++) {
		Machine *machine = &w->machines[i];

		machine->counted = !chance(w, 5);
		machine->served = !chance(w, 5);
		machine->id = enroll(&w->fleet, machine->counted ? open_token : held_token, "web1");
		if (!machine->counted || chance(w, 5))
			continue;
		machine->spoke = true;
		machine->silent = chance(w, 10);
		if (chance(w, 30)) {
			invent(w, machine);
			speak(w, machine, 1, false);
			execute(&w->fleet,
				"DELETE FROM report WHERE computer_id = %" G_GINT64_FORMAT,
				machine->id);
		}
		invent(w, machine);
		speak(w, machine, 2, false);
	}
	execute(&w->fleet, "COMMIT");
}

static void
fall_silent(World *w)
{
	int64_t found, right = 0;

	for (int i = 0; i < MACHINES; i++)
		right += w->machines[i].counted && w->machines[i].silent;
	g_assert_true(sl_computer_sweep(w->fleet.db, NOW - 5 * DAY, &found, NULL));
	g_assert_cmpint(found, ==, right);
}

static void
move_some(World *w)
{
	execute(&w->fleet, "BEGIN");
	for (int i = 0; i < MACHINES; i++) {
		Machine *machine = &w->machines[i];
		int group = i % GROUPS;

		if (group == machine->group)
			continue;
		g_assert_true(sl_computer_move(w->fleet.db, w->model, machine->id, groups[group],
					       "ann", NOW, NULL));
		machine->group = group;
	}
	execute(&w->fleet, "COMMIT");
}

static void
lose_some(World *w)
{
	execute(&w->fleet, "BEGIN");
	for (int i = 0; i < MACHINES; i += 17) {
		Machine *machine = &w->machines[i];

		if (i % 2 == 0)
			g_assert_true(
				sl_computer_remove(w->fleet.db, machine->id, "ann", NOW, NULL));
		else
			speak(w, machine, 9, true);
		machine->counted = false;
	}
	execute(&w->fleet, "COMMIT");
}

static void
decide(World *w, int u, int channel, const char *state)
{
	execute(&w->fleet,
		"UPDATE approval SET state = '%s' WHERE update_id = %d AND channel_id = %d", state,
		u + 1, channel);
	w->updates[u].approved[channel] = g_str_equal(state, "approved");
}

static void
derive_all(World *w)
{
	int64_t id = 0;
	bool more = true;

	sl_model_unref(w->model);
	w->model = sl_model_load(w->fleet.other, NULL);
	execute(&w->fleet, "BEGIN");
	while (more)
		g_assert_true(sl_computer_derive(w->fleet.db, w->model, &id, 100, &more, NULL));
	execute(&w->fleet, "COMMIT");
}

static void
set_up(World *w, gconstpointer data)
{
	fleet_set_up(&w->fleet, data);
	g_assert_true(sl_group_add(w->fleet.db, "shops", "production", "ann", NOW, NULL));
	g_assert_true(sl_group_add(w->fleet.db, "pilots", "certification", "ann", NOW, NULL));
	w->dice = g_rand_new_with_seed(7);
	make_updates(w);
	make_revisions(w);
	w->model = sl_model_load(w->fleet.other, NULL);
	make_machines(w);
}

static void
tear_down(World *w, gconstpointer data)
{
	g_rand_free(w->dice);
	sl_model_unref(w->model);
	fleet_tear_down(&w->fleet, data);
}

static void
test_every_view_says_who_is_covered(World *w, gconstpointer data)
{
	check_missing(w); /* nobody is silent yet */
	fall_silent(w);
	check(w);
	move_some(w);
	check(w);
	decide(w, 0, PRODUCTION, "recalled");
	decide(w, 2, PRODUCTION, "recalled");
	decide(w, 2, CERTIFICATION, "recalled");
	decide(w, 4, CERTIFICATION, "returned");
	derive_all(w);
	check(w);
	lose_some(w);
	check(w);
	decide(w, 2, PRODUCTION, "approved");
	derive_all(w);
	check(w);
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
	page = sl_computer_list(f->other, &(SlComputerFilter){.missing = "tool"}, &total, NULL);
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
	g_test_add("/coverage/views", World, NULL, set_up, test_every_view_says_who_is_covered,
		   tear_down);
	fleet_test("/coverage/unapproved", test_an_update_that_nobody_approved_is_counted_too);
	fleet_test("/coverage/nobody", test_a_channel_that_nobody_has_yet_has_its_updates);
	fleet_test("/coverage/nothing",
		   test_who_has_not_said_what_it_has_is_not_covered_by_nothing_approved);
	return g_test_run();
}
