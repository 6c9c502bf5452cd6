#include "catalog/publication_table.h"

#include "catalog/approval.h"

void
sl_publication_state_clear(SlPublicationState *state)
{
	g_clear_pointer(&state->digest, g_free);
}

bool
sl_publication_state(SlDb *db, int64_t channel_id, SlPublicationState *ret_state, GError **error)
{
	static const char sql[] =
		"SELECT p.number, s.serial, p.digest, s.signed_at, s.valid_until"
		" FROM publication p JOIN publication_serial s"
		" ON s.channel_id = p.channel_id AND s.number = p.number"
		" WHERE p.channel_id = ?1 ORDER BY p.number DESC, s.serial DESC LIMIT 1";
	g_autoptr(SlQuery) query = sl_query_new(db, sql);
	SlStep step;

	sl_query_bind_int(query, 1, channel_id);
	step = sl_query_step(query, error);
	if (step == SL_ROW) {
		ret_state->number = sl_query_int(query, 0);
		ret_state->serial = sl_query_int(query, 1);
		ret_state->digest = g_strdup(sl_query_text(query, 2));
		ret_state->signed_at = sl_query_int(query, 3);
		ret_state->valid_until = sl_query_int(query, 4);
	}
	return step != SL_FAILED;
}

static bool
add_row(SlDb *db, int64_t channel_id, int64_t number, const char *digest, const char *person,
	const char *cause, int64_t now_at, GError **error)
{
	g_autoptr(SlQuery) query =
		sl_query_new(db, "INSERT INTO publication (channel_id, number, at, person, cause,"
				 " digest) VALUES (?1, ?2, ?3, ?4, ?5, ?6)");

	sl_query_bind_int(query, 1, channel_id);
	sl_query_bind_int(query, 2, number);
	sl_query_bind_int(query, 3, now_at);
	sl_query_bind_text(query, 4, person);
	sl_query_bind_text(query, 5, cause);
	sl_query_bind_text(query, 6, digest);
	return sl_query_run(query, error);
}

/* Ends the items that the new content does not have. */
static bool
end_items(SlDb *db, int64_t channel_id, int64_t number, GHashTable *wanted, GError **error)
{
	g_autoptr(SlQuery) query =
		sl_query_new(db, "SELECT revision_id FROM publication_item"
				 " WHERE channel_id = ?1 AND until_number IS NULL");
	g_autoptr(SlQuery) end = sl_query_new(
		db, "UPDATE publication_item SET until_number = ?3 WHERE channel_id = ?1"
		    " AND revision_id = ?2 AND until_number IS NULL");
	g_autoptr(GArray) ended = g_array_new(FALSE, FALSE, sizeof(int64_t));
	SlStep step;

	sl_query_bind_int(query, 1, channel_id);
	while ((step = sl_query_step(query, error)) == SL_ROW) {
		int64_t id = sl_query_int(query, 0);

		/* what is there stays: only what is left in wanted has to be added */
		if (!g_hash_table_remove(wanted, &id))
			g_array_append_val(ended, id);
	}
	for (guint i = 0; step == SL_DONE && i < ended->len; i++) {
		sl_query_bind_int(end, 1, channel_id);
		sl_query_bind_int(end, 2, g_array_index(ended, int64_t, i));
		sl_query_bind_int(end, 3, number);
		if (!sl_query_run(end, error))
			return false;
	}
	return step == SL_DONE;
}

bool
sl_publication_add(SlDb *db, int64_t channel_id, int64_t number, const char *digest,
		   const char *person, const char *cause, GPtrArray *content, int64_t now_at,
		   GError **error)
{
	g_autoptr(GHashTable) wanted = g_hash_table_new(g_int64_hash, g_int64_equal);
	g_autoptr(SlQuery) add = NULL;
	GHashTableIter iter;
	gpointer id;

	for (guint i = 0; i < content->len; i++)
		g_hash_table_add(wanted, &((SlContent *)content->pdata[i])->revision_id);
	if (!add_row(db, channel_id, number, digest, person, cause, now_at, error) ||
	    !end_items(db, channel_id, number, wanted, error))
		return false;
	add = sl_query_new(db, "INSERT INTO publication_item (channel_id, revision_id,"
			       " from_number) VALUES (?1, ?2, ?3)");
	g_hash_table_iter_init(&iter, wanted);
	while (g_hash_table_iter_next(&iter, &id, NULL)) {
		sl_query_bind_int(add, 1, channel_id);
		sl_query_bind_int(add, 2, *(int64_t *)id);
		sl_query_bind_int(add, 3, number);
		if (!sl_query_run(add, error))
			return false;
	}
	return true;
}

