#include "catalog/api_token.h"

#include <inttypes.h>
#include <string.h>

#include "catalog/audit.h"
#include "catalog/base/limits.h"
#include "catalog/base/seal.h"
#include "catalog/base/text.h"

#define SECRET 32 /* random bytes */
#define PREFIX 6  /* characters people see of it later */
#define DIGEST 32

void
sl_api_token_free(SlApiToken *token)
{
	if (!token)
		return;
	g_free(token->prefix);
	g_free(token->name);
	g_free(token->person);
	g_free(token->state);
	g_free(token);
}

/* there is no person of one that was made on the console */
#define ROLE                                                                                       \
	"CASE WHEN " SL_ROLE_RANK("p.role") " < " SL_ROLE_RANK("t.role") " THEN " SL_ROLE_RANK(    \
		"p.role") " ELSE " SL_ROLE_RANK("t.role") " END"
#define STATE "CASE WHEN t.expires_at > ?1 THEN 'valid' ELSE 'expired' END"
#define COLUMNS                                                                                    \
	"SELECT t.id, t.prefix, t.name, t.person, " ROLE ", t.made_at, t.expires_at, " STATE       \
	" FROM api_token t LEFT JOIN person p ON p.id = t.person_id"

static gpointer
read_token(SlQuery *query)
{
	SlApiToken *token = g_new0(SlApiToken, 1);

	token->id = sl_query_int(query, 0);
	token->prefix = g_strdup(sl_query_text(query, 1));
	token->name = g_strdup(sl_query_text(query, 2));
	token->person = g_strdup(sl_query_text(query, 3));
	token->role = (SlRole)sl_query_int(query, 4);
	token->made_at = sl_query_int(query, 5);
	token->expires_at = sl_query_int(query, 6);
	token->state = g_strdup(sl_query_text(query, 7));
	return token;
}

static void
bind_filter(SlQuery *query, gconstpointer data)
{
	const SlApiTokenFilter *filter = data;
	g_autofree char *pattern = sl_text_like(filter->text);

	sl_query_bind_int(query, 1, filter->now_at);
	sl_query_bind_text(query, 2, filter->person);
	sl_query_bind_text(query, 3, pattern);
	sl_query_bind_text(query, 4, filter->state);
	sl_query_bind_int(query, 5, filter->role);
}

static const SlListing tokens = {
	.query = COLUMNS " WHERE (?2 IS NULL OR t.person = ?2)"
			 " AND (?3 IS NULL OR t.name LIKE ?3 ESCAPE '!'"
			 "  OR t.person LIKE ?3 ESCAPE '!' OR t.prefix LIKE ?3 ESCAPE '!')"
			 " AND (?4 IS NULL OR " STATE " = ?4) AND (?5 = 0 OR " ROLE " = ?5)",
	.sorts = {{"name", "t.name"},
		  {"person", "t.person"},
		  {"role", ROLE},
		  {"state", STATE},
		  {"made_at", "t.made_at"},
		  {"expires_at", "t.expires_at"}},
	.order = "t.id DESC",
	.bind = bind_filter,
	.read = read_token,
	.free = (GDestroyNotify)sl_api_token_free,
};

GPtrArray *
sl_api_token_list(SlDb *db, const SlApiTokenFilter *filter, int64_t *ret_total, GError **error)
{
	return sl_listing_read(db, &tokens, filter, &filter->page, ret_total, error);
}

static bool
insert(SlDb *db, const SlApiTokenRequest *request, int64_t person_id, const char *secret,
       GError **error)
{
	g_autoptr(SlQuery) query = sl_query_new(
		db, "INSERT INTO api_token (digest, prefix, name, person, person_id, role, made_at,"
		    " expires_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)");
	g_autofree char *prefix = g_strndup(secret, PREFIX);
	uint8_t digest[DIGEST];

	sl_seal_digest(secret, strlen(secret), digest);
	sl_query_bind_blob(query, 1, digest, sizeof digest);
	sl_query_bind_text(query, 2, prefix);
	sl_query_bind_text(query, 3, request->name);
	sl_query_bind_text(query, 4, request->person);
	if (person_id)
		sl_query_bind_int(query, 5, person_id);
	sl_query_bind_text(query, 6, sl_role_name(request->role));
	sl_query_bind_int(query, 7, request->now_at);
	sl_query_bind_int(query, 8, request->now_at + request->lives_s);
	return sl_query_run(query, error) &&
	       sl_audit_add(db, request->now_at, request->person, "api-token new", request->name,
			    json_pack("{s:s, s:s, s:I}", "begins", prefix, "role",
				      sl_role_name(request->role), "lives_s",
				      (json_int_t)request->lives_s),
			    error);
}

char *
sl_api_token_make(SlDb *db, const SlApiTokenRequest *request, GError **error)
{
	g_autoptr(SlPerson) person = NULL;
	g_autofree char *secret = NULL;

	if (!sl_text_is_title(request->name)) {
		sl_error_set(error, SL_ERROR_INVALID,
			     "a token's name says what it is for: 1 to %d bytes on one line, not "
			     "beginning with '-'",
			     SL_LIMIT_NAME);
		return NULL;
	}
	if (!request->console && !(person = sl_person_get(db, request->person, error)))
		return NULL;
	secret = sl_seal_random_text(SECRET);
	return insert(db, request, person ? person->id : 0, secret, error)
		       ? g_steal_pointer(&secret)
		       : NULL;
}

SlApiToken *
sl_api_token_find(SlDb *db, const char *secret, int64_t now_at, GError **error)
{
	g_autoptr(SlQuery) query =
		sl_query_new(db, COLUMNS " WHERE t.digest = ?2 AND t.expires_at > ?1");
	uint8_t digest[DIGEST];
	SlStep step;

	sl_seal_digest(secret, strlen(secret), digest);
	sl_query_bind_int(query, 1, now_at);
	sl_query_bind_blob(query, 2, digest, sizeof digest);
	step = sl_query_step(query, error);
	if (step == SL_ROW)
		return read_token(query);
	if (step == SL_DONE)
		sl_error_set(error, SL_ERROR_DENIED, "no valid API token");
	return NULL;
}

bool
sl_api_token_remove(SlDb *db, int64_t id, const char *owner, const char *by, int64_t now_at,
		    GError **error)
{
	g_autoptr(SlQuery) query =
		sl_query_new(db, "DELETE FROM api_token WHERE id = ?1"
				 " AND (?2 IS NULL OR person = ?2) RETURNING name, prefix");
	g_autofree char *name = NULL;
	g_autofree char *prefix = NULL;
	SlStep step;

	sl_query_bind_int(query, 1, id);
	sl_query_bind_text(query, 2, owner);
	step = sl_query_step(query, error);
	if (step == SL_DONE)
		return sl_error_set(error, SL_ERROR_NOT_FOUND, "no API token %" PRId64, id);
	if (step != SL_ROW)
		return false;
	name = g_strdup(sl_query_text(query, 0));
	prefix = g_strdup(sl_query_text(query, 1));
	sl_query_reset(query);
	return sl_audit_add(db, now_at, by, "api-token remove", name,
			    json_pack("{s:s}", "begins", prefix), error);
}
