#include "clients/agent/talk.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "catalog/base/hash.h"
#include "catalog/base/limits.h"
#include "catalog/base/text.h"
#include "clients/agent/transport.h"

#define ROUNDS	  64  /* messages of one check-in; a full outbox takes 45 */
#define JUMP_S	  300 /* clocks may differ by this much without a word */
#define NOT_TAKEN "not acknowledged: "

static char *
body_words(const SlTransportAnswer *answer)
{
	gsize size;
	const char *bytes = g_bytes_get_data(answer->body, &size);
	g_autofree char *text = g_strndup(bytes ? bytes : "", MIN(size, 200));

	return sl_text_escape(g_strstrip(text));
}

/* Any answer that is not a sealed one, in words. */
static bool
refuse_status(const SlTransportAnswer *answer, GError **error)
{
	g_autofree char *words = body_words(answer);

	switch (answer->status) {
	case 429:
	case 503:
		return sl_error_set(error, SL_ERROR_BUSY,
				    NOT_TAKEN "the server says not now, try again in %" PRId64
					      " seconds",
				    answer->retry_after_s);
	case 403:
		return sl_error_set(error, SL_ERROR_DENIED, "the server refuses: %s", words);
	case 413:
		return sl_error_set(error, SL_ERROR_LIMIT,
				    "the server takes no message of this size: %s", words);
	case 400:
		return sl_error_set(error, SL_ERROR_INVALID,
				    "the server cannot read the message: %s", words);
	default:
		return sl_error_set(error, SL_ERROR_UPSTREAM,
				    NOT_TAKEN "the server answered %ld: %s", answer->status, words);
	}
}

bool
sl_talk_meet(const char *url, const char *token, SlState *state, char **ret_secret, GError **error)
{
	g_auto(GStrv) parts = g_strsplit(token, ".", 3);
	g_autofree char *path = g_strconcat(url, "/keys/server.json", NULL);
	g_autofree char *found = NULL;
	g_auto(SlTransportAnswer) answer = {0};
	gsize size;
	const char *bytes;

	if (g_strv_length(parts) != 2 || !*parts[0] || strlen(parts[1]) != 43)
		return sl_error_set(error, SL_ERROR_INVALID,
				    "not a token: it looks like SECRET.FINGERPRINT, as 'sluicectl "
				    "token new' prints it");
	if (!sl_transport_send(path, NULL, &answer, error))
		return false;
	if (answer.status != 200)
		return sl_error_set(error, SL_ERROR_UPSTREAM,
				    "%s: answered %ld; is this a Sluice server?", path,
				    answer.status);
	bytes = g_bytes_get_data(answer.body, &size);
	if (!sl_report_read_keys(bytes ? bytes : "", size, &state->server_id, &state->server,
				 error)) {
		g_prefix_error(error, "%s: ", path);
		return false;
	}
	found = sl_report_fingerprint(state->server_id, &state->server);
	if (strcmp(found, parts[1]) != 0)
		return sl_error_set(error, SL_ERROR_INTEGRITY,
				    "%s: the server's key is %s, the token is for %s: not the "
				    "server that made the token, or somebody in between; nothing "
				    "was sent to it",
				    url, found, parts[1]);
	*ret_secret = g_strdup(parts[0]);
	return true;
}

static SlAnswer *
open_answer(const SlAgent *agent, const SlTransportAnswer *received, const char *request,
	    GError **error)
{
	const SlState *state = agent->state;
	gsize size;
	const void *bytes = g_bytes_get_data(received->body, &size);
	g_autoptr(SlSealed) sealed = sl_seal_open(agent->keys, bytes, size, error);
	g_autoptr(SlAnswer) answer = NULL;
	const char *body;
	size_t length;

	if (!sealed)
		return NULL;
	body = sl_sealed_verify(sealed, state->server.sign, SL_SEAL_ANSWER, state->server_id,
				&length, error);
	if (!body)
		return NULL;
	answer = sl_answer_read(body, length, error);
	if (!answer)
		return NULL;
	if (strcmp(answer->request, request) == 0)
		return g_steal_pointer(&answer);
	sl_error_set(error, SL_ERROR_INTEGRITY, "it is the answer to another message");
	return NULL;
}

/* Seals a body, posts it, and opens the answer to it. */
static SlAnswer *
exchange(const SlAgent *agent, const char *where, const char *context, const char *body,
	 GError **error)
{
	const SlState *state = agent->state;
	g_autofree char *url = g_strconcat(state->url, where, NULL);
	g_autoptr(GBytes) message =
		sl_seal_make(agent->keys, &state->server, context, state->server_id,
			     state->computer, body, strlen(body), error);
	g_auto(SlTransportAnswer) received = {0};
	g_autofree char *request = NULL;
	g_autoptr(GError) problem = NULL;
	SlAnswer *answer;

	if (!message)
		return NULL;
	request = sl_hash_bytes(g_bytes_get_data(message, NULL), g_bytes_get_size(message));
	if (!sl_transport_send(url, message, &received, error)) {
		g_prefix_error(error, NOT_TAKEN);
		return NULL;
	}
	if (received.status != 200 && received.status != 409) {
		refuse_status(&received, error);
		return NULL;
	}
	answer = open_answer(agent, &received, request, &problem);
	if (!answer)
		sl_error_set(error, SL_ERROR_INTEGRITY,
			     NOT_TAKEN "what came back is not this server's answer: %s",
			     problem->message);
	return answer;
}

