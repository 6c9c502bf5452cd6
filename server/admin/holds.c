/* holds.c - updates that are kept out of production for now */
#include "catalog/hold.h"

#include "catalog/base/limits.h"
#include "server/admin/admin.h"

json_t *
sl_admin_describe_hold(const SlHold *hold)
{
	return hold ? json_pack("{s:s, s:s, s:I}", "person", hold->person, "reason", hold->reason,
				"at", (json_int_t)hold->at)
		    : json_null();
}

typedef struct {
	const char *name, *reason, *person;
	bool held;
	int64_t now_at;
} Holding;

static bool
hold(SlDb *db, gpointer data, GError **error)
{
	const Holding *one = data;

	return sl_hold_set(db, one->name, one->held, one->person, one->reason, one->now_at, error);
}

json_t *
sl_admin_hold(SlAdminCall *call, GError **error)
{
	g_autoptr(SlJsonReader) reader = sl_json_reader_new(call->body, "hold");
	Holding one = {
		.name = sl_json_take_text(reader, "name", SL_LIMIT_NAME * 4),
		.held = sl_json_take_bool(reader, "held"),
		.reason = sl_json_take_text_or_null(reader, "reason", SL_LIMIT_REASON),
		.person = call->person,
		.now_at = sl_clock_now(call->admin->clock),
	};

	if (!one.reason)
		one.reason = "";
	if (!sl_json_finish(reader, error) || !sl_admin_write(call, hold, &one, error))
		return NULL;
	return json_pack("{s:s, s:b}", "name", one.name, "held", (int)one.held);
}
