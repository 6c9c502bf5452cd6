/* rating.h - what this organisation decided about an update's urgency, and what that asks for */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "catalog/base/db.h"

/* What updates of one rating ask for; a row of the table rating. */
typedef struct {
	char *name;	 /* critical, high, medium, low; none: of those nobody rated */
	int64_t allow_s; /* computers must have them so long after the first approval; -1:
			    any time */
	int64_t soak_s;	 /* so long certification has them before they are ready for production */
} SlRating;

/** The names of all, the most urgent first; NULL ends. */
extern const char *const sl_rating_names[];

/** The place of a name among them, from 0; NULL, as of what is not rated, is the last's. */
int64_t sl_rating_rank(const char *name);

void sl_rating_free(SlRating *rating);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SlRating, sl_rating_free)

/** All, the most urgent first; (element-type SlRating), owned. */
GPtrArray *sl_rating_list(SlDb *db, GError **error);

/** SL_ERROR_INVALID names the ratings there are. @param name  NULL means none */
SlRating *sl_rating_get(SlDb *db, const char *name, GError **error);

/**
 * Has a rating ask for other times from now on, within the caller's transaction, with an audit row
 * where that changes something. Deadlines of what is approved already follow.
 *
 * @param rating  allow_s up to SL_RATING_ALLOW_MAX, soak_s up to SL_RATING_SOAK_MAX; what nobody
 *                rated has no deadline
 * @param error   SL_ERROR_INVALID
 */
bool sl_rating_change(SlDb *db, const SlRating *rating, const char *person, int64_t now_at,
		      GError **error);

/* For queries: what the rating of an update u asks for, as m. `a.first_at + m.allow_s` is then the
 * deadline of its approval a, NULL where there is none. */
#define SL_RATING_JOIN " JOIN rating m ON m.name = coalesce(u.rating, 'none')"

#define SL_RATING_ALLOW_MAX (INT64_C(3650) * 86400) /* seconds */
#define SL_RATING_SOAK_MAX  (INT64_C(365) * 86400)  /* seconds */

/** Rates one update, named as people do, within the caller's transaction; with its audit row. */
bool sl_rating_set(SlDb *db, const char *name, const char *rating, const char *person,
		   const char *reason, int64_t now_at, GError **error);
