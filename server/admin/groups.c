/* groups.c - groups of computers */
#include "catalog/base/limits.h"
#include "catalog/channel.h"
#include "clients/group.h"
#include "clients/leaving.h"
#include "server/admin/admin.h"

json_t *
sl_admin_groups(SlAdminCall *call, GError **error)
{
	SlGroupFilter filter = {.name = sl_request_argument(call->request, "name"),
				.text = sl_request_argument(call->request, "text")};
	g_autoptr(GPtrArray) list = NULL;
	int64_t total = 0;
	json_t *items;

	if (!sl_admin_choice(call, "channel", sl_channel_names, &filter.channel, error) ||
	    !sl_admin_listing_page(call, &filter.page, error) ||
	    !(list = sl_group_list(call->db, &filter, &total, error)))
		return NULL;
	items = json_array();
	for (guint i = 0; i < list->len; i++) {
		const SlGroup *one = list->pdata[i];

		json_array_append_new(
			items,
			json_pack("{s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "name",
				  one->name, "channel", one->channel, "computers",
				  (json_int_t)one->computers, "covered", (json_int_t)one->covered,
				  "missing", (json_int_t)one->missing, "failed",
				  (json_int_t)one->failed, "silent", (json_int_t)one->silent,
				  "pending", (json_int_t)one->pending, "tokens",
				  (json_int_t)one->tokens, "added_at", (json_int_t)one->added_at));
	}
	return json_pack("{s:o, s:I}", "items", items, "total", (json_int_t)total);
}

typedef struct {
	const char *name, *new_name, *channel, *person;
	bool owner; /* asks for it */
	int64_t now_at;
} Group;

static bool
add(SlDb *db, gpointer data, GError **error)
{
	const Group *group = data;

	return sl_group_add(db, group->name, group->channel, group->person, group->now_at, error);
}

json_t *
sl_admin_group_add(SlAdminCall *call, GError **error)
{
	g_autoptr(SlJsonReader) reader = sl_json_reader_new(call->body, "group");
	Group group = {.name = sl_json_take_text(reader, "name", SL_LIMIT_NAME * 4),
		       .channel = sl_json_take_text(reader, "channel", SL_LIMIT_NAME),
		       .person = call->person,
		       .now_at = sl_clock_now(call->admin->clock)};

	if (!sl_json_finish(reader, error) || !sl_admin_write(call, add, &group, error))
		return NULL;
	call->status = 201;
	return json_pack("{s:s, s:s}", "name", group.name, "channel", group.channel);
}

static bool
change(SlDb *db, gpointer data, GError **error)
{
	const Group *group = data;

	if (group->channel && !group->owner &&
	    !sl_leaving_check_change(db, group->name, group->channel, error))
		return false;
	return sl_group_change(db, group->name, group->new_name, group->channel, group->person,
			       group->now_at, error);
}

json_t *
sl_admin_group_change(SlAdminCall *call, GError **error)
{
	const SlAdmin *admin = call->admin;
	g_autoptr(SlJsonReader) reader = sl_json_reader_new(call->body, "group");
	Group group = {.name = sl_json_take_text(reader, "name", SL_LIMIT_NAME * 4),
		       .new_name = sl_json_take_text_or_null(reader, "new_name", SL_LIMIT_NAME * 4),
		       .channel = sl_json_take_text_or_null(reader, "channel", SL_LIMIT_NAME),
		       .person = call->person,
		       .owner = call->role >= SL_RIGHT_OWN,
		       .now_at = sl_clock_now(admin->clock)};
	json_t *jobs;

	/* in another channel, computers take what nobody gave production */
	if (!sl_json_finish(reader, error) ||
	    (group.channel && !sl_admin_require_confirmed(call, error)) ||
	    !sl_admin_write(call, change, &group, error))
		return NULL;
	jobs = json_array();
	/* another channel has other updates, and other revisions of the same */
	if (group.channel)
		json_array_append_new(
			jobs, json_integer(admin->start_statuses(admin->app, true, call->person)));
	return json_pack("{s:s, s:o}", "name", group.new_name ? group.new_name : group.name, "jobs",
			 jobs);
}

static bool
remove_group(SlDb *db, gpointer data, GError **error)
{
	const Group *group = data;

	return sl_group_remove(db, group->name, group->person, group->now_at, error);
}

json_t *
sl_admin_group_remove(SlAdminCall *call, GError **error)
{
	Group group = {.name = call->rest,
		       .person = call->person,
		       .now_at = sl_clock_now(call->admin->clock)};

	if (!sl_admin_write(call, remove_group, &group, error))
		return NULL;
	return json_pack("{s:s}", "name", group.name);
}
