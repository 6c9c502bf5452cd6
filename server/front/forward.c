/* forward.c - requests that only the core can answer, sealed bodies unopened
 *
 * No thread that serves ever waits for the core: requests are sent by a thread of their own, and
 * another answers 503 for a core that takes too long.
 */
#include <inttypes.h>
#include <string.h>

#include "server/front/front.h"
#include "server/front/rate.h"
#include "server/link/link.h"
#include "server/link/sender.h"

#define WAITING_MAX 512		       /* requests the core has not answered yet */
#define SENDING_MAX (32 * 1024 * 1024) /* bytes of them that the core has not taken yet */
#define RETRY_S	    30		       /* said with 503 */

typedef struct {
	int64_t number;
	SlRequest *request;
	gint64 until_us; /* monotonic: an answer is no use after that */
} Waiting;

struct SlForward {
	int fd;
	SlSender *sender;
	SlRate *rate;
	gint64 answer_us;
	GMutex mutex;	     /* for everything below */
	GHashTable *waiting; /* (owned): number -> Waiting */
	int64_t next;
};

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

/* Takes who has waited too long out of those who wait; (element-type SlRequest). */
static GPtrArray *
take_overdue(SlForward *forward)
{
	g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&forward->mutex);
	GPtrArray *overdue = g_ptr_array_new();
	gint64 now_us = g_get_monotonic_time();
	GHashTableIter iter;
	gpointer value;

	g_hash_table_iter_init(&iter, forward->waiting);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		const Waiting *waiting = value;

		if (waiting->until_us > now_us)
			continue;
		g_ptr_array_add(overdue, waiting->request);
		g_hash_table_iter_remove(&iter);
	}
	return overdue;
}

/* As long as the program runs: whoever would end it ends the program. */
static gpointer
watch_deadlines(gpointer data)
{
	for (;;) {
		g_autoptr(GPtrArray) overdue = NULL;

		g_usleep(G_USEC_PER_SEC);
		overdue = take_overdue(data);
		for (guint i = 0; i < overdue->len; i++)
			sl_request_answer(overdue->pdata[i], busy(503, RETRY_S));
	}
	return NULL;
}

SlForward *
sl_forward_new(int link_fd, unsigned rate, int64_t answer_s)
{
	SlForward *forward = g_new0(SlForward, 1);

	forward->fd = link_fd;
	forward->sender = sl_sender_new(link_fd, SENDING_MAX);
	forward->rate = sl_rate_new(rate);
	forward->answer_us = answer_s * G_USEC_PER_SEC;
	forward->next = 1;
	g_mutex_init(&forward->mutex);
	forward->waiting = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, g_free);
	g_thread_unref(g_thread_new("deadlines", watch_deadlines, forward));
	return forward;
}

static bool
send_request(SlForward *forward, SlRequest *request, int kind, const char *address)
{
	g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&forward->mutex);
	size_t size;
	const char *body = sl_request_body(request, &size);
	Waiting *waiting;

	if (g_hash_table_size(forward->waiting) >= WAITING_MAX ||
	    !sl_sender_add(forward->sender, SL_LINK_REQUEST, (uint16_t)kind,
			   (uint64_t)forward->next, address, strlen(address) + 1, body, size))
		return false;
	/* whoever reads the answer waits for the mutex */
	waiting = g_new(Waiting, 1);
	*waiting = (Waiting){forward->next++, request, g_get_monotonic_time() + forward->answer_us};
	g_hash_table_insert(forward->waiting, &waiting->number, waiting);
	return true;
}

void
sl_forward_request(SlForward *forward, SlRequest *request, int kind)
{
	g_autofree char *address = sl_request_address(request);

	if (!sl_rate_allows(forward->rate, address))
		sl_request_answer(request, busy(429, RETRY_S));
	else if (!send_request(forward, request, kind, address))
		sl_request_answer(request, busy(503, RETRY_S));
}

/* The request a number stands for; NULL when its time was up. */
static SlRequest *
take_waiting(SlForward *forward, int64_t number)
{
	g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&forward->mutex);
	const Waiting *waiting = g_hash_table_lookup(forward->waiting, &number);
	SlRequest *request = waiting ? waiting->request : NULL;

	g_hash_table_remove(forward->waiting, &number);
	return request;
}

static void
take_answer(SlForward *forward, const SlLinkHead *head, GBytes *body)
{
	gsize size;
	const char *bytes = g_bytes_get_data(body, &size);
	uint32_t retry_s = 0;
	SlRequest *request =
		size < sizeof retry_s ? NULL : take_waiting(forward, (int64_t)head->number);
	SlResponse *response;

	if (!request)
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

	sl_sender_add(forward->sender, SL_LINK_SWITCHED, !ok, head->number, NULL, 0, NULL, 0);
}

/* Says that all is well. False when it is not: whoever starts us makes that good. */
static bool
answer_ping(const SlFront *front)
{
	if (sl_http_server_hangs(front->server)) {
		g_warning("a thread that serves hangs: ending");
		return false;
	}
	sl_sender_add(front->forward->sender, SL_LINK_PONG, 0, 0, NULL, 0, NULL, 0);
	return true;
}

void
sl_forward_run(const SlFront *front)
{
	SlForward *forward = front->forward;
	SlLinkHead head;
	GBytes *received = NULL;

	sl_sender_add(forward->sender, SL_LINK_HELLO, 0, 0, NULL, 0, NULL, 0);
	while (sl_link_receive(forward->fd, &head, &received, NULL)) {
		g_autoptr(GBytes) body = g_steal_pointer(&received);

		if (head.kind == SL_LINK_ANSWER)
			take_answer(forward, &head, body);
		else if (head.kind == SL_LINK_SWITCH)
			take_switch(forward, front->files, &head, body);
		else if (head.kind == SL_LINK_PING && !answer_ping(front))
			return;
	}
}
