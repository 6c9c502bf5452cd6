/* What may pass the gate, and with which status the rest is turned away */
#include <glib.h>
#include <string.h>

#include "catalog/base/limits.h"
#include "server/http/gate.h"

static const struct {
	const char *target;
	unsigned status;
} targets[] = {
	{"/", 0},
	{"/apt/production/dists/bookworm-security/InRelease", 0},
	{"/pool/g++_12%3a2.2~x_amd64.deb", 0},
	{"/a?b=c&d=%20", 0},
	{"/%c3%a4", 0},
	{"/%2e%2e/etc", 0}, /* it is looked up, and not found */
	{"", 400},
	{"a", 400},
	{"*", 400},
	{"http://example.org/", 400},
	{"/a b", 400},
	{"/a\tb", 400},
	{"/a\nb", 400},
	{"/a\rb", 400},
	{"/a\x7f", 400},
	{"/\xc3\xa4", 400},
	{"/%", 400},
	{"/%4", 400},
	{"/%4g", 400},
	{"/%%41", 400},
	{"/%u0041", 400},
	{"/%00", 400},
	{"/%0a", 400},
	{"/%0D", 400},
	{"/%1f", 400},
	{"/%7F", 400},
};

static void
test_a_target_is_printable_and_whole(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(targets); i++) {
		/* in memory of its own, so that reading beyond it is noticed */
		g_autofree char *target = g_strdup(targets[i].target);

		g_test_message("%s", target);
		g_assert_cmpuint(sl_gate_target(target), ==, targets[i].status);
	}
}

static void
test_a_target_that_is_too_long_is_refused(void)
{
	g_autofree char *target = g_strnfill(SL_LIMIT_TARGET + 1, 'a');

	target[0] = '/';
	g_assert_cmpuint(sl_gate_target(target), ==, 414);
	target[SL_LIMIT_TARGET] = '\0';
	g_assert_cmpuint(sl_gate_target(target), ==, 0);
	target[SL_LIMIT_TARGET - 1] = '%';
	g_assert_cmpuint(sl_gate_target(target), ==, 400);
}

/* "Name: value" lines, separated by LF; the value begins behind the colon and blank. */
static SlGateVerdict
judge(const char *method, const char *version, const char *lines, bool extra_methods)
{
	g_auto(GStrv) parts = g_strsplit(lines, "\n", -1);
	SlHeader headers[16];
	size_t count = 0;

	for (char **line = parts; *line && **line; line++) {
		char *colon = strstr(*line, ": ");

		g_assert_nonnull(colon);
		g_assert_cmpuint(count, <, G_N_ELEMENTS(headers));
		headers[count++] =
			(SlHeader){*line, (size_t)(colon - *line), colon + 2, strlen(colon + 2)};
	}
	return sl_gate_headers(method, version, headers, count, extra_methods);
}

#define H "Host: x\n"

