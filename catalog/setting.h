/* setting.h - what administrators decided once for the whole server; see also rating.h */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "catalog/base/db.h"

/** Whether production needs an approver other than the one who approved for certification. */
bool sl_setting_two_people(SlDb *db, bool *ret_two_people, GError **error);

/** Within the caller's transaction, with an audit row where that changes something. */
bool sl_setting_set_two_people(SlDb *db, bool two_people, const char *person, int64_t now_at,
			       GError **error);
