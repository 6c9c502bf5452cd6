#include "server/http/watchdog.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#define LOOK_US (G_USEC_PER_SEC / 2)
#define HANG_US (10 * G_USEC_PER_SEC) /* in one call; a disk may have to wake up first */

struct SlWatched {
	SlWatched *next, *previous;
	int fd;
	bool awaits;	       /* atomic; something from its client */
	bool kept;	       /* atomic; makes no room for others */
	gint64 entered_us;     /* atomic; when a thread began to work for it; 0: none does */
	gint64 until_us;       /* atomic; monotonic; 0: no deadline */
	gint64 sending_us;     /* atomic; when it began to be sent to; 0: it is not */
	uint64_t acknowledged; /* bytes, when it was last judged; the watchdog's own */
	gint64 judged_us;      /* the watchdog's own */
};

struct SlWatchdog {
	GMutex mutex; /* for the list and the end */
	GCond changed;
	SlWatched *first;
	unsigned count;
	int64_t slow_bytes;
	int64_t window_s;
	bool hangs; /* atomic */
	bool closing;
	GThread *thread;
};

/* Bytes the peer has acknowledged so far; 0 where the system cannot tell. */
static uint64_t
acknowledged(int fd)
{
	struct tcp_info info = {0};
	socklen_t size = sizeof info;

	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) < 0)
		return 0;
	return info.tcpi_bytes_acked;
}

/* Whether a download took too little during the last window. */
static bool
is_slow(const SlWatchdog *watchdog, SlWatched *watched, gint64 now_us)
{
	gint64 since_us = __atomic_load_n(&watched->sending_us, __ATOMIC_RELAXED);
	uint64_t now;

	if (since_us == 0)
		return false;
	if (watched->judged_us < since_us) {
		watched->judged_us = since_us;
		watched->acknowledged = acknowledged(watched->fd);
	}
	if (now_us - watched->judged_us < watchdog->window_s * G_USEC_PER_SEC)
		return false;
	now = acknowledged(watched->fd);
	if (now - watched->acknowledged < (uint64_t)(watchdog->slow_bytes * watchdog->window_s))
		return true;
	watched->judged_us = now_us;
	watched->acknowledged = now;
	return false;
}

/* What a client does not take would stay in the system's memory until that gives up, too. */
static void
drop_unsent(int fd)
{
	struct linger none = {.l_onoff = 1, .l_linger = 0};

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);
}

static void
look(SlWatchdog *watchdog)
{
	gint64 now_us = g_get_monotonic_time();

	for (SlWatched *one = watchdog->first; one; one = one->next) {
		gint64 until_us = __atomic_load_n(&one->until_us, __ATOMIC_RELAXED);
		gint64 entered_us = __atomic_load_n(&one->entered_us, __ATOMIC_RELAXED);
		bool slow = is_slow(watchdog, one, now_us);

		if (entered_us != 0 && now_us - entered_us > HANG_US)
			__atomic_store_n(&watchdog->hangs, true, __ATOMIC_RELAXED);
		if (slow)
			drop_unsent(one->fd);
		if (slow || (until_us != 0 && until_us < now_us))
			shutdown(one->fd, SHUT_RDWR);
	}
}

static gpointer
watch(gpointer data)
{
	SlWatchdog *watchdog = data;

	g_mutex_lock(&watchdog->mutex);
	while (!watchdog->closing) {
		g_cond_wait_until(&watchdog->changed, &watchdog->mutex,
				  g_get_monotonic_time() + LOOK_US);
		look(watchdog);
	}
	g_mutex_unlock(&watchdog->mutex);
	return NULL;
}

SlWatchdog *
sl_watchdog_new(int64_t slow_bytes, int64_t window_s)
{
	SlWatchdog *watchdog = g_new0(SlWatchdog, 1);

	watchdog->slow_bytes = slow_bytes;
	watchdog->window_s = window_s;
	g_mutex_init(&watchdog->mutex);
	g_cond_init(&watchdog->changed);
	watchdog->thread = g_thread_new("watchdog", watch, watchdog);
	return watchdog;
}

