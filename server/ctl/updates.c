/* updates.c - sluicectl update, approve, recall, decline, rate, advisory */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "catalog/base/limits.h"
#include "catalog/base/text.h"
#include "server/ctl/ctl.h"

bool
sl_cmd_update_list(SlCtl *ctl, GError **error)
{
	static const SlColumn columns[] = {
		{"released_at", "RELEASED", SL_CELL_TIME, 0},
		{"name", "UPDATE", SL_CELL_TEXT, 32},
		{"version", "VERSION", SL_CELL_TEXT, 32},
		{"state", "STATE", SL_CELL_TEXT, 0},
		{"rating", "RATING", SL_CELL_TEXT, 0},
		{"needed", "NEEDED", SL_CELL_NUMBER, 0},
		{"installed", "INSTALLED", SL_CELL_NUMBER, 0},
		{"failed", "FAILED", SL_CELL_NUMBER, 0},
		{"packages", "PKGS", SL_CELL_NUMBER, 0},
		{"size", "SIZE", SL_CELL_SIZE, 0},
		{"upstream", "UPSTREAM", SL_CELL_TEXT, 24},
		{"cves", "CVES", SL_CELL_TEXT, 40},
		{"summary", "SUMMARY", SL_CELL_TEXT, 60},
	};
	const char *path = sl_ctl_option(ctl, "newest") ? "updates?newest=1" : "updates?";

	return sl_list_print_paged(ctl, path,
				   "upstream channel rating section text cve name state sort "
				   "package day decision",
				   columns, G_N_ELEMENTS(columns),
				   "no updates yet: sluicectl sync brings in what upstreams have",
				   error);
}

static const char *
text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

