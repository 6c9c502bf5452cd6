/* standing.h - what a computer's statuses come to
 *
 * Of each rating it says since when the computer lacks something: an update is overdue when the
 * time its rating allows is over, and within one rating the first approval is the first to be
 * overdue. So whoever knows what ratings allow knows at any moment who is overdue, without a look
 * at statuses.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "clients/status.h"

#define SL_RATINGS 4 /* from critical to low */

/** What a computer can come to, from fine to bad; sl_status_standing names them. */
#define SL_STANDINGS 6
extern const SlStatus sl_standings[SL_STANDINGS];

/** "critical", "high", "medium", "low"; static. */
const char *sl_standing_rating(int rating);

/* An update that a channel has. */
typedef struct {
	int64_t slot;
	int rating;	  /* -1: not rated */
	int64_t first_at; /* first approval there, seconds since 1970 */
} SlAskedSlot;

/** @param rating  the word, or NULL */
SlAskedSlot sl_asked_slot(int64_t slot, const char *rating, int64_t first_at);

typedef struct {
	SlStatus worst;	 /* failed before needed, pending reboot and unknown; else installed */
	int64_t missing; /* updates that it lacks */
	int64_t lacks_at[SL_RATINGS]; /* first approval of those of a rating that it lacks; 0: none
				       */
} SlStanding;

/** @param slots  (element-type SlAskedSlot) */
SlStanding sl_standing_of(const void *states, size_t size, const GArray *slots);
bool sl_standing_equal(const SlStanding *a, const SlStanding *b);
