/* Channels: their suites, their difference, their history; and ratings */
#include <glib.h>
#include <inttypes.h>
#include <string.h>

#include "catalog/channel.h"
#include "catalog/channel_history.h"
#include "tests/unit/publishing.h"

static void
add_upstream(Fixture *f, int id, const char *name, const char *role, const char *components,
	     const char *architectures, const char *suite)
{
	execute(f,
		"INSERT INTO upstream (id, name, kind, role, url, suite, components, architectures,"
		" publish_suite, keyring, fingerprints, added_at) VALUES (%d, '%s', 'debian', '%s',"
		" 'http://x.example.org/', 'x', '%s', '%s', '%s', x'00', '', 0)",
		id, name, role, components, architectures, suite);
}

/* "SUITE [COMPONENTS] [ARCHITECTURES]; ..." */
static void
assert_suites(GPtrArray *suites, const char *expected)
{
	g_autoptr(GString) text = g_string_new(NULL);

	g_assert_nonnull(suites);
	for (guint i = 0; i < suites->len; i++) {
		const SlChannelSuite *one = suites->pdata[i];
		g_autofree char *components = g_strjoinv(" ", one->components);
		g_autofree char *architectures = g_strjoinv(" ", one->architectures);

		g_string_append_printf(text, "%s%s [%s] [%s]", i ? "; " : "", one->suite,
				       components, architectures);
	}
	g_assert_cmpstr(text->str, ==, expected);
	g_ptr_array_unref(suites);
}

static void
test_a_suite_has_what_all_its_upstreams_have(Fixture *f, gconstpointer data)
{
	add_upstream(f, 2, "b", "updates", "contrib main", "arm64 amd64", "s");
	add_upstream(f, 3, "a", "updates", "main", "i386", "r");
	add_upstream(f, 4, "c", "base", "non-free", "riscv64", "s");
	assert_suites(sl_channel_suites(f->db, NULL),
		      "r [main] [i386]; s [contrib main] [amd64 arm64]");
}

static void
test_a_system_gets_the_suites_that_are_for_it(Fixture *f, gconstpointer data)
{
	add_upstream(f, 2, "b", "updates", "main", "amd64", "t");
	add_upstream(f, 3, "c", "base", "main", "amd64", "u");
	execute(f,
		"INSERT INTO upstream_serves VALUES (1, 'debian', 'bookworm'),"
		" (2, 'debian', 'trixie'), (2, 'debian', 'bookworm'), (3, 'debian', 'bookworm')");
	assert_suites(sl_channel_suites_for(f->db, "debian", "bookworm", NULL),
		      "s [main] [amd64]; t [main] [amd64]");
	assert_suites(sl_channel_suites_for(f->db, "debian", "trixie", NULL), "t [main] [amd64]");
	assert_suites(sl_channel_suites_for(f->db, "ubuntu", "bookworm", NULL), "");
	assert_suites(sl_channel_suites_for(f->db, "Debian", "bookworm", NULL), "");
	assert_suites(sl_channel_suites_for(f->db, "", "", NULL), "");
}

static void
test_there_are_two_channels_in_order(Fixture *f, gconstpointer data)
{
	g_autoptr(GPtrArray) list = sl_channel_list(f->db, NULL);
	g_autoptr(SlChannel) production = sl_channel_get(f->db, "production", NULL);
	g_autoptr(GError) error = NULL;

	g_assert_cmpuint(list->len, ==, 2);
	g_assert_cmpstr(((SlChannel *)list->pdata[0])->name, ==, "certification");
	g_assert_cmpstr(((SlChannel *)list->pdata[1])->name, ==, "production");
	g_assert_cmpint(production->position, ==, 2);
	g_assert_cmpint(production->number, ==, 0);
	g_assert_null(production->fingerprint);
	g_assert_null(sl_channel_get(f->db, "Production", &error));
	g_assert_error(error, SL_ERROR, SL_ERROR_INVALID);
	g_assert_nonnull(strstr(error->message, "certification and production"));
}

static void
approve_for(Fixture *f, int channel, int64_t update)
{
	execute(f,
		"INSERT INTO approval (channel_id, update_id, revision_id, state, at, first_at,"
		" person) VALUES (%d, %" PRId64 ", %" PRId64 ", 'approved', 0, 0, 'x')",
		channel, update, update);
}

static void
test_the_difference_is_what_one_has_and_the_other_has_not(Fixture *f, gconstpointer data)
{
	g_autoptr(GString) text = g_string_new(NULL);
	g_autoptr(GPtrArray) list = NULL;
	g_autoptr(GPtrArray) none = NULL;

	for (const char *const *name = (const char *const[]){"a", "b", "c", "d", NULL}; *name;
	     name++) {
		add_update(f, *name, "1");
		add_update(f, *name, "2");
	}
	approve_for(f, 1, 1); /* a=1 in certification only */
	approve_for(f, 1, 4); /* b=2, production has b=1 */
	approve_for(f, 2, 3);
	approve_for(f, 2, 6); /* c=2 in production only */
	approve_for(f, 1, 7); /* d=1 in both */
	approve_for(f, 2, 7);
	list = sl_channel_diff(f->db, 1, 2, NULL);
	for (guint i = 0; i < list->len; i++) {
		const SlChannelDifference *one = list->pdata[i];

		g_string_append_printf(text, "%s/%s: %s %s; ", one->suite, one->name,
				       one->version_a ? one->version_a : "-",
				       one->version_b ? one->version_b : "-");
	}
	g_assert_cmpstr(text->str, ==, "s/a: 1 -; s/b: 2 1; s/c: - 2; ");
	none = sl_channel_diff(f->db, 1, 1, NULL);
	g_assert_cmpuint(none->len, ==, 0);
}

