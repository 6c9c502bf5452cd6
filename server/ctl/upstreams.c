/* upstreams.c - sluicectl upstream, sync */
#include <stdio.h>
#include <string.h>

#include "catalog/base/limits.h"
#include "server/ctl/ctl.h"

/* A keyring file as the API takes it; owned. */
static char *
read_keyring(const char *path, GError **error)
{
	g_autoptr(GBytes) keyring = sl_ctl_read_file(path, SL_LIMIT_KEYRING, error);
	gsize size;
	const void *bytes;

	if (!keyring)
		return NULL;
	bytes = g_bytes_get_data(keyring, &size);
	return g_base64_encode(bytes, size);
}

static bool
add_one(SlCtl *ctl, GError **error)
{
	const char *file = sl_ctl_option(ctl, "keyring");
	g_autofree char *keys = NULL;

	if (!ctl->names[0] || !sl_ctl_option(ctl, "url") || !sl_ctl_option(ctl, "suite") || !file)
		return sl_error_set(
			error, SL_ERROR_INVALID,
			"NAME, --url, --suite and --keyring are needed, or --from-host");
	keys = read_keyring(file, error);
	if (!keys)
		return false;
	return sl_ctl_done(
		ctl,
		sl_client_post(
			ctl, "upstreams",
			json_pack("{s:[{s:s, s:s, s:s, s:o, s:o, s:s, s:s?, s:o, s:o, s:b, s:b}]}",
				  "upstreams", "name", ctl->names[0], "url",
				  sl_ctl_option(ctl, "url"), "suite", sl_ctl_option(ctl, "suite"),
				  "components", sl_ctl_option_array(ctl, "component"),
				  "architectures", sl_ctl_option_array(ctl, "architecture"),
				  "keyring", keys, "as", sl_ctl_option(ctl, "as"), "exclude",
				  sl_ctl_option_array(ctl, "exclude"), "serves",
				  sl_ctl_option_array(ctl, "serves"), "base",
				  sl_ctl_option(ctl, "base") != NULL, "internal",
				  sl_ctl_option(ctl, "internal") != NULL),
			error),
		"added upstream %s; next: sluicectl sync %s", ctl->names[0], ctl->names[0]);
}

bool
sl_cmd_upstream_add(SlCtl *ctl, GError **error)
{
	if (g_strcmp0(ctl->names[0], "debian") != 0)
		return sl_error_set(error, SL_ERROR_INVALID,
				    "say the kind of upstream: sluicectl upstream add debian ...");
	ctl->names++;
	return sl_ctl_option(ctl, "from-host") ? sl_from_host_add(ctl, error) : add_one(ctl, error);
}

bool
sl_cmd_upstream_list(SlCtl *ctl, GError **error)
{
	static const SlColumn columns[] = {
		{"name", "NAME", SL_CELL_TEXT, 0},
		{"role", "ROLE", SL_CELL_TEXT, 0},
		{"enabled", "ENABLED", SL_CELL_BOOL, 0},
		{"suite", "SUITE", SL_CELL_TEXT, 0},
		{"components", "COMPONENTS", SL_CELL_TEXT, 0},
		{"architectures", "ARCH", SL_CELL_TEXT, 0},
		{"release_at", "RELEASE", SL_CELL_TIME, 0},
		{"last_outcome", "LAST SYNC", SL_CELL_TEXT, 0},
		{"next_sync_at", "NEXT SYNC", SL_CELL_TIME, 0},
		{"url", "URL", SL_CELL_TEXT, 0},
	};

	return sl_list_print_paged(
		ctl, "upstreams?", "text state outcome sort", columns, G_N_ELEMENTS(columns),
		"no upstream yet: sluicectl upstream add debian --from-host", error);
}

bool
sl_cmd_upstream_show(SlCtl *ctl, GError **error)
{
	g_autofree char *name = sl_client_argument("name", ctl->names[0]);
	g_autofree char *path = g_strconcat("upstreams?", name, NULL);
	g_autoptr(json_t) answer = sl_client_get(ctl, path, error);
	json_t *one = json_array_get(json_object_get(answer, "items"), 0);

	if (one)
		return sl_list_print_one(ctl, json_incref(one));
	return answer && sl_error_set(error, SL_ERROR_NOT_FOUND, "no upstream '%s'", ctl->names[0]);
}

bool
sl_cmd_upstream_remove(SlCtl *ctl, GError **error)
{
	g_autofree char *name = g_uri_escape_string(ctl->names[0], NULL, FALSE);
	g_autofree char *path = g_strdup_printf("upstreams/%s", name);

	return sl_ctl_done(ctl, sl_client_delete(ctl, path, error), "removed upstream %s",
			   ctl->names[0]);
}

static void
show_keys(const json_t *answer, const char *key, const char *title)
{
	const json_t *list = json_object_get(answer, key);

	for (size_t i = 0; i < json_array_size(list); i++)
		printf("%s %s\n", title, json_string_value(json_array_get(list, i)));
}

