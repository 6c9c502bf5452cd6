/* session.c - signing in and out, giving the password again, the first owner */
#include "catalog/base/limits.h"
#include "catalog/setup_code.h"
#include "server/admin/cookies.h"
#include "server/admin/login.h"

/* What a change of sessions works with, on the writer. */
typedef struct {
	SlAdminCall *call;
	const SlAdminLogin *login; /* that succeeded */
	const char *name, *code, *hash;
	int64_t now_at;
	char *secret; /* (owned): of the session after it */
} Change;

/* The page's own token belongs to the secret that the browser gets with the same answer. */
static json_t *
describe(const SlAdminCall *call, const SlSession *session, const char *secret)
{
	g_autofree char *token = session ? sl_session_token(secret) : NULL;

	if (!session)
		return json_pack("{s:s, s:s, s:n, s:n, s:n, s:n, s:n}", "person", call->person,
				 "role", sl_role_name((SlRole)call->role), "token", "idle_until_at",
				 "ends_at", "confirmed_until_at", "needs");
	return json_pack("{s:s, s:s, s:s, s:I, s:I, s:I, s:n}", "person", session->person, "role",
			 sl_role_name(session->role), "token", token, "idle_until_at",
			 (json_int_t)(session->seen_at + SL_SESSION_IDLE_S), "ends_at",
			 (json_int_t)(session->begun_at + SL_SESSION_LIVES_S), "confirmed_until_at",
			 (json_int_t)(session->confirmed_at + SL_SESSION_CONFIRM_S), "needs");
}

static json_t *
describe_nobody(bool somebody_exists)
{
	return json_pack("{s:n, s:n, s:n, s:n, s:n, s:n, s:s}", "person", "role", "token",
			 "idle_until_at", "ends_at", "confirmed_until_at", "needs",
			 somebody_exists ? "sign-in" : "set-up");
}

/* Makes a change; answers with the session that there is then. */
static json_t *
change_session(SlAdminCall *call, SlWriteFunc func, Change *change, GError **error)
{
	g_autoptr(SlSession) session = NULL;
	g_autofree char *secret = NULL;
	bool ok;

	change->call = call;
	change->now_at = sl_clock_now(call->admin->clock);
	ok = sl_admin_write(call, func, change, error);
	secret = change->secret;
	if (!ok || !(session = sl_session_find(call->db, secret, change->now_at, error)))
		return NULL;
	sl_cookie_set(call, SL_COOKIE_SESSION, secret, 0);
	return sl_admin_remember_device(call, session->person, error)
		       ? describe(call, session, secret)
		       : NULL;
}

/* That nobody is signed in is an answer like another: the page asks before it knows. */
json_t *
sl_admin_session(SlAdminCall *call, GError **error)
{
	bool somebody;

	if (call->role > SL_RIGHT_PUBLIC)
		return describe(call, call->session, call->secret);
	return sl_person_exists(call->db, &somebody, error) ? describe_nobody(somebody) : NULL;
}

/* A session that the browser had until now ends: its value is worth nothing afterwards. */
static bool
sign_in(SlDb *db, gpointer data, GError **error)
{
	Change *change = data;
	const SlAdminCall *call = change->call;

	if (!sl_admin_login_succeed(db, change->login, error) ||
	    (call->session &&
	     !sl_session_end(db, call->secret, call->person, change->now_at, error)))
		return false;
	change->secret = sl_session_begin(db, change->login->person, change->login->source,
					  change->now_at, error);
	return change->secret != NULL;
}

json_t *
sl_admin_session_begin(SlAdminCall *call, GError **error)
{
	g_autoptr(SlJsonReader) reader = sl_json_reader_new(call->body, "session");
	const char *name = sl_json_take_text(reader, "name", SL_LIMIT_NAME);
	const char *password = sl_json_take_text(reader, "password", SL_PASSWORD_MOST);
	g_auto(SlAdminLogin) login = {0};
	Change change = {.login = &login};

	if (!sl_json_finish(reader, error) ||
	    !sl_admin_check_password(call, name, password, 401, &login, error))
		return NULL;
	return change_session(call, sign_in, &change, error);
}

static bool
confirm(SlDb *db, gpointer data, GError **error)
{
	Change *change = data;

	if (!sl_admin_login_succeed(db, change->login, error))
		return false;
	change->secret = sl_session_renew(db, change->call->secret, change->now_at, error);
	return change->secret != NULL;
}

