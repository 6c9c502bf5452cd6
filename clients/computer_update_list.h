/* computer_update_list.h - what one computer has to do with updates, a page at a time */
#pragma once

#include "catalog/base/listing.h"
#include "clients/computer.h"

/* What a listing is narrowed to; NULL: any. */
typedef struct {
	const char *text;   /* in the update's name */
	const char *status; /* of sl_status_name, or "missing" */
	const char *rating; /* critical, high, medium, low, none */
	SlListingPage page; /* sorted by update, status (what failed first, what is installed last),
			       rating, deadline_at, reported_at */
} SlComputerUpdateFilter;

/**
 * Of sl_computer_updates those that fit; (element-type SlComputerUpdate), owned.
 *
 * @param ret_total  how many fit in all
 * @param error      SL_ERROR_INVALID for a status that there is not
 */
GPtrArray *sl_computer_update_list(SlDb *db, int64_t computer_id,
				   const SlComputerUpdateFilter *filter, int64_t *ret_total,
				   GError **error);
