/* audits.c - who changed what */
#include "catalog/audit.h"
#include "server/admin/admin.h"

json_t *
sl_admin_audit(SlAdminCall *call, GError **error)
{
	g_autoptr(GPtrArray) list = NULL;
	json_t *items;
	int64_t limit, offset;

	if (!sl_admin_page(call, &limit, &offset, error))
		return NULL;
	list = sl_audit_list(call->db, sl_request_argument(call->request, "person"),
			     sl_request_argument(call->request, "action"),
			     sl_request_argument(call->request, "text"), limit, offset, error);
	items = list ? json_array() : NULL;
	for (guint i = 0; list && i < list->len; i++) {
		const SlAudit *one = list->pdata[i];

		json_array_append_new(items,
				      json_pack("{s:I, s:I, s:s, s:s, s:s, s:s}", "id",
						(json_int_t)one->id, "at", (json_int_t)one->at,
						"person", one->person, "action", one->action,
						"object", one->object, "detail", one->detail));
	}
	return items ? json_pack("{s:o}", "items", items) : NULL;
}

json_t *
sl_admin_audit_verify(SlAdminCall *call, GError **error)
{
	int64_t rows = 0;

	if (!sl_audit_verify(call->db, &rows, error))
		return NULL;
	return json_pack("{s:I}", "rows", (json_int_t)rows);
}
