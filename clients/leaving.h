/* leaving.h - who may take computers out of production
 *
 * Certification has what one person approved alone. Where production takes two people (setting.h),
 * one of them is not to have its computers follow certification instead: that takes an owner, who
 * may end the rule as well. It is in the audit log either way.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "catalog/base/db.h"

/**
 * Whether somebody who is no owner may move computers to a group.
 *
 * @param ids    (element-type int64_t)
 * @param error  SL_ERROR_DENIED, SL_ERROR_NOT_FOUND
 */
bool sl_leaving_check_move(SlDb *db, const GArray *ids, const char *group, GError **error);

/** Likewise, whether they may give a group a channel. */
bool sl_leaving_check_change(SlDb *db, const char *group, const char *channel, GError **error);
