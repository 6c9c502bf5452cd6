/* fleet.c - the road of a message: pool, writer, pool
 *
 * A message is opened and verified on the pool, which also derives what its inventory comes to;
 * then it waits for the writer's next batch; when that is on disk it comes back to the pool, where
 * its answer is made. A check-in is stored under the model that holds when it is written: whoever
 * changes the model puts the new one in place first and then goes through all computers, so none
 * stays behind.
 */
#include "clients/fleet.h"

#include <string.h>

#include "catalog/base/hash.h"
#include "catalog/schema.h"
#include "clients/checkin.h"
#include "clients/computer.h"
#include "clients/credential.h"
#include "clients/inventory.h"

#define BUSY_S	  30  /* said with 503 when too much waits */
#define FAILED_S  60  /* and when something is wrong here */
#define DERIVE	  200 /* computers in one transaction: some milliseconds */
#define LOG_EVERY (10 * G_USEC_PER_SEC)

struct SlFleet {
	SlFleetContext context;
	char *server_id;
	int64_t epoch;
	GThreadPool *pool;
	GAsyncQueue *connections; /* (element-type SlDb): reading ones that nobody uses now */
	GMutex deriving;	  /* one at a time, or an older model could follow a newer */
	SlCoverageDelta *delta;	  /* of the batch being written; the writer's */
	GMutex mutex;		  /* for everything below */
	GCond idle;
	SlModel *model;
	GHashTable *channel_keys; /* (owned): channel -> armoured key */
	unsigned working;	  /* messages that are not answered yet */
	bool closing;
	int64_t interval_s;
	SlFleetCounts counts;
	gint64 logged_at; /* monotonic: when a failure was last logged */
};

typedef enum {
	TASK_FINISH, /* is on disk, or was refused there: before anything new */
	TASK_MESSAGE,
	TASK_SWEEP,
	TASK_PRUNE,
} TaskKind;

typedef struct {
	SlFleet *fleet;
	TaskKind kind;
	int64_t silent_at; /* of a sweep */
	uint64_t number;
	SlFleetKind message;
	char *address;
	GBytes *body;
	SlSealPublic keys; /* the machine's, to answer to */
	SlCheckin *checkin;
	SlEnrollment *enrollment;
	GArray *tried;
	SlCheckinWrite write;
	SlEnrollWrite enroll;
	GError *error; /* of the writing */
} Task;

static void
task_free(Task *task)
{
	g_free(task->address);
	g_bytes_unref(task->body);
	sl_checkin_write_clear(&task->write);
	sl_enroll_write_clear(&task->enroll);
	g_clear_pointer(&task->tried, g_array_unref);
	sl_checkin_free(task->checkin);
	sl_enrollment_free(task->enrollment);
	g_clear_error(&task->error);
	g_free(task);
}

static SlDb *
borrow_connection(SlFleet *fleet, GError **error)
{
	SlDb *db = g_async_queue_try_pop(fleet->connections);

	return db ? db : sl_db_open(fleet->context.db_path, SL_DB_READ, error);
}

static void
return_connection(SlFleet *fleet, SlDb *db)
{
	if (db)
		g_async_queue_push(fleet->connections, db);
}

static SlModel *
current_model(SlFleet *fleet)
{
	g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&fleet->mutex);

	return sl_model_ref(fleet->model);
}

/* Answers, counts and frees. */
static void
answer(Task *task, unsigned status, uint32_t retry_s, GBytes *body, int64_t *counter)
{
	SlFleet *fleet = task->fleet;

	fleet->context.answer(fleet->context.data, task->number, status, retry_s, body);
	g_mutex_lock(&fleet->mutex);
	(*counter)++;
	fleet->working--;
	g_cond_broadcast(&fleet->idle);
	g_mutex_unlock(&fleet->mutex);
	task_free(task);
}

static void
answer_text(Task *task, unsigned status, const char *message)
{
	g_autofree char *text = g_strconcat(message, "\n", NULL);
	g_autoptr(GBytes) body = g_bytes_new(text, strlen(text));

	answer(task, status, 0, body, &task->fleet->counts.refused);
}

