/* fleet_message.c - the road of a message: pool, writer, pool
 *
 * A message is opened and verified on the pool, which also derives what its inventory comes to;
 * then it waits for the writer's next batch; when that is on disk it comes back to the pool, where
 * its answer is made. A check-in is stored under the model that holds when it is written: whoever
 * changes the model puts the new one in place first and then goes through all computers, so none
 * stays behind.
 */
#include <string.h>

#include "catalog/base/hash.h"
#include "catalog/base/limits.h"
#include "clients/credential.h"
#include "clients/fleet_private.h"

#define FAILED_S  60 /* said with 503 when something is wrong here */
#define LOG_EVERY (10 * G_USEC_PER_SEC)

/* Answers, counts and frees. */
static void
answer(SlFleetTask *task, unsigned status, uint32_t retry_s, GBytes *body, int64_t *counter)
{
	SlFleet *fleet = task->fleet;

	/* counted first: who has the answer may look */
	g_mutex_lock(&fleet->mutex);
	(*counter)++;
	g_mutex_unlock(&fleet->mutex);
	fleet->context.answer(fleet->context.data, task->number, status, retry_s, body);
	sl_fleet_done(fleet);
	sl_fleet_task_free(task);
}

static void
answer_text(SlFleetTask *task, unsigned status, const char *message)
{
	g_autofree char *text = g_strconcat(message, "\n", NULL);
	g_autoptr(GBytes) body = g_bytes_new(text, strlen(text));

	answer(task, status, 0, body, &task->fleet->counts.refused);
}

