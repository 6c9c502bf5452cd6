#include "catalog/publish/signer.h"

#include <errno.h>
#include <fcntl.h>
#include <gpgme.h>
#include <spawn.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define HOME_MAX 90 /* bytes: a longer path makes gpg-agent's socket fail */

struct SlSigner {
	GMutex mutex; /* for context */
	gpgme_ctx_t context;
	GHashTable *usable; /* (owned, element-type utf8): fingerprints of keys that were there */
	char *home;
};

static bool
fail(GError **error, const char *what, gpgme_error_t problem)
{
	char words[256];

	gpgme_strerror_r(problem, words, sizeof words);
	return sl_error_set(error, SL_ERROR_IO, "%s: %s", what, words);
}

bool
sl_signer_check_path(const char *state_path, GError **error)
{
	g_autofree char *home = g_build_filename(state_path, "gnupg", NULL);

	return strlen(home) < HOME_MAX ||
	       sl_error_set(error, SL_ERROR_INVALID,
			    "state directory %s: its path is too long; gpg-agent needs %s to be "
			    "shorter than %d bytes",
			    state_path, home, HOME_MAX);
}

SlSigner *
sl_signer_new(const char *state_path, GError **error)
{
	g_autoptr(SlSigner) signer = g_new0(SlSigner, 1);
	gpgme_error_t problem;

	g_mutex_init(&signer->mutex);
	signer->usable = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	signer->home = g_build_filename(state_path, "gnupg", NULL);
	if (!sl_signer_check_path(state_path, error))
		return NULL;
	if (mkdir(signer->home, 0700) < 0 && errno != EEXIST) {
		sl_error_errno(error, "make directory %s", signer->home);
		return NULL;
	}
	gpgme_check_version(NULL);
	problem = gpgme_new(&signer->context);
	if (!problem)
		problem = gpgme_ctx_set_engine_info(signer->context, GPGME_PROTOCOL_OpenPGP, NULL,
						    signer->home);
	if (problem) {
		fail(error, "gpgme", problem);
		return NULL;
	}
	gpgme_set_offline(signer->context, 1);
	return g_steal_pointer(&signer);
}

static char *
user_id(const char *channel)
{
	return g_strdup_printf("Sluice %s channel", channel);
}

/* Fingerprint of the newest usable secret key of that user; NULL when there is none. */
static bool
find_key(SlSigner *signer, const char *uid, char **ret_fingerprint, GError **error)
{
	g_autofree char *exact = g_strconcat("=", uid, NULL);
	char *fingerprint = NULL;
	gpgme_error_t problem = gpgme_op_keylist_start(signer->context, exact, 1);
	gpgme_key_t key;

	while (!problem && !(problem = gpgme_op_keylist_next(signer->context, &key))) {
		if (!fingerprint && !key->revoked && !key->expired && !key->disabled)
			fingerprint = g_strdup(key->subkeys->fpr);
		gpgme_key_unref(key);
	}
	gpgme_op_keylist_end(signer->context);
	*ret_fingerprint = fingerprint;
	return gpgme_err_code(problem) == GPG_ERR_EOF ||
	       fail(error, "list the signing keys", problem);
}

static bool
has_key(SlSigner *signer, const char *fingerprint)
{
	gpgme_key_t key = NULL;

	if (g_hash_table_contains(signer->usable, fingerprint))
		return true;
	if (gpgme_get_key(signer->context, fingerprint, &key, 1))
		return false;
	gpgme_key_unref(key);
	g_hash_table_add(signer->usable, g_strdup(fingerprint));
	return true;
}

char *
sl_signer_fingerprint(SlSigner *signer, const char *channel, const char *known, GError **error)
{
	g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&signer->mutex);
	g_autofree char *uid = user_id(channel);
	g_autofree char *fingerprint = NULL;
	gpgme_error_t problem;

	if (known && has_key(signer, known))
		return g_strdup(known);
	if (known) {
		sl_error_set(error, SL_ERROR_INTEGRITY,
			     "its signing key %s cannot be had from %s, and no other is made in "
			     "its place: computers trust that one alone",
			     known, signer->home);
		return NULL;
	}
	if (!find_key(signer, uid, &fingerprint, error))
		return NULL;
	if (fingerprint)
		return g_steal_pointer(&fingerprint);
	problem = gpgme_op_createkey(signer->context, uid, "ed25519", 0, 0, NULL,
				     GPGME_CREATE_SIGN | GPGME_CREATE_NOPASSWD |
					     GPGME_CREATE_NOEXPIRE | GPGME_CREATE_FORCE);
	if (problem) {
		fail(error, "make a signing key", problem);
		return NULL;
	}
	return g_strdup(gpgme_op_genkey_result(signer->context)->fpr);
}

