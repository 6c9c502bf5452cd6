#include "clients/computer.h"
#include "clients/coverage_history.h"
#include "clients/fleet_private.h"
#include "clients/inventory.h"

#define RECORD_EVERY (60 * 60)

typedef struct {
	int64_t silent_at;
	int64_t n;
} Sweep;

static bool
sweep(SlDb *db, gpointer data, GError **error)
{
	Sweep *one = data;

	return sl_computer_sweep(db, one->silent_at, &one->n, error);
}

static bool
prune(SlDb *db, gpointer data, GError **error)
{
	const SlFleet *fleet = data;
	int64_t kept_at = sl_clock_now(fleet->context.clock) - SL_COVERAGE_HISTORY_KEPT_S;
	int64_t removed;

	return sl_inventory_prune(db, &removed, error) &&
	       sl_coverage_history_prune(db, kept_at, error);
}

static bool
add_history(SlDb *db, gpointer data, GError **error)
{
	return sl_coverage_history_add(db, data, error);
}

/* What is due is found by a reading connection: the writer is held for some rows only. */
bool
sl_fleet_record_coverage(SlFleet *fleet, GError **error)
{
	SlDb *db = sl_fleet_borrow(fleet, error);
	int64_t now_at = sl_clock_now(fleet->context.clock);
	g_autoptr(GArray) rows = db ? sl_coverage_history_due(db, now_at, error) : NULL;

	sl_fleet_return(fleet, db);
	return rows &&
	       (rows->len == 0 || sl_writer_run(fleet->context.writer, add_history, rows, error));
}

/* Whether anybody can be silent; a clock that was set back makes what is known of that worthless.
 */
static bool
may_be_silent(SlFleet *fleet, int64_t silent_at)
{
	g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&fleet->mutex);
	bool may = fleet->heard_at < silent_at || silent_at < fleet->swept_at;

	fleet->swept_at = silent_at;
	return may;
}

/* Reads all computers for who will be silent first; until then none is looked at again. */
static bool
find_first(SlFleet *fleet, int64_t *ret_heard_at, GError **error)
{
	SlDb *db = sl_fleet_borrow(fleet, error);
	int64_t now_at = sl_clock_now(fleet->context.clock);
	bool ok = db && sl_computer_heard_first(db, ret_heard_at, error);

	sl_fleet_return(fleet, db);
	if (!ok)
		return false;
	g_mutex_lock(&fleet->mutex);
	/* who is heard of from now on is heard of now or later */
	fleet->heard_at = MIN(*ret_heard_at, now_at);
	g_mutex_unlock(&fleet->mutex);
	return true;
}

static void
run_sweep(SlFleetTask *task, GError **error)
{
	SlFleet *fleet = task->fleet;
	Sweep one = {.silent_at = task->silent_at};
	int64_t heard_at;

	if (may_be_silent(fleet, task->silent_at) && find_first(fleet, &heard_at, error) &&
	    heard_at < task->silent_at)
		sl_writer_run(fleet->context.writer, sweep, &one, error);
}

void
sl_fleet_do_chore(SlFleetTask *task)
{
	SlFleet *fleet = task->fleet;
	g_autoptr(GError) error = NULL;

	if (task->kind == TASK_SWEEP) {
		run_sweep(task, &error);
		sl_fleet_counts_save(fleet, error ? NULL : &error);
	} else if (task->kind == TASK_RECORD) {
		sl_fleet_record_coverage(fleet, &error);
	} else if (task->kind == TASK_DEMAND) {
		sl_fleet_count_demand(fleet, &error);
	} else {
		sl_writer_run(fleet->context.writer, prune, fleet, &error);
	}
	if (error)
		g_warning("%s", error->message);
	sl_fleet_done(fleet);
	sl_fleet_task_free(task);
}

void
sl_fleet_sweep(SlFleet *fleet, int64_t silent_at)
{
	sl_fleet_start(fleet, TASK_SWEEP, silent_at);
}

static bool
is_time_to_record(SlFleet *fleet)
{
	int64_t now_at = sl_clock_now(fleet->context.clock);
	g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&fleet->mutex);

	if (now_at >= fleet->recorded_at && now_at - fleet->recorded_at < RECORD_EVERY)
		return false;
	fleet->recorded_at = now_at;
	return true;
}

void
sl_fleet_record(SlFleet *fleet)
{
	if (is_time_to_record(fleet))
		sl_fleet_start(fleet, TASK_RECORD, 0);
}

void
sl_fleet_prune(SlFleet *fleet)
{
	sl_fleet_start(fleet, TASK_PRUNE, 0);
}
