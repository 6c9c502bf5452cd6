#include "catalog/sync_schedule.h"

#include <glib.h>

#define FIRST_PAUSE INT64_C(300) /* seconds after a first failure */
#define DOUBLED_MAX 40		 /* times: more than any every_s */

static int64_t
pause_after(const SlSyncSchedule *schedule, int64_t failures)
{
	if (failures == 0)
		return schedule->every_s;
	return MIN(FIRST_PAUSE << MIN(failures - 1, DOUBLED_MAX), schedule->every_s);
}

/* A part of width that looks random and stays the same for one sync. */
static int64_t
spread(int64_t width, const SlSyncHistory *history)
{
	uint32_t seed = (uint32_t)(history->run_id * 7919 + history->ended_at) * 2654435761U;

	return (int64_t)((double)width * seed / UINT32_MAX);
}

int64_t
sl_sync_schedule_next(const SlSyncSchedule *schedule, const SlSyncHistory *history,
		      int64_t added_at, int64_t now_at)
{
	int64_t since = history->run_id ? history->ended_at : added_at;
	int64_t pause = history->run_id ? pause_after(schedule, history->failures) : FIRST_PAUSE;
	/* short pauses stay short */
	int64_t jitter = history->run_id ? MIN(schedule->jitter_s, pause) : 0;

	/* that was noted by a clock which was ahead */
	if (since > now_at)
		return now_at;
	return since + pause + spread(jitter, history);
}
