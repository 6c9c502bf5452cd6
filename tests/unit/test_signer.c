/* A channel has one signing key, and never silently another */
#include <glib.h>
#include <string.h>
#include <sys/stat.h>

#include "catalog/base/fs.h"
#include "catalog/publish/signer.h"
#include "tests/unit/scratch.h"

#define UNKNOWN "0123456789ABCDEF0123456789ABCDEF01234567"

typedef struct {
	Scratch scratch;
	SlSigner *signer;
} Fixture;

static void
set_up(Fixture *f, gconstpointer data)
{
	g_autoptr(GError) error = NULL;

	scratch_set_up(&f->scratch, NULL);
	f->signer = sl_signer_new(f->scratch.path, &error);
	g_assert_no_error(error);
}

static void
tear_down(Fixture *f, gconstpointer data)
{
	sl_signer_free(f->signer);
	scratch_tear_down(&f->scratch, NULL);
}

static char *
key_of(Fixture *f, const char *channel, const char *known)
{
	g_autoptr(GError) error = NULL;
	char *fingerprint = sl_signer_fingerprint(f->signer, channel, known, &error);

	g_assert_no_error(error);
	return fingerprint;
}

static void
test_each_channel_has_a_key_that_stays(Fixture *f, gconstpointer data)
{
	g_autofree char *certification = key_of(f, "certification", NULL);
	g_autofree char *production = key_of(f, "production", NULL);
	g_autofree char *again = key_of(f, "production", NULL);
	g_autofree char *known = key_of(f, "production", production);
	g_autofree char *after = NULL;

	g_assert_cmpuint(strlen(production), ==, 40);
	g_assert_cmpstr(production, !=, certification);
	g_assert_cmpstr(again, ==, production);
	g_assert_cmpstr(known, ==, production);
	sl_signer_free(f->signer);
	f->signer = sl_signer_new(f->scratch.path, NULL);
	after = key_of(f, "production", production);
	g_assert_cmpstr(after, ==, production);
}

static void
test_a_key_that_is_gone_is_not_replaced(Fixture *f, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *made = NULL;
	g_autofree char *after = NULL;

	g_assert_null(sl_signer_fingerprint(f->signer, "production", UNKNOWN, &error));
	g_assert_error(error, SL_ERROR, SL_ERROR_INTEGRITY);
	g_assert_nonnull(strstr(error->message, UNKNOWN));
	g_clear_error(&error);
	/* also when another key of the channel is there */
	made = key_of(f, "production", NULL);
	g_assert_null(sl_signer_fingerprint(f->signer, "production", UNKNOWN, &error));
	g_assert_error(error, SL_ERROR, SL_ERROR_INTEGRITY);
	after = key_of(f, "production", NULL);
	g_assert_cmpstr(after, ==, made);
}

static gpointer
ask_for_key(gpointer data)
{
	return key_of(data, "production", NULL);
}

static void
test_threads_that_ask_first_get_the_same_key(Fixture *f, gconstpointer data)
{
	g_autofree char *first = NULL;
	GThread *threads[4];

	for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
		threads[i] = g_thread_new("key", ask_for_key, f);
	for (size_t i = 0; i < G_N_ELEMENTS(threads); i++) {
		g_autofree char *key = g_thread_join(threads[i]);

		if (!first)
			first = g_strdup(key);
		g_assert_cmpstr(key, ==, first);
	}
}

static void
test_an_unknown_key_signs_nothing_and_is_not_shown(Fixture *f, gconstpointer data)
{
	g_autoptr(GBytes) text = g_bytes_new_static("text\n", 5);
	g_autoptr(GError) error = NULL;

	g_assert_null(sl_signer_clear(f->signer, UNKNOWN, text, &error));
	g_assert_error(error, SL_ERROR, SL_ERROR_IO);
	g_clear_error(&error);
	g_assert_null(sl_signer_detach(f->signer, UNKNOWN, text, &error));
	g_assert_error(error, SL_ERROR, SL_ERROR_IO);
	g_clear_error(&error);
	g_assert_null(sl_signer_public_key(f->signer, UNKNOWN, false, &error));
	g_assert_nonnull(error);
}

static void
test_only_the_public_half_is_given_away(Fixture *f, gconstpointer data)
{
	g_autofree char *key = key_of(f, "production", NULL);
	g_autofree char *home = scratch_path(&f->scratch, "gnupg");
	g_autoptr(GBytes) armoured = sl_signer_public_key(f->signer, key, true, NULL);
	g_autoptr(GBytes) binary = sl_signer_public_key(f->signer, key, false, NULL);
	struct stat status;

	g_assert_true(g_str_has_prefix(g_bytes_get_data(armoured, NULL),
				       "-----BEGIN PGP PUBLIC KEY BLOCK-----"));
	/* a packet of tag 6, public key, in the old or the new form; of tag 5 it were a secret */
	g_assert_cmpuint(*(const guint8 *)g_bytes_get_data(binary, NULL) & 0xfc, ==, 0x98);
	g_assert_cmpint(stat(home, &status), ==, 0);
	g_assert_cmpint(status.st_mode & 077, ==, 0);
}

static void
test_a_path_that_is_too_long_is_refused_before_anything_is_made(Fixture *f, gconstpointer data)
{
	g_autofree char *name = g_strnfill(100, 'x');
	g_autofree char *path = scratch_path(&f->scratch, name);
	g_autoptr(GError) error = NULL;

	g_assert_null(sl_signer_new(path, &error));
	g_assert_error(error, SL_ERROR, SL_ERROR_INVALID);
	g_assert_nonnull(strstr(error->message, path));
	scratch_assert_names(&f->scratch, "gnupg"); /* the fixture's */
}

int
main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*test)(Fixture *f, gconstpointer data);
	} tests[] = {
		{"/signer/stays", test_each_channel_has_a_key_that_stays},
		{"/signer/gone", test_a_key_that_is_gone_is_not_replaced},
		{"/signer/threads", test_threads_that_ask_first_get_the_same_key},
		{"/signer/unknown", test_an_unknown_key_signs_nothing_and_is_not_shown},
		{"/signer/public", test_only_the_public_half_is_given_away},
		{"/signer/path", test_a_path_that_is_too_long_is_refused_before_anything_is_made},
	};

	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(tests); i++)
		g_test_add(tests[i].name, Fixture, NULL, set_up, tests[i].test, tear_down);
	return g_test_run();
}
