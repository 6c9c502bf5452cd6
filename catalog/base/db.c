#include "catalog/base/db.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#define BUSY_TIMEOUT_MS 5000
#define LENGTH_LIMIT	(64 * 1024 * 1024)  /* bytes of one value or row */
#define BACKUP_PAGES	4096		    /* copied at a time */
#define WHOLE_MAX	(256 * 1024 * 1024) /* bytes: looked at whole in two or three seconds */

struct SlDb {
	sqlite3 *handle;
	GHashTable *idle; /* (owned): address of a constant -> SlQuery of it, not in use */
	int depth;	  /* of open transactions */
	bool reading;
	const char *note; /* the caller's */
};

struct SlQuery {
	SlDb *db;
	const void *constant; /* the text's address as it was given */
	char *sql;
	sqlite3_stmt *statement;
	GError *problem; /* of prepare or bind, told by the next step */
};

struct SlTransaction {
	SlDb *db;
	bool savepoint;
};

/* Sets what SQLite says of a result, with the statement. */
static bool
fail(sqlite3 *handle, int result, const char *sql, GError **error)
{
	SlErrorCode code = SL_ERROR_DATABASE;

	switch (result & 0xff) {
	case SQLITE_CONSTRAINT:
		code = SL_ERROR_CONFLICT;
		break;
	case SQLITE_FULL:
	case SQLITE_IOERR:
		code = SL_ERROR_IO;
		break;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		code = SL_ERROR_BUSY;
		break;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		code = SL_ERROR_INTEGRITY;
		break;
	default:
		break;
	}
	return sl_error_set(error, code, "database: %s (%s)",
			    handle ? sqlite3_errmsg(handle) : sqlite3_errstr(result), sql);
}

static const char *
pragmas(SlDbMode mode)
{
	switch (mode) {
	case SL_DB_READ:
		return "PRAGMA query_only = ON; PRAGMA foreign_keys = ON;"
		       "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;"
		       "PRAGMA mmap_size = 0;";
	case SL_DB_STAGE:
		return "PRAGMA page_size = 16384; PRAGMA journal_mode = OFF;"
		       "PRAGMA synchronous = OFF;"
		       "PRAGMA locking_mode = EXCLUSIVE; PRAGMA trusted_schema = OFF;"
		       "PRAGMA mmap_size = 0;";
	case SL_DB_WRITE:
	default:
		return "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
		       "PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF;"
		       "PRAGMA cell_size_check = ON; PRAGMA mmap_size = 0;"
		       "PRAGMA wal_autocheckpoint = 1000; PRAGMA temp_store = MEMORY;"
		       "PRAGMA cache_size = -65536;";
	}
}

static bool
configure(SlDb *db, SlDbMode mode, GError **error)
{
	sqlite3_extended_result_codes(db->handle, 1);
	sqlite3_busy_timeout(db->handle, BUSY_TIMEOUT_MS);
	sqlite3_limit(db->handle, SQLITE_LIMIT_LENGTH, LENGTH_LIMIT);
	sqlite3_db_config(db->handle, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, NULL);
	if (!sl_db_exec(db, pragmas(mode), error))
		return false;
	sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DEFENSIVE, mode != SL_DB_STAGE, NULL);
	return true;
}

static void
finalize(gpointer data)
{
	SlQuery *query = data;

	sqlite3_finalize(query->statement);
	g_clear_error(&query->problem);
	g_free(query->sql);
	g_free(query);
}

/* Nobody asks how much memory SQLite uses, and counting it takes a lock for each piece. */
static void
count_no_memory(void)
{
	static gsize done = 0;

	if (g_once_init_enter(&done)) {
		sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
		g_once_init_leave(&done, 1);
	}
}

