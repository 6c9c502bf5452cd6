/* version.h - which of two Debian versions is the later one */
#pragma once

#include <stdbool.h>

/**
 * Compares as dpkg does: a missing epoch is 0, a missing revision is 0, '~' sorts before
 * everything.
 *
 * @return below, equal to or above 0 as a is earlier than, equal to or later than b
 */
int sl_version_compare(const char *a, const char *b);

/**
 * Whether a text can be a version: 1 to SL_LIMIT_VERSION bytes, an optional epoch of digits (at
 * most 9), an upstream part and an optional revision that have only the characters that Debian's
 * policy allows.
 */
bool sl_version_is_valid(const char *version);
