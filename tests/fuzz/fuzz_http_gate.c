/* The gate lets nothing pass that a strict reader of RFC 9112 would refuse or read differently.
 *
 * Input: a request's head, split into a target and headers as loosely as a server might.
 */
#include <string.h>
#include <strings.h>

#include "catalog/base/limits.h"
#include "fuzz.h"
#include "server/http/gate.h"

#define HEADERS 64

/* What the strict reader found. */
typedef struct {
	bool ok;
	bool chunked;
	int64_t length; /* -1: none */
} Strict;

static bool
is(const SlHeader *header, const char *name)
{
	return header->name_size == strlen(name) &&
	       g_ascii_strncasecmp(header->name, name, header->name_size) == 0;
}

static bool
tchar(unsigned char c)
{
	switch (c) {
	case '0' ... '9':
	case 'a' ... 'z':
	case 'A' ... 'Z':
	case '!':
	case '#' ... '\'':
	case '*':
	case '+':
	case '-':
	case '.':
	case '^' ... '`':
	case '|':
	case '~':
		return true;
	default:
		return false;
	}
}

static bool
field_is_clean(const SlHeader *header)
{
	if (header->name_size == 0)
		return false;
	for (size_t i = 0; i < header->name_size; i++)
		if (!tchar((unsigned char)header->name[i]))
			return false;
	for (size_t i = 0; i < header->value_size; i++) {
		unsigned char c = (unsigned char)header->value[i];

		if (c != '\t' && (c < ' ' || c == 0x7f))
			return false;
	}
	return true;
}

/* every length has to be digits alone, and there may be one; anything else is smuggling */
static bool
read_lengths(const SlHeader *headers, size_t n, int64_t *ret_length)
{
	*ret_length = -1;
	for (size_t i = 0; i < n; i++) {
		if (!is(&headers[i], "Content-Length"))
			continue;
		if (*ret_length >= 0 || headers[i].value_size == 0)
			return false;
		*ret_length = 0;
		for (size_t j = 0; j < headers[i].value_size; j++) {
			char c = headers[i].value[j];

			if (c < '0' || c > '9' || *ret_length > (INT64_MAX - 9) / 10)
				return false;
			*ret_length = *ret_length * 10 + (c - '0');
		}
	}
	return true;
}

static size_t
count(const SlHeader *headers, size_t n, const char *name)
{
	size_t found = 0;

	for (size_t i = 0; i < n; i++)
		found += is(&headers[i], name);
	return found;
}

static bool
codings_are_fit(const SlHeader *headers, size_t n, bool *ret_chunked)
{
	*ret_chunked = false;
	for (size_t i = 0; i < n; i++) {
		if (!is(&headers[i], "Transfer-Encoding"))
			continue;
		if (*ret_chunked || headers[i].value_size != 7 ||
		    g_ascii_strncasecmp(headers[i].value, "chunked", 7) != 0)
			return false;
		*ret_chunked = true;
	}
	return true;
}

static Strict
strict(const char *method, const char *version, const SlHeader *headers, size_t n)
{
	Strict found = {0};
	bool old = strcmp(version, "HTTP/1.0") == 0;
	bool body_less = strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;
	size_t hosts = count(headers, n, "Host");

	for (size_t i = 0; i < n; i++)
		if (!field_is_clean(&headers[i]))
			return found;
	if (!read_lengths(headers, n, &found.length) ||
	    !codings_are_fit(headers, n, &found.chunked))
		return found;
	if ((!old && strcmp(version, "HTTP/1.1") != 0) || (old && found.chunked) ||
	    (found.chunked && found.length >= 0))
		return found;
	if (hosts > 1 || (hosts == 0 && !old))
		return found;
	if (!body_less && strcmp(method, "POST") != 0)
		return found;
	if (body_less && (found.chunked || found.length > 0))
		return found;
	found.ok = true;
	return found;
}

/* absolute path of visible ASCII whose escapes are whole and decode to no control character */
static bool
strict_target(const char *target)
{
	size_t size = strlen(target);

	if (size > SL_LIMIT_TARGET || target[0] != '/')
		return false;
	for (size_t i = 0; i < size; i++) {
		char hex[3] = {0};
		long byte;

		if (target[i] <= ' ' || target[i] > '~')
			return false;
		if (target[i] != '%')
			continue;
		if (i + 2 >= size || !strchr("0123456789abcdefABCDEF", target[i + 1]) ||
		    !strchr("0123456789abcdefABCDEF", target[i + 2]))
			return false;
		memcpy(hex, target + i + 1, 2);
		byte = (long)g_ascii_strtoull(hex, NULL, 16);
		if (byte < ' ' || byte == 0x7f)
			return false;
	}
	return true;
}

static size_t
split(char *text, size_t size, SlHeader *headers)
{
	char *end = text + size;
	size_t n = 0;

	while (text < end && n < HEADERS) {
		char *newline = memchr(text, '\n', (size_t)(end - text));
		char *stop = newline ? newline : end;
		char *next = newline ? newline + 1 : end;
		char *colon;

		if (stop > text && stop[-1] == '\r')
			stop--;
		colon = memchr(text, ':', (size_t)(stop - text));
		headers[n].name = text;
		headers[n].name_size = (size_t)((colon ? colon : stop) - text);
		headers[n].value = colon ? colon + 1 : stop;
		while (headers[n].value < stop && *headers[n].value == ' ')
			headers[n].value++;
		headers[n].value_size = (size_t)(stop - headers[n].value);
		n++;
		text = next;
	}
	return n;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *newline = memchr(data, '\n', size);
	size_t first = newline ? (size_t)(newline - data) : size;
	g_autofree char *line = g_strndup((const char *)data, first);
	g_auto(GStrv) words = g_strsplit(line, " ", 3);
	g_autofree char *rest = NULL;
	SlHeader headers[HEADERS];
	SlGateVerdict verdict;
	Strict found;
	size_t rest_size, n;

	if (g_strv_length(words) != 3)
		return 0;
	g_strchomp(words[2]);
	if ((sl_gate_target(words[1]) == 0) != strict_target(words[1]))
		g_error("target \"%s\"", words[1]);
	rest_size = size - first - (newline != NULL);
	rest = g_malloc(rest_size + 1); /* no headers are a pointer to nothing, not none */
	memcpy(rest, data + size - rest_size, rest_size);
	n = split(rest, rest_size, headers);
	verdict = sl_gate_headers(words[0], words[2], headers, n, false);
	found = strict(words[0], words[2], headers, n);
	if (verdict.status == 0 && !found.ok)
		g_error("lets pass what a strict reader refuses");
	if (verdict.status == 0 &&
	    (verdict.chunked != found.chunked || verdict.content_length != found.length))
		g_error("reads the framing differently");
	return 0;
}
