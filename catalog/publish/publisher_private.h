/* publisher_private.h - what the files of publications share: directories, locks, verifying */
#pragma once

#include "catalog/channel.h"
#include "catalog/publication_table.h"
#include "catalog/publish/publication.h"

typedef struct {
	char *name;
	int fd;	      /* publications/<name>/ */
	GMutex mutex; /* one publication at a time */
} SlPublisherChannel;

struct SlPublisher {
	SlPublicationContext context;
	SlPublisherChannel channels[SL_CHANNEL_COUNT];
};

/** Descriptor of a channel's directory; -1 when there is no such channel. */
int sl_publisher_channel_fd(SlPublisher *publisher, const char *channel);

/** Locks a channel until the locker is freed; NULL when there is no such channel. */
GMutexLocker *sl_publisher_lock(SlPublisher *publisher, const char *channel);

/**
 * Compares what is current with what was noted last.
 *
 * @param ret_same  they are the same serial; false also where nothing is current yet
 * @param error     SL_ERROR_INTEGRITY when what is current is newer: the database was replaced by
 *                  an older one, and numbers that clients have seen would be given out again
 */
bool sl_publication_check_order(SlPublisher *publisher, const char *channel,
				const SlPublicationState *noted, bool *ret_same, GError **error);

/** Reads a written serial as a client would: every path's content is there in its size. */
bool sl_publication_verify(SlPublisher *publisher, const char *channel, const char *serial,
			   GError **error);
