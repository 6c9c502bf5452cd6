/* Long work: in order, side by side, told how it ended, and stopped when somebody asks */
#include <glib.h>
#include <string.h>

#include "catalog/base/jobs.h"

#define LONG INT64_C(60000) /* ms: longer than any of this takes */

typedef struct {
	SlClock *clock;
	SlJobs *jobs;
	GMutex mutex; /* for what is below */
	GCond changed;
	GString *order; /* names of the jobs as they began */
	int started;
	int running;
	int most_running;
	int let_go; /* how many held jobs may end */
	int destroyed;
} Fixture;

typedef struct {
	Fixture *f;
	char name;
	int code; /* fails with it; -1: does not */
	bool held;
	bool looks; /* whether anybody asked it to stop, while it is held */
} Work;

static const SlJobLane lanes[] = {
	{"sync", 1, false},
	{"show", 4, true},
	{NULL, 3, false},
};

static void
set_up(Fixture *f, gconstpointer data)
{
	g_mutex_init(&f->mutex);
	g_cond_init(&f->changed);
	f->order = g_string_new(NULL);
	f->clock = sl_clock_new_fixed(1000);
	f->jobs = sl_jobs_new(f->clock, lanes);
}

static void
tear_down(Fixture *f, gconstpointer data)
{
	sl_jobs_free(f->jobs);
	sl_clock_free(f->clock);
	g_string_free(f->order, TRUE);
	g_mutex_clear(&f->mutex);
	g_cond_clear(&f->changed);
}

static void
begin(Work *work)
{
	Fixture *f = work->f;

	g_mutex_lock(&f->mutex);
	g_string_append_c(f->order, work->name);
	f->started++;
	f->running++;
	f->most_running = MAX(f->most_running, f->running);
	g_cond_broadcast(&f->changed);
	g_mutex_unlock(&f->mutex);
}

/* Until let_go(), or until somebody asked the job to stop if it looks. */
static bool
stay(Work *work, SlJob *job, GError **error)
{
	Fixture *f = work->f;
	bool go_on = true;

	g_mutex_lock(&f->mutex);
	while (f->let_go == 0 && (!work->looks || (go_on = sl_job_check(job, error))))
		g_cond_wait_until(&f->changed, &f->mutex, g_get_monotonic_time() + 5000);
	f->let_go -= f->let_go > 0;
	g_mutex_unlock(&f->mutex);
	return go_on;
}

static bool
work_on(SlJob *job, gpointer data, GError **error)
{
	Work *work = data;
	Fixture *f = work->f;
	bool ok;

	begin(work);
	ok = !work->held || stay(work, job, error);
	g_mutex_lock(&f->mutex);
	f->running--;
	g_mutex_unlock(&f->mutex);
	if (ok && work->code >= 0)
		return sl_error_set(error, work->code, "job %c failed", work->name);
	if (ok)
		sl_job_set_result(job, g_strdup_printf("{\"name\":\"%c\"}", work->name));
	return ok;
}

static void
destroy(gpointer data)
{
	Work *work = data;

	g_mutex_lock(&work->f->mutex);
	work->f->destroyed++;
	g_mutex_unlock(&work->f->mutex);
	g_free(work);
}

static int64_t
start(Fixture *f, const char *kind, const char *subject, Work work)
{
	work.f = f;
	return sl_jobs_start(f->jobs, kind, subject, "ann", work_on, g_memdup2(&work, sizeof work),
			     destroy);
}

static void
let_go(Fixture *f, int jobs)
{
	g_mutex_lock(&f->mutex);
	f->let_go += jobs;
	g_cond_broadcast(&f->changed);
	g_mutex_unlock(&f->mutex);
}

static void
wait_for_started(Fixture *f, int started)
{
	g_mutex_lock(&f->mutex);
	while (f->started < started)
		g_cond_wait(&f->changed, &f->mutex);
	g_mutex_unlock(&f->mutex);
}

static void
assert_state(Fixture *f, int64_t id, const char *state)
{
	g_autoptr(SlJobInfo) info = sl_jobs_get(f->jobs, id, NULL);

	g_assert_nonnull(info);
	g_assert_cmpstr(info->state, ==, state);
}

static void
test_jobs_of_one_subject_run_one_after_the_other(Fixture *f, gconstpointer data)
{
	int64_t last = 0;

	for (char name = 'a'; name <= 'j'; name++)
		last = start(f, "publish", "production", (Work){.name = name, .code = -1});
	g_assert_true(sl_jobs_wait(f->jobs, last, LONG));
	g_assert_cmpstr(f->order->str, ==, "abcdefghij");
	g_assert_cmpint(f->most_running, ==, 1);
}

