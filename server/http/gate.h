/* gate.h - what libmicrohttpd 0.9.75 lets through and we do not (security 3.5, finding F1)
 *
 * Pure functions over what a client sent: a request target, and its headers. Each refusal is a
 * status; the connection is closed with it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
	const char *name;
	size_t name_size;
	const char *value;
	size_t value_size;
} SlHeader;

typedef struct {
	unsigned status;	/* 0: it may pass */
	int64_t content_length; /* -1: none given */
	bool chunked;
} SlGateVerdict;

/** 0, or 400/414: it has to begin with '/', without control or 8-bit bytes, escapes whole. */
unsigned sl_gate_target(const char *target);

/**
 * Looks at the framing: names are tokens, values have no control bytes, exactly one Host (none
 * needed in HTTP/1.0), at most one Content-Length of digits, Transfer-Encoding only "chunked",
 * alone, in HTTP/1.1; no body with GET and HEAD.
 *
 * @param method   "GET", "HEAD" and "POST" may pass; others when extra_methods is true
 * @param version  "HTTP/1.0" or "HTTP/1.1"
 */
SlGateVerdict sl_gate_headers(const char *method, const char *version, const SlHeader *headers,
			      size_t n_headers, bool extra_methods);

/**
 * Whether a Host is an address or localhost, with a port or without; NULL is neither. Any other
 * name is one that its owner can let point here, to make a browser ask us in our own origin.
 */
bool sl_gate_host_is_ours(const char *host);
