/* fleet.c - makes the fleet of made_fleet.h in a database, asks about it, lets it check in
 *
 *   fleet make DATABASE COMPUTERS UPDATES PACKAGES KINDS [KNOWN]
 *                                KNOWN: so many updates more that nobody approved
 *   fleet ask DATABASE RUNS      prints milliseconds: coverage of everything, of groups, who lacks
 *                                one update; fails when an answer is not the right one
 *   fleet store DATABASE SECONDS prints check-ins stored in a second; afterwards no answer is right
 *
 * Everything goes through the same functions as in the server: the computers enrol and check in.
 */
#include "tests/bench/fleet.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "catalog/base/writer.h"
#include "catalog/channel.h"
#include "catalog/schema.h"
#include "clients/computer_list.h"

#define WAITING 512 /* check-ins under way at once, as many as the front hands on */

/* what is asked about */
#define ASKED_UPDATE 7
#define ASKED_GROUP  3
#define PAGE	     100 /* computers of a listing */

void
must(bool ok, const char *what, const GError *error)
{
	if (ok)
		return;
	fprintf(stderr, "fleet: %s: %s\n", what, error ? error->message : "failed");
	exit(1);
}

static int
number(const char *text)
{
	return (int)g_ascii_strtoll(text, NULL, 10);
}

SlDb *
open_database(const char *path, SlDbMode mode)
{
	g_autoptr(GError) error = NULL;
	SlDb *db = sl_db_open(path, mode, &error);

	must(db != NULL, path, error);
	return db;
}

SlModel *
load_model(const char *path)
{
	g_autoptr(SlDb) db = open_database(path, SL_DB_READ);
	g_autoptr(GError) error = NULL;
	SlModel *model = sl_model_load(db, &error);

	must(model != NULL, "load the model", error);
	return model;
}

SlCheckin *
checkin_of(int computer, int64_t counter, const char *digest)
{
	SlCheckin *checkin = sl_checkin_new();

	checkin->counter = counter;
	checkin->inventory = g_strdup(digest);
	made_fleet_facts(computer, &checkin->facts);
	return checkin;
}

static MadeFleet
read_made(SlDb *db)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *text = sl_meta_text(db, "made", &error);
	g_auto(GStrv) words = NULL;

	must(text != NULL, "read what was made", error);
	words = g_strsplit(text, " ", 4);
	must(g_strv_length(words) == 4, "read what was made", NULL);
	return (MadeFleet){number(words[0]), number(words[1]), number(words[2]), number(words[3])};
}

/* What is asked; each gives one number of its answer. */

static int64_t
ask_everything(SlDb *db, GError **error)
{
	g_autoptr(GPtrArray) lines = sl_coverage_by_update(db, NOW, error);
	const SlCoverageLine *line = lines ? lines->pdata[ASKED_UPDATE] : NULL;

	return line ? line->n[SL_STATUS_NEEDED] : -1;
}

static int64_t
ask_group(SlDb *db, GError **error)
{
	g_autoptr(GPtrArray) lines = sl_coverage_by_group(db, NULL, NOW, error);
	const SlCoverageLine *line = lines ? lines->pdata[ASKED_GROUP] : NULL;

	return line ? line->n[SL_STATUS_NEEDED] : -1;
}

static int64_t
ask_lacking(SlDb *db, GError **error)
{
	g_autofree char *update = made_fleet_update(ASKED_UPDATE);
	SlComputerFilter filter = {
		.update = update, .status = "missing", .limit = PAGE, .now_at = NOW};
	int64_t total = -1;
	g_autoptr(GPtrArray) page = sl_computer_list(db, &filter, &total, error);

	return page ? total : -1;
}

static int
compare_times(const void *a, const void *b)
{
	gint64 left = *(const gint64 *)a, right = *(const gint64 *)b;

	return (left > right) - (left < right);
}

