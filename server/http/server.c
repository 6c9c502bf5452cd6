#include "server/http/server.h"

#include <fcntl.h>
#include <string.h>

#include "server/http/gate.h"
#include "server/http/request.h"
#include "server/http/response.h"
#include "server/http/workers.h"

#define MAX_HEADERS  64
#define INACTIVITY_S 120		  /* libmicrohttpd's own timer; the watchdog is stricter */
#define ANSWER_S     60			  /* for taking an answer that is no file */
#define LEAVE_US     (2 * G_USEC_PER_SEC) /* for answers to be sent when the server ends */
#define TLS_VERSIONS "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"
#define SLOW_S	     60 /* over which it is judged whether a file is taken too slowly */

struct SlHttpServer {
	SlHttpOptions options;
	struct MHD_Daemon *daemon;
	SlWatchdog *watchdog;
	GMutex mutex;	     /* for waiting, leaving, closing and what answers wear */
	GCond left;	     /* nothing is leaving any more */
	unsigned leaving;    /* answers that came from elsewhere and are not sent yet */
	GHashTable *waiting; /* (element-type SlRequest): suspended */
	SlWorkers *workers;  /* of requests; NULL: there are none */
	SlWorkers *large;    /* of those that are; NULL: none is */
	bool closing;
};

/* What libmicrohttpd keeps of ours with a connection. */
typedef struct {
	const SlTls *tls; /* the server's */
	SlWatched *watched;
} Context;

static Context *
context_of(struct MHD_Connection *connection)
{
	return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)
		->socket_context;
}

/* Once, also an answer that several requests share. */
static void
dress(SlHttpServer *server, SlResponse *response)
{
	g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&server->mutex);
	const SlHttpHeader *header = server->options.headers;

	for (; header && header->name && !response->dressed; header++)
		sl_response_header(response, header->name, header->value);
	response->dressed = true;
}

static enum MHD_Result
queue(SlRequest *request, SlResponse *response)
{
	enum MHD_Result result = MHD_NO;

	dress(request->server, response);
	if (response->is_file)
		sl_watched_send(request->watched);
	else
		sl_watched_allow(request->watched, ANSWER_S);
	if (response->mhd)
		result = MHD_queue_response(request->connection, response->status, response->mhd);
	sl_response_unref(response);
	return result;
}

static SlResponse *
number(unsigned status)
{
	g_autofree char *text = g_strdup_printf("%u\n", status);

	return sl_response_new(status, "text/plain; charset=utf-8", text, strlen(text));
}

static SlResponse *
refusal(const SlHttpServer *server, unsigned status, bool close)
{
	const SlHttpOptions *options = &server->options;
	SlResponse *response = (options->refuse ? options->refuse : number)(status);

	if (close)
		sl_response_header(response, "Connection", "close");
	if (status == 405)
		sl_response_header(response, "Allow",
				   options->extra_methods ? "GET, HEAD, POST, PUT, DELETE, PATCH"
							  : "GET, HEAD, POST");
	return response;
}

/* Its answer is there; under the server's mutex. */
static void
resume(SlRequest *request)
{
	request->suspended = false;
	request->leaving = true;
	request->server->leaving++;
	MHD_resume_connection(request->connection);
}

void
sl_request_answer(SlRequest *request, SlResponse *response)
{
	SlHttpServer *server = request->server;
	g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&server->mutex);

	if (request->response) { /* the server ended meanwhile and said so */
		sl_response_unref(response);
		return;
	}
	request->response = response;
	if (request->suspended) {
		g_hash_table_remove(server->waiting, request);
		resume(request);
	}
}

static void
work(gpointer request, gpointer data)
{
	SlHttpServer *server = data;

	server->options.handler(request, server->options.data);
}

static void
call_handler(SlRequest *request)
{
	const SlHttpOptions *options = &request->server->options;

	sl_watched_enter(request->watched);
	options->handler(request, options->data);
	sl_watched_leave(request->watched);
}

static SlWorkers *
workers_for(const SlRequest *request)
{
	const SlHttpServer *server = request->server;

	return server->large && server->options.is_large(request) ? server->large : server->workers;
}

/* Until it is answered; under the server's mutex. A worker's work begins here. */
static void
suspend(SlRequest *request)
{
	SlHttpServer *server = request->server;

	request->suspended = true;
	g_hash_table_add(server->waiting, request);
	MHD_suspend_connection(request->connection);
	if (server->workers)
		sl_workers_push(workers_for(request), request);
}

/* Has the handler called; suspends the connection where it did not answer at once. */
static enum MHD_Result
hand_over(SlRequest *request)
{
	SlHttpServer *server = request->server;
	SlResponse *response;

	request->ended = true;
	sl_watched_take(request->watched);
	if (!server->workers)
		call_handler(request);
	g_mutex_lock(&server->mutex);
	if (!request->response && server->closing)
		request->response = refusal(server, 503, true);
	response = request->response;
	if (!response)
		suspend(request);
	g_mutex_unlock(&server->mutex);
	if (!response)
		return MHD_YES;
	return queue(request, sl_response_ref(response));
}

