/* naming.h - which update a person means: [UPSTREAM/]NAME[=VERSION]
 *
 * A person types "openssl", not a number. NAME is a source package; where no update is called so,
 * a binary package of that name leads to its source.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "catalog/base/db.h"

/* What a name without a version means. */
typedef enum {
	SL_NAMING_NEWEST,   /* the newest known version, withdrawn ones behind all others */
	SL_NAMING_APPROVED, /* the newest one approved in the channel given */
} SlNaming;

/**
 * @param channel_id  for SL_NAMING_APPROVED
 * @param error       SL_ERROR_NOT_FOUND with near names, SL_ERROR_CONFLICT with the choices
 *
 * @return the update's id, or 0
 */
int64_t sl_naming_find(SlDb *db, const char *text, SlNaming naming, int64_t channel_id,
		       GError **error);
