/* jobs.c - sluicectl status, job */
#include <inttypes.h>
#include <stdio.h>

#include "server/ctl/ctl.h"

bool
sl_cmd_status(SlCtl *ctl, GError **error)
{
	return sl_list_print_one(ctl, sl_client_get(ctl, "status", error));
}

bool
sl_cmd_job_list(SlCtl *ctl, GError **error)
{
	static const SlColumn columns[] = {
		{"id", "ID", SL_CELL_NUMBER, 0},
		{"kind", "KIND", SL_CELL_TEXT, 0},
		{"subject", "SUBJECT", SL_CELL_TEXT, 0},
		{"state", "STATE", SL_CELL_TEXT, 0},
		{"what", "STEP", SL_CELL_TEXT, 0},
		{"person", "BY", SL_CELL_PERSON, 0},
		{"started_at", "STARTED", SL_CELL_TIME, 0},
		{"error", "ERROR", SL_CELL_TEXT, 80},
	};

	return sl_list_print_paged(ctl, "jobs?", "kind state text sort", columns,
				   G_N_ELEMENTS(columns), "no such job since the server started",
				   error);
}

static char *
job_path(const SlCtl *ctl)
{
	g_autofree char *id = g_uri_escape_string(ctl->names[0], NULL, FALSE);

	return g_strdup_printf("jobs/%s", id);
}

bool
sl_cmd_job_show(SlCtl *ctl, GError **error)
{
	g_autofree char *path = job_path(ctl);

	return sl_list_print_one(ctl, sl_client_get(ctl, path, error));
}

bool
sl_cmd_job_cancel(SlCtl *ctl, GError **error)
{
	g_autofree char *path = job_path(ctl);

	return sl_ctl_done(ctl, sl_client_delete(ctl, path, error), "asked job %s to stop",
			   ctl->names[0]);
}
