/* range.h - the Range header: one range, or the whole (RFC 9110, 14) */
#pragma once

#include <stdbool.h>
#include <stdint.h>

typedef enum {
	SL_RANGE_WHOLE, /* no range, several, or nothing that is one (5-4): answer 200 */
	SL_RANGE_PART,	/* answer 206 */
	SL_RANGE_NONE,	/* one, and no byte of it is there: answer 416 */
} SlRangeKind;

/**
 * @param header    value of Range, or NULL
 * @param size      bytes of the whole
 * @param ret_first first byte of the part
 * @param ret_size  bytes of the part; both are set only for SL_RANGE_PART
 */
SlRangeKind sl_range_read(const char *header, int64_t size, int64_t *ret_first, int64_t *ret_size);
