/* certification.c - sluicectl hold, unhold */
#include <stdio.h>

#include "server/ctl/ctl.h"

static bool
set_held(const SlCtl *ctl, bool held, GError **error)
{
	g_autoptr(json_t) answer =
		sl_client_post(ctl, "holds",
			       json_pack("{s:s, s:b, s:s?}", "name", ctl->names[0], "held",
					 (int)held, "reason", sl_ctl_option(ctl, "reason")),
			       error);

	if (answer && !ctl->json)
		printf("%s is %s\n", ctl->names[0], held ? "held" : "not held any more");
	return answer != NULL;
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
