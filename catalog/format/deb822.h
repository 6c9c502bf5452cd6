/* deb822.h - stanzas of "Name: value" fields, as Packages and Release files are written
 *
 * The reader takes a file piece by piece and hands on one stanza at a time, so that memory is
 * bounded by the largest stanza and not by the file. Lines end in LF; a line of blanks alone
 * ends a stanza; a line that begins with a blank continues the field before it. Refused
 * (SL_ERROR_INVALID, with the line's number): NUL bytes, lines without a colon, a continuation
 * without a field, names with control or 8-bit bytes, a field twice in a stanza. SL_ERROR_LIMIT: a
 * stanza of more than SL_LIMIT_STANZA bytes or SL_DEB822_FIELDS fields.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "catalog/base/error.h"

#define SL_DEB822_FIELDS 256 /* fields in one stanza; the largest known has 40 */

typedef struct {
	const char *name; /* not terminated */
	size_t name_size; /* bytes */
	const char
		*value; /* without blanks at its ends; later lines keep the blank they begin with */
	size_t value_size; /* bytes */
	const char *line;  /* where the field begins in the stanza's text */
	size_t line_size;  /* bytes, with the newline of its last line */
} SlDeb822Field;

typedef struct {
	const char *text;	     /* the stanza as it stands in the file */
	size_t text_size;	     /* bytes, with the last newline */
	const SlDeb822Field *fields; /* in the file's order */
	unsigned n_fields;
	int64_t line; /* number of its first line in the file, from 1 */
} SlDeb822Stanza;

/** Receives one stanza, valid during the call; returns false with the error set to stop. */
typedef bool (*SlDeb822Func)(const SlDeb822Stanza *stanza, gpointer data, GError **error);

typedef struct SlDeb822Reader SlDeb822Reader;

SlDeb822Reader *sl_deb822_reader_new(SlDeb822Func func, gpointer data);
/** The next bytes of the file. After a failure the reader takes nothing more. */
bool sl_deb822_reader_add(SlDeb822Reader *reader, const char *bytes, size_t size, GError **error);
/** The file ended: hands on a last stanza that no empty line ended. */
bool sl_deb822_reader_finish(SlDeb822Reader *reader, GError **error);
void sl_deb822_reader_free(SlDeb822Reader *reader);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SlDeb822Reader, sl_deb822_reader_free)

/** Reads a whole text. */
bool sl_deb822_read(const char *text, size_t size, SlDeb822Func func, gpointer data,
		    GError **error);

/** The field of that name (upper and lower case are alike), or NULL. */
const SlDeb822Field *sl_deb822_find(const SlDeb822Stanza *stanza, const char *name);

/** A copy of a field's value, or NULL when the stanza does not have it. */
char *sl_deb822_text(const SlDeb822Stanza *stanza, const char *name);

/** Whether the field's name is this one, upper and lower case alike. */
bool sl_deb822_is(const SlDeb822Field *field, const char *name);

/**
 * Appends one field. A value of several lines has a blank at the beginning of each later one, and
 * something behind it.
 *
 * @return false with SL_ERROR_INVALID, and nothing written, when a reader would not read it back
 */
bool sl_deb822_write(GString *out, const char *name, const char *value, GError **error);
