/* status.c - what the program is doing; its backup */
#include "catalog/base/limits.h"
#include "server/admin/admin.h"

json_t *
sl_admin_status(SlAdminCall *call, GError **error)
{
	(void)error;
	return call->admin->status(call->admin->app);
}

json_t *
sl_admin_backup(SlAdminCall *call, GError **error)
{
	g_autoptr(SlJsonReader) reader = sl_json_reader_new(call->body, "backup");
	const char *path = sl_json_take_text(reader, "path", SL_LIMIT_REASON);

	if (!sl_json_finish(reader, error))
		return NULL;
	if (path[0] != '/') {
		sl_error_set(error, SL_ERROR_INVALID, "backup: '%s' is no absolute path", path);
		return NULL;
	}
	call->status = 202;
	return json_pack(
		"{s:I}", "job",
		(json_int_t)call->admin->start_backup(call->admin->app, path, call->person));
}
