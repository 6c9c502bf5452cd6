/* sync_run.h - how each sync ended, kept for the administrator */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "catalog/base/db.h"
#include "catalog/base/error.h"

typedef struct {
	int64_t id;
	int64_t upstream_id;
	char *upstream;	     /* its name; not read by sl_sync_run_add */
	int64_t started_at;  /* seconds since 1970 */
	int64_t finished_at; /* seconds since 1970 */
	char *person;	     /* who asked, or "schedule" */
	char *outcome;	     /* changed, unchanged, failed, cancelled */
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

bool sl_sync_run_add(SlDb *db, const SlSyncRun *run, GError **error);

/** The last ones, newest first; (element-type SlSyncRun), owned. @param upstream  NULL for all */
GPtrArray *sl_sync_run_list(SlDb *db, const char *upstream, int64_t limit, GError **error);