/* Something is wrong here and not with the message; a full disk says so once and again. */
static void
answer_failure(SlFleetTask *task, const GError *error)
{
	SlFleet *fleet = task->fleet;
	gint64 now = g_get_monotonic_time();
	bool log;

	g_return_if_fail(error);
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
answer_error(SlFleetTask *task, const GError *error)
{
	g_return_if_fail(error);
	if (g_error_matches(error, SL_ERROR, SL_ERROR_DENIED))
		answer_text(task, 403, error->message);
	else if (g_error_matches(error, SL_ERROR, SL_ERROR_INVALID) ||
		 g_error_matches(error, SL_ERROR, SL_ERROR_INTEGRITY) ||
		 g_error_matches(error, SL_ERROR, SL_ERROR_LIMIT))
		answer_text(task, 400, error->message);
	else if (g_error_matches(error, SL_ERROR, SL_ERROR_BUSY))
		answer(task, 503, SL_FLEET_BUSY_S, NULL, &task->fleet->counts.busy);
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
add_sources(SlAnswer *said, const SlModel *model, const SlModelPlace *place)
{
	const GPtrArray *sources = sl_model_sources(model, place);

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
send_answer(SlFleetTask *task, SlAnswer *said, int64_t machine, unsigned status, int64_t *counter)
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
send_epoch(SlFleetTask *task, int64_t machine)
{
	g_autoptr(SlAnswer) said = sl_answer_new();

	said->state = g_strdup("epoch");
	send_answer(task, said, machine, 409, &task->fleet->counts.stale);
}

static bool
fill_membership(SlFleetTask *task, SlAnswer *said, const SlMembership *membership,
		const SlReportFacts *facts, GError **error)
{
	SlModelPlace place = {membership->channel_id, facts->os_id, facts->os_codename};
	g_autoptr(SlModel) model = sl_fleet_model(task->fleet);

	said->state = g_strdup(membership->pending ? "pending" : "active");
	said->conflict = membership->conflict;
	said->group = g_strdup(membership->group);
	said->channel = g_strdup(membership->channel);
	said->key = channel_key(task->fleet, membership->channel, error);
	if (said->key && !membership->pending)
		add_sources(said, model, &place);
	return said->key != NULL;
}

static void
finish_checkin(SlFleetTask *task)
{
	const SlCheckinWrite *write = &task->write;
	g_autoptr(SlAnswer) said = sl_answer_new();
	g_autoptr(GError) error = NULL;

	if (write->outcome == SL_CHECKIN_UNKNOWN) {
		answer_text(task, 403, "not known here, or the signature is wrong");
		return;
	}
	if (write->outcome == SL_CHECKIN_LIMITED) {
		answer(task, 429, SL_LIMIT_NEW_INVENTORY_S, NULL, &task->fleet->counts.refused);
		return;
	}
	said->counter = write->counter;
	if (write->outcome == SL_CHECKIN_STALE) {
		said->state = g_strdup("stale");
		said->conflict = write->membership.conflict;
		send_answer(task, said, write->computer, 409, &task->fleet->counts.stale);
		return;
	}
	said->want_inventory = write->want_inventory;
	if (!fill_membership(task, said, &write->membership, &task->checkin->facts, &error))
		answer_error(task, error);
	else
		send_answer(task, said, write->computer, 200, &task->fleet->counts.taken);
}

static void
finish_enrollment(SlFleetTask *task)
{
	const SlEnrollWrite *write = &task->enroll;
	g_autoptr(SlAnswer) said = sl_answer_new();
	g_autoptr(GError) error = NULL;

	said->counter = write->counter;
	if (!fill_membership(task, said, &write->membership, &task->enrollment->facts, &error))
		answer_error(task, error);
	else
		send_answer(task, said, write->computer, 200, &task->fleet->counts.enrolled);
}

void
sl_fleet_finish(SlFleetTask *task)
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
	SlFleetTask *task = data;

	task->error = error ? g_error_copy(error) : NULL;
	task->kind = TASK_FINISH;
	g_thread_pool_push(task->fleet->pool, task, NULL);
}

static bool
store_checkin(SlDb *db, gpointer data, GError **error)
{
	SlFleetTask *task = data;
	g_autoptr(SlModel) model = sl_fleet_model(task->fleet);
	bool ok;

	task->write.model = model;
	ok = sl_checkin_store(db, &task->write, task->fleet->delta, error);
	task->write.model = NULL;
	return ok;
}

static bool
store_enrollment(SlDb *db, gpointer data, GError **error)
{
	SlFleetTask *task = data;

	return sl_enroll_store(db, &task->enroll, task->fleet->delta, error);
}

/* Works out what the inventory comes to, so that the writer finds it done. */
static bool
derive_ahead(SlFleetTask *task, SlDb *db, int64_t channel_id, GError **error)
{
	const SlCheckin *checkin = task->checkin;
	SlModelPlace place = {channel_id, checkin->facts.os_id, checkin->facts.os_codename};
	g_autoptr(SlModel) model = sl_fleet_model(task->fleet);
	GError *problem = NULL;
	g_autoptr(GBytes) states = sl_model_states(model, &place, checkin->inventory);

	if (states)
		return true;
	if (checkin->packages)
		states = sl_model_derive(model, &place, checkin->inventory, checkin->packages);
	else
		states = sl_model_derive_stored(model, db, &place, checkin->inventory, &problem);
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
read_checkin(SlFleetTask *task, SlDb *db, const SlSealed *sealed, GError **error)
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
	return task->tried && derive_ahead(task, db, machine.channel_id, error);
}

static bool
read_enrollment(SlFleetTask *task, SlDb *db, const SlSealed *sealed, GError **error)
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
read_message(SlFleetTask *task, GError **error)
{
	SlFleet *fleet = task->fleet;
	gsize size;
	const void *bytes = g_bytes_get_data(task->body, &size);
	g_autoptr(SlSealed) sealed = sl_seal_open(fleet->context.keys, bytes, size, error);
	SlDb *db = sealed ? sl_fleet_borrow(fleet, error) : NULL;
	bool ok;

	if (!db)
		return false;
	ok = task->message == SL_FLEET_CHECKIN ? read_checkin(task, db, sealed, error)
					       : read_enrollment(task, db, sealed, error);
	sl_fleet_return(fleet, db);
	return ok;
}

void
sl_fleet_work_on_message(SlFleetTask *task)
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
