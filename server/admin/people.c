/* people.c - who may sign in, with which role and password */
#include <string.h>

#include "catalog/base/limits.h"
#include "server/admin/cookies.h"
#include "server/admin/login.h"

json_t *
sl_admin_people(SlAdminCall *call, GError **error)
{
	const char *role = sl_request_argument(call->request, "role");
	SlPersonFilter filter = {.text = sl_request_argument(call->request, "text"),
				 .now_at = sl_clock_now(call->admin->clock)};
	g_autoptr(GPtrArray) list = NULL;
	int64_t total = 0;
	json_t *items;

	if ((role && !sl_role_find(role, &filter.role, error)) ||
	    !sl_admin_listing_page(call, &filter.page, error) ||
	    !(list = sl_person_list(call->db, &filter, &total, error)))
		return NULL;
	items = json_array();
	for (guint i = 0; i < list->len; i++) {
		const SlPerson *one = list->pdata[i];
		json_t *signed_in_at =
			one->signed_in_at ? json_integer(one->signed_in_at) : json_null();

		json_array_append_new(items, json_pack("{s:s, s:s, s:I, s:o, s:I}", "name",
						       one->name, "role", sl_role_name(one->role),
						       "added_at", (json_int_t)one->added_at,
						       "signed_in_at", signed_in_at, "api_tokens",
						       (json_int_t)one->api_tokens));
	}
	return json_pack("{s:o, s:I}", "items", items, "total", (json_int_t)total);
}

/* What is done to a person, on the writer. */
typedef struct {
	SlPersonChange change;
	SlRole role;
	const char *hash;
	const SlAdminLogin *login; /* of who changes an own password; NULL: an owner does */
	bool signs_in;		   /* in a new session */
	char *secret;		   /* (owned): its */
} Doing;

static Doing
doing(const SlAdminCall *call, const char *name)
{
	return (Doing){.change = {name, call->person, sl_clock_now(call->admin->clock)}};
}

static SlRole
take_role(SlJsonReader *reader)
{
	const char *name = sl_json_take_text(reader, "role", SL_LIMIT_NAME);
	g_autoptr(GError) error = NULL;
	SlRole role = SL_ROLE_NONE;

	if (!sl_role_find(name, &role, &error))
		sl_json_refuse(reader, "role", error->message);
	return role;
}

static bool
add(SlDb *db, gpointer data, GError **error)
{
	const Doing *adding = data;

	return sl_person_add(db, &adding->change, adding->role, adding->hash, error);
}

json_t *
sl_admin_person_add(SlAdminCall *call, GError **error)
{
	g_autoptr(SlJsonReader) reader = sl_json_reader_new(call->body, "person");
	Doing adding = doing(call, sl_json_take_text(reader, "name", SL_LIMIT_NAME * 4));
	const char *password = sl_json_take_text(reader, "password", SL_PASSWORD_MOST);
	g_autofree char *hash = NULL;

	adding.role = take_role(reader);
	if (!sl_json_finish(reader, error) ||
	    !(hash = sl_admin_hash_password(call, password, error)))
		return NULL;
	adding.hash = hash;
	if (!sl_admin_write(call, add, &adding, error))
		return NULL;
	call->status = 201;
	return json_pack("{s:s, s:s}", "name", adding.change.name, "role",
			 sl_role_name(adding.role));
}

static bool
remove_person(SlDb *db, gpointer data, GError **error)
{
	return sl_person_remove(db, &((const Doing *)data)->change, error);
}

json_t *
sl_admin_person_remove(SlAdminCall *call, GError **error)
{
	Doing removing = doing(call, call->rest);

	if (!sl_admin_write(call, remove_person, &removing, error))
		return NULL;
	return json_pack("{s:s}", "name", call->rest);
}

static bool
set_role(SlDb *db, gpointer data, GError **error)
{
	const Doing *setting = data;

	return sl_person_set_role(db, &setting->change, setting->role, error);
}

json_t *
sl_admin_person_role(SlAdminCall *call, GError **error)
{
	g_autoptr(SlJsonReader) reader = sl_json_reader_new(call->body, "role");
	Doing setting = doing(call, sl_json_take_text(reader, "name", SL_LIMIT_NAME));

	setting.role = take_role(reader);
	if (!sl_json_finish(reader, error) || !sl_admin_write(call, set_role, &setting, error))
		return NULL;
	return json_pack("{s:s, s:s}", "name", setting.change.name, "role",
			 sl_role_name(setting.role));
}

/* All sessions of the person end; who changed an own password goes on in a new one. */
static bool
set_password(SlDb *db, gpointer data, GError **error)
{
	Doing *setting = data;
	const SlAdminLogin *login = setting->login;

	if ((login && !sl_admin_login_succeed(db, login, error)) ||
	    !sl_person_set_password(db, &setting->change, setting->hash, error))
		return false;
	if (setting->signs_in)
		setting->secret = sl_session_begin(db, login->person, login->source,
						   setting->change.now_at, error);
	return !setting->signs_in || setting->secret;
}

/* One's own password takes the one before; another's takes an owner. */
static bool
may_set_password(SlAdminCall *call, const char *name, const char *old, SlAdminLogin *login,
		 GError **error)
{
	if (call->console || strcmp(name, call->person) != 0)
		return sl_admin_require(call, SL_RIGHT_OWN, error) &&
		       sl_admin_require_confirmed(call, error);
	return sl_admin_check_password(call, name, old ? old : "", 403, login, error);
}

json_t *
sl_admin_person_password(SlAdminCall *call, GError **error)
{
	g_autoptr(SlJsonReader) reader = sl_json_reader_new(call->body, "password");
	Doing setting = doing(call, sl_json_take_text(reader, "name", SL_LIMIT_NAME));
	const char *password = sl_json_take_text(reader, "password", SL_PASSWORD_MOST);
	const char *old = sl_json_take_text_or_null(reader, "old", SL_PASSWORD_MOST);
	g_auto(SlAdminLogin) login = {0};
	g_autofree char *hash = NULL;
	g_autofree char *secret = NULL;
	bool ok;

	if (!sl_json_finish(reader, error) ||
	    !may_set_password(call, setting.change.name, old, &login, error) ||
	    !(hash = sl_admin_hash_password(call, password, error)))
		return NULL;
	setting.hash = hash;
	setting.login = login.person ? &login : NULL;
	setting.signs_in = login.person && call->session;
	ok = sl_admin_write(call, set_password, &setting, error);
	secret = setting.secret;
	if (!ok)
		return NULL;
	if (secret) {
		sl_cookie_set(call, SL_COOKIE_SESSION, secret, 0);
		if (!sl_admin_remember_device(call, setting.change.name, error))
			return NULL;
	}
	return json_pack("{s:s}", "name", setting.change.name);
}

static bool
reset(SlDb *db, gpointer data, GError **error)
{
	const SlPersonChange *change = &((const Doing *)data)->change;

	return sl_login_failure_reset(db, change->by, change->now_at, error);
}

json_t *
sl_admin_login_reset(SlAdminCall *call, GError **error)
{
	Doing resetting = doing(call, "");

	if (!sl_admin_write(call, reset, &resetting, error))
		return NULL;
	return json_pack("{s:s}", "reset", "login failures");
}
