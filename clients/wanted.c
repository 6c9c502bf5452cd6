#include "clients/wanted.h"

#include "catalog/version.h"

bool
sl_wanted_each_item(SlDb *db, int64_t revision_id, SlWantedFunc func, gpointer data, GError **error)
{
	static const char sql[] =
		"SELECT i.id, i.version, p.version FROM revision_package rp CROSS JOIN package p"
		" CROSS JOIN inventory_item i WHERE rp.revision_id = ?1 AND p.id = rp.package_id"
		" AND i.name = p.name AND (i.architecture = p.architecture"
		"  OR i.architecture = 'all' OR p.architecture = 'all')";
	g_autoptr(SlQuery) query = sl_query_new(db, sql);
	SlStep step;

	sl_query_bind_int(query, 1, revision_id);
	while ((step = sl_query_step(query, error)) == SL_ROW)
		func(sl_query_int(query, 0),
		     sl_version_compare(sl_query_text(query, 1), sl_query_text(query, 2)) < 0,
		     data);
	return step == SL_DONE;
}

GHashTable *
sl_wanted_systems(SlDb *db, int64_t revision_id, GError **error)
{
	static const char sql[] =
		"SELECT s.os_id || ' ' || s.os_codename FROM revision r JOIN updates u"
		" ON u.id = r.update_id JOIN upstream_serves s ON s.upstream_id = u.upstream_id"
		" WHERE r.id = ?1";
	g_autoptr(GHashTable) systems =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_autoptr(SlQuery) query = sl_query_new(db, sql);
	SlStep step;

	sl_query_bind_int(query, 1, revision_id);
	while ((step = sl_query_step(query, error)) == SL_ROW)
		g_hash_table_add(systems, g_strdup(sl_query_text(query, 0)));
	return step == SL_DONE ? g_steal_pointer(&systems) : NULL;
}
