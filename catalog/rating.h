/* rating.h - what this organisation decided about an update's urgency */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "catalog/base/db.h"

/** Whether a word is a rating: critical, high, medium, low. */
bool sl_rating_is_known(const char *rating);

/** Seconds within which machines must have an update of that rating; -1 for no rating. */
int64_t sl_rating_allows(const char *rating);

/** Rates one update, named as people do, within the caller's transaction; with its audit row. */
bool sl_rating_set(SlDb *db, const char *name, const char *rating, const char *person,
		   const char *reason, int64_t now_at, GError **error);
