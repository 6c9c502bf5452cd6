/* csv.h - lists as CSV (RFC 4180) that spreadsheets take as text
 *
 * A header row, then a row for each object. Text that a spreadsheet would take for a formula, as it
 * begins with = + - @, tab or CR or with these behind blanks, gets an apostrophe in front (security
 * T26): who takes one off that stands before such a text has it back as it was. Numbers stay
 * numbers, negative ones too; times are "2026-11-22T19:58:56Z", truth is "yes" or "no", null is
 * nothing, the members of an array stand in one cell with ", " between.
 */
#pragma once

#include <stdbool.h>

#include "catalog/base/json.h"

typedef struct SlCsv SlCsv;

/** @param columns  members to write, NULL at the end; NULL: all that the first rows have */
SlCsv *sl_csv_new(const char *const *columns);
/** Adds a row for each object of an array. */
void sl_csv_add(SlCsv *csv, const json_t *items);
/** The text so far; the CSV's. */
const char *sl_csv_text(const SlCsv *csv);
void sl_csv_free(SlCsv *csv);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SlCsv, sl_csv_free)

/** Whether a member holds a time, by its name: "at", "seen_at", "valid_until". */
bool sl_csv_is_time(const char *key);
