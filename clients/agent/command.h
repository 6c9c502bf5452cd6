/* command.h - running a package manager and keeping what it says */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "catalog/base/error.h"

#define SL_COMMAND_OUTPUT (1024 * 1024) /* bytes of output that are kept; the rest is read */

/**
 * Runs a program with nothing on its standard input and an environment of its own, and waits.
 *
 * @param arguments    ends with NULL; the first is the program, found by PATH
 * @param environment  ends with NULL: "NAME=VALUE"
 * @param timeout_s    after which it is killed; 0: never, for what must not be interrupted
 * @param echo         also print what it says while it says it
 * @param ret_output   standard output and error, as they came
 * @param ret_status   its exit status; 128 + N when signal N ended it
 * @param error        SL_ERROR_IO when it cannot be started, SL_ERROR_BUSY when it took too long
 */
bool sl_command_run(const char *const *arguments, const char *const *environment, int64_t timeout_s,
		    bool echo, char **ret_output, int *ret_status, GError **error);
