#include "catalog/base/seal.h"

#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <sys/mman.h>

#include "catalog/base/fs.h"

#define MACHINE	 8 /* bytes of a machine's id in front of the body */
#define HEADER	 (crypto_sign_BYTES + MACHINE)
#define LARGEST	 (1024 * 1024) /* bytes of one padded message; callers have lower limits */
#define KEY_FILE (SL_SEAL_SIGN_SECRET + SL_SEAL_BOX_SECRET)

G_STATIC_ASSERT(SL_SEAL_SIGN_PUBLIC == crypto_sign_PUBLICKEYBYTES);
G_STATIC_ASSERT(SL_SEAL_SIGN_SECRET == crypto_sign_SECRETKEYBYTES);
G_STATIC_ASSERT(SL_SEAL_BOX_PUBLIC == crypto_box_PUBLICKEYBYTES);
G_STATIC_ASSERT(SL_SEAL_BOX_SECRET == crypto_box_SECRETKEYBYTES);

struct SlSealKeys {
	SlSealPublic public;
	uint8_t *secret; /* locked memory: Ed25519 secret, then X25519 secret */
};

struct SlSealed {
	uint8_t *plain; /* signature, machine, body */
	size_t size;
};

static void
prepare(void)
{
	/* libsodium guards this itself and does it once */
	if (sodium_init() < 0)
		g_error("libsodium cannot start");
}

static SlSealKeys *
keys_alloc(void)
{
	SlSealKeys *keys = g_new0(SlSealKeys, 1);

	prepare();
	keys->secret = sodium_malloc(KEY_FILE);
	if (!keys->secret)
		g_error("no locked memory for keys");
	return keys;
}

SlSealKeys *
sl_seal_keys_new(void)
{
	SlSealKeys *keys = keys_alloc();

	crypto_sign_keypair(keys->public.sign, keys->secret);
	crypto_box_keypair(keys->public.box, keys->secret + SL_SEAL_SIGN_SECRET);
	sodium_mprotect_readonly(keys->secret);
	return keys;
}

SlSealKeys *
sl_seal_keys_load(int dir_fd, const char *path, GError **error)
{
	g_autoptr(GBytes) content = sl_fs_read(dir_fd, path, KEY_FILE, error);
	g_autoptr(SlSealKeys) keys = NULL;
	gsize size;
	gpointer bytes;

	if (!content)
		return NULL;
	keys = keys_alloc();
	bytes = g_bytes_unref_to_data(g_steal_pointer(&content), &size);
	if (size == KEY_FILE)
		memcpy(keys->secret, bytes, KEY_FILE);
	sodium_memzero(bytes, size);
	g_free(bytes);
	if (size != KEY_FILE) {
		sl_error_set(error, SL_ERROR_INTEGRITY, "%s: %zu bytes are no pair of keys", path,
			     size);
		return NULL;
	}
	crypto_sign_ed25519_sk_to_pk(keys->public.sign, keys->secret);
	crypto_scalarmult_base(keys->public.box, keys->secret + SL_SEAL_SIGN_SECRET);
	sodium_mprotect_readonly(keys->secret);
	return g_steal_pointer(&keys);
}

bool
sl_seal_keys_save(const SlSealKeys *keys, int dir_fd, const char *path, GError **error)
{
	return sl_fs_create(dir_fd, path, keys->secret, KEY_FILE, 0600, error);
}

const SlSealPublic *
sl_seal_keys_public(const SlSealKeys *keys)
{
	return &keys->public;
}

void
sl_seal_keys_free(SlSealKeys *keys)
{
	if (!keys)
		return;
	sodium_free(keys->secret);
	g_free(keys);
}

static void
add_part(crypto_sign_state *state, const void *bytes, size_t size)
{
	crypto_sign_update(state, bytes, size);
}

/* What is signed: context NUL server_id NUL machine body (Ed25519ph, so it is never copied). */
static void
hash_message(crypto_sign_state *state, const char *context, const char *server_id,
	     const uint8_t *machine_and_body, size_t size)
{
	crypto_sign_init(state);
	add_part(state, context, strlen(context) + 1);
	add_part(state, server_id, strlen(server_id) + 1);
	add_part(state, machine_and_body, size);
}

/* The next power of two, of at least SL_SEAL_PAD, above size: there is always room for the mark. */
static size_t
padded_size(size_t size)
{
	size_t padded = SL_SEAL_PAD;

	while (padded <= size)
		padded *= 2;
	return padded;
}

GBytes *
sl_seal_make(const SlSealKeys *ours, const SlSealPublic *theirs, const char *context,
	     const char *server_id, int64_t machine, const void *body, size_t size, GError **error)
{
	size_t plain_size = HEADER + size, padded = padded_size(plain_size);
	int64_t machine_be = GINT64_TO_BE(machine);
	g_autofree uint8_t *plain = NULL;
	g_autofree uint8_t *sealed = NULL;
	crypto_sign_state state;

	prepare();
	if (padded > LARGEST) {
		sl_error_set(error, SL_ERROR_LIMIT, "message of %zu bytes is too large to seal",
			     size);
		return NULL;
	}
	plain = g_malloc0(padded);
	memcpy(plain + crypto_sign_BYTES, &machine_be, MACHINE);
	if (size > 0)
		memcpy(plain + HEADER, body, size);
	plain[plain_size] = 0x80;
	hash_message(&state, context, server_id, plain + crypto_sign_BYTES, MACHINE + size);
	crypto_sign_final_create(&state, plain, NULL, ours->secret);
	sealed = g_malloc(padded + crypto_box_SEALBYTES);
	if (crypto_box_seal(sealed, plain, padded, theirs->box) != 0) {
		sl_error_set(error, SL_ERROR_INTEGRITY, "the recipient's key cannot be sealed to");
		return NULL;
	}
	return g_bytes_new_take(g_steal_pointer(&sealed), padded + crypto_box_SEALBYTES);
}

