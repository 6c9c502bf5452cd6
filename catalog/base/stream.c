#include "catalog/base/stream.h"

#include <errno.h>
#include <inttypes.h>
#include <lzma.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "catalog/base/fs.h"
#include "catalog/base/hash.h"
#include "catalog/base/limits.h"

#define PIECE	       (64 * 1024)
#define ZST_WINDOW_LOG 26 /* 64 MiB */

typedef enum {
	MORE,
	WANTS_INPUT,
	ENDED,
	BROKEN,
	TOO_LARGE
} Progress;

/* One decoder of one format; step() turns some input into some output. */
typedef struct Decoder {
	Progress (*step)(struct Decoder *decoder, bool at_end);
	void (*clear)(struct Decoder *decoder);
	const uint8_t *in;
	size_t in_left;
	uint8_t out[PIECE];
	size_t out_size;
	bool fresh; /* behind a member: the input may end here */
	z_stream gz;
	lzma_stream xz;
	ZSTD_DStream *zst;
} Decoder;

SlStreamFormat
sl_stream_format(const char *name)
{
	if (g_str_has_suffix(name, ".gz"))
		return SL_STREAM_GZ;
	if (g_str_has_suffix(name, ".xz"))
		return SL_STREAM_XZ;
	if (g_str_has_suffix(name, ".zst"))
		return SL_STREAM_ZST;
	return SL_STREAM_PLAIN;
}

static Progress
step_plain(Decoder *d, bool at_end)
{
	size_t size = MIN(d->in_left, PIECE);

	if (size == 0)
		return at_end ? ENDED : WANTS_INPUT;
	memcpy(d->out, d->in, size);
	d->in += size;
	d->in_left -= size;
	d->out_size = size;
	return MORE;
}

static void
clear_plain(Decoder *d)
{
	(void)d;
}

static Progress
step_gz(Decoder *d, bool at_end)
{
	int result;

	if (d->in_left == 0)
		return !at_end ? WANTS_INPUT : d->fresh ? ENDED : BROKEN;
	d->gz.next_in = (Bytef *)d->in;
	d->gz.avail_in = (uInt)d->in_left;
	d->gz.next_out = d->out;
	d->gz.avail_out = PIECE;
	result = inflate(&d->gz, Z_NO_FLUSH);
	d->in = d->gz.next_in;
	d->in_left = d->gz.avail_in;
	d->out_size = PIECE - d->gz.avail_out;
	d->fresh = result == Z_STREAM_END;
	if (d->fresh) /* another member may follow */
		result = inflateReset(&d->gz);
	if (result == Z_BUF_ERROR && d->out_size == 0 && d->in_left == 0)
		return at_end ? BROKEN : WANTS_INPUT;
	return result == Z_OK || result == Z_BUF_ERROR ? MORE : BROKEN;
}

static void
clear_gz(Decoder *d)
{
	inflateEnd(&d->gz);
}

static Progress
step_xz(Decoder *d, bool at_end)
{
	lzma_ret result;

	if (d->in_left == 0 && !at_end)
		return WANTS_INPUT;
	d->xz.next_in = d->in;
	d->xz.avail_in = d->in_left;
	d->xz.next_out = d->out;
	d->xz.avail_out = PIECE;
	result = lzma_code(&d->xz, at_end ? LZMA_FINISH : LZMA_RUN);
	d->in = d->xz.next_in;
	d->in_left = d->xz.avail_in;
	d->out_size = PIECE - d->xz.avail_out;
	if (result == LZMA_MEMLIMIT_ERROR)
		return TOO_LARGE;
	if (result == LZMA_STREAM_END)
		return ENDED;
	return result == LZMA_OK ? MORE : BROKEN;
}

static void
clear_xz(Decoder *d)
{
	lzma_end(&d->xz);
}

static Progress
step_zst(Decoder *d, bool at_end)
{
	ZSTD_inBuffer in = {.src = d->in, .size = d->in_left};
	ZSTD_outBuffer out = {.dst = d->out, .size = PIECE};
	size_t result;

	if (d->in_left == 0 && at_end && d->fresh)
		return ENDED;
	if (d->in_left == 0 && !at_end && d->fresh)
		return WANTS_INPUT;
	result = ZSTD_decompressStream(d->zst, &out, &in);
	if (ZSTD_isError(result))
		return ZSTD_getErrorCode(result) == ZSTD_error_frameParameter_windowTooLarge
			       ? TOO_LARGE
			       : BROKEN;
	d->in += in.pos;
	d->in_left -= in.pos;
	d->out_size = out.pos;
	d->fresh = result == 0;
	if (out.pos > 0 || in.pos > 0)
		return MORE;
	return at_end ? BROKEN : WANTS_INPUT;
}

static void
clear_zst(Decoder *d)
{
	ZSTD_freeDStream(d->zst);
}

