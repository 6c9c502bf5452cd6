#include "clients/credential.h"

#include <inttypes.h>
#include <string.h>

#include "catalog/audit.h"
#include "catalog/base/seal.h"
#include "catalog/base/text.h"
#include "clients/group.h"

#define SECRET 16 /* random bytes */
#define PREFIX 6  /* characters people see of it later */
#define DIGEST 32
#define VALID                                                                                      \
	" revoked_at IS NULL AND (uses_left IS NULL OR uses_left > 0)"                             \
	" AND (expires_at IS NULL OR expires_at > ?2)"

void
sl_token_free(SlToken *token)
{
	if (!token)
		return;
	g_free(token->prefix);
	g_free(token->group);
	g_free(token->person);
	g_free(token->state);
	g_free(token);
}

static gpointer
read_token(SlQuery *query)
{
	SlToken *token = g_new0(SlToken, 1);

	token->id = sl_query_int(query, 0);
	token->prefix = g_strdup(sl_query_text(query, 1));
	token->group = g_strdup(sl_query_text(query, 2));
	token->hold = sl_query_int(query, 3) != 0;
	token->uses_left = sl_query_is_null(query, 4) ? -1 : sl_query_int(query, 4);
	token->expires_at = sl_query_int(query, 5);
	token->made_at = sl_query_int(query, 6);
	token->person = g_strdup(sl_query_text(query, 7));
	token->revoked_at = sl_query_int(query, 8);
	token->state = g_strdup(sl_query_text(query, 9));
	return token;
}

static void
bind_filter(SlQuery *query, gconstpointer data)
{
	const SlTokenFilter *filter = data;
	g_autofree char *pattern = sl_text_like(filter->text);

	sl_query_bind_int(query, 1, filter->now_at);
	sl_query_bind_text(query, 2, filter->group);
	sl_query_bind_text(query, 3, filter->state);
	sl_query_bind_text(query, 4, pattern);
}

#define STATE                                                                                      \
	"CASE WHEN t.revoked_at IS NOT NULL THEN 'revoked' WHEN t.expires_at <= ?1 THEN 'expired'" \
	" WHEN t.uses_left = 0 THEN 'used up' ELSE 'valid' END"
#define ENDLESS "9223372036854775807"

static const SlListing tokens = {
	.query = "SELECT t.id, t.prefix, g.name, t.hold, t.uses_left, t.expires_at, t.made_at,"
		 " t.person, t.revoked_at, " STATE
		 " FROM token t JOIN computer_group g ON g.id = t.group_id"
		 " WHERE (?2 IS NULL OR g.name = ?2) AND (?3 IS NULL OR " STATE " = ?3)"
		 " AND (?4 IS NULL OR t.person LIKE ?4 ESCAPE '!' OR t.prefix LIKE ?4 ESCAPE '!')",
	.sorts = {{"group", "g.name"},
		  {"state", STATE},
		  {"uses_left", "coalesce(t.uses_left, " ENDLESS ")"},
		  {"expires_at", "coalesce(t.expires_at, " ENDLESS ")"},
		  {"made_at", "t.made_at"},
		  {"person", "t.person"}},
	.order = "t.id DESC",
	.bind = bind_filter,
	.read = read_token,
	.free = (GDestroyNotify)sl_token_free,
};

GPtrArray *
sl_token_list(SlDb *db, const SlTokenFilter *filter, int64_t *ret_total, GError **error)
{
	return sl_listing_read(db, &tokens, filter, &filter->page, ret_total, error);
}

/* A secret that no shell and no option parser takes for an option. */
static char *
new_secret(void)
{
	char *secret = sl_seal_random_text(SECRET);

	while (secret[0] == '-') {
		g_free(secret);
		secret = sl_seal_random_text(SECRET);
	}
	return secret;
}

static bool
insert(SlDb *db, const SlTokenRequest *request, int64_t group_id, const char *secret,
       GError **error)
{
	g_autoptr(SlQuery) query = sl_query_new(
		db, "INSERT INTO token (digest, prefix, group_id, hold, uses_left, expires_at,"
		    " made_at, person) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)");
	g_autofree char *prefix = g_strndup(secret, PREFIX);
	uint8_t digest[DIGEST];

	sl_seal_digest(secret, strlen(secret), digest);
	sl_query_bind_blob(query, 1, digest, sizeof digest);
	sl_query_bind_text(query, 2, prefix);
	sl_query_bind_int(query, 3, group_id);
	sl_query_bind_int(query, 4, request->hold);
	if (request->uses > 0)
		sl_query_bind_int(query, 5, request->uses);
	if (request->lives_s > 0)
		sl_query_bind_int(query, 6, request->now_at + request->lives_s);
	sl_query_bind_int(query, 7, request->now_at);
	sl_query_bind_text(query, 8, request->person);
	return sl_query_run(query, error) &&
	       sl_audit_add(db, request->now_at, request->person, "token new", prefix,
			    json_pack("{s:s, s:I, s:I, s:b}", "group", request->group, "lives_s",
				      (json_int_t)request->lives_s, "uses",
				      (json_int_t)request->uses, "hold", (int)request->hold),
			    error);
}

