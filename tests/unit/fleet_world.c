#include "fleet_world.h"

#include "clients/computer.h"
#include "clients/group.h"

const char *const world_groups[GROUPS] = {"office", "lab", "shops", "pilots"};

int
world_channel_of(int group)
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

SlStatus
world_status(const World *w, const Machine *machine, int u)
{
	bool with_extra = judged_by_revision2(&w->updates[u], world_channel_of(machine->group));
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

SlStatus
world_standing(const World *w, const Machine *machine)
{
	int seen[SL_STATUSES] = {0};

	if (machine->silent)
		return SL_STATUS_SILENT;
	if (!machine->spoke || !machine->served)
		return SL_STATUS_UNKNOWN;
	for (int u = 0; u < UPDATES; u++)
		if (w->updates[u].approved[world_channel_of(machine->group)])
			seen[world_status(w, machine, u)]++;
	if (seen[SL_STATUS_FAILED])
		return SL_STATUS_FAILED;
	if (seen[SL_STATUS_NEEDED])
		return SL_STATUS_NEEDED;
	return seen[SL_STATUS_PENDING_REBOOT] ? SL_STATUS_PENDING_REBOOT : SL_STATUS_INSTALLED;
}

bool
world_is_open(SlStatus status)
{
	return status != SL_STATUS_INSTALLED && status != SL_STATUS_NOT_APPLICABLE;
}

bool
world_is_in_group(const Machine *machine, int group)
{
	return machine->counted && machine->group == group;
}

bool
world_is_in_channel(const Machine *machine, int channel)
{
	return machine->counted && world_channel_of(machine->group) == channel;
}

SlStatus
world_said_status(const World *w, const Machine *machine, int u)
{
	Machine heard = *machine;

	heard.silent = false;
	return world_status(w, &heard, u);
}

bool
world_is_late(const Update *update)
{
	return g_strcmp0(update->rating, "critical") == 0 ||
	       g_strcmp0(update->rating, "high") == 0 || g_strcmp0(update->rating, "medium") == 0;
}

/* Making and changing the world */

static void
rate(World *w, int u, const char *rating)
{
	execute(&w->fleet, "UPDATE updates SET rating = '%s' WHERE id = %d", rating, u + 1);
	w->updates[u].rating = rating;
}

static void
make_updates(World *w)
{
	static const char *const ratings[] = {"high", "low", NULL, "critical", "medium"};

	for (int u = 0; u < UPDATES; u++) {
		Update *update = &w->updates[u];
		g_autofree char *name = g_strdup_printf("p%d", u);

		add_update(&w->fleet, u + 1, name, "2", "amd64", u);
		update->approved[PRODUCTION] = update->ever[PRODUCTION] = true;
		update->rating = ratings[u % 5];
		if (update->rating)
			rate(w, u, update->rating);
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
	checkin->facts = machine_facts(machine->name);
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
		      machine->quiet ? NOW - 10 * DAY : NOW);
	/* what is installed has overtaken the other results: they are forgotten */
	for (int u = 0; u < UPDATES; u++) {
		SlStatus status = world_said_status(w, machine, u);

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

		g_snprintf(machine->name, sizeof machine->name, "pc%03d", i * 7 % 900);
		machine->counted = !chance(w, 5);
		machine->pending = !machine->counted;
		machine->served = !chance(w, 5);
		machine->id = enroll(&w->fleet, machine->counted ? open_token : held_token,
				     machine->name);
		if (!machine->counted || chance(w, 5))
			continue;
		machine->spoke = true;
		machine->quiet = chance(w, 10);
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

	for (int i = 0; i < MACHINES; i++) {
		w->machines[i].silent = w->machines[i].quiet;
		right += w->machines[i].counted && w->machines[i].silent;
	}
	g_assert_true(sl_computer_sweep(w->fleet.db, NOW - 5 * DAY, &found, NULL));
	g_assert_cmpint(found, ==, right);
}

static void
move_some(World *w)
{
	for (int group = 0; group < GROUPS; group++) {
		g_autoptr(GArray) ids = g_array_new(FALSE, FALSE, sizeof(int64_t));

		for (int i = group; i < MACHINES; i += GROUPS) {
			g_array_append_val(ids, w->machines[i].id);
			w->machines[i].group = group;
		}
		execute(&w->fleet, "BEGIN");
		g_assert_true(sl_computer_move(w->fleet.db, w->model, ids, world_groups[group],
					       "ann", NOW, NULL));
		execute(&w->fleet, "COMMIT");
	}
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
		machine->counted = machine->pending = false;
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

void
world_set_up(World *w, gconstpointer data)
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

void
world_tear_down(World *w, gconstpointer data)
{
	g_rand_free(w->dice);
	sl_model_unref(w->model);
	fleet_tear_down(&w->fleet, data);
}

void
world_live(World *w, void (*check)(World *w))
{
	check(w);
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
	rate(w, 1, "critical");
	rate(w, 3, "low");
	derive_all(w);
	check(w);
}
