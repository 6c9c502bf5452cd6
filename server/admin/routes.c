/* routes.c - the whole of the admin API on one page, with the right each route needs, and whether
 * it needs the password once more */
#include <inttypes.h>
#include <string.h>

#include "catalog/base/limits.h"
#include "catalog/base/text.h"
#include "server/admin/admin.h"
#include "server/admin/answer.h"
#include "server/admin/export.h"
#include "server/admin/guard.h"

#define API	       "/api/v1/"
#define UNKNOWN_BODY   4096	   /* bytes, to a path that is none */
#define STRANGERS_BODY (64 * 1024) /* bytes: more than any form has */
#define LIST	       "format"
#define PAGED	       LIST " limit offset"
#define SORTED	       PAGED " sort"

#define RAW	     SL_ROUTE_RAW
#define CONFIRM	     SL_ROUTE_CONFIRM
#define CONFIRM_SOME SL_ROUTE_CONFIRM_SOME

/* what listings of computers are narrowed to */
#define COMPUTERS "sort group channel state coverage os text overdue update status missing"

static const SlAdminRoute routes[] = {
	{"GET", "openapi.json", SL_RIGHT_PUBLIC, "", sl_admin_openapi, 0},
	{"GET", "session", SL_RIGHT_PUBLIC, "", sl_admin_session, 0},
	{"POST", "session", SL_RIGHT_PUBLIC, "", sl_admin_session_begin, 0},
	{"DELETE", "session", SL_RIGHT_READ, "", sl_admin_session_end, 0},
	{"DELETE", "sessions", SL_RIGHT_READ, "", sl_admin_session_end_everywhere, 0},
	{"POST", "session-confirmations", SL_RIGHT_READ, "", sl_admin_session_confirm, 0},
	{"POST", "setup", SL_RIGHT_PUBLIC, "", sl_admin_setup, 0},
	{"POST", "setup-codes", SL_RIGHT_OWN, "", sl_admin_setup_code, 0},
	{"GET", "people", SL_RIGHT_READ, SORTED " text role", sl_admin_people, 0},
	{"POST", "people", SL_RIGHT_OWN, "", sl_admin_person_add, CONFIRM},
	{"DELETE", "people/", SL_RIGHT_OWN, "", sl_admin_person_remove, CONFIRM},
	{"POST", "person-roles", SL_RIGHT_OWN, "", sl_admin_person_role, CONFIRM},
	{"POST", "person-passwords", SL_RIGHT_READ, "", sl_admin_person_password, CONFIRM_SOME},
	{"DELETE", "login-failures", SL_RIGHT_OWN, "", sl_admin_login_reset, 0},
	{"GET", "api-tokens", SL_RIGHT_READ, SORTED " text state role", sl_admin_api_tokens, 0},
	{"POST", "api-tokens", SL_RIGHT_READ, "", sl_admin_api_token_make, CONFIRM},
	{"DELETE", "api-tokens/", SL_RIGHT_READ, "", sl_admin_api_token_remove, 0},
	{"GET", "overview", SL_RIGHT_READ, "", sl_admin_overview, 0},
	{"GET", "status", SL_RIGHT_READ, "", sl_admin_status, 0},
	{"POST", "backups", SL_RIGHT_OWN, "", sl_admin_backup, CONFIRM},
	{"GET", "backups/", SL_RIGHT_OWN, "", sl_admin_backup_take, 0},
	{"GET", "upstreams", SL_RIGHT_READ, SORTED " name text state outcome", sl_admin_upstreams,
	 0},
	{"POST", "upstreams", SL_RIGHT_OWN, "", sl_admin_upstream_add, CONFIRM},
	{"DELETE", "upstreams/", SL_RIGHT_OWN, "", sl_admin_upstream_remove, 0},
	{"POST", "upstream-keys", SL_RIGHT_OWN, "", sl_admin_upstream_rekey, CONFIRM_SOME},
	{"POST", "upstream-changes", SL_RIGHT_OWN, "", sl_admin_upstream_change, CONFIRM},
	{"POST", "upstream-states", SL_RIGHT_OWN, "", sl_admin_upstream_enable, 0},
	{"GET", "syncs", SL_RIGHT_READ, SORTED " upstream outcome text", sl_admin_syncs, 0},
	{"POST", "syncs", SL_RIGHT_CERTIFY, "", sl_admin_sync_start, 0},
	{"GET", "updates", SL_RIGHT_READ,
	 PAGED
	 " sort upstream state channel rating section text cve name package day decision newest",
	 sl_admin_updates, 0},
	{"GET", "update", SL_RIGHT_READ, "name", sl_admin_update_show, 0},
	{"GET", "update-packages", SL_RIGHT_READ, SORTED " name text architecture",
	 sl_admin_update_packages, 0},
	{"POST", "approvals", SL_RIGHT_CERTIFY, "", sl_admin_approve, CONFIRM_SOME},
	{"POST", "ratings", SL_RIGHT_CERTIFY, "", sl_admin_rate, 0},
	{"GET", "certification", SL_RIGHT_READ, SORTED " state rating text", sl_admin_certification,
	 0},
	{"POST", "holds", SL_RIGHT_CERTIFY, "", sl_admin_hold, 0},
	{"GET", "channels", SL_RIGHT_READ, LIST, sl_admin_channels, 0},
	{"GET", "channel-diff", SL_RIGHT_READ, SORTED " a b text", sl_admin_channel_diff, 0},
	{"GET", "channel-history", SL_RIGHT_READ, PAGED " channel", sl_admin_channel_history, 0},
	{"GET", "channel-items", SL_RIGHT_READ, SORTED " channel number text",
	 sl_admin_channel_items, 0},
	{"POST", "channel-returns", SL_RIGHT_APPROVE, "", sl_admin_channel_return, CONFIRM_SOME},
	{"GET", "settings", SL_RIGHT_READ, "", sl_admin_settings, 0},
	{"POST", "settings", SL_RIGHT_OWN, "", sl_admin_settings_change, CONFIRM},
	{"POST", "advisories", SL_RIGHT_CERTIFY, "", sl_admin_advisory_import, RAW},
	{"GET", "groups", SL_RIGHT_READ, SORTED " name text channel", sl_admin_groups, 0},
	{"POST", "groups", SL_RIGHT_APPROVE, "", sl_admin_group_add, 0},
	{"POST", "group-changes", SL_RIGHT_APPROVE, "", sl_admin_group_change, CONFIRM_SOME},
	{"DELETE", "groups/", SL_RIGHT_APPROVE, "", sl_admin_group_remove, 0},
	{"GET", "tokens", SL_RIGHT_READ, SORTED " group state text", sl_admin_tokens, 0},
	{"POST", "tokens", SL_RIGHT_APPROVE, "", sl_admin_token_make, 0},
	{"DELETE", "tokens/", SL_RIGHT_APPROVE, "", sl_admin_token_revoke, 0},
	{"GET", "computers", SL_RIGHT_READ, PAGED " " COMPUTERS, sl_admin_computers, 0},
	{"GET", "computers/", SL_RIGHT_READ, "", sl_admin_computer, 0},
	{"GET", "computer-updates", SL_RIGHT_READ, SORTED " computer text status rating",
	 sl_admin_computer_updates, 0},
	{"DELETE", "computers/", SL_RIGHT_APPROVE, "", sl_admin_computer_remove, 0},
	{"POST", "computer-acceptances", SL_RIGHT_APPROVE, "", sl_admin_computer_accept, 0},
	{"POST", "computer-moves", SL_RIGHT_APPROVE, "", sl_admin_computer_move, CONFIRM},
	{"GET", "metrics", SL_RIGHT_READ, "", sl_admin_metrics, 0},
	{"GET", "coverage-history", SL_RIGHT_READ, "by name", sl_admin_coverage_history, 0},
	{"GET", "coverage-worst", SL_RIGHT_READ, SORTED " of", sl_admin_coverage_worst, 0},
	{"GET", "coverage", SL_RIGHT_READ, PAGED " by " COMPUTERS, sl_admin_coverage, 0},
	{"GET", "jobs", SL_RIGHT_READ, SORTED " kind state text", sl_admin_jobs, 0},
	{"GET", "jobs/", SL_RIGHT_READ, "wait_ms", sl_admin_job, 0},
	{"DELETE", "jobs/", SL_RIGHT_CERTIFY, "", sl_admin_job_cancel, 0},
	{"GET", "audit", SL_RIGHT_READ, PAGED " person action object text from until",
	 sl_admin_audit, 0},
	{"GET", "audit-verify", SL_RIGHT_READ, "", sl_admin_audit_verify, 0},
};

