/* What is loaded is the same once written and loaded again, and nested no deeper than allowed. */
#include <string.h>

#include "catalog/base/json.h"
#include "fuzz.h"

#define LIMIT 65536

static int
depth_of(const json_t *json)
{
	int deepest = 0, one;
	const char *key;
	json_t *member;
	size_t i;

	json_array_foreach((json_t *)json, i, member)
	{
		one = depth_of(member);
		deepest = MAX(deepest, one);
	}
	json_object_foreach((json_t *)json, key, member)
	{
		one = depth_of(member);
		deepest = MAX(deepest, one);
	}
	return deepest + (json_is_array(json) || json_is_object(json));
}

static void
take_apart(const json_t *json)
{
	g_autoptr(SlJsonReader) reader = sl_json_reader_new(json, "input");
	GError *error = NULL;
	bool ok;

	sl_json_take_text(reader, "text", 5);
	sl_json_take_text_or_null(reader, "maybe", 5);
	sl_json_take_int(reader, "number", -5, 5);
	sl_json_take_int_or(reader, "else", 0, INT64_MAX, 7);
	sl_json_take_bool(reader, "bool");
	sl_json_take_array(reader, "list", 2);
	sl_json_take_object(reader, "object");
	ok = sl_json_finish(reader, &error);
	fuzz_check_error(ok, error);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	GError *error = NULL;
	g_autoptr(json_t) json = sl_json_load(data, size, LIMIT, &error);

	fuzz_check_error(json != NULL, error);
	if (!json)
		return 0;
	if (depth_of(json) > 32)
		g_error("nested %d deep", depth_of(json));
	take_apart(json);
	g_autofree char *text = sl_json_text(json);
	g_autoptr(json_t) again = sl_json_load(text, strlen(text), SIZE_MAX, NULL);
	if (!again || !json_equal(json, again))
		g_error("written and loaded as something else: %s", text);
	return 0;
}
