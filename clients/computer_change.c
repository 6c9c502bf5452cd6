/* computer_change.c - what is done to computers, each with its counts and its audit row */
#include <inttypes.h>
#include <string.h>

#include "catalog/audit.h"
#include "clients/computer.h"
#include "clients/computer_row.h"
#include "clients/group.h"
#include "clients/inventory.h"

static SlComputerRow *
load(SlDb *db, int64_t id, GError **error)
{
	GError *problem = NULL;
	SlComputerRow *row = sl_computer_row_load(db, id, &problem);

	if (problem)
		g_propagate_error(error, problem);
	else if (!row)
		sl_error_set(error, SL_ERROR_NOT_FOUND, "no computer %" PRId64, id);
	return row;
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
	g_autoptr(SlComputerRow) row = load(db, id, error);
	g_autoptr(SlQuery) query =
		sl_query_new(db, "UPDATE computer SET state = 'active', conflict_at = NULL"
				 " WHERE id = ?1 AND (state = 'pending' OR (state = 'active'"
				 " AND conflict_at IS NOT NULL))");
	SlCounted before, after;

	if (!row)
		return false;
	before = after = sl_computer_row_counted(row);
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
			    json_pack("{s:I, s:s, s:s}", "id", (json_int_t)id, "state", "active",
				      "state_before", row->state),
			    error);
}

bool
sl_computer_remove(SlDb *db, int64_t id, const char *person, int64_t now_at, GError **error)
{
	g_autoptr(SlComputerRow) row = load(db, id, error);
	g_autoptr(SlQuery) query = sl_query_new(db, "DELETE FROM computer WHERE id = ?1");
	SlCounted before, after = {0};

	if (!row)
		return false;
	before = sl_computer_row_counted(row);
	sl_query_bind_int(query, 1, id);
	return sl_query_run(query, error) && sl_inventory_drop(db, row->inventory_id, error) &&
	       write_move(db, &before, &after, error) &&
	       sl_audit_add(db, now_at, person, "computer remove", row->name,
			    json_pack("{s:I}", "id", (json_int_t)id), error);
}

/* The last sign of life: who never checked in is heard of from its enrolment on. */
#define HEARD_AT "coalesce(seen_at, enrolled_at)"

bool
sl_computer_heard_first(SlDb *db, int64_t *ret_at, GError **error)
{
	g_autoptr(SlQuery) query =
		sl_query_new(db, "SELECT min(" HEARD_AT ") FROM computer WHERE silent = 0"
				 " AND state IN ('active', 'pending')");

	if (sl_query_step(query, error) != SL_ROW)
		return false;
	*ret_at = sl_query_is_null(query, 0) ? INT64_MAX : sl_query_int(query, 0);
	return true;
}

