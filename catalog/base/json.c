#include "catalog/base/json.h"

#include <inttypes.h>
#include <string.h>

#include "catalog/base/text.h"

#define DEPTH 32 /* arrays and objects inside each other; our messages use 3 */
/* how many values: the fullest check-in has 10,000, and 16,000 may be in it */
#define VALUES(limit) (64 + (limit) / 16)

/* What jansson would make of a document: it goes 2,048 deep by itself, and takes 200 bytes for
 * "{}". Counts brackets and commas outside strings. */
static void
measure(const char *bytes, size_t size, int *ret_depth, size_t *ret_values)
{
	bool in_string = false;
	int depth = 0, deepest = 0;
	size_t values = 1;

	for (size_t i = 0; i < size; i++) {
		char c = bytes[i];

		if (in_string && c == '\\')
			i++;
		else if (c == '"')
			in_string = !in_string;
		else if (!in_string && (c == ']' || c == '}'))
			depth--;
		else if (!in_string && (c == '[' || c == '{'))
			depth++;
		if (!in_string && (c == '[' || c == '{' || c == ','))
			values++;
		deepest = MAX(deepest, depth);
	}
	*ret_depth = deepest;
	*ret_values = values;
}

static bool
is_within(const char *bytes, size_t size, size_t limit, GError **error)
{
	int depth;
	size_t values;

	if (size > limit)
		return sl_error_set(error, SL_ERROR_LIMIT, "JSON of %zu bytes: the limit is %zu",
				    size, limit);
	measure(bytes, size, &depth, &values);
	if (depth > DEPTH)
		return sl_error_set(error, SL_ERROR_INVALID, "JSON is nested more than %d deep",
				    DEPTH);
	if (values > VALUES(limit))
		return sl_error_set(error, SL_ERROR_LIMIT, "JSON of %zu values: the limit is %zu",
				    values, VALUES(limit));
	return true;
}

json_t *
sl_json_load(const void *bytes, size_t size, size_t limit, GError **error)
{
	json_error_t problem;
	json_t *json;

	if (!is_within(bytes, size, limit, error))
		return NULL;
	json = json_loadb(bytes, size, JSON_REJECT_DUPLICATES, &problem);
	if (!json) {
		g_autofree char *shown = sl_text_escape(problem.text);

		sl_error_set(error, SL_ERROR_INVALID, "not JSON: %s at line %d, column %d", shown,
			     problem.line, problem.column);
	}
	return json;
}

char *
sl_json_text(const json_t *json)
{
	char *text = json_dumps(json, JSON_COMPACT | JSON_ENCODE_ANY);
	char *copy = g_strdup(text ? text : "null");

	free(text);
	return copy;
}

struct SlJsonReader {
	const json_t *object;
	char *what;
	GHashTable *taken; /* (element-type utf8): keys, borrowed from the callers */
	char *problem;	   /* the first one */
};

SlJsonReader *
sl_json_reader_new(const json_t *object, const char *what)
{
	SlJsonReader *reader = g_new0(SlJsonReader, 1);

	reader->object = object;
	reader->what = g_strdup(what);
	reader->taken = g_hash_table_new(g_str_hash, g_str_equal);
	if (!json_is_object(object))
		reader->problem = g_strdup_printf("%s: not a JSON object", what);
	return reader;
}

void
sl_json_refuse(SlJsonReader *reader, const char *key, const char *message)
{
	if (!reader->problem)
		reader->problem = g_strdup_printf("%s: %s: %s", reader->what, key, message);
}

/* The member, or NULL when it is absent or null. */
static const json_t *
take(SlJsonReader *reader, const char *key)
{
	const json_t *value = json_object_get(reader->object, key);

	g_hash_table_add(reader->taken, (gpointer)key);
	return json_is_null(value) ? NULL : value;
}

static const json_t *
take_required(SlJsonReader *reader, const char *key)
{
	const json_t *value = take(reader, key);

	if (!value)
		sl_json_refuse(reader, key, "missing");
	return value;
}

