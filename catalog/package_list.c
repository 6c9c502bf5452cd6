#include "catalog/package_list.h"

#include "catalog/base/text.h"

void
sl_package_line_free(SlPackageLine *line)
{
	if (!line)
		return;
	g_free(line->name);
	g_free(line->version);
	g_free(line->architecture);
	g_free(line->component);
	g_free(line->filename);
	g_free(line->sha256);
	g_free(line->index_sha256);
	g_free(line->fingerprint);
	g_free(line);
}

static void
bind_filter(SlQuery *query, gconstpointer data)
{
	const SlPackageFilter *filter = data;
	g_autofree char *pattern = sl_text_like(filter->text);

	sl_query_bind_int(query, 1, filter->update_id);
	sl_query_bind_text(query, 2, pattern);
	sl_query_bind_text(query, 3, filter->architecture);
}

static gpointer
read_line(SlQuery *query)
{
	SlPackageLine *line = g_new0(SlPackageLine, 1);

	line->name = g_strdup(sl_query_text(query, 0));
	line->version = g_strdup(sl_query_text(query, 1));
	line->architecture = g_strdup(sl_query_text(query, 2));
	line->component = g_strdup(sl_query_text(query, 3));
	line->filename = g_strdup(sl_query_text(query, 4));
	line->sha256 = g_strdup(sl_query_text(query, 5));
	line->size = sl_query_int(query, 6);
	line->stored_at = sl_query_int(query, 7);
	line->index_sha256 = g_strdup(sl_query_text(query, 8));
	line->fingerprint = g_strdup(sl_query_text(query, 9));
	return line;
}

static const SlListing packages = {
	.query = "SELECT p.name, p.version, p.architecture, p.component, p.filename,"
		 " p.payload_sha256, l.size, l.stored_at, l.index_sha256, l.fingerprint"
		 " FROM revision_package r JOIN package p ON p.id = r.package_id"
		 " JOIN payload l ON l.sha256 = p.payload_sha256"
		 " WHERE r.revision_id = (SELECT n.id FROM revision n WHERE n.update_id = ?1"
		 "  ORDER BY n.number DESC LIMIT 1)"
		 " AND (?2 IS NULL OR p.name LIKE ?2 ESCAPE '!')"
		 " AND (?3 IS NULL OR p.architecture = ?3)",
	.sorts = {{"name", "p.name"},
		  {"version", "p.version"},
		  {"architecture", "p.architecture"},
		  {"component", "p.component"},
		  {"size", "l.size"},
		  {"stored_at", "l.stored_at"}},
	.order = "p.name, p.version, p.architecture",
	.bind = bind_filter,
	.read = read_line,
	.free = (GDestroyNotify)sl_package_line_free,
};

GPtrArray *
sl_package_list(SlDb *db, const SlPackageFilter *filter, int64_t *ret_total, GError **error)
{
	return sl_listing_read(db, &packages, filter, &filter->page, ret_total, error);
}
