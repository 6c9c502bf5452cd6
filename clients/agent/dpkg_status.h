/* dpkg_status.h - what dpkg says is installed, read from its status file
 *
 * One pass over the file, without a process per package. Only packages whose files are there
 * count. One that is unpacked but could not be configured counts in the version that was last
 * configured, so that an upgrade which failed half-way never looks like one that succeeded.
 */
#pragma once

#include <glib.h>

#include "clients/report.h"

#define SL_DPKG_STATUS_LIMIT (64 * 1024 * 1024) /* bytes; 5,000 packages make 8 MiB */

/**
 * @param error  SL_ERROR_INVALID naming the package and what is wrong with it, SL_ERROR_LIMIT
 *
 * @return (element-type SlReportPackage), owned; sorted by name, version, architecture
 */
GPtrArray *sl_dpkg_status_parse(const char *text, size_t size, GError **error);

/** The version of a package that is installed, or NULL; borrowed. */
const char *sl_dpkg_status_version(const GPtrArray *packages, const char *name,
				   const char *architecture);
