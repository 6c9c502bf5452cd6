/* Packages and the revisions they make up */
#include <glib.h>
#include <inttypes.h>
#include <string.h>

#include "catalog/base_package.h"
#include "catalog/package.h"
#include "tests/unit/publishing.h"

#define KEY "0123456789ABCDEF0123456789ABCDEF01234567"

/* Adds a package of the update "source" that is not in the store. */
static int64_t
add_package(Fixture *f, const char *name, const char *version, const char *architecture)
{
	g_autofree char *text = g_strconcat(name, version, architecture, NULL);
	g_autofree char *sha256 = sha256_of(text);
	SlPackage package = {.id = sl_package_next_id(f->db, NULL),
			     .upstream_id = 1,
			     .name = (char *)name,
			     .version = (char *)version,
			     .architecture = (char *)architecture,
			     .component = (char *)"main",
			     .section = (char *)"libs",
			     .source = (char *)"source",
			     .source_version = (char *)"1",
			     .payload_sha256 = sha256,
			     .filename = (char *)"pool/x.deb",
			     .stanza = (char *)"Package: x\n",
			     .seen_at = 7};
	g_autoptr(GError) error = NULL;

	execute(f, "INSERT INTO payload VALUES ('%s', 42, NULL, 'test', '%s', '" KEY "')", sha256,
		sha256);
	sl_package_add(f->db, &package, &error);
	g_assert_no_error(error);
	return package.id;
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
	int64_t update = add_update(f, "source", "1"), revision = sl_revision_next_id(f->db, NULL);
	g_autoptr(GPtrArray) packages = NULL;
	g_autoptr(GPtrArray) none = NULL;
	g_autofree char *text = NULL;
	const SlPackage *first;

	g_assert_true(sl_revision_add(f->db, revision, update, "digest", 5, NULL));
	for (const char *const *name = (const char *const[]){"b", "a", NULL}; *name; name++)
		for (const char *const *on = (const char *const[]){"arm64", "amd64", NULL}; *on;
		     on++)
			g_assert_true(sl_revision_add_package(
				f->db, revision, add_package(f, *name, "1", *on), NULL));
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
	int64_t a = add_update(f, "a", "1"), b = add_update(f, "b", "1");
	g_autoptr(GError) error = NULL;

	g_assert_true(sl_revision_add(f->db, 50, a, "x", 5, NULL));
	g_assert_true(sl_revision_add(f->db, 51, b, "x", 5, NULL));
	g_assert_true(sl_revision_add(f->db, 52, a, "y", 5, NULL));
	g_assert_cmpint(number_of(f, "SELECT number FROM revision WHERE id = 51"), ==, 2);
	g_assert_cmpint(number_of(f, "SELECT number FROM revision WHERE id = 52"), ==, 3);
	/* the same set of packages is no new revision */
	g_assert_false(sl_revision_add(f->db, 53, a, "y", 5, &error));
	g_assert_error(error, SL_ERROR, SL_ERROR_CONFLICT);
	g_assert_cmpint(sl_revision_next_id(f->db, NULL), ==, 53);
}

static void
test_a_name_finds_what_upstreams_have_now(Fixture *f, gconstpointer data)
{
	int64_t old = add_package(f, "a", "1", "amd64"), new = add_package(f, "a", "2", "amd64");
	g_autoptr(GPtrArray) now = NULL;
	g_autoptr(GPtrArray) back = NULL;
	g_autofree char *now_text = NULL;

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
	SlPackage package = {.upstream_id = 1,
			     .name = (char *)"a",
			     .version = (char *)"1",
			     .architecture = (char *)"amd64",
			     .component = (char *)"main",
			     .section = (char *)"",
			     .source = (char *)"a",
			     .source_version = (char *)"1",
			     .payload_sha256 = sha256,
			     .filename = (char *)"x",
			     .stanza = (char *)""};
	g_autoptr(GError) error = NULL;

	add_package(f, "a", "1", "amd64");
	package.id = sl_package_next_id(f->db, NULL);
	g_assert_false(sl_package_add(f->db, &package, &error));
	g_assert_error(error, SL_ERROR, SL_ERROR_CONFLICT);
	/* nor can it name a payload that nobody knows */
	g_clear_error(&error);
	package.name = (char *)"b";
	package.payload_sha256 = (char *)"unknown";
	g_assert_false(sl_package_add(f->db, &package, &error));
	g_assert_error(error, SL_ERROR, SL_ERROR_CONFLICT);
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
	for (int i = 0; i < 2; i++) { /* the same twice is no error */
		g_assert_true(sl_base_package_add(f->db, 2, "libc6", "amd64", "2.36", "", NULL));
		g_assert_true(sl_base_package_add(f->db, 2, "postfix", "amd64", "3",
						  "mail-agent (= 1), x", NULL));
	}
	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GPtrArray) list = sl_base_package_find(f->db, 1, rows[i].name, NULL);

		g_assert_cmpuint(list->len, ==, rows[i].found);
	}
	g_assert_true(sl_base_package_clear(f->db, 2, NULL));
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
