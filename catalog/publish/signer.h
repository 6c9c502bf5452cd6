/* signer.h - the signing keys of the channels, by gpgme; secrets stay in gpg-agent
 *
 * One Ed25519 key a channel, made at its first use, in gnupg/ below the state directory. May
 * be used from several threads.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "catalog/base/error.h"

typedef struct SlSigner SlSigner;

/** Whether gpg-agent's socket fits below a state directory; SL_ERROR_INVALID. */
bool sl_signer_check_path(const char *state_path, GError **error);

/** @param error  SL_ERROR_INVALID when the path is too long for gpg-agent's socket */
SlSigner *sl_signer_new(const char *state_path, GError **error);

/**
 * Fingerprint of a channel's key; owned.
 *
 * A key is made only where the channel never had one: a channel that changes its key by itself
 * is refused by all its machines.
 *
 * @param known  the channel's fingerprint as it was noted; NULL when none was yet
 * @param error  SL_ERROR_INTEGRITY when that key is not there
 */
char *sl_signer_fingerprint(SlSigner *signer, const char *channel, const char *known,
			    GError **error);

/** Clear-signs a text (for InRelease). */
GBytes *sl_signer_clear(SlSigner *signer, const char *fingerprint, GBytes *text, GError **error);

/** An armoured detached signature (for Release.gpg). */
GBytes *sl_signer_detach(SlSigner *signer, const char *fingerprint, GBytes *text, GError **error);

/** The public key, binary or armoured. */
GBytes *sl_signer_public_key(SlSigner *signer, const char *fingerprint, bool armoured,
			     GError **error);

/** Ends the gpg-agent it started. */
void sl_signer_free(SlSigner *signer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SlSigner, sl_signer_free)
