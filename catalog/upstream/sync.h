/* sync.h - bringing an upstream's metadata into the catalog, and payloads into the store */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "catalog/base/clock.h"
#include "catalog/base/jobs.h"
#include "catalog/base/writer.h"
#include "catalog/payload_store.h"
#include "catalog/sync_run.h"

typedef struct {
	SlWriter *writer;
	const char *db_path;
	int state_fd; /* work/ is below it */
	const char *state_path;
	const SlClock *clock;
	/* an upstream slower than 1 KiB/s for so long is given up; 0: 60; may change meanwhile */
	int64_t low_speed_s;
} SlSyncContext;

/**
 * Syncs one upstream: lands whole or not at all, and is recorded in sync_run in every case.
 *
 * @param person   who asked, or "schedule"
 * @param ret_run  how it ended, also on failure once the upstream was found; may be NULL
 * @param error    SL_ERROR_NOT_FOUND, SL_ERROR_UPSTREAM, SL_ERROR_INTEGRITY, SL_ERROR_INVALID,
 *                 SL_ERROR_LIMIT, SL_ERROR_DENIED, SL_ERROR_CANCELLED, SL_ERROR_IO
 */
bool sl_sync_run(const SlSyncContext *context, const char *upstream, const char *person, SlJob *job,
		 SlSyncRun **ret_run, GError **error);

/**
 * Fetches payloads several at once, resumed where a break left them; each is verified, stored and
 * marked as stored as soon as it is there.
 *
 * @param payloads  (element-type SlPayload)
 * @param error     the first failure, after all others were tried; names update and file
 */
bool sl_sync_fetch_payloads(const SlSyncContext *context, GPtrArray *payloads,
			    SlPayloadStore *store, SlJob *job, GError **error);

/** Primary fingerprints of a keyring's keys; owned, ends with NULL. SL_ERROR_INVALID. */
char **sl_sync_keyring_fingerprints(GBytes *keyring, GError **error);
