/* Packages and the revisions they make up */
#include <glib.h>
#include <inttypes.h>
#include <string.h>

#include "catalog/base_package.h"
#include "catalog/package.h"
#include "catalog/update.h"
#include "tests/unit/publishing.h"

#define KEY "0123456789ABCDEF0123456789ABCDEF01234567"

/* What a sync has staged, by hand. */
static void
stage(Fixture *f)
{
	execute(f, "ATTACH ':memory:' AS stage;"
		   "CREATE TABLE stage.new_package (number, name, version, architecture, component,"
		   " section, source, source_version, sha256, filename, stanza, checksum);"
		   "CREATE TABLE stage.new_revision (number, digest, update_id);"
		   "CREATE TABLE stage.new_revision_package (revision, package_id, package);"
		   "CREATE TABLE stage.item (name, architecture, version, provides)");
}

static void
stage_package(Fixture *f, int number, const char *name, const char *version,
	      const char *architecture, const char *sha256)
{
	execute(f,
		"INSERT INTO stage.new_package VALUES (%d, '%s', '%s', '%s', 'main', 'libs',"
		" 'source', '1', '%s', 'pool/x.deb', 'Package: x\n', 5)",
		number, name, version, architecture, sha256);
}

/* Adds a package that is not in the store; returns its id. */
static int64_t
add_package(Fixture *f, const char *name, const char *version, const char *architecture)
{
	g_autofree char *text = g_strconcat(name, version, architecture, NULL);
	g_autofree char *sha256 = sha256_of(text);
	g_autoptr(GError) error = NULL;
	int64_t before = -1, added = -1;

	execute(f, "INSERT INTO payload VALUES ('%s', 42, NULL, 'test', '%s', '" KEY "')", sha256,
		sha256);
	execute(f, "DELETE FROM stage.new_package");
	stage_package(f, 3, name, version, architecture, sha256);
	sl_package_add_staged(f->db, 1, 7, &before, &added, &error);
	g_assert_no_error(error);
	g_assert_cmpint(added, ==, 1);
	return before + 3;
}

static char *
describe(GPtrArray *packages)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < packages->len; i++) {
		const SlPackage *one = packages->pdata[i];

		g_string_append_printf(text, "%s %s %s; ", one->name, one->version,
				       one->architecture);
	}
	return g_string_free(text, FALSE);
}

static void
test_a_revision_has_its_packages_in_order(Fixture *f, gconstpointer data)
{
	int64_t update = add_update(f, "source", "1"), revision = update + 1, added = 0;
	g_autoptr(GPtrArray) packages = NULL;
	g_autoptr(GPtrArray) none = NULL;
	g_autofree char *text = NULL;
	const SlPackage *first;

	stage(f);
	execute(f, "INSERT INTO stage.new_revision VALUES (1, 'digest', %" PRId64 ")", update);
	for (const char *const *name = (const char *const[]){"b", "a", NULL}; *name; name++)
		for (const char *const *on = (const char *const[]){"arm64", "amd64", NULL}; *on;
		     on++)
			execute(f,
				"INSERT INTO stage.new_revision_package VALUES (1, %" PRId64
				", NULL)",
				add_package(f, *name, "1", *on));
	g_assert_true(sl_revision_add_staged(f->db, 0, 0, 5, &added, NULL));
	g_assert_cmpint(added, ==, 1);
	packages = sl_package_of_revision(f->db, revision, NULL);
	text = describe(packages);
	g_assert_cmpstr(text, ==, "a 1 amd64; a 1 arm64; b 1 amd64; b 1 arm64; ");
	first = packages->pdata[0];
	g_assert_cmpint(first->size, ==, 42); /* its payload's */
	g_assert_cmpstr(first->section, ==, "libs");
	g_assert_cmpint(first->seen_at, ==, 7);
	g_assert_cmpint(first->withdrawn_at, ==, 0);
	none = sl_package_of_revision(f->db, 99, NULL);
	g_assert_cmpuint(none->len, ==, 0);
}