static bool
matches(const SlAdminRoute *route, const char *path)
{
	size_t size = strlen(route->path);

	if (route->path[size - 1] == '/')
		return strncmp(path, route->path, size) == 0 && path[size] != '\0';
	return strcmp(path, route->path) == 0;
}

/* Where Prometheus looks by itself. */
static const char *
path_of(const char *asked)
{
	return strcmp(asked, "/metrics") == 0 ? API "metrics" : asked;
}

/* The route, or the status that refuses: 404, or 405 where only the method is wrong. */
static const SlAdminRoute *
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

static SlResponse *
refusal(const SlAdminCall *call, const GError *error)
{
	return sl_answer_error(call->problem, call->status >= 400 ? call->status : 0, error);
}

static SlResponse *
json_answer(const SlAdminRoute *route, SlAdminCall *call, GError **error)
{
	g_autoptr(json_t) answer = route->handler(call, error);

	if (!answer)
		return NULL;
	return call->file ? call->file : sl_answer_json(call->request, call->status, answer);
}

/* What came with the call is all of what the route takes, or it is refused. */
static bool
read_call(const SlAdminRoute *route, SlAdminCall *call, GError **error)
{
	call->raw = sl_request_body(call->request, &call->raw_size);
	if (call->raw_size > 0 && strcmp(route->method, "POST") != 0)
		return sl_error_set(error, SL_ERROR_INVALID, "%s %s takes no body", route->method,
				    route->path);
	if (call->raw_size > 0 && !(route->flags & RAW) &&
	    !(call->body = sl_json_load(call->raw, call->raw_size, SL_LIMIT_ADMIN_BODY, error)))
		return false;
	return sl_admin_check_arguments(call, route->arguments, error);
}

