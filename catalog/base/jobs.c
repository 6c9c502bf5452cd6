#include "catalog/base/jobs.h"

#include <inttypes.h>
#include <string.h>

#define REMEMBERED 100 /* ended jobs */

struct SlJob {
	SlJobs *jobs;
	const SlJobLane *lane;
	SlJobInfo info; /* under the jobs' mutex */
	SlJobFunc func;
	gpointer data;
	GDestroyNotify destroy;
	bool cancel;
	bool interrupted;	/* cancelled by the end of the program */
	gint64 step_started_us; /* monotonic */
	int64_t ended_as;	/* how many had ended then, with this one */
};

struct SlJobs {
	const SlClock *clock;
	const SlJobLane *lanes;
	GMutex mutex; /* for everything below and all jobs */
	GCond changed;
	GPtrArray *jobs;    /* (owned, element-type SlJob): oldest first */
	GPtrArray *threads; /* (element-type GThread) */
	int64_t next_id;
	int64_t ended; /* so far */
	bool closing;
};

static void
clear_info(SlJobInfo *info)
{
	g_free(info->kind);
	g_free(info->subject);
	g_free(info->person);
	g_free(info->state);
	g_free(info->what);
	g_free(info->result);
	g_free(info->error);
}

static void
job_free(gpointer data)
{
	SlJob *job = data;

	clear_info(&job->info);
	g_free(job);
}

static void
set_text(char **place, const char *text)
{
	g_free(*place);
	*place = g_strdup(text);
}

static bool
in_state(const SlJob *job, const char *state)
{
	return strcmp(job->info.state, state) == 0;
}

static bool
has_ended(const SlJob *job)
{
	return !in_state(job, "queued") && !in_state(job, "running");
}

/* The older job that has to end before one may run; NULL: none. */
static const SlJob *
waits_for(const SlJobs *jobs, const SlJob *job)
{
	for (guint i = 0; !job->lane->side_by_side && jobs->jobs->pdata[i] != job; i++) {
		const SlJob *other = jobs->jobs->pdata[i];

		if (!has_ended(other) && strcmp(other->info.kind, job->info.kind) == 0 &&
		    strcmp(other->info.subject, job->info.subject) == 0)
			return other;
	}
	return NULL;
}

static SlJob *
next_job(const SlJobs *jobs, const SlJobLane *lane)
{
	for (guint i = 0; i < jobs->jobs->len; i++) {
		SlJob *job = jobs->jobs->pdata[i];

		if (job->lane == lane && in_state(job, "queued") && !waits_for(jobs, job))
			return job;
	}
	return NULL;
}

/* Forgets the job that ended REMEMBERED jobs ago. */
static void
forget(SlJobs *jobs)
{
	for (guint i = 0; i < jobs->jobs->len; i++) {
		const SlJob *job = jobs->jobs->pdata[i];

		if (has_ended(job) && job->ended_as <= jobs->ended - REMEMBERED) {
			g_ptr_array_remove_index(jobs->jobs, i);
			return;
		}
	}
}

static void
free_data(SlJob *job)
{
	if (job->destroy)
		job->destroy(job->data);
	job->data = NULL;
	job->destroy = NULL;
}

/* Notes how a job ended; locked. */
static void
end_job(SlJobs *jobs, SlJob *job, bool ok, const GError *error)
{
	bool cancelled = g_error_matches(error, SL_ERROR, SL_ERROR_CANCELLED);

	set_text(&job->info.state, ok ? "done" : cancelled ? "cancelled" : "failed");
	if (ok) {
		set_text(&job->info.what, "");
	} else {
		set_text(&job->info.error, error ? error->message : "failed without a reason");
		job->info.error_code = error ? error->code : SL_ERROR_IO;
	}
	job->info.finished_at = sl_clock_now(jobs->clock);
	job->ended_as = ++jobs->ended;
	forget(jobs);
	g_cond_broadcast(&jobs->changed);
}

/* Runs one job; called and returns locked. */
static void
run_job(SlJobs *jobs, SlJob *job)
{
	g_autoptr(GError) error = NULL;
	bool ok;

	set_text(&job->info.state, "running");
	job->info.started_at = sl_clock_now(jobs->clock);
	job->step_started_us = g_get_monotonic_time();
	g_mutex_unlock(&jobs->mutex);
	ok = sl_job_check(job, &error) && job->func(job, job->data, &error);
	if (!ok && !g_error_matches(error, SL_ERROR, SL_ERROR_CANCELLED))
		g_warning("%s %s failed: %s", job->info.kind, job->info.subject,
			  error ? error->message : "without a reason");
	free_data(job);
	g_mutex_lock(&jobs->mutex);
	end_job(jobs, job, ok, error);
}

/* What a thread is told. */
typedef struct {
	SlJobs *jobs;
	const SlJobLane *lane;
} Worker;

