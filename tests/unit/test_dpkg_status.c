#include <string.h>

#include "clients/agent/dpkg_status.h"

static GPtrArray *
parse(const char *text, GError **error)
{
	return sl_dpkg_status_parse(text, strlen(text), error);
}

static void
test_what_is_installed_counts(void)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) packages = parse(
		"Package: b\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1:2-3\n"
		"Description: words\n Version: 9\n\n"
		"Package: a\nStatus: hold ok triggers-pending\nArchitecture: all\nVersion: 1\n\n"
		"Package: gone\nStatus: deinstall ok config-files\nArchitecture: all\nVersion: 1\n",
		&error);

	g_assert_no_error(error);
	g_assert_cmpuint(packages->len, ==, 2);
	g_assert_cmpstr(((SlReportPackage *)packages->pdata[0])->name, ==, "a");
	g_assert_cmpstr(sl_dpkg_status_version(packages, "b", "amd64"), ==, "1:2-3");
	g_assert_null(sl_dpkg_status_version(packages, "gone", "all"));
}

static void
test_half_an_upgrade_counts_as_the_version_before(void)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) packages = parse(
		"Package: a\nStatus: install ok half-configured\nArchitecture: amd64\n"
		"Version: 2\nConfig-Version: 1\n\n"
		"Package: new\nStatus: install ok unpacked\nArchitecture: amd64\nVersion: 2\n",
		&error);

	g_assert_no_error(error);
	g_assert_cmpuint(packages->len, ==, 1);
	g_assert_cmpstr(sl_dpkg_status_version(packages, "a", "amd64"), ==, "1");
}

static void
test_a_package_without_a_version_is_named(void)
{
	g_autoptr(GError) error = NULL;

	g_assert_null(
		parse("Package: odd\nStatus: install ok installed\nArchitecture: all\n", &error));
	g_assert_error(error, SL_ERROR, SL_ERROR_INVALID);
	g_assert_nonnull(strstr(error->message, "odd"));
}

static void
test_nothing_is_nothing(void)
{
	g_autoptr(GPtrArray) packages = parse("", NULL);

	g_assert_cmpuint(packages->len, ==, 0);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/dpkg_status/what_is_installed_counts", test_what_is_installed_counts);
	g_test_add_func("/dpkg_status/half_an_upgrade_counts_as_the_version_before",
			test_half_an_upgrade_counts_as_the_version_before);
	g_test_add_func("/dpkg_status/a_package_without_a_version_is_named",
			test_a_package_without_a_version_is_named);
	g_test_add_func("/dpkg_status/nothing_is_nothing", test_nothing_is_nothing);
	return g_test_run();
}
