#include "clients/coverage_delta.h"

#include <string.h>

#include "clients/counts.h"

struct SlCoverageDelta {
	GHashTable *groups;  /* (owned): group -> SlCounts */
	GHashTable *lacking; /* (owned): Lacking -> how many more, as int64_t */
};

/* Of which computers the table lacking counts how many. */
typedef struct {
	int64_t group_id;
	int64_t rating;
	int64_t first_at;
} Lacking;

static guint
lacking_hash(gconstpointer data)
{
	const Lacking *one = data;

	return (guint)(one->group_id * 31 + one->rating) * 31 + (guint)one->first_at;
}

static gboolean
lacking_equal(gconstpointer a, gconstpointer b)
{
	return memcmp(a, b, sizeof(Lacking)) == 0;
}

SlCoverageDelta *
sl_coverage_delta_new(void)
{
	SlCoverageDelta *delta = g_new0(SlCoverageDelta, 1);

	delta->groups = sl_counts_new();
	delta->lacking = g_hash_table_new_full(lacking_hash, lacking_equal, g_free, g_free);
	return delta;
}

void
sl_coverage_delta_free(SlCoverageDelta *delta)
{
	if (!delta)
		return;
	g_hash_table_unref(delta->groups);
	g_hash_table_unref(delta->lacking);
	g_free(delta);
}

static void
add_lacking(SlCoverageDelta *delta, const SlCounted *counted, int64_t n)
{
	for (int i = 0; i < SL_RATINGS; i++) {
		Lacking key = {counted->group_id, i, counted->standing.lacks_at[i]};
		int64_t *sum;

		if (key.first_at == 0)
			continue;
		sum = g_hash_table_lookup(delta->lacking, &key);
		if (!sum) {
			sum = g_new0(int64_t, 1);
			g_hash_table_insert(delta->lacking, g_memdup2(&key, sizeof key), sum);
		}
		*sum += n;
	}
}

static void
add_all(SlCoverageDelta *delta, const SlCounted *counted, int64_t n)
{
	SlCounts *counts;

	if (counted->group_id == 0)
		return;
	counts = sl_counts_of(delta->groups, counted->group_id);
	sl_counts_add(counts, -1, counted->silent ? SL_STATUS_SILENT : counted->standing.worst, n);
	if (counted->silent)
		return;
	add_lacking(delta, counted, n);
	for (int64_t slot = 0; slot < (int64_t)counted->size * 2; slot++) {
		SlStatus status = sl_states_get(counted->states, counted->size, slot);

		if (status != SL_STATUS_UNKNOWN)
			sl_counts_add(counts, slot, status, n);
	}
}

static void
change(SlCoverageDelta *delta, const SlCounted *before, const SlCounted *after)
{
	SlCounts *counts = sl_counts_of(delta->groups, after->group_id);
	int64_t slots = (int64_t)MAX(before->size, after->size) * 2;

	sl_counts_add(counts, -1, before->standing.worst, -1);
	sl_counts_add(counts, -1, after->standing.worst, 1);
	add_lacking(delta, before, -1);
	add_lacking(delta, after, 1);
	for (int64_t slot = 0; slot < slots; slot++) {
		SlStatus was = sl_states_get(before->states, before->size, slot);
		SlStatus is = sl_states_get(after->states, after->size, slot);

		if (was == is)
			continue;
		if (was != SL_STATUS_UNKNOWN)
			sl_counts_add(counts, slot, was, -1);
		if (is != SL_STATUS_UNKNOWN)
			sl_counts_add(counts, slot, is, 1);
	}
}

bool
sl_counted_equal(const SlCounted *a, const SlCounted *b)
{
	return sl_standing_equal(&a->standing, &b->standing) && a->size == b->size &&
	       (a->size == 0 || memcmp(a->states, b->states, a->size) == 0);
}

void
sl_coverage_delta_move(SlCoverageDelta *delta, const SlCounted *before, const SlCounted *after)
{
	bool same_place = before->group_id == after->group_id && before->silent == after->silent;

	/* most check-ins say what the last one said, and what a silent computer said is not counted
	 */
	if (same_place && (before->silent || sl_counted_equal(before, after)))
		return;
	if (same_place && before->group_id != 0) {
		change(delta, before, after);
		return;
	}
	add_all(delta, before, -1);
	add_all(delta, after, 1);
}

static bool
write_group(SlDb *db, int64_t group_id, const SlCounts *counts, GError **error)
{
	g_autoptr(SlQuery) query =
		sl_query_new(db, "INSERT INTO coverage (slot, group_id, status, n)"
				 " VALUES (?1, ?2, ?3, ?4) ON CONFLICT (slot, group_id, status)"
				 " DO UPDATE SET n = n + ?4");

	for (guint i = 0; i < counts->len; i++) {
		int64_t n = g_array_index(counts, int64_t, i);

		if (n == 0)
			continue;
		sl_query_bind_int(query, 1, (int64_t)i / SL_STATUSES - 1);
		sl_query_bind_int(query, 2, group_id);
		sl_query_bind_int(query, 3, i % SL_STATUSES);
		sl_query_bind_int(query, 4, n);
		if (!sl_query_run(query, error))
			return false;
	}
	return true;
}

/* A date that nobody lacks anything since is forgotten. */
static bool
write_lacking(SlDb *db, const Lacking *one, int64_t n, GError **error)
{
	g_autoptr(SlQuery) query =
		sl_query_new(db, "INSERT INTO lacking (group_id, rating, first_at, n)"
				 " VALUES (?1, ?2, ?3, ?4) ON CONFLICT (group_id, rating, first_at)"
				 " DO UPDATE SET n = n + ?4");
	g_autoptr(SlQuery) forget =
		sl_query_new(db, "DELETE FROM lacking WHERE group_id = ?1 AND rating = ?2"
				 " AND first_at = ?3 AND n = 0");

	for (int i = 0; i < 2; i++) {
		SlQuery *each = i == 0 ? query : forget;

		sl_query_bind_int(each, 1, one->group_id);
		sl_query_bind_text(each, 2, sl_standing_rating((int)one->rating));
		sl_query_bind_int(each, 3, one->first_at);
	}
	sl_query_bind_int(query, 4, n);
	return sl_query_run(query, error) && (n > 0 || sl_query_run(forget, error));
}

bool
sl_coverage_delta_write(SlCoverageDelta *delta, SlDb *db, GError **error)
{
	GHashTableIter iter;
	gpointer key, value;
	bool ok = true;

	g_hash_table_iter_init(&iter, delta->groups);
	while (ok && g_hash_table_iter_next(&iter, &key, &value))
		ok = write_group(db, *(int64_t *)key, value, error);
	g_hash_table_iter_init(&iter, delta->lacking);
	while (ok && g_hash_table_iter_next(&iter, &key, &value))
		ok = *(int64_t *)value == 0 || write_lacking(db, key, *(int64_t *)value, error);
	g_hash_table_remove_all(delta->groups);
	g_hash_table_remove_all(delta->lacking);
	return ok;
}
