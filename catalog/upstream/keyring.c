#include "catalog/upstream/keyring.h"

#include <gpgme.h>
#include <locale.h>
#include <string.h>

#include "catalog/base/fs.h"

#define CLEAR_BEGIN "-----BEGIN PGP SIGNED MESSAGE-----"
#define CLEAR_END   "-----END PGP SIGNATURE-----"
#define WORDS_SIZE  256 /* bytes of an error's text */

struct SlKeyring {
	gpgme_ctx_t context;
	char *home;
	char **pinned; /* NULL: all of the ring */
};

typedef struct gpgme_data *Data;

static void
data_clear(Data *data)
{
	if (*data)
		gpgme_data_release(*data);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Data, data_clear)

/* gpgme_strerror() is not for several threads. */
static const char *
words_of(gpgme_error_t problem, char *words, size_t size)
{
	gpgme_strerror_r(problem, words, size);
	return words;
}

static bool
fail(GError **error, SlErrorCode code, const char *what, gpgme_error_t problem)
{
	char words[WORDS_SIZE];

	return sl_error_set(error, code, "%s: %s", what, words_of(problem, words, sizeof words));
}

static bool
make_data(GBytes *bytes, Data *ret_data, GError **error)
{
	gsize size;
	const char *start = g_bytes_get_data(bytes, &size);
	gpgme_error_t problem = gpgme_data_new_from_mem(ret_data, start ? start : "", size, 0);

	return !problem || fail(error, SL_ERROR_IO, "gpgme", problem);
}

static bool
import(SlKeyring *keyring, GBytes *keys, GError **error)
{
	g_auto(Data) data = NULL;
	gpgme_error_t problem;
	gpgme_import_result_t result;

	if (!make_data(keys, &data, error))
		return false;
	problem = gpgme_op_import(keyring->context, data);
	if (problem)
		return fail(error, SL_ERROR_INVALID, "read the keyring", problem);
	result = gpgme_op_import_result(keyring->context);
	return result->considered > 0 ||
	       sl_error_set(error, SL_ERROR_INVALID, "there is no OpenPGP key in the keyring");
}

/* Public keys need no gpg-agent, and one that gpg starts outlives the home. */
static bool
forbid_agent(const char *home, GError **error)
{
	static const char options[] = "no-autostart\n";
	sl_autofd int fd = sl_fs_open_dir(home, error);

	return fd >= 0 && sl_fs_replace(fd, "gpg.conf", options, strlen(options), 0600, error);
}

SlKeyring *
sl_keyring_new(GBytes *keys, char *const *pinned, GError **error)
{
	g_autoptr(SlKeyring) keyring = g_new0(SlKeyring, 1);
	gpgme_error_t problem;

	gpgme_check_version(NULL);
	keyring->pinned = g_strdupv((char **)pinned);
	keyring->home = g_dir_make_tmp("sluice-keyring-XXXXXX", NULL);
	if (!keyring->home) {
		sl_error_errno(error, "make a directory for a keyring");
		return NULL;
	}
	if (!forbid_agent(keyring->home, error))
		return NULL;
	problem = gpgme_new(&keyring->context);
	if (!problem)
		problem = gpgme_ctx_set_engine_info(keyring->context, GPGME_PROTOCOL_OpenPGP, NULL,
						    keyring->home);
	if (problem) {
		fail(error, SL_ERROR_IO, "gpgme", problem);
		return NULL;
	}
	gpgme_set_offline(keyring->context, 1);
	return import(keyring, keys, error) ? g_steal_pointer(&keyring) : NULL;
}

char **
sl_keyring_fingerprints(SlKeyring *keyring, GError **error)
{
	GPtrArray *list = g_ptr_array_new();
	gpgme_error_t problem = gpgme_op_keylist_start(keyring->context, NULL, 0);
	gpgme_key_t key;

	while (!problem && !(problem = gpgme_op_keylist_next(keyring->context, &key))) {
		g_ptr_array_add(list, g_strdup(key->subkeys->fpr));
		gpgme_key_unref(key);
	}
	g_ptr_array_add(list, NULL);
	if (gpgme_err_code(problem) != GPG_ERR_EOF) {
		g_strfreev((char **)g_ptr_array_free(list, FALSE));
		fail(error, SL_ERROR_IO, "list keys", problem);
		return NULL;
	}
	return (char **)g_ptr_array_free(list, FALSE);
}

/* Primary fingerprint of the key that made a signature, or NULL. */
static char *
primary_of(SlKeyring *keyring, const char *fingerprint)
{
	gpgme_key_t key = NULL;
	char *primary;

	if (!fingerprint || gpgme_get_key(keyring->context, fingerprint, &key, 0))
		return NULL;
	primary = g_strdup(key->subkeys->fpr);
	gpgme_key_unref(key);
	return primary;
}

static bool
is_pinned(const SlKeyring *keyring, const char *primary)
{
	return primary &&
	       (!keyring->pinned || g_strv_contains((const char *const *)keyring->pinned, primary));
}

/* SHA-1 and what is weaker can be forged; apt does not count them either. */
static bool
is_strong(gpgme_hash_algo_t hash)
{
	return hash == GPGME_MD_SHA256 || hash == GPGME_MD_SHA384 || hash == GPGME_MD_SHA512;
}

static bool
counts(const SlKeyring *keyring, gpgme_signature_t one, const char *primary)
{
	return one->status == GPG_ERR_NO_ERROR && is_strong(one->hash_algo) &&
	       is_pinned(keyring, primary);
}

static const char *
why_not(gpgme_signature_t one, char *words, size_t size)
{
	if (one->status != GPG_ERR_NO_ERROR)
		return words_of(one->status, words, size);
	return is_strong(one->hash_algo) ? "not pinned" : "weak hash";
}

