#include "catalog/audit_words.h"

#include <glib.h>
#include <inttypes.h>
#include <string.h>

#include "catalog/base/json.h"
#include "catalog/base/limits.h"
#include "catalog/base/text.h"

#define BEFORE "before"
#define TOKEN  "token"

/* read by itself, and ids of ours that mean nothing to people */
static const char *const unsaid[] = {"reason", "id", "revision", NULL};

static json_t *
load(const char *detail)
{
	json_t *json = sl_json_load(detail, strlen(detail), SL_LIMIT_ADMIN_BODY, NULL);

	if (json_is_object(json))
		return json;
	json_decref(json);
	return NULL;
}

static bool
is_nothing(const json_t *value)
{
	return !value || json_is_null(value) || json_is_false(value) ||
	       (json_is_integer(value) && json_integer_value(value) == 0) ||
	       (json_is_string(value) && !*json_string_value(value)) ||
	       (json_is_array(value) && json_array_size(value) == 0) ||
	       (json_is_object(value) && json_object_size(value) == 0);
}

/* "channel" of channel, "allow" of allow_s: the unit is in the value. */
static char *
name_of(const char *key)
{
	bool unit = g_str_has_suffix(key, "_s") || g_str_has_suffix(key, "_at");
	char *name = unit ? g_strndup(key, (gsize)(strrchr(key, '_') - key)) : g_strdup(key);

	return g_strdelimit(name, "_", ' ');
}

static char *
number_text(const char *key, int64_t number)
{
	if (number < 0)
		return g_strdup("none");
	if (g_str_has_suffix(key, "_s"))
		return sl_text_format_duration(number);
	if (g_str_has_suffix(key, "_at"))
		return sl_text_format_time(number);
	return g_strdup_printf("%" PRId64, number);
}

static char *value_text(const char *key, const json_t *value);

static char *
list_text(const char *key, const json_t *list)
{
	GString *text = g_string_new(NULL);

	for (size_t i = 0; i < json_array_size(list); i++) {
		g_autofree char *one = value_text(key, json_array_get(list, i));

		g_string_append_printf(text, "%s%s", i ? ", " : "", one);
	}
	return g_string_free(text, FALSE);
}

static char *
value_text(const char *key, const json_t *value)
{
	if (!value || json_is_null(value) || (json_is_array(value) && !json_array_size(value)))
		return g_strdup("none");
	if (json_is_string(value))
		return g_strdup(json_string_value(value));
	if (json_is_boolean(value))
		return g_strdup(json_is_true(value) ? "yes" : "no");
	if (json_is_integer(value))
		return number_text(key, json_integer_value(value));
	return json_is_array(value) ? list_text(key, value) : sl_json_text(value);
}

static void
add(GString *words, const char *key, const json_t *value)
{
	g_autofree char *name = name_of(key);
	g_autofree char *text = value_text(key, value);

	g_string_append_printf(words, "%s%s: %s", words->len ? "; " : "", name, text);
}

/* @param key  NULL: what changed has no name of its own */
static void
add_change(GString *words, const char *key, const json_t *before, const json_t *after)
{
	g_autofree char *name = key ? name_of(key) : NULL;
	g_autofree char *from = value_text(key ? key : "", before);
	g_autofree char *to = value_text(key ? key : "", after);

	if (!json_equal(before, after))
		g_string_append_printf(words, "%s%s%s%s -> %s", words->len ? "; " : "",
				       name ? name : "", name ? ": " : "", from, to);
}

static void
add_changes(GString *words, const json_t *before, json_t *after)
{
	const char *key;
	json_t *value;

	json_object_foreach(after, key, value)
	{
		const json_t *old = json_object_get(before, key);

		if (old)
			add_change(words, key, old, value);
	}
}

/* What is no "before" and "after": each with its name, one that has an "_before" with what it was.
 */
static void
add_members(GString *words, json_t *detail)
{
	const char *key;
	json_t *value;

	json_object_foreach(detail, key, value)
	{
		g_autofree char *before = g_strconcat(key, "_" BEFORE, NULL);
		const json_t *old = json_object_get(detail, before);

		if (old)
			add_change(words, key, old, value);
		else if (!is_nothing(value) && !g_str_has_suffix(key, "_" BEFORE))
			add(words, key, value);
	}
}

char *
sl_audit_words(const char *detail)
{
	g_autoptr(json_t) json = load(detail);
	const json_t *before = json_object_get(json, BEFORE);
	json_t *after = json_object_get(json, "after");
	g_autoptr(json_t) token = json_incref(json_object_get(json, TOKEN));
	GString *words;

	if (!json)
		return g_strdup(detail);
	words = g_string_new(NULL);
	for (const char *const *key = unsaid; *key; key++)
		json_object_del(json, *key);
	json_object_del(json, TOKEN);
	if (json_is_object(before))
		add_changes(words, before, json_is_object(after) ? after : json);
	else if (before && after)
		add_change(words, NULL, before, after);
	else
		add_members(words, json);
	if (token)
		add(words, "by API " TOKEN, token);
	return g_string_free(words, FALSE);
}

char *
sl_audit_reason(const char *detail)
{
	g_autoptr(json_t) json = load(detail);
	const char *reason = json_string_value(json_object_get(json, "reason"));

	return g_strdup(reason ? reason : "");
}
