#include "catalog/session.h"

#include <string.h>

#include "catalog/audit.h"
#include "catalog/base/seal.h"

#define SECRET 32 /* random bytes */
#define DIGEST 32

void
sl_session_free(SlSession *session)
{
	if (!session)
		return;
	g_free(session->person);
	g_free(session);
}

static void
bind_secret(SlQuery *query, int index, const char *secret)
{
	uint8_t digest[DIGEST];

	sl_seal_digest(secret, strlen(secret), digest);
	sl_query_bind_blob(query, index, digest, sizeof digest);
}

static bool
forget_ended(SlDb *db, int64_t now_at, GError **error)
{
	g_autoptr(SlQuery) query =
		sl_query_new(db, "DELETE FROM session WHERE seen_at <= ?1 OR begun_at <= ?2"
				 " OR seen_at >= ?3");

	sl_query_bind_int(query, 1, now_at - SL_SESSION_IDLE_S);
	sl_query_bind_int(query, 2, now_at - SL_SESSION_LIVES_S);
	sl_query_bind_int(query, 3, now_at + SL_SESSION_IDLE_S);
	return sl_query_run(query, error);
}

static bool
note_sign_in(SlDb *db, int64_t person_id, int64_t now_at, GError **error)
{
	g_autoptr(SlQuery) query =
		sl_query_new(db, "UPDATE person SET signed_in_at = ?2 WHERE id = ?1");

	sl_query_bind_int(query, 1, person_id);
	sl_query_bind_int(query, 2, now_at);
	return sl_query_run(query, error);
}

char *
sl_session_begin(SlDb *db, const SlPerson *person, const char *source, int64_t now_at,
		 GError **error)
{
	g_autoptr(SlQuery) query = sl_query_new(
		db, "INSERT INTO session (digest, person_id, begun_at, seen_at, confirmed_at)"
		    " VALUES (?1, ?2, ?3, ?3, ?3)");
	g_autofree char *secret = sl_seal_random_text(SECRET);

	if (!forget_ended(db, now_at, error))
		return NULL;
	bind_secret(query, 1, secret);
	sl_query_bind_int(query, 2, person->id);
	sl_query_bind_int(query, 3, now_at);
	if (!sl_query_run(query, error) || !note_sign_in(db, person->id, now_at, error) ||
	    !sl_audit_add(db, now_at, person->name, "sign in", person->name,
			  json_pack("{s:s}", "from", source), error))
		return NULL;
	return g_steal_pointer(&secret);
}

SlSession *
sl_session_find(SlDb *db, const char *secret, int64_t now_at, GError **error)
{
	static const char sql[] =
		"SELECT s.person_id, p.name, p.role, s.begun_at, s.seen_at, s.confirmed_at"
		" FROM session s JOIN person p ON p.id = s.person_id"
		" WHERE s.digest = ?1 AND s.seen_at > ?2 AND s.begun_at > ?3 AND s.seen_at < ?4";
	g_autoptr(SlQuery) query = sl_query_new(db, sql);
	g_autoptr(SlSession) session = NULL;
	SlStep step;

	bind_secret(query, 1, secret);
	sl_query_bind_int(query, 2, now_at - SL_SESSION_IDLE_S);
	sl_query_bind_int(query, 3, now_at - SL_SESSION_LIVES_S);
	/* used in times to come: the clock was wrong then, and nothing would end this */
	sl_query_bind_int(query, 4, now_at + SL_SESSION_IDLE_S);
	step = sl_query_step(query, error);
	if (step == SL_DONE)
		sl_error_set(error, SL_ERROR_DENIED, "you are not signed in, or no longer");
	if (step != SL_ROW)
		return NULL;
	session = g_new0(SlSession, 1);
	session->person_id = sl_query_int(query, 0);
	session->person = g_strdup(sl_query_text(query, 1));
	session->begun_at = sl_query_int(query, 3);
	session->seen_at = sl_query_int(query, 4);
	session->confirmed_at = sl_query_int(query, 5);
	return sl_role_find(sl_query_text(query, 2), &session->role, error)
		       ? g_steal_pointer(&session)
		       : NULL;
}

bool
sl_session_see(SlDb *db, const char *secret, int64_t now_at, GError **error)
{
	g_autoptr(SlQuery) query =
		sl_query_new(db, "UPDATE session SET seen_at = ?2 WHERE digest = ?1");

	bind_secret(query, 1, secret);
	sl_query_bind_int(query, 2, now_at);
	return sl_query_run(query, error);
}

char *
sl_session_renew(SlDb *db, const char *secret, int64_t now_at, GError **error)
{
	g_autoptr(SlQuery) query =
		sl_query_new(db, "UPDATE session SET digest = ?2, seen_at = ?3, confirmed_at = ?3"
				 " WHERE digest = ?1");
	g_autofree char *renewed = sl_seal_random_text(SECRET);

	bind_secret(query, 1, secret);
	bind_secret(query, 2, renewed);
	sl_query_bind_int(query, 3, now_at);
	if (!sl_query_run(query, error))
		return NULL;
	if (sl_db_changes(db) == 1)
		return g_steal_pointer(&renewed);
	sl_error_set(error, SL_ERROR_DENIED, "the session ended meanwhile");
	return NULL;
}

bool
sl_session_end(SlDb *db, const char *secret, const char *person, int64_t now_at, GError **error)
{
	g_autoptr(SlQuery) query = sl_query_new(db, "DELETE FROM session WHERE digest = ?1");

	bind_secret(query, 1, secret);
	return sl_query_run(query, error) &&
	       sl_audit_add(db, now_at, person, "sign out", person, NULL, error);
}

bool
sl_session_end_all(SlDb *db, int64_t person_id, GError **error)
{
	g_autoptr(SlQuery) query = sl_query_new(db, "DELETE FROM session WHERE person_id = ?1");

	sl_query_bind_int(query, 1, person_id);
	return sl_query_run(query, error);
}

bool
sl_session_end_everywhere(SlDb *db, const SlSession *session, int64_t now_at, GError **error)
{
	return sl_session_end_all(db, session->person_id, error) &&
	       sl_audit_add(db, now_at, session->person, "sign out everywhere", session->person,
			    NULL, error);
}

bool
sl_session_end_everybodys(SlDb *db, GError **error)
{
	return sl_db_exec(db, "DELETE FROM session", error);
}

char *
sl_session_token(const char *secret)
{
	return sl_seal_mac(secret, "csrf");
}
