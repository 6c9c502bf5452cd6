#include "clients/computer.h"

#include <inttypes.h>
#include <string.h>

#include "catalog/base/text.h"
#include "catalog/naming.h"
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

/* A query that reads one computer, for many ids. */
static SlQuery *
query_computer(SlDb *db)
{
	return sl_query_new(
		db, "SELECT c.id, c.name, g.name, h.name, c.state, c.silent, c.enrolled_at,"
		    " c.seen_at, c.conflict_at, c.counter, c.address, c.os_id, c.os_codename,"
		    " c.os_version, c.architectures, c.kernel, c.agent, c.reboot, i.count,"
		    " c.states, g.channel_id, c.problem, c.standing FROM computer c"
		    " JOIN computer_group g ON g.id = c.group_id JOIN channel h"
		    " ON h.id = g.channel_id LEFT JOIN inventory i ON i.id = c.inventory_id"
		    " WHERE c.id = ?1");
}

static SlComputer *
get(SlQuery *query, int64_t id, const GArray *approved, int64_t now_at, GError **error)
{
	SlComputer *computer = NULL;
	SlStep step;

	sl_query_bind_int(query, 1, id);
	step = sl_query_step(query, error);
	if (step == SL_ROW)
		computer = read_computer(query, approved, now_at);
	else if (step == SL_DONE)
		sl_error_set(error, SL_ERROR_NOT_FOUND, "no computer %" PRId64, id);
	sl_query_reset(query);
	return computer;
}

