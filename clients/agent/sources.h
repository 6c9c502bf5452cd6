/* sources.h - apt's source files: taking suites out of them, and putting them back
 *
 * Only text is handled here. What is taken out stays in the file as comments that say how to put
 * it back, so that restoring needs nothing else and gives the bytes that were there before, also
 * when other lines of the file were edited meanwhile:
 *
 *   MARK_OFF  in front of a line of the administrator's that does not count now
 *   MARK_OWN  a line of its own: the line behind it was written by sluice-agent
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef enum {
	SL_SOURCES_ONE_LINE, /* *.list: "deb [options] URI SUITE COMPONENT..." */
	SL_SOURCES_DEB822,   /* *.sources: stanzas */
} SlSourcesFormat;

/** By a file name's ending, as apt does; false for files that apt does not read. */
bool sl_sources_format(const char *name, SlSourcesFormat *ret_format);

/**
 * The text with binary packages of these suites taken out: one-line entries and stanzas of nothing
 * else are turned off, stanzas with other suites keep those. Entries of source packages stay.
 * What an earlier call took out is put back first, so the result depends on `suites` alone.
 *
 * @param suites   ends with NULL
 * @param removed  (nullable) (element-type utf8): gets "URI SUITE" of each entry taken out
 *
 * @return the new text, owned; the same text when none of the suites is in it
 */
char *sl_sources_disable(const char *text, SlSourcesFormat format, const char *const *suites,
			 GPtrArray *removed);

/** The text as it was before sl_sources_disable, owned. */
char *sl_sources_restore(const char *text);
