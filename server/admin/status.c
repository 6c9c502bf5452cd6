/* status.c - what the program is doing; its backup */
#include "catalog/base/text.h"
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

	if (!sl_json_finish(reader, error))
		return NULL;
	call->status = 202;
	return json_pack("{s:I}", "job",
			 (json_int_t)call->admin->start_backup(call->admin->app, call->person));
}

json_t *
sl_admin_backup_take(SlAdminCall *call, GError **error)
{
	int64_t job, size = 0;
	int fd;

	if (!sl_text_int(call->rest, 1, INT64_MAX, &job, error))
		return NULL;
	fd = call->admin->take_backup(call->admin->app, job, &size, error);
	if (fd < 0)
		return NULL;
	call->file = sl_response_new_file(200, "application/vnd.sqlite3", fd, 0, size);
	return json_object();
}
