/* partial.h - downloads that are resumed where a break left them
 *
 * A partial remembers the validator its bytes came under, in an extended attribute. Where the
 * file system has none, a broken download begins anew. What is resumed is hashed as a whole.
 */
#pragma once

#include "catalog/upstream/fetcher.h"

/** Sets up a download to go on behind the bytes that fetch->fd has already. */
void sl_partial_resume(SlFetch *fetch);

/** Remembers the validator, before the first byte is written: for SlFetchCalls.begin. */
void sl_partial_begin(SlFetch *fetch, gpointer data);