static const struct {
	const char *method;
	const char *version;
	const char *lines;
	unsigned status;
	int64_t length;
	bool chunked;
} requests[] = {
	{"GET", "HTTP/1.1", H, 0, -1, false},
	{"HEAD", "HTTP/1.1", H "User-Agent: apt\tx\n", 0, -1, false},
	{"GET", "HTTP/1.1", "hOsT: x\n", 0, -1, false},
	{"GET", "HTTP/1.1", "Host: \n", 0, -1, false},
	{"GET", "HTTP/1.0", "", 0, -1, false},
	{"GET", "HTTP/1.0", H, 0, -1, false},
	{"GET", "HTTP/1.1", H "Content-Length: 0\n", 0, 0, false},
	{"POST", "HTTP/1.1", H "Content-Length: 5\n", 0, 5, false},
	{"POST", "HTTP/1.1", H "Content-Length: 999999999999999\n", 0, 999999999999999, false},
	{"POST", "HTTP/1.1", H "Transfer-Encoding: chunked\n", 0, -1, true},
	{"POST", "HTTP/1.1", H "transfer-encoding: CHUNKED\n", 0, -1, true},
	{"POST", "HTTP/1.1", H, 0, -1, false},
	/* whose request is it */
	{"GET", "HTTP/1.1", "", 400, 0, false},
	{"GET", "HTTP/1.1", H H, 400, 0, false},
	{"GET", "HTTP/1.0", H "Host: y\n", 400, 0, false},
	{"GET", "HTTP/1.1", "Host: x, y\n", 400, 0, false},
	{"GET", "HTTP/2.0", H, 505, 0, false},
	{"GET", "HTTP/1.2", H, 505, 0, false},
	{"GET", "http/1.1", H, 505, 0, false},
	{"GET", "", H, 505, 0, false},
	/* where does it end */
	{"POST", "HTTP/1.1", H "Content-Length: 5\nContent-Length: 5\n", 400, 0, false},
	{"POST", "HTTP/1.1", H "Content-Length: 5\nContent-Length: 6\n", 400, 0, false},
	{"POST", "HTTP/1.1", H "Content-Length: 5, 5\n", 400, 0, false},
	{"POST", "HTTP/1.1", H "Content-Length: +5\n", 400, 0, false},
	{"POST", "HTTP/1.1", H "Content-Length: -5\n", 400, 0, false},
	{"POST", "HTTP/1.1", H "Content-Length: 5 \n", 400, 0, false},
	{"POST", "HTTP/1.1", H "Content-Length:  5\n", 400, 0, false},
	{"POST", "HTTP/1.1", H "Content-Length: 0x5\n", 400, 0, false},
	{"POST", "HTTP/1.1", H "Content-Length: 5.0\n", 400, 0, false},
	{"POST", "HTTP/1.1", H "Content-Length: \n", 400, 0, false},
	{"POST", "HTTP/1.1", H "Content-Length: 1000000000000000\n", 400, 0, false},
	{"POST", "HTTP/1.1", H "Content-Length: 18446744073709551617\n", 400, 0, false},
	{"POST", "HTTP/1.1", H "Transfer-Encoding: chunked\nContent-Length: 5\n", 400, 0, false},
	{"POST", "HTTP/1.1", H "Content-Length: 5\nTransfer-Encoding: chunked\n", 400, 0, false},
	{"POST", "HTTP/1.1", H "Transfer-Encoding: chunked\nTransfer-Encoding: chunked\n", 400, 0,
	 false},
	{"POST", "HTTP/1.1", H "Transfer-Encoding: identity\nTransfer-Encoding: chunked\n", 400, 0,
	 false},
	{"POST", "HTTP/1.0", "Transfer-Encoding: chunked\n", 400, 0, false},
	{"POST", "HTTP/1.1", H "Transfer-Encoding: gzip, chunked\n", 501, 0, false},
	{"POST", "HTTP/1.1", H "Transfer-Encoding: chunked, chunked\n", 501, 0, false},
	{"POST", "HTTP/1.1", H "Transfer-Encoding: xchunked\n", 501, 0, false},
	{"POST", "HTTP/1.1", H "Transfer-Encoding: chunked \n", 501, 0, false},
	{"POST", "HTTP/1.1", H "Transfer-Encoding: \n", 501, 0, false},
	{"POST", "HTTP/1.1", H "Content-Length: 5\nContent-Encoding: gzip\n", 400, 0, false},
	{"GET", "HTTP/1.1", H "Content-Length: 1\n", 400, 0, false},
	{"HEAD", "HTTP/1.1", H "Transfer-Encoding: chunked\n", 400, 0, false},
	/* what is no header */
	{"GET", "HTTP/1.1", H "X Y: 1\n", 400, 0, false},
	{"GET", "HTTP/1.1", H "Host : y\n", 400, 0, false},
	{"GET", "HTTP/1.1", H "X(: 1\n", 400, 0, false},
	{"GET", "HTTP/1.1", H ": 1\n", 400, 0, false},
	{"GET", "HTTP/1.1", H "X\xc3\xa4: 1\n", 400, 0, false},
	{"GET", "HTTP/1.1", H "X: 1\r\n", 400, 0, false},
	{"GET", "HTTP/1.1", H "X: \x1b[2J\n", 400, 0, false},
	{"GET", "HTTP/1.1", H "X: \x7f\n", 400, 0, false},
	/* what is no method of ours */
	{"PUT", "HTTP/1.1", H, 405, 0, false},
	{"OPTIONS", "HTTP/1.1", H, 405, 0, false},
	{"get", "HTTP/1.1", H, 405, 0, false},
	{"", "HTTP/1.1", H, 405, 0, false},
	{"CONNECT", "HTTP/1.1", H, 405, 0, false},
};

static void
test_a_request_is_framed_in_one_way_only(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(requests); i++) {
		SlGateVerdict verdict =
			judge(requests[i].method, requests[i].version, requests[i].lines, false);

		g_test_message("%s %s %s", requests[i].method, requests[i].version,
			       requests[i].lines);
		g_assert_cmpuint(verdict.status, ==, requests[i].status);
		if (verdict.status != 0)
			continue;
		g_assert_cmpint(verdict.content_length, ==, requests[i].length);
		g_assert_true(verdict.chunked == requests[i].chunked);
	}
}

static void
test_a_nul_is_in_no_header(void)
{
	const SlHeader headers[][2] = {
		{{"Host", 4, "x", 1}, {"X\0Y", 3, "1", 1}},
		{{"Host", 4, "x", 1}, {"X", 1, "1\0002", 3}},
		{{"Host", 4, "x\0y", 3}, {"X", 1, "1", 1}},
		{{"Host\0", 5, "x", 1}, {"X", 1, "1", 1}},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(headers); i++)
		g_assert_cmpuint(sl_gate_headers("GET", "HTTP/1.1", headers[i], 2, false).status,
				 ==, 400);
}

static void
test_the_admin_side_has_more_methods(void)
{
	static const char *const more[] = {"PUT", "PATCH", "DELETE"};
	static const char *const never[] = {"OPTIONS", "TRACE", "CONNECT", "delete"};

	for (size_t i = 0; i < G_N_ELEMENTS(more); i++) {
		g_assert_cmpuint(judge(more[i], "HTTP/1.1", H, true).status, ==, 0);
		g_assert_cmpuint(judge(more[i], "HTTP/1.1", H, false).status, ==, 405);
	}
	for (size_t i = 0; i < G_N_ELEMENTS(never); i++)
		g_assert_cmpuint(judge(never[i], "HTTP/1.1", H, true).status, ==, 405);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/gate/target", test_a_target_is_printable_and_whole);
	g_test_add_func("/gate/long", test_a_target_that_is_too_long_is_refused);
	g_test_add_func("/gate/framing", test_a_request_is_framed_in_one_way_only);
	g_test_add_func("/gate/nul", test_a_nul_is_in_no_header);
	g_test_add_func("/gate/admin", test_the_admin_side_has_more_methods);
	return g_test_run();
}
