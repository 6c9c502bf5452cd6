/* error.h - the one error domain of Sluice
 *
 * A code exists when some caller acts on it. Messages name the thing and the offending
 * value, in lower case and without a full stop; whoever adds context prefixes it. They are
 * valid UTF-8 whatever is quoted in them. Nobody compares messages.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

#define SL_ERROR (sl_error_quark())

typedef enum {
	SL_ERROR_INVALID,   /* the input is wrong; saying it again will not help */
	SL_ERROR_NOT_FOUND, /* the thing named does not exist */
	SL_ERROR_CONFLICT,  /* it exists, or changed meanwhile */
	SL_ERROR_DENIED,    /* this person or machine may not */
	SL_ERROR_LIMIT,	    /* larger, longer or more than allowed */
	SL_ERROR_BUSY,	    /* not now; try again */
	SL_ERROR_INTEGRITY, /* bytes, hash or signature are not what was promised */
	SL_ERROR_UPSTREAM,  /* the upstream is gone, slow or wrong */
	SL_ERROR_DATABASE,  /* SQLite said no */
	SL_ERROR_IO,	    /* the system said no: disk, socket, process */
	SL_ERROR_CANCELLED, /* a person asked for it to stop */
} SlErrorCode;

GQuark sl_error_quark(void);

/** The code's lower-case name ("not-found"), as the API shows it; static. */
const char *sl_error_name(int code);

/**
 * Sets SL_ERROR_IO with the formatted text, a colon and what errno says.
 *
 * @return false, so that a caller can return it
 */
bool sl_error_errno(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);

/** Sets an error of the given code; returns false, so that a caller can return it. */
bool sl_error_set(GError **error, SlErrorCode code, const char *format, ...) G_GNUC_PRINTF(3, 4);
