/* fleet_demand.c - when it is counted what computers need of updates that nobody approved */
#include <string.h>

#include "clients/fleet_private.h"

#define QUICK_US (G_USEC_PER_SEC / 20) /* who asks can wait for that */
#define SHARE	 100 /* of the time is spent on counting, at most one in so many */

/* What the last count would have to be repeated for: messages, syncs, what people changed. */
static bool
read_signs(SlFleet *fleet, SlDb *db, int64_t *signs, GError **error)
{
	g_autoptr(SlQuery) query = sl_query_new(
		db, "SELECT (SELECT max(id) FROM revision), (SELECT max(id) FROM audit)");

	if (sl_query_step(query, error) != SL_ROW)
		return false;
	signs[0] = sl_query_int(query, 0);
	signs[1] = sl_query_int(query, 1);
	g_mutex_lock(&fleet->mutex);
	signs[2] = fleet->counts.enrolled + fleet->counts.taken;
	g_mutex_unlock(&fleet->mutex);
	return true;
}

/* Nobody else changes it meanwhile. */
static void
take(SlFleet *fleet, SlDemand *demand, const int64_t *signs, gint64 begun_us)
{
	g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&fleet->mutex);

	memcpy(fleet->demand_signs, signs, sizeof fleet->demand_signs);
	sl_demand_unref(fleet->demand);
	fleet->demand = demand;
	fleet->demand_done_us = g_get_monotonic_time();
	fleet->demand_took_us = fleet->demand_done_us - begun_us;
}

static bool
count(SlFleet *fleet, SlDb *db, GError **error)
{
	gint64 begun_us = g_get_monotonic_time();
	int64_t signs[G_N_ELEMENTS(fleet->demand_signs)];
	SlDemand *demand;

	if (!read_signs(fleet, db, signs, error))
		return false;
	if (fleet->demand && memcmp(signs, fleet->demand_signs, sizeof signs) == 0)
		return true;
	demand = sl_demand_count(db, error);
	if (demand)
		take(fleet, demand, signs, begun_us);
	return demand != NULL;
}

bool
sl_fleet_count_demand(SlFleet *fleet, GError **error)
{
	SlDb *db = sl_fleet_borrow(fleet, error);
	bool ok = db && count(fleet, db, error);

	sl_fleet_return(fleet, db);
	g_mutex_lock(&fleet->mutex);
	fleet->demand_runs = false;
	g_mutex_unlock(&fleet->mutex);
	return ok;
}

/* Whether it is to be counted now, by whoever asks. @param quick  only if that is quick */
static bool
begin(SlFleet *fleet, bool quick)
{
	g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&fleet->mutex);
	gint64 took_us = fleet->demand_took_us;
	gint64 rested_us = g_get_monotonic_time() - fleet->demand_done_us;

	if (fleet->demand_runs ||
	    (quick ? !fleet->demand || took_us > QUICK_US : rested_us < SHARE * took_us))
		return false;
	fleet->demand_runs = true;
	return true;
}

void
sl_fleet_renew_demand(SlFleet *fleet)
{
	if (!begin(fleet, false) || sl_fleet_start(fleet, TASK_DEMAND, 0))
		return;
	g_mutex_lock(&fleet->mutex);
	fleet->demand_runs = false;
	g_mutex_unlock(&fleet->mutex);
}

SlDemand *
sl_fleet_demand(SlFleet *fleet)
{
	g_autoptr(GError) error = NULL;

	if (begin(fleet, true) && !sl_fleet_count_demand(fleet, &error))
		g_warning("%s", error->message);
	g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&fleet->mutex);
	return fleet->demand ? sl_demand_ref(fleet->demand) : NULL;
}
