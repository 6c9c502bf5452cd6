/* jobs.h - long work on threads of its own: progress, result, cancel
 *
 * A job has a kind ("sync", "publish") and a subject ("debian-security", "production"). Each kind
 * has a lane, with threads that no other lane takes: a hundred syncs that hang hold up no
 * publication. Ended jobs are remembered (the last 100) until the program ends; how one failed is
 * logged. All functions may be called from any thread. The functions that take an SlJob accept
 * NULL: nobody watches, nobody cancels.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "catalog/base/clock.h"
#include "catalog/base/error.h"

typedef struct SlJob SlJob;
typedef struct SlJobs SlJobs;

typedef bool (*SlJobFunc)(SlJob *job, gpointer data, GError **error);

typedef struct {
	int64_t id;
	char *kind;
	char *subject;
	char *person;	     /* who asked for it, or "schedule" */
	char *state;	     /* queued, running, done, failed, cancelled */
	char *what;	     /* the step it is at, or what it waits for, in words; "" when done */
	int64_t bytes_done;  /* of this step */
	int64_t bytes_total; /* 0 when unknown */
	int64_t items_done;
	int64_t items_total;
	int64_t started_at;   /* 0 while queued */
	int64_t finished_at;  /* 0 while it runs */
	int64_t left_seconds; /* estimated from the rate so far; -1 when unknown */
	char *result;	      /* JSON, or NULL */
	char *error;	      /* the message of a failed job, or NULL */
	int error_code;	      /* SlErrorCode of a failed job */
} SlJobInfo;

typedef struct {
	const char *kind;  /* NULL, in the last lane: every kind that has none of its own */
	unsigned threads;  /* so many jobs at once */
	bool side_by_side; /* also jobs of one kind and subject; else one after the other */
} SlJobLane;

/** @param lanes  stays the caller's for as long as the jobs are there; the last one's kind is NULL
 */
SlJobs *sl_jobs_new(const SlClock *clock, const SlJobLane *lanes);
/**
 * Queues a job. Returns its id, from 1 on.
 *
 * @param destroy  frees data when the job ends, before anybody is told; calls nothing of this here
 */
int64_t sl_jobs_start(SlJobs *jobs, const char *kind, const char *subject, const char *person,
		      SlJobFunc func, gpointer data, GDestroyNotify destroy);
/** A copy of what is known of a job; SL_ERROR_NOT_FOUND. */
SlJobInfo *sl_jobs_get(SlJobs *jobs, int64_t id, GError **error);
/** All that are known, newest first; (element-type SlJobInfo), owned. */
GPtrArray *sl_jobs_list(SlJobs *jobs);
/** The id of a queued or running job of a kind and subject, or 0. */
int64_t sl_jobs_find(SlJobs *jobs, const char *kind, const char *subject);
/** Asks a job to stop; it ends as cancelled when it next looks. */
bool sl_jobs_cancel(SlJobs *jobs, int64_t id, GError **error);
/** Waits until a job has ended or timeout_ms passed; whether it has ended. */
bool sl_jobs_wait(SlJobs *jobs, int64_t id, int64_t timeout_ms);
/** Cancels everything, waits for it to end. */
void sl_jobs_free(SlJobs *jobs);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SlJobs, sl_jobs_free)

void sl_job_info_free(SlJobInfo *info);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SlJobInfo, sl_job_info_free)

/* what the job itself calls */

/** Its id. */
int64_t sl_job_id(const SlJob *job);

/** Begins a step: names it and sets its totals (0 for unknown); done figures start at 0. */
void sl_job_step(SlJob *job, const char *what, int64_t bytes_total, int64_t items_total);
/** Sets the figures of the current step. */
void sl_job_progress(SlJob *job, int64_t bytes_done, int64_t items_done);
/** False with SL_ERROR_CANCELLED once somebody asked the job to stop. */
bool sl_job_check(SlJob *job, GError **error);
/** Whether it was asked to stop because the program ends, and not by a person. */
bool sl_job_is_interrupted(SlJob *job);
/** Takes a JSON text as the job's result. */
void sl_job_set_result(SlJob *job, char *json);
