/* sync_schedule.h - when an upstream is synced next
 *
 * It follows from how its syncs ended (sync_run) and is kept nowhere: a clock that was wrong for a
 * while leaves nothing behind that would have to be put right.
 */
#pragma once

#include <stdint.h>

#include "catalog/sync_run.h"

typedef struct {
	int64_t every_s;  /* after a sync that went well; > 0 */
	int64_t jitter_s; /* up to so much later: servers do not come all at once */
} SlSyncSchedule;

/**
 * Seconds since 1970; never later than every_s and jitter_s from now.
 *
 * After a failure it is tried again in five minutes, then in ten, twenty and so on up to every_s.
 * A first sync is due five minutes after the upstream was added, unless somebody asked for it
 * before.
 *
 * @param added_at  when the upstream was added
 */
int64_t sl_sync_schedule_next(const SlSyncSchedule *schedule, const SlSyncHistory *history,
			      int64_t added_at, int64_t now_at);
