/* computer_change.c - what is done to computers, each with its counts and its audit row */
#include <inttypes.h>
#include <string.h>

#include "catalog/audit.h"
#include "clients/computer.h"
#include "clients/group.h"

/* A row as far as changes need it. */
typedef struct {
	int64_t id;
	char *name;
	char *state;
	int64_t group_id;
	bool silent;
	GByteArray *states;
} Row;

static void
row_free(Row *row)
{
	if (!row)
		return;
	g_free(row->name);
	g_free(row->state);
	g_byte_array_unref(row->states);
	g_free(row);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Row, row_free)

static Row *
row_load(SlDb *db, int64_t id, GError **error)
{
	g_autoptr(SlQuery) query =
		sl_query_new(db, "SELECT name, state, group_id, silent, states FROM computer"
				 " WHERE id = ?1");
	const void *states;
	SlStep step;
	size_t size;
	Row *row;

	sl_query_bind_int(query, 1, id);
	step = sl_query_step(query, error);
	if (step == SL_DONE)
		sl_error_set(error, SL_ERROR_NOT_FOUND, "no computer %" PRId64, id);
	if (step != SL_ROW)
		return NULL;
	row = g_new0(Row, 1);
	row->id = id;
	row->name = g_strdup(sl_query_text(query, 0));
	row->state = g_strdup(sl_query_text(query, 1));
	row->group_id = sl_query_int(query, 2);
	row->silent = sl_query_int(query, 3) != 0;
	states = sl_query_blob(query, 4, &size);
	row->states = g_byte_array_new();
	g_byte_array_append(row->states, states, (guint)size);
	return row;
}

static SlCounted
counted(const Row *row)
{
	bool active = strcmp(row->state, "active") == 0;

	return (SlCounted){active ? row->group_id : 0, row->silent, row->states->data,
			   row->states->len};
}

static bool
write_move(SlDb *db, const SlCounted *before, const SlCounted *after, GError **error)
{
	g_autoptr(SlCoverageDelta) delta = sl_coverage_delta_new();

	sl_coverage_delta_move(delta, before, after);
	return sl_coverage_delta_write(delta, db, error);
}

bool
sl_computer_accept(SlDb *db, int64_t id, const char *person, int64_t now_at, GError **error)
{
	g_autoptr(Row) row = row_load(db, id, error);
	g_autoptr(SlQuery) query =
		sl_query_new(db, "UPDATE computer SET state = 'active', conflict_at = NULL"
				 " WHERE id = ?1 AND (state = 'pending' OR (state = 'active'"
				 " AND conflict_at IS NOT NULL))");
	SlCounted before, after;

	if (!row)
		return false;
	before = after = counted(row);
	after.group_id = row->group_id;
	sl_query_bind_int(query, 1, id);
	if (!sl_query_run(query, error))
		return false;
	if (sl_db_changes(db) == 0)
		return sl_error_set(error, SL_ERROR_CONFLICT,
				    "computer %s is %s: there is nothing to accept", row->name,
				    row->state);
	return write_move(db, &before, &after, error) &&
	       sl_audit_add(db, now_at, person, "computer accept", row->name,
			    json_pack("{s:I, s:s}", "id", (json_int_t)id, "before", row->state),
			    error);
}

bool
sl_computer_remove(SlDb *db, int64_t id, const char *person, int64_t now_at, GError **error)
{
	g_autoptr(Row) row = row_load(db, id, error);
	g_autoptr(SlQuery) query = sl_query_new(db, "DELETE FROM computer WHERE id = ?1");
	SlCounted before, after = {0};

	if (!row)
		return false;
	before = counted(row);
	sl_query_bind_int(query, 1, id);
	return sl_query_run(query, error) && write_move(db, &before, &after, error) &&
	       sl_audit_add(db, now_at, person, "computer remove", row->name,
			    json_pack("{s:I}", "id", (json_int_t)id), error);
}

bool
sl_computer_any_silent(SlDb *db, int64_t silent_at)
{
	g_autoptr(SlQuery) query =
		sl_query_new(db, "SELECT 1 FROM computer WHERE state = 'active' AND silent = 0"
				 " AND coalesce(seen_at, enrolled_at) < ?1 LIMIT 1");

	sl_query_bind_int(query, 1, silent_at);
	return sl_query_step(query, NULL) == SL_ROW;
}

