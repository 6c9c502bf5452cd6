/* What counts as signed, and that a keyring leaves nothing behind */
#include <glib.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "catalog/base/fs.h"
#include "catalog/publish/signer.h"
#include "catalog/upstream/keyring.h"
#include "tests/unit/scratch.h"

#define TEXT "Origin: somebody\nDate: some day\n"

typedef struct {
	Scratch scratch;
	SlSigner *signer;
	char *ours; /* fingerprints */
	char *other;
	GBytes *text;
	GBytes *keys; /* ours */
} Fixture;

static void
set_up(Fixture *f, gconstpointer data)
{
	g_autoptr(GError) error = NULL;

	scratch_set_up(&f->scratch, NULL);
	f->signer = sl_signer_new(f->scratch.path, &error);
	f->ours = sl_signer_fingerprint(f->signer, "ours", NULL, &error);
	f->other = sl_signer_fingerprint(f->signer, "other", NULL, &error);
	f->keys = sl_signer_public_key(f->signer, f->ours, false, &error);
	f->text = g_bytes_new_static(TEXT, strlen(TEXT));
	g_assert_no_error(error);
}

static void
tear_down(Fixture *f, gconstpointer data)
{
	sl_signer_free(f->signer);
	g_bytes_unref(f->keys);
	g_bytes_unref(f->text);
	g_free(f->ours);
	g_free(f->other);
	scratch_tear_down(&f->scratch, NULL);
}

/* Only the directory of this test is in the place for temporary ones. */
static void
assert_no_home_is_left(Fixture *f)
{
	sl_autofd int fd = sl_fs_open_dir(g_get_tmp_dir(), NULL);
	g_autoptr(GPtrArray) names = sl_fs_list(fd, ".", NULL);
	g_autofree char *own = g_path_get_basename(f->scratch.path);

	g_assert_cmpuint(names->len, ==, 1);
	g_assert_cmpstr(names->pdata[0], ==, own);
}

/* The home of a keyring that is in use: the one directory that is not this test's. */
static char *
home_of_keyring(Fixture *f)
{
	sl_autofd int fd = sl_fs_open_dir(g_get_tmp_dir(), NULL);
	g_autoptr(GPtrArray) names = sl_fs_list(fd, ".", NULL);
	g_autofree char *own = g_path_get_basename(f->scratch.path);
	bool first = strcmp(names->pdata[0], own) != 0;

	g_assert_cmpuint(names->len, ==, 2);
	return g_build_filename(g_get_tmp_dir(), names->pdata[first ? 0 : 1], NULL);
}

static SlKeyring *
keyring(Fixture *f, char *const *pinned)
{
	g_autoptr(GError) error = NULL;
	SlKeyring *ring = sl_keyring_new(f->keys, pinned, &error);

	g_assert_no_error(error);
	return ring;
}

static void
test_the_home_of_a_keyring_goes_with_it(Fixture *f, gconstpointer data)
{
	g_autoptr(GBytes) no_keys = g_bytes_new_static("no keys", 7);
	g_autoptr(GError) error = NULL;
	g_autoptr(SlKeyring) ring = keyring(f, NULL);
	g_auto(GStrv) fingerprints = sl_keyring_fingerprints(ring, NULL);

	g_assert_cmpuint(g_strv_length(fingerprints), ==, 1);
	g_assert_cmpstr(fingerprints[0], ==, f->ours);
	g_clear_pointer(&ring, sl_keyring_free);
	assert_no_home_is_left(f);
	g_assert_null(sl_keyring_new(no_keys, NULL, &error));
	g_assert_error(error, SL_ERROR, SL_ERROR_INVALID);
	assert_no_home_is_left(f);
}

static void
test_no_agent_is_started_for_a_keyring(Fixture *f, gconstpointer data)
{
	char *pinned[] = {f->ours, NULL};
	g_autoptr(SlKeyring) ring = keyring(f, pinned);
	g_autoptr(GBytes) clear = sl_signer_clear(f->signer, f->ours, f->text, NULL);
	g_autofree char *by = NULL;
	g_autoptr(GBytes) text = sl_keyring_verify_clear(ring, clear, &by, NULL);
	g_autofree char *home = home_of_keyring(f);
	g_autofree char *keys = g_build_filename(home, "pubring.kbx", NULL);
	g_autofree char *socket = g_build_filename(home, "S.gpg-agent", NULL);

	g_assert_nonnull(text);
	g_assert_true(g_file_test(keys, G_FILE_TEST_EXISTS));
	g_assert_false(g_file_test(socket, G_FILE_TEST_EXISTS));
}

