#include "clients/fleet.h"

#include <string.h>

#include "clients/computer.h"
#include "clients/fleet_private.h"

#define DERIVE 200 /* computers in one transaction: some milliseconds */

void
sl_fleet_task_free(SlFleetTask *task)
{
	g_free(task->address);
	g_bytes_unref(task->body);
	sl_membership_clear(&task->write.membership);
	sl_membership_clear(&task->enroll.membership);
	g_clear_pointer(&task->tried, g_array_unref);
	sl_checkin_free(task->checkin);
	sl_enrollment_free(task->enrollment);
	g_clear_error(&task->error);
	g_free(task);
}

SlDb *
sl_fleet_borrow(SlFleet *fleet, GError **error)
{
	SlDb *db = g_async_queue_try_pop(fleet->connections);

	return db ? db : sl_db_open(fleet->context.db_path, SL_DB_READ, error);
}

void
sl_fleet_return(SlFleet *fleet, SlDb *db)
{
	if (db)
		g_async_queue_push(fleet->connections, db);
}

SlModel *
sl_fleet_model(SlFleet *fleet)
{
	g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&fleet->mutex);

	return sl_model_ref(fleet->model);
}

/* What the batch added up. */
static bool
write_delta(SlDb *db, gpointer data, GError **error)
{
	SlFleet *fleet = data;

	return sl_coverage_delta_write(fleet->delta, db, error);
}

void
sl_fleet_done(SlFleet *fleet)
{
	g_mutex_lock(&fleet->mutex);
	fleet->working--;
	g_cond_broadcast(&fleet->idle);
	g_mutex_unlock(&fleet->mutex);
}

static void
work(gpointer data, gpointer unused)
{
	SlFleetTask *task = data;

	(void)unused;
	if (task->kind == TASK_FINISH)
		sl_fleet_finish(task);
	else if (task->kind == TASK_MESSAGE)
		sl_fleet_work_on_message(task);
	else
		sl_fleet_do_chore(task);
}

/* What is on disk is answered before anything new is begun. */
static int
compare_tasks(gconstpointer a, gconstpointer b, gpointer unused)
{
	const SlFleetTask *left = a, *right = b;

	(void)unused;
	return (int)left->kind - (int)right->kind;
}

static bool
read_identity(SlFleet *fleet, GError **error)
{
	SlDb *db = sl_fleet_borrow(fleet, error);
	bool ok;

	if (!db)
		return false;
	fleet->server_id = sl_meta_text(db, "server_id", error);
	ok = fleet->server_id && sl_meta_epoch(db, &fleet->epoch, error) &&
	     sl_fleet_counts_load(fleet, db, error) && (fleet->model = sl_model_load(db, error));
	sl_fleet_return(fleet, db);
	return ok;
}

static void
free_connection(gpointer db)
{
	sl_db_free(db);
}

SlFleet *
sl_fleet_new(const SlFleetContext *context, GError **error)
{
	g_autoptr(SlFleet) fleet = g_new0(SlFleet, 1);
	unsigned threads = context->threads ? context->threads : g_get_num_processors();

	fleet->context = *context;
	fleet->interval_s = context->interval_s;
	fleet->connections = g_async_queue_new_full(free_connection);
	fleet->delta = sl_coverage_delta_new();
	fleet->channel_keys = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	g_mutex_init(&fleet->deriving);
	g_mutex_init(&fleet->mutex);
	g_cond_init(&fleet->idle);
	if (!read_identity(fleet, error))
		return NULL;
	/* two at least: one that waits for the writer must not hold up the answers */
	fleet->pool = g_thread_pool_new(work, NULL, (int)MAX(threads, 2), FALSE, error);
	if (!fleet->pool)
		return NULL;
	g_thread_pool_set_sort_function(fleet->pool, compare_tasks, NULL);
	sl_writer_set_before_commit(context->writer, write_delta, fleet);
	return g_steal_pointer(&fleet);
}

/* False when it is too much, or over. */
static bool
admit(SlFleet *fleet)
{
	g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&fleet->mutex);

	if (fleet->closing || fleet->working >= fleet->context.limit) {
		fleet->counts.busy++;
		return false;
	}
	fleet->working++;
	return true;
}

