/* front.h - what sluice-front is made of: the published trees and the link to the core */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "catalog/base/error.h"
#include "server/http/server.h"

typedef struct SlFiles SlFiles;
typedef struct SlForward SlForward;

/* files: publications and payloads, read only */

/** Opens publications/ and pool/ below the state directory. */
SlFiles *sl_files_new(int state_fd, GError **error);
/** The directories it reads from, for the sandbox; two of them. */
void sl_files_directories(const SlFiles *files, int *ret_fds);
/** Serves what is current in each channel; a channel that has nothing yet answers 404. */
void sl_files_take_current(SlFiles *files);
/** Takes a channel's serial as what is served from now on. */
bool sl_files_switch(SlFiles *files, const char *channel, const char *serial, GError **error);
/** Answers GET and HEAD of a published path. */
void sl_files_serve(SlFiles *files, SlRequest *request);
/** Answers GET and HEAD of the public keys that check-ins are sealed to. */
void sl_files_serve_keys(SlFiles *files, SlRequest *request);
void sl_files_free(SlFiles *files);

/* forward: requests that the core answers */

/**
 * Makes the threads that it needs.
 *
 * @param rate      requests a second and address block (/24, /64); 0: no limit
 * @param answer_s  seconds the core has for an answer
 */
SlForward *sl_forward_new(int link_fd, unsigned rate, int64_t answer_s);
/**
 * Sends a request's body to the core; the request waits for the answer.
 *
 * Returns at once. The answer is 503 where the core does not take it or does not answer in time.
 */
void sl_forward_request(SlForward *forward, SlRequest *request, int kind);
typedef struct {
	SlFiles *files;
	SlForward *forward;
	SlHttpServer *server;
} SlFront;

/** Reads the link until it ends, or a thread of the server hangs; switches go to files. */
void sl_forward_run(const SlFront *front);

/** The whole of port 80, as one table: see routes.c. */
int64_t sl_routes_admit(SlRequest *request, gpointer front);
void sl_routes_handle(SlRequest *request, gpointer front);
