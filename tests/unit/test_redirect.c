/* Which redirects are followed, spelling by spelling. */
#include <glib.h>

#include "catalog/base/limits.h"
#include "catalog/upstream/redirect.h"

#define HERE   "http://mirror.example.org/debian/x"
#define SECURE "https://mirror.example.org/debian/x"

static bool
follows(const char *from, const char *to, bool internal, int followed)
{
	SlRedirect redirect = {
		.asked = from, .from = from, .to = to, .internal = internal, .followed = followed};
	g_autoptr(GError) error = NULL;
	bool ok = sl_redirect_check(&redirect, &error);

	if (!ok)
		g_assert_error(error, SL_ERROR, SL_ERROR_DENIED);
	return ok;
}

static void
test_another_scheme_is_never_followed(void)
{
	static const char *const others[] = {
		"file:///etc/passwd",
		"ftp://mirror.example.org/x",
		"gopher://127.0.0.1:25/x",
		"dict://127.0.0.1/x",
		"scp://mirror.example.org/x",
		"httpx://mirror.example.org/",
		"//mirror.example.org/x",
		"/x",
		"nowhere",
		"",
		NULL,
	};

	for (size_t i = 0; i < G_N_ELEMENTS(others); i++) {
		g_assert_false(follows(HERE, others[i], false, 0));
		g_assert_false(follows(SECURE, others[i], false, 0));
		g_assert_false(follows(HERE, others[i], true, 0));
	}
}

static void
test_nothing_leads_from_https_to_http(void)
{
	g_assert_false(follows(SECURE, HERE, false, 0));
	g_assert_false(follows(SECURE, "HTTP://mirror.example.org/x", false, 0));
	g_assert_false(follows("HTTPS://mirror.example.org/", HERE, false, 0));
	g_assert_true(follows(SECURE, "https://other.example.org/x", false, 0));
	g_assert_true(follows(HERE, SECURE, false, 0));
	g_assert_true(follows(HERE, "http://other.example.org/x", false, 0));
}

static void
test_https_that_was_reached_on_the_way_is_not_left_again(void)
{
	const SlRedirect redirect = {.asked = HERE, .from = SECURE, .to = HERE, .followed = 1};
	g_autoptr(GError) error = NULL;

	g_assert_false(sl_redirect_check(&redirect, &error));
	g_assert_error(error, SL_ERROR, SL_ERROR_DENIED);
}

static void
test_there_is_an_end(void)
{
	g_assert_true(follows(HERE, HERE, false, SL_LIMIT_REDIRECTS - 1));
	g_assert_false(follows(HERE, HERE, false, SL_LIMIT_REDIRECTS));
	g_assert_false(follows(HERE, SECURE, false, 10));
}

static void
test_an_internal_upstream_stays_where_it_is(void)
{
	static const char own[] = "http://127.0.0.1:8000/x";
	static const char *const elsewhere[] = {
		"http://127.0.0.1/x",
		"http://127.0.0.1:8001/x",
		"https://127.0.0.1:8443/x",
		"http://localhost:8000/x",
		"http://2130706433:8001/x",
		"http://[::ffff:127.0.0.1]:8000/x",
		"http://[::1]:8000/x",
		"http://127.0.0.1.example.org:8000/x",
		"http://127.0.0.1:8000@example.org/x",
	};

	for (size_t i = 0; i < G_N_ELEMENTS(elsewhere); i++)
		if (follows(own, elsewhere[i], true, 0))
			g_error("%s is followed", elsewhere[i]);
	g_assert_true(follows(own, "http://127.0.0.1:8000/y", true, 0));
	g_assert_true(follows("http://Mirror:80/x", "http://mirror/y", true, 0));
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/redirect/scheme", test_another_scheme_is_never_followed);
	g_test_add_func("/redirect/https", test_nothing_leads_from_https_to_http);
	g_test_add_func("/redirect/reached",
			test_https_that_was_reached_on_the_way_is_not_left_again);
	g_test_add_func("/redirect/end", test_there_is_an_end);
	g_test_add_func("/redirect/internal", test_an_internal_upstream_stays_where_it_is);
	return g_test_run();
}
