/* channels.c - channels: what they hold, what differs, what was published, going back */
#include <inttypes.h>
#include <string.h>

#include "catalog/approval_return.h"
#include "catalog/base/hash.h"
#include "catalog/base/limits.h"
#include "catalog/channel.h"
#include "catalog/channel_history.h"
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

static const char *
by_name(gconstpointer item)
{
	return ((const SlChannelDifference *)item)->name;
}

static const char *
by_suite(gconstpointer item)
{
	return ((const SlChannelDifference *)item)->suite;
}

/* A text, folded, in the name; NULL: any. */
static bool
has_text(gconstpointer item, gconstpointer folded)
{
	g_autofree char *name = folded ? g_utf8_casefold(by_name(item), -1) : NULL;

	return !name || strstr(name, folded);
}

json_t *
sl_admin_channel_diff(SlAdminCall *call, GError **error)
{
	static const SlListingKey keys[] = {
		{"name", .text = by_name}, {"suite", .text = by_suite}, {NULL}};
	const char *text = sl_request_argument(call->request, "text");
	g_autofree char *folded = text ? g_utf8_casefold(text, -1) : NULL;
	g_autoptr(SlChannel) a = named(call, "a", SL_CHANNEL_CERTIFICATION, error);
	g_autoptr(SlChannel) b = a ? named(call, "b", SL_CHANNEL_PRODUCTION, error) : NULL;
	g_autoptr(GPtrArray) list = NULL;
	SlListingPage page;
	int64_t total = 0;
	json_t *items;

	if (!b || !sl_admin_listing_page(call, &page, error) ||
	    !(list = sl_channel_diff(call->db, a->id, b->id, error)))
		return NULL;
	sl_listing_keep(list, has_text, folded);
	if (!sl_listing_cut(list, keys, &page, &total, error))
		return NULL;
	items = json_array();
	for (guint i = 0; i < list->len; i++) {
		const SlChannelDifference *one = list->pdata[i];

		json_array_append_new(items, json_pack("{s:s, s:s, s:s?, s:s?}", "suite",
						       one->suite, "name", one->name, a->name,
						       one->version_a, b->name, one->version_b));
	}
	return json_pack("{s:o, s:I}", "items", items, "total", (json_int_t)total);
}

static json_t *
texts(const GPtrArray *list)
{
	json_t *array = json_array();

	for (guint i = 0; i < list->len; i++)
		json_array_append_new(array, json_string(list->pdata[i]));
	return array;
}

json_t *
sl_admin_channel_history(SlAdminCall *call, GError **error)
{
	g_autoptr(SlChannel) channel = named(call, "channel", SL_CHANNEL_PRODUCTION, error);
	g_autoptr(GPtrArray) list = NULL;
	int64_t limit, offset, total = 0;
	json_t *items;

	if (!channel || !sl_admin_page(call, &limit, &offset, error) ||
	    !(list = sl_channel_history(call->db, channel->id, limit, offset, &total, error)))
		return NULL;
	items = json_array();
	for (guint i = 0; i < list->len; i++) {
		const SlChannelChange *one = list->pdata[i];

		json_array_append_new(items,
				      json_pack("{s:I, s:I, s:s, s:s, s:o, s:o}", "number",
						(json_int_t)one->number, "at", (json_int_t)one->at,
						"person", one->person, "cause", one->cause, "added",
						texts(one->added), "removed", texts(one->removed)));
	}
	return json_pack("{s:o, s:I}", "items", items, "total", (json_int_t)total);
}

/* What one publication holds, a page of it. */
json_t *
sl_admin_channel_items(SlAdminCall *call, GError **error)
{
	g_autoptr(SlChannel) channel = named(call, "channel", SL_CHANNEL_PRODUCTION, error);
	SlChannelItemFilter filter = {.channel_id = channel ? channel->id : 0,
				      .text = sl_request_argument(call->request, "text")};
	g_autoptr(GPtrArray) list = NULL;
	int64_t total = 0;
	json_t *items;

	if (!channel || !sl_admin_listing_page(call, &filter.page, error) ||
	    !sl_admin_number(call, "number", 1, INT64_MAX, 0, &filter.number, error) ||
	    !(list = sl_channel_items(call->db, &filter, &total, error)))
		return NULL;
	items = json_array();
	for (guint i = 0; i < list->len; i++) {
		const SlChannelItem *one = list->pdata[i];

		json_array_append_new(items, json_pack("{s:s, s:s, s:s, s:s, s:I, s:I, s:I}",
						       "suite", one->suite, "update", one->update,
						       "name", one->name, "version", one->version,
						       "revision", (json_int_t)one->revision,
						       "since", (json_int_t)one->since, "since_at",
						       (json_int_t)one->since_at));
	}
	return json_pack("{s:o, s:I}", "items", items, "total", (json_int_t)total);
}