void
sl_watchdog_free(SlWatchdog *watchdog)
{
	if (!watchdog)
		return;
	g_mutex_lock(&watchdog->mutex);
	watchdog->closing = true;
	g_cond_signal(&watchdog->changed);
	g_mutex_unlock(&watchdog->mutex);
	g_thread_join(watchdog->thread);
	g_mutex_clear(&watchdog->mutex);
	g_cond_clear(&watchdog->changed);
	g_free(watchdog);
}

SlWatched *
sl_watchdog_add(SlWatchdog *watchdog, int fd, int64_t seconds)
{
	SlWatched *watched = g_new0(SlWatched, 1);

	watched->fd = fd;
	sl_watched_await(watched, seconds);
	g_mutex_lock(&watchdog->mutex);
	watched->next = watchdog->first;
	if (watched->next)
		watched->next->previous = watched;
	watchdog->first = watched;
	watchdog->count++;
	g_mutex_unlock(&watchdog->mutex);
	return watched;
}

void
sl_watchdog_remove(SlWatchdog *watchdog, SlWatched *watched)
{
	g_mutex_lock(&watchdog->mutex);
	if (watched->previous)
		watched->previous->next = watched->next;
	else
		watchdog->first = watched->next;
	if (watched->next)
		watched->next->previous = watched->previous;
	watchdog->count--;
	g_mutex_unlock(&watchdog->mutex);
	g_free(watched);
}

unsigned
sl_watchdog_count(SlWatchdog *watchdog)
{
	g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&watchdog->mutex);

	return watchdog->count;
}

static bool
makes_room(SlWatched *one)
{
	return __atomic_load_n(&one->awaits, __ATOMIC_RELAXED) &&
	       !__atomic_load_n(&one->kept, __ATOMIC_RELAXED);
}

void
sl_watchdog_make_room(SlWatchdog *watchdog)
{
	g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&watchdog->mutex);
	SlWatched *oldest = NULL;

	/* the newest is the first */
	for (SlWatched *one = watchdog->first; one; one = one->next)
		if (makes_room(one))
			oldest = one;
	if (!oldest)
		return;
	__atomic_store_n(&oldest->awaits, false, __ATOMIC_RELAXED);
	shutdown(oldest->fd, SHUT_RDWR);
}

bool
sl_watchdog_hangs(const SlWatchdog *watchdog)
{
	return __atomic_load_n(&watchdog->hangs, __ATOMIC_RELAXED);
}

void
sl_watched_allow(SlWatched *watched, int64_t seconds)
{
	gint64 until_us = seconds > 0 ? g_get_monotonic_time() + seconds * G_USEC_PER_SEC : 0;

	__atomic_store_n(&watched->sending_us, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&watched->until_us, until_us, __ATOMIC_RELAXED);
}

void
sl_watched_await(SlWatched *watched, int64_t seconds)
{
	sl_watched_allow(watched, seconds);
	__atomic_store_n(&watched->awaits, true, __ATOMIC_RELAXED);
}

void
sl_watched_take(SlWatched *watched)
{
	__atomic_store_n(&watched->awaits, false, __ATOMIC_RELAXED);
	sl_watched_allow(watched, 0);
}

void
sl_watched_keep(SlWatched *watched)
{
	__atomic_store_n(&watched->kept, true, __ATOMIC_RELAXED);
}

void
sl_watched_enter(SlWatched *watched)
{
	__atomic_store_n(&watched->entered_us, g_get_monotonic_time(), __ATOMIC_RELAXED);
}

void
sl_watched_leave(SlWatched *watched)
{
	__atomic_store_n(&watched->entered_us, 0, __ATOMIC_RELAXED);
}

void
sl_watched_send(SlWatched *watched)
{
	__atomic_store_n(&watched->until_us, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&watched->sending_us, g_get_monotonic_time(), __ATOMIC_RELAXED);
}

int
sl_watched_fd(const SlWatched *watched)
{
	return watched->fd;
}
