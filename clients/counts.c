#include "clients/counts.h"

GHashTable *
sl_counts_new(void)
{
	return g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free,
				     (GDestroyNotify)g_array_unref);
}

SlCounts *
sl_counts_of(GHashTable *groups, int64_t group_id)
{
	SlCounts *counts = g_hash_table_lookup(groups, &group_id);

	if (!counts) {
		counts = g_array_new(FALSE, TRUE, sizeof(int64_t));
		g_hash_table_insert(groups, g_memdup2(&group_id, sizeof group_id), counts);
	}
	return counts;
}

void
sl_counts_add(SlCounts *counts, int64_t slot, SlStatus status, int64_t n)
{
	guint index = (guint)((slot + 1) * SL_STATUSES + status);

	if (index >= counts->len)
		g_array_set_size(counts, (guint)((slot + 2) * SL_STATUSES));
	g_array_index(counts, int64_t, index) += n;
}

int64_t
sl_counts_get(const SlCounts *counts, int64_t slot, SlStatus status)
{
	guint index = (guint)((slot + 1) * SL_STATUSES + status);

	return counts && index < counts->len ? g_array_index(counts, int64_t, index) : 0;
}
