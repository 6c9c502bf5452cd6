#include "server/link/sender.h"

#include <string.h>
#include <sys/socket.h>

typedef struct {
	SlLinkKind kind;
	uint16_t value;
	uint64_t number;
	size_t size;
	char bytes[];
} Message;

struct SlSender {
	int fd;
	size_t limit;
	GThread *thread;
	GMutex mutex; /* for everything below */
	GCond changed;
	GQueue messages; /* (owned, element-type Message) */
	size_t waiting;	 /* bytes, of the message that is being sent as well */
	bool ended;
};

static bool
send_message(const SlSender *sender, const Message *message)
{
	return sl_link_send(sender->fd, message->kind, message->value, message->number,
			    message->bytes, message->size, NULL, 0, NULL);
}

static gpointer
send_messages(gpointer data)
{
	SlSender *sender = data;

	g_mutex_lock(&sender->mutex);
	while (!sender->ended) {
		g_autofree Message *message = g_queue_pop_head(&sender->messages);
		bool sent;

		if (!message) {
			g_cond_wait(&sender->changed, &sender->mutex);
			continue;
		}
		g_mutex_unlock(&sender->mutex);
		sent = send_message(sender, message);
		g_mutex_lock(&sender->mutex);
		sender->waiting -= sizeof *message + message->size;
		sender->ended |= !sent;
	}
	g_mutex_unlock(&sender->mutex);
	return NULL;
}

SlSender *
sl_sender_new(int fd, size_t limit)
{
	SlSender *sender = g_new0(SlSender, 1);

	sender->fd = fd;
	sender->limit = limit;
	g_mutex_init(&sender->mutex);
	g_cond_init(&sender->changed);
	g_queue_init(&sender->messages);
	sender->thread = g_thread_new("sender", send_messages, sender);
	return sender;
}

bool
sl_sender_add(SlSender *sender, SlLinkKind kind, uint16_t value, uint64_t number, const void *first,
	      size_t first_size, const void *second, size_t second_size)
{
	g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&sender->mutex);
	size_t size = first_size + second_size;
	Message *message;

	if (sender->ended || sender->waiting + sizeof *message + size > sender->limit)
		return false;
	message = g_malloc(sizeof *message + size);
	*message = (Message){.kind = kind, .value = value, .number = number, .size = size};
	if (first_size > 0)
		memcpy(message->bytes, first, first_size);
	if (second_size > 0)
		memcpy(message->bytes + first_size, second, second_size);
	sender->waiting += sizeof *message + size;
	g_queue_push_tail(&sender->messages, message);
	g_cond_signal(&sender->changed);
	return true;
}

void
sl_sender_free(SlSender *sender)
{
	if (!sender)
		return;
	g_mutex_lock(&sender->mutex);
	sender->ended = true;
	g_cond_signal(&sender->changed);
	g_mutex_unlock(&sender->mutex);
	/* it may be waiting for the other side */
	shutdown(sender->fd, SHUT_WR);
	g_thread_join(sender->thread);
	g_queue_clear_full(&sender->messages, g_free);
	g_mutex_clear(&sender->mutex);
	g_cond_clear(&sender->changed);
	g_free(sender);
}
