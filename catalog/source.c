/* source.c - the tables upstream, upstream_serves and upstream_index */
#include "catalog/source.h"

#include <string.h>

#include "catalog/base/text.h"
#include "catalog/source_private.h"

#define COLUMNS                                                                                    \
	"id, name, kind, role, url, suite, components, architectures, publish_suite, exclude,"     \
	" keyring, fingerprints, internal, enabled, added_at, origin, codename,"                   \
	" label, release_sha256, release_at, valid_until, release_etag, release_modified"

SlUpstream *
sl_upstream_new(void)
{
	return g_new0(SlUpstream, 1);
}

void
sl_upstream_free(SlUpstream *upstream)
{
	if (!upstream)
		return;
	g_free(upstream->name);
	g_free(upstream->kind);
	g_free(upstream->role);
	g_free(upstream->url);
	g_free(upstream->suite);
	g_strfreev(upstream->components);
	g_strfreev(upstream->architectures);
	g_free(upstream->publish_suite);
	g_strfreev(upstream->exclude);
	g_strfreev(upstream->serves);
	g_clear_pointer(&upstream->keyring, g_bytes_unref);
	g_strfreev(upstream->fingerprints);
	g_free(upstream->origin);
	g_free(upstream->codename);
	g_free(upstream->label);
	g_free(upstream->release_sha256);
	g_free(upstream->release_etag);
	g_free(upstream->release_modified);
	g_free(upstream);
}

static void
bind_list(SlQuery *query, int index, char *const *list)
{
	g_autofree char *text = list ? g_strjoinv(" ", (char **)list) : g_strdup("");

	sl_query_bind_text(query, index, text);
}

static void
bind_keys(SlQuery *query, int index, GBytes *keyring, char *const *fingerprints)
{
	gsize size;
	const void *bytes = g_bytes_get_data(keyring, &size);

	sl_query_bind_blob(query, index, bytes, size);
	bind_list(query, index + 1, fingerprints);
}

static bool
insert_upstream(SlDb *db, const SlUpstream *upstream, int64_t *ret_id, GError **error)
{
	static const char sql[] =
		"INSERT INTO upstream (name, kind, role, url, suite, components, architectures,"
		" publish_suite, exclude, keyring, fingerprints, internal, enabled, added_at)"
		" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)"
		" RETURNING id";
	g_autoptr(SlQuery) query = sl_query_new(db, sql);
	bool slash = g_str_has_suffix(upstream->url, "/");
	g_autofree char *url = g_strconcat(upstream->url, slash ? "" : "/", NULL);
	const char *published = upstream->publish_suite;

	sl_query_bind_text(query, 1, upstream->name);
	sl_query_bind_text(query, 2, upstream->kind);
	sl_query_bind_text(query, 3,
			   upstream->role && *upstream->role ? upstream->role : "updates");
	sl_query_bind_text(query, 4, url);
	sl_query_bind_text(query, 5, upstream->suite);
	bind_list(query, 6, upstream->components);
	bind_list(query, 7, upstream->architectures);
	sl_query_bind_text(query, 8, published && *published ? published : upstream->suite);
	bind_list(query, 9, upstream->exclude);
	bind_keys(query, 10, upstream->keyring, upstream->fingerprints);
	sl_query_bind_int(query, 12, upstream->internal);
	sl_query_bind_int(query, 13, upstream->enabled);
	sl_query_bind_int(query, 14, upstream->added_at);
	if (sl_query_step(query, error) != SL_ROW)
		return false;
	*ret_id = sl_query_int(query, 0);
	return sl_query_step(query, error) == SL_DONE;
}

static bool
insert_serves(SlDb *db, int64_t id, char *const *serves, GError **error)
{
	static const char sql[] = "INSERT INTO upstream_serves (upstream_id, os_id, os_codename)"
				  " VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING";

	for (char *const *system = serves; system && *system; system++) {
		g_auto(GStrv) parts = g_strsplit(*system, ":", 2);
		g_autoptr(SlQuery) query = sl_query_new(db, sql);

		sl_query_bind_int(query, 1, id);
		sl_query_bind_text(query, 2, parts[0]);
		sl_query_bind_text(query, 3, parts[1]);
		if (!sl_query_run(query, error))
			return false;
	}
	return true;
}

bool
sl_upstream_add(SlDb *db, const SlUpstream *upstream, GError **error)
{
	g_autoptr(SlTransaction) transaction = NULL;
	g_autoptr(SlUpstream) known = NULL;
	int64_t id;

	if (!sl_upstream_check(upstream, error))
		return false;
	transaction = sl_transaction_begin(db, error);
	if (!transaction)
		return false;
	known = sl_upstream_get(db, upstream->name, NULL);
	if (known)
		return sl_error_set(error, SL_ERROR_CONFLICT, "upstream %s is there already",
				    upstream->name);
	return insert_upstream(db, upstream, &id, error) &&
	       insert_serves(db, id, upstream->serves, error) &&
	       sl_transaction_commit(g_steal_pointer(&transaction), error);
}

