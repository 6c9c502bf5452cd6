/* apt_sources.h - the keys that this machine's apt checks a suite with */
#pragma once

#include <glib.h>

/**
 * Signed-By of the source that a suite comes from, as sources.list(5) has it; apt-get indextargets
 * does not tell it.
 *
 * @param entry  SOURCESENTRY of apt-get indextargets: "FILE:NUMBER"
 * @param url    ends with '/'
 *
 * @return paths, fingerprints or an armoured key, lines ended with '\n'; "" where the source names
 *         none; owned. NULL: the file cannot be read
 */
char *sl_apt_signed_by(const char *entry, const char *url, const char *suite, GError **error);
