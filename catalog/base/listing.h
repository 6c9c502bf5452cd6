/* listing.h - lists: what fits a filter, in an order, a page at a time
 *
 * Most are what a query gives. Each of these is a constant beside the table it is about:
 *
 *	static const SlListing people = {
 *		.query = "SELECT p.id, p.name FROM person p WHERE (?1 IS NULL OR p.name = ?1)",
 *		.sorts = {{"name", "p.name"}, {"added_at", "p.added_at"}},
 *		.order = "p.name",
 *		...
 *
 * Others are worked out and in memory already: sl_listing_keep and sl_listing_cut make of them what
 * a query would.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "catalog/base/db.h"

#define SL_LISTING_SORTS 12 /* words, at most */

typedef struct {
	const char *query; /* with its conditions, without order and limit */
	/* the words of people and what of the query they sort by; ends with the first empty one */
	struct {
		const char *word, *sql;
	} sorts[SL_LISTING_SORTS + 1];
	const char *order; /* where nobody asks for another, and of what is equal by that */
	/** Gives the query's parameters what a filter says. */
	void (*bind)(SlQuery *query, gconstpointer filter);
	/** The item that the current row is. */
	gpointer (*read)(SlQuery *query);
	GDestroyNotify free;
} SlListing;

/* Which part of a list, in which order; all 0: the whole of it in its own. */
typedef struct {
	const char *sort; /* a word, with '-' in front for the other way round */
	int64_t limit;	  /* 0: all */
	int64_t offset;
} SlListingPage;

/**
 * One page; an array that frees its items, owned.
 *
 * @param ret_total  how many fit in all; may be NULL
 * @param error      SL_ERROR_INVALID for a word that it is not sorted by names those that it is
 */
GPtrArray *sl_listing_read(SlDb *db, const SlListing *listing, gconstpointer filter,
			   const SlListingPage *page, int64_t *ret_total, GError **error);

/* A word of people and what of an item in memory it sorts by: what number or text says or, where
 * both are NULL, the int64_t that stands in the item. */
typedef struct {
	const char *word;
	size_t at; /* its offset there */
	int64_t (*number)(gconstpointer item);
	const char *(*text)(gconstpointer item);
} SlListingKey;

/** Leaves of items those that fit a filter, in their order; the array frees the others. */
void sl_listing_keep(GPtrArray *items, bool (*fits)(gconstpointer item, gconstpointer filter),
		     gconstpointer filter);

/**
 * Leaves of items, which come in the order they have where nobody asks for another, one page.
 *
 * @param keys       ends with an empty one; what is equal stays in the items' order
 * @param ret_total  as sl_listing_read
 * @param error      as sl_listing_read; the items then are as they were
 */
bool sl_listing_cut(GPtrArray *items, const SlListingKey *keys, const SlListingPage *page,
		    int64_t *ret_total, GError **error);

/** Says of a word that nothing is sorted by which ones there are ("name, size"); false. */
bool sl_listing_refuse(const char *sort, const char *words, GError **error);