/* NOFOLLOW refuses a link anywhere in the path: an administrator's own are resolved here. */
static char *
resolve(const char *path)
{
	g_autofree char *folder = g_path_get_dirname(path);
	g_autofree char *name = g_path_get_basename(path);
	char *resolved = realpath(folder, NULL);
	char *real = g_build_filename(resolved ? resolved : folder, name, NULL);

	free(resolved);
	return real;
}

SlDb *
sl_db_open(const char *path, SlDbMode mode, GError **error)
{
	int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_EXRESCODE;
	g_autoptr(SlDb) db = g_new0(SlDb, 1);
	int result;

	flags |= mode == SL_DB_READ ? SQLITE_OPEN_READONLY
				    : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
	g_autofree char *real = resolve(path);

	count_no_memory();
	db->reading = mode == SL_DB_READ;
	db->idle = g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL, finalize);
	result = sqlite3_open_v2(real, &db->handle, flags, NULL);
	if (result != SQLITE_OK) {
		fail(db->handle, result, real, error);
		return NULL;
	}
	if (!configure(db, mode, error)) {
		g_prefix_error(error, "open %s: ", path);
		return NULL;
	}
	return g_steal_pointer(&db);
}

void
sl_db_free(SlDb *db)
{
	if (!db)
		return;
	g_hash_table_unref(db->idle);
	sqlite3_close_v2(db->handle);
	g_free(db);
}

bool
sl_db_attach(SlDb *db, const char *path, const char *name, GError **error)
{
	g_autofree char *real = resolve(path);
	g_autoptr(SlQuery) query = sl_query_new(db, "ATTACH DATABASE ?1 AS ?2");

	sl_query_bind_text(query, 1, real);
	sl_query_bind_text(query, 2, name);
	return sl_query_run(query, error);
}

bool
sl_db_detach(SlDb *db, const char *name, GError **error)
{
	g_autoptr(SlQuery) query = sl_query_new(db, "DETACH DATABASE ?1");

	sl_query_bind_text(query, 1, name);
	return sl_query_run(query, error);
}

/*
 * A full disk makes SQLite roll a transaction back by itself. Whatever ran after that would be
 * committed at once, statement by statement, in a transaction that fails.
 */
static bool
transaction_stands(SlDb *db, const char *sql, GError **error)
{
	return db->depth == 0 || !sqlite3_get_autocommit(db->handle) ||
	       sl_error_set(error, SL_ERROR_IO,
			    "database: the transaction was rolled back before (%s)", sql);
}

bool
sl_db_exec(SlDb *db, const char *sql, GError **error)
{
	int result;

	if (!transaction_stands(db, sql, error))
		return false;
	result = sqlite3_exec(db->handle, sql, NULL, NULL, NULL);
	return result == SQLITE_OK || fail(db->handle, result, sql, error);
}

