/* backend_apt.h - apt's configuration on this machine: the channel in, the direct source out
 *
 * The channel is a file of our own, sluice.sources. What it takes the place of are entries of the
 * same suites; they are turned off in their files as sources.h says. Everything else of apt's
 * configuration stays as it is.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "clients/agent/agent.h"
#include "clients/report.h"

#define SL_APT_OWN_SOURCES "etc/apt/sources.list.d/sluice.sources"

/** The text of sluice.sources; SL_ERROR_INVALID when the server named what apt cannot take. */
char *sl_apt_sources_text(const SlState *state, GError **error);

/** Whether the source files are such that they can be changed. */
bool sl_apt_check(const SlAgent *agent, GError **error);

/**
 * The entries that the channel takes the place of, as "FILE: URI SUITE"; also those that were
 * taken out before. (element-type utf8), owned.
 *
 * @param codename  of this system: what "stable-security" may stand for
 */
GPtrArray *sl_apt_replaced(const SlAgent *agent, const char *codename, GError **error);

/**
 * Writes sluice.sources and takes the direct sources out; writes only what differs.
 *
 * @param ret_changed  whether sluice.sources did
 */
bool sl_apt_take_over(const SlAgent *agent, const char *codename, bool *ret_changed,
		      GError **error);

/** Puts every source back and removes sluice.sources. */
bool sl_apt_give_back(const SlAgent *agent, GError **error);
