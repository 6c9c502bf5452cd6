/* Decoders give no more than the limit, fail with a reason, and read back what ours wrote. */
#include <string.h>

#include "catalog/base/stream.h"
#include "fuzz.h"

#define LIMIT 100000

typedef struct {
	int64_t size;
	const uint8_t *expected; /* NULL: anything */
} Taken;

static bool
take(const char *bytes, size_t size, gpointer data, GError **error)
{
	Taken *taken = data;

	(void)error;
	if (taken->expected && memcmp(taken->expected + taken->size, bytes, size) != 0)
		g_error("other bytes than were written");
	taken->size += (int64_t)size;
	if (taken->size > LIMIT)
		g_error("more than the limit");
	return true;
}

static void
decode(const uint8_t *data, size_t size, SlStreamFormat format)
{
	int fd = fuzz_file(data, size);
	Taken taken = {0};
	GError *error = NULL;
	bool ok = sl_stream_read(fd, format, LIMIT, take, &taken, &error);

	close(fd);
	if (!ok && error && error->code != SL_ERROR_INTEGRITY && error->code != SL_ERROR_LIMIT)
		g_error("format %d: %s", format, error->message);
	fuzz_check_error(ok, error);
}

static void
round_trip(const uint8_t *data, size_t size, SlStreamFormat format)
{
	int fd = fuzz_file("", 0);
	g_autoptr(SlStreamWriter) writer = sl_stream_writer_new(fd, format, 1, NULL);
	g_autofree char *sha256 = NULL;
	Taken taken = {.expected = data};
	int64_t written;

	if (!writer || !sl_stream_writer_add(writer, data, size, NULL) ||
	    !sl_stream_writer_finish(writer, &sha256, &written, NULL))
		g_error("format %d: cannot be written", format);
	if (lseek(fd, 0, SEEK_SET) != 0 ||
	    !sl_stream_read(fd, format, (int64_t)size, take, &taken, NULL) ||
	    taken.size != (int64_t)size)
		g_error("format %d: not read back", format);
	close(fd);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	for (SlStreamFormat format = SL_STREAM_PLAIN; format <= SL_STREAM_ZST; format++)
		decode(data, size, format);
	if (size > 0 && size < LIMIT)
		round_trip(data, size, 1 + size % 3);
	return 0;
}
