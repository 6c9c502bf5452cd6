#include "clients/computer.h"

#include <inttypes.h>
#include <string.h>

#include "catalog/base/text.h"
#include "catalog/rating.h"
#include "clients/group.h"
#include "clients/lookup.h"

void
sl_computer_free(SlComputer *computer)
{
	if (!computer)
		return;
	g_free(computer->name);
	g_free(computer->group);
	g_free(computer->channel);
	g_free(computer->state);
	g_free(computer->address);
	g_free(computer->os_id);
	g_free(computer->os_codename);
	g_free(computer->os_version);
	g_free(computer->architectures);
	g_free(computer->kernel);
	g_free(computer->problem);
	g_free(computer->agent);
	g_free(computer->message);
	g_free(computer);
}

void
sl_computer_update_free(SlComputerUpdate *update)
{
	if (!update)
		return;
	g_free(update->update);
	g_free(update->rating);
	g_free(update->message);
	g_free(update);
}

static void
count(SlComputer *computer, const void *states, size_t size, int64_t channel_id,
      const GArray *approved, int64_t now_at)
{
	for (guint i = 0; i < approved->len; i++) {
		const SlApprovedSlot *one = &g_array_index(approved, SlApprovedSlot, i);
		SlStatus status = sl_states_get(states, size, one->slot);

		if (one->channel_id != channel_id)
			continue;
		computer->n[status]++;
		if (one->deadline_at != 0 && now_at > one->deadline_at &&
		    (computer->silent || status == SL_STATUS_UNKNOWN ||
		     sl_status_is_missing(status)))
			computer->overdue++;
	}
}

static SlComputer *
read_computer(SlQuery *query, const GArray *approved, int64_t now_at)
{
	SlComputer *computer = g_new0(SlComputer, 1);
	const void *states;
	size_t size;

	computer->id = sl_query_int(query, 0);
	computer->name = g_strdup(sl_query_text(query, 1));
	computer->group = g_strdup(sl_query_text(query, 2));
	computer->channel = g_strdup(sl_query_text(query, 3));
	computer->state = g_strdup(sl_query_text(query, 4));
	computer->silent = sl_query_int(query, 5) != 0;
	computer->enrolled_at = sl_query_int(query, 6);
	computer->seen_at = sl_query_int(query, 7);
	computer->conflict_at = sl_query_int(query, 8);
	computer->counter = sl_query_int(query, 9);
	computer->address = g_strdup(sl_query_text(query, 10));
	computer->os_id = g_strdup(sl_query_text(query, 11));
	computer->os_codename = g_strdup(sl_query_text(query, 12));
	computer->os_version = g_strdup(sl_query_text(query, 13));
	computer->architectures = g_strdup(sl_query_text(query, 14));
	computer->kernel = g_strdup(sl_query_text(query, 15));
	computer->agent = g_strdup(sl_query_text(query, 16));
	computer->reboot = sl_query_int(query, 17) != 0;
	computer->packages = sl_query_int(query, 18);
	states = sl_query_blob(query, 19, &size);
	computer->problem = g_strdup(sl_query_text(query, 21));
	computer->standing =
		computer->silent ? SL_STATUS_SILENT : (SlStatus)sl_query_int(query, 22);
	count(computer, states, size, sl_query_int(query, 20), approved, now_at);
	return computer;
}

struct SlComputerReader {
	SlQuery *query;
	GArray *approved; /* (owned, element-type SlApprovedSlot) */
	int64_t now_at;
};

SlComputerReader *
sl_computer_reader_new(SlDb *db, int64_t now_at, GError **error)
{
	g_autoptr(GArray) approved = sl_coverage_approved(db, error);
	SlComputerReader *reader;

	if (!approved)
		return NULL;
	reader = g_new0(SlComputerReader, 1);
	reader->query = sl_query_new(
		db, "SELECT c.id, c.name, g.name, h.name, c.state, c.silent, c.enrolled_at,"
		    " c.seen_at, c.conflict_at, c.counter, c.address, c.os_id, c.os_codename,"
		    " c.os_version, c.architectures, c.kernel, c.agent, c.reboot, i.count,"
		    " c.states, g.channel_id, c.problem, c.standing FROM computer c"
		    " JOIN computer_group g ON g.id = c.group_id JOIN channel h"
		    " ON h.id = g.channel_id LEFT JOIN inventory i ON i.id = c.inventory_id"
		    " WHERE c.id = ?1");
	reader->approved = g_steal_pointer(&approved);
	reader->now_at = now_at;
	return reader;
}

void
sl_computer_reader_free(SlComputerReader *reader)
{
	if (!reader)
		return;
	sl_query_free(reader->query);
	g_array_unref(reader->approved);
	g_free(reader);
}

