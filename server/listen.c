#include "server/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "catalog/base/fs.h"
#include "catalog/base/text.h"

#define BACKLOG 1024

typedef union {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
} Address;

static bool
parse(const char *text, Address *ret_address, socklen_t *ret_size)
{
	const char *colon = strrchr(text, ':');
	g_autofree char *host = colon ? g_strndup(text, (gsize)(colon - text)) : NULL;
	size_t length = host ? strlen(host) : 0;
	int64_t port;

	if (!host || !sl_text_int(colon + 1, 0, 65535, &port, NULL))
		return false;
	*ret_address = (Address){0};
	if (length > 2 && host[0] == '[' && host[length - 1] == ']') {
		host[length - 1] = '\0';
		ret_address->v6.sin6_family = AF_INET6;
		ret_address->v6.sin6_port = htons((uint16_t)port);
		*ret_size = sizeof ret_address->v6;
		return inet_pton(AF_INET6, host + 1, &ret_address->v6.sin6_addr) == 1;
	}
	ret_address->v4.sin_family = AF_INET;
	ret_address->v4.sin_port = htons((uint16_t)port);
	*ret_size = sizeof ret_address->v4;
	return inet_pton(AF_INET, host, &ret_address->v4.sin_addr) == 1;
}

char *
sl_listen_address(int fd)
{
	Address address = {0};
	socklen_t size = sizeof address;
	char host[INET6_ADDRSTRLEN] = "";

	if (getsockname(fd, &address.any, &size) < 0)
		return g_strdup("?");
	if (address.any.sa_family == AF_INET6) {
		inet_ntop(AF_INET6, &address.v6.sin6_addr, host, sizeof host);
		return g_strdup_printf("[%s]:%u", host, ntohs(address.v6.sin6_port));
	}
	inet_ntop(AF_INET, &address.v4.sin_addr, host, sizeof host);
	return g_strdup_printf("%s:%u", host, ntohs(address.v4.sin_port));
}

static int
open_tcp(const Address *address, socklen_t size)
{
	sl_autofd int fd =
		socket(address->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int yes = 1, no = 0;

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
	if (address->any.sa_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof no);
	if (bind(fd, &address->any, size) < 0 || listen(fd, BACKLOG) < 0)
		return -1;
	return sl_fs_steal_fd(&fd);
}

bool
sl_listen_check_tcp(const char *text, GError **error)
{
	Address address;
	socklen_t size = 0;

	return parse(text, &address, &size) ||
	       sl_error_set(error, SL_ERROR_INVALID,
			    "'%s' is no address to listen on: write 127.0.0.1:80 or [::]:80", text);
}

bool
sl_listen_is_loopback(const char *text)
{
	Address address;
	socklen_t size = 0;

	if (!parse(text, &address, &size))
		return false;
	if (address.any.sa_family == AF_INET)
		return ntohl(address.v4.sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
	return IN6_IS_ADDR_LOOPBACK(&address.v6.sin6_addr);
}

bool
sl_listen_check_unix(const char *path, GError **error)
{
	struct sockaddr_un address;

	if (!g_path_is_absolute(path))
		return sl_error_set(error, SL_ERROR_INVALID, "'%s' is no absolute path", path);
	return strlen(path) < sizeof address.sun_path ||
	       sl_error_set(error, SL_ERROR_INVALID,
			    "%s: the path of a socket has at most %zu bytes", path,
			    sizeof address.sun_path - 1);
}

int
sl_listen_tcp(const char *text, char **ret_address, GError **error)
{
	Address address;
	socklen_t size = 0;
	int fd;

	if (!sl_listen_check_tcp(text, error) || !parse(text, &address, &size))
		return -1;
	fd = open_tcp(&address, size);
	if (fd < 0 && errno == EAFNOSUPPORT && strncmp(text, "[::]", 4) == 0) {
		g_autofree char *v4 = g_strconcat("0.0.0.0", text + 4, NULL);

		return sl_listen_tcp(v4, ret_address, error); /* a machine without IPv6 */
	}
	if (fd < 0) {
		sl_error_errno(error, "listen on %s", text);
		return -1;
	}
	*ret_address = sl_listen_address(fd);
	return fd;
}

/* Of a server that ended without a goodbye; the lock says there is no other. */
static void
remove_socket(const char *path)
{
	struct stat status;

	if (lstat(path, &status) == 0 && S_ISSOCK(status.st_mode))
		unlink(path);
}

int
sl_listen_unix(const char *path, GError **error)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	sl_autofd int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	const struct group *group = getgrnam("sluice-admin");

	if (!sl_listen_check_unix(path, error))
		return -1;
	g_strlcpy(address.sun_path, path, sizeof address.sun_path);
	remove_socket(path);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) < 0 ||
	    chmod(path, 0660) < 0 || listen(fd, BACKLOG) < 0) {
		sl_error_errno(error, "listen on %s", path);
		return -1;
	}
	if (group && chown(path, (uid_t)-1, group->gr_gid) < 0)
		errno = 0; /* not a member: the socket stays its user's own */
	return sl_fs_steal_fd(&fd);
}

int
sl_listen_activated(const char *name)
{
	char **names = NULL;
	int count = sd_listen_fds_with_names(0, &names);
	int found = -1;

	for (int i = 0; names && i < count; i++) {
		if (found < 0 && strcmp(names[i], name) == 0)
			found = SD_LISTEN_FDS_START + i;
		free(names[i]);
	}
	free(names);
	if (found >= 0)
		fcntl(found, F_SETFL, fcntl(found, F_GETFL) | O_NONBLOCK);
	return found;
}
