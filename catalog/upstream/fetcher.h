/* fetcher.h - downloads from upstreams by libcurl, several at once, within limits
 *
 * An upstream is not trusted: only http and https, at most three redirects followed by our own
 * code and checked again, no way from https to http, no private addresses unless the upstream is
 * internal (then its own host and port and nothing else), sizes cut at the first byte too many,
 * slow ones given up. Nothing from the environment (proxies, netrc, cookies) is used.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "catalog/base/error.h"
#include "catalog/base/jobs.h"

typedef struct {
	int64_t connect_s;	 /* to connect, seconds */
	int64_t low_speed_bytes; /* a second; slower for low_speed_s is given up */
	int64_t low_speed_s;
	unsigned parallel; /* downloads at once */
} SlFetchLimits;

/** 15 s, 1,024 bytes a second for low_speed_s (0: 60), 4 at once. */
SlFetchLimits sl_fetch_limits(int64_t low_speed_s);

typedef struct SlFetch SlFetch;

/* Called on the thread that runs the downloads; each may be NULL. */
typedef struct {
	/** Just before it starts, to open what it needs; false: it is over without being asked for.
	 */
	bool (*prepare)(SlFetch *fetch, gpointer data);
	/** Before the first byte of the file is written. */
	void (*begin)(SlFetch *fetch, gpointer data);
	/** As soon as it has ended, well or not. */
	void (*done)(SlFetch *fetch, gpointer data);
} SlFetchCalls;

struct SlFetch {
	char *url;
	bool internal;	/* its host and port may be private, and redirects stay on them */
	int fd;		/* written from its beginning, or from offset on; the caller's */
	int64_t limit;	/* bytes the whole file may have */
	int64_t offset; /* bytes that are there already; resumed when the validator still holds */
	char *if_range; /* strong ETag of those bytes; NULL starts anew */
	char *etag;	/* conditional: 304 when it is still that one; may be NULL */
	char *modified; /* likewise, a Last-Modified text */
	/* what came of it */
	int64_t status;	  /* HTTP: 200, 206, 304, 404 */
	int64_t received; /* bytes over the wire, with headers and redirects */
	int64_t position; /* bytes of the file that are there */
	char *ret_etag;	  /* of the last answer, not of a redirect before it */
	char *ret_modified;
	GError *error; /* SL_ERROR_UPSTREAM, _LIMIT, _DENIED, _CANCELLED, _IO; NULL when it came */
	gpointer data; /* the caller's */
};

SlFetch *sl_fetch_new(const char *url, bool internal, int fd, int64_t limit);
void sl_fetch_free(SlFetch *fetch);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SlFetch, sl_fetch_free)

/**
 * Runs all downloads; each one's outcome is in itself. Progress goes to the job's current step.
 *
 * @param fetches  (element-type SlFetch)
 * @param calls    may be NULL
 * @param data     for calls
 *
 * @return false only when the job was cancelled
 */
bool sl_fetch_all(GPtrArray *fetches, const SlFetchLimits *limits, SlJob *job,
		  const SlFetchCalls *calls, gpointer data, GError **error);

/**
 * Runs one; true when it came with 200 or 206, or 304 where that was asked for. 404 is
 * SL_ERROR_NOT_FOUND.
 */
bool sl_fetch_one(SlFetch *fetch, const SlFetchLimits *limits, SlJob *job,
		  const SlFetchCalls *calls, GError **error);
