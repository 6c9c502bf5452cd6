/* tokens.c - sluicectl token: permission to enrol */
#include <stdio.h>
#include <string.h>

#include "catalog/base/text.h"
#include "server/ctl/ctl.h"

#define LIVES "1d" /* as the page offers at first: who finds an old token enrols nothing */

static json_t *
token_request(SlCtl *ctl, GError **error)
{
	const char *expires = sl_ctl_option(ctl, "expires"), *uses = sl_ctl_option(ctl, "uses");
	const char *lives = expires ? expires : LIVES;
	g_autoptr(json_t) body = json_pack("{s:s, s:b}", "group", sl_ctl_option(ctl, "group"),
					   "hold", sl_ctl_option(ctl, "hold") != NULL);
	int64_t seconds, count;

	if (strcmp(lives, "never") != 0) {
		if (!sl_text_duration(lives, &seconds, error)) {
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

/* What it permits, and until when. Owned. */
static char *
token_words(const json_t *answer, const char *uses)
{
	int64_t expires_at = json_integer_value(json_object_get(answer, "expires_at"));
	const char *count = uses ? uses : "any number of";
	g_autofree char *at =
		expires_at > 0 ? sl_text_format_time(expires_at) : g_strdup("somebody revokes it");

	return g_strdup_printf("Until %s it lets %s computer%s into group %s%s.", at, count,
			       g_strcmp0(uses, "1") == 0 ? "" : "s",
			       json_string_value(json_object_get(answer, "group")),
			       json_is_true(json_object_get(answer, "hold"))
				       ? ", each after somebody accepted it"
				       : "");
}

bool
sl_cmd_token_new(SlCtl *ctl, GError **error)
{
	g_autoptr(json_t) body = NULL;
	g_autoptr(json_t) answer = NULL;
	g_autofree char *url = NULL;
	g_autofree char *words = NULL;

	if (!sl_ctl_option(ctl, "group"))
		return sl_error_set(error, SL_ERROR_INVALID, "--group GROUP is needed");
	body = token_request(ctl, error);
	answer = body ? sl_client_post(ctl, "tokens", g_steal_pointer(&body), error) : NULL;
	if (!answer)
		return false;
	if (ctl->json)
		return sl_list_print_one(ctl, json_incref(answer));
	words = token_words(answer, sl_ctl_option(ctl, "uses"));
	url = public_url(ctl);
	printf("%s\n\nThis is shown once. %s\nOn a computer, as root:\n\n"
	       "    sluice-agent enroll %s\n\nand there, when it asks, the token.\n",
	       json_string_value(json_object_get(answer, "token")), words, url);
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

	return sl_ctl_done(ctl, sl_client_delete(ctl, path, error), "revoked the token %.6s",
			   ctl->names[0]);
}