static void
test_other_subjects_run_side_by_side(Fixture *f, gconstpointer data)
{
	Work held = {.name = 'h', .code = -1, .held = true};
	int64_t ids[5];

	ids[0] = start(f, "publish", "production", held);
	ids[1] = start(f, "publish", "certification", held);
	ids[2] = start(f, "fetch", "production", held);
	wait_for_started(f, 3); /* would never be, one after the other */
	ids[3] = start(f, "publish", "production", held);
	ids[4] = start(f, "fetch", "certification", held);
	assert_state(f, ids[3], "queued"); /* the first one runs */
	assert_state(f, ids[4], "queued"); /* three run */
	let_go(f, 5);
	for (int i = 0; i < 5; i++)
		g_assert_true(sl_jobs_wait(f->jobs, ids[i], LONG));
	g_assert_cmpint(f->most_running, <=, 3);
}

static void
test_a_lane_that_is_full_holds_up_no_other(Fixture *f, gconstpointer data)
{
	Work held = {.name = 'h', .code = -1, .held = true};
	int64_t ids[3], quick;

	for (int i = 0; i < 3; i++)
		ids[i] = start(f, "sync", (const char *[]){"a", "b", "c"}[i], held);
	wait_for_started(f, 1);
	quick = start(f, "publish", "production", (Work){.name = 'q', .code = -1});
	g_assert_true(sl_jobs_wait(f->jobs, quick, LONG));
	assert_state(f, ids[1], "queued");
	let_go(f, 3);
	for (int i = 0; i < 3; i++)
		g_assert_true(sl_jobs_wait(f->jobs, ids[i], LONG));
	g_assert_cmpstr(f->order->str, ==, "hqhh");
}

static void
test_a_lane_may_run_one_subject_side_by_side(Fixture *f, gconstpointer data)
{
	int64_t ids[4];

	for (int i = 0; i < 4; i++)
		ids[i] = start(f, "show", "same", (Work){.name = 'h', .code = -1, .held = true});
	wait_for_started(f, 4);
	let_go(f, 4);
	for (int i = 0; i < 4; i++)
		g_assert_true(sl_jobs_wait(f->jobs, ids[i], LONG));
}

static void
test_how_a_job_ended_is_kept(Fixture *f, gconstpointer data)
{
	int64_t good = start(f, "a", "good", (Work){.name = 'g', .code = -1});
	int64_t bad = start(f, "a", "bad", (Work){.name = 'b', .code = SL_ERROR_UPSTREAM});
	g_autoptr(SlJobInfo) done = NULL;
	g_autoptr(SlJobInfo) failed = NULL;
	g_autoptr(GError) error = NULL;

	g_assert_true(sl_jobs_wait(f->jobs, good, LONG));
	g_assert_true(sl_jobs_wait(f->jobs, bad, LONG));
	done = sl_jobs_get(f->jobs, good, NULL);
	failed = sl_jobs_get(f->jobs, bad, NULL);
	g_assert_cmpstr(done->state, ==, "done");
	g_assert_cmpstr(done->result, ==, "{\"name\":\"g\"}");
	g_assert_null(done->error);
	g_assert_cmpstr(done->what, ==, "");
	g_assert_cmpstr(done->person, ==, "ann");
	g_assert_cmpint(done->started_at, ==, 1000);
	g_assert_cmpint(done->finished_at, ==, 1000);
	g_assert_cmpstr(failed->state, ==, "failed");
	g_assert_cmpstr(failed->error, ==, "job b failed");
	g_assert_cmpint(failed->error_code, ==, SL_ERROR_UPSTREAM);
	g_assert_null(failed->result);
	g_assert_null(sl_jobs_get(f->jobs, 99, &error));
	g_assert_error(error, SL_ERROR, SL_ERROR_NOT_FOUND);
}

static void
test_a_running_job_is_found_and_an_ended_one_is_not(Fixture *f, gconstpointer data)
{
	int64_t id = start(f, "sync", "one", (Work){.name = 'h', .code = -1, .held = true});

	g_assert_cmpint(sl_jobs_find(f->jobs, "sync", "one"), ==, id);
	g_assert_cmpint(sl_jobs_find(f->jobs, "sync", "two"), ==, 0);
	g_assert_cmpint(sl_jobs_find(f->jobs, "publish", "one"), ==, 0);
	g_assert_false(sl_jobs_wait(f->jobs, id, 0));
	let_go(f, 1);
	g_assert_true(sl_jobs_wait(f->jobs, id, LONG));
	g_assert_cmpint(sl_jobs_find(f->jobs, "sync", "one"), ==, 0);
}

