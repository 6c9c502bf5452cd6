/*
 * What a channel serves is exactly what is approved for it, after any history of decisions.
 *
 * Random histories are played to the program and to a model of the rules, a few lines each. After
 * every decision the approvals have to agree; then the content of each channel, or in fewer
 * histories, for they take long, the packages in the signed publication, each file of which has to
 * be there, also when months have passed and what nothing needs was removed. A history is given by
 * its number. SLUICE_LONG=1 plays many more.
 */
#include <glib.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "catalog/approval.h"
#include "catalog/approval_return.h"
#include "catalog/base/fs.h"
#include "catalog/base/hash.h"
#include "catalog/publication_table.h"
#include "tests/unit/approval_model.h"
#include "tests/unit/publishing.h"

typedef struct {
	Fixture base;
	GRand *random;
	int focus; /* update whose name most of a history is about */
	Model model;
	GHashTable *published[CHANNELS]; /* number -> Content of this history */
	int numbers[CHANNELS];		 /* of the newest publication */
	GHashTable *bytes;		 /* "CHANNEL SUITE CONTENT" -> what Packages was then */
} World;

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
		int64_t id = add_update(f, model_updates[i].name, model_updates[i].version);

		g_assert_cmpint(id, ==, i + 1);
		if (strcmp(model_updates[i].upstream, "other") != 0)
			continue;
		execute(f, "UPDATE updates SET upstream_id = 2 WHERE id = %" PRId64, id);
		execute(f, "UPDATE package SET upstream_id = 2 WHERE id = %" PRId64, id);
	}
}

static void
put_payload(World *w, int update)
{
	g_autofree char *text = g_strdup_printf("payload of %s %s", model_updates[update].name,
						model_updates[update].version);
	g_autofree char *sha256 = sha256_of(text);

	if (!sl_payload_store_has(w->base.store, sha256, (int64_t)strlen(text)))
		g_free(store_payload(&w->base, text));
}

/* A history begins with nothing decided; numbers of publications go on. */
static void
begin(World *w, guint32 history)
{
	execute(&w->base, "DELETE FROM approval; UPDATE payload SET stored_at = 1;"
			  "UPDATE updates SET withdrawn_at = NULL, declined_at = NULL,"
			  " declined_by = NULL, decline_reason = NULL");
	w->model = (Model){0};
	for (int i = 0; i < UPDATES; i++) {
		put_payload(w, i);
		w->model.stored[i] = true;
	}
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
	} while (!model_same_name(update, w->focus) && choose(w, 4) > 0);
	return update;
}

static bool
ask(World *w, SlApprovalKind kind, const char *channel, int update, bool exact, bool emergency)
{
	g_autofree char *name = g_strdup_printf("%s/%s%s%s", model_updates[update].upstream,
						model_updates[update].name, exact ? "=" : "",
						exact ? model_updates[update].version : "");
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
	bool done = ask(w, SL_APPROVAL_APPROVE, model_channels[channel], update, exact, emergency);

	g_assert_true(done == model_approve(&w->model, channel, update, exact, emergency));
}

static void
recall(World *w)
{
	int channel = choose(w, CHANNELS + 1) - 1, update = choose_update(w);
	bool exact = choose(w, 2);
	bool done = ask(w, SL_APPROVAL_RECALL, channel < 0 ? NULL : model_channels[channel], update,
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
	SlReturnRequest request = {.channel_id = channel + 1, .person = "ann", .reason = "why"};
	g_autoptr(SlTransaction) transaction = NULL;
	g_autoptr(SlReturn) done = NULL;
	g_autoptr(GError) error = NULL;
	int64_t number = 0;

	if (count == 0)
		return;
	/* the newest ones, whatever order the table has them in */
	for (int i = 0; i < count; i++)
		number = MAX(number, GPOINTER_TO_INT(numbers[i]));
	number -= choose(w, count);
	transaction = sl_transaction_begin(w->base.db, NULL);
	request.number = number;
	request.now_at = sl_clock_now(w->base.clock);
	done = sl_approval_return(w->base.db, &request, &error);
	if (!model_return(
		    &w->model, channel,
		    g_hash_table_lookup(w->published[channel], GINT_TO_POINTER((int)number)))) {
		g_assert_error(error, SL_ERROR, SL_ERROR_DENIED);
		return;
	}
	g_assert_no_error(error);
	g_assert_true(sl_transaction_commit(g_steal_pointer(&transaction), NULL));
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

	if (stored)
		put_payload(w, update);
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
					model_states[w->model.state[channel][i]]);
		}
}

