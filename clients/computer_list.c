#include "clients/computer_list.h"

#include <string.h>

#include "catalog/base/ranking.h"
#include "catalog/base/text.h"
#include "catalog/channel.h"
#include "catalog/naming.h"
#include "clients/group.h"
#include "clients/lookup.h"
#include "clients/overdue.h"

const char *const sl_computer_sorts[] = {"name",     "-name", "seen_at", "-seen_at", "missing",
					 "-missing", "group", "-group",	 NULL};

/* Whom nobody knows to have what its channel is late with: silent, or it has said nothing yet. */
#define LATE_UNHEARD                                                                               \
	"((c.silent OR c.inventory_id IS NULL) AND c.group_id IN (SELECT g.id FROM"                \
	" computer_group g JOIN approval a ON a.channel_id = g.channel_id JOIN updates u"          \
	" ON u.id = a.update_id WHERE a.state = 'approved' AND u.slot IS NOT NULL AND"             \
	" a.first_at < CASE u.rating WHEN 'critical' THEN ?10 WHEN 'high' THEN ?11"                \
	" WHEN 'medium' THEN ?12 WHEN 'low' THEN ?13 ELSE 0 END))"

#define LATE_HEARD                                                                                 \
	"(NOT c.silent AND ((c.lacks_critical_at > 0 AND c.lacks_critical_at < ?10) OR"            \
	" (c.lacks_high_at > 0 AND c.lacks_high_at < ?11) OR"                                      \
	" (c.lacks_medium_at > 0 AND c.lacks_medium_at < ?12) OR"                                  \
	" (c.lacks_low_at > 0 AND c.lacks_low_at < ?13)))"

#define LIKE_TEXT " LIKE ?6 ESCAPE '!'"

#define FROM_MATCHING                                                                              \
	" FROM computer c"                                                                         \
	" WHERE (?1 IS NULL OR c.group_id = ?1) AND (?2 IS NULL OR c.state = ?2)"                  \
	" AND (?3 = 0 OR c.silent) AND (?4 = 0 OR c.conflict_at IS NOT NULL)"                      \
	" AND (?5 IS NULL OR c.group_id IN (SELECT g.id FROM computer_group g"                     \
	"  WHERE g.channel_id = ?5)) AND (?6 IS NULL OR c.name" LIKE_TEXT                          \
	"  OR c.address" LIKE_TEXT " OR c.os_id" LIKE_TEXT " OR c.os_codename" LIKE_TEXT           \
	"  OR c.os_version" LIKE_TEXT ") AND (?7 IS NULL OR (c.state = 'active'"                   \
	"  AND iif(c.silent, 7, c.standing) IN (?7, ?16))) AND (?8 IS NULL OR c.os_id = ?8"        \
	"  OR c.os_codename = ?8 OR c.os_id || ':' || c.os_codename = ?8)"                         \
	" AND (?9 = 0 OR (c.state = 'active' AND (" LATE_HEARD " OR " LATE_UNHEARD ")))"           \
	" AND (?15 = 0 OR c.missing > 0)"                                                          \
	" ORDER BY c.id"

#define KEY "CASE ?14 WHEN 1 THEN c.seen_at WHEN 2 THEN c.missing WHEN 3 THEN c.group_id ELSE 0 END"

/* Rows are read in the order they lie in; what is shown of some of them is read afterwards. */
static SlQuery *
query_matches(SlDb *db, const SlLookup *lookup)
{
	if (!lookup)
		return sl_query_new(db, "SELECT c.id, " KEY FROM_MATCHING);
	if (sl_lookup_slot(lookup) >= 0)
		return sl_query_new(db, "SELECT c.id, " KEY ", c.silent, c.states" FROM_MATCHING);
	return sl_query_new(db, "SELECT c.id, " KEY ", c.silent, c.inventory_id, c.os_id,"
				" c.os_codename" FROM_MATCHING);
}