static gpointer
work(gpointer data)
{
	g_autofree Worker *worker = data;
	SlJobs *jobs = worker->jobs;

	g_mutex_lock(&jobs->mutex);
	while (!jobs->closing) {
		SlJob *job = next_job(jobs, worker->lane);

		if (job)
			run_job(jobs, job);
		else
			g_cond_wait(&jobs->changed, &jobs->mutex);
	}
	g_mutex_unlock(&jobs->mutex);
	return NULL;
}

static void
start_threads(SlJobs *jobs, const SlJobLane *lane)
{
	for (unsigned i = 0; i < lane->threads; i++) {
		Worker *worker = g_new0(Worker, 1);

		worker->jobs = jobs;
		worker->lane = lane;
		g_ptr_array_add(jobs->threads, g_thread_new("job", work, worker));
	}
}

SlJobs *
sl_jobs_new(const SlClock *clock, const SlJobLane *lanes)
{
	SlJobs *jobs = g_new0(SlJobs, 1);
	const SlJobLane *lane = lanes;

	jobs->clock = clock;
	jobs->lanes = lanes;
	jobs->next_id = 1;
	jobs->jobs = g_ptr_array_new_with_free_func(job_free);
	jobs->threads = g_ptr_array_new();
	g_mutex_init(&jobs->mutex);
	g_cond_init(&jobs->changed);
	for (; lane->kind; lane++)
		start_threads(jobs, lane);
	start_threads(jobs, lane);
	return jobs;
}

static const SlJobLane *
lane_of(const SlJobs *jobs, const char *kind)
{
	const SlJobLane *lane = jobs->lanes;

	while (lane->kind && strcmp(lane->kind, kind) != 0)
		lane++;
	return lane;
}

int64_t
sl_jobs_start(SlJobs *jobs, const char *kind, const char *subject, const char *person,
	      SlJobFunc func, gpointer data, GDestroyNotify destroy)
{
	SlJob *job = g_new0(SlJob, 1);
	int64_t id;

	job->jobs = jobs;
	job->lane = lane_of(jobs, kind);
	job->func = func;
	job->data = data;
	job->destroy = destroy;
	job->info.kind = g_strdup(kind);
	job->info.subject = g_strdup(subject);
	job->info.person = g_strdup(person);
	job->info.state = g_strdup("queued");
	job->info.what = g_strdup("");
	g_mutex_lock(&jobs->mutex);
	id = jobs->next_id++;
	job->info.id = id;
	g_ptr_array_add(jobs->jobs, job);
	g_cond_broadcast(&jobs->changed);
	g_mutex_unlock(&jobs->mutex);
	return id;
}

/* Seconds left of the current step at the rate so far. */
static int64_t
estimate(const SlJob *job)
{
	const SlJobInfo *info = &job->info;
	int64_t done = info->bytes_total ? info->bytes_done : info->items_done;
	int64_t total = info->bytes_total ? info->bytes_total : info->items_total;
	double passed = (double)(g_get_monotonic_time() - job->step_started_us) / G_USEC_PER_SEC;

	if (!in_state(job, "running") || total <= 0 || done <= 0 || passed < 1)
		return -1;
	return (int64_t)(passed * (double)(total - MIN(done, total)) / (double)done);
}

/* The step a job is at; of a queued one, why it does not run yet. */
static char *
describe_step(const SlJob *job)
{
	const SlJob *other;

	if (!in_state(job, "queued"))
		return g_strdup(job->info.what);
	other = waits_for(job->jobs, job);
	if (other)
		return g_strdup_printf("waiting for job %" PRId64, other->info.id);
	return g_strdup_printf("waiting: %u at once", job->lane->threads);
}

static SlJobInfo *
copy_info(const SlJob *job)
{
	SlJobInfo *info = g_new0(SlJobInfo, 1);

	*info = job->info;
	info->kind = g_strdup(job->info.kind);
	info->subject = g_strdup(job->info.subject);
	info->person = g_strdup(job->info.person);
	info->state = g_strdup(job->info.state);
	info->what = describe_step(job);
	info->result = g_strdup(job->info.result);
	info->error = g_strdup(job->info.error);
	info->left_seconds = estimate(job);
	return info;
}

static SlJob *
find(SlJobs *jobs, int64_t id)
{
	for (guint i = 0; i < jobs->jobs->len; i++) {
		SlJob *job = jobs->jobs->pdata[i];

		if (job->info.id == id)
			return job;
	}
	return NULL;
}

static bool
unknown(int64_t id, GError **error)
{
	return sl_error_set(error, SL_ERROR_NOT_FOUND, "no job %" PRId64, id);
}

SlJobInfo *
sl_jobs_get(SlJobs *jobs, int64_t id, GError **error)
{
	g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&jobs->mutex);
	SlJob *job = find(jobs, id);

	if (!job) {
		unknown(id, error);
		return NULL;
	}
	return copy_info(job);
}