/* Something is wrong here and not with the message; a full disk says so once and again. */
static void
answer_failure(Task *task, const GError *error)
{
	SlFleet *fleet = task->fleet;
	gint64 now = g_get_monotonic_time();
	bool log;

	g_mutex_lock(&fleet->mutex);
	log = fleet->logged_at == 0 || now - fleet->logged_at > LOG_EVERY;
	if (log)
		fleet->logged_at = now;
	g_mutex_unlock(&fleet->mutex);
	if (log)
		g_warning("check-ins: %s", error->message);
	answer(task, 503, FAILED_S, NULL, &fleet->counts.busy);
}

/* What is wrong decides: the machine's fault is 4xx, ours is 503. */
static void
answer_error(Task *task, const GError *error)
{
	if (g_error_matches(error, SL_ERROR, SL_ERROR_DENIED))
		answer_text(task, 403, error->message);
	else if (g_error_matches(error, SL_ERROR, SL_ERROR_INVALID) ||
		 g_error_matches(error, SL_ERROR, SL_ERROR_INTEGRITY) ||
		 g_error_matches(error, SL_ERROR, SL_ERROR_LIMIT))
		answer_text(task, 400, error->message);
	else if (g_error_matches(error, SL_ERROR, SL_ERROR_BUSY))
		answer(task, 503, BUSY_S, NULL, &task->fleet->counts.busy);
	else
		answer_failure(task, error);
}

static char *
channel_key(SlFleet *fleet, const char *channel, GError **error)
{
	char *key;

	g_mutex_lock(&fleet->mutex);
	key = g_strdup(g_hash_table_lookup(fleet->channel_keys, channel));
	g_mutex_unlock(&fleet->mutex);
	if (key)
		return key;
	key = fleet->context.channel_key(fleet->context.data, channel, error);
	if (!key || key[0] == '\0')
		return key;
	g_mutex_lock(&fleet->mutex);
	g_hash_table_replace(fleet->channel_keys, g_strdup(channel), g_strdup(key));
	g_mutex_unlock(&fleet->mutex);
	return key;
}

static void
add_sources(SlAnswer *said, const SlModel *model, const SlReportFacts *facts)
{
	const GPtrArray *sources = sl_model_sources(model, facts->os_id, facts->os_codename);

	for (guint i = 0; i < sources->len; i++) {
		const SlAnswerSource *source = sources->pdata[i];
		SlAnswerSource *copy = g_new0(SlAnswerSource, 1);

		copy->suite = g_strdup(source->suite);
		copy->components = g_strdup(source->components);
		copy->architectures = g_strdup(source->architectures);
		g_ptr_array_add(said->sources, copy);
	}
}

/* Seals an answer to the machine and sends it. */
static void
send_answer(Task *task, SlAnswer *said, int64_t machine, unsigned status, int64_t *counter)
{
	SlFleet *fleet = task->fleet;
	g_autoptr(GError) error = NULL;
	g_autoptr(GBytes) sealed = NULL;
	g_autofree char *text = NULL;
	gsize size;
	const void *posted = g_bytes_get_data(task->body, &size);

	said->request = sl_hash_bytes(posted, size);
	said->at = sl_clock_now(fleet->context.clock);
	said->epoch = fleet->epoch;
	said->computer = machine;
	g_mutex_lock(&fleet->mutex);
	said->interval_s = fleet->interval_s;
	g_mutex_unlock(&fleet->mutex);
	text = sl_answer_write(said);
	sealed = sl_seal_make(fleet->context.keys, &task->keys, SL_SEAL_ANSWER, fleet->server_id,
			      machine, text, strlen(text), &error);
	if (sealed)
		answer(task, status, 0, sealed, counter);
	else
		answer_error(task, error);
}