static const char *
text_of(SlJsonReader *reader, const char *key, const json_t *value, size_t limit,
	const char *otherwise)
{
	if (!value)
		return otherwise;
	if (!json_is_string(value)) {
		sl_json_refuse(reader, key, "not a string");
		return otherwise;
	}
	if (json_string_length(value) > limit) {
		g_autofree char *message = g_strdup_printf("%zu bytes; the limit is %zu",
							   json_string_length(value), limit);

		sl_json_refuse(reader, key, message);
		return otherwise;
	}
	return json_string_value(value);
}

const char *
sl_json_take_text(SlJsonReader *reader, const char *key, size_t limit)
{
	return text_of(reader, key, take_required(reader, key), limit, "");
}

const char *
sl_json_take_text_or_null(SlJsonReader *reader, const char *key, size_t limit)
{
	return text_of(reader, key, take(reader, key), limit, NULL);
}

static int64_t
int_of(SlJsonReader *reader, const char *key, const json_t *value, int64_t low, int64_t high,
       int64_t otherwise)
{
	if (!value)
		return otherwise;
	if (!json_is_integer(value)) {
		sl_json_refuse(reader, key, "not a whole number");
		return otherwise;
	}
	if (json_integer_value(value) < low || json_integer_value(value) > high) {
		g_autofree char *message =
			g_strdup_printf("%" PRId64 " is not within %" PRId64 " to %" PRId64,
					(int64_t)json_integer_value(value), low, high);

		sl_json_refuse(reader, key, message);
		return otherwise;
	}
	return json_integer_value(value);
}

int64_t
sl_json_take_int(SlJsonReader *reader, const char *key, int64_t low, int64_t high)
{
	return int_of(reader, key, take_required(reader, key), low, high, low);
}

int64_t
sl_json_take_int_or(SlJsonReader *reader, const char *key, int64_t low, int64_t high,
		    int64_t otherwise)
{
	return int_of(reader, key, take(reader, key), low, high, otherwise);
}

static bool
bool_of(SlJsonReader *reader, const char *key, const json_t *value, bool otherwise)
{
	if (!value)
		return otherwise;
	if (!json_is_boolean(value)) {
		sl_json_refuse(reader, key, "neither true nor false");
		return otherwise;
	}
	return json_is_true(value);
}

bool
sl_json_take_bool(SlJsonReader *reader, const char *key)
{
	return bool_of(reader, key, take_required(reader, key), false);
}

bool
sl_json_take_bool_or(SlJsonReader *reader, const char *key, bool otherwise)
{
	return bool_of(reader, key, take(reader, key), otherwise);
}

static const json_t *
array_of(SlJsonReader *reader, const char *key, const json_t *value, size_t limit)
{
	if (!value)
		return NULL;
	if (!json_is_array(value)) {
		sl_json_refuse(reader, key, "not an array");
		return NULL;
	}
	if (json_array_size(value) > limit) {
		g_autofree char *message = g_strdup_printf("%zu members; the limit is %zu",
							   json_array_size(value), limit);

		sl_json_refuse(reader, key, message);
		return NULL;
	}
	return value;
}

const json_t *
sl_json_take_array(SlJsonReader *reader, const char *key, size_t limit)
{
	return array_of(reader, key, take_required(reader, key), limit);
}

const json_t *
sl_json_take_array_or_null(SlJsonReader *reader, const char *key, size_t limit)
{
	return array_of(reader, key, take(reader, key), limit);
}

const json_t *
sl_json_take_object(SlJsonReader *reader, const char *key)
{
	const json_t *value = take_required(reader, key);

	if (value && !json_is_object(value)) {
		sl_json_refuse(reader, key, "not an object");
		return NULL;
	}
	return value;
}

bool
sl_json_finish(SlJsonReader *reader, GError **error)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)reader->object, key, value)
	{
		g_autofree char *shown = NULL;

		if (reader->problem || g_hash_table_contains(reader->taken, key))
			continue;
		shown = sl_text_escape(key);
		sl_json_refuse(reader, shown, "unknown member");
	}
	return !reader->problem || sl_error_set(error, SL_ERROR_INVALID, "%s", reader->problem);
}

void
sl_json_reader_free(SlJsonReader *reader)
{
	if (!reader)
		return;
	g_hash_table_unref(reader->taken);
	g_free(reader->what);
	g_free(reader->problem);
	g_free(reader);
}
