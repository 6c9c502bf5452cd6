/* What was compressed comes back whole, within limits, or not at all */
#include <fcntl.h>
#include <glib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "catalog/base/fs.h"
#include "catalog/base/hash.h"
#include "catalog/base/limits.h"
#include "catalog/base/stream.h"
#include "tests/unit/scratch.h"

#define LIMIT INT64_C(1000000)

static const SlStreamFormat compressed[] = {SL_STREAM_GZ, SL_STREAM_XZ, SL_STREAM_ZST};

static bool
take(const char *bytes, size_t size, gpointer data, GError **error)
{
	g_byte_array_append(data, (const guint8 *)bytes, (guint)size);
	return true;
}

static int
file_of(Scratch *s, const void *bytes, size_t size)
{
	scratch_write(s, "in", bytes, size);
	return sl_fs_open(s->fd, "in", NULL);
}

/* Decompresses some bytes; what came out before a failure is in out. */
static bool
expand(Scratch *s, SlStreamFormat format, const GByteArray *in, int64_t limit, GByteArray *out,
       GError **error)
{
	sl_autofd int fd = file_of(s, in->data, in->len);

	g_byte_array_set_size(out, 0);
	return sl_stream_read(fd, format, limit, take, out, error);
}

static void
assert_broken(Scratch *s, SlStreamFormat format, const GByteArray *in)
{
	g_autoptr(GByteArray) out = g_byte_array_new();
	g_autoptr(GError) error = NULL;

	g_assert_false(expand(s, format, in, LIMIT, out, &error));
	g_assert_error(error, SL_ERROR, SL_ERROR_INTEGRITY);
}

static GByteArray *
compress_pieces(Scratch *s, SlStreamFormat format, const void *bytes, size_t size, size_t piece)
{
	GByteArray *out = g_byte_array_new();
	g_autoptr(SlStreamWriter) writer = NULL;
	g_autofree char *path = scratch_path(s, "out");
	g_autofree char *sha256 = NULL;
	g_autofree char *found = NULL;
	g_autofree char *content = NULL;
	g_autoptr(GError) error = NULL;
	sl_autofd int fd = -1;
	int64_t written, found_size;
	gsize length;

	sl_fs_remove(s->fd, "out", NULL);
	fd = sl_fs_open_flags(s->fd, "out", O_RDWR | O_CREAT, 0600, &error);
	writer = sl_stream_writer_new(fd, format, 1, &error);
	g_assert_no_error(error);
	for (size_t done = 0; done < size; done += MIN(size - done, piece))
		g_assert_true(sl_stream_writer_add(writer, (const char *)bytes + done,
						   MIN(size - done, piece), NULL));
	g_assert_true(sl_stream_writer_finish(writer, &sha256, &written, NULL));
	g_assert_true(sl_hash_file(fd, &found, &found_size, NULL));
	g_assert_cmpstr(found, ==, sha256);
	g_assert_cmpint(found_size, ==, written);
	g_assert_true(g_file_get_contents(path, &content, &length, NULL));
	g_byte_array_append(out, (const guint8 *)content, (guint)length);
	return out;
}

static GByteArray *
compress_bytes(Scratch *s, SlStreamFormat format, const void *bytes, size_t size)
{
	return compress_pieces(s, format, bytes, size, 1000);
}

/* Text that packs, but not to nothing. */
static GBytes *
sample(size_t size)
{
	GString *text = g_string_sized_new(size);
	g_autoptr(GRand) random = g_rand_new_with_seed(1);

	while (text->len < size)
		g_string_append_printf(text, "Package: p%u\n", g_rand_int(random) % 10000);
	g_string_truncate(text, size);
	return g_string_free_to_bytes(text);
}