typedef struct {
	SlHeader headers[MAX_HEADERS];
	size_t count;
} Headers;

static enum MHD_Result
collect_header(void *data, enum MHD_ValueKind kind, const char *name, size_t name_size,
	       const char *value, size_t value_size)
{
	Headers *all = data;

	(void)kind;
	if (all->count < MAX_HEADERS)
		all->headers[all->count] =
			(SlHeader){name, name_size, value ? value : "", value ? value_size : 0};
	all->count++;
	return all->count <= MAX_HEADERS ? MHD_YES : MHD_NO;
}

/* libmicrohttpd hands a target on as text, so that a NUL in it hides the rest from the gate; what
 * it wrote a NUL over is the blank before the version. */
static bool
target_is_cut(const SlRequest *request, const char *version)
{
	return version[0] != '\0' && (uintptr_t)version != request->target_end + 1;
}

/* Looks at the headers; a refusal is answered within this very call, so no body is read. */
static enum MHD_Result
admit(SlRequest *request, const char *version)
{
	const SlHttpOptions *options = &request->server->options;
	Headers all = {.count = 0};
	SlGateVerdict verdict;

	request->admitted = true;
	if (!request->refused && target_is_cut(request, version))
		request->refused = 400;
	MHD_get_connection_values_n(request->connection, MHD_HEADER_KIND, collect_header, &all);
	if (request->refused || all.count > MAX_HEADERS)
		return queue(request, refusal(request->server,
					      request->refused ? request->refused : 431, true));
	verdict = sl_gate_headers(request->method, version, all.headers, all.count,
				  options->extra_methods);
	if (verdict.status)
		return queue(request, refusal(request->server, verdict.status, true));
	request->cap = options->admit(request, options->data);
	if (request->cap < 0)
		return queue(request, refusal(request->server, (unsigned)-request->cap,
					      verdict.chunked || verdict.content_length > 0));
	if (verdict.content_length > request->cap)
		return queue(request, refusal(request->server, 413, true));
	if (verdict.chunked || verdict.content_length > 0)
		sl_watched_allow(request->watched, options->body_s);
	return MHD_YES;
}

static enum MHD_Result
take_body(SlRequest *request, const char *bytes, size_t *size)
{
	if (!request->body)
		request->body = g_byte_array_new();
	if (request->body->len + *size > (size_t)request->cap)
		return MHD_NO; /* a chunked body beyond the cap: no answer is owed */
	g_byte_array_append(request->body, (const guint8 *)bytes, (guint)*size);
	*size = 0;
	return MHD_YES;
}

static enum MHD_Result
handle(void *data, struct MHD_Connection *connection, const char *path, const char *method,
       const char *version, const char *bytes, size_t *size, void **state)
{
	SlRequest *request = *state;

	(void)data;
	if (!request)
		return MHD_NO;
	if (!request->admitted) {
		request->connection = connection;
		request->watched = context_of(connection)->watched;
		request->method = method;
		request->path = path;
		return admit(request, version);
	}
	if (*size > 0)
		return take_body(request, bytes, size);
	if (request->response)
		return queue(request, sl_response_ref(request->response));
	return request->ended ? MHD_YES : hand_over(request);
}

/* The raw target, before libmicrohttpd decodes it; what is returned becomes the request. */
static void *
begin(void *data, const char *target, struct MHD_Connection *connection)
{
	SlRequest *request = g_new0(SlRequest, 1);

	(void)connection;
	request->server = data;
	request->refused = sl_gate_target(target);
	request->target_end = (uintptr_t)(target + strlen(target));
	return request;
}

static void
has_left(const SlRequest *request)
{
	SlHttpServer *server = request->server;
	g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&server->mutex);

	if (request->leaving && --server->leaving == 0)
		g_cond_signal(&server->left);
}

static void
end(void *data, struct MHD_Connection *connection, void **state,
    enum MHD_RequestTerminationCode code)
{
	SlHttpServer *server = data;
	SlRequest *request = *state;

	(void)connection;
	(void)code;
	if (!request)
		return;
	has_left(request);
	if (request->watched)
		sl_watched_await(request->watched,
				 server->options.idle_s + server->options.header_s);
	sl_response_unref(request->response);
	if (request->body)
		g_byte_array_unref(request->body);
	g_free(request);
	*state = NULL;
}

static bool
is_crowded(const SlHttpServer *server)
{
	unsigned crowded = server->options.crowded;

	return crowded > 0 && sl_watchdog_count(server->watchdog) > crowded;
}

static void
notice(void *data, struct MHD_Connection *connection, void **place,
       enum MHD_ConnectionNotificationCode code)
{
	SlHttpServer *server = data;
	Context *context = *place;

	if (code == MHD_CONNECTION_NOTIFY_STARTED) {
		const union MHD_ConnectionInfo *info =
			MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);

		*place = context = g_new0(Context, 1);
		context->tls = server->options.tls;
		context->watched = sl_watchdog_add(server->watchdog, info->connect_fd,
						   server->options.header_s);
		if (is_crowded(server))
			sl_watchdog_make_room(server->watchdog);
	} else if (context) {
		sl_watchdog_remove(server->watchdog, context->watched);
		g_free(context);
		*place = NULL;
	}
}