static void
test_revisions_are_numbered_within_their_update(Fixture *f, gconstpointer data)
{
	int64_t a = add_update(f, "a", "1"), b = add_update(f, "b", "1"), added = 0;
	g_autoptr(GError) error = NULL;

	stage(f);
	execute(f,
		"INSERT INTO stage.new_revision VALUES (1, 'x', %" PRId64 "), (2, 'x', %" PRId64
		")",
		a, b);
	g_assert_true(sl_revision_add_staged(f->db, 0, 0, 5, &added, NULL));
	g_assert_cmpint(added, ==, 2);
	execute(f, "DELETE FROM stage.new_revision WHERE number = 2;"
		   "UPDATE stage.new_revision SET digest = 'y'");
	g_assert_true(sl_revision_add_staged(f->db, 0, 0, 5, &added, NULL));
	g_assert_cmpint(
		number_of(f, "SELECT number FROM revision WHERE digest = 'x' AND update_id = 2"),
		==, 2);
	g_assert_cmpint(number_of(f, "SELECT number FROM revision WHERE digest = 'y'"), ==, 3);
	/* the same set of packages is no new revision */
	g_assert_false(sl_revision_add_staged(f->db, 0, 0, 5, &added, &error));
	g_assert_error(error, SL_ERROR, SL_ERROR_CONFLICT);
}

/* A first sync's: updates, revisions and packages that name each other by their numbers. */
static void
test_what_is_new_gets_ids_after_the_highest(Fixture *f, gconstpointer data)
{
	int64_t known = add_update(f, "a", "1"), updates = 0, packages = 0, added = 0;
	g_autofree char *sha256 = sha256_of("payload of a 1");
	g_autoptr(GPtrArray) list = NULL;

	stage(f);
	execute(f,
		"CREATE TABLE stage.new_update (number, name, version, summary, section,"
		" component);"
		"INSERT INTO stage.new_update VALUES (4, 'source', '1', 'one line', 'libs',"
		" 'main');"
		"INSERT INTO stage.new_revision VALUES (4, 'digest', NULL);"
		"INSERT INTO stage.new_revision_package VALUES (4, %" PRId64 ", 1), (4, NULL, 9)",
		known);
	stage_package(f, 9, "x", "1", "amd64", sha256);
	g_assert_true(sl_package_add_staged(f->db, 1, 7, &packages, &added, NULL));
	g_assert_true(sl_update_add_staged(f->db, 1, 6, true, 7, &updates, &added, NULL));
	g_assert_cmpint(updates, ==, known);
	g_assert_true(sl_revision_add_staged(f->db, updates, packages, 5, &added, NULL));
	g_assert_cmpint(number_of(f, "SELECT count(*) FROM revision r JOIN updates u"
				     " ON u.id = r.update_id AND u.name = 'source'"
				     " AND u.released_at = 6 WHERE r.number = 1"),
			==, 1);
	list = sl_package_of_revision(f->db, known + 4, NULL);
	g_autofree char *text = describe(list);
	g_assert_cmpstr(text, ==, "a 1 amd64; x 1 amd64; ");
}

static void
test_a_name_finds_what_upstreams_have_now(Fixture *f, gconstpointer data)
{
	g_autoptr(GPtrArray) now = NULL;
	g_autoptr(GPtrArray) back = NULL;
	g_autofree char *now_text = NULL;
	int64_t old, new;

	stage(f);
	old = add_package(f, "a", "1", "amd64");
	new = add_package(f, "a", "2", "amd64");
	add_package(f, "ab", "1", "amd64");
	g_assert_true(sl_package_set_withdrawn(f->db, old, 9, NULL));
	now = sl_package_named(f->db, "a", NULL);
	now_text = describe(now);
	g_assert_cmpstr(now_text, ==, "a 2 amd64; ");
	g_assert_true(sl_package_set_withdrawn(f->db, old, 0, NULL));
	g_assert_true(sl_package_set_filename(f->db, new, "pool/y.deb", NULL));
	back = sl_package_named(f->db, "a", NULL);
	g_assert_cmpuint(back->len, ==, 2);
	g_assert_cmpint(number_of(f, "SELECT count(*) FROM package WHERE filename = 'pool/y.deb'"),
			==, 1);
}