static char **
list_column(SlQuery *query, int column)
{
	const char *text = sl_query_text(query, column);

	return g_strsplit(text && *text ? text : "", " ", -1);
}

static char *
text_column(SlQuery *query, int column)
{
	return g_strdup(sl_query_text(query, column));
}

static gpointer
read_upstream(SlQuery *query)
{
	SlUpstream *upstream = sl_upstream_new();
	const void *keyring;
	size_t size;

	upstream->id = sl_query_int(query, 0);
	upstream->name = text_column(query, 1);
	upstream->kind = text_column(query, 2);
	upstream->role = text_column(query, 3);
	upstream->url = text_column(query, 4);
	upstream->suite = text_column(query, 5);
	upstream->components = list_column(query, 6);
	upstream->architectures = list_column(query, 7);
	upstream->publish_suite = text_column(query, 8);
	upstream->exclude = list_column(query, 9);
	keyring = sl_query_blob(query, 10, &size);
	upstream->keyring = g_bytes_new(keyring, size);
	upstream->fingerprints = list_column(query, 11);
	upstream->internal = sl_query_int(query, 12) != 0;
	upstream->enabled = sl_query_int(query, 13) != 0;
	upstream->added_at = sl_query_int(query, 14);
	upstream->origin = text_column(query, 15);
	upstream->codename = text_column(query, 16);
	upstream->label = text_column(query, 17);
	upstream->release_sha256 = text_column(query, 18);
	upstream->release_at = sl_query_int(query, 19);
	upstream->valid_until = sl_query_int(query, 20);
	upstream->release_etag = text_column(query, 21);
	upstream->release_modified = text_column(query, 22);
	return upstream;
}

static bool
read_serves(SlDb *db, SlUpstream *upstream, GError **error)
{
	static const char sql[] = "SELECT os_id, os_codename FROM upstream_serves"
				  " WHERE upstream_id = ?1 ORDER BY os_id, os_codename";
	g_autoptr(SlQuery) query = sl_query_new(db, sql);
	g_autoptr(GPtrArray) systems = g_ptr_array_new_with_free_func(g_free);
	SlStep step;

	sl_query_bind_int(query, 1, upstream->id);
	while ((step = sl_query_step(query, error)) == SL_ROW)
		g_ptr_array_add(systems, g_strconcat(sl_query_text(query, 0), ":",
						     sl_query_text(query, 1), NULL));
	if (step != SL_DONE)
		return false;
	g_ptr_array_add(systems, NULL);
	upstream->serves = (char **)g_ptr_array_free(g_steal_pointer(&systems), FALSE);
	return true;
}

/* the one row of a query, with what it serves; *ret_upstream stays NULL when there is none */
static bool
read_one(SlDb *db, SlQuery *query, SlUpstream **ret_upstream, GError **error)
{
	g_autoptr(SlUpstream) upstream = NULL;
	SlStep step = sl_query_step(query, error);

	if (step != SL_ROW)
		return step == SL_DONE;
	upstream = read_upstream(query);
	if (!read_serves(db, upstream, error))
		return false;
	*ret_upstream = g_steal_pointer(&upstream);
	return true;
}

SlUpstream *
sl_upstream_get(SlDb *db, const char *name, GError **error)
{
	static const char sql[] = "SELECT " COLUMNS " FROM upstream WHERE name = ?1";
	g_autoptr(SlQuery) query = sl_query_new(db, sql);
	SlUpstream *upstream = NULL;

	sl_query_bind_text(query, 1, name);
	if (read_one(db, query, &upstream, error) && !upstream) {
		g_autofree char *shown = sl_text_escape(name);

		sl_error_set(error, SL_ERROR_NOT_FOUND, "there is no upstream %s", shown);
	}
	return upstream;
}

SlUpstream *
sl_upstream_get_by_id(SlDb *db, int64_t id, GError **error)
{
	static const char sql[] = "SELECT " COLUMNS " FROM upstream WHERE id = ?1";
	g_autoptr(SlQuery) query = sl_query_new(db, sql);
	SlUpstream *upstream = NULL;

	sl_query_bind_int(query, 1, id);
	if (read_one(db, query, &upstream, error) && !upstream)
		sl_error_set(error, SL_ERROR_NOT_FOUND,
			     "there is no upstream of id %" G_GINT64_FORMAT, id);
	return upstream;
}

