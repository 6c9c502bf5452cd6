#include "catalog/base/writer.h"

#define STAGE	  "stage"
#define BATCH	  100  /* queued changes that are worth a commit */
#define BATCH_MAX 500  /* in one commit: what came while the one before was flushed */
#define BATCH_US  5000 /* how long a batch waits for more, microseconds */

typedef struct {
	SlWriteFunc func;
	SlWriteDone done;
	gpointer data;
	GError *error; /* of this change alone */
} Change;

/* A caller of sl_writer_run, waiting. */
typedef struct {
	const char *stage; /* path of a database to be attached; NULL: none */
	SlWriteFunc func;
	gpointer data;
	bool ended;
	bool ok;
	GError *error;
} Call;

struct SlWriter {
	SlDb *db; /* the thread's alone */
	GThread *thread;
	GMutex mutex; /* for everything below */
	GCond changed;
	GCond answered;
	GQueue calls;  /* (element-type Call), the callers' */
	GQueue queued; /* (element-type Change), owned */
	unsigned queue_limit;
	bool closing;
	SlWriteFunc before_commit; /* of a batch; may be NULL */
	gpointer before_data;
};

/* Runs one of the callers' functions; one that fails without a reason has failed all the same. */
static bool
run(SlWriteFunc func, SlDb *db, gpointer data, GError **error)
{
	if (func(db, data, error))
		return true;
	if (!*error)
		sl_error_set(error, SL_ERROR_DATABASE, "the change failed without a reason");
	return false;
}

static bool
run_in_transaction(SlDb *db, SlWriteFunc func, gpointer data, GError **error)
{
	g_autoptr(SlTransaction) transaction = sl_transaction_begin(db, error);

	if (!transaction || !run(func, db, data, error))
		return false;
	return sl_transaction_commit(g_steal_pointer(&transaction), error);
}

/* Only outside a transaction can a database come and go. */
static bool
run_staged(SlDb *db, const Call *call, GError **error)
{
	bool ok;

	if (!call->stage)
		return run_in_transaction(db, call->func, call->data, error);
	if (!sl_db_attach(db, call->stage, STAGE, error))
		return false;
	ok = run_in_transaction(db, call->func, call->data, error);
	return sl_db_detach(db, STAGE, ok ? error : NULL) && ok;
}

static void
answer_call(SlWriter *writer, Call *call)
{
	GError *error = NULL;
	bool ok = run_staged(writer->db, call, &error);

	g_mutex_lock(&writer->mutex);
	call->ok = ok;
	call->error = error;
	call->ended = true;
	g_cond_broadcast(&writer->answered);
	g_mutex_unlock(&writer->mutex);
}

static void
tell(Change *change, const GError *batch_error)
{
	change->done(change->data, batch_error ? batch_error : change->error);
	g_clear_error(&change->error);
	g_free(change);
}

/* All changes in one transaction, each in a savepoint of its own. */
static bool
apply(SlWriter *writer, GQueue *batch, GError **error)
{
	SlDb *db = writer->db;
	g_autoptr(SlTransaction) transaction = sl_transaction_begin(db, error);

	if (!transaction)
		return false;
	for (GList *item = batch->head; item; item = item->next) {
		Change *change = item->data;

		run_in_transaction(db, change->func, change->data, &change->error);
	}
	if (writer->before_commit && !run(writer->before_commit, db, writer->before_data, error))
		return false;
	return sl_transaction_commit(g_steal_pointer(&transaction), error);
}

static void
commit_batch(SlWriter *writer, GQueue *batch)
{
	g_autoptr(GError) error = NULL;

	apply(writer, batch, &error);
	for (Change *change; (change = g_queue_pop_head(batch));)
		tell(change, error);
}

/* Waits for more of a batch unless it is full or somebody waits; called and returns locked. */
static void
gather(SlWriter *writer)
{
	gint64 until = g_get_monotonic_time() + BATCH_US;

	while (writer->queued.length < BATCH && writer->calls.length == 0 && !writer->closing)
		if (!g_cond_wait_until(&writer->changed, &writer->mutex, until))
			return;
}

