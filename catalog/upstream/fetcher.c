#include "catalog/upstream/fetcher.h"

#include <curl/curl.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "catalog/base/fs.h"
#include "catalog/base/limits.h"
#include "catalog/base/text.h"
#include "catalog/upstream/address.h"
#include "catalog/upstream/redirect.h"

#define WAIT_MS	   200
#define DEADLINE_S 300	       /* besides what the size allows */
#define SLOWEST	   (16 * 1024) /* bytes a second on the whole */
#define FOREIGN_LIMIT                                                                              \
	(64 * 1024)	  /* bytes of a body that is not the file: a redirect's, an error's */
#define RANGE_REFUSED 416 /* HTTP: the file has no such bytes */
#define HEADERS_LIMIT (256 * 1024) /* bytes of all headers; curl bounds a line */

/* One download under way. */
typedef struct {
	SlFetch *fetch;
	CURL *easy;
	struct curl_slist *headers;
	char *url; /* where it is now, after redirects */
	int redirects;
	bool refused_address;
	int64_t foreign; /* bytes of a body that is not the file */
	int64_t headers_size;
	bool began; /* the first byte of the file came */
	const SlFetchCalls *calls;
	gpointer data;	 /* for calls */
	GError *problem; /* why we stopped it ourselves */
	char message[CURL_ERROR_SIZE];
} Transfer;

SlFetchLimits
sl_fetch_limits(int64_t low_speed_s)
{
	return (SlFetchLimits){.connect_s = 15,
			       .low_speed_bytes = 1024,
			       .low_speed_s = low_speed_s > 0 ? low_speed_s : 60,
			       .parallel = 4};
}

SlFetch *
sl_fetch_new(const char *url, bool internal, int fd, int64_t limit)
{
	SlFetch *fetch = g_new0(SlFetch, 1);

	fetch->url = g_strdup(url);
	fetch->internal = internal;
	fetch->fd = fd;
	fetch->limit = limit;
	return fetch;
}

void
sl_fetch_free(SlFetch *fetch)
{
	if (!fetch)
		return;
	g_free(fetch->url);
	g_free(fetch->if_range);
	g_free(fetch->etag);
	g_free(fetch->modified);
	g_free(fetch->ret_etag);
	g_free(fetch->ret_modified);
	g_clear_error(&fetch->error);
	g_free(fetch);
}

static curl_socket_t
open_socket(void *data, curlsocktype purpose, struct curl_sockaddr *address)
{
	Transfer *transfer = data;

	(void)purpose;
	/* looked at where we connect, so that a name which changes its mind gains nothing */
	if (!transfer->fetch->internal && !sl_address_is_public(&address->addr)) {
		transfer->refused_address = true;
		return CURL_SOCKET_BAD;
	}
	return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

/* Where the file's bytes begin in this answer: after ours when the rest came, else anew. */
static bool
begin_file(Transfer *transfer, long status)
{
	SlFetch *fetch = transfer->fetch;

	transfer->began = true;
	fetch->position = status == 206 ? fetch->offset : 0;
	if (ftruncate(fetch->fd, fetch->position) < 0)
		return sl_error_errno(&transfer->problem, "cut the download");
	if (lseek(fetch->fd, fetch->position, SEEK_SET) < 0)
		return sl_error_errno(&transfer->problem, "seek in the download");
	if (transfer->calls->begin)
		transfer->calls->begin(fetch, transfer->data);
	return true;
}

static size_t
receive(char *bytes, size_t one, size_t size, void *data)
{
	Transfer *transfer = data;
	SlFetch *fetch = transfer->fetch;
	long status = 0;

	(void)one;
	fetch->received += (int64_t)size;
	curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
	if (status != 200 && status != 206) {
		transfer->foreign += (int64_t)size;
		return transfer->foreign <= FOREIGN_LIMIT ? size : 0;
	}
	if (!transfer->began && !begin_file(transfer, status))
		return 0;
	if (fetch->position + (int64_t)size > fetch->limit) {
		sl_error_set(&transfer->problem, SL_ERROR_LIMIT,
			     "it is larger than the %" PRId64 " bytes it should have",
			     fetch->limit);
		return 0;
	}
	fetch->position += (int64_t)size;
	return sl_fs_write_all(fetch->fd, bytes, size, &transfer->problem) ? size : 0;
}

static void
take_text(char **place, const char *line, size_t size, const char *name)
{
	size_t length = strlen(name);
	g_autofree char *value = NULL;

	if (size <= length || g_ascii_strncasecmp(line, name, length) != 0)
		return;
	value = g_strstrip(g_strndup(line + length, size - length));
	g_free(*place);
	*place = strlen(value) <= SL_LIMIT_NAME * 2 ? g_steal_pointer(&value) : NULL;
}

static size_t
receive_header(char *line, size_t one, size_t size, void *data)
{
	Transfer *transfer = data;
	SlFetch *fetch = transfer->fetch;

	(void)one;
	fetch->received += (int64_t)size;
	transfer->headers_size += (int64_t)size;
	if (transfer->headers_size > HEADERS_LIMIT) {
		sl_error_set(&transfer->problem, SL_ERROR_LIMIT, "headers of more than %d bytes",
			     HEADERS_LIMIT);
		return 0;
	}
	/* a status line: what an answer before this one said counts no more */
	if (size > 5 && memcmp(line, "HTTP/", 5) == 0) {
		g_clear_pointer(&fetch->ret_etag, g_free);
		g_clear_pointer(&fetch->ret_modified, g_free);
	}
	take_text(&fetch->ret_etag, line, size, "ETag:");
	take_text(&fetch->ret_modified, line, size, "Last-Modified:");
	return size;
}

static void
add_header(Transfer *transfer, const char *name, const char *value)
{
	g_autofree char *line = value ? g_strdup_printf("%s: %s", name, value) : NULL;

	if (line)
		transfer->headers = curl_slist_append(transfer->headers, line);
}

static void
set_conditions(Transfer *transfer)
{
	const SlFetch *fetch = transfer->fetch;

	if (fetch->offset > 0 && fetch->if_range) {
		g_autofree char *range = g_strdup_printf("%" PRId64 "-", fetch->offset);

		curl_easy_setopt(transfer->easy, CURLOPT_RANGE, range);
		add_header(transfer, "If-Range", fetch->if_range);
	}
	add_header(transfer, "If-None-Match", fetch->etag);
	add_header(transfer, "If-Modified-Since", fetch->modified);
	curl_easy_setopt(transfer->easy, CURLOPT_HTTPHEADER, transfer->headers);
}

static void
set_limits(Transfer *transfer, const SlFetchLimits *limits)
{
	CURL *easy = transfer->easy;

	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT, (long)limits->connect_s);
	curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, (long)limits->low_speed_bytes);
	curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, (long)limits->low_speed_s);
	curl_easy_setopt(easy, CURLOPT_TIMEOUT,
			 (long)(DEADLINE_S + transfer->fetch->limit / SLOWEST));
	curl_easy_setopt(easy, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)transfer->fetch->limit);
	curl_easy_setopt(easy, CURLOPT_MAXLIFETIME_CONN, 600L);
}

