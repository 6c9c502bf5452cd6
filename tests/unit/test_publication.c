/* Publications with a clock that the test moves: numbers, signatures, what is kept */
#include <inttypes.h>
#include <string.h>

#include "catalog/base/fs.h"
#include "catalog/payload.h"
#include "tests/unit/publishing.h"

static void
test_suites_are_there_signed_and_empty_at_first(Fixture *f, gconstpointer data)
{
	g_autofree char *release = NULL;
	g_autofree char *index = NULL;

	assert_publishes(f, SL_PUBLISH_CONTENT, "1.1");
	release = read_path(f, "/apt/certification/dists/s/InRelease");
	index = packages(f);
	g_assert_true(g_str_has_prefix(release, "-----BEGIN PGP SIGNED MESSAGE-----"));
	g_assert_nonnull(strstr(release, "Origin: Sluice\n"));
	g_assert_cmpstr(index, ==, "");
}

static void
test_publishing_twice_changes_nothing(Fixture *f, gconstpointer data)
{
	g_autoptr(GHashTable) before = NULL;
	g_autoptr(GHashTable) after = NULL;
	guint files;

	set_approval(f, add_update(f, "a", "1"), "approved");
	assert_publishes(f, SL_PUBLISH_CONTENT, "1.1");
	before = served(f, "/");
	files = count_files(f, ".");
	for (int i = 0; i < 3; i++) {
		move(f, 60);
		assert_publishes(f, SL_PUBLISH_CONTENT, "1.1");
		assert_publishes(f, SL_PUBLISH_RESIGN, "1.1");
	}
	after = served(f, "/");
	g_assert_cmpuint(g_hash_table_size(after), ==, g_hash_table_size(before));
	g_assert_cmpuint(count_files(f, "."), ==, files);
}

/* Recalled and approved again, the indexes have the same bytes: they are a function of content. */
static void
test_the_same_content_has_the_same_bytes(Fixture *f, gconstpointer data)
{
	int64_t id = add_update(f, "a", "1");
	g_autofree char *first = NULL;
	g_autofree char *between = NULL;
	g_autofree char *again = NULL;

	set_approval(f, id, "approved");
	assert_publishes(f, SL_PUBLISH_CONTENT, "1.1");
	first = packages(f);
	set_approval(f, id, "recalled");
	move(f, 60);
	assert_publishes(f, SL_PUBLISH_CONTENT, "2.1");
	between = packages(f);
	g_assert_cmpstr(between, ==, "");
	set_approval(f, id, "approved");
	move(f, 60);
	assert_publishes(f, SL_PUBLISH_CONTENT, "3.1");
	again = packages(f);
	g_assert_cmpstr(again, ==, first);
}

static void
test_signatures_are_renewed_before_they_run_out(Fixture *f, gconstpointer data)
{
	assert_publishes(f, SL_PUBLISH_CONTENT, "1.1");
	move(f, DAY - 1);
	assert_publishes(f, SL_PUBLISH_RESIGN, "1.1");
	move(f, 1);
	assert_publishes(f, SL_PUBLISH_RESIGN, "1.2");
	g_assert_cmpint(number_of(f, "SELECT valid_until FROM publication_serial"
				     " WHERE number = 1 AND serial = 2"),
			==, START + 8 * DAY);
	g_autofree char *release = read_path(f, "/apt/certification/dists/s/Release");
	g_assert_nonnull(strstr(release, "Date: Sat, 16 Jan 2027 08:00:00 UTC\n"));
	g_assert_nonnull(strstr(release, "Valid-Until: Sat, 23 Jan 2027 08:00:00 UTC\n"));
}

static void
test_a_long_interval_does_not_let_signatures_run_out(Fixture *f, gconstpointer data)
{
	SlPublicationSettings settings = {HOUR, 100 * DAY, 10, 30 * DAY};

	sl_publisher_free(f->publisher);
	f->publisher =
		sl_publisher_new(&(SlPublicationContext){f->db_path, f->writer, f->signer, f->store,
							 f->clock, f->state_fd, settings},
				 NULL);
	assert_publishes(f, SL_PUBLISH_CONTENT, "1.1");
	move(f, HOUR / 2);
	assert_publishes(f, SL_PUBLISH_RESIGN, "1.2");
}

