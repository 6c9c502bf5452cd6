/* listing.h - lists that a query gives: what fits a filter, in an order, a page at a time
 *
 * Each list is a constant beside the table it is about:
 *
 *	static const SlListing people = {
 *		.query = "SELECT p.id, p.name FROM person p WHERE (?1 IS NULL OR p.name = ?1)",
 *		.sorts = {{"name", "p.name"}, {"added_at", "p.added_at"}},
 *		.order = "p.name",
 *		...
 */
#pragma once

#include <glib.h>
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
