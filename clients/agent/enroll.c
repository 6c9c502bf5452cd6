/* enroll.c - sluice-agent enroll: becoming a machine of a server's */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "catalog/base/command_line.h"
#include "catalog/base/fs.h"
#include "clients/agent/agent.h"
#include "clients/agent/backend_apt.h"
#include "clients/agent/facts.h"
#include "clients/agent/talk.h"
#include "clients/agent/transport.h"

#define TOKEN_MAX 4096 /* bytes of its file */

static void
print_list(const char *title, const GPtrArray *list, const char *empty)
{
	printf("%s\n", list->len > 0 ? title : empty);
	for (guint i = 0; i < list->len; i++)
		printf("  %s\n", (char *)list->pdata[i]);
}

static bool
check_free(const SlAgent *agent, GError **error)
{
	if (agent->state)
		return sl_error_set(
			error, SL_ERROR_CONFLICT,
			"this computer is enrolled with %s already; 'sluice-agent leave' "
			"ends that",
			agent->state->url);
	/* before anything is sent or written */
	if (agent->options.yes || agent->options.dry_run || isatty(STDIN_FILENO))
		return true;
	return sl_error_set(error, SL_ERROR_DENIED,
			    "nobody is there to ask whether the apt sources may be changed: give "
			    "--yes to change them, --dry-run to look");
}

/* What would happen, told without the server's help: it names suites only to its own machines. */
static bool
show_only(SlAgent *agent, const SlMachine *machine, GError **error)
{
	SlAnswerSource *guess = g_new0(SlAnswerSource, 1);
	g_autoptr(GPtrArray) replaced = NULL;

	guess->suite = g_strconcat(machine->facts.os_codename, "-security", NULL);
	g_ptr_array_add(agent->state->sources, guess);
	replaced = sl_apt_replaced(agent, machine->facts.os_codename, error);
	if (!replaced)
		return false;
	printf("%s is the server that made the token.\n", agent->state->url);
	print_list("Enrolling would take these sources out, if the channel has their suites:",
		   replaced, "No direct security source is configured.");
	printf("Nothing was sent and nothing was changed.\n");
	return true;
}

/* Keys of its own: those of an enrolment that did not come to its end are worth nothing. */
static bool
make_keys(SlAgent *agent, GError **error)
{
	g_clear_pointer(&agent->keys, sl_seal_keys_free);
	if (!sl_fs_remove(agent->dir_fd, "keys", error))
		return false;
	agent->keys = sl_seal_keys_new();
	return sl_seal_keys_save(agent->keys, agent->dir_fd, "keys", error);
}

/* The server knows the machine by now, and the person says no: it leaves again. */
static bool
step_back(SlAgent *agent, const SlMachine *machine, GError **error)
{
	g_autoptr(SlAnswer) answer = sl_talk_check_in(agent, machine, true, NULL);

	if (!sl_agent_forget(agent, error))
		return false;
	printf("%s\n", answer ? "The server was told that this computer leaves again."
			      : "The server still lists this computer: remove it there.");
	return true;
}

static bool
take_sources(SlAgent *agent, const SlMachine *machine, GError **error)
{
	g_autoptr(GPtrArray) replaced = sl_apt_replaced(agent, machine->facts.os_codename, error);
	g_autoptr(GError) problem = NULL;
	bool changed;

	if (!replaced)
		return false;
	printf("Channel %s comes as /" SL_APT_OWN_SOURCES ".\n", agent->state->channel);
	print_list("It takes the place of these sources, which are turned off:", replaced,
		   "No other source has its suites.");
	if (!sl_agent_confirm(agent, "Change the apt sources?", &problem)) {
		g_propagate_error(error, g_steal_pointer(&problem));
		step_back(agent, machine, NULL);
		return false;
	}
	return sl_apt_take_over(agent, machine->facts.os_codename, &changed, error);
}

static bool
wait_for_person(SlAgent *agent, const SlMachine *machine, GError **error)
{
	printf("%s holds computers with this token until a person accepts them. The apt sources "
	       "stay as they are until then.\n",
	       agent->state->url);
	if (sl_agent_confirm(agent,
			     "May the run after that change them, so that the channel takes the "
			     "place of the direct security source?",
			     error))
		return true;
	step_back(agent, machine, NULL);
	return false;
}

static bool
enroll(SlAgent *agent, const SlMachine *machine, const char *secret, GError **error)
{
	g_autoptr(SlAnswer) answer = NULL;

	if (!make_keys(agent, error))
		return false;
	answer = sl_talk_enroll(agent, secret, machine, error);
	if (!answer) {
		g_prefix_error(error, "enrol with %s: ", agent->state->url);
		return false;
	}
	sl_state_learn(agent->state, answer);
	if (!sl_state_save(agent->state, agent->dir_fd, error))
		return false;
	printf("Enrolled with %s in group %s.\n", agent->state->url, agent->state->group);
	return agent->state->pending ? wait_for_person(agent, machine, error)
				     : take_sources(agent, machine, error);
}

/* Arguments are read by everybody on a machine, so there are other ways. */
static char *
read_token(const SlAgentOptions *options, GError **error)
{
	g_autoptr(GBytes) bytes = NULL;
	char *token;

	if (options->token_file) {
		bytes = sl_fs_read_path(options->token_file, TOKEN_MAX, error);
		if (!bytes)
			return NULL;
		token = g_strndup(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes));
	} else if (options->token && strcmp(options->token, "-") != 0) {
		token = g_strdup(options->token);
	} else {
		token = sl_read_hidden("token: ");
	}
	if (token)
		return g_strstrip(token);
	sl_error_set(error, SL_ERROR_INVALID, "no token is on standard input");
	return NULL;
}

int
sl_agent_enroll(SlAgent *agent, GError **error)
{
	g_autofree char *url = sl_transport_check_url(agent->options.url, error);
	g_autofree char *token = NULL;
	g_autofree char *secret = NULL;
	g_auto(SlMachine) machine = {0};
	bool ok;

	if (!url)
		return SL_EXIT_USAGE;
	if (!sl_machine_look(agent, &machine, error) || !sl_apt_check(agent, error) ||
	    !sl_agent_open(agent, true, error) || !check_free(agent, error) ||
	    !(token = read_token(&agent->options, error)))
		return SL_EXIT_FAILED;
	agent->state = sl_state_new();
	agent->state->url = g_steal_pointer(&url);
	ok = sl_talk_meet(agent->state->url, token, agent->state, &secret, error);
	if (ok)
		ok = agent->options.dry_run ? show_only(agent, &machine, error)
					    : enroll(agent, &machine, secret, error);
	if (ok && !agent->options.dry_run)
		printf("%s\n", agent->state->pending
				       ? "Next: accept it there, then: sluice-agent run"
				       : "Next: sluice-agent run --install");
	return ok ? SL_EXIT_OK : SL_EXIT_FAILED;
}
