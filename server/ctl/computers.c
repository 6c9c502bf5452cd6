/* computers.c - sluicectl computer, coverage */
#include <string.h>

#include "server/ctl/ctl.h"

#define COUNTED	  "group channel sort"
#define COMPUTERS "state coverage os text overdue update status missing"

bool
sl_cmd_computer_list(SlCtl *ctl, GError **error)
{
	static const SlColumn columns[] = {
		{"name", "COMPUTER", SL_CELL_TEXT, 40},
		{"state", "STATE", SL_CELL_TEXT, 0},
		{"coverage", "COVERAGE", SL_CELL_TEXT, 0},
		{"group", "GROUP", SL_CELL_TEXT, 30},
		{"seen_at", "SEEN", SL_CELL_TIME, 0},
		{"installed", "INSTALLED", SL_CELL_NUMBER, 0},
		{"missing", "MISSING", SL_CELL_NUMBER, 0},
		{"failed", "FAILED", SL_CELL_NUMBER, 0},
		{"overdue", "OVERDUE", SL_CELL_NUMBER, 0},
		{"os_codename", "SYSTEM", SL_CELL_TEXT, 20},
		{"address", "ADDRESS", SL_CELL_TEXT, 0},
		{"id", "ID", SL_CELL_NUMBER, 0},
		{"problem", "PROBLEM", SL_CELL_TEXT, 60},
		{"status", "UPDATE", SL_CELL_TEXT, 0},
		{"message", "MESSAGE", SL_CELL_TEXT, 60},
	};
	const char *path = sl_ctl_option(ctl, "silent") ? "computers?state=silent" : "computers?";
	/* the last columns are about the update asked for */
	bool asked = sl_ctl_option(ctl, "missing") || sl_ctl_option(ctl, "update");
	size_t count = G_N_ELEMENTS(columns) - (asked ? 0 : 2);

	return sl_list_print_paged(ctl, path, COUNTED " " COMPUTERS, columns, count,
				   "no computer is enrolled yet: sluicectl token new --group GROUP "
				   "makes what one enrols with",
				   error);
}

static char *
computer_path(const SlCtl *ctl)
{
	g_autofree char *name = g_uri_escape_string(ctl->names[0], NULL, FALSE);

	return g_strconcat("computers/", name, NULL);
}

bool
sl_cmd_computer_show(SlCtl *ctl, GError **error)
{
	g_autofree char *path = computer_path(ctl);

	return sl_list_print_one(ctl, sl_client_get(ctl, path, error));
}

bool
sl_cmd_computer_updates(SlCtl *ctl, GError **error)
{
	static const SlColumn columns[] = {
		{"update", "UPDATE", SL_CELL_TEXT, 60},
		{"status", "STATUS", SL_CELL_TEXT, 0},
		{"rating", "RATING", SL_CELL_TEXT, 0},
		{"deadline_at", "DEADLINE", SL_CELL_TIME, 0},
		{"reported_at", "REPORTED", SL_CELL_TIME, 0},
		{"message", "MESSAGE", SL_CELL_TEXT, 60},
	};
	g_autofree char *computer = sl_client_argument("computer", ctl->names[0]);
	g_autofree char *path = g_strconcat("computer-updates?", computer, NULL);

	return sl_list_print_paged(ctl, path, "text status rating sort", columns,
				   G_N_ELEMENTS(columns), "no update of its channel matches",
				   error);
}

bool
sl_cmd_computer_accept(SlCtl *ctl, GError **error)
{
	return sl_ctl_done(ctl,
			   sl_client_post(ctl, "computer-acceptances",
					  json_pack("{s:s}", "name", ctl->names[0]), error),
			   "accepted %s", ctl->names[0]);
}

bool
sl_cmd_computer_move(SlCtl *ctl, GError **error)
{
	if (!sl_ctl_option(ctl, "group"))
		return sl_error_set(error, SL_ERROR_INVALID, "--group GROUP is needed");
	return sl_ctl_done(ctl,
			   sl_client_post(ctl, "computer-moves",
					  json_pack("{s:s, s:s}", "name", ctl->names[0], "group",
						    sl_ctl_option(ctl, "group")),
					  error),
			   "moved %s to %s", ctl->names[0], sl_ctl_option(ctl, "group"));
}

