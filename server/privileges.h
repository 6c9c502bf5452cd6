/* privileges.h - no part of Sluice runs as root, also when started by root in a container */
#pragma once

#include <stdbool.h>

#include "catalog/base/error.h"

/**
 * Started by root: gives the state directory, if empty or already its own, to user sluice (else
 * nobody), then drops all ids and capabilities. Started by anyone else: does nothing.
 */
bool sl_privileges_drop(const char *state_path, GError **error);
