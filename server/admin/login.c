#include "server/admin/login.h"

#include <inttypes.h>

#include "catalog/device.h"
#include "server/admin/cookies.h"

void
sl_admin_login_clear(SlAdminLogin *login)
{
	sl_person_free(login->person);
	g_free(login->source);
	g_free(login->device);
}

char *
sl_admin_address(const SlAdminCall *call)
{
	g_autofree char *peer = sl_request_address(call->request);
	g_autofree char *forwarded = sl_request_header_list(call->request, "X-Forwarded-For");

	return sl_proxies_source(call->admin->proxies, peer, forwarded);
}

static bool
refuse_for_now(SlAdminCall *call, int64_t wait_s, const char *why, GError **error)
{
	g_autofree char *detail =
		g_strdup_printf("%s: try again in %" PRId64 " seconds", why, wait_s);

	call->retry_s = wait_s;
	return sl_admin_refuse(call, 429, "throttled", SL_ERROR_BUSY, detail, error);
}

typedef struct {
	const SlLogin *login;
	int64_t wait_s;
} Trying;

static bool
try(SlDb *db, gpointer data, GError **error)
{
	Trying *trying = data;

	return sl_login_try(db, trying->login, &trying->wait_s, error);
}

static bool
refuse_to_wait(SlAdminCall *call, int64_t wait_s, GError **error)
{
	return wait_s == 0 || refuse_for_now(call, wait_s, "too many wrong passwords", error);
}

/* Who is refused anyway takes nobody's turn, and makes the writer do nothing. */
static bool
may_queue(SlAdminCall *call, const SlLogin *login, GError **error)
{
	int64_t wait_s;

	return sl_login_wait(call->db, login, &wait_s, error) &&
	       refuse_to_wait(call, wait_s, error);
}

static bool
may_try(SlAdminCall *call, const SlLogin *login, GError **error)
{
	Trying trying = {login, 0};

	return sl_writer_run(call->admin->writer, try, &trying, error) &&
	       refuse_to_wait(call, trying.wait_s, error);
}

static bool
find_person(SlDb *db, const char *name, SlPerson **ret_person, GError **error)
{
	g_autoptr(GError) absent = NULL;

	*ret_person = sl_person_get(db, name, &absent);
	if (*ret_person || g_error_matches(absent, SL_ERROR, SL_ERROR_NOT_FOUND))
		return true;
	g_propagate_error(error, g_steal_pointer(&absent));
	return false;
}

static char *
known_device(const SlAdminCall *call, const SlPerson *person, int64_t now_at)
{
	g_autofree char *text = sl_cookie_get(call->request, SL_COOKIE_DEVICE);

	return text ? sl_device_find(person, text, now_at) : NULL;
}

/* Too many at once is no failure of the server: 429 with a word on when. */
static bool
is_busy(SlAdminCall *call, GError *problem, GError **error)
{
	g_autoptr(GError) owned = problem;

	return refuse_for_now(call, 1, owned->message, error);
}

/* It counts as an attempt when its turn has come: what is not looked at is none. */
static bool
look(SlAdminCall *call, const SlAdminLogin *login, const char *password, bool *ret_right,
     GError **error)
{
	SlPasswords *passwords = call->admin->passwords;
	const char *hash = login->person ? login->person->password : NULL;
	bool stranger = !call->session && !login->device;
	GError *problem = NULL;
	bool looked;

	if (!may_queue(call, &login->login, error))
		return false;
	if (!sl_passwords_enter(passwords, stranger, &problem))
		return is_busy(call, problem, error);
	looked = may_try(call, &login->login, error);
	if (looked)
		*ret_right = sl_password_verify(passwords, hash, password);
	sl_passwords_leave(passwords);
	return looked;
}

bool
sl_admin_check_password(SlAdminCall *call, const char *name, const char *password, unsigned status,
			SlAdminLogin *ret_login, GError **error)
{
	g_autofree char *address = sl_admin_address(call);
	int64_t now_at = sl_clock_now(call->admin->clock);
	SlPerson *person;
	bool right = false;

	if (!find_person(call->db, name, &ret_login->person, error))
		return false;
	person = ret_login->person;
	ret_login->source = sl_login_source(address);
	ret_login->device = person ? known_device(call, person, now_at) : NULL;
	ret_login->login = (SlLogin){name, ret_login->source, ret_login->device, now_at};
	return look(call, ret_login, password, &right, error) &&
	       (right || sl_admin_refuse(call, status, NULL, SL_ERROR_DENIED,
					 "the name or the password is wrong", error));
}

bool
sl_admin_login_succeed(SlDb *db, const SlAdminLogin *login, GError **error)
{
	return sl_person_check_unchanged(db, login->person, error) &&
	       sl_login_succeed(db, &login->login, error);
}

bool
sl_admin_remember_device(SlAdminCall *call, const char *name, GError **error)
{
	g_autoptr(SlPerson) person = sl_person_get(call->db, name, error);
	g_autofree char *text = NULL;

	if (!person)
		return false;
	text = sl_device_new(person, sl_clock_now(call->admin->clock));
	sl_cookie_set(call, SL_COOKIE_DEVICE, text, SL_DEVICE_LIVES_S);
	return true;
}

char *
sl_admin_hash_password(SlAdminCall *call, const char *password, GError **error)
{
	GError *problem = NULL;
	char *hash;

	if (!sl_password_check(password, error))
		return NULL;
	hash = sl_password_hash(call->admin->passwords, password, &problem);
	if (!hash)
		is_busy(call, problem, error);
	return hash;
}
