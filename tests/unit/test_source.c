/* An upstream is added whole and checked, or not at all with the field that is wrong */
#include <glib.h>
#include <inttypes.h>
#include <string.h>

#include "catalog/naming.h"
#include "catalog/source.h"
#include "tests/unit/publishing.h"

#define FINGERPRINT "0123456789ABCDEF0123456789ABCDEF01234567"

/* What somebody types; lists are separated by blanks. NULL is what a good one has. */
typedef struct {
	const char *name;
	const char *url;
	const char *suite;
	const char *components;
	const char *architectures;
	const char *role;
	const char *publish_suite;
	const char *exclude;
	const char *serves;
	const char *fingerprints;
	const char *kind;
} Typed;

static const char *
or_else(const char *value, const char *otherwise)
{
	return value ? value : otherwise;
}

static char **
list(const char *value, const char *otherwise)
{
	const char *text = or_else(value, otherwise);

	return g_strsplit(text, text[0] ? " " : "\n", -1);
}

static bool
add(Fixture *f, const Typed *typed, GError **error)
{
	g_autoptr(SlUpstream) upstream = sl_upstream_new();

	upstream->name = g_strdup(or_else(typed->name, "debian"));
	upstream->kind = g_strdup(or_else(typed->kind, "debian"));
	upstream->role = g_strdup(typed->role);
	upstream->url = g_strdup(or_else(typed->url, "https://archive.example.org/debian"));
	upstream->suite = g_strdup(or_else(typed->suite, "bookworm-security"));
	upstream->components = list(typed->components, "main");
	upstream->architectures = list(typed->architectures, "amd64");
	upstream->publish_suite = g_strdup(typed->publish_suite);
	upstream->exclude = list(typed->exclude, "");
	upstream->serves = list(typed->serves, "debian:bookworm");
	upstream->fingerprints = list(typed->fingerprints, FINGERPRINT);
	upstream->keyring = g_bytes_new_static("key", 3);
	upstream->enabled = true;
	upstream->added_at = 5;
	return sl_upstream_add(f->db, upstream, error);
}

static const struct {
	Typed typed;
	const char *says;
} refused[] = {
	{{.name = ""}, "name"},
	{{.name = "a/b"}, "name"},
	{{.name = "a b"}, "name"},
	{{.name = "a=b"}, "name"}, /* nobody could name its updates: UPSTREAM/NAME=VERSION */
	{{.name = "../a"}, "name"},
	{{.name = "-a"}, "name"},
	{{.name = "a\x1b[2J"}, "\\x1b"},
	{{.kind = "rpm"}, "kind"},
	{{.role = "main"}, "role"},
	{{.url = ""}, "URL"},
	{{.url = "archive.example.org"}, "URL"},
	{{.url = "file:///etc/passwd"}, "URL"},
	{{.url = "ftp://archive.example.org/"}, "URL"},
	{{.url = "HTTP://archive.example.org/"}, "URL"},
	{{.url = "http:///debian"}, "URL"},
	{{.url = "http://"}, "URL"},
	{{.url = "http://user:secret@archive.example.org/"}, "URL"},
	{{.url = "http://archive.example.org/?a=b"}, "URL"},
	{{.url = "http://archive.example.org/#a"}, "URL"},
	{{.url = "http://archive.example.org/a b"}, "URL"},
	{{.url = "http://archive.example.org/\n"}, "URL"},
	{{.url = "http://archive.example.org/\xc3\xa4"}, "URL"},
	{{.suite = ""}, "suite"},
	{{.suite = "../bookworm"}, "suite"},
	{{.suite = "/bookworm"}, "suite"},
	{{.suite = "bookworm/"}, "suite"},
	{{.suite = "a//b"}, "suite"},
	{{.components = ""}, "component"},
	{{.components = "main ../x"}, "component"},
	{{.architectures = ""}, "architecture"},
	{{.architectures = "all"}, "all"},
	{{.architectures = "amd64 a/b"}, "architecture"},
	{{.publish_suite = "../x"}, "suite"},
	{{.exclude = "*-dbgsym [a-z]*"}, "exclude"},
	{{.exclude = "a'b"}, "exclude"},
	{{.serves = "debian"}, "CODENAME"},
	{{.serves = "debian:"}, "CODENAME"},
	{{.serves = ":bookworm"}, "CODENAME"},
	{{.serves = "debian:book:worm"}, "CODENAME"},
	{{.fingerprints = ""}, "fingerprint"},
	{{.fingerprints = "0123456789ABCDEF"}, "fingerprint"},
	{{.fingerprints = "0123456789abcdef0123456789abcdef01234567"}, "fingerprint"},
	{{.fingerprints = FINGERPRINT " x"}, "fingerprint"},
};