static void
test_a_running_job_stops_when_it_looks(Fixture *f, gconstpointer data)
{
	int64_t id =
		start(f, "a", "b", (Work){.name = 'h', .code = -1, .held = true, .looks = true});
	g_autoptr(SlJobInfo) info = NULL;
	g_autoptr(GError) error = NULL;

	wait_for_started(f, 1);
	g_assert_true(sl_jobs_cancel(f->jobs, id, NULL));
	g_assert_true(sl_jobs_wait(f->jobs, id, LONG));
	info = sl_jobs_get(f->jobs, id, NULL);
	g_assert_cmpstr(info->state, ==, "cancelled");
	g_assert_null(info->result);
	g_assert_false(sl_jobs_cancel(f->jobs, id, &error));
	g_assert_error(error, SL_ERROR, SL_ERROR_CONFLICT);
	g_clear_error(&error);
	g_assert_false(sl_jobs_cancel(f->jobs, 99, &error));
	g_assert_error(error, SL_ERROR, SL_ERROR_NOT_FOUND);
}

static void
test_a_queued_job_that_is_cancelled_never_begins(Fixture *f, gconstpointer data)
{
	int64_t first = start(f, "a", "b", (Work){.name = 'h', .code = -1, .held = true});
	int64_t second = start(f, "a", "b", (Work){.name = 'x', .code = -1});
	int64_t third = start(f, "a", "b", (Work){.name = 'y', .code = -1});

	wait_for_started(f, 1);
	g_assert_true(sl_jobs_cancel(f->jobs, second, NULL));
	assert_state(f, second, "cancelled");
	assert_state(f, first, "running");
	let_go(f, 1);
	g_assert_true(sl_jobs_wait(f->jobs, third, LONG));
	g_assert_cmpstr(f->order->str, ==, "hy");
	assert_state(f, first, "done");
}

static bool
show_progress(SlJob *job, gpointer data, GError **error)
{
	Fixture *f = data;
	Work held = {.f = f};

	sl_job_step(job, "fetching", 1000, 10);
	sl_job_progress(job, 250, 3);
	begin(&held);
	stay(&held, job, error);
	sl_job_step(job, "publishing", 0, 2);
	begin(&held);
	stay(&held, job, error);
	return true;
}

static void
test_progress_is_that_of_the_current_step(Fixture *f, gconstpointer data)
{
	int64_t id = sl_jobs_start(f->jobs, "a", "b", "ann", show_progress, f, NULL);
	g_autoptr(SlJobInfo) first = NULL;
	g_autoptr(SlJobInfo) second = NULL;

	wait_for_started(f, 1);
	first = sl_jobs_get(f->jobs, id, NULL);
	g_assert_cmpstr(first->what, ==, "fetching");
	g_assert_cmpint(first->bytes_done, ==, 250);
	g_assert_cmpint(first->bytes_total, ==, 1000);
	g_assert_cmpint(first->items_done, ==, 3);
	g_assert_cmpint(first->items_total, ==, 10);
	g_assert_cmpint(first->finished_at, ==, 0);
	let_go(f, 1);
	wait_for_started(f, 2);
	second = sl_jobs_get(f->jobs, id, NULL);
	g_assert_cmpstr(second->what, ==, "publishing");
	g_assert_cmpint(second->bytes_done, ==, 0);
	g_assert_cmpint(second->items_done, ==, 0);
	g_assert_cmpint(second->items_total, ==, 2);
	g_assert_cmpint(second->left_seconds, ==, -1);
	let_go(f, 1);
	g_assert_true(sl_jobs_wait(f->jobs, id, LONG));
}

static void
test_the_last_hundred_to_end_are_remembered(Fixture *f, gconstpointer data)
{
	g_autoptr(GPtrArray) list = NULL;
	int64_t last = 0;

	for (int i = 0; i < 150; i++)
		last = start(f, "a", "b", (Work){.name = 'x', .code = -1});
	g_assert_true(sl_jobs_wait(f->jobs, last, LONG));
	list = sl_jobs_list(f->jobs);
	g_assert_cmpuint(list->len, ==, 100);
	for (guint i = 0; i < list->len; i++)
		g_assert_cmpint(((SlJobInfo *)list->pdata[i])->id, ==, last - i);
	g_assert_null(sl_jobs_get(f->jobs, 1, NULL));
}

