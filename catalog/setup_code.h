/* setup_code.h - the code by which the first owner comes to be
 *
 * One at a time, kept as its digest, good for a day and once, and only while there is nobody.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "catalog/base/db.h"

#define SL_SETUP_CODE_LIVES_S 86400

/** A new code, "ABCD-EFGH-...", in place of any other; SL_ERROR_CONFLICT when there is somebody. */
char *sl_setup_code_make(SlDb *db, const char *by, int64_t now_at, GError **error);
/** Whether it could be used now; SL_ERROR_DENIED, SL_ERROR_CONFLICT when there is somebody. */
bool sl_setup_code_check(SlDb *db, const char *code, int64_t now_at, GError **error);
/** Uses it up. */
bool sl_setup_code_take(SlDb *db, const char *code, int64_t now_at, GError **error);
