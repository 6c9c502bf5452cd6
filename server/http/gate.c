#include "server/http/gate.h"

#include <arpa/inet.h>
#include <glib.h>
#include <netinet/in.h>
#include <string.h>
#include <strings.h>

#include "catalog/base/limits.h"

#define LENGTH_DIGITS 15 /* of a Content-Length; more is no number of bytes */

unsigned
sl_gate_target(const char *target)
{
	size_t size = strnlen(target, SL_LIMIT_TARGET + 1);

	if (size > SL_LIMIT_TARGET)
		return 414;
	if (target[0] != '/')
		return 400;
	for (size_t i = 0; i < size; i++) {
		uint8_t byte = (uint8_t)target[i];

		if (byte <= 0x20 || byte >= 0x7f)
			return 400;
		if (byte != '%')
			continue;
		if (!g_ascii_isxdigit(target[i + 1]) || !g_ascii_isxdigit(target[i + 2]))
			return 400;
		byte = (uint8_t)(g_ascii_xdigit_value(target[i + 1]) << 4 |
				 g_ascii_xdigit_value(target[i + 2]));
		if (byte < 0x20 || byte == 0x7f)
			return 400;
		i += 2;
	}
	return 0;
}

static bool
is_token(const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (!g_ascii_isalnum(text[i]) &&
		    (text[i] == '\0' || !strchr("!#$%&'*+-.^_`|~", text[i])))
			return false;
	return size > 0;
}

static bool
is_clean_value(const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		uint8_t byte = (uint8_t)text[i];

		if ((byte < 0x20 && byte != '\t') || byte == 0x7f)
			return false;
	}
	return true;
}

static bool
is_named(const SlHeader *header, const char *name)
{
	return header->name_size == strlen(name) &&
	       strncasecmp(header->name, name, header->name_size) == 0;
}

static bool
read_length(const SlHeader *header, int64_t *ret_length)
{
	int64_t length = 0;

	if (header->value_size == 0 || header->value_size > LENGTH_DIGITS)
		return false;
	for (size_t i = 0; i < header->value_size; i++) {
		if (!g_ascii_isdigit(header->value[i]))
			return false;
		length = length * 10 + (header->value[i] - '0');
	}
	*ret_length = length;
	return true;
}

/* What the headers say of the framing, counted. */
typedef struct {
	unsigned hosts;
	unsigned lengths;
	unsigned encodings;
	bool bad;
	SlGateVerdict verdict;
} Framing;

static void
take_header(Framing *framing, const SlHeader *header)
{
	if (!is_token(header->name, header->name_size) ||
	    !is_clean_value(header->value, header->value_size))
		framing->bad = true;
	if (is_named(header, "Host")) {
		framing->hosts++;
		framing->bad |= memchr(header->value, ',', header->value_size) != NULL;
	}
	if (is_named(header, "Content-Length")) {
		framing->lengths++;
		framing->bad |= !read_length(header, &framing->verdict.content_length);
	}
	if (is_named(header, "Transfer-Encoding")) {
		framing->encodings++;
		framing->verdict.chunked = header->value_size == strlen("chunked") &&
					   strncasecmp(header->value, "chunked", 7) == 0;
	}
	/* a compressed body would be a bomb; nobody needs one */
	if (is_named(header, "Content-Encoding"))
		framing->bad = true;
}

static unsigned
judge(const Framing *framing, const char *method, const char *version, bool extra_methods)
{
	bool reads = strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;
	bool writes =
		strcmp(method, "POST") == 0 ||
		(extra_methods && (strcmp(method, "PUT") == 0 || strcmp(method, "DELETE") == 0 ||
				   strcmp(method, "PATCH") == 0));
	bool is_11 = strcmp(version, "HTTP/1.1") == 0;

	if (!is_11 && strcmp(version, "HTTP/1.0") != 0)
		return 505;
	if (framing->bad || framing->hosts > 1 || (is_11 && framing->hosts == 0) ||
	    framing->lengths > 1 || framing->encodings > 1)
		return 400;
	if (framing->encodings == 1 && (!is_11 || framing->lengths > 0))
		return 400;
	if (framing->encodings == 1 && !framing->verdict.chunked)
		return 501;
	if (!reads && !writes)
		return 405;
	if (reads && (framing->encodings > 0 || framing->verdict.content_length > 0))
		return 400;
	return 0;
}

SlGateVerdict
sl_gate_headers(const char *method, const char *version, const SlHeader *headers, size_t n_headers,
		bool extra_methods)
{
	Framing framing = {.verdict = {.content_length = -1}};

	for (size_t i = 0; i < n_headers; i++)
		take_header(&framing, &headers[i]);
	framing.verdict.status = judge(&framing, method, version, extra_methods);
	return framing.verdict;
}

static bool
is_port(const char *text)
{
	return text[0] == '\0' ||
	       (text[0] == ':' && text[1 + strspn(text + 1, "0123456789")] == '\0');
}

bool
sl_gate_host_is_ours(const char *host)
{
	const char *end = host && host[0] == '[' ? strchr(host, ']') : NULL;
	g_autofree char *name = NULL;
	struct in6_addr address;

	if (!host)
		return false;
	if (end) {
		name = g_strndup(host + 1, (gsize)(end - host - 1));
		return is_port(end + 1) && inet_pton(AF_INET6, name, &address) == 1;
	}
	end = host + strcspn(host, ":");
	name = g_strndup(host, (gsize)(end - host));
	return is_port(end) && (g_ascii_strcasecmp(name, "localhost") == 0 ||
				inet_pton(AF_INET, name, &address) == 1);
}