static void
test_a_field_that_is_wrong_is_named(Fixture *f, gconstpointer data)
{
	for (size_t i = 0; i < G_N_ELEMENTS(refused); i++) {
		g_autoptr(GError) error = NULL;

		g_test_message("%zu: %s", i, refused[i].says);
		g_assert_false(add(f, &refused[i].typed, &error));
		g_assert_error(error, SL_ERROR, SL_ERROR_INVALID);
		g_assert_nonnull(strstr(error->message, refused[i].says));
		g_assert_null(strpbrk(error->message, "\x1b\n"));
	}
	g_assert_cmpint(number_of(f, "SELECT count(*) FROM upstream"), ==, 1); /* the fixture's */
	g_assert_cmpint(number_of(f, "SELECT count(*) FROM upstream_serves"), ==, 0);
}

static void
test_what_was_added_is_there_with_what_was_missing(Fixture *f, gconstpointer data)
{
	const Typed typed = {.components = "main contrib",
			     .architectures = "amd64 arm64",
			     .exclude = "*-dbgsym",
			     .serves = "debian:bookworm debian:bookworm raspbian:bookworm"};
	g_autoptr(SlUpstream) upstream = NULL;
	g_autoptr(GError) error = NULL;

	add(f, &typed, &error);
	g_assert_no_error(error);
	upstream = sl_upstream_get(f->db, "debian", &error);
	g_assert_no_error(error);
	g_assert_cmpstr(upstream->url, ==, "https://archive.example.org/debian/");
	g_assert_cmpstr(upstream->role, ==, "updates");
	g_assert_cmpstr(upstream->publish_suite, ==, "bookworm-security");
	g_assert_cmpuint(g_strv_length(upstream->components), ==, 2);
	g_assert_cmpstr(upstream->architectures[1], ==, "arm64");
	g_assert_cmpstr(upstream->exclude[0], ==, "*-dbgsym");
	g_assert_cmpuint(g_strv_length(upstream->serves), ==, 2);
	g_assert_cmpstr(upstream->fingerprints[0], ==, FINGERPRINT);
	g_assert_cmpuint(g_bytes_get_size(upstream->keyring), ==, 3);
	g_assert_true(upstream->enabled);
	g_assert_false(upstream->internal);
	g_assert_null(upstream->origin);
	g_assert_cmpint(upstream->release_at, ==, 0);
}

static void
test_a_name_is_taken_once(Fixture *f, gconstpointer data)
{
	const Typed first = {.url = "http://one.example.org/"};
	const Typed second = {.url = "http://two.example.org/"};
	g_autoptr(SlUpstream) upstream = NULL;
	g_autoptr(GError) error = NULL;

	g_assert_true(add(f, &first, NULL));
	g_assert_false(add(f, &second, &error));
	g_assert_error(error, SL_ERROR, SL_ERROR_CONFLICT);
	upstream = sl_upstream_get(f->db, "debian", NULL);
	g_assert_cmpstr(upstream->url, ==, "http://one.example.org/");
}

static void
test_one_that_brought_updates_is_not_removed(Fixture *f, gconstpointer data)
{
	const Typed typed = {0};
	g_autoptr(GError) error = NULL;

	g_assert_true(add(f, &typed, NULL));
	g_assert_true(sl_upstream_remove(f->db, "debian", &error));
	g_assert_no_error(error);
	g_assert_cmpint(number_of(f, "SELECT count(*) FROM upstream_serves"), ==, 0);
	g_assert_false(sl_upstream_remove(f->db, "debian", &error));
	g_assert_error(error, SL_ERROR, SL_ERROR_NOT_FOUND);
	g_clear_error(&error);
	add_update(f, "a", "1");
	g_assert_false(sl_upstream_remove(f->db, "test", &error));
	g_assert_error(error, SL_ERROR, SL_ERROR_CONFLICT);
	g_assert_cmpint(number_of(f, "SELECT count(*) FROM upstream"), ==, 1);
	g_clear_error(&error);
	g_assert_true(sl_upstream_set_enabled(f->db, "test", false, NULL));
	g_assert_cmpint(number_of(f, "SELECT enabled FROM upstream"), ==, 0);
	g_assert_false(sl_upstream_set_enabled(f->db, "other", false, &error));
	g_assert_error(error, SL_ERROR, SL_ERROR_NOT_FOUND);
}