static void
send_epoch(Task *task, int64_t machine)
{
	g_autoptr(SlAnswer) said = sl_answer_new();

	said->state = g_strdup("epoch");
	send_answer(task, said, machine, 409, &task->fleet->counts.stale);
}

static bool
fill_place(Task *task, SlAnswer *said, bool pending, const char *group, const char *channel,
	   const SlReportFacts *facts, GError **error)
{
	g_autoptr(SlModel) model = current_model(task->fleet);

	said->state = g_strdup(pending ? "pending" : "active");
	said->group = g_strdup(group);
	said->channel = g_strdup(channel);
	said->key = channel_key(task->fleet, channel, error);
	if (said->key && !pending)
		add_sources(said, model, facts);
	return said->key != NULL;
}

static void
finish_checkin(Task *task)
{
	const SlCheckinWrite *write = &task->write;
	g_autoptr(SlAnswer) said = sl_answer_new();
	g_autoptr(GError) error = NULL;

	if (write->outcome == SL_CHECKIN_UNKNOWN) {
		answer_text(task, 403, "not known here, or the signature is wrong");
		return;
	}
	said->counter = write->counter;
	if (write->outcome == SL_CHECKIN_STALE) {
		said->state = g_strdup("stale");
		send_answer(task, said, write->computer, 409, &task->fleet->counts.stale);
		return;
	}
	said->want_inventory = write->want_inventory;
	if (!fill_place(task, said, write->pending, write->group, write->channel,
			&task->checkin->facts, &error))
		answer_error(task, error);
	else
		send_answer(task, said, write->computer, 200, &task->fleet->counts.taken);
}

static void
finish_enrollment(Task *task)
{
	const SlEnrollWrite *write = &task->enroll;
	g_autoptr(SlAnswer) said = sl_answer_new();
	g_autoptr(GError) error = NULL;

	said->counter = write->counter;
	if (!fill_place(task, said, write->pending, write->group, write->channel,
			&task->enrollment->facts, &error))
		answer_error(task, error);
	else
		send_answer(task, said, write->computer, 200, &task->fleet->counts.enrolled);
}

static void
finish(Task *task)
{
	if (task->error)
		answer_error(task, task->error);
	else if (task->message == SL_FLEET_CHECKIN)
		finish_checkin(task);
	else
		finish_enrollment(task);
}

/* On the writer: the batch is on disk, or was not taken. */
static void
written(gpointer data, const GError *error)
{
	Task *task = data;

	task->error = error ? g_error_copy(error) : NULL;
	task->kind = TASK_FINISH;
	g_thread_pool_push(task->fleet->pool, task, NULL);
}

static bool
store_checkin(SlDb *db, gpointer data, GError **error)
{
	Task *task = data;
	g_autoptr(SlModel) model = current_model(task->fleet);
	bool ok;

	task->write.model = model;
	ok = sl_checkin_store(db, &task->write, task->fleet->delta, error);
	task->write.model = NULL;
	return ok;
}

static bool
store_enrollment(SlDb *db, gpointer data, GError **error)
{
	Task *task = data;

	return sl_enroll_store(db, &task->enroll, task->fleet->delta, error);
}

/* What the batch added up. */
static bool
write_delta(SlDb *db, gpointer data, GError **error)
{
	SlFleet *fleet = data;

	return sl_coverage_delta_write(fleet->delta, db, error);
}

/* Works out what the inventory comes to, so that the writer finds it done. */
static bool
derive_ahead(Task *task, SlDb *db, GError **error)
{
	const SlCheckin *checkin = task->checkin;
	const SlReportFacts *facts = &checkin->facts;
	g_autoptr(SlModel) model = current_model(task->fleet);
	GError *problem = NULL;
	g_autoptr(GBytes) states =
		sl_model_states(model, facts->os_id, facts->os_codename, checkin->inventory);

	if (states)
		return true;
	if (checkin->packages)
		states = sl_model_derive(model, facts->os_id, facts->os_codename,
					 checkin->inventory, checkin->packages);
	else
		states = sl_model_derive_stored(model, db, facts->os_id, facts->os_codename,
						checkin->inventory, &problem);
	if (problem)
		g_propagate_error(error, problem);
	return !problem;
}

