#include "server/admin/guard.h"

#include <pwd.h>
#include <string.h>

#include "catalog/api_token.h"
#include "catalog/audit.h"
#include "catalog/base/seal.h"
#include "server/admin/cookies.h"
#include "server/http/gate.h"

#define USER_BYTES   (64 * 1024) /* for one entry of the user database */
#define SEEN_EVERY_S 60		 /* how exactly it is kept when a session was last used */

bool
sl_admin_refuse(SlAdminCall *call, unsigned status, const char *problem, SlErrorCode code,
		const char *detail, GError **error)
{
	call->status = status;
	call->problem = problem;
	return sl_error_set(error, code, "%s", detail);
}

bool
sl_admin_require(const SlAdminCall *call, SlRight right, GError **error)
{
	static const char *const roles[] = {
		[SL_RIGHT_PUBLIC] = "nobody",	    [SL_RIGHT_READ] = "a viewer",
		[SL_RIGHT_CERTIFY] = "a certifier", [SL_RIGHT_APPROVE] = "an approver",
		[SL_RIGHT_OWN] = "an owner",
	};

	return call->role >= right ||
	       sl_error_set(error, SL_ERROR_DENIED, "that takes %s, and you are %s", roles[right],
			    roles[call->role]);
}

bool
sl_admin_require_confirmed(SlAdminCall *call, GError **error)
{
	const SlSession *session = call->session;

	return !session ||
	       sl_clock_now(call->admin->clock) < session->confirmed_at + SL_SESSION_CONFIRM_S ||
	       sl_admin_refuse(call, 403, "confirm", SL_ERROR_DENIED,
			       "that takes the password once more", error);
}

/* A name, and a port or none. */
static bool
names_host(const char *host, const char *name)
{
	size_t size = strlen(name);

	return host && g_ascii_strncasecmp(host, name, size) == 0 &&
	       (host[size] == '\0' ||
		(host[size] == ':' &&
		 host[size + 1 + strspn(host + size + 1, "0123456789")] == '\0'));
}

bool
sl_guard_host(const SlAdminCall *call, GError **error)
{
	const char *host = sl_request_header(call->request, "Host");

	if (sl_gate_host_is_ours(host))
		return true;
	for (char *const *name = call->admin->hosts; name && *name; name++)
		if (names_host(host, *name))
			return true;
	return sl_error_set(error, SL_ERROR_DENIED,
			    "ask for this server by its address, as localhost, or by a name in "
			    "[admin] hosts of its configuration");
}

static char *
peer_of(SlRequest *request)
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

bool
sl_guard_local(SlAdminCall *call, const SlAdminRoute *route, GError **error)
{
	(void)route;
	call->person = peer_of(call->request);
	call->role = SL_RIGHT_OWN;
	call->console = true;
	return call->person ||
	       sl_admin_refuse(call, 401, NULL, SL_ERROR_DENIED, "who are you?", error);
}

static bool
take_bearer(SlAdminCall *call, const char *authorization, GError **error)
{
	g_autoptr(SlApiToken) token = NULL;

	if (g_ascii_strncasecmp(authorization, "Bearer ", 7) == 0)
		token = sl_api_token_find(call->db, authorization + 7,
					  sl_clock_now(call->admin->clock), error);
	else
		sl_error_set(error, SL_ERROR_DENIED, "only Bearer tokens are known here");
	if (!token) {
		call->status = 401;
		return false;
	}
	call->person = g_strdup(token->person);
	call->token = g_strdup_printf("%s (%s)", token->name, token->prefix);
	call->role = (SlRight)token->role;
	return true;
}

/* A session that is none is no error: there are routes for nobody. */
static bool
take_session(SlAdminCall *call, GError **error)
{
	g_autofree char *secret = sl_cookie_get(call->request, SL_COOKIE_SESSION);
	g_autoptr(GError) problem = NULL;

	if (!secret)
		return true;
	call->session =
		sl_session_find(call->db, secret, sl_clock_now(call->admin->clock), &problem);
	if (!call->session && !g_error_matches(problem, SL_ERROR, SL_ERROR_DENIED)) {
		g_propagate_error(error, g_steal_pointer(&problem));
		return false;
	}
	if (call->session) {
		call->secret = g_steal_pointer(&secret);
		call->person = g_strdup(call->session->person);
		call->role = (SlRight)call->session->role;
	}
	return true;
}

static bool
may_call(SlAdminCall *call, const SlAdminRoute *route, GError **error)
{
	if (route->right > SL_RIGHT_PUBLIC && call->role == SL_RIGHT_PUBLIC)
		return sl_admin_refuse(call, 401, "sign-in", SL_ERROR_DENIED,
				       "you are not signed in, or no longer", error);
	return sl_admin_require(call, route->right, error);
}

/* Whether the page that sends this is ours: at the address that people use in front of us, or the
 * one that was asked itself. Where there is something in front, that is an address: a name would be
 * its, by another scheme. */
static bool
origin_is_own(const SlAdminCall *call)
{
	const SlAdmin *admin = call->admin;
	const char *origin = sl_request_header(call->request, "Origin");
	const char *host = sl_request_header(call->request, "Host");
	g_autofree char *own = g_strconcat(admin->tls ? "https://" : "http://", host, NULL);

	if (!origin)
		return false;
	if (admin->origin && g_ascii_strcasecmp(origin, admin->origin) == 0)
		return true;
	return g_ascii_strcasecmp(origin, own) == 0 &&
	       (!admin->origin || sl_gate_host_is_ours(host));
}

