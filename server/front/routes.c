/* routes.c - the whole of port 80 on one page
 *
 *   GET, HEAD  /apt/<channel>/...              published files and payloads
 *   GET, HEAD  /keys/<channel>.gpg, .asc       signing keys of the channels
 *   GET, HEAD  /keys/server.json               public keys that check-ins are sealed to
 *   GET, HEAD  /healthz                        200 once it serves
 *   POST       /agent/v1/enroll                answered by the core
 *   POST       /agent/v1/checkin               answered by the core
 */
#include <string.h>

#include "catalog/base/limits.h"
#include "server/front/front.h"
#include "server/front/probes.h"
#include "server/link/link.h"

typedef struct {
	const char *path;
	bool prefix; /* and everything below */
	const char *method;
	int64_t body; /* bytes at most */
	void (*handle)(const SlFront *front, SlRequest *request);
} Route;

static void
serve_file(const SlFront *front, SlRequest *request)
{
	sl_files_serve(front->files, request);
}

static void
serve_server_keys(const SlFront *front, SlRequest *request)
{
	sl_files_serve_keys(front->files, request);
}

static void
serve_health(const SlFront *front, SlRequest *request)
{
	SlResponse *response = sl_response_new(200, "text/plain; charset=utf-8", "ok\n", 3);

	(void)front;
	sl_response_header(response, "Cache-Control", "no-store");
	sl_request_answer(request, response);
}

static void
enroll(const SlFront *front, SlRequest *request)
{
	sl_forward_request(front->forward, request, SL_LINK_ENROLL);
}

static void
check_in(const SlFront *front, SlRequest *request)
{
	sl_forward_request(front->forward, request, SL_LINK_CHECKIN);
}

#ifdef SL_DEBUG_PROBES
static void
misbehave(const SlFront *front, SlRequest *request)
{
	sl_probe_misbehave(sl_request_path(request) + strlen("/probe/"));
	serve_health(front, request);
}
#endif

static const Route routes[] = {
#ifdef SL_DEBUG_PROBES
	{"/probe/", true, "GET", 0, misbehave},
#endif
	{"/apt/", true, "GET", 0, serve_file},
	{"/keys/server.json", false, "GET", 0, serve_server_keys},
	{"/keys/", true, "GET", 0, serve_file},
	{"/healthz", false, "GET", 0, serve_health},
	{"/agent/v1/enroll", false, "POST", SL_LIMIT_CHECKIN, enroll},
	{"/agent/v1/checkin", false, "POST", SL_LIMIT_CHECKIN, check_in},
};

static const Route *
find(const char *path)
{
	for (size_t i = 0; i < G_N_ELEMENTS(routes); i++)
		if (routes[i].prefix ? g_str_has_prefix(path, routes[i].path)
				     : strcmp(path, routes[i].path) == 0)
			return &routes[i];
	return NULL;
}

static bool
takes(const Route *route, const char *method)
{
	return strcmp(route->method, method) == 0 ||
	       (strcmp(route->method, "GET") == 0 && strcmp(method, "HEAD") == 0);
}

int64_t
sl_routes_admit(SlRequest *request, gpointer front)
{
	const Route *route = find(sl_request_path(request));

	(void)front;
	if (!route)
		return -404;
	return takes(route, sl_request_method(request)) ? route->body : -405;
}

void
sl_routes_handle(SlRequest *request, gpointer front)
{
	find(sl_request_path(request))->handle(front, request);
}
