/* conditional.h - If-None-Match, If-Modified-Since, If-Range (RFC 9110, 13) */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/** "Sun, 22 Nov 2026 19:58:56 GMT" into 30 bytes. */
void sl_conditional_format_date(int64_t at, char *ret_text);

/**
 * Whether the client has it already: answer 304.
 *
 * @param none_match      value of If-None-Match, or NULL; decides alone where it is given
 * @param modified_since  value of If-Modified-Since, or NULL
 * @param etag            with its quotes
 */
bool sl_conditional_is_fresh(const char *none_match, const char *modified_since, const char *etag,
			     int64_t changed_at);

/** Whether a Range still applies: If-Range is absent, or names exactly this content. */
bool sl_conditional_allows_range(const char *if_range, const char *etag, int64_t changed_at);
