#include "catalog/upstream/redirect.h"

#include <curl/curl.h>
#include <string.h>

#include "catalog/base/limits.h"
#include "catalog/base/text.h"

static char *
part_of(CURLU *url, CURLUPart part)
{
	char *text = NULL;
	char *copy;

	if (curl_url_get(url, part, &text, CURLU_DEFAULT_PORT) != CURLUE_OK)
		return g_strdup("");
	copy = g_strdup(text);
	curl_free(text);
	return copy;
}

static bool
same_place(const char *a, const char *b)
{
	CURLU *left = curl_url(), *right = curl_url();
	bool same = curl_url_set(left, CURLUPART_URL, a, 0) == CURLUE_OK &&
		    curl_url_set(right, CURLUPART_URL, b, 0) == CURLUE_OK;
	g_autofree char *host_a = part_of(left, CURLUPART_HOST);
	g_autofree char *host_b = part_of(right, CURLUPART_HOST);
	g_autofree char *port_a = part_of(left, CURLUPART_PORT);
	g_autofree char *port_b = part_of(right, CURLUPART_PORT);

	curl_url_cleanup(left);
	curl_url_cleanup(right);
	return same && g_ascii_strcasecmp(host_a, host_b) == 0 && strcmp(port_a, port_b) == 0;
}

static bool
is_secure(const char *url)
{
	return g_ascii_strncasecmp(url, "https:", 6) == 0;
}

bool
sl_redirect_check(const SlRedirect *redirect, GError **error)
{
	const char *to = redirect->to && *redirect->to ? redirect->to : "nowhere";
	g_autofree char *shown = sl_text_escape(to);

	if (redirect->followed >= SL_LIMIT_REDIRECTS)
		return sl_error_set(error, SL_ERROR_DENIED, "%s: more than %d redirects",
				    redirect->asked, SL_LIMIT_REDIRECTS);
	if (!is_secure(to) && g_ascii_strncasecmp(to, "http:", 5) != 0)
		return sl_error_set(error, SL_ERROR_DENIED, "%s: redirect to %s is not followed",
				    redirect->asked, shown);
	if (is_secure(redirect->from) && !is_secure(to))
		return sl_error_set(error, SL_ERROR_DENIED,
				    "%s: redirect from https to %s is not followed",
				    redirect->asked, shown);
	if (redirect->internal && !same_place(redirect->asked, to))
		return sl_error_set(
			error, SL_ERROR_DENIED,
			"%s: redirect to %s leaves the host and port of an internal upstream",
			redirect->asked, shown);
	return true;
}
