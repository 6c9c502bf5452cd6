#include "clients/agent/state.h"

#include <string.h>

#include "catalog/base/fs.h"
#include "catalog/base/json.h"

#define FILE_NAME  "state.json"
#define FILE_LIMIT (256 * 1024) /* bytes; an answer is smaller */
#define TEXT_LIMIT (64 * 1024)	/* bytes of one text in it */

SlState *
sl_state_new(void)
{
	SlState *state = g_new0(SlState, 1);

	state->interval_s = 3600;
	state->group = g_strdup("");
	state->channel = g_strdup("");
	state->key = g_strdup("");
	state->problem = g_strdup("");
	state->channel_problem = g_strdup("");
	state->sources = sl_answer_source_array_new();
	return state;
}

static SlAnswerSource *
copy_source(const SlAnswerSource *from)
{
	SlAnswerSource *source = g_new0(SlAnswerSource, 1);

	source->suite = g_strdup(from->suite);
	source->components = g_strdup(from->components);
	source->architectures = g_strdup(from->architectures);
	return source;
}

static char *
take(SlJsonReader *reader, const char *key)
{
	return g_strdup(sl_json_take_text(reader, key, TEXT_LIMIT));
}

static void
take_key(SlJsonReader *reader, const char *key, uint8_t *ret_bytes, size_t size)
{
	if (!sl_seal_unbase64(sl_json_take_text(reader, key, TEXT_LIMIT), ret_bytes, size, NULL))
		sl_json_refuse(reader, key, "not a public key");
}

static void
take_sources(SlJsonReader *whole, GPtrArray *sources)
{
	const json_t *array = sl_json_take_array(whole, "sources", 1000);
	size_t index;
	json_t *value;

	json_array_foreach(array, index, value)
	{
		g_autoptr(SlJsonReader) reader = sl_json_reader_new(value, "source");
		SlAnswerSource source = {
			.suite = (char *)sl_json_take_text(reader, "suite", TEXT_LIMIT),
			.components = (char *)sl_json_take_text(reader, "components", TEXT_LIMIT),
			.architectures =
				(char *)sl_json_take_text(reader, "architectures", TEXT_LIMIT),
		};

		g_ptr_array_add(sources, copy_source(&source));
		if (!sl_json_finish(reader, NULL))
			sl_json_refuse(whole, "sources", "a member is wrong");
	}
}

static void
take_texts(SlJsonReader *reader, SlState *state)
{
	state->url = take(reader, "url");
	state->server_id = take(reader, "server_id");
	state->group = take(reader, "group");
	state->channel = take(reader, "channel");
	state->key = take(reader, "key");
	state->problem = take(reader, "problem");
	state->channel_problem = take(reader, "channel_problem");
}

static void
take_numbers(SlJsonReader *reader, SlState *state)
{
	state->computer = sl_json_take_int(reader, "computer", 0, INT64_MAX);
	state->counter = sl_json_take_int(reader, "counter", 0, INT64_MAX - 1);
	state->epoch = sl_json_take_int(reader, "epoch", 0, INT64_MAX);
	state->pointer = sl_json_take_int(reader, "pointer", 0, INT64_MAX);
	state->signed_at = sl_json_take_int(reader, "signed_at", 0, INT64_MAX);
	state->interval_s = sl_json_take_int(reader, "interval_s", 1, INT32_MAX);
	state->tried_at = sl_json_take_int(reader, "tried_at", 0, INT64_MAX);
	state->acknowledged_at = sl_json_take_int(reader, "acknowledged_at", 0, INT64_MAX);
	state->pending = sl_json_take_bool(reader, "pending");
	state->twice = sl_json_take_bool(reader, "twice");
}

static SlState *
from_json(const json_t *json, GError **error)
{
	g_autoptr(SlJsonReader) reader = sl_json_reader_new(json, FILE_NAME);
	g_autoptr(SlState) state = g_new0(SlState, 1);

	state->sources = sl_answer_source_array_new();
	take_texts(reader, state);
	take_numbers(reader, state);
	take_key(reader, "sign", state->server.sign, sizeof state->server.sign);
	take_key(reader, "box", state->server.box, sizeof state->server.box);
	take_sources(reader, state->sources);
	return sl_json_finish(reader, error) ? g_steal_pointer(&state) : NULL;
}