/* A long sync, and many publications meanwhile: who waits for the sync wants to know how it ended.
 */
static void
test_a_long_job_is_not_forgotten_when_it_ends(Fixture *f, gconstpointer data)
{
	int64_t slow = start(f, "sync", "b", (Work){.name = 'h', .code = -1, .held = true});
	int64_t last = 0;

	wait_for_started(f, 1);
	for (int i = 0; i < 101; i++)
		last = start(f, "a", "b", (Work){.name = 'x', .code = -1});
	g_assert_true(sl_jobs_wait(f->jobs, last, LONG));
	let_go(f, 1);
	g_assert_true(sl_jobs_wait(f->jobs, slow, LONG));
	assert_state(f, slow, "done");
}

static void
test_what_a_job_was_given_is_freed_when_it_has_ended(Fixture *f, gconstpointer data)
{
	int64_t ids[3];
	int destroyed;

	ids[0] = start(f, "a", "b", (Work){.name = 'h', .code = -1, .held = true});
	ids[1] = start(f, "a", "b", (Work){.name = 'x', .code = -1});
	ids[2] = start(f, "a", "b", (Work){.name = 'x', .code = SL_ERROR_IO});
	g_assert_true(sl_jobs_cancel(f->jobs, ids[1], NULL));
	let_go(f, 1);
	for (int i = 0; i < 3; i++)
		g_assert_true(sl_jobs_wait(f->jobs, ids[i], LONG));
	g_mutex_lock(&f->mutex);
	destroyed = f->destroyed;
	g_mutex_unlock(&f->mutex);
	g_assert_cmpint(destroyed, ==, 3);
}

static void
test_stopping_ends_what_runs_and_what_waits(Fixture *f, gconstpointer data)
{
	Work held = {.name = 'h', .code = -1, .held = true, .looks = true};
	SlJobs *jobs = f->jobs;

	start(f, "a", "one", held);
	start(f, "a", "two", held);
	for (int i = 0; i < 10; i++)
		start(f, "a", "one", (Work){.name = 'x', .code = -1});
	wait_for_started(f, 2);
	f->jobs = NULL;
	sl_jobs_free(jobs);
	g_assert_cmpstr(f->order->str, ==, "hh");
	g_assert_cmpint(f->running, ==, 0);
	g_assert_cmpint(f->destroyed, ==, 12);
}

static void
test_nobody_has_to_watch(Fixture *f, gconstpointer data)
{
	sl_job_step(NULL, "x", 0, 0);
	sl_job_progress(NULL, 1, 1);
	sl_job_set_result(NULL, g_strdup("{}"));
	g_assert_true(sl_job_check(NULL, NULL));
}

int
main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*test)(Fixture *f, gconstpointer data);
	} tests[] = {
		{"/jobs/one-subject", test_jobs_of_one_subject_run_one_after_the_other},
		{"/jobs/side-by-side", test_other_subjects_run_side_by_side},
		{"/jobs/lane", test_a_lane_that_is_full_holds_up_no_other},
		{"/jobs/one-lane", test_a_lane_may_run_one_subject_side_by_side},
		{"/jobs/ended", test_how_a_job_ended_is_kept},
		{"/jobs/find", test_a_running_job_is_found_and_an_ended_one_is_not},
		{"/jobs/cancel-running", test_a_running_job_stops_when_it_looks},
		{"/jobs/cancel-queued", test_a_queued_job_that_is_cancelled_never_begins},
		{"/jobs/progress", test_progress_is_that_of_the_current_step},
		{"/jobs/remembered", test_the_last_hundred_to_end_are_remembered},
		{"/jobs/long", test_a_long_job_is_not_forgotten_when_it_ends},
		{"/jobs/freed", test_what_a_job_was_given_is_freed_when_it_has_ended},
		{"/jobs/stop", test_stopping_ends_what_runs_and_what_waits},
		{"/jobs/nobody", test_nobody_has_to_watch},
	};

	g_test_init(&argc, &argv, NULL);
	/* a job that fails is logged as a warning */
	g_log_set_always_fatal(G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL);
	for (size_t i = 0; i < G_N_ELEMENTS(tests); i++)
		g_test_add(tests[i].name, Fixture, NULL, set_up, tests[i].test, tear_down);
	return g_test_run();
}
