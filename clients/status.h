/* status.h - one computer's state for one update, and many of them packed
 *
 * Statuses of a computer stand in a blob, 4 bits for each update's slot, low nibble first. What is
 * beyond its end is unknown.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "catalog/base/error.h"

/* The numbers are in the database. */
typedef enum {
	SL_STATUS_UNKNOWN = 0,
	SL_STATUS_NOT_APPLICABLE = 1,
	SL_STATUS_NEEDED = 2,
	SL_STATUS_DOWNLOADED = 3,
	SL_STATUS_INSTALLED = 4,
	SL_STATUS_PENDING_REBOOT = 5,
	SL_STATUS_FAILED = 6,
	SL_STATUS_SILENT = 7, /* in counts only: a computer that nobody has heard of lately */
} SlStatus;

#define SL_STATUSES 8

/** The word of reports, listings and JSON: "not-applicable", "pending-reboot"; static. */
const char *sl_status_name(SlStatus status);
bool sl_status_read(const char *word, SlStatus *ret_status, GError **error);
/** Whether the computer should have the update and, as far as we know, has not. */
bool sl_status_is_missing(SlStatus status);

/**
 * The word for what a computer comes to as a whole: "covered" where all is installed, "missing"
 * where something is needed, or the status's own.
 */
const char *sl_status_standing(SlStatus standing);

SlStatus sl_states_get(const void *states, size_t size, int64_t slot);
/** Lengthens the states where needed. */
void sl_states_set(GByteArray *states, int64_t slot, SlStatus status);
