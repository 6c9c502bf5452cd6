/* db.h - SQLite behind three nouns: a connection, a query, a transaction
 *
 * A failed prepare or bind is remembered in the query and reported by the next step, so the
 * happy path reads straight down and no failure is lost. Values are bound, always. All
 * errors are SL_ERROR_DATABASE (SL_ERROR_CONFLICT for a broken UNIQUE or CHECK constraint,
 * SL_ERROR_IO for a full disk) and carry the statement. A connection belongs to one
 * thread at a time.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "catalog/base/error.h"

typedef struct SlDb SlDb;
typedef struct SlQuery SlQuery;
typedef struct SlTransaction SlTransaction;

typedef enum {
	SL_DB_READ,  /* an existing database, query_only */
	SL_DB_WRITE, /* made when missing; WAL, synchronous=FULL, foreign keys */
	SL_DB_STAGE, /* a scratch database of one job: made anew, no journal, never flushed */
} SlDbMode;

typedef enum {
	SL_ROW,
	SL_DONE,
	SL_FAILED
} SlStep;

SlDb *sl_db_open(const char *path, SlDbMode mode, GError **error);
void sl_db_free(SlDb *db);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SlDb, sl_db_free)

/**
 * Makes another database's tables readable as NAME.TABLE until it is detached. Neither is possible
 * within a transaction that uses them.
 */
bool sl_db_attach(SlDb *db, const char *path, const char *name, GError **error);
bool sl_db_detach(SlDb *db, const char *name, GError **error);

/** Runs constant SQL of several statements: a schema, a pragma. */
bool sl_db_exec(SlDb *db, const char *sql, GError **error);
/** Rows changed by the last statement. */
int64_t sl_db_changes(SlDb *db);
/** Moves what the write-ahead log holds into the database file, as far as readers let it. */
void sl_db_checkpoint(SlDb *db);
/**
 * Compares every row with its indexes and with the rows it names; SL_ERROR_INTEGRITY with the first
 * finding. 100 MB take about a second. */
bool sl_db_check_whole(SlDb *db, GError **error);
/** The same for a file of 256 MiB or less; of a larger one only that its pages can be read. */
bool sl_db_check(SlDb *db, GError **error);
/**
 * A consistent copy into a new file while others write, by the online backup API; the copy is
 * checked. No transaction may be open.
 */
bool sl_db_backup(SlDb *db, const char *path, GError **error);

/**
 * Keeps a text with the connection, for whoever writes on it; NULL: none. The text stays the
 * caller's, who takes it away again.
 */
void sl_db_set_note(SlDb *db, const char *note);
const char *sl_db_note(const SlDb *db);

/**
 * @param sql  one constant statement; its prepared form is kept in the connection for the
 *             next query by the same constant
 */
SlQuery *sl_query_new(SlDb *db, const char *sql);
void sl_query_bind_int(SlQuery *query, int index, int64_t value);
void sl_query_bind_double(SlQuery *query, int index, double value);
/** NULL binds NULL; the text is copied. */
void sl_query_bind_text(SlQuery *query, int index, const char *value);
/** As sl_query_bind_text, not copied: the text stays as it is until sl_query_run is done. */
void sl_query_bind_borrowed(SlQuery *query, int index, const char *value);
void sl_query_bind_blob(SlQuery *query, int index, const void *bytes, size_t size);
void sl_query_bind_null(SlQuery *query, int index);
/** The next row. After SL_DONE the query is reset and may be bound and stepped again. */
SlStep sl_query_step(SlQuery *query, GError **error);
/** Steps to the end, for statements without rows; then reset, bindings cleared. */
bool sl_query_run(SlQuery *query, GError **error);
/** Gives up the current rows; bindings are cleared. */
void sl_query_reset(SlQuery *query);
/** Columns of the current row; text and blob are the query's until its next step. */
int64_t sl_query_int(SlQuery *query, int column);
double sl_query_double(SlQuery *query, int column);
const char *sl_query_text(SlQuery *query, int column);
const void *sl_query_blob(SlQuery *query, int column, size_t *ret_size);
bool sl_query_is_null(SlQuery *query, int column);
void sl_query_free(SlQuery *query);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SlQuery, sl_query_free)

/**
 * Begins a transaction (IMMEDIATE), or a savepoint inside one. NULL on error. On a reading
 * connection all that is asked within sees one state, and takes no locks of its own each time.
 *
 * Where SQLite had to roll it back by itself (a full disk), all that follows in it fails with
 * SL_ERROR_IO until its outermost transaction is freed.
 */
SlTransaction *sl_transaction_begin(SlDb *db, GError **error);
/** Commits and frees. */
bool sl_transaction_commit(SlTransaction *transaction, GError **error);
/** Rolls back unless committed. */
void sl_transaction_free(SlTransaction *transaction);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SlTransaction, sl_transaction_free)
