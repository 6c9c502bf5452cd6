/* text.h - text from outside: numbers, times, hashes, names; everything that rejects
 *
 * Each parser takes the whole string or fails with SL_ERROR_INVALID naming it; nothing is
 * skipped at either end, and ret_ values are untouched on failure.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "catalog/base/error.h"

/** A decimal integer within [low, high]: digits with an optional '-' (no '+', no blanks). */
bool sl_text_int(const char *text, int64_t low, int64_t high, int64_t *ret_value, GError **error);

/** A span of time: digits followed by s, m, h, d or w (plain digits are seconds). */
bool sl_text_duration(const char *text, int64_t *ret_seconds, GError **error);

/** Writes "7d", "1d 12h", "45s": the two largest units, the rest left out; "0" for none. */
char *sl_text_format_duration(int64_t seconds);

/** A size in bytes: digits, optionally followed by K, M, G or T (powers of 1024). */
bool sl_text_size(const char *text, int64_t *ret_size, GError **error);

/** An RFC 5322 date as Release files write it ("Sun, 22 Nov 2026 19:58:56 UTC"; GMT, +0000). */
bool sl_text_mail_date(const char *text, int64_t *ret_at, GError **error);

/** Writes "Sun, 22 Nov 2026 19:58:56 UTC". */
char *sl_text_format_mail_date(int64_t at);

/** Writes "2026-11-22T19:58:56Z". */
char *sl_text_format_time(int64_t at);

/** Reads "2026-11-22T19:58:56Z" or "2026-11-22". */
bool sl_text_time(const char *text, int64_t *ret_at, GError **error);

/** Writes "35.8 MB" and the like, by 1,000, as apt and the page do. */
char *sl_text_format_size(int64_t size);

/** Whether the text is 64 lower-case hexadecimal digits. */
bool sl_text_is_sha256(const char *text);

/** Lower-case hexadecimal of some bytes. */
char *sl_text_hex(const void *bytes, size_t size);

/** Bytes of lower- or upper-case hexadecimal; exactly size of them. */
bool sl_text_unhex(const char *text, void *ret_bytes, size_t size, GError **error);

/**
 * Whether a name is one safe path component: 1 to 200 bytes of [A-Za-z0-9._+~:%@=-], not
 * starting with '.' or '-'.
 */
bool sl_text_is_name(const char *text);

/**
 * Whether people can write it in commands and read it in listings, as the name of a group or a
 * person: 1 to SL_LIMIT_NAME bytes of UTF-8 on one line, no blank at either end, not beginning
 * with '-', neither "." nor "..", and nothing that turns the direction of what follows.
 */
bool sl_text_is_title(const char *text);

/** Whether it is empty or has blanks only: no reason, say. */
bool sl_text_is_blank(const char *text);

/** Whether a name matches a shell pattern of '*' and '?' (no brackets); bounded work. */
bool sl_text_glob(const char *pattern, const char *name);

/**
 * A foreign text fit for one line of a log or a terminal: printable characters stay,
 * everything else (controls, bidi marks, invalid UTF-8) becomes \xNN, 256 bytes at most. What was
 * escaped stays as it is: a message that shows a value so is escaped once more in the log.
 */
char *sl_text_escape(const char *text);

/** As sl_text_escape for a whole message, of 8,192 bytes at most. */
char *sl_text_escape_message(const char *text);

/**
 * A pattern for LIKE ... ESCAPE '!' that finds a text anywhere, its wild cards taken literally;
 * NULL of NULL. Owned.
 */
char *sl_text_like(const char *wanted);

/** As sl_text_escape for size bytes that may hold NULs. */
char *sl_text_escape_bytes(const char *text, size_t size);

/**
 * Edits (a letter more, less or other, two in a row swapped) that lead from one name to the other;
 * some number above `most` when they are more, or a name is longer than SL_LIMIT_PACKAGE_NAME.
 */
unsigned sl_text_edits(const char *a, const char *b, unsigned most);