static bool
refuse(GError **error)
{
	return sl_error_set(error, SL_ERROR_DENIED, "not known here, or the signature is wrong");
}

/* Reads what a known machine signed; true when it can be written. */
static bool
read_checkin(Task *task, SlDb *db, const SlSealed *sealed, GError **error)
{
	SlFleet *fleet = task->fleet;
	SlMachine machine = {0};
	GError *problem = NULL;
	const char *body;
	size_t size;

	task->write.computer = sl_sealed_machine(sealed);
	if (!sl_machine_find(db, task->write.computer, &machine, &problem)) {
		if (problem)
			g_propagate_error(error, problem);
		return !problem && refuse(error);
	}
	body = sl_sealed_verify(sealed, machine.keys.sign, SL_SEAL_CHECKIN, fleet->server_id, &size,
				NULL);
	if (!body)
		return refuse(error);
	task->keys = machine.keys;
	task->checkin = sl_checkin_read(body, size, error);
	if (!task->checkin)
		return false;
	task->write.checkin = task->checkin;
	task->write.address = task->address;
	task->write.now_at = sl_clock_now(fleet->context.clock);
	if (task->checkin->epoch != fleet->epoch)
		return true;
	task->tried = sl_checkin_tried(db, task->checkin, error);
	task->write.tried = task->tried;
	return task->tried && derive_ahead(task, db, error);
}

static bool
read_enrollment(Task *task, SlDb *db, const SlSealed *sealed, GError **error)
{
	SlFleet *fleet = task->fleet;
	size_t size;
	const char *body = sl_sealed_unverified(sealed, &size);

	task->enrollment = sl_enrollment_read(body, size, error);
	if (!task->enrollment)
		return false;
	task->keys = task->enrollment->keys;
	if (sl_sealed_machine(sealed) != 0 ||
	    !sl_sealed_verify(sealed, task->keys.sign, SL_SEAL_ENROLL, fleet->server_id, &size,
			      NULL))
		return sl_error_set(error, SL_ERROR_DENIED, "no valid token");
	task->enroll.enrollment = task->enrollment;
	task->enroll.address = task->address;
	task->enroll.now_at = sl_clock_now(fleet->context.clock);
	/* who guesses does not get as far as the writer */
	return sl_enroll_is_known(db, &task->keys) ||
	       sl_token_check(db, task->enrollment->token, task->enroll.now_at, error);
}

static bool
read_message(Task *task, GError **error)
{
	SlFleet *fleet = task->fleet;
	gsize size;
	const void *bytes = g_bytes_get_data(task->body, &size);
	g_autoptr(SlSealed) sealed = sl_seal_open(fleet->context.keys, bytes, size, error);
	SlDb *db = sealed ? borrow_connection(fleet, error) : NULL;
	bool ok;

	if (!db)
		return false;
	ok = task->message == SL_FLEET_CHECKIN ? read_checkin(task, db, sealed, error)
					       : read_enrollment(task, db, sealed, error);
	return_connection(fleet, db);
	return ok;
}

static void
work_on_message(Task *task)
{
	SlFleet *fleet = task->fleet;
	g_autoptr(GError) error = NULL;
	bool checkin = task->message == SL_FLEET_CHECKIN;

	if (!read_message(task, &error)) {
		answer_error(task, error);
		return;
	}
	if (checkin && task->checkin->epoch != fleet->epoch) {
		send_epoch(task, task->write.computer);
		return;
	}
	if (!sl_writer_queue(fleet->context.writer, checkin ? store_checkin : store_enrollment,
			     written, task, &error))
		answer_error(task, error);
}

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
	return sl_inventory_prune(db, data, error);
}