static bool
bind_places(SlQuery *query, SlDb *db, const SlComputerFilter *filter, GError **error)
{
	int64_t group_id = filter->group ? sl_group_find(db, filter->group, error) : 0;
	g_autoptr(SlChannel) channel = NULL;

	if (filter->group && !group_id)
		return false;
	if (group_id)
		sl_query_bind_int(query, 1, group_id);
	if (!filter->channel)
		return true;
	channel = sl_channel_get(db, filter->channel, error);
	if (channel)
		sl_query_bind_int(query, 5, channel->id);
	return channel != NULL;
}

static bool
bind_state(SlQuery *query, const SlComputerFilter *filter, GError **error)
{
	static const char *const states[] = {"active", "pending",  "left",
					     "silent", "conflict", NULL};
	bool silent = g_strcmp0(filter->state, "silent") == 0;
	bool conflict = g_strcmp0(filter->state, "conflict") == 0;
	const char *state = silent || filter->update ? "active" : filter->state;

	if (filter->state && !g_strv_contains(states, filter->state))
		return sl_error_set(error, SL_ERROR_INVALID,
				    "no state '%s': there are active, pending, left, silent and "
				    "conflict",
				    filter->state);
	sl_query_bind_text(query, 2, conflict ? NULL : state);
	sl_query_bind_int(query, 3, silent);
	sl_query_bind_int(query, 4, conflict);
	return true;
}

static bool
bind_coverage(SlQuery *query, const SlComputerFilter *filter, GError **error)
{
	if (g_strcmp0(filter->coverage, "lacking") == 0) {
		sl_query_bind_int(query, 7, SL_STATUS_NEEDED);
		sl_query_bind_int(query, 16, SL_STATUS_FAILED);
		return true;
	}
	for (int i = 0; filter->coverage && i < SL_STANDINGS; i++)
		if (strcmp(sl_status_standing(sl_standings[i]), filter->coverage) == 0) {
			sl_query_bind_int(query, 7, sl_standings[i]);
			return true;
		}
	return !filter->coverage ||
	       sl_error_set(error, SL_ERROR_INVALID,
			    "no coverage '%s': there are covered, missing, pending-reboot, failed, "
			    "unknown and silent, and lacking for missing or failed",
			    filter->coverage);
}

static bool
bind_overdue(SlQuery *query, SlDb *db, const SlComputerFilter *filter, GError **error)
{
	int64_t before_at[SL_RATINGS];
	bool any = g_strcmp0(filter->overdue, "any") == 0, known = any;

	sl_query_bind_int(query, 9, filter->overdue != NULL);
	if (!filter->overdue)
		return true;
	if (!sl_overdue_limits(db, filter->now_at, before_at, error))
		return false;
	for (int i = 0; i < SL_RATINGS; i++) {
		bool asked = any || strcmp(sl_standing_rating(i), filter->overdue) == 0;

		known |= asked;
		sl_query_bind_int(query, 10 + i, asked ? before_at[i] : 0);
	}
	return known || sl_error_set(error, SL_ERROR_INVALID,
				     "overdue '%s': there is any, critical, high, medium and low",
				     filter->overdue);
}

/* What is sorted by; the numbers are in KEY. */
typedef enum {
	BY_NAME = 0,
	BY_SEEN = 1,
	BY_MISSING = 2,
	BY_GROUP = 3,
} Key;

/* Each of sl_computer_sorts is followed by its other way round. */
static bool
read_sort(const SlComputerFilter *filter, Key *ret_key, bool *ret_descending, GError **error)
{
	const char *sort = filter->sort ? filter->sort : sl_computer_sorts[0];

	for (int i = 0; sl_computer_sorts[i]; i++)
		if (strcmp(sl_computer_sorts[i], sort) == 0) {
			*ret_key = (Key)(i / 2);
			*ret_descending = i % 2 == 1;
			return true;
		}
	return sl_error_set(error, SL_ERROR_INVALID, "no sort '%s'", sort);
}

