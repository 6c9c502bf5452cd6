/* fleet_demand.c - when it is counted what computers need of updates that nobody approved */
#include <string.h>

#include "clients/fleet_private.h"

#define PAUSE_US G_USEC_PER_SEC /* between two counts, at least */
#define SHARE	 100		/* of the time is spent on counting, at most one in so many */

SlDemand *
sl_fleet_demand(SlFleet *fleet)
{
	g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&fleet->mutex);

	return fleet->demand ? sl_demand_ref(fleet->demand) : NULL;
}

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

static bool
count(SlFleet *fleet, SlDb *db, GError **error)
{
	int64_t signs[G_N_ELEMENTS(fleet->demand_signs)];
	SlDemand *demand;

	if (!read_signs(fleet, db, signs, error))
		return false;
	/* nobody else changes it */
	if (fleet->demand && memcmp(signs, fleet->demand_signs, sizeof signs) == 0)
		return true;
	demand = sl_demand_count(db, error);
	if (!demand)
		return false;
	memcpy(fleet->demand_signs, signs, sizeof signs);
	g_mutex_lock(&fleet->mutex);
	sl_demand_unref(fleet->demand);
	fleet->demand = demand;
	g_mutex_unlock(&fleet->mutex);
	return true;
}

bool
sl_fleet_count_demand(SlFleet *fleet, GError **error)
{
	gint64 begun_us = g_get_monotonic_time();
	SlDb *db = sl_fleet_borrow(fleet, error);
	bool ok = db && count(fleet, db, error);
	gint64 now_us = g_get_monotonic_time();

	sl_fleet_return(fleet, db);
	g_mutex_lock(&fleet->mutex);
	fleet->demand_runs = false;
	fleet->demand_from_us = now_us + MAX(PAUSE_US, SHARE * (now_us - begun_us));
	g_mutex_unlock(&fleet->mutex);
	return ok;
}

void
sl_fleet_renew_demand(SlFleet *fleet)
{
	bool due;

	g_mutex_lock(&fleet->mutex);
	due = !fleet->demand_runs && g_get_monotonic_time() >= fleet->demand_from_us;
	fleet->demand_runs |= due;
	g_mutex_unlock(&fleet->mutex);
	if (!due || sl_fleet_start(fleet, TASK_DEMAND, 0))
		return;
	g_mutex_lock(&fleet->mutex);
	fleet->demand_runs = false;
	g_mutex_unlock(&fleet->mutex);
}