static bool
decoder_init(Decoder *d, SlStreamFormat format)
{
	switch (format) {
	case SL_STREAM_GZ:
		d->step = step_gz;
		d->clear = clear_gz;
		return inflateInit2(&d->gz, 16 + MAX_WBITS) == Z_OK;
	case SL_STREAM_XZ:
		d->step = step_xz;
		d->clear = clear_xz;
		d->xz = (lzma_stream)LZMA_STREAM_INIT;
		return lzma_stream_decoder(&d->xz, SL_LIMIT_DICTIONARY, LZMA_CONCATENATED) ==
		       LZMA_OK;
	case SL_STREAM_ZST:
		d->step = step_zst;
		d->clear = clear_zst;
		d->zst = ZSTD_createDStream();
		return d->zst && !ZSTD_isError(ZSTD_DCtx_setParameter(d->zst, ZSTD_d_windowLogMax,
								      ZST_WINDOW_LOG));
	case SL_STREAM_PLAIN:
	default:
		d->step = step_plain;
		d->clear = clear_plain;
		return true;
	}
}

static void
decoder_free(Decoder *d)
{
	if (d->clear)
		d->clear(d);
	g_free(d);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Decoder, decoder_free)

static bool
read_piece(int fd, int64_t offset, void *piece, size_t *ret_size, GError **error)
{
	for (;;) {
		ssize_t n = pread(fd, piece, PIECE, offset);

		if (n >= 0) {
			*ret_size = (size_t)n;
			return true;
		}
		if (errno != EINTR)
			return sl_error_errno(error, "read at %" PRId64, offset);
	}
}

static bool
refuse(GError **error, Progress progress)
{
	if (progress == TOO_LARGE)
		return sl_error_set(error, SL_ERROR_LIMIT,
				    "compressed data wants more than %d MiB of memory",
				    SL_LIMIT_DICTIONARY / 1024 / 1024);
	return sl_error_set(error, SL_ERROR_INTEGRITY, "compressed data is broken or cut off");
}

/* Hands on what a step gave, within the limit. */
static bool
hand_on(Decoder *d, int64_t limit, int64_t *total, SlStreamFunc func, gpointer data, GError **error)
{
	size_t size = d->out_size;

	d->out_size = 0;
	if (size == 0)
		return true;
	*total += (int64_t)size;
	if (*total > limit)
		return sl_error_set(error, SL_ERROR_LIMIT,
				    "decompressed data is larger than %" PRId64 " bytes", limit);
	return func((const char *)d->out, size, data, error);
}

bool
sl_stream_read(int fd, SlStreamFormat format, int64_t limit, SlStreamFunc func, gpointer data,
	       GError **error)
{
	g_autoptr(Decoder) d = g_new0(Decoder, 1);
	g_autofree uint8_t *piece = g_malloc(PIECE);
	int64_t offset = 0, total = 0;
	bool at_end = false;

	if (!decoder_init(d, format))
		return sl_error_set(error, SL_ERROR_IO, "cannot start a decoder");
	d->in = piece; /* nothing so far: not even of that may a decoder count from NULL */
	for (;;) {
		Progress progress = d->step(d, at_end);

		if (progress == BROKEN || progress == TOO_LARGE)
			return refuse(error, progress);
		if (!hand_on(d, limit, &total, func, data, error))
			return false;
		if (progress == ENDED)
			return true;
		if (progress == WANTS_INPUT || (d->in_left == 0 && !at_end)) {
			if (!read_piece(fd, offset, piece, &d->in_left, error))
				return false;
			d->in = piece;
			offset += (int64_t)d->in_left;
			at_end = d->in_left == 0;
		}
	}
}

struct SlStreamWriter {
	int fd;
	SlStreamFormat format;
	SlHash *hash;
	int64_t size;
	z_stream gz;
	lzma_stream xz;
	ZSTD_CStream *zst;
	char pending[PIECE]; /* given and not encoded yet: small pieces cost a call each */
	size_t pending_size;
	uint8_t out[PIECE];
};

static bool
encoder_init(SlStreamWriter *writer, int level)
{
	switch (writer->format) {
	case SL_STREAM_GZ:
		return deflateInit2(&writer->gz, level, Z_DEFLATED, 16 + MAX_WBITS, 8,
				    Z_DEFAULT_STRATEGY) == Z_OK;
	case SL_STREAM_XZ:
		writer->xz = (lzma_stream)LZMA_STREAM_INIT;
		return lzma_easy_encoder(&writer->xz, (uint32_t)level, LZMA_CHECK_CRC64) == LZMA_OK;
	case SL_STREAM_ZST:
		writer->zst = ZSTD_createCStream();
		return writer->zst && !ZSTD_isError(ZSTD_initCStream(writer->zst, level));
	case SL_STREAM_PLAIN:
	default:
		return true;
	}
}

