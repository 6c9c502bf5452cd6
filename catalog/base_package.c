#include "catalog/base_package.h"

static bool
clear(SlDb *db, int64_t upstream_id, GError **error)
{
	g_autoptr(SlQuery) query =
		sl_query_new(db, "DELETE FROM base_package WHERE upstream_id = ?1");

	sl_query_bind_int(query, 1, upstream_id);
	return sl_query_run(query, error);
}

bool
sl_base_package_replace_staged(SlDb *db, int64_t upstream_id, GError **error)
{
	static const char sql[] =
		"INSERT INTO base_package (upstream_id, name, architecture, version, provides)"
		" SELECT ?1, name, architecture, version, provides FROM stage.item"
		" ORDER BY name, architecture, version";
	g_autoptr(SlQuery) query = sl_query_new(db, sql);

	if (!clear(db, upstream_id, error))
		return false;
	sl_query_bind_int(query, 1, upstream_id);
	return sl_query_run(query, error);
}

void
sl_base_package_free(SlBasePackage *package)
{
	if (!package)
		return;
	g_free(package->name);
	g_free(package->version);
	g_free(package->provides);
	g_free(package);
}

GPtrArray *
sl_base_package_find(SlDb *db, int64_t for_upstream_id, const char *name, GError **error)
{
	static const char sql[] =
		"SELECT b.name, b.version, b.provides FROM base_package b"
		" WHERE b.upstream_id IN (SELECT theirs.upstream_id FROM upstream_serves theirs"
		"  JOIN upstream_serves ours ON ours.os_id = theirs.os_id"
		"  AND ours.os_codename = theirs.os_codename WHERE ours.upstream_id = ?1)"
		" AND (b.name = ?2 OR (b.provides <> '' AND instr(b.provides, ?2) > 0))";
	g_autoptr(GPtrArray) list =
		g_ptr_array_new_with_free_func((GDestroyNotify)sl_base_package_free);
	g_autoptr(SlQuery) query = sl_query_new(db, sql);
	SlStep step;

	sl_query_bind_int(query, 1, for_upstream_id);
	sl_query_bind_text(query, 2, name);
	while ((step = sl_query_step(query, error)) == SL_ROW) {
		SlBasePackage *package = g_new0(SlBasePackage, 1);

		package->name = g_strdup(sl_query_text(query, 0));
		package->version = g_strdup(sl_query_text(query, 1));
		package->provides = g_strdup(sl_query_text(query, 2));
		g_ptr_array_add(list, package);
	}
	return step == SL_DONE ? g_steal_pointer(&list) : NULL;
}
