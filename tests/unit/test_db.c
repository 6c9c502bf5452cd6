/* No failure is lost, and what was not committed never was */
#include <string.h>
#include <unistd.h>

#include "catalog/base/db.h"
#include "tests/unit/scratch.h"

typedef struct {
	Scratch scratch;
	char *path;
	SlDb *db;
} Fixture;

static void
set_up(Fixture *f, gconstpointer data)
{
	g_autoptr(GError) error = NULL;

	scratch_set_up(&f->scratch, NULL);
	f->path = scratch_path(&f->scratch, "a.db");
	f->db = sl_db_open(f->path, SL_DB_WRITE, &error);
	g_assert_no_error(error);
	sl_db_exec(
		f->db,
		"CREATE TABLE pair (a INTEGER PRIMARY KEY, b TEXT UNIQUE CHECK (b <> 'bad'));"
		"CREATE TABLE child (a INTEGER NOT NULL REFERENCES pair (a));"
		"CREATE TABLE late (a INTEGER REFERENCES pair (a) DEFERRABLE INITIALLY DEFERRED)",
		&error);
	g_assert_no_error(error);
}

static void
tear_down(Fixture *f, gconstpointer data)
{
	sl_db_free(f->db);
	g_free(f->path);
	scratch_tear_down(&f->scratch, NULL);
}

static int64_t
number(SlDb *db, const char *sql)
{
	g_autoptr(SlQuery) query = sl_query_new(db, sql);

	g_assert_cmpint(sl_query_step(query, NULL), ==, SL_ROW);
	return sl_query_int(query, 0);
}

static void
insert(SlDb *db, int64_t a)
{
	g_autoptr(SlQuery) query = sl_query_new(db, "INSERT INTO pair (a) VALUES (?1)");
	g_autoptr(GError) error = NULL;

	sl_query_bind_int(query, 1, a);
	sl_query_run(query, &error);
	g_assert_no_error(error);
}

static int64_t
pairs(Fixture *f)
{
	return number(f->db, "SELECT count(*) FROM pair");
}

static bool
leave_early(SlDb *db)
{
	g_autoptr(SlTransaction) transaction = sl_transaction_begin(db, NULL);

	g_assert_nonnull(transaction);
	insert(db, 1);
	return false;
}

static void
test_a_transaction_that_is_left_early_never_was(Fixture *f, gconstpointer data)
{
	g_assert_false(leave_early(f->db));
	g_assert_cmpint(pairs(f), ==, 0);
	/* and the connection is as good as new */
	g_autoptr(SlTransaction) transaction = sl_transaction_begin(f->db, NULL);

	insert(f->db, 2);
	g_assert_true(sl_transaction_commit(g_steal_pointer(&transaction), NULL));
	g_assert_cmpint(pairs(f), ==, 1);
}

static void
test_an_inner_transaction_takes_only_itself_along(Fixture *f, gconstpointer data)
{
	g_autoptr(SlTransaction) outer = sl_transaction_begin(f->db, NULL);
	g_autoptr(SlTransaction) inner = NULL;

	insert(f->db, 10);
	leave_early(f->db);
	inner = sl_transaction_begin(f->db, NULL);
	insert(f->db, 11);
	g_assert_true(sl_transaction_commit(g_steal_pointer(&inner), NULL));
	g_assert_true(sl_transaction_commit(g_steal_pointer(&outer), NULL));
	g_assert_cmpint(number(f->db, "SELECT sum(a) FROM pair"), ==, 21);
}

static void
test_an_outer_transaction_takes_the_inner_ones_along(Fixture *f, gconstpointer data)
{
	SlTransaction *outer = sl_transaction_begin(f->db, NULL);
	SlTransaction *inner = sl_transaction_begin(f->db, NULL);

	insert(f->db, 1);
	g_assert_true(sl_transaction_commit(inner, NULL));
	sl_transaction_free(outer);
	g_assert_cmpint(pairs(f), ==, 0);
}

static void
test_what_one_connection_has_not_committed_no_other_sees(Fixture *f, gconstpointer data)
{
	g_autoptr(SlDb) reader = sl_db_open(f->path, SL_DB_READ, NULL);
	g_autoptr(SlTransaction) transaction = sl_transaction_begin(f->db, NULL);

	insert(f->db, 1);
	g_assert_cmpint(number(reader, "SELECT count(*) FROM pair"), ==, 0);
	g_assert_true(sl_transaction_commit(g_steal_pointer(&transaction), NULL));
	g_assert_cmpint(number(reader, "SELECT count(*) FROM pair"), ==, 1);
}

