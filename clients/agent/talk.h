/* talk.h - the agent's side of the protocol: sealed out, verified in (security 3.4)
 *
 * Failures by code: SL_ERROR_UPSTREAM (no answer came), SL_ERROR_BUSY (the server says not now),
 * SL_ERROR_INTEGRITY (what came is not the server's answer to what was sent): in these three the
 * message counts as not acknowledged. SL_ERROR_DENIED: the server does not accept this machine.
 */
#pragma once

#include "clients/agent/agent.h"
#include "clients/agent/facts.h"

/**
 * Asks a server for its keys and believes them when they are those of the token.
 *
 * @param token       "SECRET.FINGERPRINT"
 * @param ret_secret  the part that the server wants to see, owned
 */
bool sl_talk_meet(const char *url, const char *token, SlState *state, char **ret_secret,
		  GError **error);

/** Enrols with agent->keys; the answer's computer is what the machine is called from now on. */
SlAnswer *sl_talk_enroll(const SlAgent *agent, const char *secret, const SlMachine *machine,
			 GError **error);

/**
 * Checks in: what is in the outbox, and whole inventories when the server asks for them. Results
 * that the server has taken are out of the outbox when this returns. Says the same again with the
 * server's epoch when that has risen.
 *
 * @return the last answer; its state is "active" or "pending"
 */
SlAnswer *sl_talk_check_in(SlAgent *agent, const SlMachine *machine, bool leaving, GError **error);
