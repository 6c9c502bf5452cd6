/* wait.c - waiting for jobs, with progress on a terminal; ^C asks the job to stop */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "catalog/base/command_line.h"
#include "catalog/base/text.h"
#include "server/ctl/ctl.h"

#define CLEAR_LINE "\r\033[K"
#define LOST_SHOWN 5 /* names of updates, at most */

/* Set by ^C; a signal handler has nowhere else to put it. */
static volatile sig_atomic_t *
interrupted(void)
{
	static volatile sig_atomic_t flag;

	return &flag;
}

static void
on_interrupt(int number)
{
	(void)number;
	*interrupted() += 1;
}

static const char *
text_of(const json_t *job, const char *key)
{
	const char *text = json_string_value(json_object_get(job, key));

	return text ? text : "";
}

static int64_t
number_of(const json_t *job, const char *key)
{
	return json_integer_value(json_object_get(job, key));
}

static void
show_progress(const json_t *job)
{
	int64_t total = number_of(job, "bytes_total"), done = number_of(job, "bytes_done");
	int64_t items = number_of(job, "items_total"), left = number_of(job, "left_seconds");
	g_autofree char *done_text = sl_text_format_size(done);
	g_autofree char *total_text = sl_text_format_size(total);
	g_autofree char *what = sl_text_escape(text_of(job, "what"));

	fprintf(stderr, CLEAR_LINE "%s %s: %s", text_of(job, "kind"), text_of(job, "subject"),
		what);
	if (total > 0)
		fprintf(stderr, ", %s of %s", done_text, total_text);
	if (items > 0)
		fprintf(stderr, ", %" PRId64 " of %" PRId64, number_of(job, "items_done"), items);
	else if (number_of(job, "items_done") > 0)
		fprintf(stderr, ", %" PRId64 " packages", number_of(job, "items_done"));
	if (left >= 0)
		fprintf(stderr, ", %" PRId64 " s left", left);
	fflush(stderr);
}

static bool
is_over(const json_t *job)
{
	const char *state = text_of(job, "state");

	return strcmp(state, "queued") != 0 && strcmp(state, "running") != 0;
}

/* Asks for a job until it has ended. */
static json_t *
watch(const SlCtl *ctl, int64_t id, bool terminal, GError **error)
{
	g_autofree char *path = g_strdup_printf("jobs/%" PRId64, id);
	g_autofree char *waiting = g_strdup_printf("%s?wait_ms=300", path);
	bool cancelled = false;

	for (;;) {
		g_autoptr(json_t) job = sl_client_get(ctl, waiting, error);

		if (!job)
			return NULL;
		if (is_over(job))
			return g_steal_pointer(&job);
		if (*interrupted() > 1) {
			sl_error_set(error, SL_ERROR_CANCELLED,
				     "job %" PRId64 " may still be running; see: sluicectl job "
				     "show %" PRId64,
				     id, id);
			return NULL;
		}
		if (*interrupted() && !cancelled) {
			cancelled = true;
			fprintf(stderr, "\nasked job %" PRId64 " to stop; ^C again to leave it\n",
				id);
			json_decref(sl_client_delete(ctl, path, NULL));
		}
		if (terminal)
			show_progress(job);
	}
}

static bool
judge(const json_t *job, GError **error)
{
	const char *state = text_of(job, "state");

	if (strcmp(state, "done") == 0)
		return true;
	return sl_error_set(error,
			    strcmp(state, "cancelled") == 0 ? SL_ERROR_CANCELLED : SL_ERROR_IO,
			    "%s %s %s: %s", text_of(job, "kind"), text_of(job, "subject"), state,
			    text_of(job, "error"));
}

/* What a publication took out for now because the store has lost it. */
static void
show_lost(const json_t *lost)
{
	for (size_t i = 0; i < MIN(json_array_size(lost), LOST_SHOWN); i++)
		printf("note: the store has lost payloads of %s: it is out of the channel until "
		       "they are fetched again\n",
		       json_string_value(json_array_get(lost, i)));
	if (json_array_size(lost) > LOST_SHOWN)
		printf("note: likewise %zu more\n", json_array_size(lost) - LOST_SHOWN);
}