static void
test_what_was_signed_comes_back_exactly(Fixture *f, gconstpointer data)
{
	char *pinned[] = {f->ours, NULL};
	g_autoptr(SlKeyring) ring = keyring(f, pinned);
	g_autoptr(GBytes) clear = sl_signer_clear(f->signer, f->ours, f->text, NULL);
	g_autoptr(GBytes) detached = sl_signer_detach(f->signer, f->ours, f->text, NULL);
	g_autofree char *by = NULL;
	g_autofree char *also_by = NULL;
	g_autoptr(GBytes) text = sl_keyring_verify_clear(ring, clear, &by, NULL);

	g_assert_nonnull(text);
	g_assert_true(g_bytes_equal(text, f->text));
	g_assert_cmpstr(by, ==, f->ours);
	g_assert_true(sl_keyring_verify_detached(ring, f->text, detached, &also_by, NULL));
	g_assert_cmpstr(also_by, ==, f->ours);
}

static void
assert_refused(SlKeyring *ring, const char *message, gssize size)
{
	g_autoptr(GBytes) bytes = g_bytes_new(message, size < 0 ? strlen(message) : (gsize)size);
	g_autoptr(GError) error = NULL;
	g_autofree char *by = NULL;

	g_assert_null(sl_keyring_verify_clear(ring, bytes, &by, &error));
	g_assert_error(error, SL_ERROR, SL_ERROR_INTEGRITY);
	g_assert_null(by);
}

static void
test_a_key_that_is_not_pinned_or_not_there_does_not_count(Fixture *f, gconstpointer data)
{
	char *pinned[] = {f->other, NULL};
	g_autoptr(SlKeyring) pinned_to_other = keyring(f, pinned);
	g_autoptr(SlKeyring) ours = keyring(f, NULL);
	g_autoptr(GBytes) by_ours = sl_signer_clear(f->signer, f->ours, f->text, NULL);
	g_autoptr(GBytes) by_other = sl_signer_clear(f->signer, f->other, f->text, NULL);
	gsize size;
	const char *message = g_bytes_get_data(by_ours, &size);

	assert_refused(pinned_to_other, message, (gssize)size);
	message = g_bytes_get_data(by_other, &size);
	assert_refused(ours, message, (gssize)size);
}

static void
test_a_text_that_is_not_all_signed_is_refused(Fixture *f, gconstpointer data)
{
	g_autoptr(SlKeyring) ring = keyring(f, NULL);
	g_autoptr(GBytes) clear = sl_signer_clear(f->signer, f->ours, f->text, NULL);
	g_autofree char *message =
		g_strndup(g_bytes_get_data(clear, NULL), g_bytes_get_size(clear));
	g_autofree char *before = g_strconcat("Origin: mallory\n", message, NULL);
	g_autofree char *after = g_strconcat(message, "Origin: mallory\n", NULL);
	g_autofree char *twice = g_strconcat(message, message, NULL);
	g_autofree char *changed = g_strdup(message);

	*strstr(changed, "somebody") = 'S';
	assert_refused(ring, before, -1);
	assert_refused(ring, after, -1);
	assert_refused(ring, twice, -1);
	assert_refused(ring, changed, -1);
	assert_refused(ring, TEXT, -1);
	assert_refused(ring, "", -1);
	assert_refused(ring, message, (gssize)strlen(message) / 2);
}

static void
test_the_signature_of_another_text_is_refused(Fixture *f, gconstpointer data)
{
	g_autoptr(SlKeyring) ring = keyring(f, NULL);
	g_autoptr(GBytes) other_text = g_bytes_new_static("other", 5);
	g_autoptr(GBytes) signature = sl_signer_detach(f->signer, f->ours, other_text, NULL);
	g_autoptr(GBytes) nothing = g_bytes_new_static("", 0);
	g_autoptr(GError) error = NULL;
	g_autofree char *by = NULL;

	g_assert_false(sl_keyring_verify_detached(ring, f->text, signature, &by, &error));
	g_assert_error(error, SL_ERROR, SL_ERROR_INTEGRITY);
	g_clear_error(&error);
	g_assert_false(sl_keyring_verify_detached(ring, f->text, nothing, &by, &error));
	g_assert_error(error, SL_ERROR, SL_ERROR_INTEGRITY);
	g_assert_null(by);
}

int
main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*test)(Fixture *f, gconstpointer data);
	} tests[] = {
		{"/keyring/home", test_the_home_of_a_keyring_goes_with_it},
		{"/keyring/agent", test_no_agent_is_started_for_a_keyring},
		{"/keyring/signed", test_what_was_signed_comes_back_exactly},
		{"/keyring/pinned", test_a_key_that_is_not_pinned_or_not_there_does_not_count},
		{"/keyring/around", test_a_text_that_is_not_all_signed_is_refused},
		{"/keyring/other-text", test_the_signature_of_another_text_is_refused},
	};
	char place[] = "/tmp/slXXXXXX";
	int result;

	g_assert_nonnull(mkdtemp(place));
	g_assert_true(g_setenv("TMPDIR", place, TRUE));
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(tests); i++)
		g_test_add(tests[i].name, Fixture, NULL, set_up, tests[i].test, tear_down);
	result = g_test_run();
	g_assert_cmpint(rmdir(place), ==, 0);
	return result;
}