bool
sl_computer_sweep(SlDb *db, int64_t silent_at, int64_t *ret_silent, GError **error)
{
	g_autoptr(SlQuery) query = sl_query_new(
		db, "UPDATE computer SET silent = 1 WHERE state = 'active'"
		    " AND silent = 0 AND " HEARD_AT " < ?1"
		    " RETURNING group_id, standing, states, missing,"
		    " lacks_critical_at, lacks_high_at, lacks_medium_at, lacks_low_at");
	g_autoptr(SlCoverageDelta) delta = sl_coverage_delta_new();
	SlStep step;

	*ret_silent = 0;
	sl_query_bind_int(query, 1, silent_at);
	while ((step = sl_query_step(query, error)) == SL_ROW) {
		SlCounted before = {.group_id = sl_query_int(query, 0),
				    .standing.worst = (SlStatus)sl_query_int(query, 1),
				    .standing.missing = sl_query_int(query, 3)};
		SlCounted after;

		for (int i = 0; i < SL_RATINGS; i++)
			before.standing.lacks_at[i] = sl_query_int(query, 4 + i);
		before.states = sl_query_blob(query, 2, &before.size);
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

/* What its inventory comes to now; NULL without an error while that is not known. */
static GByteArray *
derive_states(SlDb *db, SlModel *model, const SlComputerRow *row, SlStanding *ret_standing,
	      GError **error)
{
	g_autoptr(SlQuery) query =
		sl_query_new(db, "SELECT c.os_id, c.os_codename, c.reboot, i.digest FROM computer c"
				 " JOIN inventory i ON i.id = c.inventory_id WHERE c.id = ?1");
	g_autoptr(GByteArray) states = g_byte_array_new();
	g_autoptr(GBytes) derived = NULL;
	SlModelPlace place = {row->membership.channel_id, NULL, NULL};

	sl_query_bind_int(query, 1, row->id);
	if (sl_query_step(query, error) != SL_ROW)
		return NULL;
	place.os_id = sl_query_text(query, 0);
	place.os_codename = sl_query_text(query, 1);
	derived = sl_model_derive_stored(model, db, &place, sl_query_text(query, 3), error);
	if (!derived)
		return NULL;
	g_byte_array_append(states, g_bytes_get_data(derived, NULL),
			    (guint)g_bytes_get_size(derived));
	if (!sl_computer_overlay(db, row->id, states, sl_query_int(query, 2) != 0, false, error))
		return NULL;
	*ret_standing = sl_model_standing(model, &place, states->data, states->len);
	return g_steal_pointer(&states);
}

static bool
write_states(SlDb *db, int64_t id, const SlCounted *counted, GError **error)
{
	g_autoptr(SlQuery) query =
		sl_query_new(db, "UPDATE computer SET standing = ?2, states = ?3, missing = ?4,"
				 " lacks_critical_at = ?5, lacks_high_at = ?6,"
				 " lacks_medium_at = ?7, lacks_low_at = ?8 WHERE id = ?1");

	sl_query_bind_int(query, 1, id);
	sl_query_bind_int(query, 2, counted->standing.worst);
	sl_query_bind_blob(query, 3, counted->states, counted->size);
	sl_query_bind_int(query, 4, counted->standing.missing);
	for (int i = 0; i < SL_RATINGS; i++)
		sl_query_bind_int(query, 5 + i, counted->standing.lacks_at[i]);
	return sl_query_run(query, error);
}

/* Brings an active computer's statuses to what the model asks. */
static bool
derive(SlDb *db, SlModel *model, int64_t id, SlCoverageDelta *delta, GError **error)
{
	g_autoptr(SlComputerRow) row = load(db, id, error);
	g_autoptr(GByteArray) states = NULL;
	GError *problem = NULL;
	SlCounted before, after;

	if (!row)
		return false;
	before = after = sl_computer_row_counted(row);
	if (before.group_id == 0)
		return true;
	states = derive_states(db, model, row, &after.standing, &problem);
	if (problem)
		g_propagate_error(error, problem);
	if (!states)
		return !problem;
	after.states = states->data;
	after.size = states->len;
	if (sl_counted_equal(&before, &after))
		return true;
	sl_coverage_delta_move(delta, &before, &after);
	return write_states(db, id, &after, error);
}

static GArray *
ids_above(SlDb *db, int64_t id, int most, GError **error)
{
	g_autoptr(SlQuery) query =
		sl_query_new(db, "SELECT id FROM computer WHERE id > ?1 ORDER BY id LIMIT ?2");
	g_autoptr(GArray) ids = g_array_new(FALSE, FALSE, sizeof(int64_t));
	SlStep step;

	sl_query_bind_int(query, 1, id);
	sl_query_bind_int(query, 2, most);
	while ((step = sl_query_step(query, error)) == SL_ROW) {
		int64_t found = sl_query_int(query, 0);

		g_array_append_val(ids, found);
	}
	return step == SL_DONE ? g_steal_pointer(&ids) : NULL;
}

bool
sl_computer_derive(SlDb *db, SlModel *model, int64_t *id, int most, bool *ret_more, GError **error)
{
	g_autoptr(GArray) ids = ids_above(db, *id, most, error);
	g_autoptr(SlCoverageDelta) delta = sl_coverage_delta_new();

	for (guint i = 0; ids && i < ids->len; i++) {
		*id = g_array_index(ids, int64_t, i);
		if (!derive(db, model, *id, delta, error))
			return false;
	}
	if (!ids || !sl_coverage_delta_write(delta, db, error))
		return false;
	*ret_more = (int)ids->len == most;
	return true;
}

/* Who moves computers, and when. */
typedef struct {
	const char *person;
	int64_t now_at;
} Mover;

static bool
move(SlDb *db, SlModel *model, int64_t id, int64_t group_id, SlCoverageDelta *delta,
     char **ret_name, GError **error)
{
	g_autoptr(SlComputerRow) row = load(db, id, error);
	g_autoptr(SlQuery) query =
		sl_query_new(db, "UPDATE computer SET group_id = ?2 WHERE id = ?1");
	SlCounted before, after;

	if (!row)
		return false;
	before = after = sl_computer_row_counted(row);
	if (after.group_id)
		after.group_id = group_id;
	sl_coverage_delta_move(delta, &before, &after);
	sl_query_bind_int(query, 1, id);
	sl_query_bind_int(query, 2, group_id);
	if (!sl_query_run(query, error) || !derive(db, model, id, delta, error))
		return false;
	*ret_name = g_steal_pointer(&row->name);
	return true;
}

/* The group that a computer is in, and that one's channel, under these names. */
static bool
add_place(SlDb *db, int64_t id, json_t *detail, const char *group, const char *channel,
	  GError **error)
{
	g_autoptr(SlQuery) query = sl_query_new(
		db,
		"SELECT g.name, n.name FROM computer c JOIN computer_group g ON g.id = c.group_id"
		" JOIN channel n ON n.id = g.channel_id WHERE c.id = ?1");
	SlStep step;

	sl_query_bind_int(query, 1, id);
	step = sl_query_step(query, error);
	if (step == SL_ROW) {
		json_object_set_new(detail, group, json_string(sl_query_text(query, 0)));
		json_object_set_new(detail, channel, json_string(sl_query_text(query, 1)));
	}
	return step != SL_FAILED;
}

static bool
move_one(SlDb *db, SlModel *model, int64_t id, int64_t group_id, SlCoverageDelta *delta,
	 const Mover *mover, GError **error)
{
	g_autoptr(json_t) detail = json_pack("{s:I}", "id", (json_int_t)id);
	g_autofree char *name = NULL;

	return add_place(db, id, detail, "group_before", "channel_before", error) &&
	       move(db, model, id, group_id, delta, &name, error) &&
	       add_place(db, id, detail, "group", "channel", error) &&
	       sl_audit_add(db, mover->now_at, mover->person, "computer move", name,
			    json_incref(detail), error);
}

bool
sl_computer_move(SlDb *db, SlModel *model, const GArray *ids, const char *group, const char *person,
		 int64_t now_at, GError **error)
{
	int64_t group_id = sl_group_find(db, group, error);
	g_autoptr(SlCoverageDelta) delta = sl_coverage_delta_new();
	const Mover mover = {person, now_at};

	if (!group_id)
		return false;
	for (guint i = 0; i < ids->len; i++) {
		int64_t id = g_array_index(ids, int64_t, i);

		if (!move_one(db, model, id, group_id, delta, &mover, error))
			return false;
	}
	return sl_coverage_delta_write(delta, db, error);
}
