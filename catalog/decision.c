#include "catalog/decision.h"

static bool
count(SlDb *db, const char *sql, int64_t *ret_n, GError **error)
{
	g_autoptr(SlQuery) query = sl_query_new(db, sql);

	if (sl_query_step(query, error) != SL_ROW)
		return false;
	*ret_n = sl_query_int(query, 0);
	return true;
}

bool
sl_decisions_count(SlDb *db, SlDecisions *ret_decisions, GError **error)
{
	return count(db,
		     "SELECT count(*) FROM updates u WHERE u.newest = 1 AND u.withdrawn_at IS NULL"
		     " AND u.declined_at IS NULL AND NOT EXISTS (SELECT 1 FROM approval a"
		     "  WHERE a.update_id = u.id)",
		     &ret_decisions->certify, error) &&
	       count(db,
		     "SELECT count(*) FROM approval a JOIN channel c ON c.id = a.channel_id"
		     " WHERE c.position = 1 AND a.state = 'approved' AND NOT EXISTS"
		     " (SELECT 1 FROM approval b WHERE b.update_id = a.update_id"
		     "  AND b.channel_id <> a.channel_id AND b.state = 'approved')",
		     &ret_decisions->promote, error);
}