/* Milliseconds of the middle one of so many runs, after one that is not counted. */
static double
time_question(SlDb *db, int64_t (*question)(SlDb *db, GError **error), int64_t should, int runs)
{
	g_autofree gint64 *times = g_new(gint64, runs);
	g_autoptr(GError) error = NULL;

	for (int i = -1; i < runs; i++) {
		gint64 begun_us = g_get_monotonic_time();
		int64_t is = question(db, &error);

		must(!error, "ask", error);
		if (i >= 0)
			times[i] = g_get_monotonic_time() - begun_us;
		if (is != should) {
			fprintf(stderr, "fleet: %" PRId64 " instead of %" PRId64 "\n", is, should);
			exit(1);
		}
	}
	qsort(times, (size_t)runs, sizeof *times, compare_times);
	return (double)times[runs / 2] / 1000;
}

static void
ask(const char *path, int runs)
{
	g_autoptr(SlDb) db = open_database(path, SL_DB_READ);
	MadeFleet made = read_made(db);
	int64_t lacking = made_fleet_count(&made, -1, ASKED_UPDATE, SL_STATUS_NEEDED);
	int64_t of_group = 0;

	for (int update = 0; update < made.updates; update++)
		of_group += made_fleet_count(&made, ASKED_GROUP, update, SL_STATUS_NEEDED);
	printf("%.3f %.3f %.3f\n", time_question(db, ask_everything, lacking, runs),
	       time_question(db, ask_group, of_group, runs),
	       time_question(db, ask_lacking, lacking, runs));
}

typedef struct {
	int64_t id;
	int64_t counter;
	int kind;
} Computer;

typedef struct {
	MadeFleet made;
	GPtrArray *digests;
	GArray *computers; /* Computer, by number */
	SlModel *model;
	SlWriter *writer;
	SlCoverageDelta *delta; /* of a batch; the writer's */
	GMutex mutex;		/* for the rest */
	GCond changed;
	int waiting;
	int64_t stored;
} Storing;

typedef struct {
	Storing *storing;
	SlCheckin *checkin;
	SlCheckinWrite write;
} Task;

static bool
store_one(SlDb *db, gpointer data, GError **error)
{
	Task *task = data;

	return sl_checkin_store(db, &task->write, task->storing->delta, error);
}

static bool
write_delta(SlDb *db, gpointer data, GError **error)
{
	return sl_coverage_delta_write(((Storing *)data)->delta, db, error);
}

static void
stored(gpointer data, const GError *error)
{
	Task *task = data;
	Storing *storing = task->storing;

	must(!error && task->write.outcome == SL_CHECKIN_TAKEN, "store", error);
	g_mutex_lock(&storing->mutex);
	storing->waiting--;
	storing->stored++;
	g_cond_signal(&storing->changed);
	g_mutex_unlock(&storing->mutex);
	sl_membership_clear(&task->write.membership);
	sl_checkin_free(task->checkin);
	g_free(task);
}

static void
wait_until(Storing *storing, int waiting)
{
	g_mutex_lock(&storing->mutex);
	while (storing->waiting > waiting)
		g_cond_wait(&storing->changed, &storing->mutex);
	g_mutex_unlock(&storing->mutex);
}

static bool
is_full(Storing *storing)
{
	g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&storing->mutex);

	return storing->waiting >= WAITING;
}

/* A computer checks in as the other kind of its pair. */
static void
check_in(Storing *storing, int number)
{
	Computer *computer = &g_array_index(storing->computers, Computer, number);
	g_autoptr(GError) error = NULL;
	Task *task = g_new0(Task, 1);

	computer->kind ^= 1;
	task->storing = storing;
	task->checkin =
		checkin_of(number, ++computer->counter, storing->digests->pdata[computer->kind]);
	task->write = (SlCheckinWrite){computer->id, task->checkin, ADDRESS, NOW,
				       .model = storing->model};
	g_mutex_lock(&storing->mutex);
	storing->waiting++;
	g_mutex_unlock(&storing->mutex);
	must(sl_writer_queue(storing->writer, store_one, stored, task, &error), "queue", error);
}

