#include "catalog/update.h"

#include <inttypes.h>
#include <string.h>

#include "catalog/version.h"

#define APPROVAL(channel)                                                                          \
	"(SELECT a.state FROM approval a WHERE a.update_id = u.id AND a.channel_id = " channel ")"

#define STATE                                                                                      \
	"CASE WHEN " APPROVAL(                                                                     \
		"2") " = 'approved' THEN 'production'"                                             \
		     " WHEN " APPROVAL(                                                            \
			     "1") " = 'approved' THEN 'certification'"                             \
				  " WHEN u.declined_at IS NOT NULL THEN 'declined'"                \
				  " WHEN " APPROVAL("1") " = 'recalled' OR " APPROVAL(             \
					  "2") " = 'recalled' THEN 'recalled'"                     \
					       " WHEN u.withdrawn_at IS NOT NULL THEN 'withdrawn'" \
					       " WHEN u.newest = 0 THEN 'superseded' ELSE "        \
					       "'known' END"

#define NEWEST_REVISION "(SELECT max(r.id) FROM revision r WHERE r.update_id = u.id)"

#define SELECT_UPDATE                                                                              \
	"SELECT u.id, u.upstream_id, s.name, u.name, u.version, u.summary, u.section, "            \
	"u.component,"                                                                             \
	" u.released_at, u.released_exact, u.seen_at, u.newest, u.withdrawn_at, u.severity,"       \
	" u.rating, u.rating_reason, u.rated_by, u.rated_at, u.declined_by, u.decline_reason,"     \
	" u.declined_at, coalesce(u.slot, -1), " APPROVAL("1") ", " APPROVAL(                      \
		"2") ", " STATE ","                                                                \
		     " (SELECT group_concat(cve, ' ') FROM (SELECT DISTINCT c.cve FROM "           \
		     "update_advisory x"                                                           \
		     "  JOIN advisory_cve c ON c.advisory_id = x.advisory_id WHERE x.update_id = " \
		     "u.id"                                                                        \
		     "  ORDER BY c.cve)),"                                                         \
		     " (SELECT max(r.number) FROM revision r WHERE r.update_id = u.id),"           \
		     " (SELECT count(*) FROM revision_package rp WHERE rp.revision_id "            \
		     "= " NEWEST_REVISION "),"                                                     \
		     " (SELECT sum(l.size) FROM payload l WHERE l.sha256 IN (SELECT "              \
		     "p.payload_sha256"                                                            \
		     "  FROM revision_package rp JOIN package p ON p.id = rp.package_id"           \
		     "  WHERE rp.revision_id = " NEWEST_REVISION "))"

#define FROM_FILTERED                                                                              \
	" FROM updates u JOIN upstream s ON s.id = u.upstream_id"                                  \
	" WHERE (?1 IS NULL OR s.name = ?1) AND (?2 IS NULL OR " STATE " = ?2)"                    \
	" AND (?3 IS NULL OR EXISTS (SELECT 1 FROM approval a JOIN channel c ON c.id ="            \
	"  a.channel_id WHERE a.update_id = u.id AND a.state = 'approved' AND c.name = ?3))"       \
	" AND (?4 IS NULL OR coalesce(u.rating, 'none') = ?4)"                                     \
	" AND (?5 IS NULL OR u.section = ?5)"                                                      \
	" AND (?6 IS NULL OR u.name LIKE ?6 ESCAPE '!' OR u.version LIKE ?6 ESCAPE '!'"            \
	"  OR u.summary LIKE ?6 ESCAPE '!' OR u.id IN (SELECT r.update_id FROM package p"          \
	"  JOIN revision_package rp ON rp.package_id = p.id JOIN revision r ON r.id ="             \
	"  rp.revision_id WHERE p.name LIKE ?6 ESCAPE '!'))"                                       \
	" AND (?7 IS NULL OR u.id IN (SELECT x.update_id FROM advisory_cve c"                      \
	"  JOIN update_advisory x ON x.advisory_id = c.advisory_id WHERE c.cve = ?7))"             \
	" AND (?8 IS NULL OR u.name = ?8) AND (?9 = 0 OR u.newest = 1)"

