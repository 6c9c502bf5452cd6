/* glib_order.c - tells ThreadSanitizer what GLib's locks and queues order
 *
 * GLib is not instrumented: its mutexes are futexes of its own, and its thread pools hand work over
 * behind them, so that everything they protect looks like a race. This library is preloaded and
 * calls the real function between the notes that the sanitizer understands. Nothing is suppressed
 * by it: data that no lock protects is still reported.
 */
#include <dlfcn.h>
#include <glib.h>

/* weak: programs without the sanitizer, gpg say, inherit the preload */
extern void __tsan_acquire(void *address) __attribute__((weak));
extern void __tsan_release(void *address) __attribute__((weak));

/* what is pushed anywhere is ordered before what is taken later */
static char handed_over;

static void
acquire(void *address)
{
	if (__tsan_acquire)
		__tsan_acquire(address);
}

static void
release(void *address)
{
	if (__tsan_release)
		__tsan_release(address);
}

static void *
real(void **place, const char *name)
{
	void *found = __atomic_load_n(place, __ATOMIC_ACQUIRE);

	if (!found) {
		found = dlsym(RTLD_NEXT, name);
		__atomic_store_n(place, found, __ATOMIC_RELEASE);
	}
	return found;
}

#define REAL(name)                                                                                 \
	static void *place;                                                                        \
	__typeof__(name) *original = (__typeof__(name) *)real(&place, #name)

#define TAKES(name, type)                                                                          \
	void name(type *lock)                                                                      \
	{                                                                                          \
		REAL(name);                                                                        \
		original(lock);                                                                    \
		acquire(lock);                                                                     \
	}

#define GIVES(name, type)                                                                          \
	void name(type *lock)                                                                      \
	{                                                                                          \
		REAL(name);                                                                        \
		release(lock);                                                                     \
		original(lock);                                                                    \
	}

TAKES(g_mutex_lock, GMutex)
GIVES(g_mutex_unlock, GMutex)
TAKES(g_rw_lock_writer_lock, GRWLock)
GIVES(g_rw_lock_writer_unlock, GRWLock)
TAKES(g_rw_lock_reader_lock, GRWLock)
GIVES(g_rw_lock_reader_unlock, GRWLock)

void
g_cond_wait(GCond *cond, GMutex *mutex)
{
	REAL(g_cond_wait);

	release(mutex);
	original(cond, mutex);
	acquire(mutex);
}

gboolean
g_cond_wait_until(GCond *cond, GMutex *mutex, gint64 end_time)
{
	REAL(g_cond_wait_until);
	gboolean signalled;

	release(mutex);
	signalled = original(cond, mutex, end_time);
	acquire(mutex);
	return signalled;
}

void
g_async_queue_push(GAsyncQueue *queue, gpointer data)
{
	REAL(g_async_queue_push);

	release(&handed_over);
	original(queue, data);
}

gpointer
g_async_queue_pop(GAsyncQueue *queue)
{
	REAL(g_async_queue_pop);
	gpointer data = original(queue);

	acquire(&handed_over);
	return data;
}

gpointer
g_async_queue_try_pop(GAsyncQueue *queue)
{
	REAL(g_async_queue_try_pop);
	gpointer data = original(queue);

	acquire(&handed_over);
	return data;
}

gpointer
g_async_queue_timeout_pop(GAsyncQueue *queue, guint64 timeout)
{
	REAL(g_async_queue_timeout_pop);
	gpointer data = original(queue, timeout);

	acquire(&handed_over);
	return data;
}

typedef struct {
	GFunc func;
	gpointer data;
} Worker;

static void
work(gpointer task, gpointer data)
{
	const Worker *worker = data;

	acquire(&handed_over);
	worker->func(task, worker->data);
	release(&handed_over);
}

GThreadPool *
g_thread_pool_new(GFunc func, gpointer data, gint threads, gboolean exclusive, GError **error)
{
	REAL(g_thread_pool_new);
	Worker *worker = g_new(Worker, 1); /* the pool's, as long as the program */

	*worker = (Worker){func, data};
	release(&handed_over);
	return original(work, worker, threads, exclusive, error);
}

typedef struct {
	GCompareDataFunc func;
	gpointer data;
} Order;

/* called behind the queue's own lock, which orders it with the tasks that are taken later */
static gint
compare(gconstpointer a, gconstpointer b, gpointer data)
{
	const Order *order = data;
	gint result;

	acquire(&handed_over);
	result = order->func(a, b, order->data);
	release(&handed_over);
	return result;
}

void
g_thread_pool_set_sort_function(GThreadPool *pool, GCompareDataFunc func, gpointer data)
{
	REAL(g_thread_pool_set_sort_function);
	Order *order = g_new(Order, 1); /* the pool's, as long as the program */

	*order = (Order){func, data};
	original(pool, compare, order);
}

gboolean
g_thread_pool_push(GThreadPool *pool, gpointer task, GError **error)
{
	REAL(g_thread_pool_push);

	release(&handed_over);
	return original(pool, task, error);
}

void
g_thread_pool_free(GThreadPool *pool, gboolean immediate, gboolean wait)
{
	REAL(g_thread_pool_free);

	original(pool, immediate, wait);
	acquire(&handed_over);
}
