/* Changes are written once, together, and told when they are on disk */
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>

#include "catalog/base/writer.h"
#include "tests/unit/scratch.h"

#define LIMIT 700 /* changes that may wait */

typedef struct {
	Scratch scratch;
	char *path;
	SlDb *reader;
	SlWriter *writer;
	GMutex mutex;
	GCond changed;
	bool held;	/* the writer, by hold() */
	bool let_go;	/* what hold() waits for */
	int batches;	/* commits of queued changes */
	bool no_commit; /* before_commit fails */
	bool silent;	/* and says nothing */
} Fixture;

static bool
count_batch(SlDb *db, gpointer data, GError **error)
{
	Fixture *f = data;

	f->batches++;
	if (f->no_commit && !f->silent)
		sl_error_set(error, SL_ERROR_LIMIT, "not this batch");
	return !f->no_commit;
}

static void
set_up(Fixture *f, gconstpointer data)
{
	SlDb *db;

	scratch_set_up(&f->scratch, NULL);
	f->path = scratch_path(&f->scratch, "a.db");
	db = sl_db_open(f->path, SL_DB_WRITE, NULL);
	g_assert_true(sl_db_exec(db, "CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT)", NULL));
	f->reader = sl_db_open(f->path, SL_DB_READ, NULL);
	g_mutex_init(&f->mutex);
	g_cond_init(&f->changed);
	f->writer = sl_writer_new(db, LIMIT);
	sl_writer_set_before_commit(f->writer, count_batch, f);
}

static void
tear_down(Fixture *f, gconstpointer data)
{
	sl_writer_free(f->writer);
	sl_db_free(f->reader);
	g_mutex_clear(&f->mutex);
	g_cond_clear(&f->changed);
	g_free(f->path);
	scratch_tear_down(&f->scratch, NULL);
}

static int64_t
rows(Fixture *f)
{
	g_autoptr(SlQuery) query = sl_query_new(f->reader, "SELECT count(*) FROM t");

	g_assert_cmpint(sl_query_step(query, NULL), ==, SL_ROW);
	return sl_query_int(query, 0);
}

/* One change, and how it was told to have ended. */
typedef struct {
	Fixture *f;
	int64_t a;
	bool refuses; /* after it wrote its row */
	bool silent;  /* and says nothing */
	const char *sql;
	bool done;
	int code;	     /* of the error; -1 for none */
	int64_t rows_at_end; /* what another connection saw when it was told */
	int batches_at_end;
} Item;

static bool
write_item(SlDb *db, gpointer data, GError **error)
{
	const Item *item = data;
	g_autoptr(SlQuery) query = sl_query_new(db, "INSERT INTO t (a) VALUES (?1)");

	sl_query_bind_int(query, 1, item->a);
	if (!sl_query_run(query, error) || (item->sql && !sl_db_exec(db, item->sql, error)))
		return false;
	if (item->refuses && !item->silent)
		sl_error_set(error, SL_ERROR_DENIED, "refused");
	return !item->refuses;
}

static void
note_end(gpointer data, const GError *error)
{
	Item *item = data;

	g_assert_false(item->done);
	item->done = true;
	item->code = error ? error->code : -1;
	item->rows_at_end = rows(item->f);
	item->batches_at_end = item->f->batches;
}

static bool
wait_to_be_let_go(SlDb *db, gpointer data, GError **error)
{
	Fixture *f = data;

	g_mutex_lock(&f->mutex);
	f->held = true;
	g_cond_broadcast(&f->changed);
	while (!f->let_go)
		g_cond_wait(&f->changed, &f->mutex);
	g_mutex_unlock(&f->mutex);
	return true;
}

static gpointer
run_holder(gpointer data)
{
	Fixture *f = data;

	g_assert_true(sl_writer_run(f->writer, wait_to_be_let_go, f, NULL));
	return NULL;
}

/* Keeps the writer busy until let_go(), so that what is queued meanwhile waits. */
static GThread *
hold(Fixture *f)
{
	GThread *thread = g_thread_new("hold", run_holder, f);

	g_mutex_lock(&f->mutex);
	while (!f->held)
		g_cond_wait(&f->changed, &f->mutex);
	g_mutex_unlock(&f->mutex);
	return thread;
}

static void
let_go(Fixture *f, GThread *thread)
{
	g_mutex_lock(&f->mutex);
	f->let_go = true;
	g_cond_broadcast(&f->changed);
	g_mutex_unlock(&f->mutex);
	g_thread_join(thread);
}

static void
queue(Fixture *f, Item *item, int64_t a)
{
	g_autoptr(GError) error = NULL;

	item->f = f;
	item->a = a;
	sl_writer_queue(f->writer, write_item, note_end, item, &error);
	g_assert_no_error(error);
}

