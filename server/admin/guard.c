#include "server/admin/guard.h"

#include <pwd.h>

#include "server/http/gate.h"

#define USER_BYTES (64 * 1024) /* for one entry of the user database */

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
sl_guard_local(SlAdminCall *call, SlRight right, GError **error)
{
	(void)right;
	call->person = peer_of(call->request);
	call->role = SL_RIGHT_OWN;
	return call->person ||
	       sl_admin_refuse(call, 401, NULL, SL_ERROR_DENIED, "who are you?", error);
}

bool
sl_guard_remote(SlAdminCall *call, SlRight right, GError **error)
{
	if (!sl_gate_host_is_ours(sl_request_header(call->request, "Host")))
		return sl_error_set(error, SL_ERROR_DENIED,
				    "ask for this server by its address, or as localhost");
	return right == SL_RIGHT_PUBLIC ||
	       sl_admin_refuse(call, 401, "sign-in", SL_ERROR_DENIED,
			       "nobody can log in here yet: use sluicectl on the server", error);
}
