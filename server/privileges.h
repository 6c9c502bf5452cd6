/* privileges.h - no part of Sluice runs as root, also when started by root in a container */
#pragma once

#include <stdbool.h>

#include "catalog/base/error.h"

/**
 * Gives up, for this process and all it starts, what only opening sockets needs. Before the
 * first thread.
 *
 * Started by root: gives the state directory, if empty or already its own, to user sluice (else
 * nobody) and becomes that user. Whoever started it: drops all capabilities, the ambient ones
 * as well, and the right to gain any. A warning says which of these fences is missing.
 *
 * @param require_fences  fail with SL_ERROR_DENIED instead
 */
bool sl_privileges_drop(const char *state_path, bool require_fences, GError **error);
