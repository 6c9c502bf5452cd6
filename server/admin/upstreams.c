/* upstreams.c - where updates come from */
#include <string.h>

#include "catalog/audit.h"
#include "catalog/base/limits.h"
#include "catalog/source.h"
#include "catalog/sync_run.h"
#include "catalog/upstream/sync.h"
#include "server/admin/admin.h"

#define WORDS_MAX     64  /* components, architectures, globs */
#define UPSTREAMS_MAX 256 /* added at once */

static json_t *
words(char *const *list)
{
	json_t *array = json_array();

	for (char *const *word = list; word && *word; word++)
		json_array_append_new(array, json_string(*word));
	return array;
}

static json_t *
describe(const SlAdmin *admin, const SlUpstream *one, const SlSyncHistory *history,
	 const SlSyncRun *last)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:b, s:b, s:I, "
			 "s:I, s:I, s:s?, s:I, s:I, s:o}",
			 "name", one->name, "kind", one->kind, "role", one->role, "url", one->url,
			 "suite", one->suite, "publish_suite", one->publish_suite, "components",
			 words(one->components), "architectures", words(one->architectures),
			 "exclude", words(one->exclude), "serves", words(one->serves),
			 "fingerprints", words(one->fingerprints), "internal", (int)one->internal,
			 "enabled", (int)one->enabled, "release_at", (json_int_t)one->release_at,
			 "valid_until", (json_int_t)one->valid_until, "last_sync_at",
			 (json_int_t)history->ended_at, "last_outcome",
			 history->run_id ? history->outcome : NULL, "failures",
			 (json_int_t)history->failures, "next_sync_at",
			 (json_int_t)admin->next_sync_at(admin->app, one, history), "last_sync",
			 last ? sl_admin_describe_sync(last, last->finished_at) : json_null());
}

static json_t *
describe_upstream(const SlAdminCall *call, const SlUpstream *one, GError **error)
{
	g_autoptr(SlSyncRun) last = NULL;
	SlSyncHistory history;

	if (!sl_sync_run_history(call->db, one->id, &history, error) ||
	    !sl_sync_run_last(call->db, one->id, &last, error))
		return NULL;
	return describe(call->admin, one, &history, last);
}

json_t *
sl_admin_upstreams(SlAdminCall *call, GError **error)
{
	static const char *const states[] = {"enabled", "disabled", NULL};
	SlUpstreamFilter filter = {.name = sl_request_argument(call->request, "name"),
				   .text = sl_request_argument(call->request, "text")};
	g_autoptr(GPtrArray) list = NULL;
	g_autoptr(json_t) items = json_array();
	int64_t total = 0;

	if (!sl_admin_choice(call, "state", states, &filter.state, error) ||
	    !sl_admin_choice(call, "outcome", sl_sync_outcomes, &filter.outcome, error) ||
	    !sl_admin_listing_page(call, &filter.page, error) ||
	    !(list = sl_upstream_list(call->db, &filter, &total, error)))
		return NULL;
	for (guint i = 0; i < list->len; i++) {
		json_t *item = describe_upstream(call, list->pdata[i], error);

		if (!item)
			return NULL;
		json_array_append_new(items, item);
	}
	return json_pack("{s:O, s:I}", "items", items, "total", (json_int_t)total);
}

static char **
take_words(SlJsonReader *reader, const char *key)
{
	const json_t *array = sl_json_take_array_or_null(reader, key, WORDS_MAX);
	GPtrArray *list = g_ptr_array_new();

	for (size_t i = 0; i < json_array_size(array); i++) {
		const json_t *word = json_array_get(array, i);

		if (json_is_string(word))
			g_ptr_array_add(list, g_strdup(json_string_value(word)));
		else
			sl_json_refuse(reader, key, "not a list of strings");
	}
	g_ptr_array_add(list, NULL);
	return (char **)g_ptr_array_free(list, FALSE);
}

