/* Publications when something is missing, full, cut off or went back */
#include <glib/gstdio.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "catalog/base/fs.h"
#include "catalog/package.h"
#include "catalog/payload.h"
#include "tests/unit/publishing.h"

static void
test_a_payload_without_provenance_is_refused(Fixture *f, gconstpointer data)
{
	guint files;

	assert_publishes(f, SL_PUBLISH_CONTENT, "1.1");
	set_approval(f, add_update(f, "a", "1"), "approved");
	execute(f, "UPDATE payload SET fingerprint = ''");
	files = count_files(f, ".");
	move(f, 60);
	assert_refuses(f, SL_PUBLISH_CONTENT, SL_ERROR_INTEGRITY);
	g_assert_cmpint(number_of(f, "SELECT max(number) FROM publication"), ==, 1);
	g_assert_cmpuint(count_files(f, "."), ==, files);
	g_autofree char *index = packages(f);
	g_assert_cmpstr(index, ==, "");
}

static void
test_a_row_that_rotted_in_the_database_is_not_signed(Fixture *f, gconstpointer data)
{
	SlPackage package = {.name = (char *)"b",
			     .version = (char *)"1",
			     .architecture = (char *)"amd64",
			     .component = (char *)"main",
			     .stanza = (char *)"Package: b\nVersion: 1\nDepends: libc6\n"};
	int64_t id = add_update(f, "a", "1");
	g_autofree char *sha256 = sha256_of("payload of a 1");

	package.payload_sha256 = sha256;
	execute(f,
		"INSERT INTO package VALUES (77, 1, 'b', '1', 'amd64', 'main', '', 'b', '1', '%s',"
		" 'pool/b.deb', '%s', 0, NULL, %" PRId64 ");"
		"INSERT INTO revision_package VALUES (%" PRId64 ", 77)",
		sha256, package.stanza, sl_package_checksum(&package), id);
	set_approval(f, id, "approved");
	assert_publishes(f, SL_PUBLISH_CONTENT, "1.1");
	execute(f, "UPDATE package SET stanza = replace(stanza, 'libc6', 'libc7') WHERE id = 77");
	set_approval(f, add_update(f, "c", "1"), "approved");
	move(f, 60);
	assert_refuses(f, SL_PUBLISH_CONTENT, SL_ERROR_INTEGRITY);
	g_autofree char *index = packages(f);
	g_assert_nonnull(strstr(index, "Depends: libc6\n"));
}

static void
test_a_payload_that_is_not_in_the_store_is_refused(Fixture *f, gconstpointer data)
{
	g_autofree char *sha256 = sha256_of("payload of a 1");

	assert_publishes(f, SL_PUBLISH_CONTENT, "1.1");
	set_approval(f, add_update(f, "a", "1"), "approved");
	sl_payload_store_remove(f->store, sha256, NULL);
	move(f, 60);
	assert_refuses(f, SL_PUBLISH_CONTENT, SL_ERROR_INTEGRITY);
	/* found out at the next start: it waits to be fetched, and holds up nothing else */
	g_test_expect_message(NULL, G_LOG_LEVEL_WARNING, "payload * is not in the store any more");
	g_assert_true(sl_publication_recover(f->publisher, NULL));
	g_test_assert_expected_messages();
	g_assert_cmpint(number_of(f, "SELECT count(*) FROM payload WHERE stored_at IS NULL"), ==,
			1);
	set_approval(f, add_update(f, "b", "1"), "approved");
	assert_publishes(f, SL_PUBLISH_CONTENT, "2.1");
	g_autofree char *index = packages(f);
	g_assert_nonnull(strstr(index, "Package: b\n"));
	g_assert_null(strstr(index, "Package: a\n"));
}

/* Only an older publication names it: nobody is offered it, so nothing waits for it. */
static void
test_a_lost_payload_of_an_older_publication_holds_up_no_xz(Fixture *f, gconstpointer data)
{
	g_autofree char *old = sha256_of("payload of a 1");
	int64_t a = add_update(f, "a", "1");
	g_autoptr(GHashTable) pool = NULL;

	set_approval(f, a, "approved");
	set_approval(f, add_update(f, "b", "1"), "approved");
	assert_publishes(f, SL_PUBLISH_CONTENT, "1.1");
	set_approval(f, a, "recalled");
	move(f, 60);
	assert_publishes(f, SL_PUBLISH_CONTENT, "2.1");
	sl_payload_store_remove(f->store, old, NULL);
	move(f, 60);
	assert_publishes(f, SL_PUBLISH_EXTRAS, "2.2");
	pool = served(f, "/apt/certification/pool/");
	g_assert_cmpuint(g_hash_table_size(pool), ==, 1);
}

