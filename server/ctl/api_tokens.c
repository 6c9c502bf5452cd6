/* api_tokens.c - sluicectl api-token */
#include <stdio.h>

#include "catalog/base/text.h"
#include "server/ctl/ctl.h"

bool
sl_cmd_api_token_new(SlCtl *ctl, GError **error)
{
	const char *role = sl_ctl_option(ctl, "role"), *expires = sl_ctl_option(ctl, "expires");
	g_autoptr(json_t) answer = NULL;
	int64_t lives_s;

	if (!role || !expires)
		return sl_error_set(error, SL_ERROR_INVALID,
				    "--role viewer, certifier, approver or owner is needed, and "
				    "--expires 90d or the like");
	if (!sl_text_duration(expires, &lives_s, error)) {
		g_prefix_error(error, "--expires: ");
		return false;
	}
	answer = sl_client_post(ctl, "api-tokens",
				json_pack("{s:s, s:s, s:I}", "name", ctl->names[0], "role", role,
					  "lives_s", (json_int_t)lives_s),
				error);
	if (!answer || ctl->json)
		return sl_list_print_one(ctl, g_steal_pointer(&answer));
	printf("%s\n\nThis is shown once. Scripts send it as: Authorization: Bearer TOKEN\n",
	       json_string_value(json_object_get(answer, "secret")));
	return true;
}

bool
sl_cmd_api_token_list(SlCtl *ctl, GError **error)
{
	static const SlColumn columns[] = {
		{"id", "ID", SL_CELL_NUMBER, 0},
		{"name", "NAME", SL_CELL_TEXT, 40},
		{"begins", "BEGINS", SL_CELL_TEXT, 0},
		{"person", "PERSON", SL_CELL_TEXT, 40},
		{"role", "ROLE", SL_CELL_TEXT, 0},
		{"state", "STATE", SL_CELL_TEXT, 0},
		{"expires_at", "EXPIRES", SL_CELL_TIME, 0},
		{"made_at", "MADE", SL_CELL_TIME, 0},
	};

	return sl_list_print_paged(ctl, "api-tokens?", "text state role sort", columns,
				   G_N_ELEMENTS(columns),
				   "no API tokens: sluicectl api-token new NAME --role viewer "
				   "--expires 90d",
				   error);
}

bool
sl_cmd_api_token_remove(SlCtl *ctl, GError **error)
{
	g_autofree char *id = g_uri_escape_string(ctl->names[0], NULL, FALSE);
	g_autofree char *path = g_strconcat("api-tokens/", id, NULL);

	return sl_ctl_done(ctl, sl_client_delete(ctl, path, error), "removed API token %s",
			   ctl->names[0]);
}
