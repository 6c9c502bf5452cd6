#include "catalog/setup_code.h"

#include <string.h>

#include "catalog/audit.h"
#include "catalog/base/seal.h"
#include "catalog/person.h"

#define GROUPS	   4
#define IN_A_GROUP 4
#define DIGEST	   32
#define LETTERS	   "ABCDEFGHJKLMNPQRSTUVWXYZ23456789" /* 32, none taken for another */

static bool
check_nobody(SlDb *db, GError **error)
{
	bool exists;

	if (!sl_person_exists(db, &exists, error))
		return false;
	return !exists || sl_error_set(error, SL_ERROR_CONFLICT,
				       "this server is set up: an owner adds people");
}

/* 80 random bits, as they are read out and typed. */
static char *
random_code(void)
{
	GString *code = g_string_new(NULL);
	uint8_t random[GROUPS * IN_A_GROUP];

	sl_seal_random(random, sizeof random);
	for (size_t i = 0; i < sizeof random; i++) {
		if (i > 0 && i % IN_A_GROUP == 0)
			g_string_append_c(code, '-');
		g_string_append_c(code, LETTERS[random[i] % strlen(LETTERS)]);
	}
	return g_string_free(code, FALSE);
}

/* However it was typed. */
static void
bind_code(SlQuery *query, const char *typed)
{
	g_autoptr(GString) code = g_string_new(NULL);
	uint8_t digest[DIGEST];

	for (; *typed; typed++)
		if (g_ascii_isalnum(*typed))
			g_string_append_c(code, g_ascii_toupper(*typed));
	sl_seal_digest(code->str, code->len, digest);
	sl_query_bind_blob(query, 1, digest, sizeof digest);
}

char *
sl_setup_code_make(SlDb *db, const char *by, int64_t now_at, GError **error)
{
	g_autoptr(SlQuery) query =
		sl_query_new(db, "INSERT INTO setup_code (digest, expires_at) VALUES (?1, ?2)");
	g_autofree char *code = random_code();

	if (!check_nobody(db, error) || !sl_db_exec(db, "DELETE FROM setup_code", error))
		return NULL;
	bind_code(query, code);
	sl_query_bind_int(query, 2, now_at + SL_SETUP_CODE_LIVES_S);
	if (!sl_query_run(query, error) ||
	    !sl_audit_add(db, now_at, by, "setup-code new", "set-up code", NULL, error))
		return NULL;
	return g_steal_pointer(&code);
}

bool
sl_setup_code_check(SlDb *db, const char *code, int64_t now_at, GError **error)
{
	g_autoptr(SlQuery) query =
		sl_query_new(db, "SELECT 1 FROM setup_code WHERE digest = ?1 AND expires_at > ?2");
	SlStep step;

	if (!check_nobody(db, error))
		return false;
	bind_code(query, code);
	sl_query_bind_int(query, 2, now_at);
	step = sl_query_step(query, error);
	return step == SL_ROW ||
	       (step == SL_DONE &&
		sl_error_set(error, SL_ERROR_DENIED,
			     "that is not the set-up code, or no longer: sluicectl setup-code on "
			     "the server makes a new one"));
}

bool
sl_setup_code_take(SlDb *db, const char *code, int64_t now_at, GError **error)
{
	return sl_setup_code_check(db, code, now_at, error) &&
	       sl_db_exec(db, "DELETE FROM setup_code", error);
}
