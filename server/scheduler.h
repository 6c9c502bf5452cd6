/* scheduler.h - what happens without anybody asking: daily syncs, signing anew, xz, pruning */
#pragma once

#include <glib.h>

#include "server/config.h"
#include "server/work.h"

typedef struct SlScheduler SlScheduler;

/** Runs on the main loop of the calling thread. The work outlives it. */
SlScheduler *sl_scheduler_new(SlWork *work, const SlConfig *config);
void sl_scheduler_set_config(SlScheduler *scheduler, const SlConfig *config);
void sl_scheduler_free(SlScheduler *scheduler);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SlScheduler, sl_scheduler_free)