SlComputer *
sl_computer_reader_get(SlComputerReader *reader, int64_t id, GError **error)
{
	SlComputer *computer = NULL;
	SlStep step;

	sl_query_bind_int(reader->query, 1, id);
	step = sl_query_step(reader->query, error);
	if (step == SL_ROW)
		computer = read_computer(reader->query, reader->approved, reader->now_at);
	else if (step == SL_DONE)
		sl_error_set(error, SL_ERROR_NOT_FOUND, "no computer %" PRId64, id);
	sl_query_reset(reader->query);
	return computer;
}

SlComputer *
sl_computer_get(SlDb *db, int64_t id, int64_t now_at, GError **error)
{
	g_autoptr(SlComputerReader) reader = sl_computer_reader_new(db, now_at, error);

	return reader ? sl_computer_reader_get(reader, id, error) : NULL;
}

int64_t
sl_computer_find(SlDb *db, const char *text, GError **error)
{
	g_autoptr(SlQuery) query = sl_query_new(
		db, "SELECT id, (SELECT group_concat(id, ', ') FROM computer WHERE name = ?1),"
		    " count(*) OVER () FROM computer WHERE name = ?1 OR id = ?2");
	g_autofree char *shown = sl_text_escape(text);
	int64_t id = 0;
	SlStep step;

	sl_text_int(text, 1, INT64_MAX, &id, NULL);
	sl_query_bind_text(query, 1, text);
	sl_query_bind_int(query, 2, id);
	step = sl_query_step(query, error);
	if (step == SL_ROW && sl_query_int(query, 2) == 1)
		return sl_query_int(query, 0);
	if (step == SL_ROW)
		sl_error_set(error, SL_ERROR_CONFLICT,
			     "%" PRId64 " computers are called '%s'; use an id: %s",
			     sl_query_int(query, 2), shown, sl_query_text(query, 1));
	else if (step == SL_DONE)
		sl_error_set(error, SL_ERROR_NOT_FOUND, "no computer '%s'", shown);
	return 0;
}

bool
sl_computer_count_statuses(SlDb *db, int64_t update_id, int64_t *ret_n, GError **error)
{
	g_autoptr(SlQuery) query =
		sl_query_new(db, "SELECT silent, inventory_id, os_id, os_codename FROM computer"
				 " WHERE state = 'active'");
	g_autoptr(SlLookup) lookup = sl_lookup_new(db, update_id, error);
	SlStep step;

	if (!lookup)
		return false;
	if (sl_lookup_slot(lookup) >= 0)
		return sl_coverage_of_slot(db, sl_lookup_slot(lookup), ret_n, error);
	memset(ret_n, 0, SL_STATUSES * sizeof *ret_n);
	while ((step = sl_query_step(query, error)) == SL_ROW)
		ret_n[sl_query_int(query, 0) ? SL_STATUS_SILENT
					     : sl_lookup_derive(lookup, sl_query_int(query, 1),
								sl_query_text(query, 2),
								sl_query_text(query, 3))]++;
	return step == SL_DONE;
}

static SlComputerUpdate *
read_update(SlQuery *query, SlStatus status)
{
	SlComputerUpdate *update = g_new0(SlComputerUpdate, 1);
	bool said = !sl_query_is_null(query, 7) && (int64_t)status == sl_query_int(query, 6);

	update->update = g_strdup_printf("%s/%s=%s", sl_query_text(query, 1),
					 sl_query_text(query, 2), sl_query_text(query, 3));
	update->status = status;
	update->rating = g_strdup(sl_query_text(query, 4));
	update->deadline_at = sl_query_int(query, 5);
	update->reported_at = said ? sl_query_int(query, 7) : 0;
	update->message = g_strdup(said ? sl_query_text(query, 8) : "");
	return update;
}

GPtrArray *
sl_computer_updates(SlDb *db, int64_t id, GError **error)
{
	static const char sql[] =
		"SELECT u.slot, s.name, u.name, u.version, u.rating, a.first_at + m.allow_s, "
		"r.status, r.at,"
		" r.message, c.states FROM computer c JOIN computer_group g ON g.id = c.group_id"
		" JOIN approval a ON a.channel_id = g.channel_id AND a.state = 'approved'"
		" JOIN updates u ON u.id = a.update_id JOIN upstream s ON s.id = "
		"u.upstream_id" SL_RATING_JOIN " LEFT JOIN report r ON r.computer_id = c.id"
		" AND r.update_id = u.id WHERE c.id = ?1 ORDER BY u.name, u.version";
	g_autoptr(SlQuery) query = sl_query_new(db, sql);
	g_autoptr(GPtrArray) list =
		g_ptr_array_new_with_free_func((GDestroyNotify)sl_computer_update_free);
	SlStep step;

	sl_query_bind_int(query, 1, id);
	while ((step = sl_query_step(query, error)) == SL_ROW) {
		size_t size;
		const void *states = sl_query_blob(query, 9, &size);
		SlStatus status = sl_states_get(states, size, sl_query_int(query, 0));

		if (status != SL_STATUS_NOT_APPLICABLE)
			g_ptr_array_add(list, read_update(query, status));
	}
	return step == SL_DONE ? g_steal_pointer(&list) : NULL;
}
