/* A range is what arithmetic that cannot overflow says it is.
 *
 * Input: 8 bytes of size, then the header.
 */
#include <string.h>
#include <strings.h>

#include "fuzz.h"
#include "server/http/range.h"

typedef unsigned __int128 Wide;

#define WIDE_MAX ((Wide)1 << 100)

/* reads digits, exactly up to 2^100: behind the end of any file */
static bool
digits(const char **text, Wide *ret_value)
{
	const char *start = *text;
	Wide value = 0;

	for (; **text >= '0' && **text <= '9'; (*text)++)
		if (value < WIDE_MAX)
			value = value * 10 + (Wide)(**text - '0');
	*ret_value = value;
	return *text > start;
}

/* "A-B" with B below A is no range (RFC 9110, 14.1.1), also where both are beyond 128 bits */
static bool
is_reversed(const char *header)
{
	g_auto(GStrv) ends = g_strsplit(header, "-", 2);
	const char *first = ends[0] + strspn(ends[0], "0");
	const char *last = ends[1] + strspn(ends[1], "0");

	if (strlen(first) != strlen(last))
		return strlen(first) > strlen(last);
	return strcmp(first, last) > 0;
}

/* RFC 9110, 14.1.2 and 14.2, for one range */
static SlRangeKind
model(const char *header, Wide size, Wide *ret_first, Wide *ret_size)
{
	Wide first, last;
	bool has_first, has_last;
	const char *range = header + 6;

	if (strncasecmp(header, "bytes=", 6) != 0)
		return SL_RANGE_WHOLE;
	header = range;
	has_first = digits(&header, &first);
	if (*header++ != '-')
		return SL_RANGE_WHOLE;
	has_last = digits(&header, &last);
	if (*header != '\0' || (!has_first && !has_last))
		return SL_RANGE_WHOLE;
	if (has_first && has_last && is_reversed(range))
		return SL_RANGE_WHOLE;
	/* satisfiable: it begins before the end, or asks for at least one last byte */
	if (has_first ? first >= size : last == 0)
		return SL_RANGE_NONE;
	if (size == 0)
		return SL_RANGE_WHOLE; /* of nothing there is no part to answer with */
	if (!has_first) {
		first = last > size ? 0 : size - last;
		last = size;
	}
	if (!has_last || last >= size)
		last = size - 1;
	*ret_first = first;
	*ret_size = last - first + 1;
	return SL_RANGE_PART;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int64_t whole, first = -1, part = -1;
	Wide wide_first = 0, wide_part = 0;
	SlRangeKind kind, expected;

	if (size < sizeof whole)
		return 0;
	memcpy(&whole, data, sizeof whole);
	whole &= INT64_MAX;
	g_autofree char *header = g_strndup((const char *)data + sizeof whole, size - sizeof whole);
	kind = sl_range_read(header, whole, &first, &part);
	expected = model(header, (Wide)whole, &wide_first, &wide_part);
	if (kind != expected)
		g_error("\"%s\" of %" G_GINT64_FORMAT ": %d, not %d", header, whole, kind,
			expected);
	if (kind != SL_RANGE_PART) {
		if (first != -1 || part != -1)
			g_error("\"%s\": set without a part", header);
		return 0;
	}
	if ((Wide)first != wide_first || (Wide)part != wide_part || first < 0 || part < 1 ||
	    first > whole - part)
		g_error("\"%s\" of %" G_GINT64_FORMAT ": %" G_GINT64_FORMAT "+%" G_GINT64_FORMAT,
			header, whole, first, part);
	return 0;
}
