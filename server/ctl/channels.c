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

	return sl_list_print_paged(ctl, "channel-diff?", "text sort", columns,
				   G_N_ELEMENTS(columns), "the channels hold the same", error);
}

bool
sl_cmd_channel_history(SlCtl *ctl, GError **error)
{
	static const SlColumn columns[] = {
		{"number", "NUMBER", SL_CELL_NUMBER, 0}, {"at", "AT", SL_CELL_TIME, 0},
		{"person", "BY", SL_CELL_PERSON, 0},	 {"cause", "CAUSE", SL_CELL_TEXT, 0},
		{"added", "ADDED", SL_CELL_TEXT, 60},	 {"removed", "REMOVED", SL_CELL_TEXT, 60},
	};
	g_autofree char *channel = sl_client_argument("channel", ctl->names[0]);
	g_autofree char *path = g_strconcat("channel-history?", channel, NULL);

	return sl_list_print_paged(ctl, path, "", columns, G_N_ELEMENTS(columns),
				   "nothing was published yet", error);
}

bool
sl_cmd_channel_show(SlCtl *ctl, GError **error)
{
	static const SlColumn columns[] = {
		{"suite", "SUITE", SL_CELL_TEXT, 0},	     {"update", "UPDATE", SL_CELL_TEXT, 0},
		{"revision", "REVISION", SL_CELL_NUMBER, 0}, {"since", "SINCE", SL_CELL_NUMBER, 0},
		{"since_at", "SINCE AT", SL_CELL_TIME, 0},
	};
	const char *number = ctl->names[0] ? ctl->names[1] : NULL;
	g_autofree char *channel = sl_client_argument("channel", ctl->names[0]);
	g_autofree char *which = sl_client_argument("number", number);
	g_autofree char *path = g_strconcat("channel-items?", channel, which, NULL);

	return sl_list_print_paged(ctl, path, "text sort", columns, G_N_ELEMENTS(columns),
				   "the publication holds nothing", error);
}

/* What a return would do, where none was seen; doing what was seen. */
static json_t *
post_return(const SlCtl *ctl, int64_t number, const json_t *seen, GError **error)
{
	return sl_client_post(
		ctl, "channel-returns",
		json_pack("{s:s, s:I, s:s, s:b, s:b, s:s*}", "channel", ctl->names[0], "number",
			  (json_int_t)number, "reason", sl_ctl_option(ctl, "reason"), "emergency",
			  sl_ctl_option(ctl, "emergency") != NULL, "dry_run", seen == NULL, "plan",
			  json_string_value(json_object_get(seen, "plan"))),
		error);
}

static size_t
show_texts(const json_t *plan, const char *key, const char *word)
{
	const json_t *texts = json_object_get(plan, key);

	for (size_t i = 0; i < json_array_size(texts); i++)
		printf("%s%s\n", word, json_string_value(json_array_get(texts, i)));
	return json_array_size(texts);
}

/* What returning would do, in words; how much it would change. */
static size_t
show_return(const json_t *plan)
{
	int64_t skipped = json_integer_value(json_object_get(plan, "skipped"));
	size_t changes = show_texts(plan, "added", "add ");

	changes += show_texts(plan, "removed", "remove ");
	show_texts(plan, "refused", "refused: ");
	show_texts(plan, "warnings", "emergency: ");
	if (skipped > 0)
		printf("%" PRId64 " updates of that publication stay out: they were recalled\n",
		       skipped);
	if (changes > 0)
		puts("note: computers that have newer versions keep them: "
		     "apt does not downgrade by itself");
	else
		puts("nothing to do: the channel holds just that");
	return changes;
}

bool
sl_cmd_channel_return(SlCtl *ctl, GError **error)
{
	g_autoptr(json_t) plan = NULL;
	g_autoptr(json_t) done = NULL;
	int64_t number;

	if (!sl_ctl_option(ctl, "reason"))
		return sl_error_set(error, SL_ERROR_INVALID,
				    "write: sluicectl channel return CHANNEL N --reason TEXT");
	if (!sl_text_int(ctl->names[1], 1, INT64_MAX, &number, error))
		return false;
	plan = post_return(ctl, number, NULL, error);
	if (!plan)
		return false;
	if (ctl->json && ctl->dry_run)
		return sl_list_print_one(ctl, json_incref(plan));
	if (!ctl->json && show_return(plan) == 0)
		return true;
	if (ctl->dry_run)
		return puts("dry run: nothing was changed") >= 0;
	/* where it is refused there is nothing to ask: the server says so */
	if (json_array_size(json_object_get(plan, "refused")) == 0 &&
	    !sl_ctl_confirm(ctl, "return?", error))
		return false;
	done = post_return(ctl, number, plan, error);
	return done && sl_wait_for_answer(ctl, done, error);
}
