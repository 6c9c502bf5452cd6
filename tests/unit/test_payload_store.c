/* A name in the store is a whole, verified file; everything else is thrown away */
#include <fcntl.h>
#include <glib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "catalog/base/fs.h"
#include "catalog/base/hash.h"
#include "catalog/payload_store.h"
#include "tests/unit/scratch.h"

#define HELLO	     "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
#define HELLO_STORED "pool/2c/" HELLO
#define HELLO_PART   "pool/partial/" HELLO

typedef struct {
	Scratch scratch;
	SlPayloadStore *store;
	int fetching; /* threads that still do */
} Fixture;

static void
set_up(Fixture *f, gconstpointer data)
{
	scratch_set_up(&f->scratch, NULL);
	f->store = sl_payload_store_open(f->scratch.fd, NULL);
	g_assert_nonnull(f->store);
}

static void
tear_down(Fixture *f, gconstpointer data)
{
	sl_payload_store_free(f->store);
	scratch_tear_down(&f->scratch, NULL);
}

static bool
exists(Fixture *f, const char *path)
{
	return faccessat(f->scratch.fd, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* Writes the partial of a payload and leaves it open. */
static int
download(SlPayloadStore *store, const char *sha256, const char *text)
{
	g_autoptr(GError) error = NULL;
	int fd = sl_payload_store_open_partial(store, sha256, &error);

	g_assert_no_error(error);
	g_assert_true(sl_fs_write_all(fd, text, strlen(text), NULL));
	return fd;
}

static void
test_a_payload_that_is_what_was_promised_gets_its_name(Fixture *f, gconstpointer data)
{
	sl_autofd int fd = download(f->store, HELLO, "hello");
	sl_autofd int stored = -1;
	g_autoptr(GError) error = NULL;

	g_assert_false(sl_payload_store_has(f->store, HELLO, 5));
	g_assert_cmpint(sl_payload_store_partial_size(f->store, HELLO), ==, 5);
	g_assert_true(sl_payload_store_add(f->store, HELLO, 5, &error));
	g_assert_no_error(error);
	g_assert_true(sl_payload_store_has(f->store, HELLO, 5));
	g_assert_false(sl_payload_store_has(f->store, HELLO, 6));
	g_assert_true(sl_payload_store_check(f->store, HELLO, NULL));
	g_assert_false(exists(f, HELLO_PART));
	g_assert_cmpint(sl_payload_store_partial_size(f->store, HELLO), ==, 0);
	stored = sl_payload_store_read(f->store, HELLO, NULL);
	g_assert_cmpint(stored, >=, 0);
	scratch_assert_text(&f->scratch, HELLO_STORED, "hello");
}

static void
test_other_bytes_or_another_size_are_thrown_away(Fixture *f, gconstpointer data)
{
	static const struct {
		const char *text;
		int64_t size;
	} rows[] = {
		{"jello", 5},  {"hello", 4}, {"hello", 6}, {"hell", 5},
		{"hello!", 5}, {"", 5},	     {"", 0},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		sl_autofd int fd = download(f->store, HELLO, rows[i].text);
		g_autoptr(GError) error = NULL;

		g_assert_false(sl_payload_store_add(f->store, HELLO, rows[i].size, &error));
		g_assert_error(error, SL_ERROR, SL_ERROR_INTEGRITY);
		g_assert_nonnull(strstr(error->message, HELLO));
		g_assert_false(exists(f, HELLO_STORED));
		g_assert_false(exists(f, HELLO_PART));
	}
}

static void
test_the_same_payload_twice_is_one(Fixture *f, gconstpointer data)
{
	for (int i = 0; i < 2; i++) {
		sl_autofd int fd = download(f->store, HELLO, "hello");

		g_assert_true(sl_payload_store_add(f->store, HELLO, 5, NULL));
	}
	scratch_assert_text(&f->scratch, HELLO_STORED, "hello");
}

/* What is in the store stays there whatever somebody else makes of its name. */
static void
test_a_bad_download_does_not_touch_what_is_stored(Fixture *f, gconstpointer data)
{
	int good = download(f->store, HELLO, "hello");
	sl_autofd int bad = -1;

	g_assert_true(sl_payload_store_add(f->store, HELLO, 5, NULL));
	/* the descriptor of the file that is stored now is no partial any more */
	g_assert_false(sl_payload_store_is_partial(f->store, HELLO, good));
	close(good);
	bad = download(f->store, HELLO, "jello");
	g_assert_false(sl_payload_store_add(f->store, HELLO, 5, NULL));
	scratch_assert_text(&f->scratch, HELLO_STORED, "hello");
}

static void
test_a_partial_is_one_callers_alone(Fixture *f, gconstpointer data)
{
	int first = download(f->store, HELLO, "he");
	sl_autofd int second = -1;
	g_autoptr(GError) error = NULL;

	g_assert_cmpint(sl_payload_store_open_partial(f->store, HELLO, &error), ==, -1);
	g_assert_error(error, SL_ERROR, SL_ERROR_BUSY);
	close(first);
	second = sl_payload_store_open_partial(f->store, HELLO, NULL);
	g_assert_cmpint(second, >=, 0);
	g_assert_cmpint(sl_payload_store_partial_size(f->store, HELLO), ==, 2); /* to go on with */
}

static gpointer
fetch(gpointer data)
{
	Fixture *f = data;

	for (int added = 0; added < 20;) {
		g_autoptr(GError) error = NULL;
		sl_autofd int fd = sl_payload_store_open_partial(f->store, HELLO, &error);

		if (fd < 0) {
			g_assert_error(error, SL_ERROR, SL_ERROR_BUSY);
			g_thread_yield();
			continue;
		}
		g_assert_cmpint(ftruncate(fd, 0), ==, 0);
		g_assert_true(sl_fs_write_all(fd, "hello", 5, NULL));
		sl_payload_store_add(f->store, HELLO, 5, &error);
		g_assert_no_error(error);
		added++;
	}
	g_atomic_int_dec_and_test(&f->fetching);
	return NULL;
}

static void
test_threads_that_fetch_the_same_payload_agree(Fixture *f, gconstpointer data)
{
	GThread *threads[4];

	f->fetching = G_N_ELEMENTS(threads);
	for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
		threads[i] = g_thread_new("fetch", fetch, f);
	/* what nobody writes to is pruned meanwhile, and nothing else */
	while (g_atomic_int_get(&f->fetching) > 0) {
		g_autoptr(GError) error = NULL;

		sl_payload_store_prune_partials(f->store, INT64_MAX, &error);
		g_assert_no_error(error);
	}
	for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
		g_thread_join(threads[i]);
	scratch_assert_text(&f->scratch, HELLO_STORED, "hello");
	g_assert_false(exists(f, HELLO_PART));
}

static void
test_old_partials_go_unless_somebody_has_them(Fixture *f, gconstpointer data)
{
	static const char *const texts[] = {"old", "new", "in use"};
	const struct timespec old[] = {{.tv_sec = 1000}, {.tv_sec = 1000}};
	char *names[3];
	int fds[3];

	for (int i = 0; i < 3; i++) {
		names[i] = sl_hash_bytes(texts[i], strlen(texts[i]));
		fds[i] = download(f->store, names[i], texts[i]);
		if (i != 1)
			g_assert_cmpint(futimens(fds[i], old), ==, 0);
	}
	close(fds[0]);
	close(fds[1]);
	g_assert_true(sl_payload_store_prune_partials(f->store, 2000, NULL));
	g_assert_cmpint(sl_payload_store_partial_size(f->store, names[0]), ==, 0);
	g_assert_cmpint(sl_payload_store_partial_size(f->store, names[1]), ==, 3);
	g_assert_cmpint(sl_payload_store_partial_size(f->store, names[2]), ==, 6);
	close(fds[2]);
	for (int i = 0; i < 3; i++)
		g_free(names[i]);
}

static void
test_a_name_that_is_no_hash_reaches_no_file(Fixture *f, gconstpointer data)
{
	static const char *const names[] = {
		"",
		".",
		"..",
		"../../outside",
		"/etc/passwd",
		"partial",
		"2CF24DBA5FB0A30E26E83B2AC5B9E29E1B161E5C1FA7425E73043362938B9824",
		HELLO "0",
	};

	scratch_write(&f->scratch, "outside", "mine", 4);
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autoptr(GError) error = NULL;

		g_assert_cmpint(sl_payload_store_open_partial(f->store, names[i], &error), ==, -1);
		g_assert_error(error, SL_ERROR, SL_ERROR_INVALID);
		g_assert_false(sl_payload_store_add(f->store, names[i], 4, NULL));
		g_assert_cmpint(sl_payload_store_read(f->store, names[i], NULL), ==, -1);
		g_assert_false(sl_payload_store_has(f->store, names[i], 4));
		g_assert_false(sl_payload_store_check(f->store, names[i], NULL));
		g_assert_false(sl_payload_store_remove(f->store, names[i], NULL));
		g_assert_false(sl_payload_store_drop_partial(f->store, names[i], NULL));
		g_assert_cmpint(sl_payload_store_partial_size(f->store, names[i]), ==, 0);
	}
	scratch_assert_names(&f->scratch, "outside pool");
	scratch_assert_text(&f->scratch, "outside", "mine");
}

static void
test_a_stored_payload_that_changed_is_found(Fixture *f, gconstpointer data)
{
	g_autofree char *path = scratch_path(&f->scratch, HELLO_STORED);
	sl_autofd int fd = download(f->store, HELLO, "hello");
	g_autoptr(GError) error = NULL;

	g_assert_true(sl_payload_store_add(f->store, HELLO, 5, NULL));
	g_assert_true(g_file_set_contents(path, "jello", 5, NULL));
	g_assert_false(sl_payload_store_check(f->store, HELLO, &error));
	g_assert_error(error, SL_ERROR, SL_ERROR_INTEGRITY);
	g_clear_error(&error);
	g_assert_true(sl_payload_store_remove(f->store, HELLO, NULL));
	g_assert_true(sl_payload_store_remove(f->store, HELLO, NULL));
	g_assert_cmpint(sl_payload_store_read(f->store, HELLO, &error), ==, -1);
	g_assert_error(error, SL_ERROR, SL_ERROR_NOT_FOUND);
}

/* A link in the place of a payload or a partial is not followed. */
static void
test_a_link_is_no_payload(Fixture *f, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	sl_autofd int folder = sl_fs_make_dir(f->scratch.fd, "pool/2c", 0755, NULL);

	scratch_write(&f->scratch, "outside", "hello", 5);
	g_assert_cmpint(symlinkat("../../outside", folder, HELLO), ==, 0);
	g_assert_cmpint(symlinkat("../../outside", f->scratch.fd, HELLO_PART), ==, 0);
	g_assert_false(sl_payload_store_has(f->store, HELLO, 5));
	g_assert_cmpint(sl_payload_store_open_partial(f->store, HELLO, &error), ==, -1);
	g_assert_error(error, SL_ERROR, SL_ERROR_IO);
	scratch_assert_text(&f->scratch, "outside", "hello");
}

int
main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*test)(Fixture *f, gconstpointer data);
	} tests[] = {
		{"/payload-store/named", test_a_payload_that_is_what_was_promised_gets_its_name},
		{"/payload-store/other", test_other_bytes_or_another_size_are_thrown_away},
		{"/payload-store/twice", test_the_same_payload_twice_is_one},
		{"/payload-store/bad", test_a_bad_download_does_not_touch_what_is_stored},
		{"/payload-store/alone", test_a_partial_is_one_callers_alone},
		{"/payload-store/threads", test_threads_that_fetch_the_same_payload_agree},
		{"/payload-store/old", test_old_partials_go_unless_somebody_has_them},
		{"/payload-store/no-hash", test_a_name_that_is_no_hash_reaches_no_file},
		{"/payload-store/changed", test_a_stored_payload_that_changed_is_found},
		{"/payload-store/link", test_a_link_is_no_payload},
	};

	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(tests); i++)
		g_test_add(tests[i].name, Fixture, NULL, set_up, tests[i].test, tear_down);
	return g_test_run();
}
