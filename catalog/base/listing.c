#include "catalog/base/listing.h"

#include <string.h>

#include "catalog/base/text.h"

bool
sl_listing_refuse(const char *sort, const char *words, GError **error)
{
	g_autofree char *shown = sl_text_escape(sort);

	return sl_error_set(error, SL_ERROR_INVALID,
			    "sort '%s': there is %s, with - in front the other way round", shown,
			    words);
}

static bool
refuse(const SlListing *listing, const char *sort, GError **error)
{
	g_autoptr(GString) words = g_string_new(NULL);

	for (int i = 0; listing->sorts[i].word; i++)
		g_string_append_printf(words, "%s%s", i ? ", " : "", listing->sorts[i].word);
	return sl_listing_refuse(sort, words->str, error);
}

static bool
add_order(GString *sql, const SlListing *listing, const char *sort, GError **error)
{
	bool backwards = sort && *sort == '-';

	for (int i = 0; sort && listing->sorts[i].word; i++)
		if (strcmp(listing->sorts[i].word, sort + backwards) == 0) {
			g_string_append_printf(sql, " ORDER BY %s%s, %s", listing->sorts[i].sql,
					       backwards ? " DESC" : "", listing->order);
			return true;
		}
	if (sort)
		return refuse(listing, sort, error);
	g_string_append_printf(sql, " ORDER BY %s", listing->order);
	return true;
}

static bool
count(SlDb *db, const SlListing *listing, gconstpointer filter, int64_t *ret_total, GError **error)
{
	g_autoptr(GString) sql = g_string_new("SELECT count(*) FROM (");
	g_autoptr(SlQuery) query = NULL;

	g_string_append_printf(sql, "%s)", listing->query);
	query = sl_query_new(db, sql->str);
	listing->bind(query, filter);
	if (sl_query_step(query, error) != SL_ROW)
		return false;
	*ret_total = sl_query_int(query, 0);
	return true;
}

GPtrArray *
sl_listing_read(SlDb *db, const SlListing *listing, gconstpointer filter, const SlListingPage *page,
		int64_t *ret_total, GError **error)
{
	g_autoptr(GPtrArray) items = g_ptr_array_new_with_free_func(listing->free);
	g_autoptr(GString) sql = g_string_new(listing->query);
	g_autoptr(SlQuery) query = NULL;
	SlStep step;

	if (!add_order(sql, listing, page->sort, error))
		return NULL;
	g_string_append(sql, " LIMIT ?98 OFFSET ?99"); /* a query has few parameters of its own */
	query = sl_query_new(db, sql->str);
	listing->bind(query, filter);
	sl_query_bind_int(query, 98, page->limit > 0 ? page->limit : -1);
	sl_query_bind_int(query, 99, page->offset);
	while ((step = sl_query_step(query, error)) == SL_ROW)
		g_ptr_array_add(items, listing->read(query));
	if (step != SL_DONE || (ret_total && !count(db, listing, filter, ret_total, error)))
		return NULL;
	return g_steal_pointer(&items);
}

typedef struct {
	const SlListingKey *key;
	bool backwards;
} Order;

static int64_t
number_of(const SlListingKey *key, gconstpointer item)
{
	return key->number ? key->number(item)
			   : *(const int64_t *)(gconstpointer)((const char *)item + key->at);
}

static int
compare(gconstpointer a, gconstpointer b, gpointer data)
{
	gconstpointer left = *(const gconstpointer *)a, right = *(const gconstpointer *)b;
	const Order *order = data;
	const SlListingKey *key = order->key;
	int result;

	if (key->text) {
		result = g_strcmp0(key->text(left), key->text(right));
	} else {
		int64_t x = number_of(key, left), y = number_of(key, right);

		result = (x > y) - (x < y);
	}
	return order->backwards ? -result : result;
}

static bool
sort_items(GPtrArray *items, const SlListingKey *keys, const char *sort, GError **error)
{
	g_autoptr(GString) words = g_string_new(NULL);
	bool backwards = *sort == '-';

	for (int i = 0; keys[i].word; i++) {
		Order order = {&keys[i], backwards};

		if (strcmp(keys[i].word, sort + backwards) == 0) {
			g_ptr_array_sort_with_data(items, compare, &order);
			return true;
		}
		g_string_append_printf(words, "%s%s", i ? ", " : "", keys[i].word);
	}
	return sl_listing_refuse(sort, words->str, error);
}

bool
sl_listing_cut(GPtrArray *items, const SlListingKey *keys, const SlListingPage *page,
	       int64_t *ret_total, GError **error)
{
	guint first = (guint)MIN(page->offset, (int64_t)items->len);

	if (page->sort && !sort_items(items, keys, page->sort, error))
		return false;
	if (ret_total)
		*ret_total = items->len;
	if (first > 0)
		g_ptr_array_remove_range(items, 0, first);
	if (page->limit > 0 && page->limit < (int64_t)items->len)
		g_ptr_array_set_size(items, (int)page->limit);
	return true;
}

void
sl_listing_keep(GPtrArray *items, bool (*fits)(gconstpointer item, gconstpointer filter),
		gconstpointer filter)
{
	guint kept = 0;

	for (guint i = 0; i < items->len; i++)
		if (fits(items->pdata[i], filter)) {
			gpointer one = items->pdata[kept];

			items->pdata[kept++] = items->pdata[i];
			items->pdata[i] = one;
		}
	g_ptr_array_set_size(items, (int)kept);
}
