/* ranking.h - many rows by a number and, where that is equal, by name: as far as a page shows them
 *
 * A database that sorts compares whole rows with each other, and does it with all of them. Here the
 * numbers of all are sorted, and only those that are equal to some of the page are put in order of
 * their names, which an index of the table has.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "catalog/base/db.h"

typedef struct {
	int64_t id;
	int64_t key; /* what is sorted by */
	int more;    /* the caller's */
} SlRanked;

/* Where their names are; constant SQL. */
typedef struct {
	const char *ids; /* of all there are, in order of their names and then of the ids */
	const char *one; /* the name of id ?1 */
} SlRankedNames;

/* A page of them: limit 0 is all. */
typedef struct {
	int64_t offset, limit;
} SlRankedPage;

/**
 * Puts rows in order, at least those of a page.
 *
 * @param rows   (element-type SlRanked) by id, upwards; what stands outside of the page is then of
 *               no use
 * @param names  NULL: what is equal stays in the order that it had
 */
bool sl_ranking_sort(SlDb *db, GArray *rows, const SlRankedNames *names, bool descending,
		     SlRankedPage page, GError **error);

/**
 * The first ones by name, as many as a page and all before it take; (element-type SlRanked), owned.
 *
 * @param rows  as above
 * @param ids   constant SQL: those of all there are in the order asked for
 */
GArray *sl_ranking_by_name(SlDb *db, const GArray *rows, const char *ids, SlRankedPage page,
			   GError **error);
