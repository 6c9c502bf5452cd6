/* source_private.h - what an upstream's fields may be */
#pragma once

#include "catalog/source.h"

/** Whether all fields that people give make sense; SL_ERROR_INVALID names field and value. */
bool sl_upstream_check(const SlUpstream *upstream, GError **error);
/** The same of its keys alone. */
bool sl_upstream_check_keys(GBytes *keyring, char *const *fingerprints, GError **error);
