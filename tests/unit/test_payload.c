/* Which files are fetched, which may be published, and which may go */
#include <glib.h>
#include <inttypes.h>
#include <string.h>

#include "catalog/payload.h"
#include "tests/unit/publishing.h"

#define SHA	 "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define INDEX	 "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define KEY	 "0123456789ABCDEF0123456789ABCDEF01234567"
#define LONG_AGO (START - 100 * DAY)

/* As a sync of an upstream does that found it in the index. */
static bool
add(Fixture *f, int64_t size, const char *upstream, GError **error)
{
	execute(f,
		"ATTACH ':memory:' AS stage;"
		"CREATE TABLE stage.new_payload AS SELECT '" SHA "' AS sha256, %" PRId64
		" AS size, '" INDEX "' AS index_sha256",
		size);
	bool ok = sl_payload_add_staged(f->db, upstream, KEY, error);
	execute(f, "DETACH stage");
	return ok;
}

static void
test_one_hash_has_one_size_and_its_first_provenance(Fixture *f, gconstpointer data)
{
	g_autoptr(GError) error = NULL;

	g_assert_true(add(f, 10, "test", NULL));
	g_assert_true(add(f, 10, "other", NULL));
	g_assert_cmpint(number_of(f, "SELECT count(*) FROM payload WHERE upstream = 'test'"), ==,
			1);
	g_assert_false(add(f, 11, "other", &error));
	g_assert_error(error, SL_ERROR, SL_ERROR_INTEGRITY);
	g_assert_nonnull(strstr(error->message, SHA));
	g_assert_nonnull(strstr(error->message, "upstream test"));
	g_assert_cmpint(number_of(f, "SELECT size FROM payload"), ==, 10);
}

static void
test_only_what_is_stored_and_of_a_signed_index_may_be_published(Fixture *f, gconstpointer data)
{
	static const struct {
		const char *change;
		bool ok;
	} rows[] = {
		{"stored_at = 77", true},
		{"stored_at = NULL", false},
		{"upstream = ''", false},
		{"index_sha256 = ''", false},
		{"index_sha256 = substr(index_sha256, 2)", false},
		{"fingerprint = ''", false},
		{"fingerprint = 'ABCD'", false},
	};
	g_autoptr(GError) unknown = NULL;
	int64_t stored_at = -1;

	add(f, 10, "test", NULL);
	g_assert_true(sl_payload_mark_stored(f->db, SHA, 77, NULL));
	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(SlTransaction) undone = sl_transaction_begin(f->db, NULL);
		g_autoptr(GError) error = NULL;

		g_test_message("%s", rows[i].change);
		execute(f, "UPDATE payload SET %s", rows[i].change);
		stored_at = -1;
		g_assert_true(sl_payload_check_provenance(f->db, SHA, &stored_at, &error) ==
			      rows[i].ok);
		g_assert_cmpint(stored_at, ==, rows[i].ok ? 77 : -1);
		if (!rows[i].ok)
			g_assert_error(error, SL_ERROR, SL_ERROR_INTEGRITY);
	}
	g_assert_false(sl_payload_check_provenance(f->db, INDEX, &stored_at, &unknown));
	g_assert_error(unknown, SL_ERROR, SL_ERROR_INTEGRITY);
	g_assert_true(sl_payload_mark_stored(f->db, SHA, 0, NULL));
	g_assert_false(sl_payload_check_provenance(f->db, SHA, &stored_at, NULL));
}

/* "UPDATE SIZE; ..." of what has to be fetched. */
static void
assert_missing(Fixture *f, int64_t channel, GHashTable *revisions, const char *expected)
{
	g_autoptr(GPtrArray) list = sl_payload_missing(f->db, channel, revisions, NULL);
	g_autoptr(GString) text = g_string_new(NULL);

	for (guint i = 0; i < list->len; i++) {
		const SlPayload *one = list->pdata[i];

		g_string_append_printf(text, "%s %" PRId64 "; ", one->update, one->size);
		g_assert_cmpint(one->upstream_id, ==, 1);
		g_assert_cmpstr(one->filename, ==, "pool/x.deb");
	}
	g_assert_cmpstr(text->str, ==, expected);
}

static void
set_payload(Fixture *f, int64_t update, const char *change)
{
	execute(f,
		"UPDATE payload SET %s WHERE sha256 = (SELECT payload_sha256 FROM package"
		" WHERE id = %" PRId64 ")",
		change, update);
}

static void
test_what_is_approved_and_not_stored_is_missing_once(Fixture *f, gconstpointer data)
{
	g_autoptr(GHashTable) revisions = g_hash_table_new(g_int64_hash, g_int64_equal);
	int64_t wanted = 2;

	for (const char *const *name = (const char *const[]){"a", "b", "c", "d", NULL}; *name;
	     name++)
		add_update(f, *name, "1");
	execute(f, "UPDATE payload SET stored_at = NULL, size = 100");
	set_payload(f, 1, "size = 300");
	set_payload(f, 2, "size = 200");
	set_payload(f, 4, "stored_at = 1");
	assert_missing(f, 1, NULL, "");
	for (int64_t i = 1; i <= 4; i++)
		set_approval(f, i, i == 3 ? "recalled" : "approved");
	assert_missing(f, 1, NULL, "test/b=1 200; test/a=1 300; ");
	assert_missing(f, 2, NULL, "");
	/* another package of the same bytes */
	execute(f, "UPDATE package SET payload_sha256 = (SELECT payload_sha256 FROM package"
		   " WHERE id = 1) WHERE id = 4");
	assert_missing(f, 1, NULL, "test/b=1 200; test/a=1 300; ");
	g_hash_table_add(revisions, &wanted);
	assert_missing(f, 1, revisions, "test/b=1 200; ");
}

