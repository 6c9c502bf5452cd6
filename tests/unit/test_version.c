/* Versions stand in the order that dpkg puts them in. */
#include <glib.h>

#include "catalog/version.h"

/* lower, higher */
static const char *const ordered[][2] = {
	{"1.0", "1.1"},
	{"1.9", "1.10"},
	{"1.0~rc1", "1.0"},
	{"1.0~rc1-1", "1."},
	{"1.0-1", "1.0-1+b1"},
	{"1.0-9", "1.0-10"},
	{"1.0", "1.0a"},
	{"1.0a", "1.0+"},
	{"9", "1:0"},
	{"1:9", "2:0"},
	{"1.0-1~deb12", "1.0-1"},
	{"1.0~~", "1.0~"},
	{"1.0", "1.0-0.1"},
	{"2:1.0-1", "2:1.0-1+deb12u1"},
};

static const char *const equal[][2] = {
	{"1.0", "1.0-0"}, {"1.0", "1."},	 {"1.0", "0:1.0"},
	{"1.00", "1.0"},  {"1.0-1a", "1.0-1a0"}, {"1.0-", "1.0"},
};

static void
test_order_is_that_of_dpkg(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(ordered); i++) {
		g_assert_cmpint(sl_version_compare(ordered[i][0], ordered[i][1]), <, 0);
		g_assert_cmpint(sl_version_compare(ordered[i][1], ordered[i][0]), >, 0);
	}
	for (size_t i = 0; i < G_N_ELEMENTS(equal); i++) {
		g_assert_cmpint(sl_version_compare(equal[i][0], equal[i][1]), ==, 0);
		g_assert_cmpint(sl_version_compare(equal[i][1], equal[i][0]), ==, 0);
	}
}

static void
test_what_is_no_version_is_refused(void)
{
	static const char *const refused[] = {"",    "a b",  "1:",  ":1",	    "1/2", "-1",
					      "1\n", "\xff", "1_0", "1234567890:1", "1-",  "~1"};

	g_assert_true(sl_version_is_valid("2:1.0~rc1+dfsg-1+deb12u1"));
	for (size_t i = 0; i < G_N_ELEMENTS(refused); i++)
		g_assert_false(sl_version_is_valid(refused[i]));
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/version/order", test_order_is_that_of_dpkg);
	g_test_add_func("/version/refused", test_what_is_no_version_is_refused);
	return g_test_run();
}
