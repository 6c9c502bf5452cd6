#include "server/admin/answer.h"

#include <string.h>

#include "catalog/base/hash.h"
#include "server/http/conditional.h"

static unsigned
status_of(const GError *error)
{
	switch (error->code) {
	case SL_ERROR_INVALID:
		return 400;
	case SL_ERROR_NOT_FOUND:
		return 404;
	case SL_ERROR_CONFLICT:
	case SL_ERROR_CANCELLED:
		return 409;
	case SL_ERROR_DENIED:
		return 403;
	case SL_ERROR_LIMIT:
		return 413;
	case SL_ERROR_BUSY:
		return 503;
	case SL_ERROR_UPSTREAM:
	case SL_ERROR_INTEGRITY:
		return 502;
	default:
		return 500;
	}
}

const SlHttpHeader sl_answer_headers[] = {
	{"Content-Security-Policy",
	 "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
	 "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"},
	{"X-Content-Type-Options", "nosniff"},
	{"Referrer-Policy", "no-referrer"},
	{"Cache-Control", "no-store"},
	{NULL, NULL},
};

static SlResponse *
text_answer(unsigned status, const char *type, const char *text)
{
	SlResponse *response = sl_response_new(status, type, text, strlen(text));

	return response;
}

SlResponse *
sl_answer_text(const SlRequest *request, const char *type, const char *text)
{
	g_autofree char *hash = sl_hash_bytes(text, strlen(text));
	g_autofree char *etag = g_strdup_printf("\"%s\"", hash);
	const char *known = sl_request_header(request, "If-None-Match");
	SlResponse *response = sl_conditional_is_fresh(known, NULL, etag, 0)
				       ? text_answer(304, NULL, "")
				       : text_answer(200, type, text);

	sl_response_header(response, "ETag", etag);
	return response;
}

SlResponse *
sl_answer_json(const SlRequest *request, unsigned status, const json_t *json)
{
	g_autofree char *text = sl_json_text(json);

	if (status == 200 && strcmp(sl_request_method(request), "GET") == 0)
		return sl_answer_text(request, "application/json", text);
	return text_answer(status, "application/json", text);
}

SlResponse *
sl_answer_csv(const SlRequest *request, const char *path, const SlCsv *csv)
{
	/* spreadsheets take it for something else than UTF-8 without a mark */
	g_autofree char *text = g_strconcat("\xef\xbb\xbf", sl_csv_text(csv), NULL);
	SlResponse *response = sl_answer_text(request, "text/csv; charset=utf-8", text);
	g_autofree char *value = g_strdup_printf("attachment; filename=\"sluice-%s.csv\"", path);

	sl_response_header(response, "Content-Disposition", value);
	return response;
}

SlResponse *
sl_answer_problem(const char *kind, unsigned status, const char *title, const char *detail)
{
	g_autofree char *type =
		g_strconcat(kind ? "urn:sluice:problem:" : "about:blank", kind, NULL);
	g_autofree char *valid = g_utf8_make_valid(detail, -1);
	g_autoptr(json_t) json = json_pack("{s:s, s:s, s:i, s:s}", "type", type, "title", title,
					   "status", (int)status, "detail", valid);
	g_autofree char *text = sl_json_text(json);

	return text_answer(status, "application/problem+json", text);
}

SlResponse *
sl_answer_error(const char *kind, unsigned status, const GError *error)
{
	if (!kind && error->code == SL_ERROR_CONFLICT)
		kind = "conflict";
	return sl_answer_problem(kind, status ? status : status_of(error),
				 sl_error_name(error->code), error->message);
}

SlResponse *
sl_answer_refusal(unsigned status)
{
	static const struct {
		unsigned status;
		const char *kind, *title, *detail;
	} refusals[] = {
		{400, NULL, "invalid", "this is no request as HTTP has it"},
		{401, "sign-in", "denied", "sign in before you send as much"},
		{405, NULL, "not-allowed", "there is nothing to be had by this method"},
		{413, NULL, "limit", "the body is larger than this takes"},
		{414, NULL, "limit", "the address is too long"},
		{431, NULL, "limit", "there are too many headers"},
		{501, NULL, "invalid", "a body comes whole or chunked, in no other coding"},
		{503, NULL, "busy", "the server is ending"},
		{505, NULL, "invalid", "this is no HTTP/1.1"},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(refusals); i++)
		if (refusals[i].status == status)
			return sl_answer_problem(refusals[i].kind, status, refusals[i].title,
						 refusals[i].detail);
	return sl_answer_problem(NULL, status, "invalid", "this is refused");
}
