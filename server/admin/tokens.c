/* tokens.c - permission to enrol */
#include "catalog/base/limits.h"
#include "clients/credential.h"
#include "clients/group.h"
#include "server/admin/admin.h"

#define LIVES_MAX (10LL * 365 * 86400) /* seconds */
#define USES_MAX  1000000

json_t *
sl_admin_tokens(SlAdminCall *call, GError **error)
{
	static const char *const states[] = {"valid", "expired", "used up", "revoked", NULL};
	SlTokenFilter filter = {.group = sl_request_argument(call->request, "group"),
				.text = sl_request_argument(call->request, "text"),
				.now_at = sl_clock_now(call->admin->clock)};
	g_autoptr(GPtrArray) list = NULL;
	int64_t total = 0;
	json_t *items;

	if (!sl_admin_choice(call, "state", states, &filter.state, error) ||
	    (filter.group && !sl_group_find(call->db, filter.group, error)) ||
	    !sl_admin_listing_page(call, &filter.page, error) ||
	    !(list = sl_token_list(call->db, &filter, &total, error)))
		return NULL;
	items = json_array();
	for (guint i = 0; i < list->len; i++) {
		const SlToken *one = list->pdata[i];
		json_t *uses = one->uses_left < 0 ? json_null() : json_integer(one->uses_left);

		json_array_append_new(
			items,
			json_pack("{s:I, s:s, s:s, s:s, s:b, s:o, s:I, s:I, s:s, s:I}", "id",
				  (json_int_t)one->id, "begins", one->prefix, "group", one->group,
				  "state", one->state, "hold", (int)one->hold, "uses_left", uses,
				  "expires_at", (json_int_t)one->expires_at, "made_at",
				  (json_int_t)one->made_at, "person", one->person, "revoked_at",
				  (json_int_t)one->revoked_at));
	}
	return json_pack("{s:o, s:I}", "items", items, "total", (json_int_t)total);
}

typedef struct {
	SlTokenRequest request;
	char *secret;
} Making;

static bool
make(SlDb *db, gpointer data, GError **error)
{
	Making *making = data;

	making->secret = sl_token_make(db, &making->request, error);
	return making->secret != NULL;
}

json_t *
sl_admin_token_make(SlAdminCall *call, GError **error)
{
	g_autoptr(SlJsonReader) reader = sl_json_reader_new(call->body, "token");
	Making making = {
		.request = {.group = sl_json_take_text(reader, "group", SL_LIMIT_NAME * 4),
			    .lives_s = sl_json_take_int_or(reader, "lives_s", 1, LIVES_MAX, 0),
			    .uses = sl_json_take_int_or(reader, "uses", 1, USES_MAX, 0),
			    .hold = sl_json_take_bool_or(reader, "hold", false),
			    .person = call->person,
			    .now_at = sl_clock_now(call->admin->clock)}};
	g_autofree char *secret = NULL;
	g_autofree char *token = NULL;
	bool ok;

	if (!sl_json_finish(reader, error))
		return NULL;
	ok = sl_admin_write(call, make, &making, error);
	secret = making.secret;
	if (!ok)
		return NULL;
	token = g_strdup_printf("%s.%s", secret, call->admin->server_key(call->admin->app));
	call->status = 201;
	return json_pack(
		"{s:s, s:s, s:I, s:b}", "token", token, "group", making.request.group, "expires_at",
		(json_int_t)(making.request.lives_s ? making.request.now_at + making.request.lives_s
						    : 0),
		"hold", (int)making.request.hold);
}

typedef struct {
	const char *name, *person;
	int64_t now_at;
} Revoking;

static bool
revoke_token(SlDb *db, gpointer data, GError **error)
{
	const Revoking *revoking = data;

	return sl_token_revoke(db, revoking->name, revoking->person, revoking->now_at, error);
}

json_t *
sl_admin_token_revoke(SlAdminCall *call, GError **error)
{
	Revoking revoking = {call->rest, call->person, sl_clock_now(call->admin->clock)};

	if (!sl_admin_write(call, revoke_token, &revoking, error))
		return NULL;
	return json_pack("{s:s}", "revoked", call->rest);
}