static void
test_nothing_is_signed_with_a_past_date(Fixture *f, gconstpointer data)
{
	set_approval(f, add_update(f, "a", "1"), "approved");
	assert_publishes(f, SL_PUBLISH_CONTENT, "1.1");
	set_approval(f, add_update(f, "b", "1"), "approved");
	move(f, -DAY);
	assert_refuses(f, SL_PUBLISH_CONTENT, SL_ERROR_BUSY);
	assert_refuses(f, SL_PUBLISH_FORCE, SL_ERROR_BUSY);
	g_assert_cmpint(number_of(f, "SELECT count(*) FROM publication_serial"), ==, 1);
	move(f, DAY + 1);
	assert_publishes(f, SL_PUBLISH_CONTENT, "2.1");
}

static void
test_two_serials_never_have_one_second(Fixture *f, gconstpointer data)
{
	assert_publishes(f, SL_PUBLISH_CONTENT, "1.1");
	/* the clock stands: the wait for the next second ends without one */
	assert_refuses(f, SL_PUBLISH_FORCE, SL_ERROR_BUSY);
	move(f, 1);
	assert_publishes(f, SL_PUBLISH_FORCE, "1.2");
}

static void
assert_same_paths(GHashTable *before, GHashTable *after)
{
	GHashTableIter iter;
	gpointer path;

	g_assert_cmpuint(g_hash_table_size(after), ==, g_hash_table_size(before));
	g_hash_table_iter_init(&iter, before);
	while (g_hash_table_iter_next(&iter, &path, NULL))
		g_assert_true(g_hash_table_contains(after, path));
}

/* Also what only an older publication names, which some client may be fetching. */
static void
test_xz_takes_no_payload_away(Fixture *f, gconstpointer data)
{
	g_autoptr(GHashTable) before = NULL;
	g_autoptr(GHashTable) after = NULL;
	int64_t b;

	set_approval(f, add_update(f, "a", "1"), "approved");
	b = add_update(f, "b", "1");
	set_approval(f, b, "approved");
	assert_publishes(f, SL_PUBLISH_CONTENT, "1.1");
	set_approval(f, b, "recalled");
	move(f, 60);
	assert_publishes(f, SL_PUBLISH_CONTENT, "2.1");
	before = served(f, "/apt/certification/pool/");
	g_assert_cmpuint(g_hash_table_size(before), ==, 2);
	move(f, 60);
	assert_publishes(f, SL_PUBLISH_EXTRAS, "2.2");
	after = served(f, "/apt/certification/pool/");
	assert_same_paths(before, after);
}

static void
test_xz_comes_as_a_serial_of_its_own(Fixture *f, gconstpointer data)
{
	static const char path[] = "/apt/certification/dists/s/main/binary-amd64/Packages.xz";
	g_autofree char *before = NULL;
	g_autofree char *after = NULL;
	g_autofree char *release = NULL;

	set_approval(f, add_update(f, "a", "1"), "approved");
	assert_publishes(f, SL_PUBLISH_CONTENT, "1.1");
	before = read_path(f, path);
	g_assert_null(before);
	move(f, 60);
	assert_publishes(f, SL_PUBLISH_EXTRAS, "1.2");
	after = read_path(f, path);
	g_assert_nonnull(after);
	release = read_path(f, "/apt/certification/dists/s/Release");
	g_assert_nonnull(strstr(release, "main/binary-amd64/Packages.xz\n"));
	move(f, 60);
	assert_publishes(f, SL_PUBLISH_EXTRAS, "1.2");
}

