/* api_tokens.c - what scripts sign in with */
#include "catalog/api_token.h"
#include "catalog/base/limits.h"
#include "catalog/base/text.h"
#include "server/admin/admin.h"

#define LIVES_MAX (2LL * 366 * 86400) /* seconds */

/* An owner sees and removes everybody's, others their own. */
static const char *
whose(const SlAdminCall *call)
{
	return call->role >= SL_RIGHT_OWN ? NULL : call->person;
}

json_t *
sl_admin_api_tokens(SlAdminCall *call, GError **error)
{
	static const char *const states[] = {"valid", "expired", NULL};
	const char *role = sl_request_argument(call->request, "role");
	SlApiTokenFilter filter = {.person = whose(call),
				   .text = sl_request_argument(call->request, "text"),
				   .now_at = sl_clock_now(call->admin->clock)};
	g_autoptr(GPtrArray) list = NULL;
	int64_t total = 0;
	json_t *items;

	if ((role && !sl_role_find(role, &filter.role, error)) ||
	    !sl_admin_choice(call, "state", states, &filter.state, error) ||
	    !sl_admin_listing_page(call, &filter.page, error) ||
	    !(list = sl_api_token_list(call->db, &filter, &total, error)))
		return NULL;
	items = json_array();
	for (guint i = 0; i < list->len; i++) {
		const SlApiToken *one = list->pdata[i];

		json_array_append_new(items,
				      json_pack("{s:I, s:s, s:s, s:s, s:s, s:s, s:I, s:I}", "id",
						(json_int_t)one->id, "name", one->name, "begins",
						one->prefix, "person", one->person, "role",
						sl_role_name(one->role), "state", one->state,
						"made_at", (json_int_t)one->made_at, "expires_at",
						(json_int_t)one->expires_at));
	}
	return json_pack("{s:o, s:I}", "items", items, "total", (json_int_t)total);
}

typedef struct {
	SlApiTokenRequest request;
	char *secret;
} Making;

static bool
make(SlDb *db, gpointer data, GError **error)
{
	Making *making = data;

	making->secret = sl_api_token_make(db, &making->request, error);
	return making->secret != NULL;
}

/* A token that made tokens would never expire. */
static bool
may_make(const SlAdminCall *call, SlRole role, GError **error)
{
	if (!call->console && !call->session)
		return sl_error_set(error, SL_ERROR_DENIED,
				    "an API token makes no others: sign in by password");
	return sl_admin_require(call, (SlRight)role, error);
}

json_t *
sl_admin_api_token_make(SlAdminCall *call, GError **error)
{
	g_autoptr(SlJsonReader) reader = sl_json_reader_new(call->body, "API token");
	Making making = {.request = {.name = sl_json_take_text(reader, "name", SL_LIMIT_NAME * 4),
				     .lives_s = sl_json_take_int(reader, "lives_s", 60, LIVES_MAX),
				     .person = call->person,
				     .console = call->console,
				     .now_at = sl_clock_now(call->admin->clock)}};
	const char *role = sl_json_take_text(reader, "role", SL_LIMIT_NAME);
	g_autofree char *secret = NULL;
	bool ok;

	if (!sl_json_finish(reader, error) || !sl_role_find(role, &making.request.role, error) ||
	    !may_make(call, making.request.role, error))
		return NULL;
	ok = sl_admin_write(call, make, &making, error);
	secret = making.secret;
	if (!ok)
		return NULL;
	call->status = 201;
	return json_pack("{s:s, s:s, s:s, s:I}", "secret", secret, "name", making.request.name,
			 "role", role, "expires_at",
			 (json_int_t)(making.request.now_at + making.request.lives_s));
}

typedef struct {
	int64_t id, now_at;
	const char *owner, *by;
} Removing;

static bool
remove_token(SlDb *db, gpointer data, GError **error)
{
	const Removing *removing = data;

	return sl_api_token_remove(db, removing->id, removing->owner, removing->by,
				   removing->now_at, error);
}

json_t *
sl_admin_api_token_remove(SlAdminCall *call, GError **error)
{
	Removing removing = {.now_at = sl_clock_now(call->admin->clock),
			     .owner = whose(call),
			     .by = call->person};

	if (!sl_text_int(call->rest, 1, INT64_MAX, &removing.id, error) ||
	    !sl_admin_write(call, remove_token, &removing, error))
		return NULL;
	return json_pack("{s:I}", "removed", (json_int_t)removing.id);
}
