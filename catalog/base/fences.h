/* fences.h - what holds a process once it is taken over: which of it could not be put up
 *
 * A process puts up its fences, notes those that failed, and then says in one line that it runs
 * without them, or does not run.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "catalog/base/error.h"

/** Notes a fence that could not be put up. @param why  names it; taken over */
void sl_fences_miss(GString *missing, GError *why);

/**
 * Goes on with what stands; a warning says what is missing.
 *
 * @param error  SL_ERROR_DENIED when something is missing and required
 */
bool sl_fences_accept(const GString *missing, bool required, GError **error);