void
sl_fleet_take(SlFleet *fleet, uint64_t number, SlFleetKind kind, const char *address, GBytes *body)
{
	SlFleetTask *task;

	if (!admit(fleet)) {
		fleet->context.answer(fleet->context.data, number, 503, SL_FLEET_BUSY_S, NULL);
		g_bytes_unref(body);
		return;
	}
	task = g_new0(SlFleetTask, 1);
	task->fleet = fleet;
	task->kind = TASK_MESSAGE;
	task->number = number;
	task->message = kind;
	task->address = g_strdup(address);
	task->body = body;
	g_thread_pool_push(fleet->pool, task, NULL);
}

bool
sl_fleet_start(SlFleet *fleet, SlFleetTaskKind kind, int64_t silent_at)
{
	SlFleetTask *task;

	if (!admit(fleet))
		return false;
	task = g_new0(SlFleetTask, 1);
	task->fleet = fleet;
	task->kind = kind;
	task->silent_at = silent_at;
	g_thread_pool_push(fleet->pool, task, NULL);
	return true;
}

void
sl_fleet_set_interval(SlFleet *fleet, int64_t interval_s)
{
	g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&fleet->mutex);

	fleet->interval_s = interval_s;
}

void
sl_fleet_counts(SlFleet *fleet, SlFleetCounts *ret_counts)
{
	g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&fleet->mutex);

	*ret_counts = fleet->counts;
}

/* Puts what approvals ask for now in place; whether it is something else than before. */
static bool
change_model(SlFleet *fleet, bool *ret_changed, GError **error)
{
	SlDb *db = sl_fleet_borrow(fleet, error);
	SlModel *model = db ? sl_model_load(db, error) : NULL;

	sl_fleet_return(fleet, db);
	if (!model)
		return false;
	g_mutex_lock(&fleet->mutex);
	*ret_changed = strcmp(sl_model_digest(model), sl_model_digest(fleet->model)) != 0;
	if (*ret_changed) {
		sl_model_unref(fleet->model);
		fleet->model = sl_model_ref(model);
	}
	g_mutex_unlock(&fleet->mutex);
	sl_model_unref(model);
	return true;
}

typedef struct {
	SlModel *model;
	int64_t id;
	bool more;
} Derive;

static bool
derive(SlDb *db, gpointer data, GError **error)
{
	Derive *one = data;

	return sl_computer_derive(db, one->model, &one->id, DERIVE, &one->more, error);
}

bool
sl_fleet_derive(SlFleet *fleet, bool always, SlJob *job, GError **error)
{
	g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&fleet->deriving);
	g_autoptr(SlModel) model = NULL;
	Derive one = {.id = 0, .more = true};
	int64_t done = 0;
	bool changed = false;

	if (!change_model(fleet, &changed, error))
		return false;
	if (!changed && !always)
		return true;
	model = sl_fleet_model(fleet);
	one.model = model;
	sl_job_step(job, "deriving statuses", 0, 0);
	while (one.more) {
		if (!sl_job_check(job, error) ||
		    !sl_writer_run(fleet->context.writer, derive, &one, error))
			return false;
		done += DERIVE;
		sl_job_progress(job, 0, done);
	}
	/* where curves begin */
	return sl_fleet_record_coverage(fleet, error);
}

void
sl_fleet_stop(SlFleet *fleet)
{
	g_autoptr(GError) error = NULL;

	if (!fleet)
		return;
	g_mutex_lock(&fleet->mutex);
	fleet->closing = true;
	while (fleet->working > 0)
		g_cond_wait(&fleet->idle, &fleet->mutex);
	g_mutex_unlock(&fleet->mutex);
	if (!sl_fleet_counts_save(fleet, &error))
		g_warning("%s", error->message);
}

void
sl_fleet_free(SlFleet *fleet)
{
	if (!fleet)
		return;
	if (fleet->pool)
		g_thread_pool_free(fleet->pool, FALSE, TRUE);
	g_async_queue_unref(fleet->connections);
	sl_coverage_delta_free(fleet->delta);
	g_hash_table_unref(fleet->channel_keys);
	sl_model_unref(fleet->model);
	sl_demand_unref(fleet->demand);
	g_mutex_clear(&fleet->deriving);
	g_mutex_clear(&fleet->mutex);
	g_cond_clear(&fleet->idle);
	g_free(fleet->server_id);
	g_free(fleet);
}
