/* transport.h - the agent's road to its server: bounded requests over HTTP by libcurl
 *
 * http and https only, no redirects, no proxies and no passwords from the environment, a deadline
 * for the whole, an end when it becomes too slow. Nothing here trusts the wire: messages are sealed
 * and signed before they come, answers are verified after they went.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "catalog/base/error.h"

typedef struct {
	long status;	       /* of HTTP */
	GBytes *body;	       /* (owned) */
	int64_t retry_after_s; /* what the server asked for; 0: it said nothing */
} SlTransportAnswer;

void sl_transport_answer_clear(SlTransportAnswer *answer);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(SlTransportAnswer, sl_transport_answer_clear)

/** The address of a server as people type it, checked, without a slash at its end; owned. */
char *sl_transport_check_url(const char *url, GError **error);

/**
 * GET, or POST when there is a body to send. Any HTTP status is an answer.
 *
 * @param error  SL_ERROR_UPSTREAM when no whole answer came, SL_ERROR_LIMIT when it was larger
 *               than SL_LIMIT_ANSWER
 */
bool sl_transport_send(const char *url, GBytes *body, SlTransportAnswer *ret_answer,
		       GError **error);
