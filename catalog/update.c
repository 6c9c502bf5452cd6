#include "catalog/update.h"

#include <inttypes.h>
#include <string.h>

#include "catalog/update_private.h"
#include "catalog/version.h"

#define NEWEST_REVISION "(SELECT max(r.id) FROM revision r WHERE r.update_id = u.id)"

#define SELECT_UPDATE                                                                              \
	"SELECT u.id, u.upstream_id, s.name, u.name, u.version, u.summary, u.section, "            \
	"u.component,"                                                                             \
	" u.released_at, u.released_exact, u.seen_at, u.newest, u.withdrawn_at, u.severity,"       \
	" u.rating, u.rating_reason, u.rated_by, u.rated_at, u.declined_by, u.decline_reason,"     \
	" u.declined_at, coalesce(u.slot, -1), a1.state, a2.state, " SL_UPDATE_STATE ","           \
	" (SELECT group_concat(cve, ' ') FROM (SELECT DISTINCT c.cve FROM update_advisory x"       \
	"  JOIN advisory_cve c ON c.advisory_id = x.advisory_id WHERE x.update_id = u.id"          \
	"  ORDER BY c.cve)),"                                                                      \
	" (SELECT max(r.number) FROM revision r WHERE r.update_id = u.id),"                        \
	" (SELECT count(*) FROM revision_package rp WHERE rp.revision_id = " NEWEST_REVISION "),"  \
	" u.size"                                                                                  \
	" FROM " SL_UPDATE_TABLES " JOIN upstream s ON s.id = u.upstream_id WHERE u.id = ?1"

void
sl_update_free(SlUpdate *update)
{
	if (!update)
		return;
	g_free(update->upstream);
	g_free(update->name);
	g_free(update->version);
	g_free(update->summary);
	g_free(update->section);
	g_free(update->component);
	g_free(update->severity);
	g_free(update->rating);
	g_free(update->rating_reason);
	g_free(update->rated_by);
	g_free(update->declined_by);
	g_free(update->decline_reason);
	g_free(update->certification);
	g_free(update->production);
	g_free(update->state);
	g_free(update->cves);
	g_free(update);
}

static char *
text(SlQuery *query, int column)
{
	return g_strdup(sl_query_text(query, column));
}

static SlUpdate *
read_row(SlQuery *query)
{
	SlUpdate *update = g_new0(SlUpdate, 1);

	update->id = sl_query_int(query, 0);
	update->upstream_id = sl_query_int(query, 1);
	update->upstream = text(query, 2);
	update->name = text(query, 3);
	update->version = text(query, 4);
	update->summary = text(query, 5);
	update->section = text(query, 6);
	update->component = text(query, 7);
	update->released_at = sl_query_int(query, 8);
	update->released_exact = sl_query_int(query, 9) != 0;
	update->seen_at = sl_query_int(query, 10);
	update->newest = sl_query_int(query, 11) != 0;
	update->withdrawn_at = sl_query_int(query, 12);
	update->severity = text(query, 13);
	update->rating = text(query, 14);
	update->rating_reason = text(query, 15);
	update->rated_by = text(query, 16);
	update->rated_at = sl_query_int(query, 17);
	update->declined_by = text(query, 18);
	update->decline_reason = text(query, 19);
	update->declined_at = sl_query_int(query, 20);
	update->slot = sl_query_int(query, 21);
	update->certification = text(query, 22);
	update->production = text(query, 23);
	update->state = text(query, 24);
	update->cves = sl_query_is_null(query, 25) ? g_strdup("") : text(query, 25);
	update->revision = sl_query_int(query, 26);
	update->packages = sl_query_int(query, 27);
	update->size = sl_query_int(query, 28);
	return update;
}

/* Reads one by a query of SELECT_UPDATE, which can then read another. */
static SlUpdate *
get(SlQuery *query, int64_t id, GError **error)
{
	SlUpdate *update = NULL;
	SlStep step;

	sl_query_bind_int(query, 1, id);
	step = sl_query_step(query, error);
	if (step == SL_ROW)
		update = read_row(query);
	else if (step == SL_DONE)
		sl_error_set(error, SL_ERROR_NOT_FOUND, "no update with id %" PRId64, id);
	sl_query_reset(query);
	return update;
}

SlUpdate *
sl_update_get(SlDb *db, int64_t id, GError **error)
{
	g_autoptr(SlQuery) query = sl_query_new(db, SELECT_UPDATE);

	return get(query, id, error);
}

