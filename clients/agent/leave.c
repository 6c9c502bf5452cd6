/* leave.c - sluice-agent leave: telling the server, and putting everything back */
#include <stdio.h>

#include "clients/agent/agent.h"
#include "clients/agent/backend_apt.h"
#include "clients/agent/facts.h"
#include "clients/agent/talk.h"

/* Best effort: a server that is gone must not keep a machine. */
static void
tell_server(SlAgent *agent)
{
	g_autoptr(GError) problem = NULL;
	g_auto(SlMachine) machine = {0};
	g_autoptr(SlAnswer) answer = NULL;

	if (!agent->state || !agent->keys)
		return;
	if (sl_machine_look(agent, &machine, &problem))
		answer = sl_talk_check_in(agent, &machine, true, &problem);
	if (answer)
		printf("The server was told.\n");
	else
		fprintf(stderr,
			"sluice-agent: the server was not told, remove this computer there: %s\n",
			problem->message);
}

int
sl_agent_leave(SlAgent *agent, GError **error)
{
	if (!sl_agent_open(agent, true, error))
		return SL_EXIT_FAILED;
	printf("Leaving puts the apt sources back as they were and removes /" SL_APT_OWN_SOURCES
	       ".\n");
	if (!sl_agent_confirm(agent, "Leave the server?", error))
		return SL_EXIT_FAILED;
	tell_server(agent);
	if (!sl_apt_give_back(agent, error) || !sl_agent_forget(agent, error))
		return SL_EXIT_FAILED;
	printf("This machine has left.\n");
	return SL_EXIT_OK;
}