/* Names the keys that signed and those that would count, for whoever has to compare them. */
static bool
refuse(SlKeyring *keyring, const char *signers, GError **error)
{
	g_auto(GStrv) own = keyring->pinned ? g_strdupv(keyring->pinned)
					    : sl_keyring_fingerprints(keyring, NULL);
	g_autofree char *known = own ? g_strjoinv(", ", own) : g_strdup("none");

	return sl_error_set(error, SL_ERROR_INTEGRITY,
			    "no signature by a key of the keyring: signed by %s; keys of the "
			    "keyring: %s; if its keys changed: sluicectl upstream rekey",
			    signers[0] ? signers : "nobody", known);
}

/* Looks at every signature: one bad refuses all; at least one has to count. */
static bool
judge(SlKeyring *keyring, char **ret_fingerprint, GError **error)
{
	gpgme_verify_result_t result = gpgme_op_verify_result(keyring->context);
	g_autofree char *counted = NULL;
	GString *others = g_string_new(NULL);
	bool bad = false;

	for (gpgme_signature_t one = result ? result->signatures : NULL; one; one = one->next) {
		g_autofree char *primary = NULL;
		char words[WORDS_SIZE];

		if (gpgme_err_code(one->status) == GPG_ERR_BAD_SIGNATURE)
			bad = true;
		primary = primary_of(keyring, one->fpr);
		if (!counts(keyring, one, primary))
			g_string_append_printf(others, "%s%s (%s)", others->len ? ", " : "",
					       primary	  ? primary
					       : one->fpr ? one->fpr
							  : "unknown",
					       why_not(one, words, sizeof words));
		else if (!counted)
			counted = g_steal_pointer(&primary);
	}
	g_autofree char *told = g_string_free(others, FALSE);

	if (bad)
		return sl_error_set(error, SL_ERROR_INTEGRITY, "a signature is bad: %s", told);
	if (!counted)
		return refuse(keyring, told, error);
	*ret_fingerprint = g_steal_pointer(&counted);
	return true;
}

/* Whether a message is one clear-signed text and nothing else. */
static bool
is_one_clear_text(GBytes *message)
{
	gsize size;
	const char *text = g_bytes_get_data(message, &size);
	const char *end;
	gsize after;

	if (size < strlen(CLEAR_BEGIN) || memcmp(text, CLEAR_BEGIN, strlen(CLEAR_BEGIN)) != 0)
		return false;
	if (memmem(text + 1, size - 1, "\n" CLEAR_BEGIN, strlen(CLEAR_BEGIN) + 1))
		return false;
	end = memmem(text, size, "\n" CLEAR_END, strlen(CLEAR_END) + 1);
	if (!end)
		return false;
	after = (gsize)(end - text) + strlen(CLEAR_END) + 1;
	for (; after < size; after++)
		if (!strchr("\r\n\t ", text[after]) || text[after] == '\0')
			return false;
	return true;
}

GBytes *
sl_keyring_verify_clear(SlKeyring *keyring, GBytes *message, char **ret_fingerprint, GError **error)
{
	g_auto(Data) signed_data = NULL;
	g_auto(Data) plain = NULL;
	gpgme_error_t problem;
	g_autofree char *fingerprint = NULL;
	char *bytes;
	size_t size;
	GBytes *text;

	if (!is_one_clear_text(message)) {
		sl_error_set(error, SL_ERROR_INTEGRITY, "it is not one clear-signed text");
		return NULL;
	}
	if (!make_data(message, &signed_data, error))
		return NULL;
	problem = gpgme_data_new(&plain);
	if (!problem)
		problem = gpgme_op_verify(keyring->context, signed_data, NULL, plain);
	if (problem && gpgme_err_code(problem) != GPG_ERR_BAD_SIGNATURE) {
		fail(error, SL_ERROR_INTEGRITY, "verify the signature", problem);
		return NULL;
	}
	if (!judge(keyring, &fingerprint, error))
		return NULL;
	bytes = gpgme_data_release_and_get_mem(g_steal_pointer(&plain), &size);
	text = g_bytes_new(bytes, size);
	gpgme_free(bytes);
	*ret_fingerprint = g_steal_pointer(&fingerprint);
	return text;
}

bool
sl_keyring_verify_detached(SlKeyring *keyring, GBytes *text, GBytes *signature,
			   char **ret_fingerprint, GError **error)
{
	g_auto(Data) text_data = NULL;
	g_auto(Data) signature_data = NULL;
	gpgme_error_t problem;

	if (!make_data(text, &text_data, error) || !make_data(signature, &signature_data, error))
		return false;
	problem = gpgme_op_verify(keyring->context, signature_data, text_data, NULL);
	if (problem && gpgme_err_code(problem) != GPG_ERR_BAD_SIGNATURE)
		return fail(error, SL_ERROR_INTEGRITY, "verify the signature", problem);
	return judge(keyring, ret_fingerprint, error);
}

static void
remove_home(const char *home)
{
	g_autofree char *parent = g_path_get_dirname(home);
	g_autofree char *name = g_path_get_basename(home);
	sl_autofd int fd = sl_fs_open_dir(parent, NULL);

	sl_fs_remove_tree(fd, name, NULL);
}

void
sl_keyring_free(SlKeyring *keyring)
{
	if (!keyring)
		return;
	if (keyring->context)
		gpgme_release(keyring->context);
	if (keyring->home)
		remove_home(keyring->home);
	g_strfreev(keyring->pinned);
	g_free(keyring->home);
	g_free(keyring);
}
