/* work.h - what an approval sets going: fetch, publish, switch; and the other long jobs
 *
 * Each kind of job has threads of its own, so that upstreams, which can be slow, hold up no
 * publication: a recall is published at once, whatever is being synced or fetched.
 *
 * Lost is what a channel's publication has and the store has not any more (the state came from a
 * backup, a file went away). The next publication cannot name it (promise 2), so what comes by
 * itself, and an approval, fetches it first. A recall, a return and an emergency do not wait: a bad
 * update that stays and a remedy that does not come do harm, while a lost one that is absent until
 * its fetch ends could not have been downloaded anyway. It is fetched all the same, by the look of
 * every few minutes (scheduler.c), and comes back then.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "catalog/base/jobs.h"
#include "catalog/channel.h"
#include "catalog/payload_store.h"
#include "catalog/publish/publication.h"
#include "catalog/upstream/sync.h"
#include "server/front_process.h"

/** Lanes for the jobs of a program that does this work; see sl_jobs_new(). */
extern const SlJobLane sl_work_lanes[];

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
	GMutex publishing[SL_CHANNEL_COUNT]; /* by channel: the front is told last what was made
						last */
} SlWork;

/** Makes its locks; what it works with is the caller's to set. */
void sl_work_init(SlWork *work);
/** Once no job runs any more. */
void sl_work_clear(SlWork *work);

/** Starts a sync of one upstream; the id of its job, or of the one that runs already. */
int64_t sl_work_sync(SlWork *work, const char *upstream, const char *person);

/**
 * Starts publishing what a channel's approvals ask for and the store has, at once: what is lost
 * leaves the channel until it is fetched. The job's result counts as "missing" the payloads that
 * its approvals still wait for, and names as "lost" the updates that left the channel so.
 */
int64_t sl_work_publish(SlWork *work, const char *channel, SlPublishWhy why, const char *person,
			const char *cause);

/**
 * Starts fetching what a channel's approvals ask for and the store lacks, and publishing it. A
 * payload that cannot be fetched fails the job, after all the rest was published.
 *
 * @param revisions  ids (int64_t) of those that are meant; NULL: all
 * @param emergency  waits for those only; else what is lost is meant as well
 *
 * @return 0 when nothing is missing, and nothing was started
 */
int64_t sl_work_fetch(SlWork *work, const char *channel, GHashTable *revisions, bool emergency,
		      const char *person, const char *cause);

/** The same for all that could not be had so far; the running job's id where there is one. */
int64_t sl_work_retry(SlWork *work, const char *channel, SlPublishWhy why, const char *cause);

/** Starts signing a channel anew where that is due; what is lost is fetched first. */
int64_t sl_work_resign(SlWork *work, const char *channel);

/** Starts removing what nothing needs any more. */
int64_t sl_work_prune(SlWork *work, const char *person);

/** Starts looking at the whole database while it is used; damage fails the job. */
int64_t sl_work_check(SlWork *work, const char *person);
