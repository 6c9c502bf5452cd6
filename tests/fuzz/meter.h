/* meter.h - what reading one input takes of memory and time
 *
 * Memory is what is allocated at once, as the address sanitizer's allocator tells; a build without
 * it measures none. Time is the thread's own and the fastest of three, and it is limited only where
 * SLUICE_FUZZ_MS says so, as tests/fuzz/run does: no test fails because its machine is busy. Under
 * libFuzzer most of it is the instruments' (the allocator remembers who called, each comparison is
 * noted): there SLUICE_FUZZ_SLOW names a directory that inputs of more go to, and what they take
 * is measured in the build that people run.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

typedef struct {
	int64_t bytes; /* allocated since the start and not freed */
	int64_t peak;
	int64_t started_us;
} FuzzMeter;

#define FUZZ_METER_SLOW_MAX 1000 /* inputs set aside: more are a machine too busy to measure on */

/* The allocator's hooks are given nothing to find it by. */
static FuzzMeter fuzz_meter;
static bool fuzz_meter_slow; /* this input is one for SLUICE_FUZZ_SLOW */

/* clang says it in another way than GCC; it compiles these for fuzzing only */
#if defined(__SANITIZE_ADDRESS__) || defined(__clang__)
/* of the sanitizers' run time; GCC brings them without their header */
int __sanitizer_install_malloc_and_free_hooks(void (*taken)(const volatile void *, size_t),
					      void (*freed)(const volatile void *));
size_t __sanitizer_get_allocated_size(const volatile void *block);

static inline void
fuzz_meter_taken(const volatile void *block, size_t size)
{
	(void)block;
	fuzz_meter.bytes += (int64_t)size;
	fuzz_meter.peak = MAX(fuzz_meter.peak, fuzz_meter.bytes);
}

static inline void
fuzz_meter_freed(const volatile void *block)
{
	if (block)
		fuzz_meter.bytes -= (int64_t)__sanitizer_get_allocated_size(block);
}

static inline void
fuzz_meter_watch(void)
{
	static int watched;

	if (!watched)
		watched = __sanitizer_install_malloc_and_free_hooks(fuzz_meter_taken,
								    fuzz_meter_freed);
	if (!watched)
		g_error("the allocator cannot be watched");
}
#else
static inline void
fuzz_meter_watch(void)
{
}
#endif

static inline int64_t
fuzz_meter_now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static inline void
fuzz_meter_start(void)
{
	fuzz_meter_watch();
	fuzz_meter = (FuzzMeter){.started_us = fuzz_meter_now_us()};
}

/**
 * Fails where more was taken since the start.
 *
 * @param limit    bytes at once
 * @param attempt  1, 2, 3 at the same input
 *
 * @return false: it took too long, and is to be tried again
 */
static inline bool
fuzz_meter_stop(int64_t limit, int attempt)
{
	const char *limit_ms = g_getenv("SLUICE_FUZZ_MS");
	int64_t took_us = fuzz_meter_now_us() - fuzz_meter.started_us;

	if (fuzz_meter.peak > limit)
		g_error("takes %" G_GINT64_FORMAT " bytes at once: the limit is %" G_GINT64_FORMAT,
			fuzz_meter.peak, limit);
	if (!limit_ms || took_us <= g_ascii_strtoll(limit_ms, NULL, 10) * 1000)
		return true;
	if (attempt < 3)
		return false;
	if (!g_getenv("SLUICE_FUZZ_SLOW"))
		g_error("takes %" G_GINT64_FORMAT " us: the limit is %s ms", took_us, limit_ms);
	fuzz_meter_slow = true;
	return true;
}

/** Sets this input aside if it was slow, to be measured without the instruments. */
static inline void
fuzz_meter_keep_slow(const uint8_t *data, size_t size)
{
	static unsigned kept;
	g_autoptr(GError) error = NULL;
	g_autofree char *name = NULL;
	g_autofree char *path = NULL;

	if (!fuzz_meter_slow)
		return;
	fuzz_meter_slow = false;
	if (++kept > FUZZ_METER_SLOW_MAX)
		g_error("more than %u inputs are slow: is the machine busy?", FUZZ_METER_SLOW_MAX);
	name = g_compute_checksum_for_data(G_CHECKSUM_SHA1, data, size);
	path = g_build_filename(g_getenv("SLUICE_FUZZ_SLOW"), name, NULL);
	if (!g_file_set_contents(path, (const char *)data, (gssize)size, &error))
		g_error("%s", error->message);
}
