/* settings.c - sluicectl settings */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "catalog/base/text.h"
#include "server/ctl/ctl.h"

#define KEYS "keys are two_people, and allow.RATING and soak.RATING as in soak.high"

bool
sl_cmd_settings(SlCtl *ctl, GError **error)
{
	static const SlColumn columns[] = {
		{"rating", "RATING", SL_CELL_TEXT, 0},
		{"allow_s", "ALLOWS", SL_CELL_SPAN, 0},
		{"soak_s", "SOAKS", SL_CELL_SPAN, 0},
	};
	g_autoptr(json_t) answer = sl_client_get(ctl, "settings", error);
	json_t *ratings;

	if (!answer || ctl->json)
		return answer && sl_list_print_one(ctl, json_incref(answer));
	ratings = json_pack("{s:O}", "items", json_object_get(answer, "ratings"));
	json_object_del(answer, "ratings");
	if (!sl_list_print(ctl, ratings, columns, G_N_ELEMENTS(columns), "no ratings"))
		return false;
	return ctl->csv || (sl_list_print_one(ctl, json_incref(answer)) &&
			    puts("\nsluicectl settings set KEY VALUE changes one: " KEYS) >= 0);
}

static json_t *
times_of(const char *key, const char *name, const char *value, GError **error)
{
	int64_t seconds;

	if (!sl_text_duration(value, &seconds, error))
		return NULL;
	return json_pack("{s:[{s:s, s:I}]}", "ratings", "rating", name, key, (json_int_t)seconds);
}

static json_t *
read_change(const char *key, const char *value, GError **error)
{
	bool yes = strcmp(value, "yes") == 0;

	if (g_str_has_prefix(key, "allow."))
		return times_of("allow_s", key + strlen("allow."), value, error);
	if (g_str_has_prefix(key, "soak."))
		return times_of("soak_s", key + strlen("soak."), value, error);
	if (strcmp(key, "two_people") != 0)
		sl_error_set(error, SL_ERROR_INVALID, "no setting '%s': " KEYS, key);
	else if (yes || strcmp(value, "no") == 0)
		return json_pack("{s:b}", "two_people", (int)yes);
	else
		sl_error_set(error, SL_ERROR_INVALID, "two_people is yes or no, not '%s'", value);
	return NULL;
}

/* What was understood: "5s" of a 5. Owned. */
static char *
value_words(const json_t *change, const char *typed)
{
	const json_t *times = json_array_get(json_object_get(change, "ratings"), 0);
	const char *key = json_object_get(times, "soak_s") ? "soak_s" : "allow_s";

	if (!times)
		return g_strdup(typed);
	return sl_text_format_duration(json_integer_value(json_object_get(times, key)));
}

bool
sl_cmd_settings_set(SlCtl *ctl, GError **error)
{
	json_t *change = read_change(ctl->names[0], ctl->names[1], error);
	g_autofree char *value = change ? value_words(change, ctl->names[1]) : NULL;
	g_autoptr(json_t) answer = change ? sl_client_post(ctl, "settings", change, error) : NULL;

	return sl_ctl_done(ctl, json_incref(answer), "%s is %s now", ctl->names[0], value);
}