static void
bind_filter(SlQuery *query, gconstpointer data)
{
	const SlUpstreamFilter *filter = data;
	g_autofree char *pattern = sl_text_like(filter->text);

	sl_query_bind_text(query, 1, filter->name);
	sl_query_bind_text(query, 2, pattern);
	sl_query_bind_text(query, 3, filter->state);
	sl_query_bind_text(query, 4, filter->outcome);
}

#define STATE "CASE WHEN enabled THEN 'enabled' ELSE 'disabled' END"
#define LAST(column)                                                                               \
	"(SELECT r." column " FROM sync_run r WHERE r.upstream_id = upstream.id"                   \
	" AND r.outcome <> 'running' ORDER BY r.id DESC LIMIT 1)"

static const SlListing upstreams = {
	.query = "SELECT " COLUMNS " FROM upstream WHERE (?1 IS NULL OR name = ?1)"
		 " AND (?2 IS NULL OR name LIKE ?2 ESCAPE '!' OR url LIKE ?2 ESCAPE '!'"
		 "  OR suite LIKE ?2 ESCAPE '!') AND (?3 IS NULL OR " STATE " = ?3)"
		 " AND (?4 IS NULL OR " LAST("outcome") " = ?4)",
	.sorts = {{"name", "name"},
		  {"suite", "suite"},
		  {"url", "url"},
		  {"state", STATE},
		  {"release_at", "coalesce(release_at, 0)"},
		  {"last_sync_at", LAST("finished_at")}},
	.order = "name",
	.bind = bind_filter,
	.read = read_upstream,
	.free = (GDestroyNotify)sl_upstream_free,
};

GPtrArray *
sl_upstream_list(SlDb *db, const SlUpstreamFilter *filter, int64_t *ret_total, GError **error)
{
	static const SlUpstreamFilter all = {0};
	const SlUpstreamFilter *given = filter ? filter : &all;
	g_autoptr(GPtrArray) list =
		sl_listing_read(db, &upstreams, given, &given->page, ret_total, error);

	for (guint i = 0; list && i < list->len; i++)
		if (!read_serves(db, list->pdata[i], error))
			return NULL;
	return g_steal_pointer(&list);
}

/* fails with SL_ERROR_NOT_FOUND when the statement changed no row */
static bool
run_for(SlDb *db, SlQuery *query, const char *name, GError **error)
{
	g_autofree char *shown = NULL;

	if (!sl_query_run(query, error))
		return false;
	if (sl_db_changes(db) > 0)
		return true;
	shown = sl_text_escape(name);
	return sl_error_set(error, SL_ERROR_NOT_FOUND, "there is no upstream %s", shown);
}

static bool
has_updates(SlDb *db, int64_t id, bool *ret_has, GError **error)
{
	static const char sql[] = "SELECT EXISTS (SELECT 1 FROM updates WHERE upstream_id = ?1)";
	g_autoptr(SlQuery) query = sl_query_new(db, sql);

	sl_query_bind_int(query, 1, id);
	if (sl_query_step(query, error) != SL_ROW)
		return false;
	*ret_has = sl_query_int(query, 0) != 0;
	return true;
}

bool
sl_upstream_remove(SlDb *db, const char *name, GError **error)
{
	static const char sql[] = "DELETE FROM upstream WHERE name = ?1";
	g_autoptr(SlUpstream) upstream = sl_upstream_get(db, name, error);
	g_autoptr(SlQuery) query = sl_query_new(db, sql);
	bool has;

	if (!upstream || !has_updates(db, upstream->id, &has, error))
		return false;
	if (has)
		return sl_error_set(
			error, SL_ERROR_CONFLICT,
			"upstream %s has brought updates that the catalog keeps: disable "
			"it instead",
			name);
	sl_query_bind_text(query, 1, name);
	return run_for(db, query, name, error);
}

bool
sl_upstream_set_enabled(SlDb *db, const char *name, bool enabled, GError **error)
{
	static const char sql[] = "UPDATE upstream SET enabled = ?2 WHERE name = ?1";
	g_autoptr(SlQuery) query = sl_query_new(db, sql);

	sl_query_bind_text(query, 1, name);
	sl_query_bind_int(query, 2, enabled);
	return run_for(db, query, name, error);
}

static bool
write_change(SlDb *db, const SlUpstream *upstream, GError **error)
{
	static const char sql[] =
		"UPDATE upstream SET url = ?2, components = ?3, architectures = ?4, exclude = ?5,"
		" release_sha256 = NULL, release_etag = NULL, release_modified = NULL"
		" WHERE id = ?1";
	g_autoptr(SlQuery) query = sl_query_new(db, sql);
	bool slash = g_str_has_suffix(upstream->url, "/");
	g_autofree char *url = g_strconcat(upstream->url, slash ? "" : "/", NULL);

	sl_query_bind_int(query, 1, upstream->id);
	sl_query_bind_text(query, 2, url);
	bind_list(query, 3, upstream->components);
	bind_list(query, 4, upstream->architectures);
	bind_list(query, 5, upstream->exclude);
	return sl_query_run(query, error);
}

