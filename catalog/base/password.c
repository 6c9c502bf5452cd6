#include "catalog/base/password.h"

#include <sodium.h>
#include <string.h>

#define PASSES	  3
#define MEMORY	  (64 * 1024 * 1024) /* bytes */
#define MOST_WAIT 4		     /* strangers */

/* Of a password that nobody knows: who has no account costs as much work as who has one.
 * As long as libsodium declares one, or the compiler sees it read past the end. */
static const char nobody[crypto_pwhash_STRBYTES] =
	"$argon2id$v=19$m=65536,t=3,p=1$PPXeM7C/"
	"WpyCzObS9HBVhQ$WRPQgto9JT2oBk8E4FwTmF+yoVENNxR2iJW8f4Wid/8";

struct SlPasswords {
	GMutex mutex; /* for the rest */
	GCond ended;
	bool busy;
	unsigned known; /* that wait */
	unsigned strangers;
	int64_t count;
};

SlPasswords *
sl_passwords_new(void)
{
	SlPasswords *passwords = g_new0(SlPasswords, 1);

	if (sodium_init() < 0)
		g_error("libsodium cannot start");
	g_mutex_init(&passwords->mutex);
	g_cond_init(&passwords->ended);
	return passwords;
}

void
sl_passwords_free(SlPasswords *passwords)
{
	if (!passwords)
		return;
	g_cond_clear(&passwords->ended);
	g_mutex_clear(&passwords->mutex);
	g_free(passwords);
}

int64_t
sl_passwords_count(SlPasswords *passwords)
{
	g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&passwords->mutex);

	return passwords->count;
}

bool
sl_password_check(const char *password, GError **error)
{
	if (!g_utf8_validate(password, -1, NULL))
		return sl_error_set(error, SL_ERROR_INVALID, "the password is no valid text");
	if (g_utf8_strlen(password, -1) < SL_PASSWORD_LEAST)
		return sl_error_set(error, SL_ERROR_INVALID,
				    "a password has at least %d characters", SL_PASSWORD_LEAST);
	return strlen(password) <= SL_PASSWORD_MOST ||
	       sl_error_set(error, SL_ERROR_INVALID, "a password has at most %d bytes",
			    SL_PASSWORD_MOST);
}

bool
sl_passwords_enter(SlPasswords *passwords, bool stranger, GError **error)
{
	g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&passwords->mutex);
	unsigned *waiting = stranger ? &passwords->strangers : &passwords->known;

	if (stranger && *waiting >= MOST_WAIT)
		return sl_error_set(error, SL_ERROR_BUSY,
				    "too many passwords are being checked: try again");
	(*waiting)++;
	while (passwords->busy || (stranger && passwords->known > 0))
		g_cond_wait(&passwords->ended, &passwords->mutex);
	(*waiting)--;
	passwords->busy = true;
	return true;
}

void
sl_passwords_leave(SlPasswords *passwords)
{
	g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&passwords->mutex);

	passwords->busy = false;
	g_cond_broadcast(&passwords->ended);
}

static void
count_one(SlPasswords *passwords)
{
	g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&passwords->mutex);

	passwords->count++;
}

char *
sl_password_hash(SlPasswords *passwords, const char *password, GError **error)
{
	char hash[crypto_pwhash_STRBYTES];
	int failed;

	if (!sl_passwords_enter(passwords, false, error))
		return NULL;
	count_one(passwords);
	failed = crypto_pwhash_str_alg(hash, password, strlen(password), PASSES, MEMORY,
				       crypto_pwhash_ALG_ARGON2ID13);
	sl_passwords_leave(passwords);
	if (!failed)
		return g_strdup(hash);
	sl_error_set(error, SL_ERROR_BUSY, "no memory to work on a password");
	return NULL;
}

bool
sl_password_verify(SlPasswords *passwords, const char *hash, const char *password)
{
	bool right;

	count_one(passwords);
	right = crypto_pwhash_str_verify(hash ? hash : nobody, password, strlen(password)) == 0;
	return right && hash;
}