bool
sl_computer_sweep(SlDb *db, int64_t silent_at, int64_t *ret_silent, GError **error)
{
	/* who never checked in is silent from its enrolment on */
	g_autoptr(SlQuery) query =
		sl_query_new(db, "UPDATE computer SET silent = 1 WHERE state = 'active'"
				 " AND silent = 0 AND coalesce(seen_at, enrolled_at) < ?1"
				 " RETURNING group_id, states");
	g_autoptr(SlCoverageDelta) delta = sl_coverage_delta_new();
	SlStep step;

	*ret_silent = 0;
	sl_query_bind_int(query, 1, silent_at);
	while ((step = sl_query_step(query, error)) == SL_ROW) {
		SlCounted before = {.group_id = sl_query_int(query, 0)}, after;

		before.states = sl_query_blob(query, 1, &before.size);
		after = before;
		after.silent = true;
		sl_coverage_delta_move(delta, &before, &after);
		(*ret_silent)++;
	}
	return step == SL_DONE && sl_coverage_delta_write(delta, db, error);
}

static bool
forget_report(SlDb *db, int64_t id, int64_t update_id, GError **error)
{
	g_autoptr(SlQuery) query =
		sl_query_new(db, "DELETE FROM report WHERE computer_id = ?1 AND update_id = ?2");

	sl_query_bind_int(query, 1, id);
	sl_query_bind_int(query, 2, update_id);
	return sl_query_run(query, error);
}

/* Whether a report still says more than the inventory does. */
static bool
holds(SlStatus derived, SlStatus reported, bool reboot)
{
	if (reported == SL_STATUS_PENDING_REBOOT)
		return derived == SL_STATUS_INSTALLED && reboot;
	return derived == SL_STATUS_NEEDED;
}

bool
sl_computer_overlay(SlDb *db, int64_t id, GByteArray *states, bool reboot, bool tidy,
		    GError **error)
{
	g_autoptr(SlQuery) query = sl_query_new(
		db, "SELECT r.update_id, r.status, u.slot FROM report r JOIN updates u"
		    " ON u.id = r.update_id WHERE r.computer_id = ?1 AND u.slot IS NOT NULL");
	g_autoptr(GArray) overtaken = g_array_new(FALSE, FALSE, sizeof(int64_t));
	SlStep step;

	sl_query_bind_int(query, 1, id);
	while ((step = sl_query_step(query, error)) == SL_ROW) {
		int64_t update_id = sl_query_int(query, 0), slot = sl_query_int(query, 2);
		SlStatus reported = (SlStatus)sl_query_int(query, 1);

		if (holds(sl_states_get(states->data, states->len, slot), reported, reboot))
			sl_states_set(states, slot, reported);
		else
			g_array_append_val(overtaken, update_id);
	}
	for (guint i = 0; tidy && step == SL_DONE && i < overtaken->len; i++)
		if (!forget_report(db, id, g_array_index(overtaken, int64_t, i), error))
			return false;
	return step == SL_DONE;
}

/* A computer whose statuses may be others now. */
typedef struct {
	int64_t id;
	SlCounted before;
	GBytes *states; /* what before borrows */
	GBytes *derived;
	bool reboot;
} Stale;

static void
stale_clear(gpointer data)
{
	Stale *stale = data;

	g_bytes_unref(stale->states);
	g_bytes_unref(stale->derived);
}

static bool
write_states(SlDb *db, SlCoverageDelta *delta, const Stale *stale, GError **error)
{
	g_autoptr(SlQuery) query =
		sl_query_new(db, "UPDATE computer SET states = ?2 WHERE id = ?1");
	g_autoptr(GByteArray) states = g_byte_array_new();
	SlCounted after = stale->before;
	gsize size;
	const guint8 *derived = g_bytes_get_data(stale->derived, &size);

	g_byte_array_append(states, derived, (guint)size);
	if (!sl_computer_overlay(db, stale->id, states, stale->reboot, false, error))
		return false;
	after.states = states->data;
	after.size = states->len;
	if (after.size == stale->before.size &&
	    (after.size == 0 || memcmp(after.states, stale->before.states, after.size) == 0))
		return true;
	sl_query_bind_int(query, 1, stale->id);
	sl_query_bind_blob(query, 2, states->data, states->len);
	if (!sl_query_run(query, error))
		return false;
	sl_coverage_delta_move(delta, &stale->before, &after);
	return true;
}