static GBytes *
take_keyring(SlJsonReader *reader)
{
	const char *text = sl_json_take_text(reader, "keyring", SL_LIMIT_KEYRING * 2);
	gsize size = 0;
	guchar *bytes = g_base64_decode(text, &size);

	if (size == 0)
		sl_json_refuse(reader, "keyring", "no keys");
	return g_bytes_new_take(bytes, size);
}

/* One upstream as a request describes it; NULL names what is wrong with it. */
static SlUpstream *
read_one(const json_t *json, int64_t now_at, GError **error)
{
	g_autoptr(SlJsonReader) reader = sl_json_reader_new(json, "upstream");
	g_autoptr(SlUpstream) one = sl_upstream_new();

	one->name = g_strdup(sl_json_take_text(reader, "name", SL_LIMIT_NAME));
	one->kind = g_strdup("debian");
	one->role = g_strdup(sl_json_take_bool_or(reader, "base", false) ? "base" : "updates");
	one->url = g_strdup(sl_json_take_text(reader, "url", SL_LIMIT_TARGET));
	one->suite = g_strdup(sl_json_take_text(reader, "suite", SL_LIMIT_NAME));
	one->publish_suite = g_strdup(sl_json_take_text_or_null(reader, "as", SL_LIMIT_NAME));
	one->components = take_words(reader, "components");
	one->architectures = take_words(reader, "architectures");
	one->exclude = take_words(reader, "exclude");
	one->serves = take_words(reader, "serves");
	one->keyring = take_keyring(reader);
	one->internal = sl_json_take_bool_or(reader, "internal", false);
	one->enabled = true;
	one->added_at = now_at;
	if (!one->publish_suite)
		one->publish_suite = g_strdup(one->suite);
	if (!sl_json_finish(reader, error))
		return NULL;
	one->fingerprints = sl_sync_keyring_fingerprints(one->keyring, error);
	if (!one->fingerprints) {
		g_prefix_error(error, "upstream %s: keyring: ", one->name);
		return NULL;
	}
	return g_steal_pointer(&one);
}

typedef struct {
	GPtrArray *list; /* (element-type SlUpstream) */
	const char *person;
	int64_t now_at;
} Adding;

static bool
add_all(SlDb *db, gpointer data, GError **error)
{
	const Adding *adding = data;

	for (guint i = 0; i < adding->list->len; i++) {
		const SlUpstream *one = adding->list->pdata[i];

		if (!sl_upstream_add(db, one, error) ||
		    !sl_audit_add(db, adding->now_at, adding->person, "upstream add", one->name,
				  json_pack("{s:s, s:s, s:s, s:o}", "url", one->url, "suite",
					    one->suite, "role", one->role, "fingerprints",
					    words(one->fingerprints)),
				  error))
			return false;
	}
	return true;
}

/* Adds all that are named, or none. */
json_t *
sl_admin_upstream_add(SlAdminCall *call, GError **error)
{
	g_autoptr(SlJsonReader) reader = sl_json_reader_new(call->body, "upstreams");
	const json_t *items = sl_json_take_array(reader, "upstreams", UPSTREAMS_MAX);
	g_autoptr(GPtrArray) list =
		g_ptr_array_new_with_free_func((GDestroyNotify)sl_upstream_free);
	Adding adding = {list, call->person, sl_clock_now(call->admin->clock)};
	g_autoptr(json_t) added = json_array();

	if (!sl_json_finish(reader, error))
		return NULL;
	for (size_t i = 0; i < json_array_size(items); i++) {
		SlUpstream *one = read_one(json_array_get(items, i), adding.now_at, error);

		if (!one)
			return NULL;
		g_ptr_array_add(list, one);
		json_array_append_new(added, json_pack("{s:s, s:o}", "name", one->name,
						       "fingerprints", words(one->fingerprints)));
	}
	if (!sl_admin_write(call, add_all, &adding, error))
		return NULL;
	call->status = 201;
	return json_pack("{s:O}", "items", added);
}

