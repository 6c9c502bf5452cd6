#include "server/scheduler.h"

#include "catalog/channel.h"
#include "catalog/sync_schedule.h"

#define LOOK_S	     30 /* between two looks at the clock */
#define RESIGN_EVERY (60 * 60)
#define PRUNE_EVERY  (24 * 60 * 60)

struct SlScheduler {
	SlWork *work;
	const SlConfig *config;
	guint timer;
	int64_t extras_at; /* when each was last started, seconds since 1970 */
	int64_t resign_at;
	int64_t prune_at;
};

/* What was approved or ran out while nothing ran. What is lost or was never had (the state may come
 * from a backup) is fetched first: a publication without it would take it from the machines. */
static void
catch_up(SlWork *work)
{
	for (const char *const *name = sl_channel_names; *name; name++)
		if (!sl_work_retry(work, *name, SL_PUBLISH_RESIGN, "start"))
			sl_work_publish(work, *name, SL_PUBLISH_RESIGN, "schedule", "start");
}

static void
resign(SlWork *work)
{
	for (const char *const *name = sl_channel_names; *name; name++)
		sl_work_resign(work, *name);
}

/* Also asks again for what could not be fetched. */
static void
complete(SlWork *work)
{
	for (const char *const *name = sl_channel_names; *name; name++)
		if (!sl_work_retry(work, *name, SL_PUBLISH_EXTRAS, "compressed"))
			sl_work_publish(work, *name, SL_PUBLISH_EXTRAS, "schedule", "compressed");
}

int64_t
sl_scheduler_next_sync(const SlConfig *config, const SlUpstream *upstream,
		       const SlSyncHistory *history, int64_t now_at)
{
	const SlSyncSchedule schedule = {config->sync_every_s, config->jitter_s};

	return config->schedule && upstream->enabled
		       ? sl_sync_schedule_next(&schedule, history, upstream->added_at, now_at)
		       : 0;
}

static void
look_at_upstreams(SlScheduler *scheduler, int64_t now_at)
{
	g_autoptr(SlDb) db = sl_db_open(scheduler->work->sync.db_path, SL_DB_READ, NULL);
	g_autoptr(GPtrArray) list = db ? sl_upstream_list(db, NULL, NULL, NULL) : NULL;

	for (guint i = 0; list && i < list->len; i++) {
		const SlUpstream *one = list->pdata[i];
		SlSyncHistory history;
		int64_t next_at;

		if (!sl_sync_run_history(db, one->id, &history, NULL))
			continue;
		next_at = sl_scheduler_next_sync(scheduler->config, one, &history, now_at);
		if (next_at != 0 && next_at <= now_at)
			sl_work_sync(scheduler->work, one->name, "schedule");
	}
}

static bool
is_due(int64_t *last_at, int64_t every_s, int64_t now_at)
{
	if (now_at - *last_at < every_s && now_at >= *last_at)
		return false;
	*last_at = now_at;
	return true;
}

/* Often enough for signatures that stand for half of their validity at most. */
static int64_t
resign_every(const SlConfig *config)
{
	return MIN(RESIGN_EVERY, MIN(config->resign_s, config->valid_s / 8));
}

static gboolean
look(gpointer data)
{
	SlScheduler *scheduler = data;
	int64_t now_at = sl_clock_now(scheduler->work->sync.clock);
	bool daily;

	look_at_upstreams(scheduler, now_at);
	if (is_due(&scheduler->resign_at, resign_every(scheduler->config), now_at))
		resign(scheduler->work);
	if (is_due(&scheduler->extras_at, scheduler->config->compress_s, now_at))
		complete(scheduler->work);
	daily = is_due(&scheduler->prune_at, PRUNE_EVERY, now_at);
	if (daily) {
		sl_work_prune(scheduler->work, "schedule");
		sl_work_check(scheduler->work, "schedule");
	}
	if (scheduler->work->look)
		scheduler->work->look(scheduler->work->data, daily);
	return G_SOURCE_CONTINUE;
}

SlScheduler *
sl_scheduler_new(SlWork *work, const SlConfig *config)
{
	SlScheduler *scheduler = g_new0(SlScheduler, 1);
	int64_t now_at = sl_clock_now(work->sync.clock);

	scheduler->work = work;
	scheduler->config = config;
	scheduler->extras_at = now_at;
	scheduler->prune_at = now_at;
	scheduler->timer = g_timeout_add_seconds(LOOK_S, look, scheduler);
	catch_up(work);
	look_at_upstreams(scheduler, now_at);
	scheduler->resign_at = now_at;
	return scheduler;
}

void
sl_scheduler_set_config(SlScheduler *scheduler, const SlConfig *config)
{
	scheduler->config = config;
}

void
sl_scheduler_free(SlScheduler *scheduler)
{
	if (!scheduler)
		return;
	g_source_remove(scheduler->timer);
	g_free(scheduler);
}
