#include "catalog/hold.h"

#include <string.h>

#include "catalog/audit.h"
#include "catalog/base/text.h"
#include "catalog/naming.h"
#include "catalog/update.h"

void
sl_hold_free(SlHold *hold)
{
	if (!hold)
		return;
	g_free(hold->person);
	g_free(hold->reason);
	g_free(hold);
}

SlHold *
sl_hold_get(SlDb *db, int64_t update_id, GError **error)
{
	g_autoptr(SlQuery) query =
		sl_query_new(db, "SELECT person, reason, at FROM hold WHERE update_id = ?1");
	SlHold *hold;

	sl_query_bind_int(query, 1, update_id);
	if (sl_query_step(query, error) != SL_ROW)
		return NULL;
	hold = g_new0(SlHold, 1);
	hold->person = g_strdup(sl_query_text(query, 0));
	hold->reason = g_strdup(sl_query_text(query, 1));
	hold->at = sl_query_int(query, 2);
	return hold;
}

static bool
add(SlDb *db, int64_t update_id, const char *person, const char *reason, int64_t now_at,
    GError **error)
{
	g_autoptr(SlQuery) query = sl_query_new(
		db, "INSERT INTO hold (update_id, person, reason, at) VALUES (?1, ?2, ?3, ?4)");

	sl_query_bind_int(query, 1, update_id);
	sl_query_bind_text(query, 2, person);
	sl_query_bind_text(query, 3, reason);
	sl_query_bind_int(query, 4, now_at);
	return sl_query_run(query, error);
}

static bool
drop(SlDb *db, int64_t update_id, GError **error)
{
	g_autoptr(SlQuery) query = sl_query_new(db, "DELETE FROM hold WHERE update_id = ?1");

	sl_query_bind_int(query, 1, update_id);
	return sl_query_run(query, error);
}

static bool
check_reason(const char *text, const SlHold *before, bool held, const char *person,
	     const char *reason, GError **error)
{
	if (!sl_text_is_blank(reason))
		return true;
	if (held)
		return sl_error_set(error, SL_ERROR_INVALID, "a hold needs a reason");
	return !before || strcmp(before->person, person) == 0 ||
	       sl_error_set(error, SL_ERROR_INVALID,
			    "%s is held by %s (%s): letting it go needs a reason", text,
			    before->person, before->reason);
}

/* What the audit log keeps: also whose hold it was that ended, and why there was one. */
static json_t *
detail(const SlHold *before, const char *reason)
{
	return before ? json_pack("{s:s, s:s, s:s}", "reason", reason, "held_by", before->person,
				  "held_because", before->reason)
		      : json_pack("{s:s}", "reason", reason);
}

static bool
check_change(const char *text, const SlHold *before, bool held, GError **error)
{
	g_autofree char *at = before ? sl_text_format_time(before->at) : NULL;

	if (held && before)
		return sl_error_set(error, SL_ERROR_CONFLICT, "%s is held by %s since %s: %s", text,
				    before->person, at, before->reason);
	if (!held && !before)
		return sl_error_set(error, SL_ERROR_CONFLICT, "nobody holds %s", text);
	return true;
}

bool
sl_hold_set(SlDb *db, const char *name, bool held, const char *person, const char *reason,
	    int64_t now_at, GError **error)
{
	int64_t id = sl_naming_find(db, name, SL_NAMING_NEWEST, 0, error);
	g_autoptr(SlUpdate) update = id ? sl_update_get(db, id, error) : NULL;
	g_autofree char *text = update ? sl_update_text(update) : NULL;
	g_autoptr(GError) problem = NULL;
	g_autoptr(SlHold) before = NULL;

	if (!update)
		return false;
	before = sl_hold_get(db, id, &problem);
	if (problem) {
		g_propagate_error(error, g_steal_pointer(&problem));
		return false;
	}
	return check_reason(text, before, held, person, reason, error) &&
	       check_change(text, before, held, error) &&
	       (held ? add(db, id, person, reason, now_at, error) : drop(db, id, error)) &&
	       sl_audit_add(db, now_at, person, held ? "hold" : "unhold", text,
			    detail(before, reason), error);
}