/* Takes what a data object holds. */
static GBytes *
take(gpgme_data_t data)
{
	size_t size = 0;
	char *bytes = gpgme_data_release_and_get_mem(data, &size);
	GBytes *copy = g_bytes_new(bytes, size);

	gpgme_free(bytes);
	return copy;
}

static gpgme_error_t
choose_key(SlSigner *signer, const char *fingerprint)
{
	gpgme_key_t key = NULL;
	gpgme_error_t problem = gpgme_get_key(signer->context, fingerprint, &key, 1);

	gpgme_signers_clear(signer->context);
	if (!problem)
		problem = gpgme_signers_add(signer->context, key);
	if (key)
		gpgme_key_unref(key);
	return problem;
}

static GBytes *
sign(SlSigner *signer, const char *fingerprint, GBytes *text, gpgme_sig_mode_t mode, GError **error)
{
	g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&signer->mutex);
	gpgme_data_t in = NULL, out = NULL;
	gpgme_error_t problem;
	gsize size;
	const char *bytes = g_bytes_get_data(text, &size);

	gpgme_set_armor(signer->context, 1);
	problem = choose_key(signer, fingerprint);
	if (!problem)
		problem = gpgme_data_new_from_mem(&in, bytes, size, 0);
	if (!problem)
		problem = gpgme_data_new(&out);
	if (!problem)
		problem = gpgme_op_sign(signer->context, in, out, mode);
	if (in)
		gpgme_data_release(in);
	if (!problem)
		return take(out);
	if (out)
		gpgme_data_release(out);
	fail(error, "sign a publication", problem);
	return NULL;
}

GBytes *
sl_signer_clear(SlSigner *signer, const char *fingerprint, GBytes *text, GError **error)
{
	return sign(signer, fingerprint, text, GPGME_SIG_MODE_CLEAR, error);
}

GBytes *
sl_signer_detach(SlSigner *signer, const char *fingerprint, GBytes *text, GError **error)
{
	return sign(signer, fingerprint, text, GPGME_SIG_MODE_DETACH, error);
}

GBytes *
sl_signer_public_key(SlSigner *signer, const char *fingerprint, bool armoured, GError **error)
{
	g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&signer->mutex);
	gpgme_key_t key = NULL;
	gpgme_data_t out = NULL;
	/* exporting a key that is not there gives nothing, and no error */
	gpgme_error_t problem = gpgme_get_key(signer->context, fingerprint, &key, 0);

	if (key)
		gpgme_key_unref(key);
	if (!problem)
		problem = gpgme_data_new(&out);
	gpgme_set_armor(signer->context, armoured);
	if (!problem)
		problem = gpgme_op_export(signer->context, fingerprint, 0, out);
	if (!problem)
		return take(out);
	if (out)
		gpgme_data_release(out);
	fail(error, "export a public key", problem);
	return NULL;
}

/* Not by GSubprocess, which would begin a thread of GLib's for it at the very end. */
static void
end_agent(const SlSigner *signer)
{
	char *arguments[] = {(char *)"gpgconf", (char *)"--homedir", signer->home,
			     (char *)"--kill",	(char *)"gpg-agent", NULL};
	posix_spawn_file_actions_t actions;
	pid_t pid;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	if (posix_spawnp(&pid, arguments[0], &actions, NULL, arguments, environ) == 0)
		while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			continue;
	posix_spawn_file_actions_destroy(&actions);
}

void
sl_signer_free(SlSigner *signer)
{
	if (!signer)
		return;
	if (signer->context) {
		gpgme_release(signer->context);
		end_agent(signer);
	}
	g_hash_table_unref(signer->usable);
	g_mutex_clear(&signer->mutex);
	g_free(signer->home);
	g_free(signer);
}
