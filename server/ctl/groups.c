/* groups.c - sluicectl group, token */
#include <stdio.h>
#include <string.h>

#include "catalog/base/text.h"
#include "server/ctl/ctl.h"

static json_t *
post(SlCtl *ctl, const char *path, json_t *body, GError **error)
{
	return sl_client_post(ctl, path, body, error);
}

/* Says what was done; the API's answer with --json. */
static bool
done(const SlCtl *ctl, json_t *answer, const char *what)
{
	if (!answer || ctl->json)
		return sl_list_print_one(ctl, answer);
	puts(what);
	json_decref(answer);
	return true;
}

bool
sl_cmd_group_add(SlCtl *ctl, GError **error)
{
	const char *channel = sl_ctl_option(ctl, "channel");
	g_autofree char *what = NULL;

	if (!channel)
		return sl_error_set(error, SL_ERROR_INVALID,
				    "--channel certification or --channel production is needed");
	what = g_strdup_printf("added group %s, channel %s", ctl->names[0], channel);
	return done(ctl,
		    post(ctl, "groups",
			 json_pack("{s:s, s:s}", "name", ctl->names[0], "channel", channel), error),
		    what);
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
	g_autofree char *what = g_strdup_printf("changed group %s", ctl->names[0]);
	g_autoptr(json_t) body = json_pack("{s:s}", "name", ctl->names[0]);
	g_autoptr(json_t) answer = NULL;

	if (!name && !channel)
		return sl_error_set(error, SL_ERROR_INVALID, "--name or --channel is needed");
	if (name)
		json_object_set_new(body, "new_name", json_string(name));
	if (channel)
		json_object_set_new(body, "channel", json_string(channel));
	answer = post(ctl, "group-changes", json_incref(body), error);
	return answer && sl_wait_for_jobs(ctl, json_object_get(answer, "jobs"), error) &&
	       done(ctl, json_incref(answer), what);
}

bool
sl_cmd_group_remove(SlCtl *ctl, GError **error)
{
	g_autofree char *name = g_uri_escape_string(ctl->names[0], NULL, FALSE);
	g_autofree char *path = g_strconcat("groups/", name, NULL);
	g_autofree char *what = g_strdup_printf("removed group %s", ctl->names[0]);

	return done(ctl, sl_client_delete(ctl, path, error), what);
}

static json_t *
token_request(SlCtl *ctl, GError **error)
{
	const char *expires = sl_ctl_option(ctl, "expires"), *uses = sl_ctl_option(ctl, "uses");
	g_autoptr(json_t) body = json_pack("{s:s, s:b}", "group", sl_ctl_option(ctl, "group"),
					   "hold", sl_ctl_option(ctl, "hold") != NULL);
	int64_t seconds, count;

	if (expires) {
		if (!sl_text_duration(expires, &seconds, error)) {
			g_prefix_error(error, "--expires: ");
			return NULL;
		}
		json_object_set_new(body, "lives_s", json_integer(seconds));
	}
	if (uses) {
		if (!sl_text_int(uses, 1, 1000000, &count, error)) {
			g_prefix_error(error, "--uses: ");
			return NULL;
		}
		json_object_set_new(body, "uses", json_integer(count));
	}
	return g_steal_pointer(&body);
}

/* Where computers reach the server, as far as it can be known here. */
static char *
public_url(const SlCtl *ctl)
{
	g_autoptr(json_t) status = sl_client_get(ctl, "status", NULL);
	const char *address = json_string_value(json_object_get(status, "public"));

	if (!address || g_str_has_prefix(address, "[::]") || g_str_has_prefix(address, "0.0.0.0")) {
		const char *port = address ? strrchr(address, ':') : NULL;

		return g_strdup_printf("http://%s%s", g_get_host_name(),
				       port && strcmp(port, ":80") != 0 ? port : "");
	}
	return g_strdup_printf("http://%s", address);
}

bool
sl_cmd_token_new(SlCtl *ctl, GError **error)
{
	g_autoptr(json_t) body = NULL;
	g_autoptr(json_t) answer = NULL;
	g_autofree char *url = NULL;
	const char *token;

	if (!sl_ctl_option(ctl, "group"))
		return sl_error_set(error, SL_ERROR_INVALID, "--group GROUP is needed");
	body = token_request(ctl, error);
	answer = body ? post(ctl, "tokens", g_steal_pointer(&body), error) : NULL;
	if (!answer)
		return false;
	if (ctl->json)
		return sl_list_print_one(ctl, json_incref(answer));
	token = json_string_value(json_object_get(answer, "token"));
	url = public_url(ctl);
	printf("%s\n\nThis is shown once. On a computer, as root:\n\n"
	       "    sluice-agent enroll %s\n\nand there, when it asks, the token.\n",
	       token, url);
	return true;
}

bool
sl_cmd_token_list(SlCtl *ctl, GError **error)
{
	static const SlColumn columns[] = {
		{"id", "ID", SL_CELL_NUMBER, 0},
		{"begins", "BEGINS", SL_CELL_TEXT, 0},
		{"group", "GROUP", SL_CELL_TEXT, 40},
		{"state", "STATE", SL_CELL_TEXT, 0},
		{"hold", "HOLD", SL_CELL_BOOL, 0},
		{"uses_left", "USES LEFT", SL_CELL_NUMBER, 0},
		{"expires_at", "EXPIRES", SL_CELL_TIME, 0},
		{"made_at", "MADE", SL_CELL_TIME, 0},
		{"person", "BY", SL_CELL_TEXT, 0},
	};

	return sl_list_print_paged(ctl, "tokens?", "group state text sort", columns,
				   G_N_ELEMENTS(columns),
				   "no tokens: sluicectl token new --group GROUP", error);
}

bool
sl_cmd_token_revoke(SlCtl *ctl, GError **error)
{
	g_autofree char *name = g_uri_escape_string(ctl->names[0], NULL, FALSE);
	g_autofree char *path = g_strconcat("tokens/", name, NULL);
	g_autofree char *what = g_strdup_printf("revoked the token %.6s", ctl->names[0]);

	return done(ctl, sl_client_delete(ctl, path, error), what);
}
