/* Where a request came from: what trusted proxies say, and nobody else */
#include <string.h>

#include "server/http/proxies.h"

static SlProxies *
trusting(const char *words, GError **error)
{
	g_auto(GStrv) texts = g_strsplit(words, " ", -1);

	return sl_proxies_new((const char *const *)texts, error);
}

#define TRUSTED "127.0.0.1 ::1 10.0.0.0/8 192.0.2.128/25 fd00:1::/32 2001:db8::7"

static const struct {
	const char *peer;
	const char *forwarded;
	const char *source;
} requests[] = {
	/* nobody stands between, or nobody says so */
	{"198.51.100.1", "", "198.51.100.1"},
	{"2001:db8::1", "", "2001:db8::1"},
	{"127.0.0.1", "", "127.0.0.1"},
	/* what a stranger says is nobody's word */
	{"198.51.100.1", "203.0.113.5", "198.51.100.1"},
	{"2001:db8::8", "203.0.113.5", "2001:db8::8"},
	/* a proxy says who asked it, whatever that one said before */
	{"127.0.0.1", "203.0.113.5", "203.0.113.5"},
	{"::1", "2001:DB8:0:0::5", "2001:db8::5"},
	{"2001:db8::7", "203.0.113.5", "203.0.113.5"},
	{"127.0.0.1", "198.51.100.9, 203.0.113.5", "203.0.113.5"},
	{"127.0.0.1", "127.0.0.1, 203.0.113.5", "203.0.113.5"},
	{"127.0.0.1", "nonsense\x01,,, 203.0.113.5", "203.0.113.5"},
	/* proxies behind proxies */
	{"127.0.0.1", "203.0.113.5, 10.1.2.3", "203.0.113.5"},
	{"127.0.0.1", "203.0.113.5,10.1.2.3 ,\t10.255.255.255", "203.0.113.5"},
	{"127.0.0.1", "203.0.113.5, 11.1.2.3", "11.1.2.3"},
	{"127.0.0.1", "203.0.113.5, 192.0.2.200", "203.0.113.5"},
	{"127.0.0.1", "203.0.113.5, 192.0.2.127", "192.0.2.127"},
	{"127.0.0.1", "203.0.113.5, fd00:1:ffff::1", "203.0.113.5"},
	{"127.0.0.1", "203.0.113.5, fd00:2::1", "fd00:2::1"},
	{"127.0.0.1", "10.0.0.1, 10.0.0.2", "10.0.0.1"},
	/* IPv4 is the same however it came */
	{"::ffff:127.0.0.1", "203.0.113.5", "203.0.113.5"},
	{"127.0.0.1", "203.0.113.5, ::ffff:10.1.2.3", "203.0.113.5"},
	{"127.0.0.1", "::FFFF:203.0.113.5", "203.0.113.5"},
	/* what is no list of addresses is not believed at all */
	{"127.0.0.1", "unknown", "127.0.0.1"},
	{"127.0.0.1", "203.0.113.5, unknown", "127.0.0.1"},
	{"127.0.0.1", "203.0.113.5:4711", "127.0.0.1"},
	{"127.0.0.1", "[2001:db8::5]", "127.0.0.1"},
	{"127.0.0.1", "fe80::1%eth0", "127.0.0.1"},
	{"127.0.0.1", "203.0.113", "127.0.0.1"},
	{"127.0.0.1", "203.0.113.05.1", "127.0.0.1"},
	{"127.0.0.1", "203.0.113.5,", "127.0.0.1"},
	{"127.0.0.1", ", ,", "127.0.0.1"},
	{"127.0.0.1", " ", "127.0.0.1"},
	{"127.0.0.1", "203.0.113.5, , 10.0.0.1", "127.0.0.1"},
	{"127.0.0.1", "203.0.113.5 10.0.0.1", "127.0.0.1"},
	{"127.0.0.1", "203.0.113.5; 10.0.0.1", "127.0.0.1"},
	{"127.0.0.1", "0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000", "127.0.0.1"},
	/* a socket has no address */
	{"", "203.0.113.5", ""},
};

static void
test_the_source_is_who_asked_the_first_trusted_proxy(void)
{
	g_autoptr(SlProxies) proxies = trusting(TRUSTED, NULL);

	for (size_t i = 0; i < G_N_ELEMENTS(requests); i++) {
		g_autofree char *source =
			sl_proxies_source(proxies, requests[i].peer, requests[i].forwarded);

		g_test_message("%s: %s", requests[i].peer, requests[i].forwarded);
		g_assert_cmpstr(source, ==, requests[i].source);
	}
}

static void
test_where_none_is_trusted_the_peer_is_the_source(void)
{
	g_autoptr(SlProxies) proxies = trusting("", NULL);
	g_autofree char *source = sl_proxies_source(proxies, "127.0.0.1", "203.0.113.5");

	g_assert_cmpstr(source, ==, "127.0.0.1");
}

static void
test_a_list_however_long_is_read(void)
{
	g_autoptr(SlProxies) proxies = trusting(TRUSTED, NULL);
	g_autoptr(GString) list = g_string_new("203.0.113.5");
	g_autofree char *source = NULL;

	for (int i = 0; i < 5000; i++)
		g_string_append(list, ",10.0.0.1");
	source = sl_proxies_source(proxies, "127.0.0.1", list->str);
	g_assert_cmpstr(source, ==, "203.0.113.5");
}

static void
test_what_is_no_proxy_is_named(void)
{
	static const char *const wrong[] = {
		"proxy.example.org", "10.0.0.0/33", "10.0.0.0/0",   "::/0",   "10.0.0.0/",
		"10.0.0.0/8/8",	     "10.0.0.0/+8", "10.0.0.0/8,",  "10/8",   "fd00::/129",
		"10.0.0.0/-8",	     "[::1]",	    "127.0.0.1:80", "fd00:/8"};

	for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
		g_autofree char *texts = g_strconcat("127.0.0.1 ", wrong[i], NULL);
		g_autofree char *named = g_strdup_printf("'%s' is no address", wrong[i]);
		g_autoptr(GError) error = NULL;

		g_test_message("%s", wrong[i]);
		g_assert_null(trusting(texts, &error));
		g_assert_error(error, SL_ERROR, SL_ERROR_INVALID);
		g_assert_true(g_str_has_prefix(error->message, named));
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/proxies/source", test_the_source_is_who_asked_the_first_trusted_proxy);
	g_test_add_func("/proxies/none", test_where_none_is_trusted_the_peer_is_the_source);
	g_test_add_func("/proxies/long", test_a_list_however_long_is_read);
	g_test_add_func("/proxies/wrong", test_what_is_no_proxy_is_named);
	return g_test_run();
}
