#include "clients/overdue.h"

#include "catalog/rating.h"

/* An update that is first to be overdue of its channel and rating. */
typedef struct {
	int64_t channel_id;
	int64_t slot;
} Late;

/* One for each channel where something approved before is still asked for. */
static GArray *
find_late(SlDb *db, const char *rating, int64_t before_at, GError **error)
{
	g_autoptr(SlQuery) query = sl_query_new(
		db, "SELECT a.channel_id, u.slot FROM approval a JOIN updates u"
		    " ON u.id = a.update_id WHERE a.state = 'approved' AND u.slot IS NOT NULL"
		    " AND u.rating = ?1 AND a.first_at < ?2 ORDER BY a.channel_id, a.first_at");
	g_autoptr(GArray) list = g_array_new(FALSE, FALSE, sizeof(Late));
	SlStep step;

	sl_query_bind_text(query, 1, rating);
	sl_query_bind_int(query, 2, before_at);
	while ((step = sl_query_step(query, error)) == SL_ROW) {
		Late late = {sl_query_int(query, 0), sl_query_int(query, 1)};

		if (list->len == 0 ||
		    g_array_index(list, Late, list->len - 1).channel_id != late.channel_id)
			g_array_append_val(list, late);
	}
	return step == SL_DONE ? g_steal_pointer(&list) : NULL;
}

/* Those of whose status nothing is known: all of the channel but whom the slot counts. */
static bool
add_unknown(SlDb *db, const Late *late, int64_t *n, GError **error)
{
	g_autoptr(SlQuery) query = sl_query_new(
		db, "SELECT coalesce(sum(CASE c.slot WHEN -1 THEN c.n ELSE -c.n END), 0)"
		    " FROM coverage c JOIN computer_group g ON g.id = c.group_id"
		    " WHERE c.slot IN (-1, ?1) AND g.channel_id = ?2");

	sl_query_bind_int(query, 1, late->slot);
	sl_query_bind_int(query, 2, late->channel_id);
	if (sl_query_step(query, error) != SL_ROW)
		return false;
	*n += sl_query_int(query, 0);
	return true;
}

static bool
add_lacking(SlDb *db, const char *rating, int64_t before_at, int64_t *n, GError **error)
{
	g_autoptr(SlQuery) query = sl_query_new(
		db, "SELECT coalesce(sum(n), 0) FROM lacking WHERE rating = ?1 AND first_at < ?2");

	sl_query_bind_text(query, 1, rating);
	sl_query_bind_int(query, 2, before_at);
	if (sl_query_step(query, error) != SL_ROW)
		return false;
	*n += sl_query_int(query, 0);
	return true;
}

static bool
count(SlDb *db, const char *rating, int64_t before_at, int64_t *ret_n, GError **error)
{
	g_autoptr(GArray) late = find_late(db, rating, before_at, error);
	int64_t n = 0;

	if (!late || !add_lacking(db, rating, before_at, &n, error))
		return false;
	for (guint i = 0; i < late->len; i++)
		if (!add_unknown(db, &g_array_index(late, Late, i), &n, error))
			return false;
	*ret_n = n;
	return true;
}

bool
sl_overdue_limits(SlDb *db, int64_t now_at, int64_t *ret_before_at, GError **error)
{
	for (int i = 0; i < SL_RATINGS; i++) {
		g_autoptr(SlRating) asks = sl_rating_get(db, sl_standing_rating(i), error);

		if (!asks)
			return false;
		ret_before_at[i] = now_at - asks->allow_s;
	}
	return true;
}

bool
sl_overdue_count(SlDb *db, int64_t now_at, int64_t *ret_n, GError **error)
{
	int64_t before_at[SL_RATINGS];

	if (!sl_overdue_limits(db, now_at, before_at, error))
		return false;
	for (int i = 0; i < SL_RATINGS; i++)
		if (!count(db, sl_standing_rating(i), before_at[i], &ret_n[i], error))
			return false;
	return true;
}