typedef struct {
	const char *name;
	const char *person;
	int64_t now_at;
} Removing;

static bool
remove_one(SlDb *db, gpointer data, GError **error)
{
	Removing *removing = data;

	return sl_upstream_remove(db, removing->name, error) &&
	       sl_audit_add(db, removing->now_at, removing->person, "upstream remove",
			    removing->name, NULL, error);
}

json_t *
sl_admin_upstream_remove(SlAdminCall *call, GError **error)
{
	Removing removing = {call->rest, call->person, sl_clock_now(call->admin->clock)};

	if (!sl_admin_write(call, remove_one, &removing, error))
		return NULL;
	return json_pack("{s:s}", "removed", call->rest);
}

typedef struct {
	SlUpstream *upstream; /* as it was */
	GBytes *keyring;
	char **fingerprints;
	const char *person;
	int64_t now_at;
} Rekeying;

static bool
rekey(SlDb *db, gpointer data, GError **error)
{
	Rekeying *rekeying = data;
	const char *name = rekeying->upstream->name;

	return sl_upstream_set_keyring(db, name, rekeying->keyring, rekeying->fingerprints,
				       error) &&
	       sl_audit_add(db, rekeying->now_at, rekeying->person, "upstream rekey", name,
			    json_pack("{s:o, s:o}", "before",
				      words(rekeying->upstream->fingerprints), "after",
				      words(rekeying->fingerprints)),
			    error);
}

/* Other keys for an upstream; with dry_run it only says which there are and which there would be.
 */
json_t *
sl_admin_upstream_rekey(SlAdminCall *call, GError **error)
{
	g_autoptr(SlJsonReader) reader = sl_json_reader_new(call->body, "upstream keys");
	const char *name = sl_json_take_text(reader, "name", SL_LIMIT_NAME);
	g_autoptr(GBytes) keyring = take_keyring(reader);
	bool dry_run = sl_json_take_bool_or(reader, "dry_run", false);
	g_autoptr(SlUpstream) upstream = NULL;
	g_auto(GStrv) fingerprints = NULL;
	Rekeying rekeying = {.person = call->person, .now_at = sl_clock_now(call->admin->clock)};

	if (!sl_json_finish(reader, error) ||
	    (!dry_run && !sl_admin_require_confirmed(call, error)))
		return NULL;
	upstream = sl_upstream_get(call->db, name, error);
	if (!upstream)
		return NULL;
	fingerprints = sl_sync_keyring_fingerprints(keyring, error);
	if (!fingerprints) {
		g_prefix_error(error, "upstream %s: keyring: ", name);
		return NULL;
	}
	rekeying.upstream = upstream;
	rekeying.keyring = keyring;
	rekeying.fingerprints = fingerprints;
	if (!dry_run && !sl_admin_write(call, rekey, &rekeying, error))
		return NULL;
	return json_pack("{s:s, s:o, s:o}", "name", name, "before", words(upstream->fingerprints),
			 "after", words(fingerprints));
}

/* What a request changes; NULL stays as it is. */
typedef struct {
	const char *name;
	const char *url;
	char **components, **architectures, **exclude, **serves; /* (owned) */
	const json_t *enabled;					 /* a boolean */
	const char *person;
	int64_t now_at;
} Changing;

static void
changing_clear(Changing *changing)
{
	g_strfreev(changing->components);
	g_strfreev(changing->architectures);
	g_strfreev(changing->exclude);
	g_strfreev(changing->serves);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Changing, changing_clear)

static json_t *
changeable(const SlUpstream *one)
{
	return json_pack("{s:s, s:o, s:o, s:o, s:o, s:b}", "url", one->url, "components",
			 words(one->components), "architectures", words(one->architectures),
			 "exclude", words(one->exclude), "serves", words(one->serves), "enabled",
			 (int)one->enabled);
}