/* A type that no form of another page can send. */
static const char *
type_of(const SlAdminRoute *route)
{
	return route->flags & SL_ROUTE_RAW ? "application/octet-stream" : "application/json";
}

static bool
type_is_right(const SlAdminCall *call, const SlAdminRoute *route)
{
	const char *type = sl_request_header(call->request, "Content-Type");
	const char *wanted = type_of(route);
	size_t size = 0;

	sl_request_body(call->request, &size);
	if (!type)
		return size == 0;
	return g_ascii_strncasecmp(type, wanted, strlen(wanted)) == 0 &&
	       strchr("; ", type[strlen(wanted)]) != NULL;
}

static bool
token_is_right(const SlAdminCall *call)
{
	const char *given = sl_request_header(call->request, "X-Sluice-Token");
	g_autofree char *token = sl_session_token(call->secret);

	return given && sl_seal_equal(given, token);
}

/* What a browser sends along by itself is no word that its person wants this. */
static bool
is_wanted(SlAdminCall *call, const SlAdminRoute *route, GError **error)
{
	if (strcmp(route->method, "GET") == 0)
		return true;
	if (!origin_is_own(call))
		return sl_error_set(error, SL_ERROR_DENIED,
				    "changes come from this server's own page: its Origin is not "
				    "the address that was asked, nor [admin] url of the "
				    "configuration");
	if (!type_is_right(call, route))
		return sl_error_set(error, SL_ERROR_DENIED, "a change is sent as %s",
				    type_of(route));
	return route->right == SL_RIGHT_PUBLIC || token_is_right(call) ||
	       sl_error_set(error, SL_ERROR_DENIED,
			    "X-Sluice-Token is not this session's: load the page again");
}

/* Not with each request: reading would write. Polling is no use that a person makes. */
static bool
see(SlDb *db, gpointer data, GError **error)
{
	const SlAdminCall *call = data;

	return sl_session_see(db, call->secret, sl_clock_now(call->admin->clock), error);
}

static void
note_use(SlAdminCall *call)
{
	g_autoptr(GError) error = NULL;

	if (!call->session || sl_request_header(call->request, "X-Sluice-Background") ||
	    sl_clock_now(call->admin->clock) < call->session->seen_at + SEEN_EVERY_S)
		return;
	/* a full disk is no reason not to answer */
	if (sl_writer_run(call->admin->writer, see, call, &error))
		call->session->seen_at = sl_clock_now(call->admin->clock);
	else
		g_warning("session of %s: %s", call->person, error->message);
}

static bool
identify(SlAdminCall *call, GError **error)
{
	const char *authorization = sl_request_header(call->request, "Authorization");

	return authorization ? take_bearer(call, authorization, error) : take_session(call, error);
}

void
sl_guard_clear(SlAdminCall *call)
{
	sl_session_free(call->session);
	g_free(call->secret);
	g_free(call->person);
	g_free(call->token);
}

static bool
check_role_stands(SlDb *db, SlAdminCall *call, GError **error)
{
	SlAdminCall again = {.admin = call->admin, .db = db, .request = call->request};
	bool identified = call->console || identify(&again, error);
	bool stands = call->console || again.role >= call->role;

	if (!identified)
		call->status = again.status;
	sl_guard_clear(&again);
	return identified &&
	       (stands ||
		sl_admin_refuse(call, again.role ? 403 : 401, again.role ? NULL : "sign-in",
				SL_ERROR_DENIED,
				"what you may do changed meanwhile: nothing was changed", error));
}

/* What the writer does for a call. */
typedef struct {
	SlAdminCall *call;
	SlWriteFunc func;
	gpointer data;
} Change;

static bool
change(SlDb *db, gpointer data, GError **error)
{
	const Change *one = data;
	bool ok;

	if (!check_role_stands(db, one->call, error))
		return false;
	sl_audit_set_token(db, one->call->token);
	ok = one->func(db, one->data, error);
	sl_audit_set_token(db, NULL);
	return ok;
}

bool
sl_admin_write(SlAdminCall *call, SlWriteFunc func, gpointer data, GError **error)
{
	Change one = {call, func, data};

	return sl_writer_run(call->admin->writer, change, &one, error);
}

bool
sl_guard_knows(SlAdminCall *call, const SlAdminRoute *route)
{
	g_autoptr(GError) error = NULL;

	return identify(call, &error) && call->role > SL_RIGHT_PUBLIC &&
	       may_call(call, route, &error);
}

bool
sl_guard_remote(SlAdminCall *call, const SlAdminRoute *route, GError **error)
{
	if (!identify(call, error) || !may_call(call, route, error))
		return false;
	if (call->role > SL_RIGHT_PUBLIC)
		sl_request_keep(call->request);
	if (sl_request_header(call->request, "Authorization"))
		return true;
	if (!is_wanted(call, route, error))
		return false;
	note_use(call);
	return !(route->flags & SL_ROUTE_CONFIRM) || sl_admin_require_confirmed(call, error);
}