static void
test_a_reader_sees_one_state_as_long_as_it_asks(Fixture *f, gconstpointer data)
{
	static const char sql[] = "SELECT count(*) FROM pair";
	g_autoptr(SlDb) reader = sl_db_open(f->path, SL_DB_READ, NULL);
	g_autoptr(SlTransaction) reading = NULL;

	insert(f->db, 1);
	reading = sl_transaction_begin(reader, NULL);
	g_assert_cmpint(number(reader, sql), ==, 1);
	insert(f->db, 2); /* who reads holds up nobody who writes */
	g_assert_cmpint(number(reader, sql), ==, 1);
	g_clear_pointer(&reading, sl_transaction_free);
	g_assert_cmpint(number(reader, sql), ==, 2);
}

static void
test_a_commit_that_fails_leaves_nothing(Fixture *f, gconstpointer data)
{
	g_autoptr(SlTransaction) transaction = sl_transaction_begin(f->db, NULL);
	g_autoptr(GError) error = NULL;

	insert(f->db, 1);
	g_assert_true(sl_db_exec(f->db, "INSERT INTO late VALUES (99)", NULL));
	g_assert_false(sl_transaction_commit(g_steal_pointer(&transaction), &error));
	g_assert_error(error, SL_ERROR, SL_ERROR_CONFLICT);
	g_assert_cmpint(pairs(f), ==, 0);
	insert(f->db, 2);
	g_assert_cmpint(pairs(f), ==, 1);
}

/*
 * A full disk makes SQLite roll the whole transaction back by itself. What the program writes
 * after that would be committed statement by statement, though its transaction has failed.
 */
static void
test_nothing_is_written_after_sqlite_gave_a_transaction_up(Fixture *f, gconstpointer data)
{
	g_autoptr(SlTransaction) outer = sl_transaction_begin(f->db, NULL);
	g_autoptr(SlTransaction) inner = NULL;
	g_autoptr(GError) error = NULL;

	insert(f->db, 1);
	g_assert_true(sl_db_exec(f->db, "PRAGMA max_page_count = 1", NULL));
	g_assert_false(
		sl_db_exec(f->db, "INSERT INTO pair VALUES (2, hex(zeroblob(1000000)))", &error));
	g_assert_error(error, SL_ERROR, SL_ERROR_IO);
	g_clear_error(&error);
	inner = sl_transaction_begin(f->db, &error);
	if (inner) {
		sl_db_exec(f->db, "INSERT INTO pair (a) VALUES (3)", NULL);
		sl_transaction_commit(g_steal_pointer(&inner), NULL);
	}
	g_assert_false(sl_db_exec(f->db, "INSERT INTO pair (a) VALUES (4)", NULL));
	g_assert_false(sl_transaction_commit(g_steal_pointer(&outer), NULL));
	g_assert_cmpint(pairs(f), ==, 0);
	g_assert_true(sl_db_exec(f->db, "PRAGMA max_page_count = 100000", NULL));
	insert(f->db, 5);
	g_assert_cmpint(pairs(f), ==, 1);
}

static void
test_a_failed_prepare_is_told_by_each_step(Fixture *f, gconstpointer data)
{
	static const char sql[] = "SELECT nothing FROM nowhere WHERE a = ?1";
	g_autoptr(SlQuery) query = sl_query_new(f->db, sql);

	sl_query_bind_int(query, 1, 1);
	sl_query_bind_text(query, 1, "x");
	sl_query_bind_blob(query, 1, "x", 1);
	sl_query_bind_null(query, 1);
	for (int i = 0; i < 2; i++) {
		g_autoptr(GError) error = NULL;

		g_assert_cmpint(sl_query_step(query, &error), ==, SL_FAILED);
		g_assert_error(error, SL_ERROR, SL_ERROR_DATABASE);
		g_assert_nonnull(strstr(error->message, sql));
		g_clear_error(&error);
		g_assert_false(sl_query_run(query, &error));
		g_assert_error(error, SL_ERROR, SL_ERROR_DATABASE);
		sl_query_reset(query);
	}
}

