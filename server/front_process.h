/* front_process.h - sluice-front as sluiced sees it: started, watched, told, answered
 *
 * One thread starts the program and starts it again within a second when it ends, or stops
 * answering and is killed for that. One that ends before it serves waits longer each time. The
 * listening socket stays open meanwhile, so nobody is refused. Nothing here waits for the front but
 * sl_front_process_switch, and that not for ever.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "catalog/base/error.h"
#include "server/config.h"

typedef struct SlFrontProcess SlFrontProcess;

/** A request that the core has to answer; body is the handler's to unref. */
typedef void (*SlFrontRequest)(uint64_t number, int kind, const char *address, GBytes *body,
			       gpointer data);

/** Starts it, and does not wait. @param program  path of sluice-front */
SlFrontProcess *sl_front_process_new(const char *program, int listen_fd, const SlConfig *config,
				     SlFrontRequest handler, gpointer data, GError **error);

/**
 * Waits until it serves for the first time.
 *
 * @param error  SL_ERROR_IO when it ended before; it is not started again then
 */
bool sl_front_process_wait(SlFrontProcess *front, GError **error);

/** Answers a request of the running front; one of an earlier front is dropped. Any thread. */
void sl_front_process_answer(SlFrontProcess *front, uint64_t number, unsigned status,
			     uint32_t retry_s, GBytes *body);

/** Tells which serial of a channel is current and waits until it is served. */
bool sl_front_process_switch(SlFrontProcess *front, const char *channel, const char *serial,
			     GError **error);

/** Whether it runs and serves. */
bool sl_front_process_serves(SlFrontProcess *front);
/** How often it was started. */
unsigned sl_front_process_starts(SlFrontProcess *front);
/** Takes limits: where they are others, the front is started anew, and what it sends is cut off. */
void sl_front_process_limit(SlFrontProcess *front, const SlConfig *config);

void sl_front_process_free(SlFrontProcess *front);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SlFrontProcess, sl_front_process_free)