static SlResponse *
answer_as(const char *format, const SlAdminRoute *route, SlAdminCall *call, GError **error)
{
	if (strcmp(format, "csv") == 0)
		return sl_export_csv(route, call, error);
	return sl_export_is_asked(call->request) ? sl_export_json(route, call, error)
						 : json_answer(route, call, error);
}

static SlResponse *
call_handler(const SlAdminRoute *route, SlAdminCall *call)
{
	static const char *const formats[] = {"json", "csv", NULL};
	const char *format = "json";
	g_autoptr(GError) error = NULL;
	SlResponse *response = NULL;

	if (read_call(route, call, &error) &&
	    sl_admin_choice(call, "format", formats, &format, &error))
		response = answer_as(format, route, call, &error);
	json_decref(call->body);
	if (!response && !error)
		sl_error_set(&error, SL_ERROR_DATABASE, "the answer cannot be written as JSON");
	return response ? response : refusal(call, error);
}

int64_t
sl_admin_admit_local(SlRequest *request, gpointer admin)
{
	const char *method = sl_request_method(request), *path = sl_request_path(request);
	unsigned status;

	(void)admin;
	if (strcmp(path, "/healthz") == 0)
		return strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0 ? 0 : -405;
	/* who mistypes a path is told so, not that the body is too large */
	return find(method, path_of(path), &status) ? SL_LIMIT_ADMIN_BODY : UNKNOWN_BODY;
}

static void
clear(SlAdminCall *call)
{
	sl_guard_clear(call);
	g_clear_pointer(&call->cookies, g_ptr_array_unref);
}

static bool
is_large(SlRequest *request)
{
	const char *length = sl_request_header(request, "Content-Length");
	int64_t size;

	return length && !sl_text_int(length, 0, STRANGERS_BODY, &size, NULL);
}