bool
sl_state_load(int dir_fd, SlState **ret_state, GError **error)
{
	g_autoptr(GError) problem = NULL;
	g_autoptr(GBytes) content = sl_fs_read(dir_fd, FILE_NAME, FILE_LIMIT, &problem);
	g_autoptr(json_t) json = NULL;
	const void *bytes;
	gsize size;

	if (g_error_matches(problem, SL_ERROR, SL_ERROR_NOT_FOUND)) {
		*ret_state = NULL;
		return true;
	}
	if (!content) {
		g_propagate_error(error, g_steal_pointer(&problem));
		return false;
	}
	bytes = g_bytes_get_data(content, &size);
	json = sl_json_load(bytes, size, FILE_LIMIT, error);
	if (!json) {
		g_prefix_error(error, "%s: ", FILE_NAME);
		return false;
	}
	*ret_state = from_json(json, error);
	return *ret_state != NULL;
}

static json_t *
sources_to_json(const GPtrArray *sources)
{
	json_t *array = json_array();

	for (guint i = 0; i < sources->len; i++) {
		const SlAnswerSource *source = sources->pdata[i];

		json_array_append_new(array, json_pack("{s:s, s:s, s:s}", "suite", source->suite,
						       "components", source->components,
						       "architectures", source->architectures));
	}
	return array;
}

static json_t *
to_json(const SlState *state)
{
	g_autofree char *sign = sl_seal_base64(state->server.sign, sizeof state->server.sign);
	g_autofree char *box = sl_seal_base64(state->server.box, sizeof state->server.box);
	json_t *json =
		json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:o}", "url", state->url,
			  "server_id", state->server_id, "sign", sign, "box", box, "group",
			  state->group, "channel", state->channel, "key", state->key, "problem",
			  state->problem, "channel_problem", state->channel_problem, "sources",
			  sources_to_json(state->sources));
	g_autoptr(json_t) numbers =
		json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:b, s:b}", "computer",
			  (json_int_t)state->computer, "counter", (json_int_t)state->counter,
			  "epoch", (json_int_t)state->epoch, "pointer", (json_int_t)state->pointer,
			  "signed_at", (json_int_t)state->signed_at, "interval_s",
			  (json_int_t)state->interval_s, "tried_at", (json_int_t)state->tried_at,
			  "acknowledged_at", (json_int_t)state->acknowledged_at, "pending",
			  (int)state->pending, "twice", (int)state->twice);

	json_object_update(json, numbers);
	return json;
}

bool
sl_state_save(const SlState *state, int dir_fd, GError **error)
{
	g_autoptr(json_t) json = to_json(state);
	g_autofree char *text = sl_json_text(json);

	return sl_fs_replace(dir_fd, FILE_NAME, text, strlen(text), 0600, error);
}

static void
replace(char **place, const char *text)
{
	g_free(*place);
	*place = g_strdup(text);
}

void
sl_state_learn(SlState *state, const SlAnswer *answer)
{
	state->signed_at = MAX(state->signed_at, answer->at);
	state->epoch = MAX(state->epoch, answer->epoch);
	state->interval_s = answer->interval_s;
	state->computer = answer->computer;
	state->pending = strcmp(answer->state, "pending") == 0;
	replace(&state->group, answer->group);
	if (state->pending)
		return;
	replace(&state->channel, answer->channel);
	replace(&state->key, answer->key);
	g_ptr_array_set_size(state->sources, 0);
	for (guint i = 0; i < answer->sources->len; i++)
		g_ptr_array_add(state->sources, copy_source(answer->sources->pdata[i]));
}

void
sl_state_free(SlState *state)
{
	if (!state)
		return;
	g_free(state->url);
	g_free(state->server_id);
	g_free(state->group);
	g_free(state->channel);
	g_free(state->key);
	g_free(state->problem);
	g_free(state->channel_problem);
	g_clear_pointer(&state->sources, g_ptr_array_unref);
	g_free(state);
}