SlAnswer *
sl_talk_enroll(const SlAgent *agent, const char *secret, const SlMachine *machine, GError **error)
{
	SlEnrollment enrollment = {.token = (char *)secret,
				   .keys = *sl_seal_keys_public(agent->keys),
				   .at = time(NULL),
				   .facts = machine->facts};
	g_autofree char *body = sl_enrollment_write(&enrollment);

	return exchange(agent, "/agent/v1/enroll", SL_SEAL_ENROLL, body, error);
}

static char *
write_body(const SlAgent *agent, const SlMachine *machine, GPtrArray *results, bool whole,
	   bool leaving)
{
	g_autofree char *digest = sl_report_inventory_digest(machine->packages);
	SlCheckin checkin = {.counter = agent->state->counter,
			     .epoch = agent->state->epoch,
			     .at = time(NULL),
			     .pointer = agent->state->pointer,
			     .reboot = machine->reboot,
			     .leaving = leaving,
			     .facts = machine->facts,
			     .problem = agent->state->channel_problem,
			     .inventory = digest,
			     .packages = whole ? machine->packages : NULL,
			     .results = results};

	return sl_checkin_write(&checkin);
}

static void
report_jump(const SlAgent *agent, const SlAnswer *answer)
{
	int64_t own_at = time(NULL);
	int64_t behind = MAX(agent->state->signed_at, answer->at) - own_at;
	g_autofree char *shown = sl_text_format_time(answer->at);

	if (behind > JUMP_S)
		fprintf(stderr,
			"sluice-agent: this computer's clock is %" PRId64
			" seconds behind what the server signed\n",
			behind);
	else if (own_at - answer->at > JUMP_S)
		fprintf(stderr,
			"sluice-agent: the server's clock says %s, %" PRId64
			" seconds behind this computer's\n",
			shown, own_at - answer->at);
}

/* This machine's messages are taken, and those of another one were not. */
static void
report_conflict(const SlAnswer *answer)
{
	if (answer->conflict)
		fprintf(stderr,
			"sluice-agent: the server has had messages of this computer's identity "
			"from elsewhere, or again: a copy of this computer may run. An "
			"administrator of the server can look and accept it "
			"('sluicectl computer accept').\n");
}

static bool
judge_twice(SlAgent *agent, const SlAnswer *answer, GError **error)
{
	int64_t counter = agent->state->counter;

	/* the same counter may be this very message delivered twice; a higher one may not */
	if (answer->counter <= counter)
		return sl_error_set(error, SL_ERROR_DENIED,
				    "the server has a message with the counter %" PRId64
				    " already: another computer may go by this identity; nothing "
				    "was stored, the next run tries again",
				    counter);
	agent->state->twice = true;
	if (!sl_state_save(agent->state, agent->dir_fd, error))
		return false;
	return sl_error_set(error, SL_ERROR_DENIED,
			    "this computer's identity is used twice, or was restored from an older "
			    "copy: the server has the counter %" PRId64 ", this computer %" PRId64
			    "; nothing was stored. Enrol this computer anew: 'sluice-agent leave', "
			    "then enroll with a new token",
			    answer->counter, counter);
}

/* What an answer to a message means. ret_again: say it again. */
static bool
judge(SlAgent *agent, const SlAnswer *answer, guint delivered, bool *ret_again, GError **error)
{
	SlState *state = agent->state;

	*ret_again = false;
	report_jump(agent, answer);
	if (strcmp(answer->state, "stale") == 0)
		return judge_twice(agent, answer, error);
	if (strcmp(answer->state, "epoch") == 0) {
		if (answer->epoch <= state->epoch)
			return sl_error_set(error, SL_ERROR_INTEGRITY,
					    NOT_TAKEN "the server's epoch is %" PRId64
						      ", it was %" PRId64
						      ": an older copy of the server?",
					    answer->epoch, state->epoch);
		state->epoch = answer->epoch;
		*ret_again = true;
		return sl_state_save(state, agent->dir_fd, error);
	}
	report_conflict(answer);
	sl_state_learn(state, answer);
	state->acknowledged_at = sl_agent_trusted_now(agent);
	return sl_outbox_delivered(agent->outbox, delivered, error) &&
	       sl_state_save(state, agent->dir_fd, error);
}

/* One message: the counter is on disk before it leaves. */
static SlAnswer *
send_one(SlAgent *agent, const SlMachine *machine, bool whole, bool leaving, guint *ret_delivered,
	 GError **error)
{
	g_autoptr(GPtrArray) results = sl_outbox_next(agent->outbox);
	g_autofree char *body = NULL;

	agent->state->counter++;
	agent->state->tried_at = sl_agent_trusted_now(agent);
	if (!sl_state_save(agent->state, agent->dir_fd, error))
		return NULL;
	body = write_body(agent, machine, results, whole, leaving);
	*ret_delivered = results->len;
	return exchange(agent, "/agent/v1/checkin", SL_SEAL_CHECKIN, body, error);
}

SlAnswer *
sl_talk_check_in(SlAgent *agent, const SlMachine *machine, bool leaving, GError **error)
{
	bool whole = false, asked = false, again = true;
	g_autoptr(SlAnswer) answer = NULL;

	for (int round = 0; again && round < ROUNDS; round++) {
		guint delivered = 0;

		g_clear_pointer(&answer, sl_answer_free);
		answer = send_one(agent, machine, whole, leaving, &delivered, error);
		if (!answer || !judge(agent, answer, delivered, &again, error))
			return NULL;
		if (again || leaving)
			continue;
		/* once: a server that keeps asking gets no second copy in this run */
		whole = answer->want_inventory && !asked;
		asked = asked || whole;
		again = whole || sl_outbox_count(agent->outbox) > 0;
	}
	if (!again)
		return g_steal_pointer(&answer);
	sl_error_set(error, SL_ERROR_INTEGRITY, NOT_TAKEN "the server asks for more without end");
	return NULL;
}
