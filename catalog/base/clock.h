/* clock.h - what time it is, so that tests can say
 *
 * Wall-clock times are seconds since 1970, UTC. Timers use g_get_monotonic_time.
 * May be read from any thread; only tests set it.
 */
#pragma once

#include <glib.h>
#include <stdint.h>

typedef struct SlClock SlClock;

/** A clock that follows the system's. */
SlClock *sl_clock_new(void);

/** A clock that stands at a time until sl_clock_set moves it. */
SlClock *sl_clock_new_fixed(int64_t now_at);

/** Seconds since 1970. */
int64_t sl_clock_now(const SlClock *clock);

void sl_clock_set(SlClock *clock, int64_t now_at);
void sl_clock_free(SlClock *clock);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SlClock, sl_clock_free)
