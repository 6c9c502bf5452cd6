#include "server/link/link.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "catalog/base/limits.h"

#define VERSION	 1
#define BODY_MAX (SL_LIMIT_CHECKIN + 4096)

G_STATIC_ASSERT(sizeof(SlLinkHead) == 16);

static bool
send_all(int fd, struct iovec *part, size_t count, GError **error)
{
	while (count > 0) {
		struct msghdr message = {.msg_iov = part, .msg_iovlen = count};
		ssize_t sent = sendmsg(fd, &message, MSG_NOSIGNAL);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0)
			return sl_error_errno(error, "send over the link");
		while (count > 0 && (size_t)sent >= part->iov_len) {
			sent -= (ssize_t)part->iov_len;
			part++;
			count--;
		}
		if (count > 0) {
			part->iov_base = (char *)part->iov_base + sent;
			part->iov_len -= (size_t)sent;
		}
	}
	return true;
}

bool
sl_link_send(int fd, SlLinkKind kind, uint16_t value, uint64_t number, const void *first,
	     size_t first_size, const void *second, size_t second_size, GError **error)
{
	SlLinkHead head = {VERSION, (uint8_t)kind, value, (uint32_t)(first_size + second_size),
			   number};
	struct iovec parts[3] = {
		{&head, sizeof head}, {(void *)first, first_size}, {(void *)second, second_size}};

	return send_all(fd, parts, G_N_ELEMENTS(parts), error);
}

static bool
receive_all(int fd, void *bytes, size_t size, GError **error)
{
	char *next = bytes;

	while (size > 0) {
		ssize_t n = recv(fd, next, size, 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return sl_error_errno(error, "receive over the link");
		if (n == 0)
			return sl_error_set(error, SL_ERROR_IO,
					    "the other side of the link is gone");
		next += n;
		size -= (size_t)n;
	}
	return true;
}

bool
sl_link_receive(int fd, SlLinkHead *ret_head, GBytes **ret_body, GError **error)
{
	SlLinkHead head;
	g_autofree char *body = NULL;

	if (!receive_all(fd, &head, sizeof head, error))
		return false;
	if (head.version != VERSION || head.size > BODY_MAX)
		return sl_error_set(error, SL_ERROR_IO,
				    "the link carried version %u and %u bytes, which is no message",
				    head.version, head.size);
	body = g_malloc(head.size + 1);
	if (!receive_all(fd, body, head.size, error))
		return false;
	*ret_head = head;
	*ret_body = g_bytes_new_take(g_steal_pointer(&body), head.size);
	return true;
}