static char *
read_packages(World *w, int channel, const char *suite)
{
	sl_autofd int fd =
		sl_publication_open_channel(w->base.state_fd, model_channels[channel], NULL);
	g_autoptr(SlPathIndex) index = sl_publication_open_current(fd, NULL);
	g_autofree char *path = g_strdup_printf("/apt/%s/dists/%s/main/binary-amd64/Packages",
						model_channels[channel], suite);
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

static bool
is_there(const char *path, const SlPathEntry *entry, gpointer data)
{
	World *w = data;
	g_autofree char *channel = g_strdup(
		g_str_has_prefix(path, "/apt/production/") ? model_channels[1] : model_channels[0]);
	sl_autofd int fd = sl_publication_open_channel(w->base.state_fd, channel, NULL);
	sl_autofd int file = -1;
	g_autofree char *sha256 = NULL;
	int64_t size = -1;

	if (!g_str_has_prefix(path, "/apt/"))
		return true;
	file = entry->in_pool ? sl_payload_store_read(w->base.store, entry->sha256, NULL)
			      : sl_publication_open_file(fd, entry->sha256, NULL);
	g_assert_cmpint(file, >=, 0);
	g_assert_true(sl_hash_file(file, &sha256, &size, NULL));
	g_assert_cmpstr(sha256, ==, entry->sha256);
	g_assert_cmpint(size, ==, entry->size);
	return true;
}

/* Whatever it names is there, and is what it says. */
static void
assert_complete(World *w, int channel)
{
	sl_autofd int fd =
		sl_publication_open_channel(w->base.state_fd, model_channels[channel], NULL);
	g_autoptr(SlPathIndex) index = sl_publication_open_current(fd, NULL);

	g_assert_true(sl_path_index_each(index, "/", is_there, w));
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
		g_autofree char *lines =
			g_strdup_printf("Package: %s\nVersion: %s\n", model_updates[i].name,
					model_updates[i].version);

		if (strcmp(model_updates[i].suite, suite) != 0 || !content->has[i])
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
		g_autofree char *text =
			g_strdup_printf("%s/%s=%s", model_updates[i].upstream,
					model_updates[i].name, model_updates[i].version);

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
	Content content = model_content(&w->model, channel);
	g_auto(SlPublished) first = {0};
	g_auto(SlPublished) again = {0};
	g_autoptr(GError) error = NULL;

	move(&w->base, 5);
	sl_publication_make(w->base.publisher, model_channels[channel], SL_PUBLISH_CONTENT, "ann",
			    "test", NULL, &first, &error);
	g_assert_no_error(error);
	move(&w->base, 5);
	sl_publication_make(w->base.publisher, model_channels[channel], SL_PUBLISH_CONTENT, "ann",
			    "test", NULL, &again, &error);
	g_assert_no_error(error);
	g_assert_false(again.changed);
	g_assert_cmpstr(again.serial, ==, first.serial);
	assert_serves(w, channel, "s", &content);
	assert_serves(w, channel, "t", &content);
	assert_complete(w, channel);
	if (channel == 1)
		assert_a_person_approved_it(w, &content);
	if (first.changed)
		note_published(w, channel, (int)first.number, &content);
}

/* What a publication would hold, and the row that notes it: all but the files. */
static void
note_content(World *w, int channel)
{
	Content content = model_content(&w->model, channel);
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

/* Later, what nothing needs is removed: of the model, payloads of what nobody approved. */
static void
prune(World *w)
{
	int64_t payloads = 0;
	g_autoptr(GError) error = NULL;

	move(&w->base, 100 * DAY);
	sl_publication_prune(w->base.publisher, NULL, &payloads, &error);
	g_assert_no_error(error);
	for (int i = 0; i < UPDATES; i++) {
		g_autoptr(SlQuery) query = sl_query_new(
			w->base.db, "SELECT l.stored_at IS NOT NULL FROM payload l JOIN"
				    " package p ON p.payload_sha256 = l.sha256"
				    " WHERE p.id = ?1");
		bool approved =
			w->model.state[0][i] == APPROVED || w->model.state[1][i] == APPROVED;

		sl_query_bind_int(query, 1, i + 1);
		g_assert_cmpint(sl_query_step(query, NULL), ==, SL_ROW);
		if (approved)
			g_assert_cmpint(sl_query_int(query, 0), ==, w->model.stored[i]);
		w->model.stored[i] = sl_query_int(query, 0) != 0;
	}
	for (int channel = 0; channel < CHANNELS; channel++)
		assert_complete(w, channel);
}

static void
play(World *w, guint32 history, void (*publish_one)(World *w, int channel), bool with_files)
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
		if (with_files && choose(w, 3) == 0)
			prune(w);
	}
}

static void
set_up_world(World *w, gconstpointer data)
{
	set_up(&w->base, data);
	/* of the test's own connection: thousands of decisions need not survive a power cut */
	execute(&w->base, "PRAGMA synchronous = OFF");
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
	for (guint32 i = 1; i <= histories(300, 10000); i++)
		play(w, i, note_content, false);
}

static void
test_what_is_served_is_what_is_approved(World *w, gconstpointer data)
{
	for (guint32 i = 1; i <= histories(6, 300); i++)
		play(w, i, publish_channel, true);
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
