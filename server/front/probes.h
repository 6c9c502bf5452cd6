/* probes.h - attempts to break out of the cage, for the tests of debug builds only */
#pragma once

/** Tries one thing (see probes.c), prints "denied" or "BROKE OUT" with its name, and returns. */
void sl_probe_run(const char *what);

/** Does what no request may do, "crash" or "loop", for as long as it takes. */
void sl_probe_misbehave(const char *what);