/* Where the body ends: before the last 0x80 that only zeros follow. */
static bool
unpad(const uint8_t *plain, size_t padded, size_t *ret_size)
{
	size_t size = padded;

	while (size > 0 && plain[size - 1] == 0)
		size--;
	if (size <= HEADER || plain[size - 1] != 0x80 || padded_size(size - 1) != padded)
		return false;
	*ret_size = size - 1;
	return true;
}

SlSealed *
sl_seal_open(const SlSealKeys *ours, const void *message, size_t size, GError **error)
{
	g_autoptr(SlSealed) sealed = NULL;
	size_t padded = size - crypto_box_SEALBYTES;

	if (size < crypto_box_SEALBYTES + SL_SEAL_PAD || padded > LARGEST) {
		sl_error_set(error, SL_ERROR_INTEGRITY, "%zu bytes are no sealed message", size);
		return NULL;
	}
	sealed = g_new0(SlSealed, 1);
	sealed->plain = g_malloc(padded);
	if (crypto_box_seal_open(sealed->plain, message, size, ours->public.box,
				 ours->secret + SL_SEAL_SIGN_SECRET) != 0 ||
	    !unpad(sealed->plain, padded, &sealed->size)) {
		sl_error_set(error, SL_ERROR_INTEGRITY, "message is not sealed to this key");
		return NULL;
	}
	return g_steal_pointer(&sealed);
}

int64_t
sl_sealed_machine(const SlSealed *sealed)
{
	int64_t machine_be;

	memcpy(&machine_be, sealed->plain + crypto_sign_BYTES, MACHINE);
	return GINT64_FROM_BE(machine_be);
}

const char *
sl_sealed_unverified(const SlSealed *sealed, size_t *ret_size)
{
	*ret_size = sealed->size - HEADER;
	return (const char *)sealed->plain + HEADER;
}

const char *
sl_sealed_verify(const SlSealed *sealed, const uint8_t *sign_public, const char *context,
		 const char *server_id, size_t *ret_size, GError **error)
{
	crypto_sign_state state;

	hash_message(&state, context, server_id, sealed->plain + crypto_sign_BYTES,
		     sealed->size - crypto_sign_BYTES);
	if (crypto_sign_final_verify(&state, sealed->plain, sign_public) != 0) {
		sl_error_set(error, SL_ERROR_INTEGRITY, "signature of the message is wrong");
		return NULL;
	}
	return sl_sealed_unverified(sealed, ret_size);
}

void
sl_sealed_free(SlSealed *sealed)
{
	if (!sealed)
		return;
	g_free(sealed->plain);
	g_free(sealed);
}

void
sl_seal_random(void *ret_bytes, size_t size)
{
	prepare();
	randombytes_buf(ret_bytes, size);
}

char *
sl_seal_random_text(size_t bytes)
{
	g_autofree uint8_t *random = g_malloc(bytes);

	sl_seal_random(random, bytes);
	return sl_seal_base64(random, bytes);
}

char *
sl_seal_base64(const void *bytes, size_t size)
{
	size_t length = sodium_base64_encoded_len(size, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	char *text = g_malloc(length);

	prepare();
	return sodium_bin2base64(text, length, bytes, size,
				 sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

bool
sl_seal_unbase64(const char *text, void *ret_bytes, size_t size, GError **error)
{
	g_autofree uint8_t *bytes = g_malloc(size + 1);
	size_t found = 0;

	prepare();
	if (sodium_base642bin(bytes, size + 1, text, strlen(text), NULL, &found, NULL,
			      sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0 ||
	    found != size)
		return sl_error_set(error, SL_ERROR_INVALID, "not base64 of %zu bytes", size);
	memcpy(ret_bytes, bytes, size);
	return true;
}

void
sl_seal_digest(const void *bytes, size_t size, uint8_t *ret_digest)
{
	prepare();
	crypto_generichash(ret_digest, crypto_generichash_BYTES, bytes, size, NULL, 0);
}

char *
sl_seal_mac(const char *secret, const char *text)
{
	uint8_t key[crypto_generichash_BYTES], mac[crypto_generichash_BYTES];

	sl_seal_digest(secret, strlen(secret), key);
	crypto_generichash(mac, sizeof mac, (const uint8_t *)text, strlen(text), key, sizeof key);
	return sl_seal_base64(mac, sizeof mac);
}

bool
sl_seal_equal(const char *a, const char *b)
{
	size_t size = strlen(a);

	return size == strlen(b) && sodium_memcmp(a, b, size) == 0;
}
