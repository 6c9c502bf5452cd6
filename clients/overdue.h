/* overdue.h - computers that should have an update by now and have it not
 *
 * What a computer lacks is kept counted by rating and first approval, so who is overdue can be said
 * of any moment without a look at computers. One that is silent, or has not said yet what it has,
 * is overdue where anything of its channel is.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "catalog/base/db.h"
#include "clients/standing.h"

/** Of each rating: what was approved before that and is lacking now is overdue. */
bool sl_overdue_limits(SlDb *db, int64_t now_at, int64_t *ret_before_at, GError **error);

/** Active computers by rating; ret_n has SL_RATINGS. One that is overdue twice counts twice. */
bool sl_overdue_count(SlDb *db, int64_t now_at, int64_t *ret_n, GError **error);
