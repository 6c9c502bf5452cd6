/* server.h - an HTTP listener on libmicrohttpd, behind the gate and the watchdog
 *
 * A handler gets a whole request (its body read, within the cap that admit gave) and answers it, at
 * once or later from any thread. Deadlines are absolute: who has not sent a whole header, a
 * whole body, or taken enough of an answer by then is disconnected.
 *
 * A connection stays with one of libmicrohttpd's threads: a handler that waits there has all of
 * the thread's others wait, too. Where handlers wait, workers call them.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "catalog/base/error.h"
#include "server/http/tls.h"

typedef struct SlHttpServer SlHttpServer;
typedef struct SlRequest SlRequest;
typedef struct SlResponse SlResponse;

typedef struct {
	const char *name;
	const char *value;
} SlHttpHeader;

/** Bytes of body a request may have; -404, -405 and the like refuse it at once. */
typedef int64_t (*SlHttpAdmit)(SlRequest *request, gpointer data);

/** Whether what is asked for takes so much memory that few may be worked on at once. */
typedef bool (*SlHttpIsLarge)(const SlRequest *request);

/** What says that no handler is asked: 400, 401, 405, 413, 414, 431, 501, 503 or 505. */
typedef SlResponse *(*SlHttpRefuse)(unsigned status);

/** Has to lead to one sl_request_answer, now or later. */
typedef void (*SlHttpHandler)(SlRequest *request, gpointer data);

typedef struct {
	int listen_fd;		/* stays the caller's */
	unsigned threads;	/* that read and write */
	unsigned workers;	/* that call the handler; 0: who read the request does */
	unsigned large_workers; /* that call it for what is_large: as many as there is memory for */
	unsigned max_connections;
	unsigned max_per_address;    /* 0: no limit */
	unsigned crowded;	     /* connections; with each one more, the oldest makes room that
				      * waits for its client, and is not kept; 0: none ever does */
	size_t connection_memory;    /* bytes for a connection's headers */
	int64_t header_s;	     /* for a whole header */
	int64_t body_s;		     /* for a whole body after the header */
	int64_t idle_s;		     /* between two requests */
	int64_t slow_bytes;	     /* a second, over 60 s, that a download has to take */
	bool extra_methods;	     /* PUT, DELETE and PATCH as well */
	const SlTls *tls;	     /* NULL: plain HTTP */
	const SlHttpHeader *headers; /* that each answer has, refusals too, but for the fixed words
				      * of libmicrohttpd to what is no HTTP; NULL: none; the last
				      * has no name */
	SlHttpIsLarge is_large;	     /* NULL: nothing is */
	SlHttpRefuse refuse;	     /* NULL: a refusal is its number */
	SlHttpAdmit admit;
	SlHttpHandler handler;
	gpointer data;
} SlHttpOptions;

SlHttpServer *sl_http_server_new(const SlHttpOptions *options, GError **error);
/** Connections open now. */
unsigned sl_http_server_connections(const SlHttpServer *server);
/** Whether one of its threads has been in a handler for seconds, and may be for ever. */
bool sl_http_server_hangs(const SlHttpServer *server);
/** Ends it; requests that are not answered yet get 503. */
void sl_http_server_free(SlHttpServer *server);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SlHttpServer, sl_http_server_free)

/* a request; texts are the request's until it is answered */

const char *sl_request_method(const SlRequest *request);
/** Decoded, begins with '/'; may hold anything that the gate lets through. */
const char *sl_request_path(const SlRequest *request);
/** NULL when it is not there. */
const char *sl_request_header(const SlRequest *request, const char *name);
/** All values of a header that may come more than once, as the one list that they are; owned. */
char *sl_request_header_list(const SlRequest *request, const char *name);
/** Value of a query argument, NULL when it is not there. */
const char *sl_request_argument(const SlRequest *request, const char *name);
/** Calls func for each query argument. */
void sl_request_each_argument(const SlRequest *request,
			      void (*func)(const char *name, const char *value, gpointer data),
			      gpointer data);
const char *sl_request_body(const SlRequest *request, size_t *ret_size);
/** The peer's address as text; "" on a Unix socket. Owned. */
char *sl_request_address(const SlRequest *request);
/** The peer's user on a Unix socket; false elsewhere. */
bool sl_request_peer(const SlRequest *request, uid_t *ret_uid);

/** Says that whose request it is is known: its connection makes no room for others. */
void sl_request_keep(const SlRequest *request);

/** Answers and gives the request up. From any thread; takes the response over. */
void sl_request_answer(SlRequest *request, SlResponse *response);

/* a response */

/** Copies the bytes. type may be NULL for an empty body. */
SlResponse *sl_response_new(unsigned status, const char *type, const void *bytes, size_t size);
/** A part of a file, from a descriptor that is taken over. */
SlResponse *sl_response_new_file(unsigned status, const char *type, int fd, int64_t first,
				 int64_t size);
void sl_response_header(SlResponse *response, const char *name, const char *value);
SlResponse *sl_response_ref(SlResponse *response);
void sl_response_unref(SlResponse *response);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SlResponse, sl_response_unref)
