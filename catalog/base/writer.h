/* writer.h - the one thread that owns the writing connection
 *
 * Administrators' changes and syncs run one by one, each in a transaction of its own.
 * Check-ins are queued and committed in batches: as soon as 100 wait, or what came within 5 ms;
 * what piled up during a commit is the next batch, up to 500. Each is in a savepoint of its own, so
 * that one refused check-in takes nobody along. A done function is called after the batch's commit,
 * never before.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "catalog/base/db.h"

typedef struct SlWriter SlWriter;

/** Does one change on the writing connection; false with error set rolls it back. */
typedef bool (*SlWriteFunc)(SlDb *db, gpointer data, GError **error);
/** Told how a queued change ended; error is NULL when it is on disk. Runs on the writer. */
typedef void (*SlWriteDone)(gpointer data, const GError *error);

/** Takes the connection over. */
SlWriter *sl_writer_new(SlDb *db, unsigned queue_limit);

/**
 * Sets what runs before a batch of queued changes is committed, in its transaction: what they added
 * up is written once. On failure the whole batch is undone. To be called before anything is queued.
 */
void sl_writer_set_before_commit(SlWriter *writer, SlWriteFunc func, gpointer data);

/** Runs func in its own transaction and waits for the commit. From any thread but the writer. */
bool sl_writer_run(SlWriter *writer, SlWriteFunc func, gpointer data, GError **error);

/**
 * The same with a database attached as "stage" for that time: its rows are copied by SQL, without
 * passing through the program. Nobody else may have it open.
 *
 * @param stage  its path; NULL: none
 */
bool sl_writer_run_staged(SlWriter *writer, const char *stage, SlWriteFunc func, gpointer data,
			  GError **error);

/** Queues func for the next batch; false (SL_ERROR_BUSY) when the queue is full or closed. */
bool sl_writer_queue(SlWriter *writer, SlWriteFunc func, SlWriteDone done, gpointer data,
		     GError **error);

/** Finishes what is queued, then ends the thread and closes the connection. */
void sl_writer_free(SlWriter *writer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SlWriter, sl_writer_free)
