/* stream.h - reading and writing compressed data, within limits
 *
 * zlib, liblzma and libzstd are called directly and not through libarchive, because
 * libarchive 3.6 gives their decoders no memory limit (security T14).
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "catalog/base/error.h"

typedef enum {
	SL_STREAM_PLAIN,
	SL_STREAM_GZ,
	SL_STREAM_XZ,
	SL_STREAM_ZST,
} SlStreamFormat;

/** By a file name's ending: "", ".gz", ".xz", ".zst". */
SlStreamFormat sl_stream_format(const char *name);

/** CRC-32 of some bytes behind those that gave `sum`; 0 before the first. Finds accidents alone. */
uint32_t sl_stream_checksum(uint32_t sum, const void *bytes, size_t size);

/** Receives decompressed bytes; returns false with the error set to stop. */
typedef bool (*SlStreamFunc)(const char *bytes, size_t size, gpointer data, GError **error);

/**
 * Decompresses a file from its beginning and hands the bytes on piece by piece.
 *
 * @param limit  bytes that may come out; one more is SL_ERROR_LIMIT. The signed size of the
 *               plain file, where one is known.
 * @param error  SL_ERROR_INTEGRITY when the data is broken or cut off, SL_ERROR_LIMIT when it
 *               is longer than limit or wants more than 64 MiB for its dictionary, and
 *               what func sets
 */
bool sl_stream_read(int fd, SlStreamFormat format, int64_t limit, SlStreamFunc func, gpointer data,
		    GError **error);

typedef struct SlStreamWriter SlStreamWriter;

/**
 * Writes a compressed stream to a descriptor (the caller's), hashing and counting what is
 * written. Reproducible: no name and no time in gzip headers. Small pieces are collected: what
 * cannot be written is an error of a later piece, at the latest of the end.
 *
 * @param level  gz 1..9, xz 0..9, zst 1..19
 */
SlStreamWriter *sl_stream_writer_new(int fd, SlStreamFormat format, int level, GError **error);
bool sl_stream_writer_add(SlStreamWriter *writer, const void *bytes, size_t size, GError **error);
/** Ends the stream; hash and size are those of the written (compressed) bytes. */
bool sl_stream_writer_finish(SlStreamWriter *writer, char **ret_sha256, int64_t *ret_size,
			     GError **error);
void sl_stream_writer_free(SlStreamWriter *writer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SlStreamWriter, sl_stream_writer_free)
