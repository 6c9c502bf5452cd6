#include "catalog/advisory.h"

#include "catalog/version.h"

static bool
put_head(SlDb *db, const SlDsaEntry *entry, GError **error)
{
	g_autoptr(SlQuery) clear = sl_query_new(db, "DELETE FROM advisory WHERE id = ?1");
	g_autoptr(SlQuery) query =
		sl_query_new(db, "INSERT INTO advisory (id, at, title) VALUES (?1, ?2, ?3)");

	sl_query_bind_text(clear, 1, entry->id);
	if (!sl_query_run(clear, error))
		return false;
	sl_query_bind_text(query, 1, entry->id);
	sl_query_bind_int(query, 2, entry->at);
	sl_query_bind_text(query, 3, entry->title);
	return sl_query_run(query, error);
}

static bool
put_details(SlDb *db, const SlDsaEntry *entry, GError **error)
{
	g_autoptr(SlQuery) cve =
		sl_query_new(db, "INSERT INTO advisory_cve (advisory_id, cve) VALUES (?1, ?2)"
				 " ON CONFLICT DO NOTHING");
	g_autoptr(SlQuery) fix = sl_query_new(
		db, "INSERT INTO advisory_fix (advisory_id, os_codename, name, version)"
		    " VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING");

	for (guint i = 0; i < entry->cves->len; i++) {
		sl_query_bind_text(cve, 1, entry->id);
		sl_query_bind_text(cve, 2, entry->cves->pdata[i]);
		if (!sl_query_run(cve, error))
			return false;
	}
	for (guint i = 0; i < entry->fixes->len; i++) {
		const SlDsaFix *one = entry->fixes->pdata[i];

		sl_query_bind_text(fix, 1, entry->id);
		sl_query_bind_text(fix, 2, one->os_codename);
		sl_query_bind_text(fix, 3, one->name);
		sl_query_bind_text(fix, 4, one->version);
		if (!sl_query_run(fix, error))
			return false;
	}
	return true;
}

static bool
link_update(SlDb *db, int64_t update_id, const char *advisory_id, GError **error)
{
	g_autoptr(SlQuery) query =
		sl_query_new(db, "INSERT INTO update_advisory (update_id, advisory_id)"
				 " VALUES (?1, ?2) ON CONFLICT DO NOTHING");

	sl_query_bind_int(query, 1, update_id);
	sl_query_bind_text(query, 2, advisory_id);
	return sl_query_run(query, error);
}

/* Of what was there at the first sync it is not known when it came. Its advisory is of about that
 * day, where it is the very version that first fixed something. */
static bool
date_updates(SlDb *db, int64_t upstream_id, GError **error)
{
	static const char sql[] =
		"WITH dated AS (SELECT x.update_id AS id, min(a.at) AS at FROM update_advisory x"
		"  JOIN updates u ON u.id = x.update_id JOIN advisory a ON a.id = x.advisory_id"
		"  JOIN advisory_fix f ON f.advisory_id = a.id AND f.name = u.name"
		"   AND f.version = u.version"
		"  WHERE u.released_exact = 0 AND (?1 = 0 OR u.upstream_id = ?1) GROUP BY "
		"x.update_id)"
		" UPDATE updates SET released_at = (SELECT at FROM dated WHERE dated.id = "
		"updates.id)"
		" WHERE id IN (SELECT id FROM dated WHERE dated.at < updates.released_at)";
	g_autoptr(SlQuery) query = sl_query_new(db, sql);

	sl_query_bind_int(query, 1, upstream_id);
	return sl_query_run(query, error);
}

static bool
link_updates(SlDb *db, int64_t upstream_id, GError **error)
{
	static const char sql[] =
		"SELECT u.id, u.version, f.advisory_id, f.version FROM updates u"
		" JOIN advisory_fix f ON f.name = u.name"
		" JOIN upstream_serves s ON s.upstream_id = u.upstream_id"
		"  AND s.os_codename = f.os_codename WHERE (?1 = 0 OR u.upstream_id = ?1)";
	g_autoptr(SlQuery) query = sl_query_new(db, sql);
	SlStep step;

	sl_query_bind_int(query, 1, upstream_id);
	while ((step = sl_query_step(query, error)) == SL_ROW)
		if (sl_version_compare(sl_query_text(query, 1), sl_query_text(query, 3)) >= 0 &&
		    !link_update(db, sl_query_int(query, 0), sl_query_text(query, 2), error))
			return false;
	return step == SL_DONE;
}

bool
sl_advisory_attach(SlDb *db, int64_t upstream_id, GError **error)
{
	return link_updates(db, upstream_id, error) && date_updates(db, upstream_id, error);
}

int64_t
sl_advisory_count(SlDb *db, GError **error)
{
	g_autoptr(SlQuery) query = sl_query_new(db, "SELECT count(*) FROM advisory");

	return sl_query_step(query, error) == SL_ROW ? sl_query_int(query, 0) : -1;
}

bool
sl_advisory_import(SlDb *db, GPtrArray *entries, int64_t *ret_found, GError **error)
{
	g_autoptr(SlQuery) count = NULL;

	for (guint i = 0; i < entries->len; i++)
		if (!put_head(db, entries->pdata[i], error) ||
		    !put_details(db, entries->pdata[i], error))
			return false;
	if (!sl_advisory_attach(db, 0, error))
		return false;
	count = sl_query_new(db, "SELECT count(DISTINCT update_id) FROM update_advisory");
	if (sl_query_step(count, error) != SL_ROW)
		return false;
	*ret_found = sl_query_int(count, 0);
	return true;
}

void
sl_advisory_free(SlAdvisory *advisory)
{
	if (!advisory)
		return;
	g_free(advisory->id);
	g_free(advisory->title);
	g_free(advisory->cves);
	g_free(advisory);
}

GPtrArray *
sl_advisory_of_update(SlDb *db, int64_t update_id, GError **error)
{
	static const char sql[] =
		"SELECT a.id, a.at, a.title, coalesce((SELECT group_concat(c.cve, ' ')"
		" FROM advisory_cve c WHERE c.advisory_id = a.id), '')"
		" FROM update_advisory x JOIN advisory a ON a.id = x.advisory_id"
		" WHERE x.update_id = ?1 ORDER BY a.at DESC, a.id";
	g_autoptr(GPtrArray) list =
		g_ptr_array_new_with_free_func((GDestroyNotify)sl_advisory_free);
	g_autoptr(SlQuery) query = sl_query_new(db, sql);
	SlStep step;

	sl_query_bind_int(query, 1, update_id);
	while ((step = sl_query_step(query, error)) == SL_ROW) {
		SlAdvisory *advisory = g_new0(SlAdvisory, 1);

		advisory->id = g_strdup(sl_query_text(query, 0));
		advisory->at = sl_query_int(query, 1);
		advisory->title = g_strdup(sl_query_text(query, 2));
		advisory->cves = g_strdup(sl_query_text(query, 3));
		g_ptr_array_add(list, advisory);
	}
	return step == SL_DONE ? g_steal_pointer(&list) : NULL;
}
