/*
 * What a channel serves is exactly what is approved for it, after any history of decisions.
 *
 * Random histories are played to the program and to a model of the rules, a few lines each. After
 * every decision the approvals have to agree; then the content of each channel, or in fewer
 * histories, for they take long, the packages in the signed publication. A history is given by its
 * number. SLUICE_LONG=1 plays many more.
 */
#include <glib.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "catalog/approval.h"
#include "catalog/base/fs.h"
#include "catalog/publication_table.h"
#include "catalog/version.h"
#include "tests/unit/publishing.h"

#define CHANNELS 2
#define UPDATES	 16

typedef enum {
	NONE,
	APPROVED,
	RECALLED,
	RETURNED
} State;

static const char *const state_names[] = {"none", "approved", "recalled", "returned"};
static const char *const channels[CHANNELS] = {"certification", "production"};

/* The catalog: two upstreams with suites of their own, that share names. */
static const struct {
	const char *upstream;
	const char *suite;
	const char *name;
	const char *version;
} updates[UPDATES] = {
	{"test", "s", "a", "1.9"},    {"test", "s", "a", "1.10~rc1"}, {"test", "s", "a", "1.10"},
	{"test", "s", "a", "1:0.1"},  {"test", "s", "b", "2"},	      {"test", "s", "b", "2+b1"},
	{"test", "s", "b", "2-1"},    {"test", "s", "c", "3"},	      {"other", "t", "b", "1"},
	{"other", "t", "b", "2.0"},   {"other", "t", "b", "10"},      {"other", "t", "c", "0.1"},
	{"other", "t", "c", "0.1.1"}, {"other", "t", "d", "5"},	      {"other", "t", "d", "5~"},
	{"other", "t", "d", "6"},
};

/* Which update of each name is published, as flags by update. */
typedef struct {
	bool has[UPDATES];
} Content;

/* The rules, as the design has them. */
typedef struct {
	State state[CHANNELS][UPDATES];
	bool withdrawn[UPDATES];
	bool stored[UPDATES];
} Model;

typedef struct {
	Fixture base;
	GRand *random;
	int focus; /* update whose name most of a history is about */
	Model model;
	GHashTable *published[CHANNELS]; /* number -> Content of this history */
	int numbers[CHANNELS];		 /* of the newest publication */
	GHashTable *bytes;		 /* "CHANNEL SUITE CONTENT" -> what Packages was then */
} World;

static bool
same_name(int a, int b)
{
	return strcmp(updates[a].upstream, updates[b].upstream) == 0 &&
	       strcmp(updates[a].name, updates[b].name) == 0;
}

static bool
is_newer(int a, int b)
{
	return b < 0 || sl_version_compare(updates[a].version, updates[b].version) > 0;
}

/* The newest update called as one is, of those that are approved in a channel; -1: none. */
static int
newest_approved(const Model *model, int channel, int like, bool only_stored)
{
	int newest = -1;

	for (int i = 0; i < UPDATES; i++)
		if (same_name(i, like) && model->state[channel][i] == APPROVED &&
		    (!only_stored || model->stored[i]) && is_newer(i, newest))
			newest = i;
	return newest;
}

/* The newest known one, of those its upstream still has if there are any. */
static int
newest_known(const Model *model, int like)
{
	int newest = -1;

	for (int i = 0; i < UPDATES; i++) {
		bool better = newest >= 0 && model->withdrawn[newest] != model->withdrawn[i]
				      ? model->withdrawn[newest]
				      : is_newer(i, newest);

		if (same_name(i, like) && better)
			newest = i;
	}
	return newest;
}

static Content
content_of(const Model *model, int channel)
{
	Content content = {0};

	for (int i = 0; i < UPDATES; i++)
		content.has[i] = newest_approved(model, channel, i, true) == i;
	return content;
}

static bool
model_approve(Model *model, int channel, int update, bool exact, bool emergency)
{
	int meant = exact			 ? update
		    : channel == 1 && !emergency ? newest_approved(model, 0, update, false)
						 : newest_known(model, update);

	if (meant < 0 || (channel == 1 && !emergency && model->state[0][meant] != APPROVED))
		return false;
	model->state[channel][meant] = APPROVED;
	return true;
}

/* channel -1: every channel. */
static bool
model_recall(Model *model, int channel, int update, bool exact)
{
	bool found = false;

	for (int i = 0; i < CHANNELS; i++) {
		int meant = exact ? update : newest_approved(model, i, update, false);

		if ((channel >= 0 && channel != i) || meant < 0 ||
		    model->state[i][meant] != APPROVED)
			continue;
		model->state[i][meant] = RECALLED;
		found = true;
	}
	return found;
}

