#include "catalog/update_list.h"

#include <string.h>

#include "catalog/base/listing.h"
#include "catalog/base/ranking.h"
#include "catalog/base/text.h"
#include "catalog/update_private.h"

const char *const sl_update_sorts[] = {"name",	"released_at", "size",	  "rating",
				       "state", "needed",      "urgency", NULL};
const char *const sl_update_states[] = {"known",    "certification", "production", "declined",
					"recalled", "withdrawn",     "superseded", NULL};

#define RATING	      "(SELECT m.position FROM rating m WHERE m.name = coalesce(u.rating, 'none'))"
#define NEEDED_MAX    (INT64_C(1) << 23)
#define NEEDED_WEIGHT (INT64_C(1) << 39) /* more than the rest of an urgency can be */

static const char needed[] = "0"; /* the caller counted */
/* of what needs equally many: the more urgent rating first, then the newer */
static const char urgency[] = RATING " * 68719476736 - u.released_at";

/* The number that each word of sl_update_sorts sorts by; NULL: the name, which is none. */
static const char *const keys[] = {
	NULL,
	"u.released_at",
	"u.size",
	RATING,
	SL_UPDATE_BY_STATE("4", "1", "2", "5", "7", "6", "3"), /* by the word */
	needed,
	urgency,
};

/* Cross joins are made in their order: few packages are called so. */
#define THAT_HAVE_PACKAGE(condition)                                                               \
	" (SELECT r.update_id FROM package p CROSS JOIN revision_package rp CROSS JOIN revision r" \
	"  WHERE " condition " AND rp.package_id = p.id AND r.id = rp.revision_id)"

/* What a person most likely means by a text: the name itself, its beginning, a part of it. */
#define LIKENESS                                                                                   \
	"CASE WHEN u.name = ?12 COLLATE NOCASE THEN 0"                                             \
	" WHEN substr(u.name, 1, length(?12)) = ?12 COLLATE NOCASE THEN 1"                         \
	" WHEN u.name LIKE ?6 ESCAPE '!' THEN 2 ELSE 3 END"

/* Adds the conditions that the filter has; what it does not ask for costs nothing. */
static void
add_conditions(GString *sql, const SlUpdateFilter *filter)
{
	const struct {
		bool wanted;
		const char *sql;
	} conditions[] = {
		{filter->upstream,
		 " AND u.upstream_id = (SELECT s.id FROM upstream s WHERE s.name = ?1)"},
		{filter->state, " AND " SL_UPDATE_STATE " = ?2"},
		{filter->channel,
		 " AND u.id IN (SELECT a.update_id FROM approval a JOIN channel c"
		 "  ON c.id = a.channel_id WHERE a.state = 'approved' AND c.name = ?3)"},
		{filter->rating, " AND coalesce(u.rating, 'none') = ?4"},
		{filter->section, " AND u.section = ?5"},
		{filter->text, " AND (u.name LIKE ?6 ESCAPE '!' OR u.version LIKE ?6 ESCAPE '!'"
			       "  OR u.summary LIKE ?6 ESCAPE '!' OR u.id IN" THAT_HAVE_PACKAGE(
				       "p.name LIKE ?6 ESCAPE '!'") ")"},
		{filter->cve, " AND u.id IN (SELECT x.update_id FROM advisory_cve c"
			      "  JOIN update_advisory x ON x.advisory_id = c.advisory_id"
			      "  WHERE c.cve = ?7)"},
		{filter->name, " AND u.name = ?8"},
		{filter->package, " AND u.id IN" THAT_HAVE_PACKAGE("p.name = ?9")},
		{filter->from_at, " AND u.released_at >= ?10"},
		{filter->until_at, " AND u.released_at < ?11"},
		{filter->newest, " AND u.newest = 1"},
		{filter->undecided, " AND u.newest = 1 AND u.withdrawn_at IS NULL"
				    " AND u.declined_at IS NULL AND a1.state IS NULL"
				    " AND a2.state IS NULL"},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(conditions); i++)
		if (conditions[i].wanted)
			g_string_append(sql, conditions[i].sql);
}

