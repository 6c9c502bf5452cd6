/* people.c - sluicectl person, setup-code, api-token */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "catalog/base/command_line.h"
#include "catalog/base/text.h"
#include "server/ctl/ctl.h"

/* Says what was done; the API's answer with --json. */
static bool G_GNUC_PRINTF(3, 4) done(const SlCtl *ctl, json_t *answer, const char *format, ...)
{
	va_list args;

	if (!answer || ctl->json)
		return sl_list_print_one(ctl, answer);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	json_decref(answer);
	return true;
}

/* From a terminal twice, else from standard input: never an argument, which others can see. */
static char *
read_new_password(GError **error)
{
	g_autofree char *password = sl_read_hidden("password: ");
	bool twice = password && isatty(STDIN_FILENO);
	g_autofree char *again = twice ? sl_read_hidden("once more: ") : NULL;

	if (!password) {
		sl_error_set(error, SL_ERROR_INVALID,
			     "no password: type it at a terminal, or give it on standard input");
		return NULL;
	}
	if (twice && g_strcmp0(password, again) != 0) {
		sl_error_set(error, SL_ERROR_INVALID, "that was not the same password twice");
		return NULL;
	}
	return g_steal_pointer(&password);
}

bool
sl_cmd_person_add(SlCtl *ctl, GError **error)
{
	static const char *const roles[] = {"viewer", "certifier", "approver", "owner", NULL};
	const char *role = sl_ctl_option(ctl, "role");
	g_autofree char *password = NULL;

	if (!role)
		return sl_error_set(error, SL_ERROR_INVALID,
				    "--role viewer, certifier, approver or owner is needed");
	/* before anybody types a password for nothing */
	if (!g_strv_contains(roles, role))
		return sl_error_set(error, SL_ERROR_INVALID,
				    "no role '%s': there are viewer, certifier, approver and owner",
				    role);
	password = read_new_password(error);
	if (!password)
		return false;
	return done(ctl,
		    sl_client_post(ctl, "people",
				   json_pack("{s:s, s:s, s:s}", "name", ctl->names[0], "role", role,
					     "password", password),
				   error),
		    "added %s\n", ctl->names[0]);
}

bool
sl_cmd_person_list(SlCtl *ctl, GError **error)
{
	static const SlColumn columns[] = {
		{"name", "PERSON", SL_CELL_TEXT, 40},
		{"role", "ROLE", SL_CELL_TEXT, 0},
		{"added_at", "ADDED", SL_CELL_TIME, 0},
		{"signed_in_at", "LAST SIGNED IN", SL_CELL_TIME, 0},
		{"api_tokens", "API TOKENS", SL_CELL_NUMBER, 0},
	};

	return sl_list_print_paged(ctl, "people?", "text role sort", columns, G_N_ELEMENTS(columns),
				   "nobody can sign in at the page yet: sluicectl setup-code",
				   error);
}

bool
sl_cmd_person_role(SlCtl *ctl, GError **error)
{
	return done(ctl,
		    sl_client_post(
			    ctl, "person-roles",
			    json_pack("{s:s, s:s}", "name", ctl->names[0], "role", ctl->names[1]),
			    error),
		    "changed the role of %s, who has to sign in again\n", ctl->names[0]);
}

bool
sl_cmd_person_password(SlCtl *ctl, GError **error)
{
	g_autofree char *password = read_new_password(error);

	if (!password)
		return false;
	return done(
		ctl,
		sl_client_post(ctl, "person-passwords",
			       json_pack("{s:s, s:s}", "name", ctl->names[0], "password", password),
			       error),
		"changed the password of %s, who has to sign in again\n", ctl->names[0]);
}

bool
sl_cmd_person_remove(SlCtl *ctl, GError **error)
{
	g_autofree char *name = g_uri_escape_string(ctl->names[0], NULL, FALSE);
	g_autofree char *path = g_strconcat("people/", name, NULL);

	return done(ctl, sl_client_delete(ctl, path, error), "removed %s\n", ctl->names[0]);
}

bool
sl_cmd_person_unlock(SlCtl *ctl, GError **error)
{
	return done(ctl, sl_client_delete(ctl, "login-failures", error),
		    "everybody may try a password again\n");
}

bool
sl_cmd_setup_code(SlCtl *ctl, GError **error)
{
	json_t *answer = sl_client_post(ctl, "setup-codes", json_object(), error);
	g_autofree char *code = g_strdup(json_string_value(json_object_get(answer, "code")));

	return done(ctl, answer,
		    "%s\n\nIt makes the first owner at the admin page, once and within a day.\n",
		    code);
}

bool
sl_cmd_api_token_new(SlCtl *ctl, GError **error)
{
	const char *role = sl_ctl_option(ctl, "role"), *expires = sl_ctl_option(ctl, "expires");
	g_autofree char *secret = NULL;
	int64_t lives_s;
	json_t *answer;

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
	secret = g_strdup(json_string_value(json_object_get(answer, "secret")));
	return done(ctl, answer,
		    "%s\n\nThis is shown once. Scripts send it as: Authorization: Bearer TOKEN\n",
		    secret);
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

	return done(ctl, sl_client_delete(ctl, path, error), "removed API token %s\n",
		    ctl->names[0]);
}
