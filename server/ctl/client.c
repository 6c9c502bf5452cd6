/* client.c - the admin API over its Unix socket, by libcurl */
#include <curl/curl.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "catalog/base/fs.h"
#include "catalog/base/limits.h"
#include "server/ctl/ctl.h"

#define ANSWER_MAX (256 * 1024 * 1024) /* bytes: a listing of everything */

static size_t
receive(char *bytes, size_t one, size_t size, void *data)
{
	GByteArray *answer = data;

	(void)one;
	if (answer->len + size > ANSWER_MAX)
		return 0;
	g_byte_array_append(answer, (const guint8 *)bytes, (guint)size);
	return size;
}

/* The error a problem document tells of. */
static void
set_problem(const json_t *json, long status, GError **error)
{
	static const SlErrorCode codes[] = {
		SL_ERROR_INVALID, SL_ERROR_NOT_FOUND, SL_ERROR_CONFLICT,  SL_ERROR_DENIED,
		SL_ERROR_LIMIT,	  SL_ERROR_BUSY,      SL_ERROR_INTEGRITY, SL_ERROR_UPSTREAM,
	};
	const char *title = json_string_value(json_object_get(json, "title"));
	const char *detail = json_string_value(json_object_get(json, "detail"));
	SlErrorCode code = SL_ERROR_IO;

	for (size_t i = 0; i < G_N_ELEMENTS(codes); i++)
		if (g_strcmp0(title, sl_error_name((int)codes[i])) == 0)
			code = codes[i];
	if (detail)
		sl_error_set(error, code, "%s", detail);
	else
		sl_error_set(error, code, "the server answered %ld", status);
}

static json_t *
read_answer(const GByteArray *answer, long status, GError **error)
{
	g_autoptr(json_t) json =
		sl_json_load(answer->data, answer->len, ANSWER_MAX, status < 400 ? error : NULL);

	if (status < 400)
		return g_steal_pointer(&json);
	set_problem(json, status, error);
	return NULL;
}

/* Why nothing answers at the socket, as far as that can be seen from here. */
static bool
refuse_socket(const SlCtl *ctl, GError **error)
{
	if (access(ctl->socket, W_OK) == 0)
		return sl_error_set(error, SL_ERROR_IO, "no sluiced answers at %s: is it running?",
				    ctl->socket);
	if (errno == EACCES)
		return sl_error_set(error, SL_ERROR_DENIED,
				    "%s may be used by its owner, root and members of group "
				    "sluice-admin: you are none of them",
				    ctl->socket);
	return sl_error_set(error, SL_ERROR_IO,
			    "no sluiced runs here: there is no %s; --state DIR or --socket FILE "
			    "say where else",
			    ctl->socket);
}

/* Does what the handle was set up for, at the server's socket; its status. */
static bool
transfer(CURL *easy, const SlCtl *ctl, const char *path, long *ret_status, GError **error)
{
	g_autofree char *url = g_strdup_printf("http://localhost/api/v1/%s", path);
	CURLcode result;

	curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, ctl->socket);
	curl_easy_setopt(easy, CURLOPT_URL, url);
	curl_easy_setopt(easy, CURLOPT_PROXY, "");
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	result = curl_easy_perform(easy);
	if (result == CURLE_COULDNT_CONNECT)
		return refuse_socket(ctl, error);
	if (result != CURLE_OK)
		return sl_error_set(error, SL_ERROR_IO, "%s: %s", ctl->socket,
				    curl_easy_strerror(result));
	curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, ret_status);
	return true;
}

static json_t *
perform(CURL *easy, const SlCtl *ctl, const char *path, GError **error)
{
	g_autoptr(GByteArray) answer = g_byte_array_new();
	long status = 0;

	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, receive);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, answer);
	return transfer(easy, ctl, path, &status, error) ? read_answer(answer, status, error)
							 : NULL;
}

typedef struct {
	CURL *easy;
	int fd;
	GByteArray *problem; /* what came instead of the file */
	GError *error;
} Download;

static size_t
receive_part(char *bytes, size_t one, size_t size, void *data)
{
	Download *download = data;
	long status = 0;

	curl_easy_getinfo(download->easy, CURLINFO_RESPONSE_CODE, &status);
	if (status >= 400)
		return receive(bytes, one, size, download->problem);
	return sl_fs_write_all(download->fd, bytes, size, &download->error) ? size : 0;
}

bool
sl_client_download(const SlCtl *ctl, const char *path, int fd, GError **error)
{
	g_autoptr(GByteArray) problem = g_byte_array_new();
	Download download = {curl_easy_init(), fd, problem, NULL};
	json_t *answer;
	long status = 0;
	bool ok;

	curl_easy_setopt(download.easy, CURLOPT_WRITEFUNCTION, receive_part);
	curl_easy_setopt(download.easy, CURLOPT_WRITEDATA, &download);
	ok = transfer(download.easy, ctl, path, &status, error);
	curl_easy_cleanup(download.easy);
	if (download.error) {
		g_clear_error(error);
		g_propagate_error(error, download.error);
		return false;
	}
	if (!ok || status < 400)
		return ok;
	answer = read_answer(problem, status, error);
	json_decref(answer);
	return false;
}

json_t *
sl_client_get(const SlCtl *ctl, const char *path, GError **error)
{
	CURL *easy = curl_easy_init();
	json_t *answer = perform(easy, ctl, path, error);

	curl_easy_cleanup(easy);
	return answer;
}

json_t *
sl_client_post_bytes(const SlCtl *ctl, const char *path, const char *bytes, size_t size,
		     GError **error)
{
	CURL *easy = curl_easy_init();
	/* without "Expect: 100-continue", which would only cost a round */
	struct curl_slist *headers = curl_slist_append(NULL, "Expect:");
	json_t *answer;

	headers = curl_slist_append(headers, "Content-Type: application/json");
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)size);
	curl_easy_setopt(easy, CURLOPT_POSTFIELDS, bytes);
	answer = perform(easy, ctl, path, error);
	curl_slist_free_all(headers);
	curl_easy_cleanup(easy);
	return answer;
}

json_t *
sl_client_post(const SlCtl *ctl, const char *path, json_t *body, GError **error)
{
	g_autoptr(json_t) owned = body;
	g_autofree char *text = sl_json_text(owned);

	return sl_client_post_bytes(ctl, path, text, strlen(text), error);
}

json_t *
sl_client_delete(const SlCtl *ctl, const char *path, GError **error)
{
	CURL *easy = curl_easy_init();
	json_t *answer;

	curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, "DELETE");
	answer = perform(easy, ctl, path, error);
	curl_easy_cleanup(easy);
	return answer;
}

char *
sl_client_argument(const char *name, const char *value)
{
	g_autofree char *escaped = value ? g_uri_escape_string(value, NULL, FALSE) : NULL;

	return escaped ? g_strdup_printf("&%s=%s", name, escaped) : g_strdup("");
}
