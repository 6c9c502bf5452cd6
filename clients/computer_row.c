#include "clients/computer_row.h"

#include <string.h>

void
sl_membership_clear(SlMembership *membership)
{
	g_free(membership->group);
	g_free(membership->channel);
	*membership = (SlMembership){0};
}

void
sl_computer_row_free(SlComputerRow *row)
{
	if (!row)
		return;
	g_free(row->name);
	g_free(row->state);
	g_byte_array_unref(row->states);
	sl_membership_clear(&row->membership);
	g_free(row);
}

static SlComputerRow *
read_row(SlQuery *query)
{
	SlComputerRow *row = g_new0(SlComputerRow, 1);
	size_t size;
	const void *states = sl_query_blob(query, 4, &size);

	row->state = g_strdup(sl_query_text(query, 0));
	row->group_id = sl_query_int(query, 1);
	row->silent = sl_query_int(query, 2) != 0;
	row->standing.worst = (SlStatus)sl_query_int(query, 3);
	row->standing.missing = sl_query_int(query, 13);
	for (int i = 0; i < SL_RATINGS; i++)
		row->standing.lacks_at[i] = sl_query_int(query, 14 + i);
	row->states = g_byte_array_sized_new((guint)size);
	g_byte_array_append(row->states, states, (guint)size);
	row->name = g_strdup(sl_query_text(query, 5));
	row->counter = sl_query_int(query, 6);
	row->inventory_id = sl_query_int(query, 7);
	row->new_until_at = sl_query_int(query, 11);
	row->membership.conflict = !sl_query_is_null(query, 12);
	row->membership.pending = strcmp(row->state, "pending") == 0;
	row->membership.group = g_strdup(sl_query_text(query, 8));
	row->membership.channel = g_strdup(sl_query_text(query, 9));
	row->membership.channel_id = sl_query_int(query, 10);
	return row;
}

SlComputerRow *
sl_computer_row_load(SlDb *db, int64_t id, GError **error)
{
	g_autoptr(SlQuery) query = sl_query_new(
		db, "SELECT c.state, c.group_id, c.silent, c.standing, c.states, c.name, c.counter,"
		    " c.inventory_id, g.name, h.name, h.id, c.new_until_at, c.conflict_at,"
		    " c.missing, c.lacks_critical_at, c.lacks_high_at, c.lacks_medium_at,"
		    " c.lacks_low_at FROM computer c JOIN computer_group g ON g.id = c.group_id "
		    "JOIN channel h ON h.id = g.channel_id WHERE c.id = ?1");
	SlComputerRow *row;

	sl_query_bind_int(query, 1, id);
	if (sl_query_step(query, error) != SL_ROW)
		return NULL;
	row = read_row(query);
	row->id = id;
	return row;
}

SlCounted
sl_computer_row_counted(const SlComputerRow *row)
{
	bool active = strcmp(row->state, "active") == 0;

	return (SlCounted){active ? row->group_id : 0, row->silent, row->standing,
			   row->states->data, row->states->len};
}
