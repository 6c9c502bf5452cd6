/* sender.h - sends messages over the link from a thread of its own
 *
 * Who has something to say never waits until the other side listens: it adds to a queue that
 * has an end. Messages go out in the order in which they were added.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "server/link/link.h"

typedef struct SlSender SlSender;

/**
 * @param fd     stays the caller's, open until _free
 * @param limit  bytes that may wait to be sent
 */
SlSender *sl_sender_new(int fd, size_t limit);

/** Takes a message, copied; false, taking nothing, when too much waits or the link is gone. */
bool sl_sender_add(SlSender *sender, SlLinkKind kind, uint16_t value, uint64_t number,
		   const void *first, size_t first_size, const void *second, size_t second_size);

/** Ends it at once, and this direction of the link with it; what waits is dropped. */
void sl_sender_free(SlSender *sender);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SlSender, sl_sender_free)