/* Out goes what is newer than the target's version; what was recalled stays recalled. */
static void
model_return(Model *model, int channel, const Content *target)
{
	for (int i = 0; i < UPDATES; i++) {
		int kept = -1;

		for (int j = 0; j < UPDATES; j++)
			if (same_name(i, j) && target->has[j])
				kept = j;
		if (model->state[channel][i] == APPROVED && (kept < 0 || is_newer(i, kept)))
			model->state[channel][i] = RETURNED;
	}
	for (int i = 0; i < UPDATES; i++)
		if (target->has[i] && model->state[channel][i] != RECALLED)
			model->state[channel][i] = APPROVED;
}

static void
fill_catalog(World *w)
{
	Fixture *f = &w->base;

	execute(f,
		"INSERT INTO upstream (id, name, kind, role, url, suite, components, architectures,"
		" publish_suite, keyring, fingerprints, added_at) VALUES (2, 'other', 'debian',"
		" 'updates', 'http://other.example.org/', 't', 'main', 'amd64', 't', x'00', '', "
		"0)");
	for (int i = 0; i < UPDATES; i++) {
		int64_t id = add_update(f, updates[i].name, updates[i].version);

		g_assert_cmpint(id, ==, i + 1);
		if (strcmp(updates[i].upstream, "other") != 0)
			continue;
		execute(f, "UPDATE updates SET upstream_id = 2 WHERE id = %" PRId64, id);
		execute(f, "UPDATE package SET upstream_id = 2 WHERE id = %" PRId64, id);
	}
}

/* A history begins with nothing decided; numbers of publications go on. */
static void
begin(World *w, guint32 history)
{
	execute(&w->base, "DELETE FROM approval; UPDATE payload SET stored_at = 1;"
			  "UPDATE updates SET withdrawn_at = NULL, declined_at = NULL,"
			  " declined_by = NULL, decline_reason = NULL");
	w->model = (Model){0};
	for (int i = 0; i < UPDATES; i++)
		w->model.stored[i] = true;
	for (int i = 0; i < CHANNELS; i++)
		g_hash_table_remove_all(w->published[i]);
	g_rand_set_seed(w->random, history);
	w->focus = g_rand_int_range(w->random, 0, UPDATES);
}

static int
choose(World *w, int below)
{
	return g_rand_int_range(w->random, 0, below);
}

static int
choose_update(World *w)
{
	int update;

	do {
		update = choose(w, UPDATES);
	} while (!same_name(update, w->focus) && choose(w, 4) > 0);
	return update;
}

static bool
ask(World *w, SlApprovalKind kind, const char *channel, int update, bool exact, bool emergency)
{
	g_autofree char *name =
		g_strdup_printf("%s/%s%s%s", updates[update].upstream, updates[update].name,
				exact ? "=" : "", exact ? updates[update].version : "");
	const char *const names[] = {name, NULL};
	SlApprovalRequest request = {.kind = kind,
				     .channel = channel,
				     .names = names,
				     .person = "ann",
				     .reason = emergency ? "fire" : "",
				     .emergency = emergency};
	g_autoptr(SlTransaction) transaction = sl_transaction_begin(w->base.db, NULL);
	g_autoptr(SlApprovalPlan) plan = sl_approval_plan(w->base.db, &request, NULL);

	return plan &&
	       sl_approval_apply(w->base.db, &request, plan, sl_clock_now(w->base.clock), NULL) &&
	       sl_transaction_commit(g_steal_pointer(&transaction), NULL);
}

static void
approve(World *w)
{
	int channel = choose(w, CHANNELS), update = choose_update(w);
	bool exact = choose(w, 2), emergency = channel == 1 && choose(w, 4) == 0;
	bool done = ask(w, SL_APPROVAL_APPROVE, channels[channel], update, exact, emergency);

	g_assert_true(done == model_approve(&w->model, channel, update, exact, emergency));
}

static void
recall(World *w)
{
	int channel = choose(w, CHANNELS + 1) - 1, update = choose_update(w);
	bool exact = choose(w, 2);
	bool done = ask(w, SL_APPROVAL_RECALL, channel < 0 ? NULL : channels[channel], update,
			exact, false);

	g_assert_true(done == model_recall(&w->model, channel, update, exact));
}

/* Declining says what nobody wants; of what is approved it is refused. It changes no channel. */
static void
decline(World *w)
{
	int update = choose_update(w);
	bool approved =
		w->model.state[0][update] == APPROVED || w->model.state[1][update] == APPROVED;

	g_assert_true(ask(w, SL_APPROVAL_DECLINE, NULL, update, true, false) == !approved);
}

