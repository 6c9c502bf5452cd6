/* floor_fleet.c - check-ins and coverage on bare SQLite: one packed row a computer
 *
 *   floor_fleet make DATABASE COMPUTERS UPDATES
 *   floor_fleet ask DATABASE RUNS      prints milliseconds: counting a tenth of the computers,
 *                                      finding who lacks one update
 *   floor_fleet store DATABASE SECONDS prints check-ins stored in a second
 *
 * A row holds the statuses as one byte each; a summary is kept in the same transaction. A check-in
 * says CHANGED statuses anew; a hundred are committed together, flushed. Checks nothing.
 */
#include <glib.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STATUSES    8
#define INSTALLED   4
#define CHANGED	    50
#define BATCH	    100
#define UPDATES_MAX 4096

static void
fail(sqlite3 *db, const char *what)
{
	fprintf(stderr, "floor_fleet: %s: %s\n", what, sqlite3_errmsg(db));
	exit(1);
}

static void
run(sqlite3 *db, const char *sql)
{
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		fail(db, sql);
}

static sqlite3_stmt *
prepare(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *statement = NULL;

	if (sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL) !=
	    SQLITE_OK)
		fail(db, sql);
	return statement;
}

static void
step(sqlite3_stmt *statement)
{
	if (sqlite3_step(statement) != SQLITE_DONE)
		fail(sqlite3_db_handle(statement), sqlite3_sql(statement));
	sqlite3_reset(statement);
}

static void
bind_computer(sqlite3_stmt *statement, int computer, const guint8 *states, int updates)
{
	char name[40];

	g_snprintf(name, sizeof name, "pc%06d.example.org", computer);
	sqlite3_bind_int(statement, 1, computer);
	sqlite3_bind_int(statement, 2, computer % 10);
	sqlite3_bind_text(statement, 3, name, -1, SQLITE_TRANSIENT);
	sqlite3_bind_text(statement, 4, "Debian GNU/Linux 12 amd64", -1, SQLITE_STATIC);
	sqlite3_bind_int64(statement, 5, 1800000000);
	sqlite3_bind_blob(statement, 6, states, updates, SQLITE_STATIC);
	/* what a machine is known by */
	sqlite3_bind_blob(statement, 7, name, 16, SQLITE_TRANSIENT);
}

static void
make(sqlite3 *db, int computers, int updates)
{
	sqlite3_stmt *insert, *summary;
	guint8 states[UPDATES_MAX];
	g_autofree gint64 *counts = g_new0(gint64, (gsize)updates * STATUSES);

	run(db,
	    "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; CREATE TABLE computer"
	    " (id INTEGER PRIMARY KEY, grp INTEGER, name TEXT, os TEXT, seen INTEGER, states BLOB,"
	    " guid BLOB); CREATE TABLE summary (upd INTEGER, status INTEGER, n INTEGER,"
	    " PRIMARY KEY (upd, status)) WITHOUT ROWID; BEGIN");
	insert = prepare(db, "INSERT INTO computer VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)");
	summary = prepare(db, "INSERT INTO summary VALUES (?1, ?2, ?3)");
	for (int computer = 0; computer < computers; computer++) {
		for (int update = 0; update < updates; update++) {
			states[update] = (guint8)(g_random_int_range(0, 100) < 85 ? INSTALLED : 2);
			counts[update * STATUSES + states[update]]++;
		}
		bind_computer(insert, computer, states, updates);
		step(insert);
	}
	for (int i = 0; i < updates * STATUSES; i++) {
		sqlite3_bind_int(summary, 1, i / STATUSES);
		sqlite3_bind_int(summary, 2, i % STATUSES);
		sqlite3_bind_int64(summary, 3, counts[i]);
		step(summary);
	}
	sqlite3_finalize(insert);
	sqlite3_finalize(summary);
	run(db, "COMMIT; PRAGMA journal_mode = WAL");
}

typedef struct {
	int computers;
	int updates;
	sqlite3_stmt *read, *write, *add;
	int counts[UPDATES_MAX * STATUSES]; /* what a batch adds up */
} Storing;

static void
check_in(Storing *storing)
{
	int computer = g_random_int_range(0, storing->computers);
	int first = g_random_int_range(0, storing->updates);
	guint8 states[UPDATES_MAX];

	sqlite3_bind_int(storing->read, 1, computer);
	if (sqlite3_step(storing->read) != SQLITE_ROW)
		fail(sqlite3_db_handle(storing->read), "no such computer");
	memcpy(states, sqlite3_column_blob(storing->read, 0), (size_t)storing->updates);
	sqlite3_reset(storing->read);
	for (int i = 0; i < CHANGED; i++) {
		int update = (first + i) % storing->updates;

		storing->counts[update * STATUSES + states[update]]--;
		states[update] = states[update] == INSTALLED ? 2 : INSTALLED;
		storing->counts[update * STATUSES + states[update]]++;
	}
	bind_computer(storing->write, computer, states, storing->updates);
	step(storing->write);
}