static bool
bind_filter(SlQuery *query, SlDb *db, const SlComputerFilter *filter, Key key, GError **error)
{
	g_autofree char *pattern = sl_text_like(filter->text);

	sl_query_bind_text(query, 6, pattern);
	sl_query_bind_text(query, 8, filter->os);
	sl_query_bind_int(query, 14, key);
	sl_query_bind_int(query, 15, filter->lacking);
	return bind_places(query, db, filter, error) && bind_state(query, filter, error) &&
	       bind_coverage(query, filter, error) && bind_overdue(query, db, filter, error);
}

/* What a computer last said of the update asked for. */
static SlStatus
said_status(SlQuery *query, SlLookup *lookup)
{
	const void *states;
	size_t size;

	if (sl_lookup_slot(lookup) < 0)
		return sl_lookup_derive(lookup, sl_query_int(query, 3), sl_query_text(query, 4),
					sl_query_text(query, 5));
	states = sl_query_blob(query, 3, &size);
	return sl_states_get(states, size, sl_lookup_slot(lookup));
}

/* Whether a row belongs to those asked for by status. */
static bool
has_status(SlQuery *query, SlLookup *lookup, const char *wanted, SlStatus *ret_status)
{
	SlStatus said = said_status(query, lookup);
	bool silent = sl_query_int(query, 2) != 0, lacking = g_strcmp0(wanted, "missing") == 0;

	*ret_status = silent && !lacking ? SL_STATUS_SILENT : said;
	if (lacking)
		return sl_status_is_missing(said);
	return !wanted || strcmp(sl_status_name(*ret_status), wanted) == 0;
}

/* All that match, by id; (element-type SlRanked), owned. */
static GArray *
find_matches(SlDb *db, const SlComputerFilter *filter, Key key, SlLookup *lookup, GError **error)
{
	g_autoptr(SlQuery) query = query_matches(db, lookup);
	g_autoptr(GArray) matches = g_array_new(FALSE, FALSE, sizeof(SlRanked));
	SlStep step;

	if (!bind_filter(query, db, filter, key, error))
		return NULL;
	while ((step = sl_query_step(query, error)) == SL_ROW) {
		SlRanked match = {.id = sl_query_int(query, 0), .key = sl_query_int(query, 1)};
		SlStatus status = SL_STATUS_UNKNOWN;

		if (lookup && !has_status(query, lookup, filter->status, &status))
			continue;
		match.more = status; /* for the update asked for */
		g_array_append_val(matches, match);
	}
	return step == SL_DONE ? g_steal_pointer(&matches) : NULL;
}

/* Groups are sorted by their names: the key becomes the place of the name. */
static bool
rank_groups(SlDb *db, GArray *matches, GError **error)
{
	g_autoptr(SlQuery) query = sl_query_new(db, "SELECT id FROM computer_group ORDER BY name");
	g_autoptr(GHashTable) ranks = g_hash_table_new(NULL, NULL);
	SlStep step;

	while ((step = sl_query_step(query, error)) == SL_ROW)
		g_hash_table_insert(ranks, GSIZE_TO_POINTER((gsize)sl_query_int(query, 0)),
				    GUINT_TO_POINTER(g_hash_table_size(ranks)));
	for (guint i = 0; i < matches->len; i++) {
		SlRanked *match = &g_array_index(matches, SlRanked, i);

		match->key = GPOINTER_TO_UINT(
			g_hash_table_lookup(ranks, GSIZE_TO_POINTER((gsize)match->key)));
	}
	return step == SL_DONE;
}

