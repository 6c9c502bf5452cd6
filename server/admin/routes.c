/* routes.c - the whole of the admin API on one page
 *
 * Everything asks for the right to administer for now; roles come with the admin page.
 */
#include <pwd.h>
#include <string.h>

#include "catalog/base/limits.h"
#include "catalog/base/text.h"
#include "server/admin/admin.h"
#include "server/http/gate.h"

#define API	   "/api/v1/"
#define USER_BYTES (64 * 1024) /* for one entry of the user database */

typedef struct {
	const char *method;
	const char *path; /* behind /api/v1/; ends with '/' where a name follows */
	SlAdminHandler handler;
	bool raw; /* its body is no JSON */
} Route;

static const Route routes[] = {
	{"GET", "status", sl_admin_status, false},
	{"POST", "backups", sl_admin_backup, false},
	{"GET", "backups/", sl_admin_backup_take, false},
	{"GET", "upstreams", sl_admin_upstreams, false},
	{"POST", "upstreams", sl_admin_upstream_add, false},
	{"DELETE", "upstreams/", sl_admin_upstream_remove, false},
	{"POST", "upstream-keys", sl_admin_upstream_rekey, false},
	{"POST", "upstream-states", sl_admin_upstream_enable, false},
	{"GET", "syncs", sl_admin_syncs, false},
	{"POST", "syncs", sl_admin_sync_start, false},
	{"GET", "updates", sl_admin_updates, false},
	{"GET", "update", sl_admin_update_show, false},
	{"POST", "approvals", sl_admin_approve, false},
	{"POST", "ratings", sl_admin_rate, false},
	{"GET", "channels", sl_admin_channels, false},
	{"GET", "channel-diff", sl_admin_channel_diff, false},
	{"GET", "channel-history", sl_admin_channel_history, false},
	{"POST", "channel-returns", sl_admin_channel_return, false},
	{"POST", "advisories", sl_admin_advisory_import, true},
	{"GET", "groups", sl_admin_groups, false},
	{"POST", "groups", sl_admin_group_add, false},
	{"DELETE", "groups/", sl_admin_group_remove, false},
	{"GET", "tokens", sl_admin_tokens, false},
	{"POST", "tokens", sl_admin_token_make, false},
	{"DELETE", "tokens/", sl_admin_token_revoke, false},
	{"GET", "computers", sl_admin_computers, false},
	{"GET", "computers/", sl_admin_computer, false},
	{"DELETE", "computers/", sl_admin_computer_remove, false},
	{"POST", "computer-acceptances", sl_admin_computer_accept, false},
	{"POST", "computer-moves", sl_admin_computer_move, false},
	{"GET", "coverage", sl_admin_coverage, false},
	{"GET", "jobs", sl_admin_jobs, false},
	{"GET", "jobs/", sl_admin_job, false},
	{"DELETE", "jobs/", sl_admin_job_cancel, false},
	{"GET", "audit", sl_admin_audit, false},
	{"GET", "audit-verify", sl_admin_audit_verify, false},
};

static bool
matches(const Route *route, const char *path)
{
	size_t size = strlen(route->path);

	if (route->path[size - 1] == '/')
		return strncmp(path, route->path, size) == 0 && path[size] != '\0';
	return strcmp(path, route->path) == 0;
}

/* The route, or the status that refuses: 404, or 405 where only the method is wrong. */
static const Route *
find(const char *method, const char *path, unsigned *ret_status)
{
	*ret_status = 404;
	if (!g_str_has_prefix(path, API))
		return NULL;
	path += strlen(API);
	for (size_t i = 0; i < G_N_ELEMENTS(routes); i++) {
		if (!matches(&routes[i], path))
			continue;
		if (strcmp(routes[i].method, method) == 0)
			return &routes[i];
		*ret_status = 405;
	}
	return NULL;
}

/* Where error codes become HTTP, and nowhere else. */
static unsigned
status_of(const GError *error)
{
	switch (error->code) {
	case SL_ERROR_INVALID:
		return 400;
	case SL_ERROR_NOT_FOUND:
		return 404;
	case SL_ERROR_CONFLICT:
	case SL_ERROR_CANCELLED:
		return 409;
	case SL_ERROR_DENIED:
		return 403;
	case SL_ERROR_LIMIT:
		return 413;
	case SL_ERROR_BUSY:
		return 503;
	case SL_ERROR_UPSTREAM:
	case SL_ERROR_INTEGRITY:
		return 502;
	default:
		return 500;
	}
}