static void
test_a_failed_bind_is_told_by_the_step(Fixture *f, gconstpointer data)
{
	static const char sql[] = "INSERT INTO pair (a) VALUES (?1)";
	g_autoptr(SlQuery) query = sl_query_new(f->db, sql);
	g_autoptr(GError) error = NULL;

	sl_query_bind_int(query, 1, 1);
	sl_query_bind_int(query, 2, 2); /* there is no second place */
	sl_query_bind_int(query, 1, 3);
	g_assert_false(sl_query_run(query, &error));
	g_assert_error(error, SL_ERROR, SL_ERROR_DATABASE);
	g_assert_nonnull(strstr(error->message, sql));
	g_assert_cmpint(pairs(f), ==, 0);
	g_clear_pointer(&query, sl_query_free);
	insert(f->db, 4); /* the same statement, and no memory of the failure */
	g_assert_cmpint(pairs(f), ==, 1);
}

static void
test_a_value_beyond_the_limit_is_refused(Fixture *f, gconstpointer data)
{
	const size_t size = 64 * 1024 * 1024 + 1;
	g_autofree char *bytes = g_malloc0(size);
	g_autoptr(SlQuery) query = sl_query_new(f->db, "INSERT INTO pair (b) VALUES (?1)");
	g_autoptr(GError) error = NULL;

	sl_query_bind_blob(query, 1, bytes, size);
	g_assert_false(sl_query_run(query, &error));
	g_assert_error(error, SL_ERROR, SL_ERROR_DATABASE);
	g_assert_cmpint(pairs(f), ==, 0);
}

static void
test_a_broken_constraint_is_a_conflict_that_names_the_statement(Fixture *f, gconstpointer data)
{
	static const struct {
		const char *sql;
		const char *says;
	} rows[] = {
		{"INSERT INTO pair VALUES (1, 'y')", "UNIQUE"},
		{"INSERT INTO pair VALUES (2, 'x')", "UNIQUE"},
		{"INSERT INTO pair VALUES (2, 'bad')", "CHECK"},
		{"INSERT INTO child VALUES (NULL)", "NOT NULL"},
		{"INSERT INTO child VALUES (7)", "FOREIGN KEY"},
	};

	sl_db_exec(f->db, "INSERT INTO pair VALUES (1, 'x')", NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(SlQuery) query = sl_query_new(f->db, rows[i].sql);
		g_autoptr(GError) error = NULL;

		g_assert_false(sl_query_run(query, &error));
		g_assert_error(error, SL_ERROR, SL_ERROR_CONFLICT);
		g_assert_nonnull(strstr(error->message, rows[i].sql));
		g_assert_nonnull(strstr(error->message, rows[i].says));
	}
	g_assert_cmpint(pairs(f), ==, 1);
	g_assert_cmpint(number(f->db, "SELECT count(*) FROM child"), ==, 0);
}

static void
test_values_come_back_as_they_went_in(Fixture *f, gconstpointer data)
{
	g_autoptr(SlQuery) query =
		sl_query_new(f->db, "SELECT ?1, ?2, ?3, ?4, ?5, ?6, typeof(?4), typeof(?6)");
	const void *bytes;
	size_t size;

	sl_query_bind_int(query, 1, INT64_MIN);
	sl_query_bind_double(query, 2, 0.1);
	sl_query_bind_text(query, 3, "'; DROP TABLE pair; --");
	sl_query_bind_blob(query, 4, NULL, 0);
	sl_query_bind_blob(query, 5, "a\0b", 3);
	sl_query_bind_text(query, 6, NULL);
	g_assert_cmpint(sl_query_step(query, NULL), ==, SL_ROW);
	g_assert_cmpint(sl_query_int(query, 0), ==, INT64_MIN);
	g_assert_cmpfloat(sl_query_double(query, 1), ==, 0.1);
	g_assert_cmpstr(sl_query_text(query, 2), ==, "'; DROP TABLE pair; --");
	bytes = sl_query_blob(query, 3, &size);
	g_assert_nonnull(bytes);
	g_assert_cmpuint(size, ==, 0);
	bytes = sl_query_blob(query, 4, &size);
	assert_bytes(bytes, size, "a\0b", 3);
	g_assert_true(sl_query_is_null(query, 5));
	g_assert_cmpstr(sl_query_text(query, 6), ==, "blob");
	g_assert_cmpstr(sl_query_text(query, 7), ==, "null");
	g_assert_cmpint(sl_query_step(query, NULL), ==, SL_DONE);
	g_assert_cmpint(pairs(f), ==, 0);
}

