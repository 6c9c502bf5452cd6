/* state.h - what the agent knows about its server and has to remember
 *
 * One file, replaced whole and flushed: a counter is on disk before the message that carries it is
 * sent, so a machine that loses power never says the same counter twice.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "clients/report.h"

typedef struct {
	char *url; /* of the server */
	char *server_id;
	SlSealPublic server;
	int64_t computer;  /* what it is called in messages */
	int64_t counter;   /* of the last message that was made */
	int64_t epoch;	   /* of the server; only rises */
	int64_t pointer;   /* version of the signed pointer it holds; 0: none yet */
	int64_t signed_at; /* highest time the server signed, seconds since 1970; only rises */
	int64_t interval_s;
	bool pending; /* a person has to accept it */
	bool twice;   /* the server says that another machine goes by this identity */
	char *group;
	char *channel;
	char *key;		 /* the channel's public key, armoured */
	GPtrArray *sources;	 /* (owned, element-type SlAnswerSource) */
	int64_t tried_at;	 /* last check-in that was made; 0: none yet */
	int64_t acknowledged_at; /* last one that the server took; 0: none yet */
	char *channel_problem; /* why the last upgrade could not read the channel; "" when it could
				*/
	char *problem; /* what went wrong in the last run, in one line; "" when nothing did */
} SlState;

SlState *sl_state_new(void);

/** Reads the state; *ret_state is NULL where there is none. SL_ERROR_INVALID. */
bool sl_state_load(int dir_fd, SlState **ret_state, GError **error);

/** Writes it, mode 0600, flushed to disk. */
bool sl_state_save(const SlState *state, int dir_fd, GError **error);

/** Takes over from an answer what is to be remembered; never lets anything go back. */
void sl_state_learn(SlState *state, const SlAnswer *answer);

void sl_state_free(SlState *state);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SlState, sl_state_free)
