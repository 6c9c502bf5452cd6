#include "server/http/workers.h"

#include <stdbool.h>

struct SlWorkers {
	GFunc work;
	gpointer data;
	GPtrArray *threads;
	GMutex mutex; /* for the rest */
	GCond changed;
	GQueue items;
	bool closing;
};

/* The next one, or NULL when there will be none. */
static gpointer
take(SlWorkers *workers)
{
	g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&workers->mutex);

	while (g_queue_is_empty(&workers->items) && !workers->closing)
		g_cond_wait(&workers->changed, &workers->mutex);
	return g_queue_pop_head(&workers->items);
}

static gpointer
run(gpointer data)
{
	SlWorkers *workers = data;
	gpointer item;

	while ((item = take(workers)))
		workers->work(item, workers->data);
	return NULL;
}

SlWorkers *
sl_workers_new(unsigned count, GFunc work, gpointer data)
{
	SlWorkers *workers = g_new0(SlWorkers, 1);

	workers->work = work;
	workers->data = data;
	workers->threads = g_ptr_array_new();
	g_mutex_init(&workers->mutex);
	g_cond_init(&workers->changed);
	g_queue_init(&workers->items);
	for (unsigned i = 0; i < count; i++)
		g_ptr_array_add(workers->threads, g_thread_new("worker", run, workers));
	return workers;
}

void
sl_workers_push(SlWorkers *workers, gpointer item)
{
	g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&workers->mutex);

	g_queue_push_tail(&workers->items, item);
	g_cond_signal(&workers->changed);
}

void
sl_workers_free(SlWorkers *workers)
{
	if (!workers)
		return;
	g_mutex_lock(&workers->mutex);
	workers->closing = true;
	g_cond_broadcast(&workers->changed);
	g_mutex_unlock(&workers->mutex);
	for (guint i = 0; i < workers->threads->len; i++)
		g_thread_join(workers->threads->pdata[i]);
	g_ptr_array_unref(workers->threads);
	g_cond_clear(&workers->changed);
	g_mutex_clear(&workers->mutex);
	g_free(workers);
}
