#include "server/work.h"

#include <inttypes.h>
#include <string.h>

#include "catalog/base/json.h"
#include "catalog/channel.h"
#include "catalog/payload.h"

#define PARTIAL_KEEP (7 * 24 * 60 * 60) /* seconds: a broken download is taken up by then */

const SlJobLane sl_work_lanes[] = {
	{"sync", 8, false},	{"fetch", 8, true},
	{"emergency", 4, true}, /* a fetch that waits for no other */
	{"publish", 2, false},	/* one for each channel */
	{NULL, 3, false},
};

typedef struct {
	SlWork *work;
	char *subject; /* upstream or channel */
	char *person;
	char *cause;
	SlPublishWhy why;
	GHashTable *revisions; /* (owned): ids of those to fetch; NULL: all */
} Task;

void
sl_work_init(SlWork *work)
{
	for (size_t i = 0; i < G_N_ELEMENTS(work->publishing); i++)
		g_mutex_init(&work->publishing[i]);
}

void
sl_work_clear(SlWork *work)
{
	for (size_t i = 0; i < G_N_ELEMENTS(work->publishing); i++)
		g_mutex_clear(&work->publishing[i]);
}

static Task *
task_new(SlWork *work, const char *subject, const char *person, const char *cause, SlPublishWhy why)
{
	Task *task = g_new0(Task, 1);

	task->work = work;
	task->subject = g_strdup(subject);
	task->person = g_strdup(person);
	task->cause = g_strdup(cause);
	task->why = why;
	return task;
}

static void
task_free(gpointer data)
{
	Task *task = data;

	g_free(task->subject);
	g_free(task->person);
	g_free(task->cause);
	g_clear_pointer(&task->revisions, g_hash_table_unref);
	g_free(task);
}

static GMutexLocker *
lock_channel(SlWork *work, const char *channel)
{
	bool production = strcmp(channel, SL_CHANNEL_PRODUCTION) == 0;

	return g_mutex_locker_new(&work->publishing[production]);
}

static GPtrArray *
list_missing(const SlWork *work, const char *channel_name, GHashTable *revisions, GError **error)
{
	g_autoptr(SlDb) db = sl_db_open(work->sync.db_path, SL_DB_READ, error);
	g_autoptr(SlChannel) channel = db ? sl_channel_get(db, channel_name, error) : NULL;

	return channel ? sl_payload_missing(db, channel->id, revisions, error) : NULL;
}

static GPtrArray *
list_lost(const SlWork *work, const char *channel_name, GError **error)
{
	g_autoptr(SlDb) db = sl_db_open(work->sync.db_path, SL_DB_READ, error);
	g_autoptr(SlChannel) channel = db ? sl_channel_get(db, channel_name, error) : NULL;

	return channel ? sl_payload_lost(db, channel->id, error) : NULL;
}

static void
set_publish_result(SlJob *job, const char *channel, const SlPublished *published,
		   const GPtrArray *missing, const GPtrArray *lost)
{
	json_t *texts = json_array();
	g_autoptr(json_t) result = NULL;

	for (guint i = 0; i < lost->len; i++)
		json_array_append_new(texts, json_string(lost->pdata[i]));
	result = json_pack("{s:s, s:s, s:b, s:I, s:I, s:o}", "channel", channel, "publication",
			   published->serial, "changed", (int)published->changed, "updates",
			   (json_int_t)published->updates, "missing", (json_int_t)missing->len,
			   "lost", texts);
	sl_job_set_result(job, sl_json_text(result));
}

static bool
publish(const Task *task, SlJob *job, GError **error)
{
	g_auto(SlPublished) published = {0};
	g_autoptr(GPtrArray) missing = NULL;
	g_autoptr(GMutexLocker) locker = lock_channel(task->work, task->subject);
	/* what leaves the channel now, because it is lost */
	g_autoptr(GPtrArray) lost = list_lost(task->work, task->subject, error);

	if (!lost)
		return false;
	if (!sl_publication_make(task->work->publisher, task->subject, task->why, task->person,
				 task->cause, job, &published, error))
		return false;
	sl_job_step(job, "waiting for the front", 0, 0);
	/* also when nothing changed: the front may have missed the last one */
	if (!sl_front_process_switch(task->work->front, task->subject, published.serial, error))
		return false;
	g_clear_pointer(&locker, g_mutex_locker_free);
	/* also when this channel stays as it is: an older version may have been approved */
	if (task->why == SL_PUBLISH_CONTENT && task->work->published)
		task->work->published(task->work->data, job);
	missing = list_missing(task->work, task->subject, NULL, error);
	if (!missing)
		return false;
	set_publish_result(job, task->subject, &published, missing, lost);
	return true;
}

static bool
run_publish(SlJob *job, gpointer data, GError **error)
{
	return publish(data, job, error);
}

static bool
fetch_missing(const Task *task, SlJob *job, GError **error)
{
	g_autoptr(GPtrArray) missing =
		list_missing(task->work, task->subject, task->revisions, error);

	return missing &&
	       sl_sync_fetch_payloads(&task->work->sync, missing, task->work->store, job, error);
}

static bool
run_fetch(SlJob *job, gpointer data, GError **error)
{
	const Task *task = data;
	GError *problem = NULL;
	bool fetched = fetch_missing(task, job, &problem);

	/* one update that cannot be had holds up no other */
	if (!fetched && g_error_matches(problem, SL_ERROR, SL_ERROR_CANCELLED)) {
		g_propagate_error(error, problem);
		return false;
	}
	if (!publish(task, job, error)) {
		g_clear_error(&problem);
		return false;
	}
	if (fetched)
		return true;
	g_propagate_prefixed_error(error, problem, "everything else is published; waiting: ");
	return false;
}

