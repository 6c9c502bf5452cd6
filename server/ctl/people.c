/* people.c - sluicectl person, setup-code */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "catalog/base/command_line.h"
#include "server/ctl/ctl.h"

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
	return sl_ctl_done(ctl,
			   sl_client_post(ctl, "people",
					  json_pack("{s:s, s:s, s:s}", "name", ctl->names[0],
						    "role", role, "password", password),
					  error),
			   "added %s", ctl->names[0]);
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
	return sl_ctl_done(ctl,
			   sl_client_post(ctl, "person-roles",
					  json_pack("{s:s, s:s}", "name", ctl->names[0], "role",
						    ctl->names[1]),
					  error),
			   "changed the role of %s, who has to sign in again", ctl->names[0]);
}

bool
sl_cmd_person_password(SlCtl *ctl, GError **error)
{
	g_autofree char *password = read_new_password(error);

	if (!password)
		return false;
	return sl_ctl_done(
		ctl,
		sl_client_post(ctl, "person-passwords",
			       json_pack("{s:s, s:s}", "name", ctl->names[0], "password", password),
			       error),
		"changed the password of %s, who has to sign in again", ctl->names[0]);
}

bool
sl_cmd_person_remove(SlCtl *ctl, GError **error)
{
	g_autofree char *name = g_uri_escape_string(ctl->names[0], NULL, FALSE);
	g_autofree char *path = g_strconcat("people/", name, NULL);

	return sl_ctl_done(ctl, sl_client_delete(ctl, path, error), "removed %s", ctl->names[0]);
}

bool
sl_cmd_person_unlock(SlCtl *ctl, GError **error)
{
	return sl_ctl_done(ctl, sl_client_delete(ctl, "login-failures", error),
			   "everybody may try a password again");
}

bool
sl_cmd_setup_code(SlCtl *ctl, GError **error)
{
	g_autoptr(json_t) answer = sl_client_post(ctl, "setup-codes", json_object(), error);

	if (!answer || ctl->json)
		return sl_list_print_one(ctl, g_steal_pointer(&answer));
	printf("%s\n\nIt makes the first owner at the admin page, once and within a day.\n",
	       json_string_value(json_object_get(answer, "code")));
	return true;
}
