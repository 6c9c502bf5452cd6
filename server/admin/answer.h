/* answer.h - what all answers of the admin API have in common
 *
 * JSON with an ETag, problem details (RFC 9457) for errors, and the headers that protect them.
 * Error codes become HTTP here and nowhere else.
 */
#pragma once

#include "catalog/base/csv.h"
#include "catalog/base/json.h"
#include "server/http/server.h"

/** JSON; 304 where the request is a GET of what its sender has already. */
SlResponse *sl_answer_json(const SlRequest *request, unsigned status, const json_t *json);

/** Any text that a GET got; 304 likewise. */
SlResponse *sl_answer_text(const SlRequest *request, const char *type, const char *text);

/**
 * A list as CSV, to be kept as a file.
 *
 * @param path  of the route: names the file
 */
SlResponse *sl_answer_csv(const SlRequest *request, const char *path, const SlCsv *csv);

/** @param kind  what a page acts on ("sign-in", which is urn:sluice:problem:sign-in), or NULL */
SlResponse *sl_answer_problem(const char *kind, unsigned status, const char *title,
			      const char *detail);

/**
 * @param kind    as above; NULL: "conflict" for a conflict, nothing for others
 * @param status  0: the error code's
 */
SlResponse *sl_answer_error(const char *kind, unsigned status, const GError *error);

/** A problem of a request that no handler is asked about. */
SlResponse *sl_answer_refusal(unsigned status);

/** What every answer of the admin listeners carries (security 3.10). */
extern const SlHttpHeader sl_answer_headers[];
