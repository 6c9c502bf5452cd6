/* audits.c - sluicectl audit */
#include "server/ctl/ctl.h"

bool
sl_cmd_audit_list(SlCtl *ctl, GError **error)
{
	static const SlColumn columns[] = {
		{"at", "AT", SL_CELL_TIME, 0},		{"person", "BY", SL_CELL_PERSON, 0},
		{"action", "ACTION", SL_CELL_TEXT, 0},	{"object", "OBJECT", SL_CELL_TEXT, 60},
		{"reason", "REASON", SL_CELL_TEXT, 60}, {"words", "DETAILS", SL_CELL_TEXT, 100},
	};

	return sl_list_print_paged(ctl, "audit?", "person action object text from until", columns,
				   G_N_ELEMENTS(columns), "nobody changed anything yet", error);
}

bool
sl_cmd_audit_verify(SlCtl *ctl, GError **error)
{
	json_t *answer = sl_client_get(ctl, "audit-verify", error);

	return sl_ctl_done(ctl, answer,
			   "%" JSON_INTEGER_FORMAT " rows, each fits the ones before it",
			   json_integer_value(json_object_get(answer, "rows")));
}
