/* A sealed message is the one that was signed and sealed, or nothing */
#include <glib.h>
#include <string.h>
#include <sys/stat.h>

#include "catalog/base/fs.h"
#include "catalog/base/seal.h"
#include "tests/unit/scratch.h"

#define OVERHEAD   48 /* bytes that crypto_box_seal adds */
#define HEADER	   72 /* signature and machine in front of the body */
#define SERVER	   "server one"
#define LARGE_BODY (1024 * 1024)

typedef struct {
	Scratch scratch;
	SlSealKeys *machine;
	SlSealKeys *server;
	SlSealKeys *other;
} Fixture;

static void
set_up(Fixture *f, gconstpointer data)
{
	scratch_set_up(&f->scratch, NULL);
	f->machine = sl_seal_keys_new();
	f->server = sl_seal_keys_new();
	f->other = sl_seal_keys_new();
}

static void
tear_down(Fixture *f, gconstpointer data)
{
	sl_seal_keys_free(f->machine);
	sl_seal_keys_free(f->server);
	sl_seal_keys_free(f->other);
	scratch_tear_down(&f->scratch, NULL);
}

static GBytes *
make(Fixture *f, const void *body, size_t size)
{
	g_autoptr(GError) error = NULL;
	GBytes *message = sl_seal_make(f->machine, sl_seal_keys_public(f->server), SL_SEAL_CHECKIN,
				       SERVER, 7, body, size, &error);

	g_assert_no_error(error);
	return message;
}

static SlSealed *
open_bytes(const SlSealKeys *keys, GBytes *message, GError **error)
{
	return sl_seal_open(keys, g_bytes_get_data(message, NULL), g_bytes_get_size(message),
			    error);
}

/* Bodies on both sides of a step, and such as look like padding. */
static void
test_a_body_comes_back_whatever_its_size(Fixture *f, gconstpointer data)
{
	static const struct {
		size_t size;
		size_t padded;
	} rows[] = {
		{0, 4096},
		{1, 4096},
		{4096 - HEADER - 1, 4096},
		{4096 - HEADER, 8192},
		{8192 - HEADER - 1, 8192},
		{8192 - HEADER, 16384},
		{100000, 131072},
		{LARGE_BODY - HEADER - 1, LARGE_BODY},
	};
	static const int fillings[] = {'x', 0, 0x80};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
		for (size_t j = 0; j < G_N_ELEMENTS(fillings); j++) {
			g_autofree char *body = g_malloc(rows[i].size + 1);
			g_autoptr(GBytes) message = NULL;
			g_autoptr(SlSealed) sealed = NULL;
			const char *opened;
			size_t size = 0;

			memset(body, fillings[j], rows[i].size);
			message = make(f, body, rows[i].size);
			g_assert_cmpuint(g_bytes_get_size(message), ==, rows[i].padded + OVERHEAD);
			sealed = open_bytes(f->server, message, NULL);
			g_assert_nonnull(sealed);
			g_assert_cmpint(sl_sealed_machine(sealed), ==, 7);
			opened = sl_sealed_verify(sealed, sl_seal_keys_public(f->machine)->sign,
						  SL_SEAL_CHECKIN, SERVER, &size, NULL);
			assert_bytes(opened, size, body, rows[i].size);
		}
}

static void
test_a_body_that_is_too_large_is_refused(Fixture *f, gconstpointer data)
{
	g_autofree char *body = g_malloc0(LARGE_BODY);
	g_autoptr(GError) error = NULL;

	g_assert_null(sl_seal_make(f->machine, sl_seal_keys_public(f->server), SL_SEAL_CHECKIN,
				   SERVER, 7, body, LARGE_BODY - HEADER, &error));
	g_assert_error(error, SL_ERROR, SL_ERROR_LIMIT);
}

