/* Which addresses an upstream may lead to: both ends of every special block, and their neighbours.
 */
#include <arpa/inet.h>
#include <glib.h>
#include <netinet/in.h>
#include <sys/un.h>

#include "catalog/upstream/address.h"

static bool
is_public(const char *text)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};

	if (inet_pton(AF_INET, text, &v4.sin_addr) == 1)
		return sl_address_is_public((const struct sockaddr *)&v4);
	g_assert_cmpint(inet_pton(AF_INET6, text, &v6.sin6_addr), ==, 1);
	return sl_address_is_public((const struct sockaddr *)&v6);
}

static void
test_special_addresses_are_closed(void)
{
	static const char *const closed[] = {
		"0.0.0.0",
		"0.255.255.255",
		"10.0.0.0",
		"10.255.255.255",
		"100.64.0.0",
		"100.127.255.255",
		"127.0.0.0",
		"127.0.0.1",
		"127.255.255.255",
		"169.254.0.0",
		"169.254.169.254",
		"169.254.255.255",
		"172.16.0.0",
		"172.31.255.255",
		"192.0.0.0",
		"192.0.0.255",
		"192.0.2.0",
		"192.0.2.255",
		"192.88.99.0",
		"192.88.99.255",
		"192.168.0.0",
		"192.168.255.255",
		"198.18.0.0",
		"198.19.255.255",
		"198.51.100.0",
		"198.51.100.255",
		"203.0.113.0",
		"203.0.113.255",
		"224.0.0.0",
		"239.255.255.255",
		"240.0.0.0",
		"255.255.255.255",
		"::",
		"::1",
		"::7f00:1",
		"::8.8.8.8",
		"::ffff:127.0.0.1",
		"::ffff:10.1.2.3",
		"::ffff:192.168.0.1",
		"::ffff:169.254.169.254",
		"::ffff:0.0.0.0",
		"::ffff:0:8.8.8.8",
		"64:ff9b::127.0.0.1",
		"64:ff9b::10.0.0.1",
		"64:ff9b::192.0.2.1",
		"64:ff9b:0:0:0:1:808:808",
		"64:ff9b:1::808:808",
		"100::1",
		"100:0:0:1::1",
		"2001::1",
		"2001:0:4136:e378:8000:63bf:3fff:fdd2",
		"2001:2::1",
		"2001:10::1",
		"2001:1f:ffff::1",
		"2001:20::1",
		"2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff",
		"2001:db8::",
		"2001:db8:ffff:ffff:ffff:ffff:ffff:ffff",
		"2002:7f00:1::1",
		"2002:a00:1::",
		"2002:c0a8:101::1",
		"2002:a9fe:a9fe::",
		"3fff::1",
		"3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff",
		"4000::1",
		"5f00::1",
		"fc00::1",
		"fdff:ffff::1",
		"fe80::1",
		"febf::1",
		"fec0::1",
		"ff00::",
		"ff02::1",
		"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
	};

	for (size_t i = 0; i < G_N_ELEMENTS(closed); i++)
		if (is_public(closed[i]))
			g_error("%s is let through", closed[i]);
}

static void
test_all_others_are_open(void)
{
	static const char *const open[] = {
		"1.0.0.0",	    "9.255.255.255",	"11.0.0.0",	   "100.63.255.255",
		"100.128.0.0",	    "126.255.255.255",	"128.0.0.0",	   "169.253.255.255",
		"169.255.0.0",	    "172.15.255.255",	"172.32.0.0",	   "192.0.1.0",
		"192.0.3.0",	    "192.88.98.255",	"192.88.100.0",	   "192.167.255.255",
		"192.169.0.0",	    "198.17.255.255",	"198.20.0.0",	   "198.51.99.255",
		"198.51.101.0",	    "203.0.112.255",	"203.0.114.0",	   "223.255.255.255",
		"::ffff:8.8.8.8",   "64:ff9b::8.8.8.8", "2000::1",	   "2001:200::1",
		"2001:db7:ffff::1", "2001:db9::",	"2002:808:808::1", "2003::1",
		"2606:4700::1111",  "2a00:1450::1",	"3ffe:ffff::1",	   "3fff:1000::1",
	};

	for (size_t i = 0; i < G_N_ELEMENTS(open); i++)
		if (!is_public(open[i]))
			g_error("%s is closed", open[i]);
}

static void
test_what_is_no_internet_address_is_closed(void)
{
	const struct sockaddr_un local = {.sun_family = AF_UNIX};
	const struct sockaddr none = {.sa_family = AF_UNSPEC};

	g_assert_false(sl_address_is_public((const struct sockaddr *)&local));
	g_assert_false(sl_address_is_public(&none));
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/address/closed", test_special_addresses_are_closed);
	g_test_add_func("/address/open", test_all_others_are_open);
	g_test_add_func("/address/other", test_what_is_no_internet_address_is_closed);
	return g_test_run();
}