/* Looks first: the writer is asked only when there is something to do. */
static void
run_sweep(Task *task, GError **error)
{
	SlFleet *fleet = task->fleet;
	Sweep one = {.silent_at = task->silent_at};
	SlDb *db = borrow_connection(fleet, error);
	bool found = db && sl_computer_any_silent(db, task->silent_at);

	return_connection(fleet, db);
	if (found)
		sl_writer_run(fleet->context.writer, sweep, &one, error);
}

static void
run_chore(Task *task)
{
	SlFleet *fleet = task->fleet;
	g_autoptr(GError) error = NULL;
	int64_t removed = 0;

	if (task->kind == TASK_SWEEP)
		run_sweep(task, &error);
	else
		sl_writer_run(fleet->context.writer, prune, &removed, &error);
	if (error)
		g_warning("%s", error->message);
	g_mutex_lock(&fleet->mutex);
	fleet->working--;
	g_cond_broadcast(&fleet->idle);
	g_mutex_unlock(&fleet->mutex);
	task_free(task);
}

static void
work(gpointer data, gpointer unused)
{
	Task *task = data;

	(void)unused;
	if (task->kind == TASK_FINISH)
		finish(task);
	else if (task->kind == TASK_MESSAGE)
		work_on_message(task);
	else
		run_chore(task);
}

/* What is on disk is answered before anything new is begun. */
static int
compare_tasks(gconstpointer a, gconstpointer b, gpointer unused)
{
	const Task *left = a, *right = b;

	(void)unused;
	return (int)left->kind - (int)right->kind;
}

static bool
read_identity(SlFleet *fleet, GError **error)
{
	SlDb *db = borrow_connection(fleet, error);
	bool ok;

	if (!db)
		return false;
	fleet->server_id = sl_meta_text(db, "server_id", error);
	ok = fleet->server_id && sl_meta_epoch(db, &fleet->epoch, error) &&
	     (fleet->model = sl_model_load(db, error));
	return_connection(fleet, db);
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
	Task *task;

	if (!admit(fleet)) {
		fleet->context.answer(fleet->context.data, number, 503, BUSY_S, NULL);
		g_bytes_unref(body);
		return;
	}
	task = g_new0(Task, 1);
	task->fleet = fleet;
	task->kind = TASK_MESSAGE;
	task->number = number;
	task->message = kind;
	task->address = g_strdup(address);
	task->body = body;
	g_thread_pool_push(fleet->pool, task, NULL);
}

static void
start_chore(SlFleet *fleet, TaskKind kind, int64_t silent_at)
{
	Task *task;

	if (!admit(fleet))
		return;
	task = g_new0(Task, 1);
	task->fleet = fleet;
	task->kind = kind;
	task->silent_at = silent_at;
	g_thread_pool_push(fleet->pool, task, NULL);
}

void
sl_fleet_sweep(SlFleet *fleet, int64_t silent_at)
{
	start_chore(fleet, TASK_SWEEP, silent_at);
}

void
sl_fleet_prune(SlFleet *fleet)
{
	start_chore(fleet, TASK_PRUNE, 0);
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
	SlDb *db = borrow_connection(fleet, error);
	SlModel *model = db ? sl_model_load(db, error) : NULL;

	return_connection(fleet, db);
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
	model = current_model(fleet);
	one.model = model;
	sl_job_step(job, "deriving statuses", 0, 0);
	while (one.more) {
		if (!sl_job_check(job, error) ||
		    !sl_writer_run(fleet->context.writer, derive, &one, error))
			return false;
		done += DERIVE;
		sl_job_progress(job, 0, done);
	}
	return true;
}

void
sl_fleet_stop(SlFleet *fleet)
{
	if (!fleet)
		return;
	g_mutex_lock(&fleet->mutex);
	fleet->closing = true;
	while (fleet->working > 0)
		g_cond_wait(&fleet->idle, &fleet->mutex);
	g_mutex_unlock(&fleet->mutex);
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
	g_mutex_clear(&fleet->deriving);
	g_mutex_clear(&fleet->mutex);
	g_cond_clear(&fleet->idle);
	g_free(fleet->server_id);
	g_free(fleet);
}