static void
set_options(Transfer *transfer, const SlFetchLimits *limits)
{
	CURL *easy = transfer->easy;
	const char *schemes = g_str_has_prefix(transfer->url, "https:") ? "https" : "http,https";

	curl_easy_setopt(easy, CURLOPT_URL, transfer->url);
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, schemes);
	curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, schemes);
	curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(easy, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
	curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	curl_easy_setopt(easy, CURLOPT_PROXY, "");
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
	curl_easy_setopt(easy, CURLOPT_USERAGENT, "Sluice/" SL_VERSION);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->message);
	curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
	curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, transfer);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, receive);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, receive_header);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer);
	curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer);
	set_limits(transfer, limits);
	set_conditions(transfer);
}

static Transfer *
transfer_new(SlFetch *fetch, const SlFetchLimits *limits)
{
	Transfer *transfer = g_new0(Transfer, 1);

	transfer->fetch = fetch;
	transfer->url = g_strdup(fetch->url);
	transfer->easy = curl_easy_init();
	set_options(transfer, limits);
	return transfer;
}

static void
transfer_free(Transfer *transfer)
{
	curl_easy_cleanup(transfer->easy);
	curl_slist_free_all(transfer->headers);
	g_clear_error(&transfer->problem);
	g_free(transfer->url);
	g_free(transfer);
}

/* Where a redirect leads, once it may be followed; NULL with the fetch's error set. */
static char *
check_redirect(const Transfer *transfer)
{
	SlFetch *fetch = transfer->fetch;
	SlRedirect redirect = {.asked = fetch->url,
			       .from = transfer->url,
			       .internal = fetch->internal,
			       .followed = transfer->redirects};
	char *to = NULL;

	curl_easy_getinfo(transfer->easy, CURLINFO_REDIRECT_URL, &to);
	redirect.to = to;
	return sl_redirect_check(&redirect, &fetch->error) ? g_strdup(to) : NULL;
}

/* Says in words why a download failed. */
static void
fail(Transfer *transfer, CURLcode result)
{
	SlFetch *fetch = transfer->fetch;
	const char *words = transfer->message[0] ? transfer->message : curl_easy_strerror(result);

	if (transfer->problem) {
		g_propagate_prefixed_error(&fetch->error, g_steal_pointer(&transfer->problem),
					   "%s: ", fetch->url);
	} else if (transfer->refused_address) {
		sl_error_set(
			&fetch->error, SL_ERROR_DENIED,
			"%s: its address is private or local; only an upstream marked internal "
			"may have one",
			fetch->url);
	} else if (result == CURLE_FILESIZE_EXCEEDED) {
		sl_error_set(&fetch->error, SL_ERROR_LIMIT,
			     "%s: it is larger than the %" PRId64 " bytes it should have",
			     fetch->url, fetch->limit);
	} else {
		g_autofree char *shown = sl_text_escape(words);

		sl_error_set(&fetch->error, SL_ERROR_UPSTREAM, "%s: %s", fetch->url, shown);
	}
}