/* The release that a sync took, and what other keys make of it. */
static void
test_other_keys_forget_what_was_read_but_not_how_old_it_may_be(Fixture *f, gconstpointer data)
{
	char *others[] = {(char *)"FEDCBA9876543210FEDCBA9876543210FEDCBA98", NULL};
	g_autoptr(SlUpstream) upstream = sl_upstream_get(f->db, "test", NULL);
	g_autoptr(SlUpstream) after = NULL;
	g_autoptr(GBytes) key = g_bytes_new_static("other", 5);
	g_autoptr(GBytes) none = g_bytes_new_static("", 0);
	g_autoptr(GError) error = NULL;

	upstream->origin = g_strdup("Debian");
	upstream->codename = g_strdup("bookworm");
	upstream->release_sha256 = g_strdup("abc");
	upstream->release_etag = g_strdup("\"x\"");
	upstream->release_at = 1000;
	upstream->valid_until = 2000;
	g_assert_true(sl_upstream_set_release(f->db, upstream, NULL));
	g_assert_true(sl_upstream_set_keyring(f->db, "test", key, others, NULL));
	after = sl_upstream_get_by_id(f->db, 1, NULL);
	g_assert_cmpstr(after->fingerprints[0], ==, others[0]);
	g_assert_cmpuint(g_bytes_get_size(after->keyring), ==, 5);
	g_assert_null(after->release_sha256);
	g_assert_null(after->release_etag);
	g_assert_cmpint(after->release_at, ==, 1000); /* an older one is refused whoever signs it */
	g_assert_cmpstr(after->origin, ==, "Debian");
	g_assert_false(sl_upstream_set_keyring(f->db, "test", none, others, &error));
	g_assert_error(error, SL_ERROR, SL_ERROR_INVALID);
	g_clear_error(&error);
	g_assert_false(sl_upstream_set_keyring(f->db, "absent", key, others, &error));
	g_assert_error(error, SL_ERROR, SL_ERROR_NOT_FOUND);
	g_clear_error(&error);
	g_assert_null(sl_upstream_get_by_id(f->db, 99, &error));
	g_assert_error(error, SL_ERROR, SL_ERROR_NOT_FOUND);
}

static void
test_an_index_is_kept_once(Fixture *f, gconstpointer data)
{
	SlUpstreamIndex index = {(char *)"main", (char *)"amd64", (char *)"abc", 10};
	SlUpstreamIndex other = {(char *)"main", (char *)"arm64", (char *)"xyz", 30};
	g_autoptr(GPtrArray) indexes = NULL;

	g_assert_true(sl_upstream_index_set(f->db, 1, &other, NULL));
	g_assert_true(sl_upstream_index_set(f->db, 1, &index, NULL));
	index.sha256 = (char *)"def";
	index.size = 20;
	g_assert_true(sl_upstream_index_set(f->db, 1, &index, NULL));
	indexes = sl_upstream_index_list(f->db, 1, NULL);
	g_assert_cmpuint(indexes->len, ==, 2);
	g_assert_cmpstr(((SlUpstreamIndex *)indexes->pdata[0])->sha256, ==, "def");
	g_assert_cmpint(((SlUpstreamIndex *)indexes->pdata[0])->size, ==, 20);
	g_assert_cmpstr(((SlUpstreamIndex *)indexes->pdata[1])->architecture, ==, "arm64");
}

static void
test_all_are_listed_by_name(Fixture *f, gconstpointer data)
{
	const Typed typed = {.name = "alpha", .serves = "debian:trixie debian:bookworm"};
	g_autoptr(GPtrArray) upstreams = NULL;
	const SlUpstream *first;

	g_assert_true(add(f, &typed, NULL));
	upstreams = sl_upstream_list(f->db, NULL, NULL, NULL);
	g_assert_cmpuint(upstreams->len, ==, 2);
	first = upstreams->pdata[0];
	g_assert_cmpstr(first->name, ==, "alpha");
	g_assert_cmpstr(first->serves[0], ==, "debian:bookworm");
	g_assert_cmpstr(((SlUpstream *)upstreams->pdata[1])->name, ==, "test");
	g_assert_null(((SlUpstream *)upstreams->pdata[1])->serves[0]);
}

int
main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*test)(Fixture *f, gconstpointer data);
	} tests[] = {
		{"/source/wrong", test_a_field_that_is_wrong_is_named},
		{"/source/added", test_what_was_added_is_there_with_what_was_missing},
		{"/source/taken", test_a_name_is_taken_once},
		{"/source/removed", test_one_that_brought_updates_is_not_removed},
		{"/source/keys", test_other_keys_forget_what_was_read_but_not_how_old_it_may_be},
		{"/source/index", test_an_index_is_kept_once},
		{"/source/list", test_all_are_listed_by_name},
	};

	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(tests); i++)
		g_test_add(tests[i].name, Fixture, NULL, set_up, tests[i].test, tear_down);
	return g_test_run();
}