/* Rule of the catalog: one name, version and architecture of an upstream is one file. */
static void
test_the_same_package_with_another_file_is_a_conflict(Fixture *f, gconstpointer data)
{
	g_autofree char *sha256 = sha256_of("a1amd64");
	g_autoptr(GError) error = NULL;
	int64_t before = -1, added = -1;

	stage(f);
	add_package(f, "a", "1", "amd64");
	execute(f, "DELETE FROM stage.new_package");
	stage_package(f, 1, "a", "1", "amd64", sha256);
	g_assert_false(sl_package_add_staged(f->db, 1, 7, &before, &added, &error));
	g_assert_error(error, SL_ERROR, SL_ERROR_CONFLICT);
	/* nor can it name a payload that nobody knows */
	g_clear_error(&error);
	execute(f, "DELETE FROM stage.new_package");
	stage_package(f, 1, "b", "1", "amd64", "unknown");
	g_assert_false(sl_package_add_staged(f->db, 1, 7, &before, &added, &error));
	g_assert_error(error, SL_ERROR, SL_ERROR_CONFLICT);
	g_assert_cmpint(before, ==, -1);
	g_assert_cmpint(number_of(f, "SELECT count(*) FROM package"), ==, 1);
}

static void
test_what_the_base_suite_has_is_found_by_name_and_by_what_it_provides(Fixture *f,
								      gconstpointer data)
{
	static const struct {
		const char *name;
		guint found;
	} rows[] = {{"libc6", 1}, {"mail-agent", 1}, {"libc", 0}, {"postfix", 1}, {"absent", 0}};

	execute(f,
		"INSERT INTO upstream (id, name, kind, role, url, suite, components, architectures,"
		" publish_suite, keyring, fingerprints, added_at) VALUES (2, 'base', 'debian',"
		" 'base', 'http://b.example.org/', 'b', 'main', 'amd64', 'b', x'00', '', 0);"
		"INSERT INTO upstream_serves VALUES (1, 'debian', 'bookworm'),"
		" (2, 'debian', 'bookworm')");
	stage(f);
	execute(f, "INSERT INTO stage.item VALUES ('libc6', 'amd64', '2.36', ''),"
		   " ('postfix', 'amd64', '3', 'mail-agent (= 1), x')");
	for (int i = 0; i < 2; i++) /* in place of what was there */
		g_assert_true(sl_base_package_replace_staged(f->db, 2, NULL));
	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GPtrArray) list = sl_base_package_find(f->db, 1, rows[i].name, NULL);

		g_assert_cmpuint(list->len, ==, rows[i].found);
	}
	execute(f, "DELETE FROM stage.item");
	g_assert_true(sl_base_package_replace_staged(f->db, 2, NULL));
	g_autoptr(GPtrArray) none = sl_base_package_find(f->db, 1, "libc6", NULL);
	g_assert_cmpuint(none->len, ==, 0);
}

int
main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*test)(Fixture *f, gconstpointer data);
	} tests[] = {
		{"/package/revision", test_a_revision_has_its_packages_in_order},
		{"/package/numbers", test_revisions_are_numbered_within_their_update},
		{"/package/ids", test_what_is_new_gets_ids_after_the_highest},
		{"/package/named", test_a_name_finds_what_upstreams_have_now},
		{"/package/conflict", test_the_same_package_with_another_file_is_a_conflict},
		{"/package/base",
		 test_what_the_base_suite_has_is_found_by_name_and_by_what_it_provides},
	};

	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(tests); i++)
		g_test_add(tests[i].name, Fixture, NULL, set_up, tests[i].test, tear_down);
	return g_test_run();
}