static void
test_an_unchanged_suite_is_reused_as_it_is(Fixture *f, gconstpointer data)
{
	g_autofree char *before = NULL;
	g_autofree char *after = NULL;
	g_autoptr(GHashTable) pool_before = NULL;
	g_autoptr(GHashTable) pool_after = NULL;

	set_approval(f, add_update(f, "a", "1"), "approved");
	assert_publishes(f, SL_PUBLISH_CONTENT, "1.1");
	before = read_path(f, "/apt/certification/dists/s/InRelease");
	pool_before = served(f, "/apt/certification/pool/");
	g_assert_cmpuint(g_hash_table_size(pool_before), ==, 1);
	execute(f, "INSERT INTO upstream (id, name, kind, role, url, suite, components,"
		   " architectures, publish_suite, keyring, fingerprints, added_at)"
		   " VALUES (2, 'more', 'debian', 'updates', 'http://archive.example.org/', 't',"
		   " 'main', 'amd64', 't', x'00', '', 0)");
	move(f, 60);
	assert_publishes(f, SL_PUBLISH_CONTENT, "2.1");
	after = read_path(f, "/apt/certification/dists/s/InRelease");
	g_assert_cmpstr(after, ==, before);
	g_autofree char *other = read_path(f, "/apt/certification/dists/t/InRelease");
	g_assert_nonnull(other);
	pool_after = served(f, "/apt/certification/pool/");
	assert_same_paths(pool_before, pool_after);
}

/* Publishes n contents a minute apart, each with one update more and one less. */
static void
publish_many(Fixture *f, int n)
{
	for (int i = 0; i < n; i++) {
		g_autofree char *name = g_strdup_printf("p%" PRId64, f->updates);
		g_autofree char *serial = NULL;

		if (f->last)
			set_approval(f, f->last, "recalled");
		f->last = add_update(f, name, "1");
		set_approval(f, f->last, "approved");
		move(f, 60);
		serial = publish(f, SL_PUBLISH_CONTENT);
	}
}

static bool
is_served_by_hash(Fixture *f, const char *sha256)
{
	g_autofree char *path = g_strdup_printf(
		"/apt/certification/dists/s/main/binary-amd64/by-hash/SHA256/%s", sha256);
	g_autofree char *content = read_path(f, path);

	return content != NULL;
}

static void
test_old_indexes_stay_for_thirty_days_or_ten_publications(Fixture *f, gconstpointer data)
{
	g_autofree char *index = NULL;
	g_autofree char *old = NULL;
	int64_t removed = 0;
	GError *error = NULL;

	publish_many(f, 1);
	index = packages(f);
	old = sha256_of(index);
	/* more than ten publications within the thirty days */
	publish_many(f, 11);
	g_assert_true(sl_publication_prune(f->publisher, NULL, &removed, &error));
	g_assert_no_error(error);
	g_assert_cmpint(removed, ==, 0);
	g_assert_true(is_served_by_hash(f, old));
	/* and beyond them it goes, with its payload, with the first publication that follows */
	move(f, 31 * DAY);
	publish_many(f, 1);
	g_assert_false(is_served_by_hash(f, old));
	g_assert_true(sl_publication_prune(f->publisher, NULL, &removed, &error));
	g_assert_cmpint(removed, >, 0);
	g_autofree char *payload = sha256_of("payload of p0 1");
	g_assert_false(sl_payload_store_has(f->store, payload, 15));
	/* what the newest ten publications name is there, however old it is */
	g_autofree char *recent = sha256_of("payload of p11 1");
	g_assert_true(sl_payload_store_has(f->store, recent, 16));
}

static void
test_few_publications_stay_however_old_they_are(Fixture *f, gconstpointer data)
{
	g_autofree char *index = NULL;
	g_autofree char *old = NULL;
	int64_t removed = 0;

	publish_many(f, 1);
	index = packages(f);
	old = sha256_of(index);
	move(f, 200 * DAY);
	publish_many(f, 2);
	g_assert_true(sl_publication_prune(f->publisher, NULL, &removed, NULL));
	g_assert_cmpint(removed, ==, 0);
	g_assert_true(is_served_by_hash(f, old));
}

