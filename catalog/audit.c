#include "catalog/audit.h"

#include <inttypes.h>
#include <string.h>

#include "catalog/base/hash.h"
#include "catalog/schema.h"

void
sl_audit_free(SlAudit *audit)
{
	if (!audit)
		return;
	g_free(audit->person);
	g_free(audit->action);
	g_free(audit->object);
	g_free(audit->detail);
	g_free(audit);
}

static char *
chain(const char *previous, int64_t at, const char *person, const char *action, const char *object,
      const char *detail)
{
	g_autofree char *text = g_strdup_printf("%s\n%" PRId64 "\n%s\n%s\n%s\n%s", previous, at,
						person, action, object, detail);

	return sl_hash_bytes(text, strlen(text));
}

/* The hash that the next row holds on to, kept apart from the rows so that none of the newest is
 * missing unnoticed; a log that an older program wrote has only its newest row's. "" at first. */
static char *
head_of(SlDb *db, GError **error)
{
	static const char sql[] =
		"SELECT coalesce((SELECT value FROM meta WHERE key = 'audit_head'),"
		" (SELECT hash FROM audit ORDER BY id DESC LIMIT 1), '')";
	g_autoptr(SlQuery) query = sl_query_new(db, sql);

	return sl_query_step(query, error) == SL_ROW ? g_strdup(sl_query_text(query, 0)) : NULL;
}

void
sl_audit_set_token(SlDb *db, const char *token)
{
	sl_db_set_note(db, token);
}

/* The detail with the token that the change came by; owned. */
static char *
detail_text(SlDb *db, json_t *detail)
{
	g_autoptr(json_t) owned = detail ? detail : json_object();

	if (sl_db_note(db))
		json_object_set_new(owned, "token", json_string(sl_db_note(db)));
	return sl_json_text(owned);
}

bool
sl_audit_add(SlDb *db, int64_t now_at, const char *person, const char *action, const char *object,
	     json_t *detail, GError **error)
{
	g_autoptr(SlQuery) query =
		sl_query_new(db, "INSERT INTO audit (at, person, action, object, detail, hash)"
				 " VALUES (?1, ?2, ?3, ?4, ?5, ?6)");
	g_autofree char *text = detail_text(db, detail);
	g_autofree char *previous = head_of(db, error);

	if (!previous)
		return false;
	/* JSON has none; with another, two different rows could be hashed alike */
	if (strchr(person, '\n') || strchr(action, '\n') || strchr(object, '\n'))
		return sl_error_set(error, SL_ERROR_INVALID, "%s: a name has a line break", action);
	g_autofree char *hash = chain(previous, now_at, person, action, object, text);

	sl_query_bind_int(query, 1, now_at);
	sl_query_bind_text(query, 2, person);
	sl_query_bind_text(query, 3, action);
	sl_query_bind_text(query, 4, object);
	sl_query_bind_text(query, 5, text);
	sl_query_bind_text(query, 6, hash);
	return sl_query_run(query, error) && sl_meta_set(db, "audit_head", hash, error);
}

/* A query of some columns of the rows that a filter leaves; what it does not ask for is not looked
 * at. */
static SlQuery *
query_rows(SlDb *db, const char *columns, const SlAuditFilter *filter, const char *page)
{
	g_autoptr(GString) sql = g_string_new(columns);
	const char *const texts[] = {filter->person, filter->action, filter->object, filter->text};
	static const char *const conditions[] = {
		" AND person = ?1", " AND action = ?2", " AND object = ?3",
		" AND (instr(object, ?4) > 0 OR instr(detail, ?4) > 0)"};
	SlQuery *query;

	g_string_append(sql, " FROM audit WHERE at >= ?5 AND at < ?6");
	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
		if (texts[i])
			g_string_append(sql, conditions[i]);
	g_string_append(sql, page);
	query = sl_query_new(db, sql->str);
	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
		if (texts[i])
			sl_query_bind_text(query, (int)i + 1, texts[i]);
	sl_query_bind_int(query, 5, filter->from_at);
	sl_query_bind_int(query, 6, filter->until_at ? filter->until_at : INT64_MAX);
	return query;
}

static bool
count(SlDb *db, const SlAuditFilter *filter, int64_t *ret_total, GError **error)
{
	g_autoptr(SlQuery) query = query_rows(db, "SELECT count(*)", filter, "");

	if (sl_query_step(query, error) != SL_ROW)
		return false;
	*ret_total = sl_query_int(query, 0);
	return true;
}

GPtrArray *
sl_audit_list(SlDb *db, const SlAuditFilter *filter, int64_t *ret_total, GError **error)
{
	g_autoptr(GPtrArray) rows = g_ptr_array_new_with_free_func((GDestroyNotify)sl_audit_free);
	g_autoptr(SlQuery) query = query_rows(db, "SELECT id, at, person, action, object, detail",
					      filter, " ORDER BY id DESC LIMIT ?7 OFFSET ?8");
	SlStep step;

	sl_query_bind_int(query, 7, filter->limit > 0 ? filter->limit : -1);
	sl_query_bind_int(query, 8, filter->offset);
	while ((step = sl_query_step(query, error)) == SL_ROW) {
		SlAudit *row = g_new0(SlAudit, 1);

		row->id = sl_query_int(query, 0);
		row->at = sl_query_int(query, 1);
		row->person = g_strdup(sl_query_text(query, 2));
		row->action = g_strdup(sl_query_text(query, 3));
		row->object = g_strdup(sl_query_text(query, 4));
		row->detail = g_strdup(sl_query_text(query, 5));
		g_ptr_array_add(rows, row);
	}
	if (step != SL_DONE || (ret_total && !count(db, filter, ret_total, error)))
		return NULL;
	return g_steal_pointer(&rows);
}

bool
sl_audit_verify(SlDb *db, int64_t *ret_rows, GError **error)
{
	g_autoptr(SlQuery) query = sl_query_new(
		db, "SELECT id, at, person, action, object, detail, hash FROM audit ORDER BY id");
	/* read first: rows that are added meanwhile come behind it */
	g_autofree char *head = head_of(db, error);
	g_autofree char *previous = g_strdup("");
	bool complete = head && !*head;
	int64_t rows = 0;
	SlStep step;

	if (!head)
		return false;
	while ((step = sl_query_step(query, error)) == SL_ROW) {
		g_autofree char *hash = chain(previous, sl_query_int(query, 1),
					      sl_query_text(query, 2), sl_query_text(query, 3),
					      sl_query_text(query, 4), sl_query_text(query, 5));

		if (g_strcmp0(hash, sl_query_text(query, 6)) != 0)
			return sl_error_set(error, SL_ERROR_INTEGRITY,
					    "audit row %" PRId64
					    " does not fit the rows before it: somebody changed it",
					    sl_query_int(query, 0));
		complete |= strcmp(hash, head) == 0;
		g_free(previous);
		previous = g_steal_pointer(&hash);
		rows++;
	}
	if (step == SL_FAILED)
		return false;
	if (!complete)
		return sl_error_set(error, SL_ERROR_INTEGRITY,
				    "rows that were written behind the last %" PRId64
				    " are missing: somebody took them away",
				    rows);
	*ret_rows = rows;
	return true;
}
