/* certification.c - sluicectl certification, hold, unhold */
#include "server/ctl/ctl.h"

bool
sl_cmd_certification(SlCtl *ctl, GError **error)
{
	static const SlColumn columns[] = {
		{"update", "UPDATE", SL_CELL_TEXT, 60},
		{"state", "STATE", SL_CELL_TEXT, 0},
		{"rating", "RATING", SL_CELL_TEXT, 0},
		{"installed", "INSTALLED", SL_CELL_NUMBER, 0},
		{"computers", "OF", SL_CELL_NUMBER, 0},
		{"failed", "FAILED", SL_CELL_NUMBER, 0},
		{"soaked_s", "SOAKED", SL_CELL_SPAN, 0},
		{"soak_s", "SOAKS", SL_CELL_SPAN, 0},
		{"ready_at", "READY AT", SL_CELL_TIME, 0},
	};

	return sl_list_print_paged(ctl, "certification?", "state rating text sort", columns,
				   G_N_ELEMENTS(columns),
				   "nothing waits for production: sluicectl update list --decision "
				   "certify lists what may be approved for certification",
				   error);
}

static bool
set_held(const SlCtl *ctl, bool held, GError **error)
{
	return sl_ctl_done(
		ctl,
		sl_client_post(ctl, "holds",
			       json_pack("{s:s, s:b, s:s?}", "name", ctl->names[0], "held",
					 (int)held, "reason", sl_ctl_option(ctl, "reason")),
			       error),
		"%s is %s", ctl->names[0], held ? "held" : "not held any more");
}

bool
sl_cmd_hold(SlCtl *ctl, GError **error)
{
	if (!sl_ctl_option(ctl, "reason"))
		return sl_error_set(error, SL_ERROR_INVALID,
				    "write: sluicectl hold UPDATE --reason TEXT");
	return set_held(ctl, true, error);
}

bool
sl_cmd_unhold(SlCtl *ctl, GError **error)
{
	return set_held(ctl, false, error);
}
