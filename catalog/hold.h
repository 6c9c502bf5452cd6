/* hold.h - updates that somebody keeps out of production for now
 *
 * Certification keeps what it has, and so does production what it had before. Only an emergency
 * passes by; the hold then still stands. A recall may bring back an older version that is held:
 * what it takes out is worse, and its plan says so. Who may hold may also let go what somebody else
 * holds, and then says why.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "catalog/base/db.h"

typedef struct {
	char *person;
	char *reason;
	int64_t at; /* seconds since 1970 */
} SlHold;

void sl_hold_free(SlHold *hold);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SlHold, sl_hold_free)

/** NULL without an error where nobody holds it. */
SlHold *sl_hold_get(SlDb *db, int64_t update_id, GError **error);

/**
 * Holds an update, named as people do, or lets it go; within the caller's transaction, with its
 * audit row.
 *
 * @param reason  needed to hold it, and to let go what somebody else holds; "" for none
 * @param error   SL_ERROR_INVALID (no reason), SL_ERROR_CONFLICT where it is held, or is not,
 *                already: says by whom
 */
bool sl_hold_set(SlDb *db, const char *name, bool held, const char *person, const char *reason,
		 int64_t now_at, GError **error);