static bool
forget(SlDb *db, const char *sql, int64_t upstream_id, GError **error)
{
	g_autoptr(SlQuery) query = sl_query_new(db, sql);

	sl_query_bind_int(query, 1, upstream_id);
	return sl_query_run(query, error);
}

bool
sl_upstream_change(SlDb *db, const SlUpstream *upstream, GError **error)
{
	return sl_upstream_check(upstream, error) && write_change(db, upstream, error) &&
	       forget(db, "DELETE FROM upstream_index WHERE upstream_id = ?1", upstream->id,
		      error) &&
	       forget(db, "DELETE FROM upstream_serves WHERE upstream_id = ?1", upstream->id,
		      error) &&
	       insert_serves(db, upstream->id, upstream->serves, error);
}

bool
sl_upstream_set_keyring(SlDb *db, const char *name, GBytes *keyring, char *const *fingerprints,
			GError **error)
{
	static const char sql[] =
		"UPDATE upstream SET keyring = ?2, fingerprints = ?3, release_sha256 = NULL,"
		" release_etag = NULL, release_modified = NULL WHERE name = ?1";
	g_autoptr(SlQuery) query = NULL;

	if (!sl_upstream_check_keys(keyring, fingerprints, error))
		return false;
	query = sl_query_new(db, sql);
	sl_query_bind_text(query, 1, name);
	bind_keys(query, 2, keyring, fingerprints);
	return run_for(db, query, name, error);
}

bool
sl_upstream_set_release(SlDb *db, const SlUpstream *upstream, GError **error)
{
	static const char sql[] =
		"UPDATE upstream SET origin = ?2, codename = ?3, label = ?4, release_sha256 = ?5,"
		" release_at = ?6, valid_until = ?7, release_etag = ?8, release_modified = ?9"
		" WHERE id = ?1";
	g_autoptr(SlQuery) query = sl_query_new(db, sql);

	sl_query_bind_int(query, 1, upstream->id);
	sl_query_bind_text(query, 2, upstream->origin);
	sl_query_bind_text(query, 3, upstream->codename);
	sl_query_bind_text(query, 4, upstream->label);
	sl_query_bind_text(query, 5, upstream->release_sha256);
	sl_query_bind_int(query, 6, upstream->release_at);
	sl_query_bind_int(query, 7, upstream->valid_until);
	sl_query_bind_text(query, 8, upstream->release_etag);
	sl_query_bind_text(query, 9, upstream->release_modified);
	return run_for(db, query, upstream->name, error);
}

void
sl_upstream_index_free(SlUpstreamIndex *index)
{
	if (!index)
		return;
	g_free(index->component);
	g_free(index->architecture);
	g_free(index->sha256);
	g_free(index);
}

GPtrArray *
sl_upstream_index_list(SlDb *db, int64_t upstream_id, GError **error)
{
	static const char sql[] = "SELECT component, architecture, sha256, size FROM upstream_index"
				  " WHERE upstream_id = ?1 ORDER BY component, architecture";
	g_autoptr(SlQuery) query = sl_query_new(db, sql);
	g_autoptr(GPtrArray) list =
		g_ptr_array_new_with_free_func((GDestroyNotify)sl_upstream_index_free);
	SlStep step;

	sl_query_bind_int(query, 1, upstream_id);
	while ((step = sl_query_step(query, error)) == SL_ROW) {
		SlUpstreamIndex *index = g_new0(SlUpstreamIndex, 1);

		index->component = text_column(query, 0);
		index->architecture = text_column(query, 1);
		index->sha256 = text_column(query, 2);
		index->size = sl_query_int(query, 3);
		g_ptr_array_add(list, index);
	}
	return step == SL_DONE ? g_steal_pointer(&list) : NULL;
}

bool
sl_upstream_index_set(SlDb *db, int64_t upstream_id, const SlUpstreamIndex *index, GError **error)
{
	static const char sql[] =
		"INSERT INTO upstream_index (upstream_id, component, architecture, sha256, size)"
		" VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (upstream_id, component, architecture)"
		" DO UPDATE SET sha256 = excluded.sha256, size = excluded.size";
	g_autoptr(SlQuery) query = sl_query_new(db, sql);

	sl_query_bind_int(query, 1, upstream_id);
	sl_query_bind_text(query, 2, index->component);
	sl_query_bind_text(query, 3, index->architecture);
	sl_query_bind_text(query, 4, index->sha256);
	sl_query_bind_int(query, 5, index->size);
	return sl_query_run(query, error);
}
