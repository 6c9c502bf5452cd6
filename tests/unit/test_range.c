/* One range of bytes is that part, anything else the whole; tests/fuzz has the arithmetic */
#include <glib.h>

#include "server/http/range.h"

#define BIG "99999999999999999999999999"

static const struct {
	const char *header;
	int64_t size;
	SlRangeKind kind;
	int64_t first;
	int64_t part;
} rows[] = {
	{NULL, 100, SL_RANGE_WHOLE, 0, 0},
	{"", 100, SL_RANGE_WHOLE, 0, 0},
	{"bytes=0-0", 100, SL_RANGE_PART, 0, 1},
	{"bytes=0-", 100, SL_RANGE_PART, 0, 100},
	{"bytes=0-99", 100, SL_RANGE_PART, 0, 100},
	{"bytes=0-100", 100, SL_RANGE_PART, 0, 100},
	{"bytes=99-99", 100, SL_RANGE_PART, 99, 1},
	{"bytes=99-", 100, SL_RANGE_PART, 99, 1},
	{"bytes=10-19", 100, SL_RANGE_PART, 10, 10},
	{"BYTES=10-19", 100, SL_RANGE_PART, 10, 10},
	{"bytes=010-019", 100, SL_RANGE_PART, 10, 10},
	{"bytes=10-" BIG, 100, SL_RANGE_PART, 10, 90},
	{"bytes=-1", 100, SL_RANGE_PART, 99, 1},
	{"bytes=-100", 100, SL_RANGE_PART, 0, 100},
	{"bytes=-101", 100, SL_RANGE_PART, 0, 100},
	{"bytes=-" BIG, 100, SL_RANGE_PART, 0, 100},
	/* one, and nothing of it is there */
	{"bytes=100-", 100, SL_RANGE_NONE, 0, 0},
	{"bytes=100-200", 100, SL_RANGE_NONE, 0, 0},
	{"bytes=" BIG "-", 100, SL_RANGE_NONE, 0, 0},
	{"bytes=-0", 100, SL_RANGE_NONE, 0, 0},
	{"bytes=0-", 0, SL_RANGE_NONE, 0, 0},
	{"bytes=0-0", 0, SL_RANGE_NONE, 0, 0},
	{"bytes=-1", 0, SL_RANGE_WHOLE, 0, 0},
	/* large files */
	{"bytes=4294967296-", 4294967297, SL_RANGE_PART, 4294967296, 1},
	{"bytes=0-", INT64_MAX, SL_RANGE_PART, 0, INT64_MAX},
	{"bytes=-1", INT64_MAX, SL_RANGE_PART, INT64_MAX - 1, 1},
	/* none, several, or no range at all */
	{"bytes=19-10", 100, SL_RANGE_WHOLE, 0, 0},
	{"bytes=0-1,5-6", 100, SL_RANGE_WHOLE, 0, 0},
	{"bytes=0-1,", 100, SL_RANGE_WHOLE, 0, 0},
	{"bytes=-", 100, SL_RANGE_WHOLE, 0, 0},
	{"bytes=", 100, SL_RANGE_WHOLE, 0, 0},
	{"bytes", 100, SL_RANGE_WHOLE, 0, 0},
	{"bytes=--1", 100, SL_RANGE_WHOLE, 0, 0},
	{"bytes=1", 100, SL_RANGE_WHOLE, 0, 0},
	{"bytes=+1-2", 100, SL_RANGE_WHOLE, 0, 0},
	{"bytes=1-2x", 100, SL_RANGE_WHOLE, 0, 0},
	{"bytes=1-2-3", 100, SL_RANGE_WHOLE, 0, 0},
	{"bytes=0x1-0x2", 100, SL_RANGE_WHOLE, 0, 0},
	{"bytes = 1-2", 100, SL_RANGE_WHOLE, 0, 0},
	{"lines=1-2", 100, SL_RANGE_WHOLE, 0, 0},
};

static void
test_a_header_is_one_part_or_the_whole(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		int64_t first = -7, part = -7;
		bool is_part = rows[i].kind == SL_RANGE_PART;

		g_test_message("%s", rows[i].header ? rows[i].header : "none");
		g_assert_cmpint(sl_range_read(rows[i].header, rows[i].size, &first, &part), ==,
				rows[i].kind);
		g_assert_cmpint(first, ==, is_part ? rows[i].first : -7);
		g_assert_cmpint(part, ==, is_part ? rows[i].part : -7);
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/range/header", test_a_header_is_one_part_or_the_whole);
	return g_test_run();
}
