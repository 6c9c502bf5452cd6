/* rate.h - token buckets for blocks of addresses (/24 and /64), in bounded memory */
#pragma once

#include <stdbool.h>

typedef struct SlRate SlRate;

/** @param per_second  tokens a block gains each second, up to four seconds' worth; 0: no limit */
SlRate *sl_rate_new(unsigned per_second);
/** Takes a token of the address's block; false when it has none. Thread-safe. */
bool sl_rate_allows(SlRate *rate, const char *address);
void sl_rate_free(SlRate *rate);
