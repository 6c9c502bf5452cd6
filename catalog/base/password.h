/* password.h - passwords as argon2id hashes, by libsodium: 3 passes over 64 MiB
 *
 * Hashing is dear, for who guesses and for us: one password is worked on at a time, and strangers
 * are told to come back where four wait for it already (security 3.10). Who is known waits, and is
 * before all strangers.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "catalog/base/error.h"

#define SL_PASSWORD_LEAST 10   /* characters */
#define SL_PASSWORD_MOST  1000 /* bytes */

typedef struct SlPasswords SlPasswords;

SlPasswords *sl_passwords_new(void);
void sl_passwords_free(SlPasswords *passwords);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SlPasswords, sl_passwords_free)

/** How many were worked on since the start. */
int64_t sl_passwords_count(SlPasswords *passwords);

/** Whether people may take it; SL_ERROR_INVALID says what is wrong, and never the password. */
bool sl_password_check(const char *password, GError **error);

/**
 * Waits for the turn to have a password verified, which is to be left: for who does something
 * before that is not to be done in vain.
 *
 * @param stranger  who asks was not here before
 * @param error     SL_ERROR_BUSY, for strangers only
 */
bool sl_passwords_enter(SlPasswords *passwords, bool stranger, GError **error);
void sl_passwords_leave(SlPasswords *passwords);

/** What to store of a password, with a salt of its own. NULL: SL_ERROR_BUSY. */
char *sl_password_hash(SlPasswords *passwords, const char *password, GError **error);

/**
 * Whether a password is the one that was hashed; for whose turn it is (sl_passwords_enter).
 *
 * @param hash  NULL, of nobody, takes as long and is never right
 */
bool sl_password_verify(SlPasswords *passwords, const char *hash, const char *password);
