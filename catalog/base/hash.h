/* hash.h - SHA-256 by GnuTLS, which uses the processor's instructions for it */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "catalog/base/error.h"

#define SL_SHA256_HEX 64 /* characters of a hash in hexadecimal, without the NUL */

typedef struct SlHash SlHash;

SlHash *sl_hash_new(void);
void sl_hash_add(SlHash *hash, const void *bytes, size_t size);
/** Lower-case hexadecimal of everything added; the hash starts anew. */
char *sl_hash_finish(SlHash *hash);
void sl_hash_free(SlHash *hash);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SlHash, sl_hash_free)

/** SHA-256 of some bytes, lower-case hexadecimal. */
char *sl_hash_bytes(const void *bytes, size_t size);

/** SHA-256 and size of a file from its first byte, whatever the descriptor's offset. */
bool sl_hash_file(int fd, char **ret_sha256, int64_t *ret_size, GError **error);