static bool
check_session(const SlAdminCall *call, GError **error)
{
	return call->session ||
	       sl_error_set(error, SL_ERROR_INVALID,
			    "there is no session: you did not sign in by password");
}

json_t *
sl_admin_session_confirm(SlAdminCall *call, GError **error)
{
	g_autoptr(SlJsonReader) reader = sl_json_reader_new(call->body, "confirmation");
	const char *password = sl_json_take_text(reader, "password", SL_PASSWORD_MOST);
	g_auto(SlAdminLogin) login = {0};
	Change change = {.login = &login};

	if (!sl_json_finish(reader, error) || !check_session(call, error) ||
	    !sl_admin_check_password(call, call->person, password, 403, &login, error))
		return NULL;
	return change_session(call, confirm, &change, error);
}

static bool
sign_out(SlDb *db, gpointer data, GError **error)
{
	const Change *change = data;

	return sl_session_end(db, change->call->secret, change->call->person, change->now_at,
			      error);
}

static bool
sign_out_everywhere(SlDb *db, gpointer data, GError **error)
{
	const Change *change = data;

	return sl_session_end_everywhere(db, change->call->session, change->now_at, error);
}

static json_t *
end_session(SlAdminCall *call, SlWriteFunc func, GError **error)
{
	Change change = {.call = call, .now_at = sl_clock_now(call->admin->clock)};

	if (!check_session(call, error) || !sl_admin_write(call, func, &change, error))
		return NULL;
	sl_cookie_set(call, SL_COOKIE_SESSION, NULL, 0);
	return json_pack("{s:s}", "signed_out", call->person);
}

json_t *
sl_admin_session_end(SlAdminCall *call, GError **error)
{
	return end_session(call, sign_out, error);
}

json_t *
sl_admin_session_end_everywhere(SlAdminCall *call, GError **error)
{
	return end_session(call, sign_out_everywhere, error);
}

static bool
make_first_owner(SlDb *db, gpointer data, GError **error)
{
	Change *change = data;
	const SlPersonChange adding = {change->name, change->name, change->now_at};
	g_autofree char *address = sl_admin_address(change->call);
	g_autoptr(SlPerson) person = NULL;

	if (!sl_setup_code_take(db, change->code, change->now_at, error) ||
	    !sl_person_add(db, &adding, SL_ROLE_OWNER, change->hash, error) ||
	    !(person = sl_person_get(db, change->name, error)))
		return false;
	change->secret = sl_session_begin(db, person, address, change->now_at, error);
	return change->secret != NULL;
}

json_t *
sl_admin_setup(SlAdminCall *call, GError **error)
{
	g_autoptr(SlJsonReader) reader = sl_json_reader_new(call->body, "set-up");
	Change change = {.code = sl_json_take_text(reader, "code", SL_LIMIT_NAME),
			 .name = sl_json_take_text(reader, "name", SL_LIMIT_NAME)};
	const char *password = sl_json_take_text(reader, "password", SL_PASSWORD_MOST);
	g_autofree char *hash = NULL;
	json_t *answer;

	/* the code first: nobody else makes us hash */
	if (!sl_json_finish(reader, error) ||
	    !sl_setup_code_check(call->db, change.code, sl_clock_now(call->admin->clock), error) ||
	    !(hash = sl_admin_hash_password(call, password, error)))
		return NULL;
	change.hash = hash;
	answer = change_session(call, make_first_owner, &change, error);
	call->status = answer ? 201 : call->status;
	return answer;
}

static bool
make_code(SlDb *db, gpointer data, GError **error)
{
	Change *change = data;

	change->secret = sl_setup_code_make(db, change->call->person, change->now_at, error);
	return change->secret != NULL;
}

json_t *
sl_admin_setup_code(SlAdminCall *call, GError **error)
{
	g_autoptr(SlJsonReader) reader = sl_json_reader_new(call->body, "set-up code");
	Change change = {.call = call, .now_at = sl_clock_now(call->admin->clock)};
	g_autofree char *code = NULL;
	bool ok;

	if (!sl_json_finish(reader, error))
		return NULL;
	ok = sl_admin_write(call, make_code, &change, error);
	code = change.secret;
	if (!ok)
		return NULL;
	call->status = 201;
	return json_pack("{s:s, s:I}", "code", code, "expires_at",
			 (json_int_t)(change.now_at + SL_SETUP_CODE_LIVES_S));
}
