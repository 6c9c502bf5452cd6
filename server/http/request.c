/* request.c - what a handler is told of a request */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "server/http/request.h"

const char *
sl_request_method(const SlRequest *request)
{
	return request->method;
}

const char *
sl_request_path(const SlRequest *request)
{
	return request->path;
}

const char *
sl_request_header(const SlRequest *request, const char *name)
{
	return MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, name);
}

typedef struct {
	const char *name;
	GString *list;
} CollectValues;

static enum MHD_Result
collect_value(void *data, enum MHD_ValueKind kind, const char *name, const char *value)
{
	const CollectValues *collect = data;

	(void)kind;
	if (g_ascii_strcasecmp(name, collect->name) == 0)
		g_string_append_printf(collect->list, "%s%s", collect->list->len ? ", " : "",
				       value ? value : "");
	return MHD_YES;
}

char *
sl_request_header_list(const SlRequest *request, const char *name)
{
	CollectValues collect = {name, g_string_new(NULL)};

	MHD_get_connection_values(request->connection, MHD_HEADER_KIND, collect_value, &collect);
	return g_string_free(collect.list, FALSE);
}

const char *
sl_request_argument(const SlRequest *request, const char *name)
{
	return MHD_lookup_connection_value(request->connection, MHD_GET_ARGUMENT_KIND, name);
}

typedef struct {
	void (*func)(const char *name, const char *value, gpointer data);
	gpointer data;
} EachArgument;

static enum MHD_Result
hand_argument(void *data, enum MHD_ValueKind kind, const char *name, const char *value)
{
	const EachArgument *each = data;

	(void)kind;
	each->func(name, value ? value : "", each->data);
	return MHD_YES;
}

void
sl_request_each_argument(const SlRequest *request,
			 void (*func)(const char *name, const char *value, gpointer data),
			 gpointer data)
{
	EachArgument each = {func, data};

	MHD_get_connection_values(request->connection, MHD_GET_ARGUMENT_KIND, hand_argument, &each);
}

const char *
sl_request_body(const SlRequest *request, size_t *ret_size)
{
	*ret_size = request->body ? request->body->len : 0;
	return request->body ? (const char *)request->body->data : "";
}

char *
sl_request_address(const SlRequest *request)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(request->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	char text[INET6_ADDRSTRLEN] = "";

	if (info && info->client_addr && info->client_addr->sa_family == AF_INET)
		inet_ntop(AF_INET, &((struct sockaddr_in *)info->client_addr)->sin_addr, text,
			  sizeof text);
	if (info && info->client_addr && info->client_addr->sa_family == AF_INET6)
		inet_ntop(AF_INET6, &((struct sockaddr_in6 *)info->client_addr)->sin6_addr, text,
			  sizeof text);
	return g_strdup(g_str_has_prefix(text, "::ffff:") && strchr(text, '.') ? text + 7 : text);
}

void
sl_request_keep(const SlRequest *request)
{
	sl_watched_keep(request->watched);
}

bool
sl_request_peer(const SlRequest *request, uid_t *ret_uid)
{
	struct ucred peer;
	socklen_t size = sizeof peer;
	struct sockaddr_storage address = {0};
	socklen_t address_size = sizeof address;
	int fd = sl_watched_fd(request->watched);

	if (getsockname(fd, (struct sockaddr *)&address, &address_size) < 0 ||
	    address.ss_family != AF_UNIX ||
	    getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0)
		return false;
	*ret_uid = peer.uid;
	return true;
}
