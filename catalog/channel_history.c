#include "catalog/channel_history.h"

#include <inttypes.h>

#include "catalog/base/text.h"

void
sl_channel_change_free(SlChannelChange *change)
{
	if (!change)
		return;
	g_free(change->person);
	g_free(change->cause);
	g_ptr_array_unref(change->added);
	g_ptr_array_unref(change->removed);
	g_free(change);
}

void
sl_channel_item_free(SlChannelItem *item)
{
	if (!item)
		return;
	g_free(item->suite);
	g_free(item->update);
	g_free(item->name);
	g_free(item->version);
	g_free(item);
}

static gpointer
read_change(SlQuery *query)
{
	SlChannelChange *change = g_new0(SlChannelChange, 1);

	change->number = sl_query_int(query, 0);
	change->at = sl_query_int(query, 1);
	change->person = g_strdup(sl_query_text(query, 2));
	change->cause = g_strdup(sl_query_text(query, 3));
	change->added = g_ptr_array_new_with_free_func(g_free);
	change->removed = g_ptr_array_new_with_free_func(g_free);
	return change;
}

/* Adds an item to the publication of a number, if the page has it. */
static void
add_item(const GPtrArray *page, int64_t number, const char *name, bool removed)
{
	for (guint i = 0; i < page->len; i++) {
		const SlChannelChange *change = page->pdata[i];

		if (change->number == number)
			g_ptr_array_add(removed ? change->removed : change->added, g_strdup(name));
	}
}

/* What came and went with the publications of a page, in one walk over the channel's items. */
static bool
add_items(SlDb *db, int64_t channel_id, const GPtrArray *page, GError **error)
{
	static const char sql[] =
		"SELECT i.from_number, i.until_number, u.name || ' ' || u.version"
		" FROM publication_item i JOIN revision r ON r.id = i.revision_id"
		" JOIN updates u ON u.id = r.update_id WHERE i.channel_id = ?1"
		" AND (i.from_number BETWEEN ?2 AND ?3 OR i.until_number BETWEEN ?2 AND ?3)"
		" ORDER BY u.name, u.version";
	g_autoptr(SlQuery) query = sl_query_new(db, sql);
	SlStep step;

	if (page->len == 0)
		return true;
	sl_query_bind_int(query, 1, channel_id);
	sl_query_bind_int(query, 2, ((SlChannelChange *)page->pdata[page->len - 1])->number);
	sl_query_bind_int(query, 3, ((SlChannelChange *)page->pdata[0])->number);
	while ((step = sl_query_step(query, error)) == SL_ROW) {
		add_item(page, sl_query_int(query, 0), sl_query_text(query, 2), false);
		if (!sl_query_is_null(query, 1))
			add_item(page, sl_query_int(query, 1), sl_query_text(query, 2), true);
	}
	return step == SL_DONE;
}

static void
bind_channel(SlQuery *query, gconstpointer channel_id)
{
	sl_query_bind_int(query, 1, *(const int64_t *)channel_id);
}

GPtrArray *
sl_channel_history(SlDb *db, int64_t channel_id, int64_t limit, int64_t offset, int64_t *ret_total,
		   GError **error)
{
	static const SlListing publications = {
		.query = "SELECT number, at, person, cause FROM publication WHERE channel_id = ?1",
		.order = "number DESC",
		.bind = bind_channel,
		.read = read_change,
		.free = (GDestroyNotify)sl_channel_change_free,
	};
	const SlListingPage part = {.limit = limit, .offset = offset};
	g_autoptr(GPtrArray) page =
		sl_listing_read(db, &publications, &channel_id, &part, ret_total, error);

	return page && add_items(db, channel_id, page, error) ? g_steal_pointer(&page) : NULL;
}

static gpointer
read_item(SlQuery *query)
{
	SlChannelItem *item = g_new0(SlChannelItem, 1);

	item->suite = g_strdup(sl_query_text(query, 0));
	item->name = g_strdup(sl_query_text(query, 2));
	item->version = g_strdup(sl_query_text(query, 3));
	item->update =
		g_strdup_printf("%s/%s=%s", sl_query_text(query, 1), item->name, item->version);
	item->revision = sl_query_int(query, 4);
	item->since = sl_query_int(query, 5);
	item->since_at = sl_query_int(query, 6);
	return item;
}

/* The number that is meant; 0 where the newest one is and there is none. */
static bool
find_number(SlDb *db, int64_t channel_id, int64_t number, int64_t *ret_number, GError **error)
{
	g_autoptr(SlQuery) query =
		sl_query_new(db, "SELECT max(number) FROM publication WHERE channel_id = ?1"
				 " AND (?2 = 0 OR number = ?2)");

	sl_query_bind_int(query, 1, channel_id);
	sl_query_bind_int(query, 2, number);
	if (sl_query_step(query, error) != SL_ROW)
		return false;
	if (number != 0 && sl_query_is_null(query, 0))
		return sl_error_set(error, SL_ERROR_NOT_FOUND,
				    "the channel has no publication %" PRId64, number);
	*ret_number = sl_query_int(query, 0);
	return true;
}

static void
bind_content(SlQuery *query, gconstpointer data)
{
	const SlChannelItemFilter *filter = data;
	g_autofree char *pattern = sl_text_like(filter->text);

	sl_query_bind_int(query, 1, filter->channel_id);
	sl_query_bind_int(query, 2, filter->number);
	sl_query_bind_text(query, 3, pattern);
}

static const SlListing content = {
	.query = "SELECT s.publish_suite, s.name, u.name, u.version, r.number, i.from_number, p.at"
		 " FROM publication_item i JOIN publication p ON p.channel_id = i.channel_id"
		 "  AND p.number = i.from_number JOIN revision r ON r.id = i.revision_id"
		 " JOIN updates u ON u.id = r.update_id JOIN upstream s ON s.id = u.upstream_id"
		 " WHERE i.channel_id = ?1 AND i.from_number <= ?2"
		 " AND (i.until_number IS NULL OR i.until_number > ?2)"
		 " AND (?3 IS NULL OR u.name LIKE ?3 ESCAPE '!')",
	.sorts = {{"name", "u.name"},
		  {"version", "u.version"},
		  {"suite", "s.publish_suite"},
		  {"since", "i.from_number"}},
	.order = "s.publish_suite, u.name",
	.bind = bind_content,
	.read = read_item,
	.free = (GDestroyNotify)sl_channel_item_free,
};

GPtrArray *
sl_channel_items(SlDb *db, const SlChannelItemFilter *filter, int64_t *ret_total, GError **error)
{
	SlChannelItemFilter found = *filter;

	if (!find_number(db, filter->channel_id, filter->number, &found.number, error))
		return NULL;
	return sl_listing_read(db, &content, &found, &filter->page, ret_total, error);
}
