#include "catalog/package.h"

#include <string.h>

#include "catalog/base/stream.h"
#include "catalog/update.h"

#define COLUMNS                                                                                    \
	"p.id, p.upstream_id, p.name, p.version, p.architecture, p.component, p.section, "         \
	"p.source,"                                                                                \
	" p.source_version, p.payload_sha256, l.size, p.filename, p.stanza, p.seen_at,"            \
	" p.withdrawn_at, coalesce(p.checksum, -1)"

SlPackage *
sl_package_new(void)
{
	return g_new0(SlPackage, 1);
}

void
sl_package_free(SlPackage *package)
{
	if (!package)
		return;
	g_free(package->name);
	g_free(package->version);
	g_free(package->architecture);
	g_free(package->component);
	g_free(package->section);
	g_free(package->source);
	g_free(package->source_version);
	g_free(package->payload_sha256);
	g_free(package->filename);
	g_free(package->stanza);
	g_free(package);
}

/* The current row's texts are borrowed from the query. */
static SlPackage
borrow_row(SlQuery *query)
{
	SlPackage package = {
		.id = sl_query_int(query, 0),
		.upstream_id = sl_query_int(query, 1),
		.name = (char *)sl_query_text(query, 2),
		.version = (char *)sl_query_text(query, 3),
		.architecture = (char *)sl_query_text(query, 4),
		.component = (char *)sl_query_text(query, 5),
		.section = (char *)sl_query_text(query, 6),
		.source = (char *)sl_query_text(query, 7),
		.source_version = (char *)sl_query_text(query, 8),
		.payload_sha256 = (char *)sl_query_text(query, 9),
		.size = sl_query_int(query, 10),
		.filename = (char *)sl_query_text(query, 11),
		.stanza = (char *)sl_query_text(query, 12),
		.seen_at = sl_query_int(query, 13),
		.withdrawn_at = sl_query_int(query, 14),
		.checksum = sl_query_int(query, 15),
	};

	return package;
}

static SlPackage *
copy(const SlPackage *row)
{
	SlPackage *package = sl_package_new();

	*package = *row;
	package->name = g_strdup(row->name);
	package->version = g_strdup(row->version);
	package->architecture = g_strdup(row->architecture);
	package->component = g_strdup(row->component);
	package->section = g_strdup(row->section);
	package->source = g_strdup(row->source);
	package->source_version = g_strdup(row->source_version);
	package->payload_sha256 = g_strdup(row->payload_sha256);
	package->filename = g_strdup(row->filename);
	package->stanza = g_strdup(row->stanza);
	return package;
}

static bool
each_row(SlQuery *query, SlPackageFunc func, gpointer data, GError **error)
{
	SlStep step;

	while ((step = sl_query_step(query, error)) == SL_ROW) {
		SlPackage row = borrow_row(query);

		if (!func(&row, data, error))
			return false;
	}
	return step == SL_DONE;
}

bool
sl_package_each(SlDb *db, int64_t revision_id, SlPackageFunc func, gpointer data, GError **error)
{
	static const char sql[] = "SELECT " COLUMNS " FROM revision_package r"
				  " JOIN package p ON p.id = r.package_id"
				  " JOIN payload l ON l.sha256 = p.payload_sha256"
				  " WHERE r.revision_id = ?1"
				  " ORDER BY p.name, p.version, p.architecture";
	g_autoptr(SlQuery) query = sl_query_new(db, sql);

	sl_query_bind_int(query, 1, revision_id);
	return each_row(query, func, data, error);
}

static bool
collect(const SlPackage *package, gpointer data, GError **error)
{
	(void)error;
	g_ptr_array_add(data, copy(package));
	return true;
}

GPtrArray *
sl_package_of_revision(SlDb *db, int64_t revision_id, GError **error)
{
	g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func((GDestroyNotify)sl_package_free);

	return sl_package_each(db, revision_id, collect, list, error) ? g_steal_pointer(&list)
								      : NULL;
}

GPtrArray *
sl_package_named(SlDb *db, const char *name, GError **error)
{
	static const char sql[] = "SELECT " COLUMNS " FROM package p"
				  " JOIN payload l ON l.sha256 = p.payload_sha256"
				  " WHERE p.name = ?1 AND p.withdrawn_at IS NULL";
	g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func((GDestroyNotify)sl_package_free);
	g_autoptr(SlQuery) query = sl_query_new(db, sql);

	sl_query_bind_text(query, 1, name);
	return each_row(query, collect, list, error) ? g_steal_pointer(&list) : NULL;
}

