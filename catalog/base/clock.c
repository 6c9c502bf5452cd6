#include "catalog/base/clock.h"

#include <stdbool.h>

struct SlClock {
	bool fixed;
	int64_t now_at; /* atomic; only when fixed */
};

SlClock *
sl_clock_new(void)
{
	return g_new0(SlClock, 1);
}

SlClock *
sl_clock_new_fixed(int64_t now_at)
{
	SlClock *clock = g_new0(SlClock, 1);

	clock->fixed = true;
	clock->now_at = now_at;
	return clock;
}

int64_t
sl_clock_now(const SlClock *clock)
{
	if (clock->fixed)
		return __atomic_load_n(&clock->now_at, __ATOMIC_SEQ_CST);
	return g_get_real_time() / G_USEC_PER_SEC;
}

void
sl_clock_set(SlClock *clock, int64_t now_at)
{
	g_return_if_fail(clock->fixed);
	__atomic_store_n(&clock->now_at, now_at, __ATOMIC_SEQ_CST);
}

void
sl_clock_free(SlClock *clock)
{
	g_free(clock);
}
