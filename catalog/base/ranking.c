#include "catalog/base/ranking.h"

#include <stdlib.h>
#include <string.h>

#define FEW 2000 /* rows */

static int
compare_ids(const void *a, const void *b)
{
	const SlRanked *left = a, *right = b;

	return (left->id > right->id) - (left->id < right->id);
}

/* Walks through all names as far as it takes: cheaper than to sort what may be most of them. */
static GArray *
first_by_name(SlDb *db, const GArray *rows, const char *ids, guint most, GError **error)
{
	g_autoptr(SlQuery) query = sl_query_new(db, ids);
	g_autoptr(GArray) ordered = g_array_sized_new(FALSE, FALSE, sizeof(SlRanked), most);
	SlStep step = SL_DONE;

	while (ordered->len < most && (step = sl_query_step(query, error)) == SL_ROW) {
		SlRanked wanted = {.id = sl_query_int(query, 0)};
		const SlRanked *row =
			bsearch(&wanted, rows->data, rows->len, sizeof wanted, compare_ids);

		if (!row)
			continue;
		g_array_append_val(ordered, *row);
	}
	return step != SL_FAILED ? g_steal_pointer(&ordered) : NULL;
}

GArray *
sl_ranking_by_name(SlDb *db, const GArray *rows, const char *ids, SlRankedPage page, GError **error)
{
	guint most = page.limit > 0 ? (guint)MIN(rows->len, page.offset + page.limit) : rows->len;

	return first_by_name(db, rows, ids, most, error);
}

typedef struct {
	SlRanked row;
	char *name;
} Named;

static void
named_clear(gpointer data)
{
	g_free(((Named *)data)->name);
}

static int
compare_names(gconstpointer a, gconstpointer b)
{
	return strcmp(((const Named *)a)->name, ((const Named *)b)->name);
}

/* Asks for the name of each: of few of them that is less than to walk through all. */
static GArray *
few_by_name(SlDb *db, const GArray *rows, const char *one, GError **error)
{
	g_autoptr(SlQuery) query = sl_query_new(db, one);
	g_autoptr(GArray) named = g_array_new(FALSE, FALSE, sizeof(Named));
	g_autoptr(GArray) ordered = g_array_sized_new(FALSE, FALSE, sizeof(SlRanked), rows->len);

	g_array_set_clear_func(named, named_clear);
	for (guint i = 0; i < rows->len; i++) {
		Named it = {g_array_index(rows, SlRanked, i), NULL};
		SlStep step;

		sl_query_bind_int(query, 1, it.row.id);
		step = sl_query_step(query, error);
		if (step == SL_FAILED)
			return NULL;
		it.name = g_strdup(step == SL_ROW ? sl_query_text(query, 0) : "");
		sl_query_reset(query);
		g_array_append_val(named, it);
	}
	g_array_sort(named, compare_names);
	for (guint i = 0; i < named->len; i++)
		g_array_append_val(ordered, g_array_index(named, Named, i).row);
	return g_steal_pointer(&ordered);
}

static int
compare_keys(gconstpointer a, gconstpointer b, gpointer descending)
{
	const SlRanked *left = a, *right = b;
	int keys = (left->key > right->key) - (left->key < right->key);

	return *(const bool *)descending ? -keys : keys;
}

/* Puts equal rows, which are in order of their ids, in order of their names: so many at least. */
static bool
sort_equal(SlDb *db, SlRanked *rows, guint count, guint most, const SlRankedNames *names,
	   GError **error)
{
	g_autoptr(GArray) equal = g_array_sized_new(FALSE, FALSE, sizeof(SlRanked), count);
	g_autoptr(GArray) named = NULL;

	g_array_append_vals(equal, rows, count);
	named = count <= FEW ? few_by_name(db, equal, names->one, error)
			     : first_by_name(db, equal, names->ids, most, error);
	if (named)
		memcpy(rows, named->data, named->len * sizeof(SlRanked));
	return named != NULL;
}

bool
sl_ranking_sort(SlDb *db, GArray *rows, const SlRankedNames *names, bool descending,
		SlRankedPage page, GError **error)
{
	guint first = (guint)MIN(page.offset, (int64_t)rows->len);
	guint end = page.limit > 0 ? (guint)MIN(page.offset + page.limit, (int64_t)rows->len)
				   : rows->len;
	SlRanked *all = (SlRanked *)(void *)rows->data;
	guint next;

	g_array_sort_with_data(rows, compare_keys, &descending);
	while (first < end && first > 0 && all[first - 1].key == all[first].key)
		first--;
	for (guint i = first; names && i < end; i = next) {
		for (next = i + 1; next < rows->len && all[next].key == all[i].key;)
			next++;
		if (next - i > 1 &&
		    !sort_equal(db, &all[i], next - i, MIN(next, end) - i, names, error))
			return false;
	}
	return true;
}