static GArray *
load_computers(SlDb *db, const GPtrArray *kinds)
{
	g_autoptr(SlQuery) query =
		sl_query_new(db, "SELECT c.id, c.counter, i.digest FROM computer c JOIN inventory i"
				 " ON i.id = c.inventory_id ORDER BY c.name");
	GArray *computers = g_array_new(FALSE, FALSE, sizeof(Computer));
	g_autoptr(GError) error = NULL;

	while (sl_query_step(query, &error) == SL_ROW) {
		Computer one = {sl_query_int(query, 0), sl_query_int(query, 1), 0};
		guint kind = 0;

		must(g_ptr_array_find_with_equal_func((GPtrArray *)kinds, sl_query_text(query, 2),
						      g_str_equal, &kind),
		     "know the kind", NULL);
		one.kind = (int)kind;
		g_array_append_val(computers, one);
	}
	must(!error, "read the computers", error);
	return computers;
}

/* What each kind comes to: in the server it is worked out before the writer is asked. */
static void
derive_ahead(Storing *storing, SlDb *db)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(SlChannel) channel = sl_channel_get(db, "production", &error);
	SlModelPlace place = {channel ? channel->id : 0, "debian", "bookworm"};

	must(channel != NULL, "find the channel", error);
	for (guint kind = 0; kind < storing->digests->len; kind++) {
		g_autoptr(GBytes) states = sl_model_derive_stored(
			storing->model, db, &place, storing->digests->pdata[kind], &error);

		must(states != NULL, "derive", error);
	}
}

static void
load_storing(Storing *storing, const char *path)
{
	g_autoptr(SlDb) db = open_database(path, SL_DB_READ);

	storing->made = read_made(db);
	storing->digests = made_fleet_digests(&storing->made);
	storing->computers = load_computers(db, storing->digests);
	storing->model = load_model(path);
	derive_ahead(storing, db);
	storing->delta = sl_coverage_delta_new();
	storing->writer = sl_writer_new(open_database(path, SL_DB_WRITE), WAITING);
	sl_writer_set_before_commit(storing->writer, write_delta, storing);
}

static void
store(const char *path, double seconds)
{
	Storing storing = {0};
	gint64 begun_us, until_us;

	load_storing(&storing, path);
	begun_us = g_get_monotonic_time();
	until_us = begun_us + (gint64)(seconds * G_USEC_PER_SEC);
	while (g_get_monotonic_time() < until_us) {
		if (is_full(&storing))
			wait_until(&storing, WAITING / 2);
		check_in(&storing, g_random_int_range(0, storing.made.computers));
	}
	wait_until(&storing, 0);
	printf("%.0f\n", (double)storing.stored * G_USEC_PER_SEC /
				 (double)(g_get_monotonic_time() - begun_us));
	sl_writer_free(storing.writer);
	sl_coverage_delta_free(storing.delta);
	sl_model_unref(storing.model);
	g_array_unref(storing.computers);
	g_ptr_array_unref(storing.digests);
}

int
main(int argc, char **argv)
{
	if ((argc == 7 || argc == 8) && strcmp(argv[1], "make") == 0) {
		MadeFleet made = {number(argv[3]), number(argv[4]), number(argv[5]),
				  number(argv[6])};

		make(argv[2], &made, argc == 8 ? number(argv[7]) : 0);
	} else if (argc == 4 && strcmp(argv[1], "ask") == 0) {
		ask(argv[2], number(argv[3]));
	} else if (argc == 4 && strcmp(argv[1], "store") == 0) {
		store(argv[2], g_ascii_strtod(argv[3], NULL));
	} else {
		fputs("fleet make|ask|store DATABASE ...\n", stderr);
		return 2;
	}
	return 0;
}