static bool
read_stale(SlDb *db, SlModel *model, SlQuery *query, GArray *list, GError **error)
{
	GError *problem = NULL;
	Stale stale = {.id = sl_query_int(query, 0)};
	SlModelPlace place = {sl_query_int(query, 8), sl_query_text(query, 4),
			      sl_query_text(query, 5)};
	const void *states;
	gsize size;

	stale.derived =
		sl_model_derive_stored(model, db, &place, sl_query_text(query, 6), &problem);
	if (problem) {
		g_propagate_error(error, problem);
		return false;
	}
	if (!stale.derived)
		return true;
	states = sl_query_blob(query, 3, &size);
	stale.states = g_bytes_new(states, size);
	stale.before = (SlCounted){sl_query_int(query, 1), sl_query_int(query, 2) != 0,
				   g_bytes_get_data(stale.states, NULL), size};
	stale.reboot = sl_query_int(query, 7) != 0;
	g_array_append_val(list, stale);
	return true;
}

/* Derives the statuses of up to `most` computers, of those with an id from `from` to `to`. */
static bool
derive(SlDb *db, SlModel *model, int64_t from, int64_t to, int most, int64_t *ret_last,
       int *ret_read, GError **error)
{
	g_autoptr(SlQuery) query = sl_query_new(
		db, "SELECT c.id, c.group_id, c.silent, c.states, c.os_id, c.os_codename, i.digest,"
		    " c.reboot, g.channel_id FROM computer c JOIN inventory i"
		    " ON i.id = c.inventory_id JOIN computer_group g ON g.id = c.group_id"
		    " WHERE c.id BETWEEN ?1 AND ?2 AND c.state = 'active' ORDER BY c.id LIMIT ?3");
	g_autoptr(SlCoverageDelta) delta = sl_coverage_delta_new();
	g_autoptr(GArray) list = g_array_new(FALSE, FALSE, sizeof(Stale));
	SlStep step;

	*ret_read = 0;
	g_array_set_clear_func(list, stale_clear);
	sl_query_bind_int(query, 1, from);
	sl_query_bind_int(query, 2, to);
	sl_query_bind_int(query, 3, most);
	while ((step = sl_query_step(query, error)) == SL_ROW) {
		*ret_last = sl_query_int(query, 0);
		(*ret_read)++;
		if (!read_stale(db, model, query, list, error))
			return false;
	}
	for (guint i = 0; step == SL_DONE && i < list->len; i++)
		if (!write_states(db, delta, &g_array_index(list, Stale, i), error))
			return false;
	return step == SL_DONE && sl_coverage_delta_write(delta, db, error);
}

bool
sl_computer_derive(SlDb *db, SlModel *model, int64_t *id, int most, bool *ret_more, GError **error)
{
	int read;

	if (!derive(db, model, *id + 1, INT64_MAX, most, id, &read, error))
		return false;
	*ret_more = read == most && *id < INT64_MAX;
	return true;
}

bool
sl_computer_move(SlDb *db, SlModel *model, int64_t id, const char *group, const char *person,
		 int64_t now_at, GError **error)
{
	g_autoptr(Row) row = row_load(db, id, error);
	int64_t group_id = row ? sl_group_find(db, group, error) : 0, last;
	g_autoptr(SlQuery) query =
		sl_query_new(db, "UPDATE computer SET group_id = ?2 WHERE id = ?1");
	SlCounted before, after;
	int read;

	if (!group_id)
		return false;
	before = after = counted(row);
	if (after.group_id)
		after.group_id = group_id;
	sl_query_bind_int(query, 1, id);
	sl_query_bind_int(query, 2, group_id);
	return sl_query_run(query, error) && write_move(db, &before, &after, error) &&
	       derive(db, model, id, id, 1, &last, &read, error) &&
	       sl_audit_add(db, now_at, person, "computer move", row->name,
			    json_pack("{s:I, s:s}", "id", (json_int_t)id, "group", group), error);
}
