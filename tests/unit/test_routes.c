/* The table of the admin API: what each route asks for, and what each role has. */
#include <glib.h>
#include <string.h>

#include "server/admin/admin.h"

/* What anybody may ask for, and what everybody who is signed in may change: their own. */
static const char *const open_to_all[] = {"openapi.json", "session", "setup", NULL};
static const char *const own_to_all[] = {"sessions",   "session-confirmations", "person-passwords",
					 "api-tokens", "api-tokens/",		NULL};

static void
test_reading_takes_a_viewer_and_changing_more(void)
{
	size_t count;
	const SlAdminRoute *routes = sl_admin_routes(&count);

	g_assert_cmpuint(count, >, 30);
	for (size_t i = 0; i < count; i++) {
		bool reads = strcmp(routes[i].method, "GET") == 0;
		SlRight least = reads ? SL_RIGHT_READ : SL_RIGHT_CERTIFY;

		if (g_strv_contains(open_to_all, routes[i].path))
			least = SL_RIGHT_PUBLIC;
		else if (g_strv_contains(own_to_all, routes[i].path))
			least = SL_RIGHT_READ;
		g_test_message("%s %s", routes[i].method, routes[i].path);
		g_assert_cmpint(routes[i].right, >=, least);
	}
}

/* What an owner does without giving the password again: it lets nothing in, and nobody. */
static const char *const unconfirmed[] = {"POST setup-codes", "DELETE login-failures",
					  "DELETE upstreams/", "POST upstream-states", NULL};

static void
test_what_takes_an_owner_takes_the_password(void)
{
	size_t count;
	const SlAdminRoute *routes = sl_admin_routes(&count);

	for (size_t i = 0; i < count; i++) {
		g_autofree char *row = g_strdup_printf("%s %s", routes[i].method, routes[i].path);
		bool changes = strcmp(routes[i].method, "GET") != 0;

		g_test_message("%s", row);
		if (changes && routes[i].right == SL_RIGHT_OWN)
			g_assert_true(
				g_strv_contains(unconfirmed, row) ==
				!(routes[i].flags & (SL_ROUTE_CONFIRM | SL_ROUTE_CONFIRM_SOME)));
		if (!changes)
			g_assert_cmpuint(routes[i].flags, ==, 0);
	}
}

static void
test_no_route_hides_another(void)
{
	size_t count;
	const SlAdminRoute *routes = sl_admin_routes(&count);

	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < i; k++)
			g_assert_true(strcmp(routes[i].method, routes[k].method) != 0 ||
				      strcmp(routes[i].path, routes[k].path) != 0);
}

static void
test_a_role_has_its_right_and_all_below(void)
{
	for (SlRight role = SL_RIGHT_PUBLIC; role <= SL_RIGHT_OWN; role++)
		for (SlRight right = SL_RIGHT_PUBLIC; right <= SL_RIGHT_OWN; right++) {
			const SlAdminCall call = {.role = role};
			g_autoptr(GError) error = NULL;

			g_assert_true(sl_admin_require(&call, right, &error) == (right <= role));
			if (right > role)
				g_assert_error(error, SL_ERROR, SL_ERROR_DENIED);
		}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/routes/rights", test_reading_takes_a_viewer_and_changing_more);
	g_test_add_func("/routes/password", test_what_takes_an_owner_takes_the_password);
	g_test_add_func("/routes/unique", test_no_route_hides_another);
	g_test_add_func("/routes/roles", test_a_role_has_its_right_and_all_below);
	return g_test_run();
}