bool
sl_cmd_computer_remove(SlCtl *ctl, GError **error)
{
	g_autofree char *path = computer_path(ctl);
	g_autofree char *question = g_strdup_printf(
		"forget computer %s? It has to enrol again to come back.", ctl->names[0]);

	if (!sl_ctl_confirm(ctl, question, error))
		return false;
	return sl_ctl_done(ctl, sl_client_delete(ctl, path, error), "removed %s", ctl->names[0]);
}

/* Counts are narrowed and sorted by their own columns alone. */
static bool
check_counted(const SlCtl *ctl, GError **error)
{
	g_auto(GStrv) names = g_strsplit(COMPUTERS " silent", " ", -1);

	for (char **name = names; *name; name++)
		if (sl_ctl_option(ctl, *name))
			return sl_error_set(error, SL_ERROR_INVALID,
					    "--%s is about computers: it goes with --by computer",
					    *name);
	return true;
}

static bool
print_coverage(SlCtl *ctl, const SlColumn *columns, size_t count, GError **error)
{
	g_autofree char *by = sl_client_argument("by", sl_ctl_option(ctl, "by"));
	g_autofree char *path = g_strconcat("coverage?", by, NULL);

	return sl_list_print_paged(
		ctl, path, COUNTED, columns, count,
		"nothing to count yet: sluicectl approve UPDATE --channel "
		"certification, sluicectl group add NAME --channel certification",
		error);
}

static bool
print_coverage_by_update(SlCtl *ctl, GError **error)
{
	static const SlColumn columns[] = {
		{"name", "UPDATE", SL_CELL_TEXT, 60},
		{"channel", "CHANNEL", SL_CELL_TEXT, 0},
		{"computers", "COMPUTERS", SL_CELL_NUMBER, 0},
		{"covered", "COVERED", SL_CELL_NUMBER, 0},
		{"installed", "INSTALLED", SL_CELL_NUMBER, 0},
		{"needed", "NEEDED", SL_CELL_NUMBER, 0},
		{"downloaded", "DOWNLOADED", SL_CELL_NUMBER, 0},
		{"pending-reboot", "REBOOT", SL_CELL_NUMBER, 0},
		{"failed", "FAILED", SL_CELL_NUMBER, 0},
		{"unknown", "UNKNOWN", SL_CELL_NUMBER, 0},
		{"silent", "SILENT", SL_CELL_NUMBER, 0},
		{"not-applicable", "N/A", SL_CELL_NUMBER, 0},
		{"overdue", "OVERDUE", SL_CELL_NUMBER, 0},
		{"rating", "RATING", SL_CELL_TEXT, 0},
		{"deadline_at", "DEADLINE", SL_CELL_TIME, 0},
	};

	return print_coverage(ctl, columns, G_N_ELEMENTS(columns), error);
}

bool
sl_cmd_coverage(SlCtl *ctl, GError **error)
{
	static const SlColumn columns[] = {
		{"name", "NAME", SL_CELL_TEXT, 60},
		{"channel", "CHANNEL", SL_CELL_TEXT, 0},
		{"updates", "UPDATES", SL_CELL_NUMBER, 0},
		{"computers", "COMPUTERS", SL_CELL_NUMBER, 0},
		{"covered", "COVERED", SL_CELL_NUMBER, 0},
		{"missing", "MISSING", SL_CELL_NUMBER, 0},
		{"pending-reboot", "REBOOT", SL_CELL_NUMBER, 0},
		{"failed", "FAILED", SL_CELL_NUMBER, 0},
		{"unknown", "UNKNOWN", SL_CELL_NUMBER, 0},
		{"silent", "SILENT", SL_CELL_NUMBER, 0},
		{"overdue", "UPDATES OVERDUE", SL_CELL_NUMBER, 0},
	};
	const char *by = sl_ctl_option(ctl, "by");

	if (g_strcmp0(by, "computer") == 0)
		return sl_cmd_computer_list(ctl, error);
	if (!check_counted(ctl, error))
		return false;
	if (!by || strcmp(by, "update") == 0)
		return print_coverage_by_update(ctl, error);
	return print_coverage(ctl, columns, G_N_ELEMENTS(columns), error);
}