/* One statement text in two queries at once: each walks by itself. */
static void
test_queries_of_one_text_do_not_disturb_each_other(Fixture *f, gconstpointer data)
{
	static const char sql[] = "SELECT a FROM pair WHERE a >= ?1 ORDER BY a";
	g_autoptr(SlQuery) first = NULL;
	g_autoptr(SlQuery) second = NULL;

	for (int a = 1; a <= 3; a++)
		insert(f->db, a);
	first = sl_query_new(f->db, sql);
	second = sl_query_new(f->db, sql);
	sl_query_bind_int(first, 1, 1);
	sl_query_bind_int(second, 1, 3);
	sl_query_step(first, NULL);
	sl_query_step(second, NULL);
	g_assert_cmpint(sl_query_int(second, 0), ==, 3);
	sl_query_step(first, NULL);
	g_assert_cmpint(sl_query_int(first, 0), ==, 2);
}

/* The prepared form is kept for the next query; what was bound to it is not. */
static void
test_a_query_knows_nothing_of_the_one_before(Fixture *f, gconstpointer data)
{
	static const char sql[] = "SELECT ?1";
	g_autoptr(SlQuery) query = sl_query_new(f->db, sql);

	sl_query_bind_text(query, 1, "secret");
	g_assert_cmpint(sl_query_step(query, NULL), ==, SL_ROW);
	g_clear_pointer(&query, sl_query_free);
	query = sl_query_new(f->db, sql);
	g_assert_cmpint(sl_query_step(query, NULL), ==, SL_ROW);
	g_assert_true(sl_query_is_null(query, 0));
}

/* Statements are kept by where their text stands; one that was made up may stand there next. */
static void
test_another_text_in_the_same_place_is_another_statement(Fixture *f, gconstpointer data)
{
	char sql[] = "SELECT 1";

	g_assert_cmpint(number(f->db, sql), ==, 1);
	g_assert_cmpint(number(f->db, sql), ==, 1);
	sql[sizeof sql - 2] = '2';
	g_assert_cmpint(number(f->db, sql), ==, 2);
	sql[sizeof sql - 2] = '1';
	g_assert_cmpint(number(f->db, sql), ==, 1);
}

static void
test_a_reading_connection_writes_nothing(Fixture *f, gconstpointer data)
{
	g_autofree char *absent = scratch_path(&f->scratch, "absent.db");
	g_autoptr(SlDb) reader = sl_db_open(f->path, SL_DB_READ, NULL);
	g_autoptr(GError) error = NULL;

	g_assert_false(sl_db_exec(reader, "INSERT INTO pair (a) VALUES (1)", &error));
	g_assert_error(error, SL_ERROR, SL_ERROR_DATABASE);
	g_clear_error(&error);
	g_assert_null(sl_db_open(absent, SL_DB_READ, &error));
	g_assert_nonnull(strstr(error->message, absent));
	g_assert_false(g_file_test(absent, G_FILE_TEST_EXISTS));
	g_assert_cmpint(pairs(f), ==, 0);
}

static void
test_a_link_or_a_text_file_is_no_database(Fixture *f, gconstpointer data)
{
	g_autofree char *link = scratch_path(&f->scratch, "link.db");
	g_autofree char *text = scratch_path(&f->scratch, "text.db");
	g_autoptr(GError) error = NULL;

	g_assert_cmpint(symlink(f->path, link), ==, 0);
	g_assert_null(sl_db_open(link, SL_DB_WRITE, &error));
	g_assert_nonnull(error);
	g_clear_error(&error);
	scratch_write(&f->scratch, "text.db", "this is a text and no database at all\n", 38);
	g_assert_null(sl_db_open(text, SL_DB_WRITE, &error));
	g_assert_error(error, SL_ERROR, SL_ERROR_INTEGRITY);
	scratch_assert_text(&f->scratch, "text.db", "this is a text and no database at all\n");
}