static void
test_a_lost_payload_of_what_is_offered_stops_the_xz(Fixture *f, gconstpointer data)
{
	g_autofree char *own = sha256_of("payload of a 1");

	set_approval(f, add_update(f, "a", "1"), "approved");
	assert_publishes(f, SL_PUBLISH_CONTENT, "1.1");
	sl_payload_store_remove(f->store, own, NULL);
	move(f, 60);
	assert_refuses(f, SL_PUBLISH_EXTRAS, SL_ERROR_INTEGRITY);
}

/* A disk that fills up between the note and the switch must not leave the old one for ever. */
static void
test_a_switch_that_failed_is_made_good_by_the_next_publication(Fixture *f, gconstpointer data)
{
	g_autofree char *link =
		g_build_filename(f->root, "publications/certification/current", NULL);
	g_autofree char *block =
		g_build_filename(f->root, "publications/certification/current.new", NULL);
	g_autofree char *inside = g_build_filename(block, "x", NULL);
	g_autofree char *target = NULL;

	assert_publishes(f, SL_PUBLISH_CONTENT, "1.1");
	set_approval(f, add_update(f, "a", "1"), "approved");
	move(f, 60);
	g_assert_cmpint(g_mkdir(block, 0700), ==, 0); /* in the way of the new link */
	g_assert_cmpint(g_mkdir(inside, 0700), ==, 0);
	assert_refuses(f, SL_PUBLISH_CONTENT, SL_ERROR_IO);
	target = g_file_read_link(link, NULL);
	g_assert_cmpstr(target, ==, "trees/1.1");
	g_rmdir(inside);
	g_rmdir(block);
	move(f, 60);
	assert_publishes(f, SL_PUBLISH_CONTENT, "2.2");
	g_autofree char *index = packages(f);
	g_assert_nonnull(strstr(index, "Package: a\n"));
}

static void
test_recovery_switches_to_what_was_noted(Fixture *f, gconstpointer data)
{
	g_autofree char *link =
		g_build_filename(f->root, "publications/certification/current", NULL);
	g_autofree char *old =
		g_build_filename(f->root, "publications/certification/trees/1.1", NULL);
	g_autofree char *target = NULL;

	assert_publishes(f, SL_PUBLISH_CONTENT, "1.1");
	set_approval(f, add_update(f, "a", "1"), "approved");
	move(f, 60);
	assert_publishes(f, SL_PUBLISH_CONTENT, "2.1");
	g_assert_cmpint(g_unlink(link), ==, 0);
	g_assert_cmpint(symlink("trees/1.1", link), ==, 0);
	g_assert_true(sl_publication_recover(f->publisher, NULL));
	target = g_file_read_link(link, NULL);
	g_assert_cmpstr(target, ==, "trees/2.1");
	g_assert_false(g_file_test(old, G_FILE_TEST_EXISTS));
}

/* Noted, and its tree did not reach the disk: the content is published again, under a new serial.
 */
static void
test_a_noted_tree_that_is_gone_is_made_anew(Fixture *f, gconstpointer data)
{
	g_autofree char *link =
		g_build_filename(f->root, "publications/certification/current", NULL);
	g_autofree char *index =
		g_build_filename(f->root, "publications/certification/trees/2.1/index", NULL);

	assert_publishes(f, SL_PUBLISH_CONTENT, "1.1");
	set_approval(f, add_update(f, "a", "1"), "approved");
	move(f, 60);
	assert_publishes(f, SL_PUBLISH_CONTENT, "2.1");
	g_unlink(link);
	g_assert_cmpint(symlink("trees/1.1", link), ==, 0);
	g_unlink(index);
	g_assert_true(sl_publication_recover(f->publisher, NULL));
	move(f, 60);
	assert_publishes(f, SL_PUBLISH_CONTENT, "2.2");
}