bool
sl_publication_add_serial(SlDb *db, int64_t channel_id, int64_t number, int64_t serial,
			  int64_t signed_at, int64_t valid_until, GError **error)
{
	g_autoptr(SlQuery) query =
		sl_query_new(db, "INSERT INTO publication_serial (channel_id, number, serial,"
				 " signed_at, valid_until) VALUES (?1, ?2, ?3, ?4, ?5)");

	sl_query_bind_int(query, 1, channel_id);
	sl_query_bind_int(query, 2, number);
	sl_query_bind_int(query, 3, serial);
	sl_query_bind_int(query, 4, signed_at);
	sl_query_bind_int(query, 5, valid_until);
	return sl_query_run(query, error);
}

bool
sl_publication_list_file(SlDb *db, int64_t channel_id, const char *path, const char *sha256,
			 int64_t size, const char *type, int64_t number, int64_t now_at,
			 GError **error)
{
	g_autoptr(SlQuery) query =
		sl_query_new(db, "INSERT INTO publication_file (channel_id, path, sha256, size,"
				 " type, number, listed_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"
				 " ON CONFLICT (channel_id, path) DO UPDATE SET number = ?6,"
				 " listed_at = ?7");

	sl_query_bind_int(query, 1, channel_id);
	sl_query_bind_text(query, 2, path);
	sl_query_bind_text(query, 3, sha256);
	sl_query_bind_int(query, 4, size);
	sl_query_bind_text(query, 5, type);
	sl_query_bind_int(query, 6, number);
	sl_query_bind_int(query, 7, now_at);
	return sl_query_run(query, error);
}

bool
sl_publication_each_file(SlDb *db, int64_t channel_id, int64_t from_number, int64_t after,
			 SlPublicationFileFunc func, gpointer data, GError **error)
{
	g_autoptr(SlQuery) query = sl_query_new(
		db, "SELECT path, sha256, size, type, listed_at FROM publication_file"
		    " WHERE channel_id = ?1 AND (number >= ?2 OR listed_at >= ?3) ORDER BY path");
	SlStep step;

	sl_query_bind_int(query, 1, channel_id);
	sl_query_bind_int(query, 2, from_number);
	sl_query_bind_int(query, 3, after);
	while ((step = sl_query_step(query, error)) == SL_ROW)
		if (!func(sl_query_text(query, 0), sl_query_text(query, 1), sl_query_int(query, 2),
			  sl_query_text(query, 3), sl_query_int(query, 4), data, error))
			return false;
	return step == SL_DONE;
}

bool
sl_publication_forget_files(SlDb *db, int64_t channel_id, int64_t from_number, int64_t after,
			    GError **error)
{
	g_autoptr(SlQuery) query = sl_query_new(
		db, "DELETE FROM publication_file WHERE channel_id = ?1 AND number < ?2"
		    " AND listed_at < ?3");

	sl_query_bind_int(query, 1, channel_id);
	sl_query_bind_int(query, 2, from_number);
	sl_query_bind_int(query, 3, after);
	return sl_query_run(query, error);
}

bool
sl_publication_forget_all_files(SlDb *db, GError **error)
{
	return sl_db_exec(db, "DELETE FROM publication_file", error);
}

GArray *
sl_publication_kept_revisions(SlDb *db, int64_t channel_id, int64_t from_number, int64_t after,
			      GError **error)
{
	static const char sql[] =
		"SELECT DISTINCT i.revision_id FROM publication_item i LEFT JOIN publication e"
		" ON e.channel_id = i.channel_id AND e.number = i.until_number"
		" WHERE i.channel_id = ?1"
		" AND (i.until_number IS NULL OR i.until_number > ?2 OR e.at >= ?3)";
	g_autoptr(GArray) ids = g_array_new(FALSE, FALSE, sizeof(int64_t));
	g_autoptr(SlQuery) query = sl_query_new(db, sql);
	SlStep step;

	sl_query_bind_int(query, 1, channel_id);
	sl_query_bind_int(query, 2, from_number);
	sl_query_bind_int(query, 3, after);
	while ((step = sl_query_step(query, error)) == SL_ROW) {
		int64_t id = sl_query_int(query, 0);

		g_array_append_val(ids, id);
	}
	return step == SL_DONE ? g_steal_pointer(&ids) : NULL;
}