static const SlRankedNames names = {"SELECT id FROM updates ORDER BY name, id",
				    "SELECT name FROM updates WHERE id = ?1"};
static const char from_the_end[] = "SELECT id FROM updates ORDER BY name DESC, id";

/* How rows come, and what they are sorted by here. */
typedef struct {
	const char *sql;
	const char *ids; /* of all there are, by name: that is it; NULL: it is not */
	const char *key; /* a number of theirs; NULL: nothing, they come in order */
	bool by_name;	 /* those of an equal number */
	bool backwards;
} Order;

static const Order by_release = {.sql = " ORDER BY u.released_at DESC, u.id DESC"};
/* those most like a text first, then the newest */
static const Order by_likeness = {.sql = " ORDER BY u.id DESC",
				  .key = LIKENESS " * 1099511627776 - u.released_at"};

static bool
read_order(const SlUpdateFilter *filter, Order *order, GError **error)
{
	const char *word = filter->sort;
	bool backwards = word && *word == '-';
	g_autofree char *words = NULL;

	if (!word) {
		*order = filter->text ? by_likeness : by_release;
		return true;
	}
	for (size_t i = 0; i < G_N_ELEMENTS(keys); i++)
		if (strcmp(sl_update_sorts[i], word + backwards) == 0) {
			*order = (Order){" ORDER BY u.id", NULL, keys[i], true, backwards};
			if (!keys[i])
				order->ids = backwards ? from_the_end : names.ids;
			return true;
		}
	words = g_strjoinv(", ", (char **)sl_update_sorts);
	return sl_listing_refuse(word, words, error);
}

/* Of the conditions: only parameters that stand in the query can be bound. */
static void
bind_filter(SlQuery *query, const SlUpdateFilter *filter)
{
	g_autofree char *pattern = sl_text_like(filter->text);
	const char *const texts[] = {filter->upstream, filter->state,	filter->channel,
				     filter->rating,   filter->section, pattern,
				     filter->cve,      filter->name,	filter->package};

	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
		if (texts[i])
			sl_query_bind_text(query, (int)i + 1, texts[i]);
	if (filter->from_at)
		sl_query_bind_int(query, 10, filter->from_at);
	if (filter->until_at)
		sl_query_bind_int(query, 11, filter->until_at);
}

/* How many need an update; -1: nobody counted. */
static int64_t
needed_of(const SlUpdateFilter *filter, int64_t id)
{
	for (size_t i = 0; i < G_N_ELEMENTS(filter->needed); i++) {
		const int64_t *n =
			filter->needed[i] ? g_hash_table_lookup(filter->needed[i], &id) : NULL;

		if (n)
			return *n;
	}
	return -1;
}

/* What it is sorted by, where that is not the database's number alone. What nobody counted stands
 * behind, whichever way; of urgency, what most computers need comes first. */
static int64_t
key_of(const SlUpdateFilter *filter, const Order *order, int64_t id, int64_t key)
{
	int64_t n = order->key == needed || order->key == urgency ? needed_of(filter, id) : 0;

	if (order->key == needed)
		return n < 0 && !order->backwards ? INT64_MAX : n;
	return order->key == urgency ? key - CLAMP(n, 0, NEEDED_MAX) * NEEDED_WEIGHT : key;
}

/* All that match, with their keys. */
static GArray *
find(SlDb *db, const SlUpdateFilter *filter, const Order *order, GError **error)
{
	g_autoptr(GString) sql = g_string_new("SELECT u.id, ");
	g_autoptr(GArray) matches = g_array_new(FALSE, FALSE, sizeof(SlRanked));
	g_autoptr(SlQuery) query = NULL;
	SlStep step;

	g_string_append_printf(sql, "%s FROM " SL_UPDATE_TABLES " WHERE 1",
			       order->key ? order->key : "0");
	add_conditions(sql, filter);
	g_string_append(sql, order->sql);
	query = sl_query_new(db, sql->str);
	bind_filter(query, filter);
	if (filter->text && !filter->sort)
		sl_query_bind_text(query, 12, filter->text);
	while ((step = sl_query_step(query, error)) == SL_ROW) {
		SlRanked match = {.id = sl_query_int(query, 0)};

		match.key = key_of(filter, order, match.id, sl_query_int(query, 1));
		if (!filter->among || g_hash_table_contains(filter->among, &match.id))
			g_array_append_val(matches, match);
	}
	return step == SL_DONE ? g_steal_pointer(&matches) : NULL;
}

