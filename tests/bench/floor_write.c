/* floor_write.c - a publication on the bare libraries: write an index, compress it, hash each form
 *
 *   floor_write PACKAGES STANZAS FOLDER [xz]
 *
 * gz at level 6; with xz also that, at preset 1 by two threads. Holds everything in memory, checks
 * and flushes nothing.
 */
#include <glib.h>
#include <gnutls/crypto.h>
#include <lzma.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define GZ_LEVEL   6
#define XZ_PRESET  1
#define XZ_THREADS 2

static void
fail(const char *what)
{
	fprintf(stderr, "floor_write: %s\n", what);
	exit(1);
}

static void
put(const char *folder, const char *name, const void *bytes, size_t size)
{
	g_autofree char *path = g_build_filename(folder, name, NULL);
	uint8_t digest[32];
	FILE *file = fopen(path, "wb");

	if (gnutls_hash_fast(GNUTLS_DIG_SHA256, bytes, size, digest) < 0)
		fail("cannot hash");
	if (!file || fwrite(bytes, 1, size, file) != size || fclose(file) != 0)
		fail("cannot write");
	printf("%s %zu %02x%02x\n", name, size, digest[0], digest[1]);
}

static void
put_gz(const char *folder, const char *bytes, size_t size)
{
	z_stream gz = {0};
	g_autofree Bytef *out = NULL;

	if (deflateInit2(&gz, GZ_LEVEL, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		fail("cannot start zlib");
	gz.avail_out = (uInt)deflateBound(&gz, size);
	out = g_malloc(gz.avail_out);
	gz.next_out = out;
	gz.next_in = (Bytef *)bytes;
	gz.avail_in = (uInt)size;
	if (deflate(&gz, Z_FINISH) != Z_STREAM_END)
		fail("cannot compress");
	put(folder, "Packages.gz", out, gz.total_out);
	deflateEnd(&gz);
}

static void
put_xz(const char *folder, const char *bytes, size_t size)
{
	size_t room = lzma_stream_buffer_bound(size) + (1 << 20);
	g_autofree uint8_t *out = g_malloc(room);
	lzma_stream xz = LZMA_STREAM_INIT;
	lzma_mt options = {.threads = XZ_THREADS,
			   .preset = XZ_PRESET,
			   .check = LZMA_CHECK_CRC64,
			   .block_size = size / XZ_THREADS + 1};
	lzma_ret result = LZMA_OK;

	if (lzma_stream_encoder_mt(&xz, &options) != LZMA_OK)
		fail("cannot start lzma");
	xz.next_in = (const uint8_t *)bytes;
	xz.avail_in = size;
	xz.next_out = out;
	xz.avail_out = room;
	while (result == LZMA_OK)
		result = lzma_code(&xz, LZMA_FINISH);
	if (result != LZMA_STREAM_END)
		fail("cannot compress");
	put(folder, "Packages.xz", out, xz.total_out);
	lzma_end(&xz);
}

int
main(int argc, char **argv)
{
	g_autofree char *text = NULL;
	g_autofree char *chosen = NULL;
	gsize size = 0;
	size_t written = 0;
	char *start, *end;

	if (argc < 4 || !g_file_get_contents(argv[1], &text, &size, NULL))
		fail("usage: floor_write PACKAGES STANZAS FOLDER [xz]");
	chosen = g_malloc(size + 1);
	start = text;
	for (gint64 left = g_ascii_strtoll(argv[2], NULL, 10); left > 0; left--) {
		end = strstr(start, "\n\n");
		if (!end)
			break;
		memcpy(chosen + written, start, (size_t)(end + 2 - start));
		written += (size_t)(end + 2 - start);
		start = end + 2;
	}
	put(argv[3], "Packages", chosen, written);
	put_gz(argv[3], chosen, written);
	if (argc > 4)
		put_xz(argv[3], chosen, written);
	return 0;
}
