/* channels.c - sluicectl channel */
#include <inttypes.h>
#include <stdio.h>

#include "catalog/base/text.h"
#include "server/ctl/ctl.h"

bool
sl_cmd_channel_list(SlCtl *ctl, GError **error)
{
	static const SlColumn columns[] = {
		{"name", "CHANNEL", SL_CELL_TEXT, 0},
		{"publication", "PUBLICATION", SL_CELL_NUMBER, 0},
		{"updates", "UPDATES", SL_CELL_NUMBER, 0},
		{"fingerprint", "KEY", SL_CELL_TEXT, 0},
	};

	return sl_list_print(ctl, sl_client_get(ctl, "channels", error), columns,
			     G_N_ELEMENTS(columns), "no channels");
}

bool
sl_cmd_channel_diff(SlCtl *ctl, GError **error)
{
	static const SlColumn columns[] = {
		{"suite", "SUITE", SL_CELL_TEXT, 0},
		{"name", "UPDATE", SL_CELL_TEXT, 0},
		{"certification", "CERTIFICATION", SL_CELL_TEXT, 0},
		{"production", "PRODUCTION", SL_CELL_TEXT, 0},
	};

	return sl_list_print(ctl, sl_client_get(ctl, "channel-diff", error), columns,
			     G_N_ELEMENTS(columns), "the channels hold the same");
}

bool
sl_cmd_channel_history(SlCtl *ctl, GError **error)
{
	static const SlColumn columns[] = {
		{"number", "NUMBER", SL_CELL_NUMBER, 0}, {"at", "AT", SL_CELL_TIME, 0},
		{"person", "BY", SL_CELL_TEXT, 0},	 {"cause", "CAUSE", SL_CELL_TEXT, 0},
		{"added", "ADDED", SL_CELL_TEXT, 60},	 {"removed", "REMOVED", SL_CELL_TEXT, 60},
	};
	g_autofree char *channel = sl_client_argument("channel", ctl->names[0]);
	g_autofree char *limit = sl_client_argument("limit", sl_ctl_option(ctl, "limit"));
	g_autofree char *path = g_strdup_printf("channel-history?x=%s%s", channel, limit);

	return sl_list_print(ctl, sl_client_get(ctl, path, error), columns, G_N_ELEMENTS(columns),
			     "nothing was published yet");
}

bool
sl_cmd_channel_return(SlCtl *ctl, GError **error)
{
	g_autoptr(json_t) answer = NULL;
	int64_t number, skipped;

	if (!ctl->names[0] || !ctl->names[1] || !sl_ctl_option(ctl, "reason"))
		return sl_error_set(error, SL_ERROR_INVALID,
				    "write: sluicectl channel return CHANNEL N --reason TEXT");
	if (!sl_text_int(ctl->names[1], 1, INT64_MAX, &number, error))
		return false;
	puts("machines that have newer versions keep them: apt does not downgrade by itself");
	if (!sl_ctl_confirm(ctl, "return?", error))
		return false;
	answer = sl_client_post(ctl, "channel-returns",
				json_pack("{s:s, s:I, s:s}", "channel", ctl->names[0], "number",
					  (json_int_t)number, "reason",
					  sl_ctl_option(ctl, "reason")),
				error);
	if (!answer)
		return false;
	skipped = json_integer_value(json_object_get(answer, "skipped"));
	if (skipped > 0)
		printf("%" PRId64 " updates of that publication stay out: they were recalled\n",
		       skipped);
	return ctl->no_wait || sl_wait_for_jobs(ctl, json_object_get(answer, "jobs"), error);
}
