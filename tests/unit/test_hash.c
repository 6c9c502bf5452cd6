/* A hash is that of all the bytes, and of no others */
#include <glib.h>
#include <string.h>
#include <unistd.h>

#include "catalog/base/fs.h"
#include "catalog/base/hash.h"
#include "tests/unit/scratch.h"

#define EMPTY "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define ABC   "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define MANY                                                                                       \
	"cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0" /* a million 'a'        \
									    */

static void
test_the_standard_examples_come_out(Scratch *s, gconstpointer data)
{
	g_autofree char *many = g_strnfill(1000000, 'a');
	g_autofree char *empty_hash = sl_hash_bytes("", 0);
	g_autofree char *abc_hash = sl_hash_bytes("abc", 3);
	g_autofree char *many_hash = sl_hash_bytes(many, 1000000);

	g_assert_cmpstr(empty_hash, ==, EMPTY);
	g_assert_cmpstr(abc_hash, ==, ABC);
	g_assert_cmpstr(many_hash, ==, MANY);
}

static void
test_a_finished_hash_starts_anew(Scratch *s, gconstpointer data)
{
	g_autoptr(SlHash) hash = sl_hash_new();

	for (int i = 0; i < 2; i++) {
		g_autofree char *found = NULL;

		sl_hash_add(hash, "a", 1);
		sl_hash_add(hash, "", 0);
		sl_hash_add(hash, "bc", 2);
		found = sl_hash_finish(hash);
		g_assert_cmpstr(found, ==, ABC);
	}
}

static void
test_a_file_is_hashed_from_its_first_byte(Scratch *s, gconstpointer data)
{
	g_autofree char *many = g_strnfill(1000000, 'a');
	g_autofree char *found = NULL;
	sl_autofd int fd = -1;
	int64_t size = 0;

	scratch_write(s, "many", many, 1000000);
	fd = sl_fs_open(s->fd, "many", NULL);
	g_assert_cmpint(lseek(fd, 500, SEEK_SET), ==, 500);
	g_assert_true(sl_hash_file(fd, &found, &size, NULL));
	g_assert_cmpstr(found, ==, MANY);
	g_assert_cmpint(size, ==, 1000000);
	g_assert_cmpint(lseek(fd, 0, SEEK_CUR), ==, 500);
}

static void
test_what_cannot_be_read_has_no_hash(Scratch *s, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	char *found = NULL;
	int64_t size = -1;

	g_assert_false(sl_hash_file(s->fd, &found, &size, &error)); /* a directory */
	g_assert_error(error, SL_ERROR, SL_ERROR_IO);
	g_assert_null(found);
	g_assert_cmpint(size, ==, -1);
}

int
main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*test)(Scratch *s, gconstpointer data);
	} tests[] = {
		{"/hash/examples", test_the_standard_examples_come_out},
		{"/hash/anew", test_a_finished_hash_starts_anew},
		{"/hash/file", test_a_file_is_hashed_from_its_first_byte},
		{"/hash/unreadable", test_what_cannot_be_read_has_no_hash},
	};

	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(tests); i++)
		g_test_add(tests[i].name, Scratch, NULL, scratch_set_up, tests[i].test,
			   scratch_tear_down);
	return g_test_run();
}
