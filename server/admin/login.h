/* login.h - a password that somebody gives, looked at no oftener than throttling lets */
#pragma once

#include "catalog/login_failure.h"
#include "server/admin/admin.h"

typedef struct {
	SlLogin login;
	char *source;	  /* (owned) */
	char *device;	  /* (owned) */
	SlPerson *person; /* (owned): whose password it is */
} SlAdminLogin;

/**
 * Compares a password with a person's. Who has no account costs the same work, and is refused with
 * the same words. The caller ends the attempt with sl_admin_login_succeed, together with
 * what it does for the person.
 *
 * @param status     of the refusal of a wrong one
 * @param ret_login  to be cleared also on failure
 */
bool sl_admin_check_password(SlAdminCall *call, const char *name, const char *password,
			     unsigned status, SlAdminLogin *ret_login, GError **error);

/** On the writer: the password was right, and still is. SL_ERROR_DENIED where it changed since. */
bool sl_admin_login_succeed(SlDb *db, const SlAdminLogin *login, GError **error);

/** Has the browser keep that a person signed in with it; the password is the one it has now. */
bool sl_admin_remember_device(SlAdminCall *call, const char *name, GError **error);

/** The address that the call came from, behind proxies that are trusted; owned. */
char *sl_admin_address(const SlAdminCall *call);

/** What to store of a new password; SL_ERROR_INVALID for one that is none. Owned. */
char *sl_admin_hash_password(SlAdminCall *call, const char *password, GError **error);

void sl_admin_login_clear(SlAdminLogin *login);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(SlAdminLogin, sl_admin_login_clear)