static int64_t
number_of(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

/* What certification showed, in one line; owned. */
static char *
evidence_text(const json_t *evidence)
{
	g_autofree char *soaked = sl_text_format_duration(number_of(evidence, "soaked_s"));
	g_autofree char *soaks = sl_text_format_duration(number_of(evidence, "soak_s"));
	const char *ready =
		json_is_true(json_object_get(evidence, "ready")) ? "ready" : "not ready";

	if (number_of(evidence, "computers") == 0)
		return g_strdup_printf("%s: it concerns no computer; soaked %s of %s", ready,
				       soaked, soaks);
	return g_strdup_printf("%s: %" PRId64 " of %" PRId64 " computers installed it, %" PRId64
			       " failed; soaked %s of %s",
			       ready, number_of(evidence, "installed"),
			       number_of(evidence, "computers"), number_of(evidence, "failed"),
			       soaked, soaks);
}

/* Says in words what the members for programs say in two, and leaves out hashes. */
static void
for_people(json_t *update)
{
	static const char *const hashes[] = {"sha256", "index_sha256", "fingerprint", "filename",
					     NULL};
	json_t *packages = json_object_get(update, "package_list");
	const json_t *held = json_object_get(update, "held");

	if (json_is_false(json_object_get(update, "released_exact"))) {
		g_autofree char *at = sl_text_format_time(
			json_integer_value(json_object_get(update, "released_at")));

		json_object_set_new(update, "released_at", json_sprintf("%s or before", at));
	}
	json_object_del(update, "released_exact");
	json_object_del(update, "released_day");
	if (json_is_object(json_object_get(update, "evidence"))) {
		g_autofree char *text = evidence_text(json_object_get(update, "evidence"));

		json_object_set_new(update, "evidence", json_string(text));
	}
	if (json_is_object(held))
		json_object_set_new(update, "held",
				    json_sprintf("by %s: %s", text_of(held, "person"),
						 text_of(held, "reason")));
	for (size_t i = 0; i < json_array_size(packages); i++)
		for (const char *const *key = hashes; *key; key++)
			json_object_del(json_array_get(packages, i), *key);
}

bool
sl_cmd_update_packages(SlCtl *ctl, GError **error)
{
	static const SlColumn columns[] = {
		{"name", "PACKAGE", SL_CELL_TEXT, 60},
		{"version", "VERSION", SL_CELL_TEXT, 0},
		{"architecture", "ARCH", SL_CELL_TEXT, 0},
		{"component", "COMPONENT", SL_CELL_TEXT, 0},
		{"size", "SIZE", SL_CELL_SIZE, 0},
		{"stored_at", "VERIFIED", SL_CELL_TIME, 0},
		{"sha256", "SHA-256", SL_CELL_TEXT, 0},
	};
	g_autofree char *name = sl_client_argument("name", ctl->names[0]);
	g_autofree char *path = g_strconcat("update-packages?", name, NULL);

	return sl_list_print_paged(ctl, path, "text architecture sort", columns,
				   G_N_ELEMENTS(columns), "no package matches", error);
}

bool
sl_cmd_update_show(SlCtl *ctl, GError **error)
{
	g_autofree char *name = sl_client_argument("name", ctl->names[0]);
	g_autofree char *path = g_strdup_printf("update?%s", name);

	g_autoptr(json_t) update = sl_client_get(ctl, path, error);

	if (update && !ctl->json)
		for_people(update);
	return update && sl_list_print_one(ctl, json_incref(update));
}

/* @param seen  the plan that was shown and is to be done; NULL to be shown one */
static json_t *
request_of(const SlCtl *ctl, const char *kind, const json_t *seen)
{
	json_t *names = json_array();

	for (char **name = ctl->names; *name; name++)
		json_array_append_new(names, json_string(*name));
	return json_pack("{s:s, s:o, s:s?, s:s?, s:b, s:b, s:s?}", "kind", kind, "names", names,
			 "channel", sl_ctl_option(ctl, "channel"), "reason",
			 sl_ctl_option(ctl, "reason"), "emergency",
			 sl_ctl_option(ctl, "emergency") != NULL, "dry_run", seen == NULL, "plan",
			 json_string_value(json_object_get(seen, "plan")));
}

static const char *
plural(int64_t n)
{
	return n == 1 ? "" : "s";
}

static void
show_sums(const char *kind, const json_t *plan, size_t changes)
{
	int64_t computers = number_of(plan, "computers"), payloads = number_of(plan, "payloads");
	g_autofree char *size = sl_text_format_size(number_of(plan, "size"));
	g_autofree char *fetch = sl_text_format_size(number_of(plan, "to_fetch"));

	if (strcmp(kind, "approve") == 0)
		printf("%zu update%s, %" PRId64 " payload%s, %s; %s to fetch\n", changes,
		       plural((int64_t)changes), payloads, plural(payloads), size, fetch);
	printf("it concerns %" PRId64 " computer%s\n", computers, plural(computers));
}

/* What the request would do, in words; how many items it would change. */
static size_t
show_plan(const char *kind, const json_t *plan)
{
	const json_t *items = json_object_get(plan, "items");
	const json_t *missing = json_object_get(plan, "missing");
	const json_t *warnings = json_object_get(plan, "warnings");
	size_t changes = 0;

	for (size_t i = 0; i < json_array_size(items); i++) {
		const json_t *item = json_array_get(items, i);

		if (json_is_true(json_object_get(item, "unchanged")))
			continue;
		printf("%s %s%s%s\n", kind, text_of(item, "update"),
		       text_of(item, "channel")[0] ? ", channel " : "", text_of(item, "channel"));
		changes++;
	}
	if (changes > 0)
		show_sums(kind, plan, changes);
	for (size_t i = 0; i < json_array_size(missing); i++) {
		const json_t *one = json_array_get(missing, i);

		printf("not in the channel: %s, which %s depends on; %s would satisfy it\n",
		       text_of(one, "dependency"), text_of(one, "package"),
		       text_of(one, "candidate"));
	}
	for (size_t i = 0; i < json_array_size(warnings); i++)
		printf("note: %s\n", json_string_value(json_array_get(warnings, i)));
	return changes;
}

static bool
decide(SlCtl *ctl, const char *kind, GError **error)
{
	g_autoptr(json_t) plan =
		sl_client_post(ctl, "approvals", request_of(ctl, kind, NULL), error);
	g_autoptr(json_t) done = NULL;
	g_autofree char *question = g_strdup_printf("%s?", kind);
	size_t changes;

	if (!plan)
		return false;
	if (ctl->json && ctl->dry_run)
		return sl_list_print_one(ctl, json_incref(plan));
	changes = ctl->json ? 1 : show_plan(kind, plan);
	if (changes == 0)
		puts("nothing to do: that is how it stands already");
	else if (ctl->dry_run)
		puts("dry run: nothing was changed");
	if (ctl->dry_run)
		return true;
	/* what was decided may still wait for payloads: asked again, it is seen to */
	if (changes > 0 && !sl_ctl_confirm(ctl, question, error))
		return false;
	done = sl_client_post(ctl, "approvals", request_of(ctl, kind, plan), error);
	return done && sl_wait_for_answer(ctl, done, error);
}

bool
sl_cmd_approve(SlCtl *ctl, GError **error)
{
	if (!sl_ctl_option(ctl, "channel"))
		return sl_error_set(error, SL_ERROR_INVALID,
				    "--channel certification or --channel production is needed");
	return decide(ctl, "approve", error);
}

bool
sl_cmd_recall(SlCtl *ctl, GError **error)
{
	return decide(ctl, "recall", error);
}

bool
sl_cmd_decline(SlCtl *ctl, GError **error)
{
	return decide(ctl, "decline", error);
}

bool
sl_cmd_rate(SlCtl *ctl, GError **error)
{
	if (!sl_ctl_option(ctl, "reason"))
		return sl_error_set(error, SL_ERROR_INVALID,
				    "write: sluicectl rate UPDATE critical|high|medium|low "
				    "--reason TEXT");
	return sl_ctl_done(
		ctl,
		sl_client_post(ctl, "ratings",
			       json_pack("{s:s, s:s, s:s}", "name", ctl->names[0], "rating",
					 ctl->names[1], "reason", sl_ctl_option(ctl, "reason")),
			       error),
		"rated %s %s", ctl->names[0], ctl->names[1]);
}

bool
sl_cmd_advisory_import(SlCtl *ctl, GError **error)
{
	g_autoptr(GBytes) list = sl_ctl_read_file(ctl->names[0], SL_LIMIT_ADMIN_BODY, error);
	g_autoptr(json_t) answer = NULL;
	gsize size;
	const char *bytes;

	if (!list)
		return false;
	bytes = g_bytes_get_data(list, &size);
	answer = sl_client_post_bytes(ctl, "advisories", bytes, size, error);
	return sl_ctl_done(ctl, json_incref(answer),
			   "%" PRId64 " advisories; %" PRId64 " updates have one",
			   number_of(answer, "advisories"), number_of(answer, "updates"));
}