char *
sl_token_make(SlDb *db, const SlTokenRequest *request, GError **error)
{
	int64_t group_id = sl_group_find(db, request->group, error);
	g_autofree char *secret = NULL;

	if (!group_id)
		return NULL;
	secret = new_secret();
	return insert(db, request, group_id, secret, error) ? g_steal_pointer(&secret) : NULL;
}

/* The one token that is meant. */
static int64_t
find(SlDb *db, const char *name, char **ret_prefix, GError **error)
{
	g_autoptr(SlQuery) query =
		sl_query_new(db, "SELECT id, prefix, count(*) OVER () FROM token"
				 " WHERE prefix = substr(?1, 1, length(prefix)) OR id = ?2");
	g_autofree char *shown = sl_text_escape(name);
	int64_t id = 0;
	SlStep step;

	sl_text_int(name, 1, INT64_MAX, &id, NULL);
	sl_query_bind_text(query, 1, name);
	sl_query_bind_int(query, 2, id);
	step = sl_query_step(query, error);
	if (step == SL_ROW && sl_query_int(query, 2) == 1) {
		*ret_prefix = g_strdup(sl_query_text(query, 1));
		return sl_query_int(query, 0);
	}
	if (step == SL_DONE)
		sl_error_set(error, SL_ERROR_NOT_FOUND, "no token begins with '%s'", shown);
	else if (step == SL_ROW)
		sl_error_set(error, SL_ERROR_CONFLICT,
			     "%" PRId64 " tokens begin with '%s': use "
			     "the id that token list shows",
			     sl_query_int(query, 2), shown);
	return 0;
}

bool
sl_token_revoke(SlDb *db, const char *name, const char *person, int64_t now_at, GError **error)
{
	g_autofree char *prefix = NULL;
	int64_t id = find(db, name, &prefix, error);
	g_autoptr(SlQuery) query = sl_query_new(
		db, "UPDATE token SET revoked_at = ?2 WHERE id = ?1 AND revoked_at IS NULL");

	if (!id)
		return false;
	sl_query_bind_int(query, 1, id);
	sl_query_bind_int(query, 2, now_at);
	if (!sl_query_run(query, error))
		return false;
	if (sl_db_changes(db) == 0)
		return sl_error_set(error, SL_ERROR_CONFLICT, "token %s is revoked already",
				    prefix);
	return sl_audit_add(db, now_at, person, "token revoke", prefix, NULL, error);
}

static bool
refuse(GError **error)
{
	return sl_error_set(error, SL_ERROR_DENIED, "no valid token");
}

static void
bind_secret(SlQuery *query, const char *secret, int64_t now_at)
{
	uint8_t digest[DIGEST];

	sl_seal_digest(secret, strlen(secret), digest);
	sl_query_bind_blob(query, 1, digest, sizeof digest);
	sl_query_bind_int(query, 2, now_at);
}

bool
sl_token_check(SlDb *db, const char *secret, int64_t now_at, GError **error)
{
	g_autoptr(SlQuery) query =
		sl_query_new(db, "SELECT 1 FROM token WHERE digest = ?1 AND" VALID);
	SlStep step;

	bind_secret(query, secret, now_at);
	step = sl_query_step(query, error);
	return step == SL_ROW || (step == SL_DONE && refuse(error));
}

bool
sl_token_take(SlDb *db, const char *secret, int64_t now_at, int64_t *ret_token, int64_t *ret_group,
	      bool *ret_hold, GError **error)
{
	g_autoptr(SlQuery) query = sl_query_new(
		db, "UPDATE token SET uses_left = uses_left - 1 WHERE digest = ?1 AND" VALID
		    " RETURNING id, group_id, hold");
	SlStep step;

	bind_secret(query, secret, now_at);
	step = sl_query_step(query, error);
	if (step == SL_DONE)
		return refuse(error);
	if (step != SL_ROW)
		return false;
	*ret_token = sl_query_int(query, 0);
	*ret_group = sl_query_int(query, 1);
	*ret_hold = sl_query_int(query, 2) != 0;
	return true;
}
