/* export.h - lists as a whole, as CSV or as JSON: thousands of rows at a time are in memory
 *
 * The text is, and it may be large: who answers many of them at once needs memory for each.
 */
#pragma once

#include "server/admin/admin.h"

/** Whether a request is for more than a page of a list. From any thread. */
bool sl_export_is_asked(const SlRequest *request);

/** All rows that were asked for, as one moment has them. */
SlResponse *sl_export_csv(const SlAdminRoute *route, SlAdminCall *call, GError **error);
/** The same as the route's own JSON. */
SlResponse *sl_export_json(const SlAdminRoute *route, SlAdminCall *call, GError **error);
