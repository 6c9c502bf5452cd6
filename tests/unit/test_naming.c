/* What a person types means one update, or is answered with what there is */
#include <glib.h>
#include <inttypes.h>
#include <string.h>

#include "catalog/naming.h"
#include "catalog/update.h"
#include "tests/unit/publishing.h"

/* An update of another upstream, of the same suite; nothing is ever fetched from it. */
static void
add_extra(Fixture *f, const char *name, const char *version)
{
	execute(f,
		"INSERT INTO upstream (id, name, kind, role, url, suite, components, architectures,"
		" publish_suite, keyring, fingerprints, added_at) VALUES (2, 'extra', 'debian',"
		" 'updates', 'http://extra.example.org/', 's', 'main', 'amd64', 's', x'00', '', 0)"
		" ON CONFLICT DO NOTHING");
	execute(f,
		"INSERT INTO updates (id, upstream_id, name, version, summary, released_at,"
		" released_exact, seen_at) VALUES (%" PRId64 ", 2, '%s', '%s', '', 0, 1, 0)",
		++f->updates, name, version);
}

static void
withdraw(Fixture *f, int64_t id)
{
	execute(f, "UPDATE updates SET withdrawn_at = 1 WHERE id = %" PRId64, id);
}

static void
fill(Fixture *f)
{
	int64_t id;

	add_update(f, "openssl", "1");
	add_update(f, "openssl", "1.10");
	add_update(f, "openssl", "1.9");
	withdraw(f, add_update(f, "openssl", "2"));
	set_approval(f, 1, "approved");
	set_approval(f, 3, "approved");
	add_update(f, "curl", "1");
	add_extra(f, "curl", "2");
	/* a package of another name than its source */
	id = add_update(f, "binutils", "1");
	execute(f, "UPDATE package SET name = 'ld' WHERE id = %" PRId64, id);
	/* the one that was approved last has left the upstream, the one before came back */
	set_approval(f, add_update(f, "bind9", "1"), "approved");
	id = add_update(f, "bind9", "2");
	set_approval(f, id, "approved");
	withdraw(f, id);
	/* nothing but withdrawn */
	withdraw(f, add_update(f, "gone", "1"));
	withdraw(f, add_update(f, "gone", "1:0.1"));
	set_approval(f, add_update(f, "gnupg2", "1"), "recalled");
}

static const struct {
	const char *text;
	SlNaming naming;
	const char *means; /* NULL: nothing */
	int code;
	const char *says;
} rows[] = {
	{"openssl", SL_NAMING_NEWEST, "test/openssl=1.10", 0, NULL},
	{"openssl", SL_NAMING_APPROVED, "test/openssl=1.9", 0, NULL},
	{"test/openssl", SL_NAMING_NEWEST, "test/openssl=1.10", 0, NULL},
	{"openssl=1", SL_NAMING_NEWEST, "test/openssl=1", 0, NULL},
	{"openssl=1", SL_NAMING_APPROVED, "test/openssl=1", 0, NULL},
	{"openssl=2", SL_NAMING_NEWEST, "test/openssl=2", 0, NULL},
	{"test/openssl=1.9", SL_NAMING_NEWEST, "test/openssl=1.9", 0, NULL},
	/* a version that is named need not be approved: that is for the caller to say */
	{"openssl=1.10", SL_NAMING_APPROVED, "test/openssl=1.10", 0, NULL},
	{"openssl=3", SL_NAMING_NEWEST, NULL, SL_ERROR_NOT_FOUND, "openssl=3"},
	{"openssl=1.0", SL_NAMING_NEWEST, NULL, SL_ERROR_NOT_FOUND, "openssl=1.0"},
	{"OpenSSL", SL_NAMING_NEWEST, NULL, SL_ERROR_NOT_FOUND, "no update 'OpenSSL'"},
	{"opensll", SL_NAMING_NEWEST, NULL, SL_ERROR_NOT_FOUND, "similar: openssl"},
	{"openssl=9", SL_NAMING_NEWEST, NULL, SL_ERROR_NOT_FOUND, "'openssl=9': there is "},
	{"ssl", SL_NAMING_NEWEST, NULL, SL_ERROR_NOT_FOUND, "similar: openssl"},
	{"other/openssl", SL_NAMING_NEWEST, NULL, SL_ERROR_NOT_FOUND, "other/openssl"},
	{"curl", SL_NAMING_NEWEST, NULL, SL_ERROR_CONFLICT, "extra/curl=2"},
	{"test/curl", SL_NAMING_NEWEST, "test/curl=1", 0, NULL},
	{"extra/curl", SL_NAMING_NEWEST, "extra/curl=2", 0, NULL},
	{"curl=2", SL_NAMING_NEWEST, "extra/curl=2", 0, NULL},
	{"curl", SL_NAMING_APPROVED, NULL, SL_ERROR_NOT_FOUND, "no version of 'curl' is approved"},
	{"ld", SL_NAMING_NEWEST, "test/binutils=1", 0, NULL},
	{"test/ld=1", SL_NAMING_NEWEST, "test/binutils=1", 0, NULL},
	{"bind9", SL_NAMING_NEWEST, "test/bind9=1", 0, NULL},
	/* what the channel has, whatever became of it upstream: this is how a bad one is recalled
	 */
	{"bind9", SL_NAMING_APPROVED, "test/bind9=2", 0, NULL},
	{"gone", SL_NAMING_NEWEST, "test/gone=1:0.1", 0, NULL},
	{"gnupg2", SL_NAMING_APPROVED, NULL, SL_ERROR_NOT_FOUND, "no version of 'gnupg2'"},
	{"", SL_NAMING_NEWEST, NULL, SL_ERROR_INVALID, "names no update"},
	{"=1", SL_NAMING_NEWEST, NULL, SL_ERROR_INVALID, "names no update"},
	{"/openssl", SL_NAMING_NEWEST, NULL, SL_ERROR_INVALID, "names no update"},
	{"test/", SL_NAMING_NEWEST, NULL, SL_ERROR_INVALID, "names no update"},
	{"test/openssl/x", SL_NAMING_NEWEST, NULL, SL_ERROR_INVALID, "names no update"},
	{"openssl=", SL_NAMING_NEWEST, NULL, SL_ERROR_INVALID, "names no update"},
	{"openssl=1=2", SL_NAMING_NEWEST, NULL, SL_ERROR_INVALID, "names no update"},
	{"openssl=1 ", SL_NAMING_NEWEST, NULL, SL_ERROR_INVALID, "names no update"},
	{"openssl =1", SL_NAMING_NEWEST, NULL, SL_ERROR_INVALID, "names no update"},
	{"../openssl", SL_NAMING_NEWEST, NULL, SL_ERROR_NOT_FOUND, "../openssl"},
	{"-openssl", SL_NAMING_NEWEST, NULL, SL_ERROR_INVALID, "names no update"},
	{"openssl\n", SL_NAMING_NEWEST, NULL, SL_ERROR_INVALID, "openssl\\x0a"},
	{"%", SL_NAMING_NEWEST, NULL, SL_ERROR_NOT_FOUND, "no update '%'"},
	{"open%", SL_NAMING_NEWEST, NULL, SL_ERROR_NOT_FOUND, "no update 'open%'"},
	{"openss_", SL_NAMING_NEWEST, NULL, SL_ERROR_NOT_FOUND, "no update 'openss_'"},
};

