/* run.c - sluice-agent run: check in, follow the channel, upgrade when asked, report */
#include <stdio.h>
#include <string.h>

#include "catalog/base/text.h"
#include "clients/agent/agent.h"
#include "clients/agent/apply.h"
#include "clients/agent/backend_apt.h"
#include "clients/agent/facts.h"
#include "clients/agent/talk.h"

/* A run that goes on after something went wrong, and ends with the gravest of it. */
typedef struct {
	SlAgent *agent;
	int status;
	char *problem; /* the gravest, in words */
} Run;

static void
note(Run *run, int status, const char *words)
{
	fprintf(stderr, "sluice-agent: %s\n", words);
	if (status <= run->status)
		return;
	run->status = status;
	g_free(run->problem);
	run->problem = g_strdup(words);
}

/* Checks in; what fails is noted, for a machine must be patched even when nobody counts it. */
static void
check_in(Run *run, const SlMachine *machine)
{
	g_autoptr(GError) problem = NULL;
	g_autoptr(SlAnswer) answer = NULL;
	bool denied;

	if (run->agent->state->twice) {
		note(run, SL_EXIT_IDENTITY,
		     "this computer's identity is used twice, so it does not check in: "
		     "'sluice-agent leave', then enroll with a new token");
		return;
	}
	answer = sl_talk_check_in(run->agent, machine, false, &problem);
	if (answer)
		return;
	denied = g_error_matches(problem, SL_ERROR, SL_ERROR_DENIED);
	note(run, denied ? SL_EXIT_IDENTITY : SL_EXIT_UNDELIVERED, problem->message);
}

static bool
follow_channel(const SlAgent *agent, const SlMachine *machine, GError **error)
{
	bool changed = false;

	if (agent->state->sources->len == 0)
		return true;
	if (!sl_apt_take_over(agent, machine->facts.os_codename, &changed, error))
		return false;
	if (changed)
		printf("The channel is now %s; /" SL_APT_OWN_SOURCES " was written.\n",
		       agent->state->channel);
	return true;
}

static void
print_results(const GPtrArray *results)
{
	for (guint i = 0; i < results->len; i++) {
		const SlReportResult *result = results->pdata[i];

		printf("%-14s %s %s %s\n", result->status, result->package, result->version,
		       result->architecture);
	}
	if (results->len == 0)
		printf("Nothing to install.\n");
}

static bool
has_failed(const GPtrArray *results)
{
	for (guint i = 0; i < results->len; i++) {
		const char *status = ((SlReportResult *)results->pdata[i])->status;

		if (strcmp(status, "failed") == 0 || strcmp(status, "downloaded") == 0)
			return true;
	}
	return false;
}

static bool
install(Run *run, const SlMachine *machine, GError **error)
{
	g_auto(SlApplied) applied = {0};

	if (run->agent->state->sources->len == 0) {
		printf("There is no channel to install from yet.\n");
		return true;
	}
	if (!sl_apply(run->agent, machine, &applied, error))
		return false;
	g_free(run->agent->state->channel_problem);
	run->agent->state->channel_problem =
		applied.channel_failed ? g_utf8_make_valid(applied.words, -1) : g_strdup("");
	if (applied.channel_failed)
		note(run, SL_EXIT_CHANNEL, applied.words);
	else if (has_failed(applied.results))
		note(run, SL_EXIT_NOT_UPGRADED,
		     "some packages were not brought to the channel's "
		     "version");
	if (!applied.channel_failed)
		print_results(applied.results);
	return sl_outbox_add(run->agent->outbox, applied.results, error);
}

static bool
install_and_report(Run *run, const SlMachine *before, GError **error)
{
	g_auto(SlMachine) after = {0};

	if (!install(run, before, error) || !sl_machine_look(run->agent, &after, error))
		return false;
	check_in(run, &after);
	return true;
}

static bool
remember_problem(Run *run, GError **error)
{
	SlState *state = run->agent->state;

	g_free(state->problem);
	state->problem = sl_text_escape(run->problem ? run->problem : "");
	return sl_state_save(state, run->agent->dir_fd, error);
}

static bool
go(Run *run, GError **error)
{
	const SlAgent *agent = run->agent;
	g_auto(SlMachine) machine = {0};

	if (!sl_machine_look(agent, &machine, error))
		return false;
	check_in(run, &machine);
	if (!follow_channel(agent, &machine, error))
		return false;
	if (agent->state->pending)
		printf("The server holds this computer until a person accepts it.\n");
	else if (agent->options.install && !install_and_report(run, &machine, error))
		return false;
	if (sl_outbox_count(agent->outbox) > 0)
		fprintf(stderr, "sluice-agent: %u results are kept for the next run\n",
			sl_outbox_count(agent->outbox));
	return remember_problem(run, error);
}

int
sl_agent_run(SlAgent *agent, GError **error)
{
	Run run = {.agent = agent};
	bool ok = sl_agent_open_enrolled(agent, error) && go(&run, error);

	g_free(run.problem);
	return ok ? run.status : SL_EXIT_FAILED;
}
