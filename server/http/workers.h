/* workers.h - threads that take what comes, each one at a time, in its order */
#pragma once

#include <glib.h>

typedef struct SlWorkers SlWorkers;

/** @param work  is called with what was pushed, and with data */
SlWorkers *sl_workers_new(unsigned count, GFunc work, gpointer data);
/** From any thread; the item is borrowed until work has returned. */
void sl_workers_push(SlWorkers *workers, gpointer item);
/** When all that was pushed is done; nothing may be pushed any more. */
void sl_workers_free(SlWorkers *workers);