GPtrArray *
sl_update_get_all(SlDb *db, const int64_t *ids, size_t count, GError **error)
{
	g_autoptr(SlQuery) query = sl_query_new(db, SELECT_UPDATE);
	g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func((GDestroyNotify)sl_update_free);

	for (size_t i = 0; i < count; i++) {
		SlUpdate *update = get(query, ids[i], error);

		if (!update)
			return NULL;
		g_ptr_array_add(list, update);
	}
	return g_steal_pointer(&list);
}

static int
compare_versions(gconstpointer a, gconstpointer b)
{
	return sl_version_compare((*(SlUpdate *const *)b)->version,
				  (*(SlUpdate *const *)a)->version);
}

GPtrArray *
sl_update_versions(SlDb *db, const SlUpdate *update, GError **error)
{
	g_autoptr(SlQuery) query = sl_query_new(
		db, "SELECT id FROM updates WHERE name = ?1 AND upstream_id = ?2 ORDER BY id");
	g_autoptr(GArray) ids = g_array_new(FALSE, FALSE, sizeof(int64_t));
	GPtrArray *list;
	SlStep step;

	sl_query_bind_text(query, 1, update->name);
	sl_query_bind_int(query, 2, update->upstream_id);
	while ((step = sl_query_step(query, error)) == SL_ROW) {
		int64_t id = sl_query_int(query, 0);

		g_array_append_val(ids, id);
	}
	if (step != SL_DONE)
		return NULL;
	list = sl_update_get_all(db, (const int64_t *)ids->data, ids->len, error);
	if (list)
		g_ptr_array_sort(list, compare_versions);
	return list;
}

char *
sl_update_text(const SlUpdate *update)
{
	return g_strdup_printf("%s/%s=%s", update->upstream, update->name, update->version);
}

int64_t
sl_update_newest_revision(SlDb *db, int64_t update_id, GError **error)
{
	g_autoptr(SlQuery) query =
		sl_query_new(db, "SELECT max(id) FROM revision WHERE update_id = ?1");

	sl_query_bind_int(query, 1, update_id);
	if (sl_query_step(query, error) != SL_ROW)
		return 0;
	if (sl_query_is_null(query, 0)) {
		sl_error_set(error, SL_ERROR_NOT_FOUND, "update %" PRId64 " has no revision",
			     update_id);
		return 0;
	}
	return sl_query_int(query, 0);
}

bool
sl_update_take_slot(SlDb *db, int64_t update_id, GError **error)
{
	static const char sql[] = "UPDATE updates SET slot ="
				  " (SELECT coalesce(max(slot), -1) + 1 FROM updates)"
				  " WHERE id = ?1 AND slot IS NULL";
	g_autoptr(SlQuery) query = sl_query_new(db, sql);

	sl_query_bind_int(query, 1, update_id);
	return sl_query_run(query, error);
}

bool
sl_update_set_declined(SlDb *db, int64_t update_id, const char *person, const char *reason,
		       int64_t now_at, GError **error)
{
	static const char sql[] = "UPDATE updates SET declined_by = ?2, decline_reason = ?3,"
				  " declined_at = iif(?2 IS NULL, NULL, ?4) WHERE id = ?1";
	g_autoptr(SlQuery) query = sl_query_new(db, sql);

	sl_query_bind_int(query, 1, update_id);
	sl_query_bind_text(query, 2, person);
	sl_query_bind_text(query, 3, person ? reason : NULL);
	sl_query_bind_int(query, 4, now_at);
	return sl_query_run(query, error);
}

bool
sl_update_set_rating(SlDb *db, int64_t update_id, const char *rating, const char *person,
		     const char *reason, int64_t now_at, GError **error)
{
	static const char sql[] = "UPDATE updates SET rating = ?2, rated_by = ?3,"
				  " rating_reason = ?4, rated_at = ?5 WHERE id = ?1";
	g_autoptr(SlQuery) query = sl_query_new(db, sql);

	sl_query_bind_int(query, 1, update_id);
	sl_query_bind_text(query, 2, rating);
	sl_query_bind_text(query, 3, person);
	sl_query_bind_text(query, 4, reason);
	sl_query_bind_int(query, 5, now_at);
	return sl_query_run(query, error);
}

static bool
highest_id(SlDb *db, int64_t *ret_id, GError **error)
{
	g_autoptr(SlQuery) query = sl_query_new(db, "SELECT coalesce(max(id), 0) FROM updates");

	if (sl_query_step(query, error) != SL_ROW)
		return false;
	*ret_id = sl_query_int(query, 0);
	return true;
}

