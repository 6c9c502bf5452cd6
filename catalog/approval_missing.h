/* approval_missing.h - dependencies of what is approved that the channel would not have */
#pragma once

#include "catalog/approval.h"

/**
 * Fills plan->missing: what a package of the plan depends on, where an update in the catalog would
 * satisfy it, the channel with the plan applied does not, and no base suite of the machines it
 * is for is known to.
 */
bool sl_approval_find_missing(SlDb *db, int64_t channel_id, SlApprovalPlan *plan, GError **error);