static void
move_batch(SlWriter *writer, GQueue *batch)
{
	while (batch->length < BATCH_MAX && writer->queued.length > 0)
		g_queue_push_tail(batch, g_queue_pop_head(&writer->queued));
}

/* The next work: a call and a batch in turn, so that neither waits for all of the other. */
static bool
next(SlWriter *writer, Call **ret_call, GQueue *batch)
{
	bool more;

	g_mutex_lock(&writer->mutex);
	while (!writer->closing && writer->calls.length == 0 && writer->queued.length == 0)
		g_cond_wait(&writer->changed, &writer->mutex);
	if (writer->queued.length > 0)
		gather(writer);
	*ret_call = g_queue_pop_head(&writer->calls);
	move_batch(writer, batch);
	more = *ret_call || batch->length > 0;
	g_mutex_unlock(&writer->mutex);
	return more;
}

static gpointer
write_all(gpointer data)
{
	SlWriter *writer = data;
	GQueue batch = G_QUEUE_INIT;
	Call *call = NULL;

	while (next(writer, &call, &batch)) {
		if (call)
			answer_call(writer, call);
		if (batch.length > 0)
			commit_batch(writer, &batch);
	}
	return NULL;
}

SlWriter *
sl_writer_new(SlDb *db, unsigned queue_limit)
{
	SlWriter *writer = g_new0(SlWriter, 1);

	writer->db = db;
	writer->queue_limit = queue_limit;
	g_mutex_init(&writer->mutex);
	g_cond_init(&writer->changed);
	g_cond_init(&writer->answered);
	g_queue_init(&writer->calls);
	g_queue_init(&writer->queued);
	writer->thread = g_thread_new("writer", write_all, writer);
	return writer;
}

void
sl_writer_set_before_commit(SlWriter *writer, SlWriteFunc func, gpointer data)
{
	writer->before_commit = func;
	writer->before_data = data;
}

bool
sl_writer_run(SlWriter *writer, SlWriteFunc func, gpointer data, GError **error)
{
	return sl_writer_run_staged(writer, NULL, func, data, error);
}

bool
sl_writer_run_staged(SlWriter *writer, const char *stage, SlWriteFunc func, gpointer data,
		     GError **error)
{
	Call call = {.stage = stage, .func = func, .data = data};

	g_return_val_if_fail(g_thread_self() != writer->thread, false);
	g_mutex_lock(&writer->mutex);
	g_queue_push_tail(&writer->calls, &call);
	g_cond_broadcast(&writer->changed);
	while (!call.ended)
		g_cond_wait(&writer->answered, &writer->mutex);
	g_mutex_unlock(&writer->mutex);
	if (call.error)
		g_propagate_error(error, call.error);
	return call.ok;
}

bool
sl_writer_queue(SlWriter *writer, SlWriteFunc func, SlWriteDone done, gpointer data, GError **error)
{
	Change *change;
	bool full;

	g_mutex_lock(&writer->mutex);
	full = writer->closing || writer->queued.length >= writer->queue_limit;
	if (!full) {
		change = g_new0(Change, 1);
		change->func = func;
		change->done = done;
		change->data = data;
		g_queue_push_tail(&writer->queued, change);
		/* the writer waits for a first change or for a whole batch, not for each */
		if (writer->queued.length == 1 || writer->queued.length == BATCH)
			g_cond_broadcast(&writer->changed);
	}
	g_mutex_unlock(&writer->mutex);
	return !full || sl_error_set(error, SL_ERROR_BUSY, "%u changes are waiting to be written",
				     writer->queue_limit);
}

void
sl_writer_free(SlWriter *writer)
{
	if (!writer)
		return;
	g_mutex_lock(&writer->mutex);
	writer->closing = true;
	g_cond_broadcast(&writer->changed);
	g_mutex_unlock(&writer->mutex);
	g_thread_join(writer->thread);
	/* a reader that closes after us cannot: the database file would be without its last changes
	 */
	sl_db_checkpoint(writer->db);
	sl_db_free(writer->db);
	g_mutex_clear(&writer->mutex);
	g_cond_clear(&writer->changed);
	g_cond_clear(&writer->answered);
	g_free(writer);
}