typedef struct {
	SlReturnRequest request;
	const char *seen; /* digest of the plan that the person saw; NULL: none */
	SlReturn *result; /* (owned) */
} Returning;

/* What a return does, as one hash: who saw it can say which one it was. */
static char *
digest_of(const SlReturn *one)
{
	const GPtrArray *const lists[] = {one->added, one->removed, one->warnings};
	g_autoptr(GString) lines = g_string_new(NULL);

	for (size_t i = 0; i < G_N_ELEMENTS(lists); i++)
		for (guint k = 0; k < lists[i]->len; k++)
			g_string_append_printf(lines, "%zu %s\n", i,
					       (const char *)lists[i]->pdata[k]);
	g_string_append_printf(lines, "%" PRId64 "\n", one->skipped);
	return sl_hash_bytes(lines->str, lines->len);
}

static bool
is_as_seen(const Returning *returning, GError **error)
{
	g_autofree char *digest = digest_of(returning->result);

	return !returning->seen || strcmp(returning->seen, digest) == 0 ||
	       sl_error_set(error, SL_ERROR_CONFLICT,
			    "the channel or its approvals changed since it was shown what going "
			    "back would do: nothing was changed, look again");
}

/* Does it; a dry run looks at what came of it and then rolls back. */
static bool
go_back(SlDb *db, gpointer data, GError **error)
{
	Returning *one = data;

	one->result = sl_approval_return(db, &one->request, error);
	if (!one->result)
		return false;
	if (one->request.dry_run)
		return sl_error_set(error, SL_ERROR_CANCELLED, "dry run");
	return is_as_seen(one, error);
}

static json_t *
describe_return(const SlReturn *one)
{
	g_autofree char *digest = digest_of(one);

	return json_pack("{s:s, s:I, s:o, s:o, s:o, s:o}", "plan", digest, "skipped",
			 (json_int_t)one->skipped, "added", texts(one->added), "removed",
			 texts(one->removed), "refused", texts(one->refused), "warnings",
			 texts(one->warnings));
}

/* What is there goes back at once; what was removed from the store meanwhile is fetched again. */
static json_t *
start_publishing(const SlAdminCall *call, const char *channel, bool emergency, const char *cause)
{
	const SlAdmin *admin = call->admin;
	int64_t publish = admin->start_publish(admin->app, channel, call->person, cause);
	int64_t fetch =
		admin->start_fetch(admin->app, channel, NULL, emergency, call->person, cause);

	return fetch ? json_pack("[I, I]", (json_int_t)publish, (json_int_t)fetch)
		     : json_pack("[I]", (json_int_t)publish);
}

json_t *
sl_admin_channel_return(SlAdminCall *call, GError **error)
{
	g_autoptr(SlJsonReader) reader = sl_json_reader_new(call->body, "return");
	const char *name = sl_json_take_text(reader, "channel", SL_LIMIT_NAME);
	SlReturnRequest request = {
		.number = sl_json_take_int(reader, "number", 1, INT64_MAX),
		.reason = sl_json_take_text(reader, "reason", SL_LIMIT_REASON),
		.person = call->person,
		.now_at = sl_clock_now(call->admin->clock),
		.emergency = sl_json_take_bool_or(reader, "emergency", false),
		.dry_run = sl_json_take_bool_or(reader, "dry_run", false),
	};
	const char *seen = sl_json_take_text_or_null(reader, "plan", SL_SHA256_HEX);
	g_autoptr(SlChannel) channel = NULL;
	g_autoptr(SlReturn) result = NULL;
	g_autoptr(GError) problem = NULL;
	g_autofree char *cause = g_strdup_printf("return to %" PRId64, request.number);
	Returning one;
	json_t *answer;
	bool done;

	if (!sl_json_finish(reader, error) || !(channel = sl_channel_get(call->db, name, error)) ||
	    (!request.dry_run && !sl_admin_require_confirmed(call, error)))
		return NULL;
	request.channel_id = channel->id;
	one = (Returning){.request = request, .seen = seen};
	done = sl_admin_write(call, go_back, &one, &problem);
	result = one.result;
	if (!done && !(request.dry_run && result)) {
		g_propagate_error(error, g_steal_pointer(&problem));
		return NULL;
	}
	answer = describe_return(result);
	if (!request.dry_run)
		json_object_set_new(answer, "jobs",
				    start_publishing(call, name, request.emergency, cause));
	return answer;
}