static void
test_each_format_reads_back_what_it_wrote(Scratch *s, gconstpointer data)
{
	static const size_t sizes[] = {0, 1, 64 * 1024 - 1, 64 * 1024, 64 * 1024 + 1, 500000};

	for (SlStreamFormat format = SL_STREAM_PLAIN; format <= SL_STREAM_ZST; format++)
		for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
			g_autoptr(GBytes) plain = sample(sizes[i]);
			const char *bytes = g_bytes_get_data(plain, NULL);
			g_autoptr(GByteArray) packed = compress_bytes(s, format, bytes, sizes[i]);
			g_autoptr(GByteArray) again = compress_bytes(s, format, bytes, sizes[i]);
			g_autoptr(GByteArray) out = g_byte_array_new();
			g_autoptr(GError) error = NULL;

			expand(s, format, packed, (int64_t)sizes[i], out, &error);
			g_assert_no_error(error);
			assert_bytes(out->data, out->len, bytes, sizes[i]);
			assert_bytes(again->data, again->len, packed->data, packed->len);
		}
}

static void
test_it_does_not_matter_in_which_pieces_it_comes(Scratch *s, gconstpointer data)
{
	static const size_t pieces[] = {7, 64 * 1024 - 1, 64 * 1024, 64 * 1024 + 1, 150000, 300000};
	g_autoptr(GBytes) plain = sample(300000);
	const char *bytes = g_bytes_get_data(plain, NULL);

	for (SlStreamFormat format = SL_STREAM_PLAIN; format <= SL_STREAM_ZST; format++)
		for (size_t i = 0; i < G_N_ELEMENTS(pieces); i++) {
			g_autoptr(GByteArray) packed =
				compress_pieces(s, format, bytes, 300000, pieces[i]);
			g_autoptr(GByteArray) out = g_byte_array_new();

			g_assert_true(expand(s, format, packed, 300000, out, NULL));
			assert_bytes(out->data, out->len, bytes, 300000);
		}
}

static void
test_a_stream_cut_off_anywhere_is_broken(Scratch *s, gconstpointer data)
{
	g_autoptr(GBytes) plain = sample(2000);

	for (size_t i = 0; i < G_N_ELEMENTS(compressed); i++) {
		g_autoptr(GByteArray) packed =
			compress_bytes(s, compressed[i], g_bytes_get_data(plain, NULL), 2000);

		while (packed->len > 0) {
			g_byte_array_set_size(packed, packed->len - 1);
			assert_broken(s, compressed[i], packed);
		}
	}
}

static void
test_what_stands_after_the_stream_breaks_it(Scratch *s, gconstpointer data)
{
	static const char *const garbage[] = {"x", "\x1f", "(\xb5", "Package: evil\n"};

	for (size_t i = 0; i < G_N_ELEMENTS(compressed); i++)
		for (size_t j = 0; j < G_N_ELEMENTS(garbage); j++) {
			g_autoptr(GByteArray) packed =
				compress_bytes(s, compressed[i], "Package: good\n", 14);

			g_byte_array_append(packed, (const guint8 *)garbage[j],
					    (guint)strlen(garbage[j]));
			assert_broken(s, compressed[i], packed);
		}
}

static void
test_streams_one_after_the_other_are_one(Scratch *s, gconstpointer data)
{
	for (size_t i = 0; i < G_N_ELEMENTS(compressed); i++) {
		g_autoptr(GByteArray) packed = compress_bytes(s, compressed[i], "one ", 4);
		g_autoptr(GByteArray) second = compress_bytes(s, compressed[i], "two", 3);
		g_autoptr(GByteArray) out = g_byte_array_new();

		g_byte_array_append(packed, second->data, second->len);
		g_assert_true(expand(s, compressed[i], packed, 7, out, NULL));
		assert_bytes(out->data, out->len, "one two", 7);
	}
}

/* Formats with a checksum: a changed bit is noticed, or it changed nothing that matters. */
static void
test_a_changed_bit_never_gives_other_bytes(Scratch *s, gconstpointer data)
{
	static const SlStreamFormat checked[] = {SL_STREAM_GZ, SL_STREAM_XZ};
	g_autoptr(GBytes) plain = sample(500);
	const char *bytes = g_bytes_get_data(plain, NULL);
	g_autoptr(GByteArray) out = g_byte_array_new();

	for (size_t i = 0; i < G_N_ELEMENTS(checked); i++) {
		g_autoptr(GByteArray) packed = compress_bytes(s, checked[i], bytes, 500);

		for (guint bit = 0; bit < packed->len * 8; bit++) {
			packed->data[bit / 8] ^= (guint8)(1 << bit % 8);
			if (expand(s, checked[i], packed, 500, out, NULL))
				assert_bytes(out->data, out->len, bytes, 500);
			packed->data[bit / 8] ^= (guint8)(1 << bit % 8);
		}
	}
}