static void
return_to(World *w)
{
	int channel = choose(w, CHANNELS);
	g_autofree gpointer *numbers = g_hash_table_get_keys_as_array(w->published[channel], NULL);
	int count = (int)g_hash_table_size(w->published[channel]);
	g_autoptr(SlTransaction) transaction = NULL;
	g_autoptr(GError) error = NULL;
	int64_t skipped = 0, number = 0;

	if (count == 0)
		return;
	/* the newest ones, whatever order the table has them in */
	for (int i = 0; i < count; i++)
		number = MAX(number, GPOINTER_TO_INT(numbers[i]));
	number -= choose(w, count);
	transaction = sl_transaction_begin(w->base.db, NULL);
	sl_approval_return(w->base.db, channel + 1, number, "ann", "why",
			   sl_clock_now(w->base.clock), &skipped, &error);
	g_assert_no_error(error);
	g_assert_true(sl_transaction_commit(g_steal_pointer(&transaction), NULL));
	model_return(&w->model, channel,
		     g_hash_table_lookup(w->published[channel], GINT_TO_POINTER((int)number)));
}

static void
flip_withdrawn(World *w)
{
	int update = choose_update(w);
	bool gone = !w->model.withdrawn[update];

	w->model.withdrawn[update] = gone;
	execute(&w->base, "UPDATE updates SET withdrawn_at = %s WHERE id = %d", gone ? "1" : "NULL",
		update + 1);
}

/* A payload that is not fetched yet, or lost: the version before it is served meanwhile. */
static void
flip_stored(World *w)
{
	int update = choose_update(w);
	bool stored = !w->model.stored[update];

	w->model.stored[update] = stored;
	execute(&w->base,
		"UPDATE payload SET stored_at = %s WHERE sha256 ="
		" (SELECT payload_sha256 FROM package WHERE id = %d)",
		stored ? "1" : "NULL", update + 1);
}

static void
assert_approvals_agree(World *w)
{
	for (int channel = 0; channel < CHANNELS; channel++)
		for (int i = 0; i < UPDATES; i++) {
			g_autofree char *state =
				sl_approval_state(w->base.db, channel + 1, i + 1, NULL, NULL);

			g_assert_cmpstr(state ? state : "none", ==,
					state_names[w->model.state[channel][i]]);
		}
}

static char *
read_packages(World *w, int channel, const char *suite)
{
	sl_autofd int fd = sl_publication_open_channel(w->base.state_fd, channels[channel], NULL);
	g_autoptr(SlPathIndex) index = sl_publication_open_current(fd, NULL);
	g_autofree char *path = g_strdup_printf("/apt/%s/dists/%s/main/binary-amd64/Packages",
						channels[channel], suite);
	sl_autofd int file = -1;
	char *text = NULL;
	SlPathEntry entry;

	g_assert_true(sl_path_index_find(index, path, &entry));
	file = sl_publication_open_file(fd, entry.sha256, NULL);
	g_assert_cmpint(file, >=, 0);
	text = g_malloc0((gsize)entry.size + 1);
	g_assert_cmpint(pread(file, text, (size_t)entry.size, 0), ==, entry.size);
	return text;
}

/* Each package of the content is in it, and no other is. */
static void
assert_serves(World *w, int channel, const char *suite, const Content *content)
{
	g_autofree char *text = read_packages(w, channel, suite);
	g_autoptr(GString) key = g_string_new(NULL);
	const char *before;
	int expected = 0, found = 0;

	g_string_printf(key, "%d %s", channel, suite);
	for (int i = 0; i < UPDATES; i++) {
		g_autofree char *lines = g_strdup_printf("Package: %s\nVersion: %s\n",
							 updates[i].name, updates[i].version);

		if (strcmp(updates[i].suite, suite) != 0 || !content->has[i])
			continue;
		g_assert_nonnull(strstr(text, lines));
		g_string_append_printf(key, " %d", i);
		expected++;
	}
	for (const char *at = text; (at = strstr(at, "Package: ")); at++)
		found++;
	g_assert_cmpint(found, ==, expected);
	/* the same content has the same bytes, whatever was between */
	before = g_hash_table_lookup(w->bytes, key->str);
	if (before)
		g_assert_cmpstr(text, ==, before);
	else
		g_hash_table_insert(w->bytes, g_strdup(key->str), g_steal_pointer(&text));
}

/* Nothing is in production that nobody approved for production. */
static void
assert_a_person_approved_it(World *w, const Content *content)
{
	static const char sql[] = "SELECT 1 FROM audit WHERE action = 'approve' AND person = 'ann'"
				  " AND object = ?1 AND detail ->> 'channel' = 'production'";

	for (int i = 0; i < UPDATES; i++) {
		g_autoptr(SlQuery) query = sl_query_new(w->base.db, sql);
		g_autofree char *text = g_strdup_printf("%s/%s=%s", updates[i].upstream,
							updates[i].name, updates[i].version);

		if (!content->has[i])
			continue;
		sl_query_bind_text(query, 1, text);
		g_assert_cmpint(sl_query_step(query, NULL), ==, SL_ROW);
	}
}

