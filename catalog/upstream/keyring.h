/* keyring.h - who signed something, by gpgme and exactly the keys given
 *
 * Each keyring lives in a private temporary home that is removed with it. Signatures count
 * when they are good, their key is neither expired nor revoked, and its primary fingerprint is
 * pinned; one bad signature refuses the whole; those by other keys do not count (apt's rule).
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "catalog/base/error.h"

typedef struct SlKeyring SlKeyring;

/**
 * @param keys    OpenPGP public keys, binary or armoured
 * @param pinned  primary fingerprints that count, upper case; NULL: all keys of the ring
 * @param error   SL_ERROR_INVALID when there is no key in it
 */
SlKeyring *sl_keyring_new(GBytes *keys, char *const *pinned, GError **error);

/** Primary fingerprints of all its keys, upper case; owned, ends with NULL. */
char **sl_keyring_fingerprints(SlKeyring *keyring, GError **error);

/**
 * The text that a clear-signed message signs; nothing may stand before or after it.
 *
 * @param ret_fingerprint  primary fingerprint of a key whose signature counted
 * @param error            SL_ERROR_INTEGRITY
 */
GBytes *sl_keyring_verify_clear(SlKeyring *keyring, GBytes *message, char **ret_fingerprint,
				GError **error);

/** The same for a text and its detached signature. */
bool sl_keyring_verify_detached(SlKeyring *keyring, GBytes *text, GBytes *signature,
				char **ret_fingerprint, GError **error);

void sl_keyring_free(SlKeyring *keyring);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SlKeyring, sl_keyring_free)