int64_t
sl_package_checksum(const SlPackage *package)
{
	const char *const parts[] = {package->name,	      package->version,
				     package->architecture,   package->component,
				     package->payload_sha256, package->stanza};
	uint32_t sum = 0;

	for (size_t i = 0; i < G_N_ELEMENTS(parts); i++)
		sum = sl_stream_checksum(sum, parts[i], strlen(parts[i]) + 1);
	return sum;
}

bool
sl_package_check(const SlPackage *package, GError **error)
{
	return package->checksum < 0 || package->checksum == sl_package_checksum(package) ||
	       sl_error_set(error, SL_ERROR_INTEGRITY,
			    "%s %s %s: its row in the database is damaged; restore a backup into an"
			    " empty state directory",
			    package->name, package->version, package->architecture);
}

static bool
highest(SlDb *db, const char *sql, int64_t *ret_id, GError **error)
{
	g_autoptr(SlQuery) query = sl_query_new(db, sql);

	if (sl_query_step(query, error) != SL_ROW)
		return false;
	*ret_id = sl_query_int(query, 0);
	return true;
}

bool
sl_package_add_staged(SlDb *db, int64_t upstream_id, int64_t now_at, int64_t *ret_before,
		      int64_t *ret_added, GError **error)
{
	static const char sql[] =
		"INSERT INTO package (id, upstream_id, name, version, architecture, component,"
		" section, source, source_version, payload_sha256, filename, stanza, seen_at,"
		" checksum) SELECT ?1 + number, ?2, name, version, architecture, component, "
		"section,"
		" source, source_version, sha256, filename, stanza, ?3, checksum"
		" FROM stage.new_package ORDER BY number";
	g_autoptr(SlQuery) query = sl_query_new(db, sql);
	int64_t before;

	if (!highest(db, "SELECT coalesce(max(id), 0) FROM package", &before, error))
		return false;
	sl_query_bind_int(query, 1, before);
	sl_query_bind_int(query, 2, upstream_id);
	sl_query_bind_int(query, 3, now_at);
	if (!sl_query_run(query, error))
		return false;
	*ret_before = before;
	*ret_added = sl_db_changes(db);
	return true;
}

bool
sl_package_set_withdrawn(SlDb *db, int64_t id, int64_t withdrawn_at, GError **error)
{
	g_autoptr(SlQuery) query =
		sl_query_new(db, "UPDATE package SET withdrawn_at = nullif(?2, 0) WHERE id = ?1");

	sl_query_bind_int(query, 1, id);
	sl_query_bind_int(query, 2, withdrawn_at);
	return sl_query_run(query, error);
}

bool
sl_package_set_filename(SlDb *db, int64_t id, const char *filename, GError **error)
{
	g_autoptr(SlQuery) query =
		sl_query_new(db, "UPDATE package SET filename = ?2 WHERE id = ?1");

	sl_query_bind_int(query, 1, id);
	sl_query_bind_text(query, 2, filename);
	return sl_query_run(query, error);
}

static bool
add_members(SlDb *db, int64_t before, int64_t packages_before, GError **error)
{
	static const char sql[] = "INSERT INTO revision_package (revision_id, package_id)"
				  " SELECT ?1 + revision, coalesce(package_id, ?2 + package)"
				  " FROM stage.new_revision_package ORDER BY 1, 2";
	g_autoptr(SlQuery) query = sl_query_new(db, sql);

	sl_query_bind_int(query, 1, before);
	sl_query_bind_int(query, 2, packages_before);
	return sl_query_run(query, error);
}

bool
sl_revision_add_staged(SlDb *db, int64_t updates_before, int64_t packages_before, int64_t now_at,
		       int64_t *ret_added, GError **error)
{
	static const char sql[] = "INSERT INTO revision (id, update_id, number, digest, seen_at)"
				  " SELECT ?1 + n.number, coalesce(n.update_id, ?2 + n.number),"
				  " 1 + coalesce((SELECT max(r.number) FROM revision r"
				  "  WHERE r.update_id = n.update_id), 0), n.digest, ?3"
				  " FROM stage.new_revision n ORDER BY n.number";
	g_autoptr(SlQuery) query = sl_query_new(db, sql);
	int64_t before, added;

	if (!highest(db, "SELECT coalesce(max(id), 0) FROM revision", &before, error))
		return false;
	sl_query_bind_int(query, 1, before);
	sl_query_bind_int(query, 2, updates_before);
	sl_query_bind_int(query, 3, now_at);
	if (!sl_query_run(query, error))
		return false;
	added = sl_db_changes(db);
	if (!add_members(db, before, packages_before, error) ||
	    !sl_update_measure(db, before, error))
		return false;
	*ret_added = added;
	return true;
}