static SlResponse *
respond(unsigned status, const char *type, json_t *json)
{
	g_autofree char *text = sl_json_text(json);
	SlResponse *response = sl_response_new(status, type, text, strlen(text));

	sl_response_header(response, "Cache-Control", "no-store");
	sl_response_header(response, "X-Content-Type-Options", "nosniff");
	return response;
}

/* RFC 9457 */
static SlResponse *
problem(unsigned status, const char *title, const char *detail)
{
	g_autofree char *valid = g_utf8_make_valid(detail, -1);
	g_autoptr(json_t) json = json_pack("{s:s, s:s, s:i, s:s}", "type", "about:blank", "title",
					   title, "status", (int)status, "detail", valid);

	return respond(status, "application/problem+json", json);
}

static SlResponse *
call_handler(const Route *route, SlAdminCall *call)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(SlDb) db = sl_db_open(call->admin->db_path, SL_DB_READ, &error);
	g_autoptr(json_t) answer = NULL;

	call->db = db;
	call->raw = sl_request_body(call->request, &call->raw_size);
	if (db && call->raw_size > 0 && !route->raw)
		call->body = sl_json_load(call->raw, call->raw_size, SL_LIMIT_ADMIN_BODY, &error);
	if (!error)
		answer = route->handler(call, &error);
	json_decref(call->body);
	if (!answer && !error)
		sl_error_set(&error, SL_ERROR_DATABASE, "the answer cannot be written as JSON");
	if (!answer)
		return problem(status_of(error), sl_error_name(error->code), error->message);
	return call->file ? call->file : respond(call->status, "application/json", answer);
}

int64_t
sl_admin_admit(const char *method, const char *path, gpointer admin)
{
	unsigned status;

	(void)admin;
	if (strcmp(path, "/healthz") == 0)
		return strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0 ? 0 : -405;
	return find(method, path, &status) ? SL_LIMIT_ADMIN_BODY : 0;
}

static bool
answer_health(SlRequest *request)
{
	if (strcmp(sl_request_path(request), "/healthz") != 0)
		return false;
	sl_request_answer(request, sl_response_new(200, "text/plain; charset=utf-8", "ok\n", 3));
	return true;
}

static char *
person_of(SlRequest *request)
{
	struct passwd user, *found = NULL;
	g_autofree char *buffer = g_malloc(USER_BYTES);
	uid_t uid;

	if (!sl_request_peer(request, &uid))
		return NULL;
	/* not getpwuid, which has one answer for all threads */
	if (getpwuid_r(uid, &user, buffer, USER_BYTES, &found) == 0 && found)
		return g_strdup(found->pw_name);
	return g_strdup_printf("uid %u", uid);
}

void
sl_admin_handle_local(SlRequest *request, gpointer admin)
{
	const char *path = sl_request_path(request);
	unsigned status = 0;
	const Route *route = find(sl_request_method(request), path, &status);
	g_autofree char *person = person_of(request);
	SlAdminCall call = {.admin = admin, .request = request, .person = person, .status = 200};

	if (answer_health(request))
		return;
	if (!person) {
		sl_request_answer(request, problem(401, "denied", "who are you?"));
		return;
	}
	if (!route) {
		sl_request_answer(request, problem(status, "not-found", path));
		return;
	}
	call.rest = path + strlen(API) + strlen(route->path);
	sl_request_answer(request, call_handler(route, &call));
}

void
sl_admin_handle_remote(SlRequest *request, gpointer admin)
{
	(void)admin;
	if (!sl_gate_host_is_ours(sl_request_header(request, "Host")))
		sl_request_answer(request,
				  problem(403, "denied",
					  "ask for this server by its address, or as localhost"));
	else if (!answer_health(request))
		sl_request_answer(
			request,
			problem(401, "denied",
				"nobody can log in here yet: use sluicectl on the server"));
}

bool
sl_admin_number(const SlAdminCall *call, const char *name, int64_t low, int64_t high,
		int64_t otherwise, int64_t *ret_value, GError **error)
{
	const char *text = sl_request_argument(call->request, name);

	if (!text) {
		*ret_value = otherwise;
		return true;
	}
	if (sl_text_int(text, low, high, ret_value, error))
		return true;
	g_prefix_error(error, "%s: ", name);
	return false;
}