static void
test_a_bomb_ends_at_the_limit(Scratch *s, gconstpointer data)
{
	const size_t size = 20 * 1000 * 1000;
	g_autofree char *zeros = g_malloc0(size);
	g_autoptr(GByteArray) out = g_byte_array_new();

	for (size_t i = 0; i < G_N_ELEMENTS(compressed); i++) {
		g_autoptr(GByteArray) bomb = compress_bytes(s, compressed[i], zeros, size);
		g_autoptr(GError) error = NULL;

		g_assert_cmpuint(bomb->len, <, size / 100);
		g_assert_false(expand(s, compressed[i], bomb, LIMIT, out, &error));
		g_assert_error(error, SL_ERROR, SL_ERROR_LIMIT);
		g_assert_cmpint(out->len, <=, LIMIT);
	}
}

static void
test_one_byte_over_the_limit_is_too_much(Scratch *s, gconstpointer data)
{
	for (SlStreamFormat format = SL_STREAM_PLAIN; format <= SL_STREAM_ZST; format++) {
		g_autoptr(GByteArray) packed = compress_bytes(s, format, "12345", 5);
		g_autoptr(GByteArray) out = g_byte_array_new();
		g_autoptr(GError) error = NULL;

		g_assert_true(expand(s, format, packed, 5, out, NULL));
		g_assert_false(expand(s, format, packed, 4, out, &error));
		g_assert_error(error, SL_ERROR, SL_ERROR_LIMIT);
		g_assert_cmpuint(out->len, ==, 0);
	}
}

/* Of xz, the block header's dictionary size: (2 | exponent & 1) << (exponent / 2 + 11). */
static void
test_an_xz_dictionary_beyond_the_limit_is_refused(Scratch *s, gconstpointer data)
{
	static const guint8 exponents[] = {30, 40}; /* 128 MiB, 4 GiB */

	for (size_t i = 0; i < G_N_ELEMENTS(exponents); i++) {
		g_autoptr(GByteArray) packed = compress_bytes(s, SL_STREAM_XZ, "12345", 5);
		g_autoptr(GByteArray) out = g_byte_array_new();
		g_autoptr(GError) error = NULL;
		guint32 crc;

		g_assert_cmpuint(packed->data[14], ==, 0x21); /* filter LZMA2 */
		packed->data[16] = exponents[i];
		crc = GUINT32_TO_LE((guint32)crc32(0, packed->data + 12, 8));
		memcpy(packed->data + 20, &crc, 4);
		g_assert_false(expand(s, SL_STREAM_XZ, packed, LIMIT, out, &error));
		g_assert_error(error, SL_ERROR, SL_ERROR_LIMIT);
	}
}

/* Of zstd, the frame's window: 1 << (10 + byte / 8). */
static void
test_a_zst_window_beyond_the_limit_is_refused(Scratch *s, gconstpointer data)
{
	static const struct {
		guint8 window;
		bool ok;
	} rows[] = {{16 << 3, true}, {17 << 3, false}, {31 << 3, false}};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		const guint8 frame[] = {0x28, 0xb5, 0x2f, 0xfd, 0, rows[i].window, 1, 0, 0};
		g_autoptr(GByteArray) packed = g_byte_array_new();
		g_autoptr(GByteArray) out = g_byte_array_new();
		g_autoptr(GError) error = NULL;

		g_byte_array_append(packed, frame, sizeof frame);
		g_assert_true(expand(s, SL_STREAM_ZST, packed, LIMIT, out, &error) == rows[i].ok);
		if (!rows[i].ok)
			g_assert_error(error, SL_ERROR, SL_ERROR_LIMIT);
	}
}

static bool
stop(const char *bytes, size_t size, gpointer data, GError **error)
{
	++*(int *)data;
	return sl_error_set(error, SL_ERROR_CANCELLED, "enough");
}

