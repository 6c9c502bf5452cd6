#include "server/http/tls.h"

#include <gnutls/gnutls.h>
#include <string.h>

#include "catalog/base/fs.h"

#define FILE_MAX (1024 * 1024) /* bytes */

static char *
read_pem(const char *path, GError **error)
{
	g_autoptr(GBytes) bytes = sl_fs_read_path(path, FILE_MAX, error);
	const char *text;
	gsize size;

	if (!bytes)
		return NULL;
	text = g_bytes_get_data(bytes, &size);
	return g_strndup(text, size);
}

static bool
check(const SlTls *tls, GError **error)
{
	const gnutls_datum_t certificate = {(unsigned char *)tls->certificate,
					    (unsigned)strlen(tls->certificate)};
	const gnutls_datum_t key = {(unsigned char *)tls->key, (unsigned)strlen(tls->key)};
	gnutls_certificate_credentials_t credentials;
	int result = gnutls_certificate_allocate_credentials(&credentials);

	if (result >= 0) {
		result = gnutls_certificate_set_x509_key_mem(credentials, &certificate, &key,
							     GNUTLS_X509_FMT_PEM);
		gnutls_certificate_free_credentials(credentials);
	}
	/* of a file that is no PEM GnuTLS says only that data were not available */
	return result >= 0 ||
	       sl_error_set(error, SL_ERROR_INVALID,
			    "no certificate in PEM with the key that belongs to it: %s",
			    gnutls_strerror(result));
}

SlTls *
sl_tls_load(const char *certificate, const char *key, GError **error)
{
	g_autoptr(SlTls) tls = g_new0(SlTls, 1);

	tls->certificate = read_pem(certificate, error);
	tls->key = tls->certificate ? read_pem(key, error) : NULL;
	if (!tls->key)
		return NULL;
	if (!check(tls, error)) {
		g_prefix_error(error, "%s with %s: ", certificate, key);
		return NULL;
	}
	return g_steal_pointer(&tls);
}

void
sl_tls_free(SlTls *tls)
{
	if (!tls)
		return;
	g_free(tls->certificate);
	g_free(tls->key);
	g_free(tls);
}
