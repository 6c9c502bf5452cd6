#include "clients/demand.h"

#include "clients/concern.h"

struct SlDemand {
	int references;	    /* atomic */
	GHashTable *needed; /* (owned): update -> computers, both int64_t */
};

static SlDemand *
demand_new(void)
{
	SlDemand *demand = g_new0(SlDemand, 1);

	demand->references = 1;
	demand->needed = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_free);
	return demand;
}

SlDemand *
sl_demand_ref(SlDemand *demand)
{
	g_atomic_int_inc(&demand->references);
	return demand;
}

void
sl_demand_unref(SlDemand *demand)
{
	if (!demand || !g_atomic_int_dec_and_test(&demand->references))
		return;
	g_hash_table_unref(demand->needed);
	g_free(demand);
}

/* The newest revision of each update to count. @param updates  their ids, in that order */
static bool
add_all(SlDb *db, SlConcern *concern, GArray *updates, GError **error)
{
	g_autoptr(SlQuery) query = sl_query_new(
		db, "SELECT u.id, r.id FROM updates u JOIN revision r ON r.update_id = u.id"
		    " WHERE u.slot IS NULL AND u.newest = 1 AND r.number ="
		    " (SELECT max(number) FROM revision WHERE update_id = u.id)");
	SlStep step;

	while ((step = sl_query_step(query, error)) == SL_ROW) {
		int64_t id = sl_query_int(query, 0);

		g_array_append_val(updates, id);
		if (!sl_concern_add(concern, 0, sl_query_int(query, 1), error))
			return false;
	}
	return step == SL_DONE;
}

static SlDemand *
count(SlDb *db, GError **error)
{
	g_autoptr(SlConcern) concern = sl_concern_new(db, false);
	g_autoptr(GArray) updates = g_array_new(FALSE, FALSE, sizeof(int64_t));
	g_autofree int64_t *n = NULL;
	SlDemand *demand;
	int64_t any;

	if (!add_all(db, concern, updates, error))
		return NULL;
	n = g_new0(int64_t, updates->len);
	if (!sl_concern_count(concern, n, &any, error))
		return NULL;
	demand = demand_new();
	for (guint i = 0; i < updates->len; i++)
		g_hash_table_insert(demand->needed,
				    g_memdup2(&g_array_index(updates, int64_t, i), sizeof(int64_t)),
				    g_memdup2(&n[i], sizeof(int64_t)));
	return demand;
}

SlDemand *
sl_demand_count(SlDb *db, GError **error)
{
	SlDemand *demand;

	/* several queries, one moment */
	if (!sl_db_exec(db, "BEGIN", error))
		return NULL;
	demand = count(db, error);
	sl_db_exec(db, "ROLLBACK", NULL);
	return demand;
}

GHashTable *
sl_demand_table(const SlDemand *demand)
{
	return demand->needed;
}

int64_t
sl_demand_of(const SlDemand *demand, int64_t update_id)
{
	const int64_t *n = g_hash_table_lookup(demand->needed, &update_id);

	return n ? *n : -1;
}
