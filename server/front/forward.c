/* forward.c - requests that only the core can answer, sealed bodies unopened */
#include <inttypes.h>
#include <string.h>

#include "server/front/front.h"
#include "server/front/rate.h"
#include "server/link/link.h"

#define WAITING_MAX 512 /* requests the core has not answered yet */
#define RETRY_S	    30	/* said with 503 */

struct SlForward {
	int fd;
	SlRate *rate;
	GMutex mutex;	     /* for sending and everything below */
	GHashTable *waiting; /* number -> SlRequest */
	int64_t next;
	bool gone;
};

SlForward *
sl_forward_new(int link_fd, unsigned rate)
{
	SlForward *forward = g_new0(SlForward, 1);

	forward->fd = link_fd;
	forward->rate = sl_rate_new(rate);
	forward->next = 1;
	g_mutex_init(&forward->mutex);
	forward->waiting = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
	return forward;
}

static SlResponse *
busy(unsigned status, uint32_t retry_s)
{
	SlResponse *response =
		sl_response_new(status, "text/plain; charset=utf-8", "try again later\n", 16);
	g_autofree char *text = g_strdup_printf("%u", retry_s);

	sl_response_header(response, "Retry-After", text);
	sl_response_header(response, "Cache-Control", "no-store");
	return response;
}

static bool
send_request(SlForward *forward, SlRequest *request, int kind, const char *address)
{
	size_t size;
	const char *body = sl_request_body(request, &size);
	int64_t number = forward->next++;

	g_hash_table_insert(forward->waiting, g_memdup2(&number, sizeof number), request);
	if (sl_link_send(forward->fd, SL_LINK_REQUEST, (uint16_t)kind, (uint64_t)number, address,
			 strlen(address) + 1, body, size, NULL))
		return true;
	g_hash_table_remove(forward->waiting, &number);
	return false;
}

void
sl_forward_request(SlForward *forward, SlRequest *request, int kind)
{
	g_autofree char *address = sl_request_address(request);
	bool sent = false;

	if (!sl_rate_allows(forward->rate, address)) {
		sl_request_answer(request, busy(429, RETRY_S));
		return;
	}
	g_mutex_lock(&forward->mutex);
	if (!forward->gone && g_hash_table_size(forward->waiting) < WAITING_MAX)
		sent = send_request(forward, request, kind, address);
	g_mutex_unlock(&forward->mutex);
	if (!sent)
		sl_request_answer(request, busy(503, RETRY_S));
}

static void
take_answer(SlForward *forward, const SlLinkHead *head, GBytes *body)
{
	int64_t number = (int64_t)head->number;
	gsize size;
	const char *bytes = g_bytes_get_data(body, &size);
	uint32_t retry_s = 0;
	SlRequest *request;
	SlResponse *response;

	g_mutex_lock(&forward->mutex);
	request = g_hash_table_lookup(forward->waiting, &number);
	g_hash_table_remove(forward->waiting, &number);
	g_mutex_unlock(&forward->mutex);
	if (!request || size < sizeof retry_s)
		return;
	memcpy(&retry_s, bytes, sizeof retry_s);
	if (head->value == 503 || head->value == 429) {
		response = busy(head->value, retry_s);
	} else {
		response = sl_response_new(head->value,
					   head->value == 200 || head->value == 409
						   ? "application/octet-stream"
						   : "text/plain; charset=utf-8",
					   bytes + sizeof retry_s, size - sizeof retry_s);
		sl_response_header(response, "Cache-Control", "no-store");
	}
	sl_request_answer(request, response);
}

static void
take_switch(SlForward *forward, SlFiles *files, const SlLinkHead *head, GBytes *body)
{
	gsize size;
	const char *bytes = g_bytes_get_data(body, &size);
	const char *serial = memchr(bytes, '\0', size);
	bool ok = serial && size > 0 && bytes[size - 1] == '\0' && serial + 1 < bytes + size &&
		  sl_files_switch(files, bytes, serial + 1, NULL);

	g_mutex_lock(&forward->mutex);
	sl_link_send(forward->fd, SL_LINK_SWITCHED, !ok, head->number, NULL, 0, NULL, 0, NULL);
	g_mutex_unlock(&forward->mutex);
}

void
sl_forward_run(SlForward *forward, SlFiles *files)
{
	SlLinkHead head;
	GBytes *received = NULL;

	g_mutex_lock(&forward->mutex);
	sl_link_send(forward->fd, SL_LINK_HELLO, 0, 0, NULL, 0, NULL, 0, NULL);
	g_mutex_unlock(&forward->mutex);
	while (sl_link_receive(forward->fd, &head, &received, NULL)) {
		g_autoptr(GBytes) body = g_steal_pointer(&received);

		if (head.kind == SL_LINK_ANSWER)
			take_answer(forward, &head, body);
		else if (head.kind == SL_LINK_SWITCH)
			take_switch(forward, files, &head, body);
	}
	g_mutex_lock(&forward->mutex);
	forward->gone = true;
	g_mutex_unlock(&forward->mutex);
}
