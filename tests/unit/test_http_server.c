/* A listener whose handlers wait: it answers others meanwhile, and ends when they have ended. */
#include <glib.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "server/http/server.h"

#define WAIT_S 30 /* until a test gives up */

typedef struct {
	SlHttpServer *server;
	struct sockaddr_in address;
	int listen_fd;
	GMutex mutex; /* for the rest */
	GCond changed;
	unsigned at_once, most; /* handlers of large ones */
	bool waits;		/* a handler does */
	bool go;		/* it need no longer */
} Fixture;

static int64_t
admit(SlRequest *request, gpointer data)
{
	(void)request;
	(void)data;
	return 0;
}

static void
tell(Fixture *f, bool *what)
{
	g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&f->mutex);

	*what = true;
	g_cond_broadcast(&f->changed);
}

static bool
wait_for(Fixture *f, const bool *what)
{
	g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&f->mutex);
	gint64 until_us = g_get_monotonic_time() + WAIT_S * G_USEC_PER_SEC;

	while (!*what)
		if (!g_cond_wait_until(&f->changed, &f->mutex, until_us))
			return false;
	return true;
}

static void
count(Fixture *f, int change)
{
	g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&f->mutex);

	f->at_once += (unsigned)change;
	f->most = MAX(f->most, f->at_once);
}

static bool
is_large(const SlRequest *request)
{
	return strcmp(sl_request_path(request), "/large") == 0;
}

/* What is not "/go" is answered when somebody asked for that. */
static void
handle(SlRequest *request, gpointer data)
{
	Fixture *f = data;
	bool ok = true;

	if (strcmp(sl_request_path(request), "/go") == 0) {
		tell(f, &f->go);
	} else {
		count(f, is_large(request));
		tell(f, &f->waits);
		ok = wait_for(f, &f->go);
		count(f, -is_large(request));
	}
	sl_request_answer(request, sl_response_new(ok ? 200 : 500, "text/plain", "ok\n", 3));
}

static void
set_up(Fixture *f, gconstpointer data)
{
	socklen_t size = sizeof f->address;

	(void)data;
	f->address = (struct sockaddr_in){.sin_family = AF_INET,
					  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	f->listen_fd = socket(AF_INET, SOCK_STREAM, 0);
	g_assert_cmpint(bind(f->listen_fd, (struct sockaddr *)&f->address, size), ==, 0);
	g_assert_cmpint(listen(f->listen_fd, 8), ==, 0);
	g_assert_cmpint(getsockname(f->listen_fd, (struct sockaddr *)&f->address, &size), ==, 0);
	f->server = sl_http_server_new(&(SlHttpOptions){.listen_fd = f->listen_fd,
							.threads = 1,
							.workers = 2,
							.large_workers = 1,
							.is_large = is_large,
							.max_connections = 8,
							.connection_memory = 16 * 1024,
							.header_s = WAIT_S,
							.body_s = WAIT_S,
							.idle_s = WAIT_S,
							.admit = admit,
							.handler = handle,
							.data = f},
				       NULL);
	g_assert_nonnull(f->server);
}

static void
tear_down(Fixture *f, gconstpointer data)
{
	(void)data;
	sl_http_server_free(f->server);
	close(f->listen_fd);
}

static int
ask(const Fixture *f, const char *path)
{
	g_autofree char *text =
		g_strdup_printf("GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", path);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	g_assert_cmpint(connect(fd, (const struct sockaddr *)&f->address, sizeof f->address), ==,
			0);
	g_assert_cmpint(write(fd, text, strlen(text)), ==, strlen(text));
	return fd;
}

static void
assert_answered(int fd)
{
	static const char begin[] = "HTTP/1.1 200 ";
	char got[sizeof begin] = "";

	g_assert_cmpint(recv(fd, got, sizeof begin - 1, MSG_WAITALL), ==, sizeof begin - 1);
	g_assert_cmpstr(got, ==, begin);
	close(fd);
}

static void
test_who_waits_holds_up_nobody_else(Fixture *f, gconstpointer data)
{
	int waiting = ask(f, "/wait");

	(void)data;
	g_assert_true(wait_for(f, &f->waits));
	assert_answered(ask(f, "/go"));
	assert_answered(waiting);
}

static void
test_large_ones_hold_up_nobody_either(Fixture *f, gconstpointer data)
{
	int waiting[4];

	(void)data;
	for (size_t i = 0; i < G_N_ELEMENTS(waiting); i++)
		waiting[i] = ask(f, "/large");
	g_assert_true(wait_for(f, &f->waits));
	assert_answered(ask(f, "/go"));
	for (size_t i = 0; i < G_N_ELEMENTS(waiting); i++)
		assert_answered(waiting[i]);
	g_assert_cmpint(f->most, ==, 1);
}

static gpointer
end(gpointer server)
{
	sl_http_server_free(server);
	return NULL;
}

static void
test_what_is_being_worked_on_is_answered_at_the_end(Fixture *f, gconstpointer data)
{
	int waiting = ask(f, "/wait");
	GThread *thread;

	(void)data;
	g_assert_true(wait_for(f, &f->waits));
	thread = g_thread_new("end", end, g_steal_pointer(&f->server));
	tell(f, &f->go);
	g_thread_join(thread);
	assert_answered(waiting);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add("/http-server/waiting", Fixture, NULL, set_up,
		   test_who_waits_holds_up_nobody_else, tear_down);
	g_test_add("/http-server/large", Fixture, NULL, set_up,
		   test_large_ones_hold_up_nobody_either, tear_down);
	g_test_add("/http-server/end", Fixture, NULL, set_up,
		   test_what_is_being_worked_on_is_answered_at_the_end, tear_down);
	return g_test_run();
}
