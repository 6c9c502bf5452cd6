/* Deadlines are kept however busily a client keeps its connection alive. */
#include <glib.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "server/http/watchdog.h"

#define WAIT_MS	 30000	/* until a test gives up */
#define SLOW	 100000 /* bytes a second that have to be taken */
#define WINDOW_S 1

typedef struct {
	SlWatchdog *watchdog;
	SlWatched *watched;
	int ours, theirs; /* the two ends of a TCP connection */
} Fixture;

static void
connect_pair(Fixture *f)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof address;
	int listen_fd = socket(AF_INET, SOCK_STREAM, 0);

	g_assert_cmpint(bind(listen_fd, (struct sockaddr *)&address, size), ==, 0);
	g_assert_cmpint(listen(listen_fd, 1), ==, 0);
	g_assert_cmpint(getsockname(listen_fd, (struct sockaddr *)&address, &size), ==, 0);
	f->theirs = socket(AF_INET, SOCK_STREAM, 0);
	g_assert_cmpint(connect(f->theirs, (struct sockaddr *)&address, size), ==, 0);
	f->ours = accept(listen_fd, NULL, NULL);
	g_assert_cmpint(f->ours, >=, 0);
	close(listen_fd);
}

static void
set_up(Fixture *f, gconstpointer data)
{
	(void)data;
	connect_pair(f);
	f->watchdog = sl_watchdog_new(SLOW, WINDOW_S);
	f->watched = sl_watchdog_add(f->watchdog, f->ours, 0);
}

static void
tear_down(Fixture *f, gconstpointer data)
{
	(void)data;
	sl_watchdog_remove(f->watchdog, f->watched);
	sl_watchdog_free(f->watchdog);
	close(f->ours);
	close(f->theirs);
}

/* Whether our end is shut down within a time. */
static bool
is_cut(const Fixture *f, int wait_ms)
{
	struct pollfd one = {.fd = f->ours, .events = POLLRDHUP};

	return poll(&one, 1, wait_ms) == 1 && one.revents & POLLRDHUP;
}

static void
test_no_deadline(Fixture *f, gconstpointer data)
{
	(void)data;
	g_assert_cmpuint(sl_watchdog_count(f->watchdog), ==, 1);
	g_assert_false(is_cut(f, 1500));
}

static void
test_deadline_with_a_busy_client(Fixture *f, gconstpointer data)
{
	gint64 until_us = g_get_monotonic_time() + WAIT_MS * INT64_C(1000);

	(void)data;
	sl_watched_allow(f->watched, 1);
	/* a byte at a time for ever: what libmicrohttpd takes for activity */
	while (!is_cut(f, 10)) {
		g_assert_cmpint(g_get_monotonic_time(), <, until_us);
		send(f->theirs, "x", 1, MSG_NOSIGNAL);
	}
}

static void
test_deadline_put_off(Fixture *f, gconstpointer data)
{
	(void)data;
	sl_watched_allow(f->watched, 1);
	sl_watched_allow(f->watched, 0);
	g_assert_false(is_cut(f, 2500));
}

/* Sends, as a download would, for three windows at least; whether it was cut. */
static bool
send_to(Fixture *f, size_t taken)
{
	gint64 until_us = g_get_monotonic_time() + 3 * WINDOW_S * G_USEC_PER_SEC;
	static const char zeros[65536];
	char bytes[65536];

	sl_watched_send(f->watched);
	while (g_get_monotonic_time() < until_us) {
		if (send(f->ours, zeros, sizeof zeros, MSG_DONTWAIT | MSG_NOSIGNAL) > 0)
			continue;
		if (is_cut(f, 10))
			return true;
		recv(f->theirs, bytes, taken, MSG_DONTWAIT);
	}
	return false;
}

static void
test_slow_reader(Fixture *f, gconstpointer data)
{
	(void)data;
	g_assert_true(send_to(f, 1) || is_cut(f, WAIT_MS));
}

static void
test_fast_reader(Fixture *f, gconstpointer data)
{
	(void)data;
	g_assert_false(send_to(f, 65536));
}

static void
test_who_waits_longest_makes_room(Fixture *first, gconstpointer data)
{
	Fixture others[4] = {0};

	(void)data;
	sl_watched_take(first->watched); /* its client waits for us */
	for (size_t i = 0; i < G_N_ELEMENTS(others); i++) {
		connect_pair(&others[i]);
		others[i].watched = sl_watchdog_add(first->watchdog, others[i].ours, 0);
	}
	sl_watched_keep(others[0].watched);
	/* then two make room, the older before the younger, and no more than are called for */
	sl_watchdog_make_room(first->watchdog);
	g_assert_true(is_cut(&others[1], 0));
	g_assert_false(is_cut(&others[2], 0));
	sl_watchdog_make_room(first->watchdog);
	g_assert_true(is_cut(&others[2], 0));
	g_assert_false(is_cut(&others[3], 0));
	sl_watchdog_make_room(first->watchdog);
	sl_watchdog_make_room(first->watchdog);
	g_assert_false(is_cut(first, 0));
	g_assert_false(is_cut(&others[0], 0));
	for (size_t i = 0; i < G_N_ELEMENTS(others); i++) {
		sl_watchdog_remove(first->watchdog, others[i].watched);
		close(others[i].ours);
		close(others[i].theirs);
	}
}

int
main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*test)(Fixture *f, gconstpointer data);
	} tests[] = {
		{"/watchdog/no-deadline", test_no_deadline},
		{"/watchdog/deadline-with-a-busy-client", test_deadline_with_a_busy_client},
		{"/watchdog/deadline-put-off", test_deadline_put_off},
		{"/watchdog/slow-reader", test_slow_reader},
		{"/watchdog/fast-reader", test_fast_reader},
		{"/watchdog/room", test_who_waits_longest_makes_room},
	};

	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(tests); i++)
		g_test_add(tests[i].name, Fixture, NULL, set_up, tests[i].test, tear_down);
	return g_test_run();
}