static void
publish_next(Fixture *f)
{
	g_autofree char *serial = NULL;

	move(f, 60);
	serial = publish(f, SL_PUBLISH_CONTENT);
}

static char *
joined(const GPtrArray *texts)
{
	GString *all = g_string_new(NULL);

	for (guint i = 0; i < texts->len; i++)
		g_string_append_printf(all, "%s%s", i ? ", " : "", (const char *)texts->pdata[i]);
	return g_string_free(all, FALSE);
}

static void
assert_change(const SlChannelChange *change, int64_t number, const char *added, const char *removed)
{
	g_autofree char *came = joined(change->added);
	g_autofree char *went = joined(change->removed);

	g_assert_cmpint(change->number, ==, number);
	g_assert_cmpstr(came, ==, added);
	g_assert_cmpstr(went, ==, removed);
	g_assert_cmpstr(change->person, ==, "x");
}

static void
publish_three(Fixture *f)
{
	add_update(f, "a", "1");
	add_update(f, "a", "2");
	add_update(f, "b", "1");
	publish_next(f);
	set_approval(f, 3, "approved");
	set_approval(f, 1, "approved");
	publish_next(f);
	set_approval(f, 2, "approved");
	publish_next(f);
}

static void
test_the_history_says_what_came_and_went(Fixture *f, gconstpointer data)
{
	g_autoptr(GPtrArray) list = NULL;
	g_autoptr(GPtrArray) page = NULL;
	g_autoptr(GPtrArray) other = NULL;
	int64_t total = -1;

	publish_three(f);
	list = sl_channel_history(f->db, 1, 10, 0, &total, NULL);
	g_assert_cmpint(total, ==, 3);
	g_assert_cmpuint(list->len, ==, 3);
	assert_change(list->pdata[0], 3, "a 2", "a 1");
	assert_change(list->pdata[1], 2, "a 1, b 1", "");
	assert_change(list->pdata[2], 1, "", "");
	page = sl_channel_history(f->db, 1, 1, 1, &total, NULL);
	g_assert_cmpint(total, ==, 3);
	g_assert_cmpuint(page->len, ==, 1);
	assert_change(page->pdata[0], 2, "a 1, b 1", "");
	other = sl_channel_history(f->db, 2, 10, 0, &total, NULL);
	g_assert_cmpuint(other->len, ==, 0);
}

static char *
items_of(Fixture *f, int64_t channel, int64_t number)
{
	g_autoptr(GPtrArray) list = sl_channel_items(
		f->db, &(SlChannelItemFilter){.channel_id = channel, .number = number}, NULL, NULL);
	GString *all = g_string_new(NULL);

	for (guint i = 0; i < list->len; i++) {
		const SlChannelItem *one = list->pdata[i];

		g_string_append_printf(all, "%s %s %" PRId64 ";", one->suite, one->update,
				       one->since);
	}
	return g_string_free(all, FALSE);
}

static void
test_each_publication_can_be_read(Fixture *f, gconstpointer data)
{
	static const struct {
		int64_t channel, number;
		const char *items;
	} rows[] = {
		{1, 1, ""},
		{1, 2, "s test/a=1 2;s test/b=1 2;"},
		{1, 3, "s test/a=2 3;s test/b=1 2;"},
		{1, 0, "s test/a=2 3;s test/b=1 2;"}, /* the newest */
		{2, 0, ""},
	};
	g_autoptr(GError) error = NULL;

	publish_three(f);
	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *items = items_of(f, rows[i].channel, rows[i].number);

		g_assert_cmpstr(items, ==, rows[i].items);
	}
	g_assert_null(sl_channel_items(f->db, &(SlChannelItemFilter){.channel_id = 1, .number = 4},
				       NULL, &error));
	g_assert_error(error, SL_ERROR, SL_ERROR_NOT_FOUND);
}

int
main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*test)(Fixture *f, gconstpointer data);
	} tests[] = {
		{"/channel/suites", test_a_suite_has_what_all_its_upstreams_have},
		{"/channel/system", test_a_system_gets_the_suites_that_are_for_it},
		{"/channel/list", test_there_are_two_channels_in_order},
		{"/channel/diff", test_the_difference_is_what_one_has_and_the_other_has_not},
		{"/channel/history", test_the_history_says_what_came_and_went},
		{"/channel/items", test_each_publication_can_be_read},
	};

	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(tests); i++)
		g_test_add(tests[i].name, Fixture, NULL, set_up, tests[i].test, tear_down);
	return g_test_run();
}
