/* session.h - who is signed in at the admin page
 *
 * A session is a secret that its person's browser keeps as a cookie; we keep its digest, so that it
 * outlives a restart of the program and cannot be had from the database. It ends when it was not
 * used for half an hour, after half a day in any case, when its person's password or role changes,
 * and when the clock is set back by more than half an hour. Its secret changes whenever the
 * password is given: what was there before is then dead.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "catalog/base/db.h"
#include "catalog/person.h"

#define SL_SESSION_IDLE_S    (30 * 60)
#define SL_SESSION_LIVES_S   (12 * 3600)
#define SL_SESSION_CONFIRM_S (5 * 60) /* how long a password counts for what needs it again */

typedef struct {
	int64_t person_id;
	char *person;
	SlRole role;
	int64_t begun_at;
	int64_t seen_at;
	int64_t confirmed_at;
} SlSession;

void sl_session_free(SlSession *session);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SlSession, sl_session_free)

/**
 * Signs a person in, with an audit row.
 *
 * @param source  the address it was from
 * @return the secret, owned
 */
char *sl_session_begin(SlDb *db, const SlPerson *person, const char *source, int64_t now_at,
		       GError **error);
/** The session of a secret; SL_ERROR_DENIED, the same whatever is wrong with it. */
SlSession *sl_session_find(SlDb *db, const char *secret, int64_t now_at, GError **error);
/** It is used now. */
bool sl_session_see(SlDb *db, const char *secret, int64_t now_at, GError **error);
/** The password was given again: the session goes on under the new secret that is returned. */
char *sl_session_renew(SlDb *db, const char *secret, int64_t now_at, GError **error);
/** Signs out here, with an audit row. */
bool sl_session_end(SlDb *db, const char *secret, const char *person, int64_t now_at,
		    GError **error);
/** Signs out wherever the session's person is signed in, with an audit row. */
bool sl_session_end_everywhere(SlDb *db, const SlSession *session, int64_t now_at, GError **error);
/** All of a person's, without one. */
bool sl_session_end_all(SlDb *db, int64_t person_id, GError **error);
/** Everybody's: of a database from the past. */
bool sl_session_end_everybodys(SlDb *db, GError **error);

/** MAC of a secret: what its page shows with each change, and no other page can know. */
char *sl_session_token(const char *secret);
