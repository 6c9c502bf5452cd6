/* channels.c - channels: what they hold, what differs, what was published, going back */
#include <inttypes.h>

#include "catalog/approval.h"
#include "catalog/base/limits.h"
#include "catalog/channel.h"
#include "server/admin/admin.h"

json_t *
sl_admin_channels(SlAdminCall *call, GError **error)
{
	g_autoptr(GPtrArray) list = sl_channel_list(call->db, error);
	json_t *items = list ? json_array() : NULL;

	for (guint i = 0; list && i < list->len; i++) {
		const SlChannel *one = list->pdata[i];

		json_array_append_new(items, json_pack("{s:s, s:I, s:I, s:s?}", "name", one->name,
						       "publication", (json_int_t)one->number,
						       "updates", (json_int_t)one->updates,
						       "fingerprint", one->fingerprint));
	}
	return items ? json_pack("{s:o}", "items", items) : NULL;
}

/* The channel an argument names. */
static SlChannel *
named(const SlAdminCall *call, const char *argument, const char *otherwise, GError **error)
{
	const char *name = sl_request_argument(call->request, argument);

	return sl_channel_get(call->db, name ? name : otherwise, error);
}

json_t *
sl_admin_channel_diff(SlAdminCall *call, GError **error)
{
	g_autoptr(SlChannel) a = named(call, "a", SL_CHANNEL_CERTIFICATION, error);
	g_autoptr(SlChannel) b = a ? named(call, "b", SL_CHANNEL_PRODUCTION, error) : NULL;
	g_autoptr(GPtrArray) list = b ? sl_channel_diff(call->db, a->id, b->id, error) : NULL;
	json_t *items = list ? json_array() : NULL;

	for (guint i = 0; list && i < list->len; i++) {
		const SlChannelDifference *one = list->pdata[i];

		json_array_append_new(items, json_pack("{s:s, s:s, s:s?, s:s?}", "suite",
						       one->suite, "name", one->name, a->name,
						       one->version_a, b->name, one->version_b));
	}
	return items ? json_pack("{s:o}", "items", items) : NULL;
}

json_t *
sl_admin_channel_history(SlAdminCall *call, GError **error)
{
	g_autoptr(SlChannel) channel = named(call, "channel", SL_CHANNEL_PRODUCTION, error);
	g_autoptr(GPtrArray) list = NULL;
	json_t *items;
	int64_t limit;

	if (!channel || !sl_admin_number(call, "limit", 1, 10000, 50, &limit, error) ||
	    !(list = sl_channel_history(call->db, channel->id, limit, error)))
		return NULL;
	items = json_array();
	for (guint i = 0; i < list->len; i++) {
		const SlChannelChange *one = list->pdata[i];

		json_array_append_new(items,
				      json_pack("{s:I, s:I, s:s, s:s, s:s, s:s}", "number",
						(json_int_t)one->number, "at", (json_int_t)one->at,
						"person", one->person, "cause", one->cause, "added",
						one->added, "removed", one->removed));
	}
	return json_pack("{s:o}", "items", items);
}

typedef struct {
	int64_t channel_id, number, now_at, skipped;
	const char *person, *reason;
} Returning;

static bool
go_back(SlDb *db, gpointer data, GError **error)
{
	Returning *one = data;

	return sl_approval_return(db, one->channel_id, one->number, one->person, one->reason,
				  one->now_at, &one->skipped, error);
}

json_t *
sl_admin_channel_return(SlAdminCall *call, GError **error)
{
	g_autoptr(SlJsonReader) reader = sl_json_reader_new(call->body, "return");
	const char *name = sl_json_take_text(reader, "channel", SL_LIMIT_NAME);
	Returning one = {
		.number = sl_json_take_int(reader, "number", 1, INT64_MAX),
		.reason = sl_json_take_text(reader, "reason", SL_LIMIT_REASON),
		.person = call->person,
		.now_at = sl_clock_now(call->admin->clock),
	};
	g_autoptr(SlChannel) channel = NULL;
	g_autofree char *cause = NULL;

	if (!sl_json_finish(reader, error) || !(channel = sl_channel_get(call->db, name, error)))
		return NULL;
	one.channel_id = channel->id;
	if (!sl_writer_run(call->admin->writer, go_back, &one, error))
		return NULL;
	cause = g_strdup_printf("return to %" PRId64, one.number);
	return json_pack("{s:I, s:[I]}", "skipped", (json_int_t)one.skipped, "jobs",
			 (json_int_t)call->admin->start_publish(call->admin->app, name,
								call->person, cause));
}