void
sl_db_checkpoint(SlDb *db)
{
	sqlite3_wal_checkpoint_v2(db->handle, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
}

void
sl_db_set_note(SlDb *db, const char *note)
{
	db->note = note;
}

const char *
sl_db_note(const SlDb *db)
{
	return db->note;
}

int64_t
sl_db_changes(SlDb *db)
{
	return sqlite3_changes64(db->handle);
}

/* What a check of the whole file finds first; "ok" when it finds nothing. */
static bool
run_check(SlDb *db, const char *sql, GError **error)
{
	g_autoptr(SlQuery) query = sl_query_new(db, sql);
	const char *finding;

	if (sl_query_step(query, error) != SL_ROW) {
		if (error && !*error)
			sl_error_set(error, SL_ERROR_INTEGRITY, "database: %s is silent", sql);
		return false;
	}
	finding = sl_query_text(query, 0);
	return g_strcmp0(finding, "ok") == 0 ||
	       sl_error_set(error, SL_ERROR_INTEGRITY, "database is damaged: %s", finding);
}

static bool
check_references(SlDb *db, GError **error)
{
	g_autoptr(SlQuery) query = sl_query_new(db, "PRAGMA foreign_key_check");
	SlStep step = sl_query_step(query, error);

	if (step == SL_ROW)
		sl_error_set(error, SL_ERROR_INTEGRITY,
			     "database is damaged: a row of %s names one of %s that is not there",
			     sl_query_text(query, 0), sl_query_text(query, 2));
	return step == SL_DONE;
}

bool
sl_db_check_whole(SlDb *db, GError **error)
{
	return run_check(db, "PRAGMA integrity_check(1)", error) && check_references(db, error);
}

bool
sl_db_check(SlDb *db, GError **error)
{
	static const char sql[] = "SELECT page_count * page_size"
				  " FROM pragma_page_count, pragma_page_size";
	g_autoptr(SlQuery) query = sl_query_new(db, sql);

	if (sl_query_step(query, error) != SL_ROW)
		return false;
	return sl_query_int(query, 0) <= WHOLE_MAX ? sl_db_check_whole(db, error)
						   : run_check(db, "PRAGMA quick_check(1)", error);
}

static bool
copy_pages(SlDb *db, SlDb *copy, const char *path, GError **error)
{
	sqlite3_backup *backup = sqlite3_backup_init(copy->handle, "main", db->handle, "main");
	int result;

	if (!backup)
		return fail(copy->handle, sqlite3_errcode(copy->handle), path, error);
	do {
		result = sqlite3_backup_step(backup, BACKUP_PAGES);
	} while (result == SQLITE_OK);
	sqlite3_backup_finish(backup);
	return result == SQLITE_DONE || fail(copy->handle, result, path, error);
}

bool
sl_db_backup(SlDb *db, const char *path, GError **error)
{
	g_autoptr(SlDb) copy = sl_db_open(path, SL_DB_STAGE, error);
	bool ok;

	/* one read transaction: else each write of another connection starts the copy anew */
	if (!copy || !sl_db_exec(db, "BEGIN; SELECT count(*) FROM sqlite_master", error))
		return false;
	ok = copy_pages(db, copy, path, error);
	return sl_db_exec(db, "COMMIT", ok ? error : NULL) && ok && sl_db_check_whole(copy, error);
}

SlQuery *
sl_query_new(SlDb *db, const char *sql)
{
	SlQuery *query = g_hash_table_lookup(db->idle, sql);
	int result;

	/* a text that was made up may come where another one was before */
	if (query && strcmp(query->sql, sql) == 0) {
		g_hash_table_steal(db->idle, sql);
		return query;
	}
	query = g_new0(SlQuery, 1);
	query->db = db;
	query->constant = sql;
	query->sql = g_strdup(sql);
	result = sqlite3_prepare_v3(db->handle, sql, -1, SQLITE_PREPARE_PERSISTENT,
				    &query->statement, NULL);
	if (result != SQLITE_OK)
		fail(db->handle, result, sql, &query->problem);
	return query;
}

static void
bound(SlQuery *query, int result)
{
	if (result != SQLITE_OK && !query->problem)
		fail(query->db->handle, result, query->sql, &query->problem);
}

void
sl_query_bind_int(SlQuery *query, int index, int64_t value)
{
	bound(query, sqlite3_bind_int64(query->statement, index, value));
}

void
sl_query_bind_double(SlQuery *query, int index, double value)
{
	bound(query, sqlite3_bind_double(query->statement, index, value));
}

void
sl_query_bind_text(SlQuery *query, int index, const char *value)
{
	bound(query, sqlite3_bind_text(query->statement, index, value, -1, SQLITE_TRANSIENT));
}

void
sl_query_bind_borrowed(SlQuery *query, int index, const char *value)
{
	bound(query, sqlite3_bind_text(query->statement, index, value, -1, SQLITE_STATIC));
}

void
sl_query_bind_blob(SlQuery *query, int index, const void *bytes, size_t size)
{
	/* an empty blob is not NULL */
	bound(query, sqlite3_bind_blob64(query->statement, index, size ? bytes : "", size,
					 SQLITE_TRANSIENT));
}

void
sl_query_bind_null(SlQuery *query, int index)
{
	bound(query, sqlite3_bind_null(query->statement, index));
}

SlStep
sl_query_step(SlQuery *query, GError **error)
{
	int result;

	if (query->problem) {
		g_propagate_error(error, g_error_copy(query->problem));
		return SL_FAILED;
	}
	if (!transaction_stands(query->db, query->sql, error))
		return SL_FAILED;
	result = sqlite3_step(query->statement);
	if (result == SQLITE_ROW)
		return SL_ROW;
	if (result != SQLITE_DONE)
		fail(query->db->handle, result, query->sql, error);
	sqlite3_reset(query->statement);
	return result == SQLITE_DONE ? SL_DONE : SL_FAILED;
}

bool
sl_query_run(SlQuery *query, GError **error)
{
	SlStep step;

	do {
		step = sl_query_step(query, error);
	} while (step == SL_ROW);
	sl_query_reset(query);
	return step == SL_DONE;
}

void
sl_query_reset(SlQuery *query)
{
	if (!query->statement) /* the prepare failed: the next step says so */
		return;
	sqlite3_reset(query->statement);
	sqlite3_clear_bindings(query->statement);
}

int64_t
sl_query_int(SlQuery *query, int column)
{
	return sqlite3_column_int64(query->statement, column);
}

double
sl_query_double(SlQuery *query, int column)
{
	return sqlite3_column_double(query->statement, column);
}

const char *
sl_query_text(SlQuery *query, int column)
{
	return (const char *)sqlite3_column_text(query->statement, column);
}

const void *
sl_query_blob(SlQuery *query, int column, size_t *ret_size)
{
	const void *bytes = sqlite3_column_blob(query->statement, column);

	*ret_size = (size_t)sqlite3_column_bytes(query->statement, column);
	return bytes ? bytes : "";
}

bool
sl_query_is_null(SlQuery *query, int column)
{
	return sqlite3_column_type(query->statement, column) == SQLITE_NULL;
}

void
sl_query_free(SlQuery *query)
{
	if (!query)
		return;
	if (query->problem) {
		finalize(query);
		return;
	}
	sl_query_reset(query);
	/* in place of what has the same address: an equal one, or a text that is gone */
	g_hash_table_replace(query->db->idle, (gpointer)query->constant, query);
}

/* Savepoints come with every check-in: kept prepared, not parsed each time. */
static bool
run_kept(SlDb *db, const char *sql, GError **error)
{
	g_autoptr(SlQuery) query = sl_query_new(db, sql);

	return sl_query_run(query, error);
}

SlTransaction *
sl_transaction_begin(SlDb *db, GError **error)
{
	SlTransaction *transaction;

	if (!run_kept(db,
		      db->depth	    ? "SAVEPOINT sl"
		      : db->reading ? "BEGIN"
				    : "BEGIN IMMEDIATE",
		      error))
		return NULL;
	transaction = g_new0(SlTransaction, 1);
	transaction->db = db;
	transaction->savepoint = db->depth > 0;
	db->depth++;
	return transaction;
}

bool
sl_transaction_commit(SlTransaction *transaction, GError **error)
{
	SlDb *db = transaction->db;

	if (!run_kept(db, transaction->savepoint ? "RELEASE sl" : "COMMIT", error)) {
		sl_transaction_free(transaction);
		return false;
	}
	db->depth--;
	g_free(transaction);
	return true;
}

void
sl_transaction_free(SlTransaction *transaction)
{
	if (!transaction)
		return;
	/* SQLite may have rolled back by itself (a full disk); then there is nothing left to do */
	if (!sqlite3_get_autocommit(transaction->db->handle))
		sl_db_exec(transaction->db,
			   transaction->savepoint ? "ROLLBACK TO sl; RELEASE sl" : "ROLLBACK",
			   NULL);
	transaction->db->depth--;
	g_free(transaction);
}
