#include "catalog/base/hash.h"

#include <errno.h>
#include <gnutls/crypto.h>
#include <unistd.h>

#include "catalog/base/text.h"

#define READ_SIZE (256 * 1024)

struct SlHash {
	gnutls_hash_hd_t handle;
};

SlHash *
sl_hash_new(void)
{
	SlHash *hash = g_new0(SlHash, 1);

	if (gnutls_hash_init(&hash->handle, GNUTLS_DIG_SHA256) < 0)
		g_error("GnuTLS has no SHA-256");
	return hash;
}

void
sl_hash_add(SlHash *hash, const void *bytes, size_t size)
{
	if (gnutls_hash(hash->handle, bytes, size) < 0)
		g_error("GnuTLS cannot hash");
}

char *
sl_hash_finish(SlHash *hash)
{
	uint8_t digest[SL_SHA256_HEX / 2];

	gnutls_hash_output(hash->handle, digest);
	return sl_text_hex(digest, sizeof digest);
}

void
sl_hash_free(SlHash *hash)
{
	if (!hash)
		return;
	gnutls_hash_deinit(hash->handle, NULL);
	g_free(hash);
}

char *
sl_hash_bytes(const void *bytes, size_t size)
{
	g_autoptr(SlHash) hash = sl_hash_new();

	sl_hash_add(hash, bytes, size);
	return sl_hash_finish(hash);
}

bool
sl_hash_file(int fd, char **ret_sha256, int64_t *ret_size, GError **error)
{
	g_autoptr(SlHash) hash = sl_hash_new();
	g_autofree char *buffer = g_malloc(READ_SIZE);
	int64_t offset = 0;

	for (;;) {
		ssize_t n = pread(fd, buffer, READ_SIZE, offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return sl_error_errno(error, "read at %" G_GINT64_FORMAT, offset);
		if (n == 0)
			break;
		sl_hash_add(hash, buffer, (size_t)n);
		offset += n;
	}
	*ret_sha256 = sl_hash_finish(hash);
	*ret_size = offset;
	return true;
}