/* Takes the list over where there is one. */
static void
set_list(char ***field, char ***list)
{
	if (!*list)
		return;
	g_strfreev(*field);
	*field = g_steal_pointer(list);
}

static bool
change(SlDb *db, gpointer data, GError **error)
{
	Changing *changing = data;
	g_autoptr(SlUpstream) one = sl_upstream_get(db, changing->name, error);
	g_autoptr(SlUpstream) after = NULL;
	json_t *before = one ? changeable(one) : NULL;

	if (!one)
		return false;
	if (changing->url) {
		g_free(one->url);
		one->url = g_strdup(changing->url);
	}
	set_list(&one->components, &changing->components);
	set_list(&one->architectures, &changing->architectures);
	set_list(&one->exclude, &changing->exclude);
	set_list(&one->serves, &changing->serves);
	if (changing->enabled)
		one->enabled = json_is_true(changing->enabled);
	if (!sl_upstream_change(db, one, error) ||
	    !sl_upstream_set_enabled(db, one->name, one->enabled, error) ||
	    !(after = sl_upstream_get(db, one->name, error))) {
		json_decref(before);
		return false;
	}
	return sl_audit_add(db, changing->now_at, changing->person, "upstream change", one->name,
			    json_pack("{s:o, s:o}", "before", before, "after", changeable(after)),
			    error);
}

/* A list that a request may leave out; NULL where it does. */
static char **
take_words_or_null(SlJsonReader *reader, const json_t *body, const char *key)
{
	return json_object_get(body, key) ? take_words(reader, key) : NULL;
}

/* What computers it is for changes who needs its updates. */
json_t *
sl_admin_upstream_change(SlAdminCall *call, GError **error)
{
	g_autoptr(SlJsonReader) reader = sl_json_reader_new(call->body, "upstream change");
	g_auto(Changing) changing = {
		.name = sl_json_take_text(reader, "name", SL_LIMIT_NAME),
		.url = sl_json_take_text_or_null(reader, "url", SL_LIMIT_TARGET),
		.components = take_words_or_null(reader, call->body, "components"),
		.architectures = take_words_or_null(reader, call->body, "architectures"),
		.exclude = take_words_or_null(reader, call->body, "exclude"),
		.serves = take_words_or_null(reader, call->body, "serves"),
		.enabled = json_object_get(call->body, "enabled"),
		.person = call->person,
		.now_at = sl_clock_now(call->admin->clock),
	};

	if (changing.enabled)
		sl_json_take_bool(reader, "enabled");
	if (!sl_json_finish(reader, error) || !sl_admin_write(call, change, &changing, error))
		return NULL;
	return json_pack(
		"{s:s, s:[I]}", "name", changing.name, "jobs",
		(json_int_t)call->admin->start_statuses(call->admin->app, false, call->person));
}

typedef struct {
	const char *name;
	bool enabled;
	const char *person;
	int64_t now_at;
} Enabling;

static bool
enable(SlDb *db, gpointer data, GError **error)
{
	Enabling *enabling = data;

	return sl_upstream_set_enabled(db, enabling->name, enabling->enabled, error) &&
	       sl_audit_add(db, enabling->now_at, enabling->person,
			    enabling->enabled ? "upstream enable" : "upstream disable",
			    enabling->name, NULL, error);
}

json_t *
sl_admin_upstream_enable(SlAdminCall *call, GError **error)
{
	g_autoptr(SlJsonReader) reader = sl_json_reader_new(call->body, "upstream state");
	Enabling enabling = {.name = sl_json_take_text(reader, "name", SL_LIMIT_NAME),
			     .enabled = sl_json_take_bool(reader, "enabled"),
			     .person = call->person,
			     .now_at = sl_clock_now(call->admin->clock)};

	if (!sl_json_finish(reader, error) || !sl_admin_write(call, enable, &enabling, error))
		return NULL;
	return json_pack("{s:s, s:b}", "name", enabling.name, "enabled", (int)enabling.enabled);
}
