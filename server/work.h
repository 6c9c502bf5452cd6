/* work.h - what an approval sets going: fetch, publish, switch; and the other long jobs */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "catalog/base/jobs.h"
#include "catalog/payload_store.h"
#include "catalog/publish/publication.h"
#include "catalog/upstream/sync.h"
#include "server/front_process.h"

typedef struct {
	SlJobs *jobs;
	SlSyncContext sync;
	SlPayloadStore *store;
	SlPublisher *publisher;
	SlFrontProcess *front;
	/** Told after a channel's content was published: statuses follow. May be NULL. */
	void (*published)(gpointer data, SlJob *job);
	/** Called every half minute and once a day, on the main loop. May be NULL. */
	void (*look)(gpointer data, bool daily);
	gpointer data;
} SlWork;

/** Starts a sync of one upstream; the id of its job, or of the one that runs already. */
int64_t sl_work_sync(SlWork *work, const char *upstream, const char *person);

/**
 * Starts bringing a channel to what its approvals ask for: payloads are fetched, what is there is
 * published, the front switched. A payload that cannot be fetched fails the job, after all the rest
 * was published.
 */
int64_t sl_work_publish(SlWork *work, const char *channel, SlPublishWhy why, const char *person,
			const char *cause);

/** Starts removing what nothing needs any more. */
int64_t sl_work_prune(SlWork *work, const char *person);
