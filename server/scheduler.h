/* scheduler.h - what happens without anybody asking: daily syncs, signing anew, xz, pruning */
#pragma once

#include <glib.h>

#include "catalog/source.h"
#include "catalog/sync_run.h"
#include "server/config.h"
#include "server/work.h"

typedef struct SlScheduler SlScheduler;

/** When an upstream is synced without anybody asking; 0: never. Seconds since 1970. */
int64_t sl_scheduler_next_sync(const SlConfig *config, const SlUpstream *upstream,
			       const SlSyncHistory *history, int64_t now_at);

/** Runs on the main loop of the calling thread. The work outlives it. */
SlScheduler *sl_scheduler_new(SlWork *work, const SlConfig *config);
void sl_scheduler_set_config(SlScheduler *scheduler, const SlConfig *config);
void sl_scheduler_free(SlScheduler *scheduler);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SlScheduler, sl_scheduler_free)