static bool
is_known(SlRequest *request, const SlAdmin *admin)
{
	unsigned status;
	const SlAdminRoute *route =
		find(sl_request_method(request), path_of(sl_request_path(request)), &status);
	SlAdminCall call = {.admin = admin, .request = request};
	g_autoptr(SlDb) db = sl_db_open(admin->db_path, SL_DB_READ, NULL);
	bool known;

	call.db = db;
	known = route && db && sl_guard_knows(&call, route);
	clear(&call);
	return known;
}

/* A body is in memory before its handler asks who sent it: many of strangers would be too much. */
int64_t
sl_admin_admit_remote(SlRequest *request, gpointer admin)
{
	int64_t cap = sl_admin_admit_local(request, admin);
	bool large = is_large(request);

	if (cap <= STRANGERS_BODY || (!large && !sl_request_header(request, "Transfer-Encoding")) ||
	    is_known(request, admin))
		return cap;
	return large ? -401 : STRANGERS_BODY;
}

static bool
answer_health(SlRequest *request)
{
	if (strcmp(sl_request_path(request), "/healthz") != 0)
		return false;
	sl_request_answer(request, sl_response_new(200, "text/plain; charset=utf-8", "ok\n", 3));
	return true;
}

/* What a handler said of its answer besides the JSON. */
static SlResponse *
add_headers(const SlAdminCall *call, SlResponse *response)
{
	g_autofree char *seconds = g_strdup_printf("%" PRId64, call->retry_s);

	for (guint i = 0; call->cookies && i < call->cookies->len; i++)
		sl_response_header(response, "Set-Cookie", call->cookies->pdata[i]);
	if (call->retry_s > 0)
		sl_response_header(response, "Retry-After", seconds);
	return response;
}

static SlResponse *
call_route(const SlAdminRoute *route, SlAdminCall *call, SlGuard guard)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(SlDb) db = sl_db_open(call->admin->db_path, SL_DB_READ, &error);
	SlResponse *response;

	call->db = db;
	call->rest = path_of(sl_request_path(call->request)) + strlen(API) + strlen(route->path);
	if (!db || !guard(call, route, &error))
		response = refusal(call, error);
	else
		response = call_handler(route, call);
	add_headers(call, response);
	clear(call);
	return response;
}

/* For a path that has routes, but none for the method. */
static SlResponse *
not_allowed(const char *path)
{
	g_autoptr(GString) methods = g_string_new(NULL);
	SlResponse *response = sl_answer_problem(NULL, 405, "not-allowed", path);

	for (size_t i = 0; i < G_N_ELEMENTS(routes); i++)
		if (matches(&routes[i], path + strlen(API)))
			g_string_append_printf(methods, "%s%s", methods->len ? ", " : "",
					       routes[i].method);
	sl_response_header(response, "Allow", methods->str);
	return response;
}

static SlResponse *
answer_no_route(const char *path, unsigned status)
{
	return status == 405 ? not_allowed(path)
			     : sl_answer_problem(NULL, status, "not-found", path);
}

static void
handle(SlRequest *request, const SlAdmin *admin, SlGuard guard)
{
	const char *path = path_of(sl_request_path(request));
	unsigned status = 0;
	const SlAdminRoute *route = find(sl_request_method(request), path, &status);
	SlAdminCall call = {.admin = admin, .request = request, .status = 200};

	if (answer_health(request))
		return;
	sl_request_answer(request,
			  route ? call_route(route, &call, guard) : answer_no_route(path, status));
}

void
sl_admin_handle_local(SlRequest *request, gpointer admin)
{
	handle(request, admin, sl_guard_local);
}

void
sl_admin_handle_remote(SlRequest *request, gpointer data)
{
	const SlAdmin *admin = data;
	const SlAdminCall call = {.admin = admin, .request = request};
	g_autoptr(GError) error = NULL;
	SlResponse *file;

	if (!sl_guard_host(&call, &error))
		sl_request_answer(request, refusal(&call, error));
	else if ((file = sl_page_answer(admin->page, request)))
		sl_request_answer(request, file);
	else
		handle(request, admin, sl_guard_remote);
}

const SlAdminRoute *
sl_admin_routes(size_t *ret_count)
{
	*ret_count = G_N_ELEMENTS(routes);
	return routes;
}