static void
test_a_database_that_went_back_is_refused(Fixture *f, gconstpointer data)
{
	g_autoptr(GError) error = NULL;

	assert_publishes(f, SL_PUBLISH_CONTENT, "1.1");
	set_approval(f, add_update(f, "a", "1"), "approved");
	move(f, 60);
	assert_publishes(f, SL_PUBLISH_CONTENT, "2.1");
	execute(f, "DELETE FROM publication_serial WHERE number = 2");
	execute(f, "DELETE FROM publication_item");
	execute(f, "DELETE FROM publication WHERE number = 2");
	g_assert_false(sl_publication_recover(f->publisher, &error));
	g_assert_error(error, SL_ERROR, SL_ERROR_INTEGRITY);
	g_assert_nonnull(strstr(error->message, "2.1 of certification"));
	move(f, 60);
	assert_refuses(f, SL_PUBLISH_CONTENT, SL_ERROR_INTEGRITY);
	g_autofree char *index = packages(f);
	g_assert_nonnull(strstr(index, "Package: a\n"));
}

static void
test_a_lost_signing_key_is_never_replaced(Fixture *f, gconstpointer data)
{
	g_autofree char *keys = g_build_filename(f->root, "gnupg", NULL);
	g_autofree char *away = g_build_filename(f->root, "away", NULL);
	guint files;

	assert_publishes(f, SL_PUBLISH_CONTENT, "1.1");
	sl_signer_free(f->signer);
	g_assert_cmpint(g_rename(keys, away), ==, 0);
	f->signer = sl_signer_new(f->root, NULL);
	sl_publisher_free(f->publisher);
	open_publisher(f);
	files = count_files(f, ".");
	move(f, 60);
	assert_refuses(f, SL_PUBLISH_FORCE, SL_ERROR_INTEGRITY);
	g_assert_cmpuint(count_files(f, "."), ==, files);
}

/* Approved again between the look and the removal: the payload stays. */
static void
test_an_approval_keeps_a_payload_that_was_about_to_go(Fixture *f, gconstpointer data)
{
	int64_t id = add_update(f, "a", "1");
	g_autofree char *sha256 = sha256_of("payload of a 1");
	bool forgotten = true;

	g_autoptr(GPtrArray) unneeded = sl_payload_unneeded(f->db, START + 1, NULL);
	g_assert_cmpuint(unneeded->len, ==, 1);
	set_approval(f, id, "approved");
	g_assert_true(sl_payload_forget_unneeded(f->db, sha256, START + 1, &forgotten, NULL));
	g_assert_false(forgotten);
	set_approval(f, id, "recalled");
	g_assert_true(sl_payload_forget_unneeded(f->db, sha256, START + 1, &forgotten, NULL));
	g_assert_true(forgotten);
}

int
main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*test)(Fixture *f, gconstpointer data);
	} tests[] = {
		{"/publication-faults/provenance", test_a_payload_without_provenance_is_refused},
		{"/publication-faults/rotten-row",
		 test_a_row_that_rotted_in_the_database_is_not_signed},
		{"/publication-faults/lost-payload",
		 test_a_payload_that_is_not_in_the_store_is_refused},
		{"/publication-faults/lost-old-payload",
		 test_a_lost_payload_of_an_older_publication_holds_up_no_xz},
		{"/publication-faults/lost-own-payload",
		 test_a_lost_payload_of_what_is_offered_stops_the_xz},
		{"/publication-faults/failed-switch",
		 test_a_switch_that_failed_is_made_good_by_the_next_publication},
		{"/publication-faults/recovery", test_recovery_switches_to_what_was_noted},
		{"/publication-faults/gone", test_a_noted_tree_that_is_gone_is_made_anew},
		{"/publication-faults/went-back", test_a_database_that_went_back_is_refused},
		{"/publication-faults/lost-key", test_a_lost_signing_key_is_never_replaced},
		{"/publication-faults/approved-again",
		 test_an_approval_keeps_a_payload_that_was_about_to_go},
	};

	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(tests); i++)
		g_test_add(tests[i].name, Fixture, NULL, set_up, tests[i].test, tear_down);
	return g_test_run();
}
