/* approval_rule.h - what has to be true before production takes an update
 *
 * Promise 1. Production takes what is approved for certification, in that revision, unless
 * somebody holds it (hold.h). An emergency passes by both, for a reason. Where two people are asked
 * for (setting.h), the one who approved that revision for certification is not the one who approves
 * it for production. That holds for an emergency as well, which then needs somebody's approval for
 * certification, but no waiting. Once people sign in (person.h), both are among them: who types on
 * the server has a user's name there, and counts where a person has that name. That production's
 * computers are not led to certification instead: clients/leaving.h.
 */
#pragma once

#include "catalog/approval.h"

/**
 * Whether the request may do an item of its plan.
 *
 * @param error  SL_ERROR_DENIED, SL_ERROR_INVALID (an emergency without a reason)
 */
bool sl_approval_check(SlDb *db, const SlApprovalRequest *request, const SlApprovalItem *item,
		       GError **error);

/** Whether nobody holds the update; SL_ERROR_DENIED says who does and why. */
bool sl_approval_check_hold(SlDb *db, const SlApprovalItem *item, GError **error);