static int64_t
start_fetch(SlWork *work, const char *kind, const char *channel, GHashTable *revisions,
	    SlPublishWhy why, const char *person, const char *cause)
{
	g_autoptr(GPtrArray) missing = list_missing(work, channel, revisions, NULL);
	Task *task;

	/* where that cannot be read, the job says why */
	if (missing && missing->len == 0)
		return 0;
	task = task_new(work, channel, person, cause, why);
	task->revisions = revisions ? g_hash_table_ref(revisions) : NULL;
	return sl_jobs_start(work->jobs, kind, channel, person, run_fetch, task, task_free);
}

/* Whether a publication made now would take from machines what only the store has lost. */
static bool
has_lost(const SlWork *work, const char *channel_name)
{
	g_autoptr(GPtrArray) lost = list_lost(work, channel_name, NULL);

	return lost && lost->len > 0;
}

int64_t
sl_work_publish(SlWork *work, const char *channel, SlPublishWhy why, const char *person,
		const char *cause)
{
	return sl_jobs_start(work->jobs, "publish", channel, person, run_publish,
			     task_new(work, channel, person, cause, why), task_free);
}

int64_t
sl_work_fetch(SlWork *work, const char *channel, GHashTable *revisions, bool emergency,
	      const char *person, const char *cause)
{
	bool whole = !emergency && has_lost(work, channel);

	return start_fetch(work, emergency ? "emergency" : "fetch", channel,
			   whole ? NULL : revisions, SL_PUBLISH_CONTENT, person, cause);
}

int64_t
sl_work_retry(SlWork *work, const char *channel, SlPublishWhy why, const char *cause)
{
	int64_t running = sl_jobs_find(work->jobs, "fetch", channel);

	return running ? running
		       : start_fetch(work, "fetch", channel, NULL, why, "schedule", cause);
}

int64_t
sl_work_resign(SlWork *work, const char *channel)
{
	static const char cause[] = "signed anew";

	return has_lost(work, channel)
		       ? sl_work_retry(work, channel, SL_PUBLISH_RESIGN, cause)
		       : sl_work_publish(work, channel, SL_PUBLISH_RESIGN, "schedule", cause);
}

static void
set_sync_result(SlJob *job, const SlSyncRun *run)
{
	g_autoptr(json_t) result =
		json_pack("{s:s, s:s, s:I, s:I, s:I, s:I, s:I}", "upstream", run->upstream,
			  "outcome", run->outcome, "updates", (json_int_t)run->updates, "revisions",
			  (json_int_t)run->revisions, "packages", (json_int_t)run->packages,
			  "withdrawn", (json_int_t)run->withdrawn, "bytes", (json_int_t)run->bytes);

	sl_job_set_result(job, sl_json_text(result));
}

/* Suites are there from the first sync on, within the job: a machine can be pointed at them now. */
static void
publish_suites(SlWork *work, SlJob *job)
{
	for (const char *const *name = sl_channel_names; *name; name++) {
		g_autoptr(GError) problem = NULL;
		Task task = {work,	     (char *)*name,	 (char *)"schedule",
			     (char *)"sync", SL_PUBLISH_CONTENT, NULL};

		/* what is lost is fetched first, by a job of its own */
		if (!has_lost(work, *name) && !publish(&task, job, &problem))
			g_warning("publish %s after a sync: %s", *name, problem->message);
		sl_work_retry(work, *name, SL_PUBLISH_CONTENT, "sync");
	}
}

static bool
run_sync(SlJob *job, gpointer data, GError **error)
{
	Task *task = data;
	g_autoptr(SlSyncRun) run = NULL;

	if (!sl_sync_run(&task->work->sync, task->subject, task->person, job, &run, error))
		return false;
	publish_suites(task->work, job);
	set_sync_result(job, run);
	return true;
}

int64_t
sl_work_sync(SlWork *work, const char *upstream, const char *person)
{
	int64_t running = sl_jobs_find(work->jobs, "sync", upstream);

	if (running)
		return running;
	return sl_jobs_start(work->jobs, "sync", upstream, person, run_sync,
			     task_new(work, upstream, person, NULL, 0), task_free);
}

static bool
run_prune(SlJob *job, gpointer data, GError **error)
{
	Task *task = data;
	int64_t removed = 0;
	int64_t since = sl_clock_now(task->work->sync.clock) - PARTIAL_KEEP;
	g_autoptr(json_t) result = NULL;

	if (!sl_payload_store_prune_partials(task->work->store, since, error) ||
	    !sl_publication_prune(task->work->publisher, job, &removed, error))
		return false;
	result = json_pack("{s:I}", "payloads", (json_int_t)removed);
	sl_job_set_result(job, sl_json_text(result));
	return true;
}

int64_t
sl_work_prune(SlWork *work, const char *person)
{
	return sl_jobs_start(work->jobs, "prune", "store", person, run_prune,
			     task_new(work, "store", person, NULL, 0), task_free);
}

static bool
run_check(SlJob *job, gpointer data, GError **error)
{
	Task *task = data;
	g_autoptr(SlDb) db = sl_db_open(task->work->sync.db_path, SL_DB_READ, error);

	(void)job;
	if (db && sl_db_check_whole(db, error))
		return true;
	g_prefix_error(error, "%s: ", task->work->sync.db_path);
	return false;
}

int64_t
sl_work_check(SlWork *work, const char *person)
{
	return sl_jobs_start(work->jobs, "check", "database", person, run_check,
			     task_new(work, "database", person, NULL, 0), task_free);
}