static bool
is_redirect(int64_t status)
{
	return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

static void
judge_status(SlFetch *fetch)
{
	bool conditional = fetch->etag || fetch->modified;

	if (fetch->status == 200 || fetch->status == 206 || (fetch->status == 304 && conditional))
		return;
	if (fetch->status == RANGE_REFUSED && fetch->offset > 0)
		sl_error_set(&fetch->error, SL_ERROR_INTEGRITY,
			     "%s: the upstream's file is another than the one begun", fetch->url);
	else
		sl_error_set(&fetch->error,
			     fetch->status == 404 || fetch->status == 410 ? SL_ERROR_NOT_FOUND
									  : SL_ERROR_UPSTREAM,
			     "%s: the upstream answered %" PRId64, fetch->url, fetch->status);
}

/* Ends a transfer or sends it on; true when it has to be added again. */
static bool
end_transfer(Transfer *transfer, CURLcode result)
{
	SlFetch *fetch = transfer->fetch;
	g_autofree char *to = NULL;
	long status = 0;

	curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
	fetch->status = status;
	if (result != CURLE_OK) {
		fail(transfer, result);
		return false;
	}
	if (!is_redirect(status)) {
		/* an empty file has no first byte */
		if (status == 200 && !transfer->began && !begin_file(transfer, status))
			fail(transfer, CURLE_WRITE_ERROR);
		else
			judge_status(fetch);
		return false;
	}
	to = check_redirect(transfer);
	if (!to)
		return false;
	transfer->redirects++;
	transfer->foreign = 0;
	g_free(transfer->url);
	transfer->url = g_steal_pointer(&to);
	curl_easy_setopt(transfer->easy, CURLOPT_URL, transfer->url);
	return true;
}

typedef struct {
	CURLM *multi;
	GPtrArray *fetches;
	const SlFetchLimits *limits;
	GPtrArray *running; /* (element-type Transfer) */
	guint next;
	int64_t ended;
	SlJob *job;
	const SlFetchCalls *calls;
	gpointer data;
} Round;

static void
start_more(Round *round)
{
	while (round->running->len < round->limits->parallel && round->next < round->fetches->len) {
		SlFetch *fetch = round->fetches->pdata[round->next++];
		Transfer *transfer;

		if (round->calls->prepare && !round->calls->prepare(fetch, round->data)) {
			round->ended++;
			continue;
		}
		transfer = transfer_new(fetch, round->limits);
		transfer->calls = round->calls;
		transfer->data = round->data;
		g_ptr_array_add(round->running, transfer);
		curl_multi_add_handle(round->multi, transfer->easy);
	}
}

static void
collect_ended(Round *round)
{
	CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(round->multi, &left))) {
		Transfer *transfer = NULL;
		CURLcode result = message->data.result;

		if (message->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&transfer);
		curl_multi_remove_handle(round->multi, transfer->easy);
		if (end_transfer(transfer, result)) {
			curl_multi_add_handle(round->multi, transfer->easy);
			continue;
		}
		round->ended++;
		if (round->calls->done)
			round->calls->done(transfer->fetch, round->data);
		g_ptr_array_remove_fast(round->running, transfer);
		transfer_free(transfer);
	}
}

static void
report(const Round *round)
{
	int64_t bytes = 0;

	for (guint i = 0; i < round->next; i++) {
		const SlFetch *fetch = round->fetches->pdata[i];

		bytes += fetch->position;
	}
	sl_job_progress(round->job, bytes, round->ended);
}

bool
sl_fetch_all(GPtrArray *fetches, const SlFetchLimits *limits, SlJob *job, const SlFetchCalls *calls,
	     gpointer data, GError **error)
{
	static const SlFetchCalls none = {0};
	Round round = {.multi = curl_multi_init(),
		       .fetches = fetches,
		       .limits = limits,
		       .running = g_ptr_array_new(),
		       .job = job,
		       .calls = calls ? calls : &none,
		       .data = data};
	bool ok;

	start_more(&round);
	while ((ok = sl_job_check(job, error)) && round.running->len > 0) {
		int active;

		curl_multi_perform(round.multi, &active);
		collect_ended(&round);
		start_more(&round);
		report(&round);
		if (round.running->len > 0)
			curl_multi_poll(round.multi, NULL, 0, WAIT_MS, NULL);
	}
	for (guint i = 0; i < round.running->len; i++) {
		Transfer *transfer = round.running->pdata[i];

		curl_multi_remove_handle(round.multi, transfer->easy);
		transfer_free(transfer);
	}
	g_ptr_array_unref(round.running);
	curl_multi_cleanup(round.multi);
	return ok;
}

bool
sl_fetch_one(SlFetch *fetch, const SlFetchLimits *limits, SlJob *job, const SlFetchCalls *calls,
	     GError **error)
{
	g_autoptr(GPtrArray) fetches = g_ptr_array_new();

	g_ptr_array_add(fetches, fetch);
	if (!sl_fetch_all(fetches, limits, job, calls, NULL, error))
		return false;
	if (!fetch->error)
		return true;
	g_propagate_error(error, g_error_copy(fetch->error));
	return false;
}