/* Ends the writer, and with it all that is queued. */
static void
drain(Fixture *f)
{
	g_clear_pointer(&f->writer, sl_writer_free);
}

static void
test_what_waits_is_committed_together_and_told_afterwards(Fixture *f, gconstpointer data)
{
	g_autofree Item *items = g_new0(Item, 600);
	GThread *thread = hold(f);

	for (int i = 0; i < 600; i++)
		queue(f, &items[i], i);
	g_assert_cmpint(rows(f), ==, 0);
	let_go(f, thread);
	drain(f);
	g_assert_cmpint(f->batches, ==, 2); /* of 500 and 100 */
	for (int i = 0; i < 600; i++) {
		g_assert_true(items[i].done);
		g_assert_cmpint(items[i].code, ==, -1);
		g_assert_cmpint(items[i].rows_at_end, ==, i < 500 ? 500 : 600);
	}
}

static void
test_a_change_that_fails_takes_nobody_along(Fixture *f, gconstpointer data)
{
	Item items[5] = {{.code = 0}};
	GThread *thread = hold(f);

	items[1].refuses = true;
	items[3].refuses = items[3].silent = true;
	for (int i = 0; i < 4; i++)
		queue(f, &items[i], i);
	queue(f, &items[4], 0); /* a key that is taken */
	let_go(f, thread);
	drain(f);
	g_assert_cmpint(f->batches, ==, 1);
	g_assert_cmpint(items[0].code, ==, -1);
	g_assert_cmpint(items[1].code, ==, SL_ERROR_DENIED);
	g_assert_cmpint(items[2].code, ==, -1);
	g_assert_cmpint(items[3].code, ==, SL_ERROR_DATABASE);
	g_assert_cmpint(items[4].code, ==, SL_ERROR_CONFLICT);
	g_assert_cmpint(rows(f), ==, 2);
}

static void
assert_batch_is_refused(Fixture *f, bool silent, int code)
{
	Item items[3] = {{.code = 0}};
	GThread *thread = hold(f);

	f->no_commit = true;
	f->silent = silent;
	for (int i = 0; i < 3; i++)
		queue(f, &items[i], i);
	let_go(f, thread);
	drain(f);
	for (int i = 0; i < 3; i++)
		g_assert_cmpint(items[i].code, ==, code);
	g_assert_cmpint(rows(f), ==, 0);
}

static void
test_a_batch_that_is_not_committed_is_told_to_all(Fixture *f, gconstpointer data)
{
	assert_batch_is_refused(f, false, SL_ERROR_LIMIT);
}

static void
test_a_batch_that_fails_without_a_reason_has_failed(Fixture *f, gconstpointer data)
{
	assert_batch_is_refused(f, true, SL_ERROR_DATABASE);
}

/* SQLite then rolls all of the batch back: none may be told that it is on disk. */
static void
test_a_disk_that_fills_up_in_a_batch_fails_all_of_it(Fixture *f, gconstpointer data)
{
	Item items[4] = {{.code = 0}};
	GThread *thread = hold(f);

	items[1].sql = "PRAGMA max_page_count = 1;"
		       "INSERT INTO t VALUES (99, hex(zeroblob(1000000)))";
	for (int i = 0; i < 4; i++)
		queue(f, &items[i], i);
	let_go(f, thread);
	drain(f);
	for (int i = 0; i < 4; i++) {
		g_assert_true(items[i].done);
		g_assert_cmpint(items[i].code, ==, SL_ERROR_IO);
	}
	g_assert_cmpint(rows(f), ==, 0);
}

static void
test_a_full_queue_refuses_and_calls_nothing(Fixture *f, gconstpointer data)
{
	g_autofree Item *items = g_new0(Item, LIMIT + 1);
	g_autoptr(GError) error = NULL;
	GThread *thread = hold(f);

	for (int i = 0; i < LIMIT; i++)
		queue(f, &items[i], i);
	items[LIMIT].a = LIMIT;
	g_assert_false(sl_writer_queue(f->writer, write_item, note_end, &items[LIMIT], &error));
	g_assert_error(error, SL_ERROR, SL_ERROR_BUSY);
	let_go(f, thread);
	drain(f);
	g_assert_false(items[LIMIT].done);
	g_assert_cmpint(rows(f), ==, LIMIT);
}