static void
test_the_receiver_can_stop_it(Scratch *s, gconstpointer data)
{
	g_autoptr(GBytes) plain = sample(300000);
	g_autoptr(GByteArray) packed =
		compress_bytes(s, SL_STREAM_GZ, g_bytes_get_data(plain, NULL), 300000);
	sl_autofd int fd = file_of(s, packed->data, packed->len);
	g_autoptr(GError) error = NULL;
	int calls = 0;

	g_assert_false(sl_stream_read(fd, SL_STREAM_GZ, LIMIT, stop, &calls, &error));
	g_assert_error(error, SL_ERROR, SL_ERROR_CANCELLED);
	g_assert_cmpint(calls, ==, 1);
}

static void
test_gzip_headers_carry_no_name_and_no_time(Scratch *s, gconstpointer data)
{
	g_autoptr(GByteArray) packed = compress_bytes(s, SL_STREAM_GZ, "x", 1);

	g_assert_cmpuint(packed->data[3], ==, 0);
	assert_bytes(packed->data + 4, 4, "\0\0\0\0", 4);
}

/* Told at once or later, at the latest at the end: never is a file said to be whole. */
static void
test_what_cannot_be_written_is_an_error(Scratch *s, gconstpointer data)
{
	static const size_t pieces[] = {1, 1000, 64 * 1024, 70000};
	g_autofree char *bytes = g_malloc0(70000);

	for (SlStreamFormat format = SL_STREAM_PLAIN; format <= SL_STREAM_ZST; format++)
		for (size_t i = 0; i < G_N_ELEMENTS(pieces); i++) {
			sl_autofd int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
			g_autoptr(SlStreamWriter) writer =
				sl_stream_writer_new(fd, format, 1, NULL);
			g_autofree char *sha256 = NULL;
			g_autoptr(GError) error = NULL;
			int64_t size = -1;
			bool ok = true;

			for (int j = 0; ok && j < 200; j++)
				ok = sl_stream_writer_add(writer, bytes, pieces[i], &error);
			g_assert_false(ok &&
				       sl_stream_writer_finish(writer, &sha256, &size, &error));
			g_assert_error(error, SL_ERROR, SL_ERROR_IO);
			g_assert_null(sha256);
			g_assert_cmpint(size, ==, -1);
		}
}

static void
test_the_ending_of_a_name_says_the_format(Scratch *s, gconstpointer data)
{
	static const struct {
		const char *name;
		SlStreamFormat format;
	} rows[] = {
		{"Packages", SL_STREAM_PLAIN},	    {"Packages.gz", SL_STREAM_GZ},
		{"a/Packages.xz", SL_STREAM_XZ},    {"Packages.zst", SL_STREAM_ZST},
		{"Packages.xz.x", SL_STREAM_PLAIN},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
		g_assert_cmpint(sl_stream_format(rows[i].name), ==, rows[i].format);
}

int
main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*test)(Scratch *s, gconstpointer data);
	} tests[] = {
		{"/stream/round-trip", test_each_format_reads_back_what_it_wrote},
		{"/stream/pieces", test_it_does_not_matter_in_which_pieces_it_comes},
		{"/stream/cut-off", test_a_stream_cut_off_anywhere_is_broken},
		{"/stream/garbage", test_what_stands_after_the_stream_breaks_it},
		{"/stream/several", test_streams_one_after_the_other_are_one},
		{"/stream/changed", test_a_changed_bit_never_gives_other_bytes},
		{"/stream/bomb", test_a_bomb_ends_at_the_limit},
		{"/stream/limit", test_one_byte_over_the_limit_is_too_much},
		{"/stream/dictionary", test_an_xz_dictionary_beyond_the_limit_is_refused},
		{"/stream/window", test_a_zst_window_beyond_the_limit_is_refused},
		{"/stream/stop", test_the_receiver_can_stop_it},
		{"/stream/gzip-header", test_gzip_headers_carry_no_name_and_no_time},
		{"/stream/not-written", test_what_cannot_be_written_is_an_error},
		{"/stream/names", test_the_ending_of_a_name_says_the_format},
	};

	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(tests); i++)
		g_test_add(tests[i].name, Scratch, NULL, scratch_set_up, tests[i].test,
			   scratch_tear_down);
	return g_test_run();
}