static void
test_a_machine_is_any_number(Fixture *f, gconstpointer data)
{
	static const int64_t machines[] = {0, 1, -1, INT64_MIN, INT64_MAX};

	for (size_t i = 0; i < G_N_ELEMENTS(machines); i++) {
		g_autoptr(GBytes) message =
			sl_seal_make(f->machine, sl_seal_keys_public(f->server), SL_SEAL_CHECKIN,
				     SERVER, machines[i], "x", 1, NULL);
		g_autoptr(SlSealed) sealed = open_bytes(f->server, message, NULL);

		g_assert_cmpint(sl_sealed_machine(sealed), ==, machines[i]);
	}
}

static void
test_only_the_recipient_opens_it(Fixture *f, gconstpointer data)
{
	g_autoptr(GBytes) message = make(f, "hello", 5);
	g_autoptr(GBytes) again = make(f, "hello", 5);
	g_autoptr(GError) error = NULL;

	g_assert_null(open_bytes(f->other, message, &error));
	g_assert_error(error, SL_ERROR, SL_ERROR_INTEGRITY);
	g_assert_null(open_bytes(f->machine, message, NULL));
	g_assert_false(g_bytes_equal(message, again)); /* nobody sees that they say the same */
}

static void
test_a_message_cut_off_anywhere_does_not_open(Fixture *f, gconstpointer data)
{
	g_autoptr(GBytes) message = make(f, "hello", 5);
	gsize size;
	const char *bytes = g_bytes_get_data(message, &size);
	g_autofree char *longer = g_malloc0(2 * size);

	for (size_t length = 0; length < size; length++) {
		/* in memory of its own, so that reading beyond it is noticed */
		g_autofree char *cut = g_memdup2(bytes, length);
		g_autoptr(GError) error = NULL;

		g_assert_null(sl_seal_open(f->server, cut, length, &error));
		g_assert_error(error, SL_ERROR, SL_ERROR_INTEGRITY);
	}
	memcpy(longer, bytes, size);
	g_assert_null(sl_seal_open(f->server, longer, size + 1, NULL));
	g_assert_null(sl_seal_open(f->server, longer, 2 * size, NULL));
}

static void
test_a_message_with_a_changed_bit_does_not_open(Fixture *f, gconstpointer data)
{
	g_autoptr(GBytes) message = make(f, "hello", 5);
	gsize size;
	g_autofree uint8_t *bytes = g_memdup2(g_bytes_get_data(message, &size), 4096 + OVERHEAD);

	for (size_t i = 0; i < size; i++) {
		bytes[i] ^= (uint8_t)(1 << i % 8);
		g_assert_null(sl_seal_open(f->server, bytes, size, NULL));
		bytes[i] ^= (uint8_t)(1 << i % 8);
	}
}

/* What was signed: by whom, for what, for which server. */
static void
test_a_signature_counts_for_one_purpose_only(Fixture *f, gconstpointer data)
{
	g_autoptr(GBytes) message = make(f, "hello", 5);
	g_autoptr(SlSealed) sealed = open_bytes(f->server, message, NULL);
	const struct {
		const SlSealKeys *keys;
		const char *context;
		const char *server;
	} rows[] = {
		{f->other, SL_SEAL_CHECKIN, SERVER},
		{f->server, SL_SEAL_CHECKIN, SERVER},
		{f->machine, SL_SEAL_ENROLL, SERVER},
		{f->machine, SL_SEAL_ANSWER, SERVER},
		{f->machine, SL_SEAL_CHECKIN, "server two"},
		{f->machine, SL_SEAL_CHECKIN, ""},
		{f->machine, SL_SEAL_CHECKIN "s", "erver one"}, /* the same letters */
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GError) error = NULL;
		size_t size = 99;

		g_assert_null(sl_sealed_verify(sealed, sl_seal_keys_public(rows[i].keys)->sign,
					       rows[i].context, rows[i].server, &size, &error));
		g_assert_error(error, SL_ERROR, SL_ERROR_INTEGRITY);
		g_assert_cmpuint(size, ==, 99);
	}
}