static void
test_a_copy_is_whole_though_another_writes(Fixture *f, gconstpointer data)
{
	g_autofree char *copy_path = scratch_path(&f->scratch, "copy.db");
	g_autoptr(SlDb) writer = sl_db_open(f->path, SL_DB_WRITE, NULL);
	g_autoptr(SlTransaction) transaction = NULL;
	g_autoptr(SlDb) copy = NULL;
	g_autoptr(GError) error = NULL;

	insert(f->db, 1);
	transaction = sl_transaction_begin(writer, NULL);
	insert(writer, 2);
	g_assert_true(sl_db_backup(f->db, copy_path, &error));
	g_assert_no_error(error);
	g_assert_true(sl_transaction_commit(g_steal_pointer(&transaction), NULL));
	copy = sl_db_open(copy_path, SL_DB_READ, NULL);
	g_assert_cmpint(number(copy, "SELECT sum(a) FROM pair"), ==, 1);
	g_assert_true(sl_db_check(copy, NULL));
	insert(f->db, 3); /* the copying ended its transaction */
	g_assert_cmpint(pairs(f), ==, 3);
}

/* The same text stands in the row and in its index; one of the two changes in the file. */
static void
test_a_row_that_its_index_does_not_know_is_damage(Fixture *f, gconstpointer data)
{
	static const char before[] = "a text that is not there twice", after[] = "a test";
	g_autoptr(GError) error = NULL;
	g_autoptr(SlDb) db = NULL;
	char *bytes, *place;
	gsize size;

	sl_db_exec(f->db,
		   "INSERT INTO pair VALUES (1, 'a text that is not there twice');"
		   "PRAGMA journal_mode = DELETE",
		   &error);
	g_assert_no_error(error);
	g_assert_true(sl_db_check(f->db, NULL) && sl_db_check_whole(f->db, NULL));
	g_clear_pointer(&f->db, sl_db_free);
	g_file_get_contents(f->path, &bytes, &size, &error);
	g_assert_no_error(error);
	place = memmem(bytes, size, before, strlen(before));
	g_assert_nonnull(place);
	memcpy(place, after, strlen(after));
	scratch_write(&f->scratch, "a.db", bytes, size);
	g_free(bytes);
	db = sl_db_open(f->path, SL_DB_WRITE, NULL);
	g_assert_false(sl_db_check(db, &error));
	g_assert_error(error, SL_ERROR, SL_ERROR_INTEGRITY);
}

static void
test_a_row_that_names_one_that_is_not_there_is_damage(Fixture *f, gconstpointer data)
{
	g_autoptr(GError) error = NULL;

	sl_db_exec(f->db, "PRAGMA foreign_keys = OFF; INSERT INTO child VALUES (7)", &error);
	g_assert_no_error(error);
	g_assert_false(sl_db_check(f->db, &error));
	g_assert_error(error, SL_ERROR, SL_ERROR_INTEGRITY);
	g_assert_nonnull(strstr(error->message, "child"));
}

int
main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*test)(Fixture *f, gconstpointer data);
	} tests[] = {
		{"/db/left-early", test_a_transaction_that_is_left_early_never_was},
		{"/db/inner", test_an_inner_transaction_takes_only_itself_along},
		{"/db/outer", test_an_outer_transaction_takes_the_inner_ones_along},
		{"/db/isolated", test_what_one_connection_has_not_committed_no_other_sees},
		{"/db/one-state", test_a_reader_sees_one_state_as_long_as_it_asks},
		{"/db/failed-commit", test_a_commit_that_fails_leaves_nothing},
		{"/db/given-up", test_nothing_is_written_after_sqlite_gave_a_transaction_up},
		{"/db/prepare", test_a_failed_prepare_is_told_by_each_step},
		{"/db/bind", test_a_failed_bind_is_told_by_the_step},
		{"/db/limit", test_a_value_beyond_the_limit_is_refused},
		{"/db/constraint", test_a_broken_constraint_is_a_conflict_that_names_the_statement},
		{"/db/values", test_values_come_back_as_they_went_in},
		{"/db/two-queries", test_queries_of_one_text_do_not_disturb_each_other},
		{"/db/forgets", test_a_query_knows_nothing_of_the_one_before},
		{"/db/same-place", test_another_text_in_the_same_place_is_another_statement},
		{"/db/read-only", test_a_reading_connection_writes_nothing},
		{"/db/not-a-database", test_a_link_or_a_text_file_is_no_database},
		{"/db/index", test_a_row_that_its_index_does_not_know_is_damage},
		{"/db/references", test_a_row_that_names_one_that_is_not_there_is_damage},
		{"/db/backup", test_a_copy_is_whole_though_another_writes},
	};

	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(tests); i++)
		g_test_add(tests[i].name, Fixture, NULL, set_up, tests[i].test, tear_down);
	return g_test_run();
}