static GPtrArray *
read_page(SlDb *db, const GArray *matches, const SlUpdateFilter *filter, GError **error)
{
	int64_t first = MIN(filter->offset, (int64_t)matches->len);
	int64_t rest = (int64_t)matches->len - first;
	size_t count = (size_t)(filter->limit > 0 ? MIN(filter->limit, rest) : rest);
	g_autofree int64_t *ids = g_new(int64_t, count);

	for (size_t i = 0; i < count; i++)
		ids[i] = g_array_index(matches, SlRanked, (size_t)first + i).id;
	return sl_update_get_all(db, ids, count, error);
}

/* In order, at least on the page asked for. */
static GArray *
sort(SlDb *db, const SlUpdateFilter *filter, const Order *order, GArray *matches, GError **error)
{
	SlRankedPage page = {filter->offset, filter->limit};

	if (order->ids)
		return sl_ranking_by_name(db, matches, order->ids, page, error);
	if (order->key && !sl_ranking_sort(db, matches, order->by_name ? &names : NULL,
					   order->backwards, page, error))
		return NULL;
	return g_array_ref(matches);
}

GPtrArray *
sl_update_list(SlDb *db, const SlUpdateFilter *filter, int64_t *ret_total, GError **error)
{
	g_autoptr(GArray) matches = NULL;
	g_autoptr(GArray) ordered = NULL;
	GPtrArray *page;
	Order order = {0};

	if (!read_order(filter, &order, error) || !(matches = find(db, filter, &order, error)) ||
	    !(ordered = sort(db, filter, &order, matches, error)))
		return NULL;
	page = read_page(db, ordered, filter, error);
	if (page && ret_total)
		*ret_total = matches->len;
	return page;
}

/* One number of a query that is bound. */
static bool
add_count(SlQuery *query, int64_t *n, GError **error)
{
	if (sl_query_step(query, error) != SL_ROW)
		return false;
	*n += sl_query_int(query, 0);
	sl_query_reset(query);
	return true;
}

bool
sl_update_count(SlDb *db, const SlUpdateFilter *filter, int64_t *ret_n, GError **error)
{
	g_autoptr(GString) sql = g_string_new("SELECT count(*) FROM " SL_UPDATE_TABLES " WHERE ");
	g_autoptr(SlQuery) query = NULL;
	GHashTableIter iter;
	gpointer id;

	g_string_append(sql, filter->among ? "u.id = ?13" : "1");
	add_conditions(sql, filter);
	query = sl_query_new(db, sql->str);
	*ret_n = 0;
	if (!filter->among) {
		bind_filter(query, filter);
		return add_count(query, ret_n, error);
	}
	g_hash_table_iter_init(&iter, filter->among);
	while (g_hash_table_iter_next(&iter, &id, NULL)) {
		bind_filter(query, filter);
		sl_query_bind_int(query, 13, *(const int64_t *)id);
		if (!add_count(query, ret_n, error))
			return false;
	}
	return true;
}

int64_t *
sl_update_count_states(SlDb *db, GError **error)
{
	g_autoptr(SlQuery) query = sl_query_new(
		db, "SELECT " SL_UPDATE_STATE ", count(*) FROM " SL_UPDATE_TABLES " GROUP BY 1");
	g_autofree int64_t *counts = g_new0(int64_t, G_N_ELEMENTS(sl_update_states));
	SlStep step;

	while ((step = sl_query_step(query, error)) == SL_ROW)
		for (int i = 0; sl_update_states[i]; i++)
			if (strcmp(sl_update_states[i], sl_query_text(query, 0)) == 0)
				counts[i] = sl_query_int(query, 1);
	return step == SL_DONE ? g_steal_pointer(&counts) : NULL;
}