static void
test_a_run_is_on_disk_when_it_returns_or_never_was(Fixture *f, gconstpointer data)
{
	Item good = {.a = 1};
	Item bad = {.a = 2, .refuses = true};
	Item mute = {.a = 3, .refuses = true, .silent = true};
	g_autoptr(GError) error = NULL;

	g_assert_true(sl_writer_run(f->writer, write_item, &good, NULL));
	g_assert_cmpint(rows(f), ==, 1);
	g_assert_false(sl_writer_run(f->writer, write_item, &bad, &error));
	g_assert_error(error, SL_ERROR, SL_ERROR_DENIED);
	g_clear_error(&error);
	g_assert_false(sl_writer_run(f->writer, write_item, &mute, &error));
	g_assert_error(error, SL_ERROR, SL_ERROR_DATABASE);
	g_assert_cmpint(rows(f), ==, 1);
	g_assert_cmpint(f->batches, ==, 0);
}

static gpointer
run_many(gpointer data)
{
	Item *first = data;

	for (int i = 0; i < 50; i++) {
		Item item = {.a = first->a + i};

		g_assert_true(sl_writer_run(first->f->writer, write_item, &item, NULL));
	}
	return NULL;
}

static void
test_many_threads_run_and_queue_at_once(Fixture *f, gconstpointer data)
{
	g_autofree Item *queued = g_new0(Item, 200);
	Item first[4] = {{.code = 0}};
	GThread *threads[4];

	for (int i = 0; i < 4; i++) {
		first[i] = (Item){.f = f, .a = 1000 * (i + 1)};
		threads[i] = g_thread_new("run", run_many, &first[i]);
	}
	for (int i = 0; i < 200; i++)
		queue(f, &queued[i], i);
	for (int i = 0; i < 4; i++)
		g_thread_join(threads[i]);
	drain(f);
	for (int i = 0; i < 200; i++)
		g_assert_cmpint(queued[i].code, ==, -1);
	g_assert_cmpint(rows(f), ==, 400);
}

static bool
take_staged(SlDb *db, gpointer data, GError **error)
{
	const bool *ok = data;

	return sl_db_exec(db, "INSERT INTO t SELECT a, b FROM stage.t", error) &&
	       (*ok || sl_error_set(error, SL_ERROR_INVALID, "not this one"));
}

/* A file with a table t of one row. */
static char *
make_stage(Fixture *f, const char *name, int number)
{
	g_autofree char *sql = g_strdup_printf(
		"CREATE TABLE t (a, b); INSERT INTO t VALUES (%d, 'staged')", number);
	char *path = scratch_path(&f->scratch, name);
	g_autoptr(SlDb) db = sl_db_open(path, SL_DB_STAGE, NULL);

	g_assert_true(sl_db_exec(db, sql, NULL));
	return path;
}

/* One after the other under the same name: each is let go again, however it ended. */
static void
test_a_staged_database_is_there_for_its_change_alone(Fixture *f, gconstpointer data)
{
	static const bool oks[] = {true, false, true};
	static const char *const names[] = {"one.db", "two.db", "three.db"};
	g_autofree char *none = g_build_filename(f->path, "none.db", NULL);
	g_autoptr(GError) error = NULL;
	bool ok = true;

	for (int i = 0; i < 3; i++) {
		g_autofree char *path = make_stage(f, names[i], i);

		ok = oks[i];
		g_assert_true(sl_writer_run_staged(f->writer, path, take_staged, &ok, NULL) == ok);
		/* nothing holds the file */
		g_assert_cmpint(g_unlink(path), ==, 0);
		g_assert_false(sl_writer_run(f->writer, take_staged, &ok, NULL));
	}
	g_assert_cmpint(rows(f), ==, 2);
	g_assert_false(sl_writer_run_staged(f->writer, none, take_staged, &ok, &error));
	g_assert_error(error, SL_ERROR, SL_ERROR_DATABASE);
	g_assert_cmpint(rows(f), ==, 2);
}

int
main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*test)(Fixture *f, gconstpointer data);
	} tests[] = {
		{"/writer/together", test_what_waits_is_committed_together_and_told_afterwards},
		{"/writer/one-fails", test_a_change_that_fails_takes_nobody_along},
		{"/writer/not-committed", test_a_batch_that_is_not_committed_is_told_to_all},
		{"/writer/no-reason", test_a_batch_that_fails_without_a_reason_has_failed},
		{"/writer/full-disk", test_a_disk_that_fills_up_in_a_batch_fails_all_of_it},
		{"/writer/full-queue", test_a_full_queue_refuses_and_calls_nothing},
		{"/writer/run", test_a_run_is_on_disk_when_it_returns_or_never_was},
		{"/writer/staged", test_a_staged_database_is_there_for_its_change_alone},
		{"/writer/threads", test_many_threads_run_and_queue_at_once},
	};

	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(tests); i++)
		g_test_add(tests[i].name, Fixture, NULL, set_up, tests[i].test, tear_down);
	return g_test_run();
}