bool
sl_cmd_upstream_rekey(SlCtl *ctl, GError **error)
{
	const char *file = sl_ctl_option(ctl, "keyring");
	g_autofree char *keys = NULL;
	g_autoptr(json_t) plan = NULL;
	g_autoptr(json_t) done = NULL;

	if (!file)
		return sl_error_set(error, SL_ERROR_INVALID, "--keyring FILE is needed");
	keys = read_keyring(file, error);
	if (!keys)
		return false;
	plan = sl_client_post(
		ctl, "upstream-keys",
		json_pack("{s:s, s:s, s:b}", "name", ctl->names[0], "keyring", keys, "dry_run", 1),
		error);
	if (!plan)
		return false;
	if (ctl->json && ctl->dry_run)
		return sl_list_print_one(ctl, json_incref(plan));
	if (!ctl->json) {
		show_keys(plan, "before", "old key");
		show_keys(plan, "after", "new key");
	}
	if (ctl->dry_run)
		return true;
	if (!sl_ctl_confirm(ctl, "Did its people publish the new fingerprints? rekey?", error))
		return false;
	done = sl_client_post(ctl, "upstream-keys",
			      json_pack("{s:s, s:s}", "name", ctl->names[0], "keyring", keys),
			      error);
	return sl_ctl_done(ctl, json_incref(done),
			   "upstream %s has new keys; next: sluicectl sync %s", ctl->names[0],
			   ctl->names[0]);
}

/* The words of an option, where it was given; "" alone takes all away. */
static void
add_words(const SlCtl *ctl, json_t *change, const char *option, const char *key)
{
	const char *one = sl_ctl_option(ctl, option);

	if (one)
		json_object_set_new(change, key,
				    *one ? sl_ctl_option_array(ctl, option) : json_array());
}

bool
sl_cmd_upstream_set(SlCtl *ctl, GError **error)
{
	json_t *change =
		json_pack("{s:s, s:s*}", "name", ctl->names[0], "url", sl_ctl_option(ctl, "url"));
	g_autoptr(json_t) answer = NULL;

	add_words(ctl, change, "component", "components");
	add_words(ctl, change, "architecture", "architectures");
	add_words(ctl, change, "exclude", "exclude");
	add_words(ctl, change, "serves", "serves");
	if (json_object_size(change) == 1) {
		json_decref(change);
		return sl_error_set(error, SL_ERROR_INVALID,
				    "say what to change: --url, --component, --architecture, "
				    "--exclude or --serves");
	}
	answer = sl_client_post(ctl, "upstream-changes", change, error);
	return sl_ctl_done(ctl, json_incref(answer),
			   "upstream %s is changed; next: sluicectl sync %s", ctl->names[0],
			   ctl->names[0]);
}

static bool
set_enabled(const SlCtl *ctl, bool enabled, GError **error)
{
	return sl_ctl_done(ctl,
			   sl_client_post(ctl, "upstream-states",
					  json_pack("{s:s, s:b}", "name", ctl->names[0], "enabled",
						    (int)enabled),
					  error),
			   "upstream %s is synced %s", ctl->names[0],
			   enabled ? "daily" : "only when it is named");
}

bool
sl_cmd_upstream_enable(SlCtl *ctl, GError **error)
{
	return set_enabled(ctl, true, error);
}

bool
sl_cmd_upstream_disable(SlCtl *ctl, GError **error)
{
	return set_enabled(ctl, false, error);
}

bool
sl_cmd_sync(SlCtl *ctl, GError **error)
{
	g_autoptr(json_t) answer =
		sl_client_post(ctl, "syncs", json_pack("{s:s?}", "upstream", ctl->names[0]), error);

	return answer && sl_wait_for_jobs(ctl, json_object_get(answer, "jobs"), error);
}

bool
sl_cmd_sync_list(SlCtl *ctl, GError **error)
{
	static const SlColumn columns[] = {
		{"started_at", "STARTED", SL_CELL_TIME, 0},
		{"upstream", "UPSTREAM", SL_CELL_TEXT, 0},
		{"outcome", "OUTCOME", SL_CELL_TEXT, 0},
		{"updates", "UPDATES", SL_CELL_NUMBER, 0},
		{"packages", "PACKAGES", SL_CELL_NUMBER, 0},
		{"withdrawn", "WITHDRAWN", SL_CELL_NUMBER, 0},
		{"bytes", "RECEIVED", SL_CELL_SIZE, 0},
		{"seconds", "SECONDS", SL_CELL_NUMBER, 0},
		{"person", "BY", SL_CELL_PERSON, 0},
		{"message", "MESSAGE", SL_CELL_TEXT, 0},
	};
	g_autofree char *name = sl_client_argument("upstream", ctl->names[0]);
	g_autofree char *path = g_strconcat("syncs?", name, NULL);

	return sl_list_print_paged(ctl, path, "outcome text sort", columns, G_N_ELEMENTS(columns),
				   "nothing was synced yet: sluicectl sync", error);
}