static void
note_published(World *w, int channel, int number, const Content *content)
{
	g_hash_table_insert(w->published[channel], GINT_TO_POINTER(number),
			    g_memdup2(content, sizeof *content));
	w->numbers[channel] = number;
}

static void
publish_channel(World *w, int channel)
{
	Content content = content_of(&w->model, channel);
	g_auto(SlPublished) first = {0};
	g_auto(SlPublished) again = {0};
	g_autoptr(GError) error = NULL;

	move(&w->base, 5);
	sl_publication_make(w->base.publisher, channels[channel], SL_PUBLISH_CONTENT, "ann", "test",
			    NULL, &first, &error);
	g_assert_no_error(error);
	move(&w->base, 5);
	sl_publication_make(w->base.publisher, channels[channel], SL_PUBLISH_CONTENT, "ann", "test",
			    NULL, &again, &error);
	g_assert_no_error(error);
	g_assert_false(again.changed);
	g_assert_cmpstr(again.serial, ==, first.serial);
	assert_serves(w, channel, "s", &content);
	assert_serves(w, channel, "t", &content);
	if (channel == 1)
		assert_a_person_approved_it(w, &content);
	if (first.changed)
		note_published(w, channel, (int)first.number, &content);
}

/* What a publication would hold, and the row that notes it: all but the files. */
static void
note_content(World *w, int channel)
{
	Content content = content_of(&w->model, channel);
	g_autoptr(GPtrArray) list = sl_approval_content(w->base.db, channel + 1, true, NULL);
	g_autofree char *digest = g_strdup_printf("%d", w->numbers[channel] + 1);
	g_autoptr(SlTransaction) transaction = sl_transaction_begin(w->base.db, NULL);
	guint expected = 0;

	for (int i = 0; i < UPDATES; i++)
		expected += content.has[i];
	g_assert_cmpuint(list->len, ==, expected);
	for (guint i = 0; i < list->len; i++)
		g_assert_true(content.has[((SlContent *)list->pdata[i])->update_id - 1]);
	g_assert_true(sl_publication_add(w->base.db, channel + 1, w->numbers[channel] + 1, digest,
					 "ann", "test", list, 0, NULL));
	g_assert_true(sl_transaction_commit(g_steal_pointer(&transaction), NULL));
	note_published(w, channel, w->numbers[channel] + 1, &content);
}

static void
play(World *w, guint32 history, void (*publish_one)(World *w, int channel))
{
	static void (*const steps[])(World *) = {
		approve, approve, approve,   approve,	     recall,
		recall,	 decline, return_to, flip_withdrawn, flip_stored,
	};

	g_test_message("history %u", history);
	begin(w, history);
	for (int round = 0; round < 3; round++) {
		for (int i = choose(w, 10); i >= 0; i--) {
			steps[choose(w, G_N_ELEMENTS(steps))](w);
			assert_approvals_agree(w);
		}
		for (int channel = 0; channel < CHANNELS; channel++)
			publish_one(w, channel);
	}
}

static void
set_up_world(World *w, gconstpointer data)
{
	set_up(&w->base, data);
	fill_catalog(w);
	w->random = g_rand_new_with_seed(0);
	w->bytes = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	for (int i = 0; i < CHANNELS; i++)
		w->published[i] = g_hash_table_new_full(NULL, NULL, NULL, g_free);
}

static void
tear_down_world(World *w, gconstpointer data)
{
	for (int i = 0; i < CHANNELS; i++)
		g_hash_table_unref(w->published[i]);
	g_hash_table_unref(w->bytes);
	g_rand_free(w->random);
	tear_down(&w->base, data);
}

static guint32
histories(guint32 bounded, guint32 all)
{
	return g_strcmp0(g_getenv("SLUICE_LONG"), "1") == 0 ? all : bounded;
}

static void
test_the_content_is_what_is_approved(World *w, gconstpointer data)
{
	for (guint32 i = 1; i <= histories(300, 20000); i++)
		play(w, i, note_content);
}

static void
test_what_is_served_is_what_is_approved(World *w, gconstpointer data)
{
	for (guint32 i = 1; i <= histories(15, 1000); i++)
		play(w, i, publish_channel);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add("/promise/content", World, NULL, set_up_world,
		   test_the_content_is_what_is_approved, tear_down_world);
	g_test_add("/promise/served", World, NULL, set_up_world,
		   test_what_is_served_is_what_is_approved, tear_down_world);
	return g_test_run();
}