SlComputer *
sl_computer_get(SlDb *db, int64_t id, int64_t now_at, GError **error)
{
	g_autoptr(GArray) approved = sl_coverage_approved(db, error);
	g_autoptr(SlQuery) query = query_computer(db);

	return approved ? get(query, id, approved, now_at, error) : NULL;
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

#define FROM_MATCHING                                                                              \
	" FROM computer c WHERE (?1 IS NULL OR c.group_id = ?1) AND (?2 IS NULL OR c.state = ?2)"  \
	" AND (?3 = 0 OR c.silent) AND (?4 = 0 OR c.conflict_at IS NOT NULL)"                      \
	" AND (?5 IS NULL OR instr(lower(c.name || ' ' || c.address || ' ' || c.os_id || ' ' ||"   \
	" c.os_codename || ' ' || c.os_version), lower(?5)))"

/* Rows read in the order they lie in; what is shown of some of them is read afterwards. */
static SlQuery *
query_matches(SlDb *db, bool with_inventory)
{
	return sl_query_new(
		db, with_inventory
			    ? "SELECT c.id, c.inventory_id, c.os_id, c.os_codename" FROM_MATCHING
			    : "SELECT c.id, c.states" FROM_MATCHING);
}

static bool
bind_filter(SlQuery *query, SlDb *db, const SlComputerFilter *filter, GError **error)
{
	static const char *const states[] = {"active", "pending",  "left",
					     "silent", "conflict", NULL};
	bool silent = g_strcmp0(filter->state, "silent") == 0;
	bool conflict = g_strcmp0(filter->state, "conflict") == 0;
	const char *state = silent || filter->missing ? "active" : filter->state;
	int64_t group_id;

	if (filter->state && !g_strv_contains(states, filter->state))
		return sl_error_set(error, SL_ERROR_INVALID,
				    "no state '%s': there are active, pending, left, silent and "
				    "conflict",
				    filter->state);
	if (filter->group) {
		group_id = sl_group_find(db, filter->group, error);
		if (!group_id)
			return false;
		sl_query_bind_int(query, 1, group_id);
	}
	sl_query_bind_text(query, 2, conflict ? NULL : state);
	sl_query_bind_int(query, 3, silent);
	sl_query_bind_int(query, 4, conflict);
	sl_query_bind_text(query, 5, filter->text);
	return true;
}

/* Ids are 63 bits: they fit a pointer. */
static gpointer
key_of(int64_t id)
{
	return GSIZE_TO_POINTER((gsize)id);
}

/* The status for the update asked for of a row of query_matches. */
static SlStatus
matching_status(SlQuery *query, SlLookup *lookup)
{
	const void *states;
	size_t size;

	if (sl_lookup_slot(lookup) < 0)
		return sl_lookup_derive(lookup, sl_query_int(query, 1), sl_query_text(query, 2),
					sl_query_text(query, 3));
	states = sl_query_blob(query, 1, &size);
	return sl_states_get(states, size, sl_lookup_slot(lookup));
}

/* What a listing shows: id -> status for the update asked for, if one was. */
static GHashTable *
find_matches(SlDb *db, const SlComputerFilter *filter, SlLookup *lookup, GError **error)
{
	g_autoptr(SlQuery) query = query_matches(db, lookup && sl_lookup_slot(lookup) < 0);
	g_autoptr(GHashTable) matches = g_hash_table_new(NULL, NULL);
	SlStep step;

	if (!bind_filter(query, db, filter, error))
		return NULL;
	while ((step = sl_query_step(query, error)) == SL_ROW) {
		SlStatus status = lookup ? matching_status(query, lookup) : SL_STATUS_UNKNOWN;

		if (!lookup || sl_status_is_missing(status))
			g_hash_table_insert(matches, key_of(sl_query_int(query, 0)),
					    GINT_TO_POINTER(status));
	}
	return step == SL_DONE ? g_steal_pointer(&matches) : NULL;
}

/* Adds one to a page; also true when it is gone meanwhile. */
static bool
add_to_page(GPtrArray *page, SlQuery *query, int64_t id, SlStatus status, const GArray *approved,
	    int64_t now_at, GError **error)
{
	GError *problem = NULL;
	SlComputer *computer = get(query, id, approved, now_at, &problem);

	if (computer) {
		computer->status = status;
		g_ptr_array_add(page, computer);
		return true;
	}
	if (g_error_matches(problem, SL_ERROR, SL_ERROR_NOT_FOUND)) {
		g_error_free(problem);
		return true;
	}
	g_propagate_error(error, problem);
	return false;
}

/* Walks through all names as far as it takes: cheaper than to sort what may be most of them. */
static GPtrArray *
read_page(SlDb *db, const SlComputerFilter *filter, GHashTable *matches, GError **error)
{
	g_autoptr(GPtrArray) page =
		g_ptr_array_new_with_free_func((GDestroyNotify)sl_computer_free);
	g_autoptr(GArray) approved = sl_coverage_approved(db, error);
	g_autoptr(SlQuery) names = sl_query_new(db, "SELECT id FROM computer ORDER BY name, id");
	g_autoptr(SlQuery) query = query_computer(db);
	int64_t end = filter->limit ? filter->offset + filter->limit : INT64_MAX, place = 0;
	SlStep step = SL_DONE;

	end = MIN(end, (int64_t)g_hash_table_size(matches));
	while (approved && place < end && (step = sl_query_step(names, error)) == SL_ROW) {
		int64_t id = sl_query_int(names, 0);
		gpointer status;

		if (!g_hash_table_lookup_extended(matches, key_of(id), NULL, &status) ||
		    place++ < filter->offset)
			continue;
		if (!add_to_page(page, query, id, (SlStatus)GPOINTER_TO_INT(status), approved,
				 filter->now_at, error))
			return NULL;
	}
	return approved && step != SL_FAILED ? g_steal_pointer(&page) : NULL;
}

GPtrArray *
sl_computer_list(SlDb *db, const SlComputerFilter *filter, int64_t *ret_total, GError **error)
{
	g_autoptr(SlLookup) lookup = NULL;
	g_autoptr(GHashTable) matches = NULL;
	GPtrArray *page;
	int64_t update_id;

	if (filter->missing) {
		update_id = sl_naming_find(db, filter->missing, SL_NAMING_NEWEST, 0, error);
		lookup = update_id ? sl_lookup_new(db, update_id, error) : NULL;
		if (!lookup)
			return NULL;
	}
	matches = find_matches(db, filter, lookup, error);
	page = matches ? read_page(db, filter, matches, error) : NULL;
	if (page && ret_total)
		*ret_total = g_hash_table_size(matches);
	return page;
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
		ret_n[sl_query_int(query, 0) ? SL_STATUS_SILENT : matching_status(query, lookup)]++;
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
