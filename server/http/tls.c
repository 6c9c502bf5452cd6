#include "server/http/tls.h"

#include "catalog/base/fs.h"

#define FILE_MAX  (1024 * 1024) /* bytes */
#define CHAIN_MAX 16		/* certificates from one's own to a root */

typedef struct {
	gnutls_pcert_st chain[CHAIN_MAX]; /* its own first, then those that lead to a root */
	unsigned count;
	gnutls_privkey_t key;
} Pair;

struct SlTls {
	GPtrArray *pairs; /* (owned, element-type Pair): connections may still use each */
	Pair *current;	  /* atomic */
};

static void
free_pair(Pair *pair)
{
	for (unsigned i = 0; i < pair->count; i++)
		gnutls_pcert_deinit(&pair->chain[i]);
	gnutls_privkey_deinit(pair->key);
	g_free(pair);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Pair, free_pair)

static bool
read_pem(const char *path, GBytes **ret_bytes, gnutls_datum_t *ret_pem, GError **error)
{
	gsize size;

	*ret_bytes = sl_fs_read_path(path, FILE_MAX, error);
	if (!*ret_bytes)
		return false;
	ret_pem->data = (unsigned char *)g_bytes_get_data(*ret_bytes, &size);
	ret_pem->size = (unsigned)size;
	return true;
}

/* Whether they belong together, too. */
static int
check_pair(const gnutls_datum_t *certificate, const gnutls_datum_t *key)
{
	gnutls_certificate_credentials_t credentials;
	int result = gnutls_certificate_allocate_credentials(&credentials);

	if (result < 0)
		return result;
	result = gnutls_certificate_set_x509_key_mem(credentials, certificate, key,
						     GNUTLS_X509_FMT_PEM);
	gnutls_certificate_free_credentials(credentials);
	return result;
}

static int
import_pair(const gnutls_datum_t *certificate, const gnutls_datum_t *key, Pair *pair)
{
	unsigned count = CHAIN_MAX;
	int result = gnutls_pcert_list_import_x509_raw(
		pair->chain, &count, certificate, GNUTLS_X509_FMT_PEM,
		GNUTLS_X509_CRT_LIST_SORT | GNUTLS_X509_CRT_LIST_IMPORT_FAIL_IF_EXCEED);

	if (result < 0)
		return result;
	pair->count = count;
	result = gnutls_privkey_init(&pair->key);
	return result < 0 ? result
			  : gnutls_privkey_import_x509_raw(pair->key, key, GNUTLS_X509_FMT_PEM,
							   NULL, 0);
}

static Pair *
load_pair(const char *certificate_path, const char *key_path, GError **error)
{
	g_autoptr(Pair) pair = g_new0(Pair, 1);
	g_autoptr(GBytes) certificate_bytes = NULL;
	g_autoptr(GBytes) key_bytes = NULL;
	gnutls_datum_t certificate, key;
	int result;

	if (!read_pem(certificate_path, &certificate_bytes, &certificate, error) ||
	    !read_pem(key_path, &key_bytes, &key, error))
		return NULL;
	result = check_pair(&certificate, &key);
	if (result >= 0)
		result = import_pair(&certificate, &key, pair);
	if (result >= 0)
		return g_steal_pointer(&pair);
	/* of a file that is no PEM GnuTLS says only that data were not available */
	sl_error_set(error, SL_ERROR_INVALID,
		     "%s with %s: no certificate in PEM with the key that belongs to it: %s",
		     certificate_path, key_path, gnutls_strerror(result));
	return NULL;
}

SlTls *
sl_tls_load(const char *certificate, const char *key, GError **error)
{
	g_autoptr(SlTls) tls = g_new0(SlTls, 1);

	tls->pairs = g_ptr_array_new_with_free_func((GDestroyNotify)free_pair);
	return sl_tls_reload(tls, certificate, key, error) ? g_steal_pointer(&tls) : NULL;
}

bool
sl_tls_reload(SlTls *tls, const char *certificate, const char *key, GError **error)
{
	Pair *pair = load_pair(certificate, key, error);

	if (!pair)
		return false;
	g_ptr_array_add(tls->pairs, pair);
	__atomic_store_n(&tls->current, pair, __ATOMIC_SEQ_CST);
	return true;
}

void
sl_tls_show(const SlTls *tls, gnutls_pcert_st **ret_chain, unsigned *ret_count,
	    gnutls_privkey_t *ret_key)
{
	Pair *pair = __atomic_load_n(&tls->current, __ATOMIC_SEQ_CST);

	*ret_chain = pair->chain;
	*ret_count = pair->count;
	*ret_key = pair->key;
}

void
sl_tls_free(SlTls *tls)
{
	if (!tls)
		return;
	g_ptr_array_unref(tls->pairs);
	g_free(tls);
}
