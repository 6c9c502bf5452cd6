/* audits.c - who changed what */
#include "catalog/audit.h"
#include "catalog/audit_words.h"
#include "catalog/base/text.h"
#include "server/admin/admin.h"

/* A moment as sl_text_time reads it, a day or a time of it; 0 where the argument is not given. */
static bool
read_time(const SlAdminCall *call, const char *name, int64_t *ret_at, GError **error)
{
	const char *text = sl_request_argument(call->request, name);

	if (!text || sl_text_time(text, ret_at, error))
		return true;
	g_prefix_error(error, "%s: ", name);
	return false;
}

static json_t *
describe(const SlAudit *one)
{
	g_autofree char *reason = sl_audit_reason(one->detail);
	g_autofree char *words = sl_audit_words(one->detail);

	return json_pack("{s:I, s:I, s:s, s:s, s:s, s:s, s:s, s:s}", "id", (json_int_t)one->id,
			 "at", (json_int_t)one->at, "person", one->person, "action", one->action,
			 "object", one->object, "reason", reason, "words", words, "detail",
			 one->detail);
}

json_t *
sl_admin_audit(SlAdminCall *call, GError **error)
{
	SlAuditFilter filter = {
		.person = sl_request_argument(call->request, "person"),
		.action = sl_request_argument(call->request, "action"),
		.object = sl_request_argument(call->request, "object"),
		.text = sl_request_argument(call->request, "text"),
	};
	g_autoptr(GPtrArray) list = NULL;
	int64_t total = 0;
	json_t *items;

	if (!read_time(call, "from", &filter.from_at, error) ||
	    !read_time(call, "until", &filter.until_at, error) ||
	    !sl_admin_page(call, &filter.limit, &filter.offset, error) ||
	    !(list = sl_audit_list(call->db, &filter, &total, error)))
		return NULL;
	items = json_array();
	for (guint i = 0; i < list->len; i++)
		json_array_append_new(items, describe(list->pdata[i]));
	return json_pack("{s:o, s:I}", "items", items, "total", (json_int_t)total);
}

json_t *
sl_admin_audit_verify(SlAdminCall *call, GError **error)
{
	int64_t rows = 0;

	if (!sl_audit_verify(call->db, &rows, error))
		return NULL;
	return json_pack("{s:I}", "rows", (json_int_t)rows);
}
