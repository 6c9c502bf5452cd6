#include "server/front/rate.h"

#include <arpa/inet.h>
#include <glib.h>
#include <netinet/in.h>
#include <stdint.h>
#include <string.h>

#define BITS	12
#define BUCKETS (1 << BITS) /* blocks that share one by chance share its tokens */
#define BURST_S 4	    /* seconds' worth of tokens a bucket holds */
#define MILLI	1000

typedef struct {
	int64_t tokens; /* thousandths */
	gint64 at_us;	/* when they were counted */
} Bucket;

struct SlRate {
	GMutex mutex;
	int64_t per_second;
	uint64_t key; /* random, so that nobody can choose whom to share with */
	Bucket buckets[BUCKETS];
};

SlRate *
sl_rate_new(unsigned per_second)
{
	SlRate *rate = g_new0(SlRate, 1);

	rate->per_second = per_second;
	rate->key = (uint64_t)g_random_int() << 32 | g_random_int();
	g_mutex_init(&rate->mutex);
	for (size_t i = 0; i < BUCKETS; i++)
		rate->buckets[i].tokens = rate->per_second * BURST_S * MILLI;
	return rate;
}

/* The block of an address as a number. */
static uint64_t
block_of(const char *address)
{
	uint8_t bytes[16] = {0};
	uint64_t block = 0;

	if (inet_pton(AF_INET, address, bytes) == 1)
		return (uint64_t)bytes[0] << 16 | (uint64_t)bytes[1] << 8 | bytes[2];
	if (inet_pton(AF_INET6, address, bytes) == 1)
		memcpy(&block, bytes, sizeof block);
	return block;
}

static size_t
bucket_of(const SlRate *rate, const char *address)
{
	uint64_t mixed = (block_of(address) ^ rate->key) * UINT64_C(0x9e3779b97f4a7c15);

	/* of a product the highest bits alone depend on every bit of the block */
	return (size_t)(mixed >> (64 - BITS));
}

bool
sl_rate_allows(SlRate *rate, const char *address)
{
	Bucket *bucket = &rate->buckets[bucket_of(rate, address)];
	gint64 now_us = g_get_monotonic_time();
	bool allowed;

	if (rate->per_second == 0)
		return true;
	g_mutex_lock(&rate->mutex);
	/* more would overflow after some months, and fills no bucket fuller */
	if (bucket->at_us)
		bucket->tokens += MIN(now_us - bucket->at_us, BURST_S * G_USEC_PER_SEC) *
				  rate->per_second / MILLI;
	bucket->tokens = MIN(bucket->tokens, rate->per_second * BURST_S * MILLI);
	bucket->at_us = now_us;
	allowed = bucket->tokens >= MILLI;
	if (allowed)
		bucket->tokens -= MILLI;
	g_mutex_unlock(&rate->mutex);
	return allowed;
}

void
sl_rate_free(SlRate *rate)
{
	if (!rate)
		return;
	g_mutex_clear(&rate->mutex);
	g_free(rate);
}