bool
sl_update_add_staged(SlDb *db, int64_t upstream_id, int64_t released_at, bool released_exact,
		     int64_t now_at, int64_t *ret_before, int64_t *ret_added, GError **error)
{
	static const char sql[] =
		"INSERT INTO updates (id, upstream_id, name, version, summary, section, component,"
		" released_at, released_exact, seen_at) SELECT ?1 + number, ?2, name, version,"
		" summary, section, component, ?3, ?4, ?5 FROM stage.new_update ORDER BY number";
	g_autoptr(SlQuery) query = sl_query_new(db, sql);
	int64_t before;

	if (!highest_id(db, &before, error))
		return false;
	sl_query_bind_int(query, 1, before);
	sl_query_bind_int(query, 2, upstream_id);
	sl_query_bind_int(query, 3, released_at);
	sl_query_bind_int(query, 4, released_exact);
	sl_query_bind_int(query, 5, now_at);
	if (!sl_query_run(query, error))
		return false;
	*ret_before = before;
	*ret_added = sl_db_changes(db);
	return true;
}

bool
sl_update_measure(SlDb *db, int64_t revision_before, GError **error)
{
	static const char sql[] =
		"UPDATE updates SET size = (SELECT coalesce(sum(l.size), 0) FROM payload l"
		" WHERE l.sha256 IN (SELECT p.payload_sha256 FROM revision_package rp"
		"  JOIN package p ON p.id = rp.package_id WHERE rp.revision_id ="
		"   (SELECT max(r.id) FROM revision r WHERE r.update_id = updates.id)))"
		" WHERE id IN (SELECT update_id FROM revision WHERE id > ?1)";
	g_autoptr(SlQuery) query = sl_query_new(db, sql);

	sl_query_bind_int(query, 1, revision_before);
	return sl_query_run(query, error);
}

bool
sl_update_set_withdrawn(SlDb *db, int64_t update_id, int64_t withdrawn_at, GError **error)
{
	g_autoptr(SlQuery) query =
		sl_query_new(db, "UPDATE updates SET withdrawn_at = nullif(?2, 0) WHERE id = ?1");

	sl_query_bind_int(query, 1, update_id);
	sl_query_bind_int(query, 2, withdrawn_at);
	return sl_query_run(query, error);
}

static bool
set_newest(SlDb *db, int64_t upstream_id, const char *name, int64_t newest_id, GError **error)
{
	static const char sql[] = "UPDATE updates SET newest = (id = ?3)"
				  " WHERE upstream_id = ?1 AND name = ?2 AND newest <> (id = ?3)";
	g_autoptr(SlQuery) query = sl_query_new(db, sql);

	sl_query_bind_int(query, 1, upstream_id);
	sl_query_bind_text(query, 2, name);
	sl_query_bind_int(query, 3, newest_id);
	return sl_query_run(query, error);
}

/* By Debian's order. */
static bool
mark_name(SlDb *db, int64_t upstream_id, const char *name, GError **error)
{
	/* one that left the upstream is the newest only where nothing else is known */
	static const char sql[] = "SELECT id, version, withdrawn_at IS NULL FROM updates"
				  " WHERE upstream_id = ?1 AND name = ?2";
	g_autoptr(SlQuery) query = sl_query_new(db, sql);
	g_autofree char *newest = NULL;
	bool newest_is_there = false;
	int64_t newest_id = 0;
	SlStep step;

	sl_query_bind_int(query, 1, upstream_id);
	sl_query_bind_text(query, 2, name);
	while ((step = sl_query_step(query, error)) == SL_ROW) {
		const char *version = sl_query_text(query, 1);
		bool is_there = sl_query_int(query, 2) != 0;

		if (newest &&
		    (newest_is_there > is_there ||
		     (newest_is_there == is_there && sl_version_compare(version, newest) < 0)))
			continue;
		g_free(newest);
		newest = g_strdup(version);
		newest_is_there = is_there;
		newest_id = sl_query_int(query, 0);
	}
	return step == SL_DONE && set_newest(db, upstream_id, name, newest_id, error);
}

bool
sl_update_mark_newest(SlDb *db, int64_t upstream_id, GError **error)
{
	static const char sql[] = "SELECT name FROM updates WHERE upstream_id = ?1"
				  " GROUP BY name HAVING count(*) > 1";
	g_autoptr(SlQuery) query = sl_query_new(db, sql);
	SlStep step;

	sl_query_bind_int(query, 1, upstream_id);
	while ((step = sl_query_step(query, error)) == SL_ROW)
		if (!mark_name(db, upstream_id, sl_query_text(query, 0), error))
			return false;
	return step == SL_DONE;
}
