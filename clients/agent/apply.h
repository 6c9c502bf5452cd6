/* apply.h - bringing this machine to what its channel has, by apt-get
 *
 * apt is shown the channel alone, so nothing else can change; it is given the rest of its sources
 * only for a package that needs something of the base suite, and then installs that one package
 * and what it needs anew. Configuration files that somebody edited are kept.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "clients/agent/agent.h"
#include "clients/agent/facts.h"

/* How it ended. */
typedef struct {
	GPtrArray *results; /* (owned, element-type SlReportResult): every package that was tried */
	bool channel_failed; /* apt could not read the channel, or refused it */
	char *words;	     /* (owned) apt's own, when something failed as a whole; or NULL */
} SlApplied;

/**
 * Reads the channel's indexes and upgrades from it.
 *
 * @param machine  as it was before; the results say how it is after
 * @param error    SL_ERROR_IO when apt-get cannot be run at all
 */
bool sl_apply(const SlAgent *agent, const SlMachine *machine, SlApplied *ret_applied,
	      GError **error);

void sl_applied_clear(SlApplied *applied);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(SlApplied, sl_applied_clear)
