/* watchdog.h - absolute deadlines for connections: libmicrohttpd's own timer is one of inactivity
 *
 * One thread looks at all connections twice a second and shuts down those whose time is up.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct SlWatchdog SlWatchdog;
typedef struct SlWatched SlWatched;

/**
 * @param slow_bytes  a second, that who is being sent to has to take; 0: any
 * @param window_s    seconds over which that is judged
 */
SlWatchdog *sl_watchdog_new(int64_t slow_bytes, int64_t window_s);
void sl_watchdog_free(SlWatchdog *watchdog);

/** A connection began; it has so many seconds for its first header. */
SlWatched *sl_watchdog_add(SlWatchdog *watchdog, int fd, int64_t seconds);
/** It is closed; before the descriptor can be used again. */
void sl_watchdog_remove(SlWatchdog *watchdog, SlWatched *watched);
unsigned sl_watchdog_count(SlWatchdog *watchdog);
/** Whether a thread has worked for one connection longer than a thread ever should. */
bool sl_watchdog_hangs(const SlWatchdog *watchdog);

/**
 * Shuts down the oldest of those that wait for their client, and that nobody said to keep; where
 * there is none, nothing.
 */
void sl_watchdog_make_room(SlWatchdog *watchdog);

/** It waits for its client, for so many seconds from now: so it begins, and between requests. */
void sl_watched_await(SlWatched *watched, int64_t seconds);
/** Its client has sent what there was to send, and waits for us; there is no deadline. */
void sl_watched_take(SlWatched *watched);
/** Its client is known: it makes no room for others from now on. */
void sl_watched_keep(SlWatched *watched);
/** Gives it so many seconds from now; 0: none. */
void sl_watched_allow(SlWatched *watched, int64_t seconds);
/** A thread works for it from now on; until sl_watched_leave it works for no other. */
void sl_watched_enter(SlWatched *watched);
void sl_watched_leave(SlWatched *watched);
/** From now on it is being sent to, and has to take its bytes in time. */
void sl_watched_send(SlWatched *watched);
int sl_watched_fd(const SlWatched *watched);