static void
test_a_name_means_one_update_or_says_what_there_is(Fixture *f, gconstpointer data)
{
	fill(f);
	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GError) error = NULL;
		g_autoptr(SlUpdate) update = NULL;
		g_autofree char *text = NULL;
		int64_t id = sl_naming_find(f->db, rows[i].text, rows[i].naming, 1, &error);

		g_test_message("%s", rows[i].text);
		if (rows[i].means) {
			g_assert_no_error(error);
			update = sl_update_get(f->db, id, NULL);
			text = sl_update_text(update);
			g_assert_cmpstr(text, ==, rows[i].means);
		} else {
			g_assert_cmpint(id, ==, 0);
			g_assert_error(error, SL_ERROR, rows[i].code);
			g_assert_nonnull(strstr(error->message, rows[i].says));
		}
	}
}

/* Approved somewhere else is not approved here. */
static void
test_each_channel_has_its_own(Fixture *f, gconstpointer data)
{
	g_autoptr(GError) error = NULL;

	fill(f);
	g_assert_cmpint(sl_naming_find(f->db, "openssl", SL_NAMING_APPROVED, 2, &error), ==, 0);
	g_assert_error(error, SL_ERROR, SL_ERROR_NOT_FOUND);
}

static void
test_a_long_name_is_answered_too(Fixture *f, gconstpointer data)
{
	g_autofree char *name = g_strnfill(200, 'x');
	g_autofree char *longer = g_strnfill(100000, 'x');
	g_autoptr(GError) error = NULL;

	fill(f);
	add_update(f, name, "1");
	g_assert_cmpint(sl_naming_find(f->db, name, SL_NAMING_NEWEST, 0, NULL), ==, f->updates);
	name[199] = 'y';
	g_assert_cmpint(sl_naming_find(f->db, name, SL_NAMING_NEWEST, 0, &error), ==, 0);
	g_assert_error(error, SL_ERROR, SL_ERROR_NOT_FOUND);
	g_clear_error(&error);
	g_assert_cmpint(sl_naming_find(f->db, longer, SL_NAMING_NEWEST, 0, &error), ==, 0);
	g_assert_error(error, SL_ERROR, SL_ERROR_INVALID);
	g_assert_cmpuint(strlen(error->message), <, 1000);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add("/naming/table", Fixture, NULL, set_up,
		   test_a_name_means_one_update_or_says_what_there_is, tear_down);
	g_test_add("/naming/channel", Fixture, NULL, set_up, test_each_channel_has_its_own,
		   tear_down);
	g_test_add("/naming/long", Fixture, NULL, set_up, test_a_long_name_is_answered_too,
		   tear_down);
	return g_test_run();
}