GPtrArray *
sl_jobs_list(SlJobs *jobs)
{
	GPtrArray *list = g_ptr_array_new_with_free_func((GDestroyNotify)sl_job_info_free);
	g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&jobs->mutex);

	for (guint i = jobs->jobs->len; i > 0; i--)
		g_ptr_array_add(list, copy_info(jobs->jobs->pdata[i - 1]));
	return list;
}

int64_t
sl_jobs_find(SlJobs *jobs, const char *kind, const char *subject)
{
	g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&jobs->mutex);

	for (guint i = 0; i < jobs->jobs->len; i++) {
		const SlJob *job = jobs->jobs->pdata[i];

		if (!has_ended(job) && strcmp(job->info.kind, kind) == 0 &&
		    strcmp(job->info.subject, subject) == 0)
			return job->info.id;
	}
	return 0;
}

/* Locked. A queued job ends at once. */
static void
cancel(SlJobs *jobs, SlJob *job)
{
	g_autoptr(GError) error = NULL;

	__atomic_store_n(&job->interrupted, jobs->closing, __ATOMIC_SEQ_CST);
	__atomic_store_n(&job->cancel, true, __ATOMIC_SEQ_CST);
	if (in_state(job, "queued") && !sl_job_check(job, &error)) {
		free_data(job);
		end_job(jobs, job, false, error);
	}
}

bool
sl_jobs_cancel(SlJobs *jobs, int64_t id, GError **error)
{
	g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&jobs->mutex);
	SlJob *job = find(jobs, id);

	if (!job)
		return unknown(id, error);
	if (has_ended(job))
		return sl_error_set(error, SL_ERROR_CONFLICT, "job %" PRId64 " has ended: %s", id,
				    job->info.state);
	cancel(jobs, job);
	return true;
}

bool
sl_jobs_wait(SlJobs *jobs, int64_t id, int64_t timeout_ms)
{
	gint64 until = g_get_monotonic_time() + timeout_ms * 1000;
	g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&jobs->mutex);
	SlJob *job;

	while ((job = find(jobs, id)) && !has_ended(job))
		if (!g_cond_wait_until(&jobs->changed, &jobs->mutex, until))
			break;
	job = find(jobs, id);
	return !job || has_ended(job);
}

void
sl_jobs_free(SlJobs *jobs)
{
	if (!jobs)
		return;
	g_mutex_lock(&jobs->mutex);
	jobs->closing = true;
	for (guint i = jobs->jobs->len; i > 0; i--)
		if (!has_ended(jobs->jobs->pdata[i - 1]))
			cancel(jobs, jobs->jobs->pdata[i - 1]);
	g_cond_broadcast(&jobs->changed);
	g_mutex_unlock(&jobs->mutex);
	for (guint i = 0; i < jobs->threads->len; i++)
		g_thread_join(jobs->threads->pdata[i]);
	g_ptr_array_unref(jobs->threads);
	g_ptr_array_unref(jobs->jobs);
	g_mutex_clear(&jobs->mutex);
	g_cond_clear(&jobs->changed);
	g_free(jobs);
}

void
sl_job_info_free(SlJobInfo *info)
{
	if (!info)
		return;
	clear_info(info);
	g_free(info);
}

int64_t
sl_job_id(const SlJob *job)
{
	return job->info.id;
}

void
sl_job_step(SlJob *job, const char *what, int64_t bytes_total, int64_t items_total)
{
	if (!job)
		return;
	g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&job->jobs->mutex);

	set_text(&job->info.what, what);
	job->info.bytes_done = 0;
	job->info.items_done = 0;
	job->info.bytes_total = bytes_total;
	job->info.items_total = items_total;
	job->step_started_us = g_get_monotonic_time();
}

void
sl_job_progress(SlJob *job, int64_t bytes_done, int64_t items_done)
{
	if (!job)
		return;
	g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&job->jobs->mutex);

	job->info.bytes_done = bytes_done;
	job->info.items_done = items_done;
}

bool
sl_job_check(SlJob *job, GError **error)
{
	if (!job || !__atomic_load_n(&job->cancel, __ATOMIC_SEQ_CST))
		return true;
	return sl_error_set(error, SL_ERROR_CANCELLED, "%s",
			    sl_job_is_interrupted(job) ? "the server was stopped"
						       : "it was asked to stop");
}

bool
sl_job_is_interrupted(SlJob *job)
{
	return job && __atomic_load_n(&job->interrupted, __ATOMIC_SEQ_CST);
}

void
sl_job_set_result(SlJob *job, char *json)
{
	if (!job) {
		g_free(json);
		return;
	}
	g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&job->jobs->mutex);

	g_free(job->info.result);
	job->info.result = json;
}
