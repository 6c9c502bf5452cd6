#include "clients/agent/transport.h"

#include <curl/curl.h>
#include <string.h>

#include "catalog/base/limits.h"
#include "catalog/base/text.h"

#define CONNECT_S   15L
#define DEADLINE_S  120L /* for the whole; messages are small */
#define SLOWEST	    64L	 /* bytes a second ... */
#define SLOWEST_S   30L	 /* ... over this long */
#define RETRY_MAX_S 86400

void
sl_transport_answer_clear(SlTransportAnswer *answer)
{
	g_clear_pointer(&answer->body, g_bytes_unref);
}

static bool
has_part(CURLU *url, CURLUPart part)
{
	char *text = NULL;
	bool there = curl_url_get(url, part, &text, 0) == CURLUE_OK && *text;

	curl_free(text);
	return there;
}

char *
sl_transport_check_url(const char *url, GError **error)
{
	bool http = g_str_has_prefix(url, "http://") || g_str_has_prefix(url, "https://");
	CURLU *parsed = curl_url();
	bool right = http && curl_url_set(parsed, CURLUPART_URL, url, 0) == CURLUE_OK &&
		     !has_part(parsed, CURLUPART_USER) && !has_part(parsed, CURLUPART_PASSWORD) &&
		     !has_part(parsed, CURLUPART_QUERY) && !has_part(parsed, CURLUPART_FRAGMENT);
	g_autofree char *checked = g_strdup(url);

	curl_url_cleanup(parsed);
	for (const char *c = url; *c; c++)
		right = right && g_ascii_isgraph(*c);
	if (!right) {
		g_autofree char *shown = sl_text_escape(url);

		sl_error_set(error, SL_ERROR_INVALID,
			     "not the address of a server (http://NAME or https://NAME): '%s'",
			     shown);
		return NULL;
	}
	while (g_str_has_suffix(checked, "/"))
		checked[strlen(checked) - 1] = '\0';
	return g_steal_pointer(&checked);
}

typedef struct {
	GByteArray *body;
	bool too_large;
} Received;

static size_t
receive(char *bytes, size_t one, size_t size, void *data)
{
	Received *received = data;

	(void)one;
	/* libcurl of Debian 12 does not stop a transfer that grows beyond its limit (F7) */
	if (received->body->len + size > SL_LIMIT_ANSWER) {
		received->too_large = true;
		return 0;
	}
	g_byte_array_append(received->body, (const guint8 *)bytes, (guint)size);
	return size;
}

static void
set_options(CURL *easy, const char *url)
{
	curl_easy_setopt(easy, CURLOPT_URL, url);
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(easy, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
	curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	curl_easy_setopt(easy, CURLOPT_PROXY, "");
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
	/* no version: it travels in the clear */
	curl_easy_setopt(easy, CURLOPT_USERAGENT, "sluice-agent");
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT, CONNECT_S);
	curl_easy_setopt(easy, CURLOPT_TIMEOUT, DEADLINE_S);
	curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, SLOWEST);
	curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, SLOWEST_S);
	curl_easy_setopt(easy, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)SL_LIMIT_ANSWER);
}

static struct curl_slist *
set_body(CURL *easy, GBytes *body)
{
	struct curl_slist *headers = NULL;
	gsize size;
	const void *bytes;

	if (!body)
		return NULL;
	bytes = g_bytes_get_data(body, &size);
	headers = curl_slist_append(headers, "Content-Type: application/octet-stream");
	headers = curl_slist_append(headers, "Expect:");
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(easy, CURLOPT_POST, 1L);
	curl_easy_setopt(easy, CURLOPT_POSTFIELDS, bytes);
	curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)size);
	return headers;
}

static bool
judge(CURLcode result, const Received *received, const char *words, const char *url, GError **error)
{
	g_autofree char *shown = NULL;

	if (received->too_large || result == CURLE_FILESIZE_EXCEEDED)
		return sl_error_set(error, SL_ERROR_LIMIT, "%s: the answer is larger than %d bytes",
				    url, SL_LIMIT_ANSWER);
	if (result == CURLE_OK)
		return true;
	shown = sl_text_escape(*words ? words : curl_easy_strerror(result));
	return sl_error_set(error, SL_ERROR_UPSTREAM, "%s: %s", url, shown);
}

bool
sl_transport_send(const char *url, GBytes *body, SlTransportAnswer *ret_answer, GError **error)
{
	CURL *easy = curl_easy_init();
	Received received = {.body = g_byte_array_new()};
	char words[CURL_ERROR_SIZE] = "";
	struct curl_slist *headers;
	curl_off_t retry = 0;
	CURLcode result;
	bool ok;

	set_options(easy, url);
	headers = set_body(easy, body);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, words);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, receive);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, &received);
	result = curl_easy_perform(easy);
	ok = judge(result, &received, words, url, error);
	if (ok) {
		curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &ret_answer->status);
		curl_easy_getinfo(easy, CURLINFO_RETRY_AFTER, &retry);
		ret_answer->retry_after_s = CLAMP(retry, 0, RETRY_MAX_S);
		ret_answer->body = g_byte_array_free_to_bytes(g_steal_pointer(&received.body));
	}
	g_clear_pointer(&received.body, g_byte_array_unref);
	curl_slist_free_all(headers);
	curl_easy_cleanup(easy);
	return ok;
}