/* Packages without an update are a base system's: nothing of it is there to approve. */
static void
show_sync(const json_t *job, const json_t *result)
{
	int64_t updates = number_of(result, "updates"), packages = number_of(result, "packages");
	bool base = packages > 0 && updates == 0 && number_of(result, "revisions") == 0;
	g_autofree char *size = sl_text_format_size(number_of(result, "bytes"));

	printf("%s: %s; ", text_of(job, "subject"), text_of(result, "outcome"));
	if (base)
		printf("%" PRId64 " packages known, none to approve", packages);
	else
		printf("%" PRId64 " new updates, %" PRId64 " packages, %" PRId64 " withdrawn",
		       updates, packages, number_of(result, "withdrawn"));
	printf("; %s received\n", size);
}

static void
show_result(const SlCtl *ctl, const json_t *job)
{
	const json_t *result = json_object_get(job, "result");

	if (ctl->json) {
		g_autofree char *text = sl_json_text(job);

		puts(text);
	} else if (strcmp(text_of(job, "kind"), "sync") == 0) {
		show_sync(job, result);
	} else if (json_object_get(result, "publication")) {
		int64_t updates = number_of(result, "updates");
		int64_t missing = number_of(result, "missing");

		printf("%s: publication %s with %" PRId64 " update%s is being served\n",
		       text_of(job, "subject"), text_of(result, "publication"), updates,
		       updates == 1 ? "" : "s");
		if (missing > 0)
			printf("note: %" PRId64 " payload%s of what is approved %s not in the "
			       "store: an update joins the channel when its payloads are\n",
			       missing, missing == 1 ? "" : "s", missing == 1 ? "is" : "are");
		show_lost(json_object_get(result, "lost"));
	}
}

/* What can be done with work that goes on without us. */
static void
show_ids(const SlCtl *ctl, const json_t *ids)
{
	if (ctl->json) {
		g_autoptr(json_t) jobs = json_pack("{s:O}", "jobs", (json_t *)ids);
		g_autofree char *text = sl_json_text(jobs);

		puts(text);
		return;
	}
	for (size_t i = 0; i < json_array_size(ids); i++)
		printf("job %" PRId64 " has begun; see: sluicectl job show %" PRId64 "\n",
		       (int64_t)json_integer_value(json_array_get(ids, i)),
		       (int64_t)json_integer_value(json_array_get(ids, i)));
}

bool
sl_wait_for_jobs(const SlCtl *ctl, const json_t *ids, GError **error)
{
	bool terminal = isatty(STDERR_FILENO) && !ctl->json;
	bool ok = true;

	if (ctl->no_wait) {
		show_ids(ctl, ids);
		return true;
	}
	signal(SIGINT, on_interrupt);
	for (size_t i = 0; i < json_array_size(ids); i++) {
		g_autoptr(GError) problem = NULL;
		g_autoptr(json_t) job =
			watch(ctl, json_integer_value(json_array_get(ids, i)), terminal, &problem);

		if (terminal)
			fputs(CLEAR_LINE, stderr);
		if (job && judge(job, &problem)) {
			show_result(ctl, job);
		} else if (ok) {
			/* the others are waited for all the same */
			g_propagate_error(error, g_steal_pointer(&problem));
			ok = false;
		} else {
			sl_say_error("sluicectl", problem);
		}
	}
	return ok;
}

bool
sl_wait_for_answer(const SlCtl *ctl, json_t *answer, GError **error)
{
	const json_t *jobs = json_object_get(answer, "jobs");

	if (json_array_size(jobs) > 0)
		return sl_wait_for_jobs(ctl, jobs, error);
	return sl_ctl_done(ctl, json_incref(answer), "done");
}