/* Anybody can seal to the server; what they seal is not by the machine that they name. */
static void
test_another_machines_name_needs_its_key(Fixture *f, gconstpointer data)
{
	g_autoptr(GBytes) forged = sl_seal_make(f->other, sl_seal_keys_public(f->server),
						SL_SEAL_CHECKIN, SERVER, 7, "{}", 2, NULL);
	g_autoptr(SlSealed) sealed = open_bytes(f->server, forged, NULL);
	const char *unverified;
	size_t size;

	g_assert_cmpint(sl_sealed_machine(sealed), ==, 7);
	unverified = sl_sealed_unverified(sealed, &size);
	assert_bytes(unverified, size, "{}", 2);
	g_assert_null(sl_sealed_verify(sealed, sl_seal_keys_public(f->machine)->sign,
				       SL_SEAL_CHECKIN, SERVER, &size, NULL));
}

static void
test_saved_keys_are_the_same_and_nobody_elses_to_read(Fixture *f, gconstpointer data)
{
	g_autofree char *path = scratch_path(&f->scratch, "keys");
	g_autoptr(GBytes) message = make(f, "hello", 5);
	g_autoptr(SlSealKeys) loaded = NULL;
	g_autoptr(SlSealed) sealed = NULL;
	struct stat status;

	g_assert_true(sl_seal_keys_save(f->server, f->scratch.fd, "keys", NULL));
	g_assert_cmpint(stat(path, &status), ==, 0);
	g_assert_cmpint(status.st_mode & 07777, ==, 0600);
	loaded = sl_seal_keys_load(f->scratch.fd, "keys", NULL);
	g_assert_nonnull(loaded);
	assert_bytes(sl_seal_keys_public(loaded), sizeof(SlSealPublic),
		     sl_seal_keys_public(f->server), sizeof(SlSealPublic));
	sealed = open_bytes(loaded, message, NULL);
	g_assert_nonnull(sealed);
	scratch_assert_names(&f->scratch, "keys");
}

static void
test_saved_keys_are_never_replaced(Fixture *f, gconstpointer data)
{
	g_autoptr(SlSealKeys) loaded = NULL;
	g_autoptr(GError) error = NULL;

	g_assert_true(sl_seal_keys_save(f->server, f->scratch.fd, "keys", NULL));
	g_assert_false(sl_seal_keys_save(f->other, f->scratch.fd, "keys", &error));
	g_assert_error(error, SL_ERROR, SL_ERROR_CONFLICT);
	loaded = sl_seal_keys_load(f->scratch.fd, "keys", NULL);
	assert_bytes(sl_seal_keys_public(loaded), sizeof(SlSealPublic),
		     sl_seal_keys_public(f->server), sizeof(SlSealPublic));
	scratch_assert_names(&f->scratch, "keys");
}

static gpointer
save(gpointer data)
{
	const Fixture *f = data;
	g_autoptr(SlSealKeys) keys = sl_seal_keys_new();
	bool saved = sl_seal_keys_save(keys, f->scratch.fd, "keys", NULL);

	return saved ? g_memdup2(sl_seal_keys_public(keys), sizeof(SlSealPublic)) : NULL;
}

/* Whoever is told "saved" finds its own keys there, and no other is told so. */
static void
test_of_many_that_save_keys_one_does(Fixture *f, gconstpointer data)
{
	for (int round = 0; round < 20; round++) {
		g_autoptr(SlSealKeys) loaded = NULL;
		GThread *threads[4];
		int saved = 0;

		for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
			threads[i] = g_thread_new("save", save, f);
		for (size_t i = 0; i < G_N_ELEMENTS(threads); i++) {
			g_autofree SlSealPublic *public = g_thread_join(threads[i]);

			if (!public)
				continue;
			saved++;
			loaded = sl_seal_keys_load(f->scratch.fd, "keys", NULL);
			assert_bytes(public, sizeof *public, sl_seal_keys_public(loaded),
				     sizeof *public);
		}
		g_assert_cmpint(saved, ==, 1);
		g_assert_true(sl_fs_remove(f->scratch.fd, "keys", NULL));
	}
}

