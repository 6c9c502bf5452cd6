/* sandbox.h - the cage of sluice-front (security 3.11)
 *
 * Landlock before the first thread is made (it binds the calling thread and those it makes),
 * seccomp when all threads are there.
 */
#pragma once

#include <stdbool.h>

#include "catalog/base/error.h"

/** Only these directories can be read from now on, nothing written, no TCP opened. */
bool sl_sandbox_files(const int *directory_fds, unsigned count, GError **error);

/** Only what serving needs; everything else fails with EPERM. */
bool sl_sandbox_calls(GError **error);

/**
 * Whether sl_sandbox_calls() could do that, tried on a process that ends at once: this one, which
 * has no threads yet, can go on and make them.
 */
bool sl_sandbox_try_calls(GError **error);

/** No core dump, no tracing by others of the same user. */
void sl_sandbox_hide(void);
