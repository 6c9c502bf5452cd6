#include "catalog/payload.h"

#include <inttypes.h>
#include <string.h>

void
sl_payload_free(SlPayload *payload)
{
	if (!payload)
		return;
	g_free(payload->sha256);
	g_free(payload->filename);
	g_free(payload->update);
	g_free(payload);
}

/* The same bytes cannot have two sizes: one of two upstreams is wrong. */
static bool
check_sizes(SlDb *db, GError **error)
{
	static const char sql[] = "SELECT n.sha256, p.upstream, p.size, n.size"
				  " FROM stage.new_payload n JOIN payload p ON p.sha256 = n.sha256"
				  " WHERE p.size <> n.size LIMIT 1";
	g_autoptr(SlQuery) query = sl_query_new(db, sql);
	SlStep step = sl_query_step(query, error);

	if (step == SL_ROW)
		sl_error_set(error, SL_ERROR_INTEGRITY,
			     "payload %s is known from upstream %s with %" PRId64
			     " bytes; now it should have %" PRId64,
			     sl_query_text(query, 0), sl_query_text(query, 1),
			     sl_query_int(query, 2), sl_query_int(query, 3));
	return step == SL_DONE;
}

bool
sl_payload_add_staged(SlDb *db, const char *upstream, const char *fingerprint, GError **error)
{
	/* in the order of the table: another would tear its pages */
	static const char sql[] =
		"INSERT INTO payload (sha256, size, upstream, index_sha256, fingerprint)"
		" SELECT sha256, size, ?1, index_sha256, ?2 FROM stage.new_payload WHERE true"
		" ORDER BY sha256 ON CONFLICT (sha256) DO NOTHING";
	g_autoptr(SlQuery) query = sl_query_new(db, sql);

	sl_query_bind_text(query, 1, upstream);
	sl_query_bind_text(query, 2, fingerprint);
	return sl_query_run(query, error) && check_sizes(db, error);
}

static SlPayload *
read_payload(SlQuery *query)
{
	SlPayload *payload = g_new0(SlPayload, 1);

	payload->sha256 = g_strdup(sl_query_text(query, 0));
	payload->size = sl_query_int(query, 1);
	payload->upstream_id = sl_query_int(query, 2);
	payload->filename = g_strdup(sl_query_text(query, 3));
	payload->update = g_strdup(sl_query_text(query, 4));
	return payload;
}

GPtrArray *
sl_payload_missing(SlDb *db, int64_t channel_id, GHashTable *revisions, GError **error)
{
	static const char sql[] =
		"SELECT l.sha256, l.size, p.upstream_id, p.filename,"
		" s.name || '/' || u.name || '=' || u.version, a.revision_id"
		" FROM approval a JOIN revision_package rp ON rp.revision_id = a.revision_id"
		" JOIN package p ON p.id = rp.package_id JOIN payload l ON l.sha256 ="
		" p.payload_sha256 JOIN updates u ON u.id = a.update_id"
		" JOIN upstream s ON s.id = u.upstream_id"
		" WHERE a.channel_id = ?1 AND a.state = 'approved' AND l.stored_at IS NULL"
		" ORDER BY l.size, l.sha256";
	g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func((GDestroyNotify)sl_payload_free);
	g_autoptr(SlQuery) query = sl_query_new(db, sql);
	const SlPayload *last = NULL;
	SlStep step;

	sl_query_bind_int(query, 1, channel_id);
	while ((step = sl_query_step(query, error)) == SL_ROW) {
		int64_t revision = sl_query_int(query, 5);

		if (revisions && !g_hash_table_contains(revisions, &revision))
			continue;
		/* several packages may share it */
		if (last && strcmp(last->sha256, sl_query_text(query, 0)) == 0)
			continue;
		last = read_payload(query);
		g_ptr_array_add(list, (gpointer)last);
	}
	return step == SL_DONE ? g_steal_pointer(&list) : NULL;
}

