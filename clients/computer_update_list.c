#include "clients/computer_update_list.h"

#include <stddef.h>
#include <string.h>

#include "catalog/rating.h"

/* "UPSTREAM/NAME=VERSION": people look for its NAME. */
static const char *
by_update(gconstpointer item)
{
	return strchr(((const SlComputerUpdate *)item)->update, '/') + 1;
}

static int64_t
by_status(gconstpointer item)
{
	static const SlStatus order[] = {SL_STATUS_FAILED,     SL_STATUS_PENDING_REBOOT,
					 SL_STATUS_DOWNLOADED, SL_STATUS_NEEDED,
					 SL_STATUS_UNKNOWN,    SL_STATUS_INSTALLED};
	int64_t i = 0;

	while (i < (int64_t)G_N_ELEMENTS(order) &&
	       order[i] != ((const SlComputerUpdate *)item)->status)
		i++;
	return i;
}

static int64_t
by_rating(gconstpointer item)
{
	return sl_rating_rank(((const SlComputerUpdate *)item)->rating);
}

/* What has no deadline stands behind what has. */
static int64_t
by_deadline(gconstpointer item)
{
	int64_t deadline_at = ((const SlComputerUpdate *)item)->deadline_at;

	return deadline_at ? deadline_at : INT64_MAX;
}

static const SlListingKey keys[] = {
	{"update", .text = by_update},
	{"status", .number = by_status},
	{"rating", .number = by_rating},
	{"deadline_at", .number = by_deadline},
	{"reported_at", .at = offsetof(SlComputerUpdate, reported_at)},
	{NULL},
};

/* A filter with its words read. */
typedef struct {
	const SlComputerUpdateFilter *filter;
	bool missing;	    /* whatever is missing ... */
	SlStatus status;    /* ... or else, where the filter has one, of this status */
	const char *folded; /* text; NULL: any */
} Wanted;

static bool
has_status(const SlComputerUpdate *one, const Wanted *wanted)
{
	if (wanted->missing)
		return sl_status_is_missing(one->status);
	return !wanted->filter->status || one->status == wanted->status;
}

static bool
fits(gconstpointer item, gconstpointer data)
{
	const SlComputerUpdate *one = item;
	const Wanted *wanted = data;
	const char *rating = wanted->filter->rating;
	g_autofree char *name = wanted->folded ? g_utf8_casefold(by_update(one), -1) : NULL;

	return has_status(one, wanted) &&
	       (!rating || strcmp(one->rating ? one->rating : "none", rating) == 0) &&
	       (!name || strstr(name, wanted->folded));
}

GPtrArray *
sl_computer_update_list(SlDb *db, int64_t computer_id, const SlComputerUpdateFilter *filter,
			int64_t *ret_total, GError **error)
{
	g_autofree char *folded = filter->text ? g_utf8_casefold(filter->text, -1) : NULL;
	Wanted wanted = {filter, g_strcmp0(filter->status, "missing") == 0, 0, folded};
	g_autoptr(GPtrArray) list = NULL;

	if (filter->status && !wanted.missing &&
	    !sl_status_read(filter->status, &wanted.status, error))
		return NULL;
	list = sl_computer_updates(db, computer_id, error);
	if (!list)
		return NULL;
	sl_listing_keep(list, fits, &wanted);
	return sl_listing_cut(list, keys, &filter->page, ret_total, error) ? g_steal_pointer(&list)
									   : NULL;
}