/* What a person most likely means by a text: the name itself, its beginning, a part of it. */
#define LIKENESS                                                                                   \
	"CASE WHEN u.name = ?12 COLLATE NOCASE THEN 0"                                             \
	" WHEN substr(u.name, 1, length(?12)) = ?12 COLLATE NOCASE THEN 1"                         \
	" WHEN u.name LIKE ?6 ESCAPE '!' THEN 2 ELSE 3 END"

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

/* A LIKE pattern for a text anywhere, its own wild cards taken literally. */
static char *
like(const char *wanted)
{
	GString *pattern = g_string_new("%");

	for (; *wanted; wanted++) {
		if (strchr("%_!", *wanted))
			g_string_append_c(pattern, '!');
		g_string_append_c(pattern, *wanted);
	}
	g_string_append_c(pattern, '%');
	return g_string_free(pattern, FALSE);
}

static void
bind_filter(SlQuery *query, const SlUpdateFilter *filter)
{
	g_autofree char *pattern = filter->text ? like(filter->text) : NULL;

	sl_query_bind_text(query, 1, filter->upstream);
	sl_query_bind_text(query, 2, filter->state);
	sl_query_bind_text(query, 3, filter->channel);
	sl_query_bind_text(query, 4, filter->rating);
	sl_query_bind_text(query, 5, filter->section);
	sl_query_bind_text(query, 6, pattern);
	sl_query_bind_text(query, 7, filter->cve);
	sl_query_bind_text(query, 8, filter->name);
	sl_query_bind_int(query, 9, filter->newest);
}

static bool
count(SlDb *db, const SlUpdateFilter *filter, int64_t *ret_total, GError **error)
{
	g_autoptr(SlQuery) query = sl_query_new(db, "SELECT count(*)" FROM_FILTERED);

	bind_filter(query, filter);
	if (sl_query_step(query, error) != SL_ROW)
		return false;
	*ret_total = sl_query_int(query, 0);
	return true;
}

GPtrArray *
sl_update_list(SlDb *db, const SlUpdateFilter *filter, int64_t *ret_total, GError **error)
{
	static const char by_name[] =
		SELECT_UPDATE FROM_FILTERED " ORDER BY u.name, u.id LIMIT ?10 OFFSET ?11";
	static const char by_release[] = SELECT_UPDATE FROM_FILTERED
		" ORDER BY u.released_at DESC, u.id DESC LIMIT ?10 OFFSET ?11";
	static const char by_likeness[] = SELECT_UPDATE FROM_FILTERED
		" ORDER BY " LIKENESS ", u.released_at DESC, u.id DESC LIMIT ?10 OFFSET ?11";
	const char *sql = filter->by_name ? by_name : filter->text ? by_likeness : by_release;
	g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func((GDestroyNotify)sl_update_free);
	g_autoptr(SlQuery) query = sl_query_new(db, sql);
	int64_t total = 0;
	SlStep step;

	bind_filter(query, filter);
	sl_query_bind_int(query, 10, filter->limit > 0 ? filter->limit : -1);
	sl_query_bind_int(query, 11, filter->offset);
	if (sql == by_likeness)
		sl_query_bind_text(query, 12, filter->text);
	while ((step = sl_query_step(query, error)) == SL_ROW)
		g_ptr_array_add(list, read_row(query));
	if (step == SL_FAILED || (ret_total && !count(db, filter, &total, error)))
		return NULL;
	if (ret_total)
		*ret_total = total;
	return g_steal_pointer(&list);
}

SlUpdate *
sl_update_get(SlDb *db, int64_t id, GError **error)
{
	static const char sql[] = SELECT_UPDATE " FROM updates u JOIN upstream s"
						" ON s.id = u.upstream_id WHERE u.id = ?1";
	g_autoptr(SlQuery) query = sl_query_new(db, sql);
	SlStep step;

	sl_query_bind_int(query, 1, id);
	step = sl_query_step(query, error);
	if (step == SL_ROW)
		return read_row(query);
	if (step == SL_DONE)
		sl_error_set(error, SL_ERROR_NOT_FOUND, "no update with id %" PRId64, id);
	return NULL;
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