SlStreamWriter *
sl_stream_writer_new(int fd, SlStreamFormat format, int level, GError **error)
{
	g_autoptr(SlStreamWriter) writer = g_new0(SlStreamWriter, 1);

	writer->fd = fd;
	writer->format = format;
	writer->hash = sl_hash_new();
	if (!encoder_init(writer, level)) {
		sl_error_set(error, SL_ERROR_IO, "cannot start an encoder");
		return NULL;
	}
	return g_steal_pointer(&writer);
}

static bool
put(SlStreamWriter *writer, const void *bytes, size_t size, GError **error)
{
	sl_hash_add(writer->hash, bytes, size);
	writer->size += (int64_t)size;
	return sl_fs_write_all(writer->fd, bytes, size, error);
}

static bool
put_gz(SlStreamWriter *writer, const void *bytes, size_t size, bool last, GError **error)
{
	writer->gz.next_in = (Bytef *)bytes;
	writer->gz.avail_in = (uInt)size;
	do {
		writer->gz.next_out = writer->out;
		writer->gz.avail_out = PIECE;
		deflate(&writer->gz, last ? Z_FINISH : Z_NO_FLUSH);
		if (!put(writer, writer->out, PIECE - writer->gz.avail_out, error))
			return false;
	} while (writer->gz.avail_out == 0);
	return true;
}

static bool
put_xz(SlStreamWriter *writer, const void *bytes, size_t size, bool last, GError **error)
{
	lzma_ret result;

	writer->xz.next_in = bytes;
	writer->xz.avail_in = size;
	do {
		writer->xz.next_out = writer->out;
		writer->xz.avail_out = PIECE;
		result = lzma_code(&writer->xz, last ? LZMA_FINISH : LZMA_RUN);
		if (result != LZMA_OK && result != LZMA_STREAM_END)
			return sl_error_set(error, SL_ERROR_IO, "cannot compress: liblzma says %d",
					    (int)result);
		if (!put(writer, writer->out, PIECE - writer->xz.avail_out, error))
			return false;
	} while (writer->xz.avail_in > 0 || (last && result != LZMA_STREAM_END));
	return true;
}

static bool
put_zst(SlStreamWriter *writer, const void *bytes, size_t size, bool last, GError **error)
{
	ZSTD_inBuffer in = {.src = bytes, .size = size};
	size_t left;

	do {
		ZSTD_outBuffer out = {.dst = writer->out, .size = PIECE};

		left = ZSTD_compressStream2(writer->zst, &out, &in,
					    last ? ZSTD_e_end : ZSTD_e_continue);
		if (ZSTD_isError(left))
			return sl_error_set(error, SL_ERROR_IO, "cannot compress: %s",
					    ZSTD_getErrorName(left));
		if (!put(writer, writer->out, out.pos, error))
			return false;
	} while (last ? left > 0 : in.pos < in.size);
	return true;
}

static bool
encode(SlStreamWriter *writer, const void *bytes, size_t size, bool last, GError **error)
{
	switch (writer->format) {
	case SL_STREAM_GZ:
		return put_gz(writer, bytes, size, last, error);
	case SL_STREAM_XZ:
		return put_xz(writer, bytes, size, last, error);
	case SL_STREAM_ZST:
		return put_zst(writer, bytes, size, last, error);
	case SL_STREAM_PLAIN:
	default:
		return put(writer, bytes, size, error);
	}
}

static bool
encode_pending(SlStreamWriter *writer, GError **error)
{
	size_t size = writer->pending_size;

	writer->pending_size = 0;
	return size == 0 || encode(writer, writer->pending, size, false, error);
}

bool
sl_stream_writer_add(SlStreamWriter *writer, const void *bytes, size_t size, GError **error)
{
	const char *next = bytes;

	if (size > PIECE - writer->pending_size && !encode_pending(writer, error))
		return false;
	/* zlib counts in 32 bits */
	while (size > PIECE) {
		size_t piece = MIN(size, 1U << 30);

		if (!encode(writer, next, piece, false, error))
			return false;
		next += piece;
		size -= piece;
	}
	memcpy(writer->pending + writer->pending_size, next, size);
	writer->pending_size += size;
	return true;
}

bool
sl_stream_writer_finish(SlStreamWriter *writer, char **ret_sha256, int64_t *ret_size,
			GError **error)
{
	if (!encode_pending(writer, error) || !encode(writer, "", 0, true, error))
		return false;
	*ret_sha256 = sl_hash_finish(writer->hash);
	*ret_size = writer->size;
	return true;
}

void
sl_stream_writer_free(SlStreamWriter *writer)
{
	if (!writer)
		return;
	if (writer->format == SL_STREAM_GZ)
		deflateEnd(&writer->gz);
	if (writer->format == SL_STREAM_XZ)
		lzma_end(&writer->xz);
	ZSTD_freeCStream(writer->zst);
	sl_hash_free(writer->hash);
	g_free(writer);
}

uint32_t
sl_stream_checksum(uint32_t sum, const void *bytes, size_t size)
{
	return (uint32_t)crc32_z(sum, bytes, size);
}