/* The matches in the order asked for, at least on the page asked for. */
static GArray *
sort(SlDb *db, const SlComputerFilter *filter, Key key, bool descending, GArray *matches,
     GError **error)
{
	static const SlRankedNames names = {"SELECT id FROM computer ORDER BY name, id",
					    "SELECT name FROM computer WHERE id = ?1"};
	static const char backwards[] = "SELECT id FROM computer ORDER BY name DESC, id DESC";
	SlRankedPage page = {filter->offset, filter->limit};

	if (key == BY_NAME)
		return sl_ranking_by_name(db, matches, descending ? backwards : names.ids, page,
					  error);
	if (key == BY_GROUP && !rank_groups(db, matches, error))
		return NULL;
	return sl_ranking_sort(db, matches, &names, descending, page, error) ? g_array_ref(matches)
									     : NULL;
}

/* What it said of the update asked for, where that is how it stands. */
static bool
read_message(SlDb *db, int64_t update_id, SlComputer *computer, GError **error)
{
	g_autoptr(SlQuery) query =
		sl_query_new(db, "SELECT message FROM report WHERE computer_id = ?1"
				 " AND update_id = ?2 AND status = ?3");
	SlStep step;

	sl_query_bind_int(query, 1, computer->id);
	sl_query_bind_int(query, 2, update_id);
	sl_query_bind_int(query, 3, computer->status);
	step = sl_query_step(query, error);
	if (step == SL_ROW)
		computer->message = g_strdup(sl_query_text(query, 0));
	return step != SL_FAILED;
}

/* Adds one to a page; also true when it is gone meanwhile. */
static bool
add_to_page(GPtrArray *page, SlComputerReader *reader, const SlRanked *match, GError **error)
{
	GError *problem = NULL;
	SlComputer *computer = sl_computer_reader_get(reader, match->id, &problem);

	if (computer) {
		computer->status = (SlStatus)match->more;
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

static GPtrArray *
read_page(SlDb *db, const SlComputerFilter *filter, int64_t update_id, const GArray *ordered,
	  GError **error)
{
	g_autoptr(GPtrArray) page =
		g_ptr_array_new_with_free_func((GDestroyNotify)sl_computer_free);
	g_autoptr(SlComputerReader) reader = sl_computer_reader_new(db, filter->now_at, error);
	int64_t end = filter->limit ? filter->offset + filter->limit : INT64_MAX;

	for (int64_t i = filter->offset; reader && i < MIN(end, (int64_t)ordered->len); i++)
		if (!add_to_page(page, reader, &g_array_index(ordered, SlRanked, i), error))
			return NULL;
	for (guint i = 0; update_id != 0 && i < page->len; i++)
		if (!read_message(db, update_id, page->pdata[i], error))
			return NULL;
	return reader ? g_steal_pointer(&page) : NULL;
}

/* The id of the update asked for, or 0. */
static int64_t
find_update(SlDb *db, const SlComputerFilter *filter, GError **error)
{
	SlStatus status;

	if (filter->status && strcmp(filter->status, "missing") != 0 &&
	    !sl_status_read(filter->status, &status, error))
		return 0;
	return sl_naming_find(db, filter->update, SL_NAMING_NEWEST, 0, error);
}

GPtrArray *
sl_computer_list(SlDb *db, const SlComputerFilter *filter, int64_t *ret_total, GError **error)
{
	int64_t update_id = filter->update ? find_update(db, filter, error) : 0;
	g_autoptr(SlLookup) lookup = update_id ? sl_lookup_new(db, update_id, error) : NULL;
	g_autoptr(GArray) matches = NULL;
	g_autoptr(GArray) ordered = NULL;
	GPtrArray *page;
	bool descending = false;
	Key key = BY_NAME;

	if (filter->update && !lookup)
		return NULL;
	if (filter->status && !filter->update) {
		sl_error_set(error, SL_ERROR_INVALID, "a status is one for an update: name it");
		return NULL;
	}
	if (!read_sort(filter, &key, &descending, error) ||
	    !(matches = find_matches(db, filter, key, lookup, error)))
		return NULL;
	ordered = sort(db, filter, key, descending, matches, error);
	page = ordered ? read_page(db, filter, update_id, ordered, error) : NULL;
	if (page && ret_total)
		*ret_total = matches->len;
	return page;
}
