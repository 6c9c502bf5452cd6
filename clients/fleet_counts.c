/* fleet_counts.c - what messages came to, kept in the database from time to time */
#include <string.h>

#include "clients/fleet_private.h"

typedef struct {
	const char *outcome;
	size_t place; /* in SlFleetCounts */
} Count;

static const Count all[] = {
	{"enrolled", G_STRUCT_OFFSET(SlFleetCounts, enrolled)},
	{"taken", G_STRUCT_OFFSET(SlFleetCounts, taken)},
	{"stale", G_STRUCT_OFFSET(SlFleetCounts, stale)},
	{"refused", G_STRUCT_OFFSET(SlFleetCounts, refused)},
	{"busy", G_STRUCT_OFFSET(SlFleetCounts, busy)},
};

bool
sl_fleet_counts_load(SlFleet *fleet, SlDb *db, GError **error)
{
	g_autoptr(SlQuery) query = sl_query_new(db, "SELECT outcome, n FROM message_count");
	SlStep step;

	while ((step = sl_query_step(query, error)) == SL_ROW)
		for (size_t i = 0; i < G_N_ELEMENTS(all); i++)
			if (strcmp(all[i].outcome, sl_query_text(query, 0)) == 0)
				G_STRUCT_MEMBER(int64_t, &fleet->counts, all[i].place) =
					sl_query_int(query, 1);
	fleet->kept = fleet->counts;
	return step == SL_DONE;
}

static bool
save(SlDb *db, gpointer data, GError **error)
{
	g_autoptr(SlQuery) query =
		sl_query_new(db, "INSERT INTO message_count (outcome, n) VALUES (?1, ?2)"
				 " ON CONFLICT (outcome) DO UPDATE SET n = ?2");

	for (size_t i = 0; i < G_N_ELEMENTS(all); i++) {
		sl_query_bind_text(query, 1, all[i].outcome);
		sl_query_bind_int(query, 2, G_STRUCT_MEMBER(int64_t, data, all[i].place));
		if (!sl_query_run(query, error))
			return false;
	}
	return true;
}

bool
sl_fleet_counts_save(SlFleet *fleet, GError **error)
{
	SlFleetCounts now;
	bool changed;

	g_mutex_lock(&fleet->mutex);
	now = fleet->counts;
	changed = memcmp(&now, &fleet->kept, sizeof now) != 0;
	g_mutex_unlock(&fleet->mutex);
	if (!changed)
		return true;
	if (!sl_writer_run(fleet->context.writer, save, &now, error))
		return false;
	g_mutex_lock(&fleet->mutex);
	fleet->kept = now;
	g_mutex_unlock(&fleet->mutex);
	return true;
}
