#include "server/http/range.h"

#include <glib.h>
#include <string.h>
#include <strings.h>

/* Digits without zeros in front: of any length they can be put in order. */
typedef struct {
	const char *digits;
	size_t size;
} Number;

static const char *
read_number(const char *text, Number *ret_number)
{
	const char *end = text + strspn(text, "0123456789");

	while (text < end && *text == '0')
		text++;
	*ret_number = (Number){text, (size_t)(end - text)};
	return end;
}

static bool
is_less(Number a, Number b)
{
	return a.size == b.size ? memcmp(a.digits, b.digits, a.size) < 0 : a.size < b.size;
}

/* A number too large for any file is as good as the largest. */
static uint64_t
value_of(Number number)
{
	uint64_t value = 0;

	for (size_t i = 0; i < number.size; i++) {
		uint64_t digit = (uint64_t)(number.digits[i] - '0');

		value = value > (UINT64_MAX - digit) / 10 ? UINT64_MAX : value * 10 + digit;
	}
	return value;
}

static SlRangeKind
last_bytes(uint64_t wanted, uint64_t size, int64_t *ret_first, int64_t *ret_size)
{
	uint64_t part = MIN(wanted, size);

	if (wanted == 0)
		return SL_RANGE_NONE;
	if (size == 0) /* satisfiable, and no Content-Range can say so */
		return SL_RANGE_WHOLE;
	*ret_first = (int64_t)(size - part);
	*ret_size = (int64_t)part;
	return SL_RANGE_PART;
}

SlRangeKind
sl_range_read(const char *header, int64_t size, int64_t *ret_first, int64_t *ret_size)
{
	uint64_t whole = (uint64_t)size, last = UINT64_MAX;
	Number from, to;
	const char *next;

	if (!header || strncasecmp(header, "bytes=", 6) != 0)
		return SL_RANGE_WHOLE;
	header += 6;
	if (header[0] == '-') {
		next = read_number(header + 1, &to);
		if (next == header + 1 || *next != '\0')
			return SL_RANGE_WHOLE;
		return last_bytes(value_of(to), whole, ret_first, ret_size);
	}
	next = read_number(header, &from);
	if (next == header || *next != '-')
		return SL_RANGE_WHOLE;
	header = next + 1;
	if (*header != '\0') {
		next = read_number(header, &to);
		if (next == header || *next != '\0' || is_less(to, from))
			return SL_RANGE_WHOLE;
		last = value_of(to);
	}
	if (value_of(from) >= whole)
		return SL_RANGE_NONE;
	*ret_first = (int64_t)value_of(from);
	*ret_size = (int64_t)(MIN(last, whole - 1) - value_of(from) + 1);
	return SL_RANGE_PART;
}
