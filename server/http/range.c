#include "server/http/range.h"

#include <glib.h>
#include <string.h>
#include <strings.h>

/* Reads digits; a number too large for any file is as good as the largest. */
static const char *
read_number(const char *text, uint64_t *ret_value)
{
	uint64_t value = 0;

	for (; g_ascii_isdigit(*text); text++) {
		uint64_t digit = (uint64_t)(*text - '0');

		value = value > (UINT64_MAX - digit) / 10 ? UINT64_MAX : value * 10 + digit;
	}
	*ret_value = value;
	return text;
}

static SlRangeKind
last_bytes(uint64_t wanted, uint64_t size, int64_t *ret_first, int64_t *ret_size)
{
	uint64_t part = MIN(wanted, size);

	if (part == 0)
		return SL_RANGE_NONE;
	*ret_first = (int64_t)(size - part);
	*ret_size = (int64_t)part;
	return SL_RANGE_PART;
}

SlRangeKind
sl_range_read(const char *header, int64_t size, int64_t *ret_first, int64_t *ret_size)
{
	uint64_t first = 0, last = UINT64_MAX, whole = (uint64_t)size;
	const char *next;

	if (!header || strncasecmp(header, "bytes=", 6) != 0)
		return SL_RANGE_WHOLE;
	header += 6;
	if (header[0] == '-') {
		next = read_number(header + 1, &last);
		if (next == header + 1 || *next != '\0')
			return SL_RANGE_WHOLE;
		return last_bytes(last, whole, ret_first, ret_size);
	}
	next = read_number(header, &first);
	if (next == header || *next != '-')
		return SL_RANGE_WHOLE;
	header = next + 1;
	if (*header != '\0') {
		next = read_number(header, &last);
		if (next == header || *next != '\0' || last < first)
			return SL_RANGE_WHOLE;
	}
	if (first >= whole)
		return SL_RANGE_NONE;
	*ret_first = (int64_t)first;
	*ret_size = (int64_t)(MIN(last, whole - 1) - first + 1);
	return SL_RANGE_PART;
}
