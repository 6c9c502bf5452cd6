/* sink.c - an HTTP load generator that leaves bodies in the kernel
 *
 * Bodies are dropped with MSG_TRUNC, so the client costs next to nothing and the server's own limit
 * shows. Each connection asks for one thing after another; with -i each asks once and stays open.
 *
 *   sink [-i] PORT PATH CONNECTIONS SECONDS [SIZE LENGTH]
 *
 * With SIZE and LENGTH it asks for random ranges of LENGTH bytes of a file of SIZE. Prints
 * requests, bytes, seconds and failures. With -i it prints "open" when all are answered and ends
 * when its standard input does.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <glib.h>
#include <inttypes.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define WORKERS	   2
#define HEAD_MAX   4096
#define AT_ONCE	   (16 << 20) /* bytes dropped by one call */
#define ASK_MAX	   512
#define WAIT_MS	   100
#define PATIENCE_S 60 /* for the answers of idle connections */

typedef struct {
	uint16_t port;
	const char *path;
	int64_t file_size; /* 0: whole files */
	int64_t length;
	bool idle;
	gint64 until_us;
} Plan;

typedef struct {
	int fd;
	int64_t left; /* bytes of the body still to come; -1: dead */
} Connection;

typedef struct {
	const Plan *plan;
	int connections;
	GThread *thread;
	int64_t requests;
	int64_t bytes;
	int64_t failed;
	guint32 random;
	Connection *all;
} Worker;

static int
dial(uint16_t port)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_port = htons(port),
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int one = 1;

	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) < 0) {
		perror("sink: connect");
		exit(1);
	}
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	return fd;
}

static bool
ask(Worker *worker, const Connection *connection)
{
	const Plan *plan = worker->plan;
	char text[ASK_MAX];
	int size;

	if (plan->file_size > 0) {
		int64_t first;

		worker->random = worker->random * 1664525 + 1013904223;
		first = (int64_t)worker->random * 64 % (plan->file_size - plan->length);
		size = g_snprintf(text, sizeof text,
				  "GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\nRange: bytes=%" PRId64
				  "-%" PRId64 "\r\n\r\n",
				  plan->path, first, first + plan->length - 1);
	} else {
		size = g_snprintf(text, sizeof text, "GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
				  plan->path);
	}
	return send(connection->fd, text, (size_t)size, MSG_NOSIGNAL) == size;
}

/* Reads an answer's head; bytes of body to come, -1 when it is broken, -2 when there is more. */
static int64_t
read_head(Worker *worker, int fd)
{
	char text[HEAD_MAX + 1];
	ssize_t n = recv(fd, text, HEAD_MAX, MSG_PEEK | MSG_DONTWAIT);
	const char *end, *length;

	if (n < 0 && errno == EAGAIN)
		return -2;
	if (n <= 0)
		return -1;
	text[n] = '\0';
	end = strstr(text, "\r\n\r\n");
	if (!end)
		return n < HEAD_MAX ? -2 : -1;
	length = strcasestr(text, "\r\nContent-Length:");
	if (strncmp(text + strlen("HTTP/1.1 "), "20", 2) != 0 || !length || length > end)
		return -1;
	n = end + 4 - text;
	if (recv(fd, text, (size_t)n, 0) != n)
		return -1;
	worker->bytes += n;
	return g_ascii_strtoll(length + strlen("\r\nContent-Length:"), NULL, 10);
}

static void
give_up(Worker *worker, Connection *connection)
{
	worker->failed++;
	connection->left = -1;
	close(connection->fd);
}

static void
take(Worker *worker, Connection *connection)
{
	ssize_t n;

	if (connection->left == 0) {
		int64_t left = read_head(worker, connection->fd);

		if (left == -2)
			return;
		if (left < 0) {
			give_up(worker, connection);
			return;
		}
		connection->left = left;
	}
	n = recv(connection->fd, NULL, (size_t)MIN(connection->left, AT_ONCE),
		 MSG_TRUNC | MSG_DONTWAIT);
	if (n < 0 && errno == EAGAIN)
		return;
	if (n <= 0) {
		give_up(worker, connection);
		return;
	}
	worker->bytes += n;
	connection->left -= n;
	if (connection->left > 0)
		return;
	worker->requests++;
	if (!worker->plan->idle && !ask(worker, connection))
		give_up(worker, connection);
}

static bool
is_done(const Worker *worker)
{
	if (worker->plan->idle && worker->requests + worker->failed == worker->connections)
		return true;
	return g_get_monotonic_time() >= worker->plan->until_us;
}

static gpointer
work(gpointer data)
{
	Worker *worker = data;
	int epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	struct epoll_event events[64];

	worker->all = g_new0(Connection, worker->connections);
	for (int i = 0; i < worker->connections; i++) {
		struct epoll_event event = {.events = EPOLLIN, .data.ptr = &worker->all[i]};

		worker->all[i].fd = dial(worker->plan->port);
		if (!ask(worker, &worker->all[i]))
			give_up(worker, &worker->all[i]);
		else
			epoll_ctl(epoll_fd, EPOLL_CTL_ADD, worker->all[i].fd, &event);
	}
	while (!is_done(worker)) {
		int n = epoll_wait(epoll_fd, events, G_N_ELEMENTS(events), WAIT_MS);

		for (int i = 0; i < n; i++)
			take(worker, events[i].data.ptr);
	}
	close(epoll_fd);
	return NULL;
}

static void
raise_descriptors(void)
{
	struct rlimit limit;

	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

static void
run(const Plan *plan, int connections)
{
	Worker workers[WORKERS] = {0};
	gint64 start_us = g_get_monotonic_time();
	int64_t requests = 0, bytes = 0, failed = 0;

	for (int i = 0; i < WORKERS; i++) {
		workers[i].plan = plan;
		workers[i].random = (guint32)i + 1;
		workers[i].connections = (connections + i) / WORKERS;
		workers[i].thread = g_thread_new("sink", work, &workers[i]);
	}
	for (int i = 0; i < WORKERS; i++) {
		g_thread_join(workers[i].thread);
		requests += workers[i].requests;
		bytes += workers[i].bytes;
		failed += workers[i].failed;
	}
	if (plan->idle) {
		puts("open");
		fflush(stdout);
		while (getchar() != EOF)
			continue;
	}
	printf("%" PRId64 " %" PRId64 " %.4f %" PRId64 "\n", requests, bytes,
	       (double)(g_get_monotonic_time() - start_us) / G_USEC_PER_SEC, failed);
}

int
main(int argc, char **argv)
{
	Plan plan = {0};
	double seconds;

	if (argc > 1 && strcmp(argv[1], "-i") == 0) {
		plan.idle = true;
		argc--;
		argv++;
	}
	if (argc != 5 && argc != 7) {
		fputs("usage: sink [-i] PORT PATH CONNECTIONS SECONDS [SIZE LENGTH]\n", stderr);
		return 2;
	}
	raise_descriptors();
	plan.port = (uint16_t)g_ascii_strtoll(argv[1], NULL, 10);
	plan.path = argv[2];
	seconds = plan.idle ? PATIENCE_S : g_ascii_strtod(argv[4], NULL);
	if (argc == 7) {
		plan.file_size = g_ascii_strtoll(argv[5], NULL, 10);
		plan.length = g_ascii_strtoll(argv[6], NULL, 10);
	}
	plan.until_us = g_get_monotonic_time() + (gint64)(seconds * G_USEC_PER_SEC);
	run(&plan, (int)g_ascii_strtoll(argv[3], NULL, 10));
	return 0;
}
