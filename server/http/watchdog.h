/* watchdog.h - absolute deadlines for connections: libmicrohttpd's own timer is one of inactivity
 *
 * One thread looks at all connections twice a second and shuts down those whose time is up.
 */
#pragma once

#include <glib.h>
#include <stdint.h>

typedef struct SlWatchdog SlWatchdog;
typedef struct SlWatched SlWatched;

SlWatchdog *sl_watchdog_new(int64_t slow_bytes);
void sl_watchdog_free(SlWatchdog *watchdog);

/** A connection began; it has so many seconds for its first header. */
SlWatched *sl_watchdog_add(SlWatchdog *watchdog, int fd, int64_t seconds);
/** It is closed; before the descriptor can be used again. */
void sl_watchdog_remove(SlWatchdog *watchdog, SlWatched *watched);
unsigned sl_watchdog_count(SlWatchdog *watchdog);

/** Gives it so many seconds from now; 0: none. */
void sl_watched_allow(SlWatched *watched, int64_t seconds);
/** From now on it is being sent to: it has to take slow_bytes a second, over a minute. */
void sl_watched_send(SlWatched *watched);
int sl_watched_fd(const SlWatched *watched);
