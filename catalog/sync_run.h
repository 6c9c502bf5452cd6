/* sync_run.h - how each sync ended, kept for the administrator */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "catalog/base/listing.h"

typedef struct {
	int64_t id;
	int64_t upstream_id;
	char *upstream;	     /* its name */
	int64_t started_at;  /* seconds since 1970 */
	int64_t finished_at; /* seconds since 1970; 0 while it runs */
	char *person;	     /* who asked, or "schedule" */
	char *outcome;	     /* running, changed, unchanged, failed, cancelled, interrupted */
	int64_t updates;     /* new ones */
	int64_t revisions;   /* new ones */
	int64_t packages;    /* new ones */
	int64_t withdrawn;   /* updates that left the upstream */
	int64_t bytes;	     /* received */
	char *message;	     /* the error, in words; "" otherwise */
} SlSyncRun;

SlSyncRun *sl_sync_run_new(void);
void sl_sync_run_free(SlSyncRun *run);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SlSyncRun, sl_sync_run_free)

/** Notes that it runs, by upstream_id, started_at and person; gives it its id. */
bool sl_sync_run_begin(SlDb *db, SlSyncRun *run, GError **error);

/** Notes how the one of this id ended. */
bool sl_sync_run_end(SlDb *db, const SlSyncRun *run, GError **error);

/** At start: what is still noted as running was interrupted by the end of the program. */
bool sl_sync_run_interrupt_all(SlDb *db, int64_t now_at, GError **error);

/* How the syncs of one upstream went. */
typedef struct {
	int64_t run_id;	  /* of the last one; 0: there was none, and nothing else is set */
	int64_t ended_at; /* when it ended, or began if it still runs; seconds since 1970 */
	int64_t failures; /* failed or interrupted ones since the last that went well */
	char outcome[16]; /* of the last one */
} SlSyncHistory;

bool sl_sync_run_history(SlDb *db, int64_t upstream_id, SlSyncHistory *ret_history, GError **error);

/**
 * The last one of an upstream that ended, however many there were of others since.
 *
 * @param ret_run  owned; NULL: none has ended yet
 */
bool sl_sync_run_last(SlDb *db, int64_t upstream_id, SlSyncRun **ret_run, GError **error);

/** All that outcome can be; ends with NULL. */
extern const char *const sl_sync_outcomes[];

/* What a listing of syncs is narrowed to; NULL: any. */
typedef struct {
	const char *upstream;
	const char *outcome;
	const char *text;   /* in who asked, or in the message */
	SlListingPage page; /* sorted by started_at, upstream, outcome, person, seconds, updates,
			       packages, withdrawn, bytes */
} SlSyncFilter;

/** Newest first where nothing else is asked for; (element-type SlSyncRun), owned. */
GPtrArray *sl_sync_run_list(SlDb *db, const SlSyncFilter *filter, int64_t *ret_total,
			    GError **error);
