/* status.c - sluice-agent status: what the agent knows */
#include <inttypes.h>
#include <stdio.h>

#include "catalog/base/json.h"
#include "catalog/base/text.h"
#include "clients/agent/agent.h"
#include "clients/agent/backend_apt.h"
#include "clients/agent/facts.h"

static const char *
state_word(const SlState *state)
{
	return state->twice ? "identity used twice" : state->pending ? "pending" : "active";
}

static json_t *
names_to_json(const GPtrArray *names)
{
	json_t *array = json_array();

	for (guint i = 0; i < names->len; i++)
		json_array_append_new(array, json_string(names->pdata[i]));
	return array;
}

static void
print_json(const SlAgent *agent, const GPtrArray *replaced)
{
	const SlState *state = agent->state;
	g_autoptr(json_t) json = json_pack(
		"{s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:s, s:o}", "server",
		state->url, "state", state_word(state), "group", state->group, "channel",
		state->channel, "computer", (json_int_t)state->computer, "counter",
		(json_int_t)state->counter, "epoch", (json_int_t)state->epoch, "tried_at",
		(json_int_t)state->tried_at, "acknowledged_at", (json_int_t)state->acknowledged_at,
		"undelivered", (json_int_t)sl_outbox_count(agent->outbox), "problem",
		state->problem, "replaced", names_to_json(replaced));
	g_autofree char *text = sl_json_text(json);

	puts(text);
}

static void
print_time(const char *title, int64_t at)
{
	g_autofree char *text = at > 0 ? sl_text_format_time(at) : g_strdup("never");

	printf("%-14s%s\n", title, text);
}

static void
print_text(const SlAgent *agent, const GPtrArray *replaced)
{
	const SlState *state = agent->state;

	printf("%-14s%s\n%-14s%s\n%-14s%s\n%-14s%s\n%-14s%" PRId64 "\n", "server", state->url,
	       "state", state_word(state), "group", state->group, "channel",
	       *state->channel ? state->channel : "none yet", "computer", state->computer);
	print_time("tried", state->tried_at);
	print_time("acknowledged", state->acknowledged_at);
	printf("%-14s%u results\n", "undelivered", sl_outbox_count(agent->outbox));
	if (*state->problem)
		printf("%-14s%s\n", "last problem", state->problem);
	for (guint i = 0; i < replaced->len; i++)
		printf("%-14s%s\n", i == 0 ? "replaced" : "", (char *)replaced->pdata[i]);
}

int
sl_agent_status(SlAgent *agent, GError **error)
{
	g_auto(SlMachine) machine = {0};
	g_autoptr(GPtrArray) replaced = NULL;

	if (!sl_agent_open_enrolled(agent, error) || !sl_machine_look(agent, &machine, error))
		return SL_EXIT_FAILED;
	replaced = sl_apt_replaced(agent, machine.facts.os_codename, error);
	if (!replaced)
		return SL_EXIT_FAILED;
	if (agent->options.json)
		print_json(agent, replaced);
	else
		print_text(agent, replaced);
	return SL_EXIT_OK;
}