/* Files of a payload path that is what is served: path -> the model's text. */
static void
assert_serves(Fixture *f, GHashTable *approved)
{
	g_autofree char *index = packages(f);
	g_autoptr(GHashTable) files = served(f, "/apt/certification/pool/");
	g_auto(GStrv) stanzas = g_strsplit(index, "\n\n", -1);
	GHashTableIter iter;
	gpointer name, version;
	guint count = 0;

	for (char **stanza = stanzas; *stanza && **stanza; stanza++)
		count++;
	g_assert_cmpuint(count, ==, g_hash_table_size(approved));
	g_hash_table_iter_init(&iter, approved);
	while (g_hash_table_iter_next(&iter, &name, &version)) {
		g_autofree char *head = g_strdup_printf("Package: %s\nVersion: %s\n", (char *)name,
							(char *)version);
		g_autofree char *text =
			g_strdup_printf("payload of %s %s", (char *)name, (char *)version);
		g_autofree char *sha256 = sha256_of(text);
		g_autofree char *file =
			g_strdup_printf("/apt/certification/pool/%.2s/%s/%s_%s_amd64.deb %s",
					sha256, sha256, (char *)name, (char *)version, sha256);

		g_assert_nonnull(strstr(index, head));
		g_assert_true(g_hash_table_contains(files, file));
	}
}

/* The model: of each name the highest version that is approved. */
static GHashTable *
model(const char state[4][4])
{
	GHashTable *approved = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);

	for (int name = 0; name < 4; name++)
		for (int version = 0; version < 4; version++)
			if (state[name][version] == 'a')
				g_hash_table_replace(approved, g_strdup_printf("n%d", name),
						     g_strdup_printf("%d", version));
	return approved;
}

static void
test_what_is_served_is_what_is_approved(Fixture *f, gconstpointer data)
{
	guint32 seed = g_test_rand_int() & 0xffff;
	g_autoptr(GRand) random = g_rand_new_with_seed(seed);
	char state[4][4];
	int64_t ids[4][4];

	g_test_message("seed %u", seed);
	for (int name = 0; name < 4; name++)
		for (int version = 0; version < 4; version++) {
			g_autofree char *n = g_strdup_printf("n%d", name);
			g_autofree char *v = g_strdup_printf("%d", version);

			ids[name][version] = add_update(f, n, v);
			state[name][version] = '-';
		}
	for (int round = 0; round < 12; round++) {
		g_autoptr(GHashTable) approved = NULL;
		g_autofree char *serial = NULL;

		for (int i = g_rand_int_range(random, 1, 5); i > 0; i--) {
			int name = g_rand_int_range(random, 0, 4);
			int version = g_rand_int_range(random, 0, 4);
			bool approve = g_rand_boolean(random);

			state[name][version] = approve ? 'a' : 'r';
			set_approval(f, ids[name][version], approve ? "approved" : "recalled");
		}
		move(f, 5);
		serial = publish(f, SL_PUBLISH_CONTENT);
		approved = model(state);
		assert_serves(f, approved);
	}
}

int
main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*test)(Fixture *f, gconstpointer data);
	} tests[] = {
		{"/publication/first", test_suites_are_there_signed_and_empty_at_first},
		{"/publication/twice", test_publishing_twice_changes_nothing},
		{"/publication/same-bytes", test_the_same_content_has_the_same_bytes},
		{"/publication/renewed", test_signatures_are_renewed_before_they_run_out},
		{"/publication/interval", test_a_long_interval_does_not_let_signatures_run_out},
		{"/publication/past-date", test_nothing_is_signed_with_a_past_date},
		{"/publication/one-second", test_two_serials_never_have_one_second},
		{"/publication/xz", test_xz_comes_as_a_serial_of_its_own},
		{"/publication/xz-payloads", test_xz_takes_no_payload_away},
		{"/publication/reuse", test_an_unchanged_suite_is_reused_as_it_is},
		{"/publication/kept", test_old_indexes_stay_for_thirty_days_or_ten_publications},
		{"/publication/few", test_few_publications_stay_however_old_they_are},
		{"/publication/served-is-approved", test_what_is_served_is_what_is_approved},
	};

	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(tests); i++)
		g_test_add(tests[i].name, Fixture, NULL, set_up, tests[i].test, tear_down);
	return g_test_run();
}
