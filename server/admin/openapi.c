/* openapi.c - the description of the whole API, for programs (OpenAPI 3.1)
 *
 * It is made at build time from openapi/, one file for each noun; tests/integration/test_openapi.py
 * holds it against the table of routes and against real answers.
 */
#include "server/admin/admin.h"
#include "server/admin/answer.h"

extern const char sl_admin_openapi_json[];

json_t *
sl_admin_openapi(SlAdminCall *call, GError **error)
{
	(void)error;
	call->file = sl_answer_text(call->request, "application/json", sl_admin_openapi_json);
	return json_object();
}