static void
test_what_is_no_pair_of_keys_is_not_loaded(Fixture *f, gconstpointer data)
{
	g_autofree char *zeros = g_malloc0(97);
	g_autoptr(GError) error = NULL;

	g_assert_null(sl_seal_keys_load(f->scratch.fd, "keys", &error));
	g_assert_error(error, SL_ERROR, SL_ERROR_NOT_FOUND);
	g_clear_error(&error);
	scratch_write(&f->scratch, "keys", zeros, 95);
	g_assert_null(sl_seal_keys_load(f->scratch.fd, "keys", &error));
	g_assert_error(error, SL_ERROR, SL_ERROR_INTEGRITY);
	g_clear_error(&error);
	scratch_write(&f->scratch, "keys", zeros, 97);
	g_assert_null(sl_seal_keys_load(f->scratch.fd, "keys", &error));
	g_assert_error(error, SL_ERROR, SL_ERROR_LIMIT);
}

static void
test_base64_is_exact(Fixture *f, gconstpointer data)
{
	static const char *const refused[] = {
		"",	"AAA",	 "AAAAA",    "AAA=",  "AA A",  "AA\nAA",   "A+AA",
		"A/AA", "AAAA=", "AAAA====", " AAAA", "AAAA ", "\xc3\xa4", "AAAAAAAA"};
	uint8_t bytes[64], back[64];

	for (size_t size = 0; size <= sizeof bytes; size++) {
		g_autofree char *text = NULL;

		for (size_t i = 0; i < size; i++)
			bytes[i] = (uint8_t)(255 - 3 * i);
		text = sl_seal_base64(bytes, size);
		g_assert_null(strpbrk(text, "+/="));
		g_assert_true(sl_seal_unbase64(text, back, size, NULL));
		assert_bytes(back, size, bytes, size);
	}
	memset(back, 7, sizeof back);
	for (size_t i = 0; i < G_N_ELEMENTS(refused); i++) {
		g_autoptr(GError) error = NULL;

		g_assert_false(sl_seal_unbase64(refused[i], back, 3, &error));
		g_assert_error(error, SL_ERROR, SL_ERROR_INVALID);
		g_assert_cmpint(back[0], ==, 7);
	}
	/* one byte is written in one way only */
	g_assert_true(sl_seal_unbase64("AA", back, 1, NULL));
	g_assert_false(sl_seal_unbase64("AB", back, 1, NULL));
}

static void
test_random_texts_differ(Fixture *f, gconstpointer data)
{
	g_autofree char *a = sl_seal_random_text(16);
	g_autofree char *b = sl_seal_random_text(16);

	g_assert_cmpuint(strlen(a), ==, 22);
	g_assert_cmpstr(a, !=, b);
}

int
main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*test)(Fixture *f, gconstpointer data);
	} tests[] = {
		{"/seal/body", test_a_body_comes_back_whatever_its_size},
		{"/seal/too-large", test_a_body_that_is_too_large_is_refused},
		{"/seal/machine", test_a_machine_is_any_number},
		{"/seal/recipient", test_only_the_recipient_opens_it},
		{"/seal/cut-off", test_a_message_cut_off_anywhere_does_not_open},
		{"/seal/changed", test_a_message_with_a_changed_bit_does_not_open},
		{"/seal/purpose", test_a_signature_counts_for_one_purpose_only},
		{"/seal/forged", test_another_machines_name_needs_its_key},
		{"/seal/saved", test_saved_keys_are_the_same_and_nobody_elses_to_read},
		{"/seal/not-replaced", test_saved_keys_are_never_replaced},
		{"/seal/raced", test_of_many_that_save_keys_one_does},
		{"/seal/not-loaded", test_what_is_no_pair_of_keys_is_not_loaded},
		{"/seal/base64", test_base64_is_exact},
		{"/seal/random", test_random_texts_differ},
	};

	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(tests); i++)
		g_test_add(tests[i].name, Fixture, NULL, set_up, tests[i].test, tear_down);
	return g_test_run();
}
