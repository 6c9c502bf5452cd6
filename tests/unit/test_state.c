#include "clients/agent/state.h"

#include <string.h>
#include <sys/stat.h>

#include "tests/unit/scratch.h"

static SlAnswer *
answer_of(const char *state, int64_t at, int64_t epoch)
{
	SlAnswer *answer = sl_answer_new();
	SlAnswerSource *source = g_new0(SlAnswerSource, 1);

	answer->state = g_strdup(state);
	answer->at = at;
	answer->epoch = epoch;
	answer->computer = 77;
	answer->interval_s = 600;
	answer->group = g_strdup("office");
	answer->channel = g_strdup("production");
	answer->key = g_strdup("a key");
	source->suite = g_strdup("s");
	source->components = g_strdup("main contrib");
	source->architectures = g_strdup("amd64");
	g_ptr_array_add(answer->sources, source);
	return answer;
}

static SlState *
enrolled(void)
{
	SlState *state = sl_state_new();

	state->url = g_strdup("http://updates.example.org");
	state->server_id = g_strdup("an id");
	memset(state->server.sign, 1, sizeof state->server.sign);
	memset(state->server.box, 2, sizeof state->server.box);
	return state;
}

static SlState *
load(const Scratch *s)
{
	g_autoptr(GError) error = NULL;
	SlState *state = NULL;

	g_assert_true(sl_state_load(s->fd, &state, &error));
	g_assert_no_error(error);
	return state;
}

static void
test_what_is_saved_is_loaded_again(Scratch *s, gconstpointer data)
{
	g_autoptr(SlState) state = enrolled();
	g_autoptr(SlAnswer) answer = answer_of("active", 1000, 3);
	g_autoptr(SlState) none = load(s);
	g_autofree char *path = scratch_path(s, "state.json");
	struct stat status;

	g_assert_null(none);
	sl_state_learn(state, answer);
	state->counter = INT64_MAX - 1;
	state->twice = true;
	g_assert_true(sl_state_save(state, s->fd, NULL));
	g_assert_cmpint(stat(path, &status), ==, 0);
	g_assert_cmpint(status.st_mode & 07777, ==, 0600);
	g_autoptr(SlState) again = load(s);
	g_assert_cmpstr(again->url, ==, state->url);
	g_assert_cmpint(again->counter, ==, INT64_MAX - 1);
	g_assert_cmpint(again->epoch, ==, 3);
	g_assert_true(again->twice);
	g_assert_cmpmem(again->server.box, 32, state->server.box, 32);
	g_assert_cmpuint(again->sources->len, ==, 1);
	g_assert_cmpstr(((SlAnswerSource *)again->sources->pdata[0])->components, ==,
			"main contrib");
}

static void
test_an_answer_lets_nothing_go_back(Scratch *s, gconstpointer data)
{
	g_autoptr(SlState) state = enrolled();
	g_autoptr(SlAnswer) newer = answer_of("active", 1000, 3);
	g_autoptr(SlAnswer) older = answer_of("conflict", 900, 2);

	sl_state_learn(state, newer);
	sl_state_learn(state, older);
	g_assert_cmpint(state->signed_at, ==, 1000);
	g_assert_cmpint(state->epoch, ==, 3);
	g_assert_false(state->pending);
}

static void
test_a_machine_that_is_held_again_keeps_the_channel_it_has(Scratch *s, gconstpointer data)
{
	g_autoptr(SlState) state = enrolled();
	g_autoptr(SlAnswer) active = answer_of("active", 1000, 1);
	g_autoptr(SlAnswer) pending = answer_of("pending", 1001, 1);

	g_ptr_array_set_size(pending->sources, 0);
	sl_state_learn(state, active);
	sl_state_learn(state, pending);
	g_assert_true(state->pending);
	g_assert_cmpuint(state->sources->len, ==, 1);
}

/* Changes of a good file, each of which makes it one that is refused and named. */
static const struct {
	const char *name;
	const char *from, *to; /* from NULL: cut off in the middle */
} damaged[] = {
	{"cut_off", NULL, NULL},
	{"a_counter_that_is_none", "\"counter\":5", "\"counter\":-5"},
	{"a_counter_of_words", "\"counter\":5", "\"counter\":\"5\""},
	{"no_counter", "\"counter\":5,", ""},
	{"a_member_too_many", "\"counter\":5", "\"counter\":5,\"more\":1"},
	{"no_key", "\"box\":\"", "\"box\":\"!"},
	{"a_source_of_nothing", "\"suite\":\"s\"", "\"suite\":1"},
};

static char *
damage(const char *text, size_t i)
{
	const char *place = damaged[i].from ? strstr(text, damaged[i].from) : NULL;

	if (!damaged[i].from)
		return g_strndup(text, strlen(text) / 2);
	g_assert_nonnull(place);
	return g_strdup_printf("%.*s%s%s", (int)(place - text), text, damaged[i].to,
			       place + strlen(damaged[i].from));
}

static void
test_a_damaged_state_is_refused_and_named(Scratch *s, gconstpointer data)
{
	g_autoptr(SlState) state = enrolled();
	g_autoptr(SlAnswer) answer = answer_of("active", 1000, 3);
	g_autofree char *path = scratch_path(s, "state.json");
	g_autofree char *text = NULL;

	sl_state_learn(state, answer);
	state->counter = 5;
	g_assert_true(sl_state_save(state, s->fd, NULL));
	g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
	for (size_t i = 0; i < G_N_ELEMENTS(damaged); i++) {
		g_autofree char *wrong = damage(text, i);
		g_autoptr(GError) error = NULL;
		SlState *loaded = NULL;

		g_test_message("%s", damaged[i].name);
		scratch_write(s, "state.json", wrong, strlen(wrong));
		g_assert_false(sl_state_load(s->fd, &loaded, &error));
		g_assert_null(loaded);
		g_assert_error(error, SL_ERROR, SL_ERROR_INVALID);
		g_assert_nonnull(strstr(error->message, "state.json"));
	}
}

int
main(int argc, char **argv)
{
	static const struct {
		const char *path;
		void (*run)(Scratch *s, gconstpointer data);
	} tests[] = {
		{"/state/what_is_saved_is_loaded_again", test_what_is_saved_is_loaded_again},
		{"/state/an_answer_lets_nothing_go_back", test_an_answer_lets_nothing_go_back},
		{"/state/a_machine_that_is_held_again_keeps_the_channel_it_has",
		 test_a_machine_that_is_held_again_keeps_the_channel_it_has},
		{"/state/a_damaged_state_is_refused_and_named",
		 test_a_damaged_state_is_refused_and_named},
	};

	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(tests); i++)
		g_test_add(tests[i].path, Scratch, NULL, scratch_set_up, tests[i].run,
			   scratch_tear_down);
	return g_test_run();
}