static const struct {
	const char *state; /* of the approval of a's revision; NULL: none */
	const char *sql;   /* what else there is */
	bool needed;
} needs[] = {
	{NULL, "", false},
	{"approved", "", true},
	{"recalled", "", false},
	{"returned", "", false},
	/* approved before the one that is approved now, and still served */
	{NULL,
	 "INSERT INTO approval (channel_id, update_id, revision_id, state, at, first_at, person,"
	 " previous_revision_id) VALUES (2, 2, 2, 'approved', 0, 0, 'x', 1)",
	 true},
	{NULL,
	 "INSERT INTO approval (channel_id, update_id, revision_id, state, at, first_at, person,"
	 " previous_revision_id) VALUES (2, 2, 2, 'recalled', 0, 0, 'x', 1)",
	 false},
	/* in a publication: the current one, one that ended since, one that ended before */
	{"recalled", "INSERT INTO publication_item VALUES (1, 1, 1, NULL)", true},
	{"recalled",
	 "INSERT INTO publication VALUES (1, 2, 1800000000, 'x', 'x', 'x');"
	 "INSERT INTO publication_item VALUES (1, 1, 1, 2)",
	 true},
	{"recalled",
	 "INSERT INTO publication VALUES (1, 2, 1, 'x', 'x', 'x');"
	 "INSERT INTO publication_item VALUES (1, 1, 1, 2)",
	 false},
	/* another update has a package of the same bytes */
	{NULL,
	 "INSERT INTO revision_package VALUES (2, 1); INSERT INTO approval (channel_id, update_id,"
	 " revision_id, state, at, first_at, person) VALUES (2, 2, 2, 'approved', 0, 0, 'x')",
	 true},
	/* stored a moment ago: who approves it may be about to say so */
	{NULL, "UPDATE payload SET stored_at = 1800000000", true},
	{NULL, "UPDATE payload SET stored_at = NULL", true},
};

static void
test_a_payload_goes_when_nothing_needs_it(Fixture *f, gconstpointer data)
{
	add_update(f, "a", "1");
	add_update(f, "b", "1");
	execute(f, "UPDATE payload SET stored_at = 1");
	set_payload(f, 2, "stored_at = NULL");
	for (size_t i = 0; i < G_N_ELEMENTS(needs); i++) {
		g_autoptr(SlTransaction) undone = sl_transaction_begin(f->db, NULL);
		g_autofree char *sha256 = sha256_of("payload of a 1");
		g_autoptr(GPtrArray) list = NULL;
		bool forgotten = false;

		g_test_message("%s %s", needs[i].state ? needs[i].state : "-", needs[i].sql);
		if (needs[i].state)
			set_approval(f, 1, needs[i].state);
		execute(f, "%s", needs[i].sql);
		list = sl_payload_unneeded(f->db, LONG_AGO, NULL);
		g_assert_cmpuint(list->len, ==, needs[i].needed ? 0 : 1);
		if (list->len > 0)
			g_assert_cmpstr(list->pdata[0], ==, sha256);
		g_assert_true(
			sl_payload_forget_unneeded(f->db, sha256, LONG_AGO, &forgotten, NULL));
		g_assert_true(forgotten == !needs[i].needed);
	}
}

/* Between the listing and its turn somebody approved it. */
static void
test_what_came_to_be_needed_meanwhile_stays(Fixture *f, gconstpointer data)
{
	g_autoptr(GPtrArray) list = NULL;
	g_autoptr(GPtrArray) stored = NULL;
	bool forgotten = true;

	add_update(f, "a", "1");
	execute(f, "UPDATE payload SET stored_at = 1");
	list = sl_payload_unneeded(f->db, LONG_AGO, NULL);
	g_assert_cmpuint(list->len, ==, 1);
	set_approval(f, 1, "approved");
	g_assert_true(
		sl_payload_forget_unneeded(f->db, list->pdata[0], LONG_AGO, &forgotten, NULL));
	g_assert_false(forgotten);
	stored = sl_payload_stored(f->db, NULL);
	g_assert_cmpuint(stored->len, ==, 1);
}

int
main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*test)(Fixture *f, gconstpointer data);
	} tests[] = {
		{"/payload/size", test_one_hash_has_one_size_and_its_first_provenance},
		{"/payload/provenance",
		 test_only_what_is_stored_and_of_a_signed_index_may_be_published},
		{"/payload/missing", test_what_is_approved_and_not_stored_is_missing_once},
		{"/payload/unneeded", test_a_payload_goes_when_nothing_needs_it},
		{"/payload/meanwhile", test_what_came_to_be_needed_meanwhile_stays},
	};

	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(tests); i++)
		g_test_add(tests[i].name, Fixture, NULL, set_up, tests[i].test, tear_down);
	return g_test_run();
}