static void
write_summary(Storing *storing)
{
	for (int i = 0; i < storing->updates * STATUSES; i++) {
		if (storing->counts[i] == 0)
			continue;
		sqlite3_bind_int(storing->add, 1, i / STATUSES);
		sqlite3_bind_int(storing->add, 2, i % STATUSES);
		sqlite3_bind_int(storing->add, 3, storing->counts[i]);
		step(storing->add);
		storing->counts[i] = 0;
	}
}

static int
number(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *statement = prepare(db, sql);
	int value = sqlite3_step(statement) == SQLITE_ROW ? sqlite3_column_int(statement, 0) : 0;

	sqlite3_finalize(statement);
	return value;
}

static void
store(sqlite3 *db, double seconds)
{
	static Storing storing;
	gint64 begun_us, stored = 0;

	run(db, "PRAGMA synchronous = FULL; PRAGMA cache_size = -65536");
	storing.computers = number(db, "SELECT count(*) FROM computer");
	storing.updates = number(db, "SELECT max(upd) + 1 FROM summary");
	storing.read = prepare(db, "SELECT states FROM computer WHERE id = ?1");
	storing.write = prepare(db, "UPDATE computer SET grp = ?2, name = ?3, os = ?4, seen = ?5,"
				    " states = ?6, guid = ?7 WHERE id = ?1");
	storing.add = prepare(db, "UPDATE summary SET n = n + ?3 WHERE upd = ?1 AND status = ?2");
	begun_us = g_get_monotonic_time();
	while ((double)(g_get_monotonic_time() - begun_us) < seconds * G_USEC_PER_SEC) {
		run(db, "BEGIN IMMEDIATE");
		for (int i = 0; i < BATCH; i++)
			check_in(&storing);
		write_summary(&storing);
		run(db, "COMMIT");
		stored += BATCH;
	}
	printf("%.0f\n",
	       (double)stored * G_USEC_PER_SEC / (double)(g_get_monotonic_time() - begun_us));
	sqlite3_finalize(storing.read);
	sqlite3_finalize(storing.write);
	sqlite3_finalize(storing.add);
}

static int
compare_times(const void *a, const void *b)
{
	gint64 left = *(const gint64 *)a, right = *(const gint64 *)b;

	return (left > right) - (left < right);
}

/* Counts all statuses of the rows, or with an update those that lack it. */
static gint64
scan(sqlite3_stmt *statement, int updates, int update)
{
	gint64 begun_us = g_get_monotonic_time();
	g_autofree gint64 *counts = g_new0(gint64, (gsize)updates * STATUSES);

	while (sqlite3_step(statement) == SQLITE_ROW) {
		const guint8 *states = sqlite3_column_blob(statement, 0);

		if (update >= 0)
			counts[0] += states[update] != INSTALLED;
		else
			for (int i = 0; i < updates; i++)
				counts[i * STATUSES + states[i] % STATUSES]++;
	}
	sqlite3_reset(statement);
	return g_get_monotonic_time() - begun_us;
}

static double
time_scan(sqlite3 *db, const char *sql, int updates, int update, int runs)
{
	sqlite3_stmt *statement = prepare(db, sql);
	g_autofree gint64 *times = g_new(gint64, runs);

	scan(statement, updates, update);
	for (int i = 0; i < runs; i++)
		times[i] = scan(statement, updates, update);
	sqlite3_finalize(statement);
	qsort(times, (size_t)runs, sizeof *times, compare_times);
	return (double)times[runs / 2] / 1000;
}

static void
ask(sqlite3 *db, int runs)
{
	int updates = number(db, "SELECT max(upd) + 1 FROM summary");
	double of_tenth, of_one;

	run(db, "PRAGMA cache_size = -262144");
	of_tenth = time_scan(db, "SELECT states FROM computer WHERE grp = 3", updates, -1, runs);
	of_one = time_scan(db, "SELECT states FROM computer", updates, 7, runs);
	printf("%.3f %.3f\n", of_tenth, of_one);
}

static int
count(const char *text)
{
	return (int)g_ascii_strtoll(text, NULL, 10);
}

int
main(int argc, char **argv)
{
	sqlite3 *db = NULL;

	if (argc < 4 || sqlite3_open(argv[2], &db) != SQLITE_OK) {
		fputs("floor_fleet make|ask|store DATABASE ...\n", stderr);
		return 2;
	}
	if (argc == 5 && strcmp(argv[1], "make") == 0)
		make(db, count(argv[3]), MIN(count(argv[4]), UPDATES_MAX));
	else if (strcmp(argv[1], "ask") == 0)
		ask(db, count(argv[3]));
	else
		store(db, g_ascii_strtod(argv[3], NULL));
	sqlite3_close(db);
	return 0;
}