GPtrArray *
sl_payload_lost(SlDb *db, int64_t channel_id, GError **error)
{
	static const char sql[] =
		"SELECT s.name || '/' || u.name || '=' || u.version"
		" FROM publication_item i JOIN approval a"
		" ON a.channel_id = i.channel_id AND a.revision_id = i.revision_id"
		" JOIN updates u ON u.id = a.update_id JOIN upstream s ON s.id = u.upstream_id"
		" WHERE i.channel_id = ?1 AND i.until_number IS NULL AND a.state = 'approved'"
		" AND EXISTS (SELECT 1 FROM revision_package rp JOIN package p"
		"  ON p.id = rp.package_id JOIN payload l ON l.sha256 = p.payload_sha256"
		"  WHERE rp.revision_id = i.revision_id AND l.stored_at IS NULL)"
		" ORDER BY u.name, u.version, s.name";
	g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(SlQuery) query = sl_query_new(db, sql);
	SlStep step;

	sl_query_bind_int(query, 1, channel_id);
	while ((step = sl_query_step(query, error)) == SL_ROW)
		g_ptr_array_add(list, g_strdup(sl_query_text(query, 0)));
	return step == SL_DONE ? g_steal_pointer(&list) : NULL;
}

bool
sl_payload_mark_stored(SlDb *db, const char *sha256, int64_t stored_at, GError **error)
{
	g_autoptr(SlQuery) query =
		sl_query_new(db, "UPDATE payload SET stored_at = nullif(?2, 0) WHERE sha256 = ?1");

	sl_query_bind_text(query, 1, sha256);
	sl_query_bind_int(query, 2, stored_at);
	return sl_query_run(query, error);
}

bool
sl_payload_check_provenance(SlDb *db, const char *sha256, int64_t *ret_stored_at, GError **error)
{
	static const char sql[] = "SELECT stored_at FROM payload WHERE sha256 = ?1"
				  " AND stored_at IS NOT NULL AND upstream <> ''"
				  " AND length(index_sha256) = 64 AND length(fingerprint) >= 40";
	g_autoptr(SlQuery) query = sl_query_new(db, sql);
	SlStep step;

	sl_query_bind_text(query, 1, sha256);
	step = sl_query_step(query, error);
	if (step == SL_ROW)
		*ret_stored_at = sl_query_int(query, 0);
	if (step == SL_DONE)
		sl_error_set(error, SL_ERROR_INTEGRITY,
			     "payload %s has no provenance: no signed index is known to name it",
			     sha256);
	return step == SL_ROW;
}

static GPtrArray *
hashes(SlQuery *query, GError **error)
{
	g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func(g_free);
	SlStep step;

	while ((step = sl_query_step(query, error)) == SL_ROW)
		g_ptr_array_add(list, g_strdup(sl_query_text(query, 0)));
	return step == SL_DONE ? g_steal_pointer(&list) : NULL;
}

/* Payloads l of no approved revision and of no publication that ended at ?1 or later. */
#define UNNEEDED                                                                                   \
	"l.stored_at IS NOT NULL AND l.stored_at < ?1 AND NOT EXISTS (SELECT 1 FROM package p"     \
	"  JOIN revision_package rp ON rp.package_id = p.id"                                       \
	"  WHERE p.payload_sha256 = l.sha256 AND (EXISTS (SELECT 1 FROM approval a"                \
	"   WHERE rp.revision_id IN (a.revision_id, a.previous_revision_id)"                       \
	"   AND a.state = 'approved')"                                                             \
	"  OR EXISTS (SELECT 1 FROM publication_item i WHERE i.revision_id = rp.revision_id"       \
	"   AND (i.until_number IS NULL OR EXISTS (SELECT 1 FROM publication e"                    \
	"    WHERE e.channel_id = i.channel_id AND e.number = i.until_number"                      \
	"    AND e.at >= ?1)))))"

GPtrArray *
sl_payload_unneeded(SlDb *db, int64_t ended_before, GError **error)
{
	g_autoptr(SlQuery) query =
		sl_query_new(db, "SELECT l.sha256 FROM payload l WHERE " UNNEEDED);

	sl_query_bind_int(query, 1, ended_before);
	return hashes(query, error);
}

bool
sl_payload_forget_unneeded(SlDb *db, const char *sha256, int64_t ended_before, bool *ret_forgotten,
			   GError **error)
{
	static const char sql[] =
		"UPDATE payload AS l SET stored_at = NULL WHERE l.sha256 = ?2 AND " UNNEEDED;
	g_autoptr(SlQuery) query = sl_query_new(db, sql);

	sl_query_bind_int(query, 1, ended_before);
	sl_query_bind_text(query, 2, sha256);
	if (!sl_query_run(query, error))
		return false;
	*ret_forgotten = sl_db_changes(db) > 0;
	return true;
}

GPtrArray *
sl_payload_stored(SlDb *db, GError **error)
{
	g_autoptr(SlQuery) query = sl_query_new(
		db, "SELECT sha256 FROM payload WHERE stored_at IS NOT NULL ORDER BY sha256");

	return hashes(query, error);
}