/* Asked at each handshake, so that a new certificate needs no new listener. */
static int
show_certificate(gnutls_session_t session, const gnutls_datum_t *names, int name_count,
		 const gnutls_pk_algorithm_t *algorithms, int algorithm_count,
		 gnutls_pcert_st **ret_chain, unsigned *ret_count, gnutls_privkey_t *ret_key)
{
	/* libmicrohttpd has the session know its connection */
	sl_tls_show(context_of(gnutls_session_get_ptr(session))->tls, ret_chain, ret_count,
		    ret_key);
	return 0;
}

SlHttpServer *
sl_http_server_new(const SlHttpOptions *options, GError **error)
{
	g_autoptr(SlHttpServer) server = g_new0(SlHttpServer, 1);
	int listen_fd;
	unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_TURBO | MHD_ALLOW_SUSPEND_RESUME;
	const struct MHD_OptionItem plain[] = {{MHD_OPTION_END, 0, NULL}};
	const struct MHD_OptionItem secure[] = {
		{MHD_OPTION_HTTPS_CERT_CALLBACK, 0, (void *)show_certificate},
		{MHD_OPTION_HTTPS_PRIORITIES, 0, TLS_VERSIONS},
		{MHD_OPTION_END, 0, NULL},
	};

	server->options = *options;
	g_mutex_init(&server->mutex);
	g_cond_init(&server->left);
	server->waiting = g_hash_table_new(NULL, NULL);
	server->watchdog = sl_watchdog_new(options->slow_bytes, SLOW_S);
	if (options->workers > 0)
		server->workers = sl_workers_new(options->workers, work, server);
	if (options->large_workers > 0)
		server->large = sl_workers_new(options->large_workers, work, server);
	/* libmicrohttpd closes the socket it listens on; the caller keeps its own */
	listen_fd = fcntl(options->listen_fd, F_DUPFD_CLOEXEC, 0);
	if (listen_fd < 0) {
		sl_error_errno(error, "start the HTTP listener");
		return NULL;
	}
	/* not its strict mode, which closes without a word or says twice what the gate says once */
	server->daemon = MHD_start_daemon(
		options->tls ? flags | MHD_USE_TLS : flags, 0, NULL, NULL, handle, server,
		MHD_OPTION_ARRAY, options->tls ? secure : plain, MHD_OPTION_LISTEN_SOCKET,
		listen_fd, MHD_OPTION_THREAD_POOL_SIZE, options->threads,
		MHD_OPTION_CONNECTION_LIMIT, options->max_connections,
		MHD_OPTION_PER_IP_CONNECTION_LIMIT, options->max_per_address,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, options->connection_memory,
		MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)INACTIVITY_S, MHD_OPTION_URI_LOG_CALLBACK,
		begin, server, MHD_OPTION_NOTIFY_COMPLETED, end, server,
		MHD_OPTION_NOTIFY_CONNECTION, notice, server, MHD_OPTION_END);
	if (!server->daemon) {
		sl_error_errno(error, "start the HTTP listener");
		return NULL;
	}
	return g_steal_pointer(&server);
}

unsigned
sl_http_server_connections(const SlHttpServer *server)
{
	return sl_watchdog_count(server->watchdog);
}

bool
sl_http_server_hangs(const SlHttpServer *server)
{
	return sl_watchdog_hangs(server->watchdog);
}

/* What comes from now on is told so; what the workers have is answered. */
static void
close_gate(SlHttpServer *server)
{
	g_mutex_lock(&server->mutex);
	server->closing = true;
	g_mutex_unlock(&server->mutex);
	sl_workers_free(server->workers);
	sl_workers_free(server->large);
}

/* Nobody may be suspended when the daemon stops: libmicrohttpd would abort. */
static void
answer_waiting(SlHttpServer *server)
{
	GHashTableIter iter;
	gpointer key;

	g_mutex_lock(&server->mutex);
	g_hash_table_iter_init(&iter, server->waiting);
	while (g_hash_table_iter_next(&iter, &key, NULL)) {
		SlRequest *request = key;

		request->response = refusal(server, 503, true);
		g_hash_table_iter_remove(&iter);
		resume(request);
	}
	g_mutex_unlock(&server->mutex);
}

/* The daemon closes what it has not sent yet: a change that was made would seem to have failed. */
static void
let_leave(SlHttpServer *server)
{
	gint64 until_us = g_get_monotonic_time() + LEAVE_US;

	g_mutex_lock(&server->mutex);
	while (server->leaving > 0 && g_cond_wait_until(&server->left, &server->mutex, until_us))
		;
	g_mutex_unlock(&server->mutex);
}

void
sl_http_server_free(SlHttpServer *server)
{
	if (!server)
		return;
	close_gate(server);
	if (server->daemon) {
		answer_waiting(server);
		let_leave(server);
		MHD_stop_daemon(server->daemon);
	}
	sl_watchdog_free(server->watchdog);
	g_hash_table_unref(server->waiting);
	g_cond_clear(&server->left);
	g_mutex_clear(&server->mutex);
	g_free(server);
}
