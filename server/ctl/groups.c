/* groups.c - sluicectl group */
#include "server/ctl/ctl.h"

bool
sl_cmd_group_add(SlCtl *ctl, GError **error)
{
	const char *channel = sl_ctl_option(ctl, "channel");

	if (!channel)
		return sl_error_set(error, SL_ERROR_INVALID,
				    "--channel certification or --channel production is needed");
	return sl_ctl_done(
		ctl,
		sl_client_post(ctl, "groups",
			       json_pack("{s:s, s:s}", "name", ctl->names[0], "channel", channel),
			       error),
		"added group %s, channel %s", ctl->names[0], channel);
}

bool
sl_cmd_group_list(SlCtl *ctl, GError **error)
{
	static const SlColumn columns[] = {
		{"name", "GROUP", SL_CELL_TEXT, 40},
		{"channel", "CHANNEL", SL_CELL_TEXT, 0},
		{"computers", "COMPUTERS", SL_CELL_NUMBER, 0},
		{"covered", "COVERED", SL_CELL_NUMBER, 0},
		{"missing", "MISSING", SL_CELL_NUMBER, 0},
		{"failed", "FAILED", SL_CELL_NUMBER, 0},
		{"silent", "SILENT", SL_CELL_NUMBER, 0},
		{"pending", "PENDING", SL_CELL_NUMBER, 0},
		{"tokens", "TOKENS", SL_CELL_NUMBER, 0},
		{"added_at", "ADDED", SL_CELL_TIME, 0},
	};

	return sl_list_print_paged(
		ctl, "groups?", "text channel sort", columns, G_N_ELEMENTS(columns),
		"no groups yet: sluicectl group add NAME --channel production", error);
}

/* Waits until statuses are those of another channel. */
bool
sl_cmd_group_change(SlCtl *ctl, GError **error)
{
	const char *name = sl_ctl_option(ctl, "name"), *channel = sl_ctl_option(ctl, "channel");
	g_autoptr(json_t) body = json_pack("{s:s}", "name", ctl->names[0]);
	g_autoptr(json_t) answer = NULL;

	if (!name && !channel)
		return sl_error_set(error, SL_ERROR_INVALID, "--name or --channel is needed");
	if (name)
		json_object_set_new(body, "new_name", json_string(name));
	if (channel)
		json_object_set_new(body, "channel", json_string(channel));
	answer = sl_client_post(ctl, "group-changes", json_incref(body), error);
	return answer && sl_wait_for_jobs(ctl, json_object_get(answer, "jobs"), error) &&
	       sl_ctl_done(ctl, json_incref(answer), "changed group %s", ctl->names[0]);
}

bool
sl_cmd_group_remove(SlCtl *ctl, GError **error)
{
	g_autofree char *name = g_uri_escape_string(ctl->names[0], NULL, FALSE);
	g_autofree char *path = g_strconcat("groups/", name, NULL);

	return sl_ctl_done(ctl, sl_client_delete(ctl, path, error), "removed group %s",
			   ctl->names[0]);
}
