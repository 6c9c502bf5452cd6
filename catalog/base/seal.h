/* seal.h - messages between agents and the server, by libsodium (security 3.4)
 *
 * A message is the signature (Ed25519ph over context NUL server_id NUL machine body), the machine
 * and the body, padded to a power of two of at least 4 KiB, then crypto_box_seal'ed to the
 * recipient. The machine is 8 bytes, big endian, in front of the body, so that the key to verify
 * with can be looked up before any of the body is parsed. Contexts separate kinds of message.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "catalog/base/error.h"

#define SL_SEAL_SIGN_PUBLIC 32 /* Ed25519 */
#define SL_SEAL_SIGN_SECRET 64
#define SL_SEAL_BOX_PUBLIC  32 /* X25519 */
#define SL_SEAL_BOX_SECRET  32
#define SL_SEAL_PAD	    4096

#define SL_SEAL_ENROLL	"sluice/enroll/v1"
#define SL_SEAL_CHECKIN "sluice/checkin/v1"
#define SL_SEAL_ANSWER	"sluice/answer/v1"

/* A party's secret keys live in locked memory that core dumps leave out. */
typedef struct SlSealKeys SlSealKeys;

typedef struct {
	uint8_t sign[SL_SEAL_SIGN_PUBLIC];
	uint8_t box[SL_SEAL_BOX_PUBLIC];
} SlSealPublic;

SlSealKeys *sl_seal_keys_new(void);
/** Reads both secret keys from a file made by sl_seal_keys_save; SL_ERROR_NOT_FOUND. */
SlSealKeys *sl_seal_keys_load(int dir_fd, const char *path, GError **error);
/** Writes them atomically, mode 0600 from the first moment; refuses to replace a file. */
bool sl_seal_keys_save(const SlSealKeys *keys, int dir_fd, const char *path, GError **error);
const SlSealPublic *sl_seal_keys_public(const SlSealKeys *keys);
void sl_seal_keys_free(SlSealKeys *keys);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SlSealKeys, sl_seal_keys_free)

/** Signs with ours, seals to theirs. machine is 0 where the sender has no id yet. */
GBytes *sl_seal_make(const SlSealKeys *ours, const SlSealPublic *theirs, const char *context,
		     const char *server_id, int64_t machine, const void *body, size_t size,
		     GError **error);

typedef struct SlSealed SlSealed; /* an opened message whose signature nobody has checked yet */

/** Opens; SL_ERROR_INTEGRITY when it was not sealed to us or its padding is wrong. */
SlSealed *sl_seal_open(const SlSealKeys *ours, const void *message, size_t size, GError **error);
int64_t sl_sealed_machine(const SlSealed *sealed);
/** The body of an enrolment, which names the key that signed it; still unverified. */
const char *sl_sealed_unverified(const SlSealed *sealed, size_t *ret_size);
/** The body once its signature by that key holds; NULL with SL_ERROR_INTEGRITY. Borrowed. */
const char *sl_sealed_verify(const SlSealed *sealed, const uint8_t *sign_public,
			     const char *context, const char *server_id, size_t *ret_size,
			     GError **error);
void sl_sealed_free(SlSealed *sealed);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SlSealed, sl_sealed_free)

void sl_seal_random(void *ret_bytes, size_t size);
/** Random bytes as unpadded URL-safe base64. */
char *sl_seal_random_text(size_t bytes);
/** Unpadded URL-safe base64 of bytes, and back (exactly size bytes; SL_ERROR_INVALID). */
char *sl_seal_base64(const void *bytes, size_t size);
bool sl_seal_unbase64(const char *text, void *ret_bytes, size_t size, GError **error);
/** Keyed BLAKE2b-256 of a text under a secret text, as unpadded URL-safe base64. */
char *sl_seal_mac(const char *secret, const char *text);
/** Whether two texts are the same, in a time that tells only their lengths. */
bool sl_seal_equal(const char *a, const char *b);
/** BLAKE2b-256 of bytes: what tokens are stored as, and key fingerprints. ret has 32 bytes. */
void sl_seal_digest(const void *bytes, size_t size, uint8_t *ret_digest);
