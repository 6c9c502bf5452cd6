/* fleet_load.c - machines of the fleet of made_fleet.h that check in over the public port
 *
 *   fleet_load PORT TOKEN MACHINES CONNECTIONS UPDATES PACKAGES KINDS
 *
 * The machines enrol and say what they have; every answer is opened and verified as an agent does.
 * Then, for each number N read from standard input, each machine checks in N times, as one and as
 * the other kind of its pair. The messages are sealed beforehand, so that what is measured is the
 * server. Each connection has one message under way. Prints for each number, once "ready" and then:
 *
 *   accepted, others, seconds, milliseconds of the median, of the 99th in a hundred, of the longest
 */
#include <arpa/inet.h>
#include <inttypes.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "catalog/base/seal.h"
#include "tests/bench/made_fleet.h"

#define HEAD_MAX 4096
#define NOW	 INT64_C(1800000000)

typedef struct {
	SlSealKeys *keys;
	int64_t id;
	int64_t counter;
	int64_t epoch;
	int kind;
	bool whole;	/* it is asked for all that it has */
	GBytes *posted; /* last message */
} Machine;

typedef struct {
	int fd;
	int next; /* of the round's messages */
	GByteArray *in;
	gint64 sent_us;
} Connection;

typedef struct {
	MadeFleet made;
	uint16_t port;
	char *secret; /* of the token */
	char *server_id;
	SlSealPublic server;
	Machine *machines;
	Connection *connections;
	int n_connections;
	GPtrArray *digests;
	/* a round */
	const char *path;
	GPtrArray *messages; /* (element-type GBytes): of every machine in turn, and again */
	GPtrArray *answers;  /* (element-type GBytes) to them, NULL where it was not 200 */
	GArray *times_us;
	int others; /* answered otherwise, or not at all */
} Load;

static void
fail(const char *what, const GError *error)
{
	fprintf(stderr, "fleet_load: %s: %s\n", what, error ? error->message : "failed");
	exit(1);
}

static int
number(const char *text)
{
	return (int)g_ascii_strtoll(text, NULL, 10);
}

static int
dial(const Load *load)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_port = htons(load->port),
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;

	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) < 0)
		fail("connect", NULL);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	return fd;
}

static void
send_all(int fd, const void *bytes, size_t size)
{
	while (size > 0) {
		ssize_t n = send(fd, bytes, size, MSG_NOSIGNAL);

		if (n <= 0)
			fail("send", NULL);
		bytes = (const char *)bytes + n;
		size -= (size_t)n;
	}
}

/* A whole answer: its status, and where its body begins; 0 when there is more to come. */
static int
read_answer(const GByteArray *in, size_t *ret_body)
{
	const char *text = (const char *)in->data;
	const char *end = text ? memmem(text, in->len, "\r\n\r\n", 4) : NULL;
	const char *length = end ? memmem(text, in->len, "\r\nContent-Length: ", 18) : NULL;

	if (!length)
		return 0;
	*ret_body = (size_t)(end + 4 - text);
	if (in->len < *ret_body + strtoul(length + 18, NULL, 10))
		return 0;
	return number(text + strlen("HTTP/1.1 "));
}

static void
fetch_keys(Load *load)
{
	static const char request[] = "GET /keys/server.json HTTP/1.1\r\nHost: bench\r\n\r\n";
	g_autoptr(GByteArray) in = g_byte_array_new();
	g_autoptr(GError) error = NULL;
	char piece[HEAD_MAX];
	size_t body = 0;
	int fd = dial(load);

	send_all(fd, request, strlen(request));
	while (read_answer(in, &body) == 0) {
		ssize_t n = recv(fd, piece, sizeof piece, 0);

		if (n <= 0)
			fail("read the keys", NULL);
		g_byte_array_append(in, (guint8 *)piece, (guint)n);
	}
	close(fd);
	if (!sl_report_read_keys((char *)in->data + body, in->len - body, &load->server_id,
				 &load->server, &error))
		fail("read the keys", error);
}

/* Sends a connection's next message, if there is one. */
static void
post_next(const Load *load, Connection *connection)
{
	char head[256];
	GBytes *message;
	gsize size;
	const void *bytes;

	if (connection->next >= (int)load->messages->len)
		return;
	message = load->messages->pdata[connection->next];
	bytes = g_bytes_get_data(message, &size);
	g_snprintf(head, sizeof head,
		   "POST %s HTTP/1.1\r\nHost: bench\r\nContent-Type: application/octet-stream\r\n"
		   "Content-Length: %zu\r\n\r\n",
		   load->path, size);
	connection->sent_us = g_get_monotonic_time();
	send_all(connection->fd, head, strlen(head));
	send_all(connection->fd, bytes, size);
}

/* Reads what came; true when the connection has nothing more to say in this round. */
static bool
take(Load *load, Connection *connection)
{
	char piece[16384];
	ssize_t n = recv(connection->fd, piece, sizeof piece, MSG_DONTWAIT);
	size_t body;
	int status;
	gint64 took_us;

	if (n <= 0)
		fail("the server closed a connection", NULL);
	g_byte_array_append(connection->in, (guint8 *)piece, (guint)n);
	status = read_answer(connection->in, &body);
	if (status == 0)
		return false;
	took_us = g_get_monotonic_time() - connection->sent_us;
	g_array_append_val(load->times_us, took_us);
	if (status == 200)
		load->answers->pdata[connection->next] =
			g_bytes_new(connection->in->data + body, connection->in->len - body);
	else
		load->others++;
	g_byte_array_set_size(connection->in, 0);
	/* a machine always speaks on the same connection, so its messages keep their order */
	connection->next += load->n_connections;
	post_next(load, connection);
	return connection->next >= (int)load->messages->len;
}

/* Sends all messages of a round and collects the answers; seconds. */
static double
exchange(Load *load, const char *path, int epoll_fd)
{
	gint64 begun_us = g_get_monotonic_time();
	int left = MIN(load->n_connections, (int)load->messages->len);
	struct epoll_event events[64];

	load->path = path;
	load->others = 0;
	g_ptr_array_set_size(load->answers, 0);
	g_ptr_array_set_size(load->answers, (gint)load->messages->len);
	g_array_set_size(load->times_us, 0);
	for (int i = 0; i < load->n_connections; i++) {
		load->connections[i].next = i;
		post_next(load, &load->connections[i]);
	}
	while (left > 0) {
		int n = epoll_wait(epoll_fd, events, G_N_ELEMENTS(events), -1);

		for (int i = 0; i < n; i++)
			left -= take(load, events[i].data.ptr);
	}
	return (double)(g_get_monotonic_time() - begun_us) / G_USEC_PER_SEC;
}

static void
add_message(Load *load, Machine *machine, const char *context, const char *body)
{
	g_autoptr(GError) error = NULL;

	g_clear_pointer(&machine->posted, g_bytes_unref);
	machine->posted = sl_seal_make(machine->keys, &load->server, context, load->server_id,
				       machine->id, body, strlen(body), &error);
	if (!machine->posted)
		fail("seal", error);
	g_ptr_array_add(load->messages, g_bytes_ref(machine->posted));
}

static void
add_enrollment(Load *load, Machine *machine, int number)
{
	g_autoptr(SlEnrollment) enrollment = sl_enrollment_new();
	g_autofree char *body = NULL;

	enrollment->token = g_strdup(load->secret);
	enrollment->keys = *sl_seal_keys_public(machine->keys);
	enrollment->at = NOW;
	made_fleet_facts(number, &enrollment->facts);
	body = sl_enrollment_write(enrollment);
	add_message(load, machine, SL_SEAL_ENROLL, body);
}

static void
add_checkin(Load *load, Machine *machine, int number)
{
	g_autoptr(SlCheckin) checkin = sl_checkin_new();
	g_autofree char *body = NULL;

	checkin->counter = ++machine->counter;
	checkin->epoch = machine->epoch;
	checkin->at = NOW;
	made_fleet_facts(number, &checkin->facts);
	checkin->inventory = g_strdup(load->digests->pdata[machine->kind]);
	if (machine->whole)
		checkin->packages = made_fleet_packages(&load->made, machine->kind);
	body = sl_checkin_write(checkin);
	add_message(load, machine, SL_SEAL_CHECKIN, body);
}

/* Opens a machine's answer and does all the checks of an agent. */
static void
take_answer(Load *load, Machine *machine, GBytes *answer)
{
	gsize size;
	const void *bytes = answer ? g_bytes_get_data(answer, &size) : NULL;
	g_autoptr(GError) error = NULL;
	g_autoptr(SlSealed) sealed =
		bytes ? sl_seal_open(machine->keys, bytes, size, &error) : NULL;
	const char *body = sealed ? sl_sealed_verify(sealed, load->server.sign, SL_SEAL_ANSWER,
						     load->server_id, &size, &error)
				  : NULL;
	g_autoptr(SlAnswer) said = body ? sl_answer_read(body, size, &error) : NULL;

	if (!said || strcmp(said->state, "active") != 0)
		fail("an answer", error);
	machine->id = said->computer;
	machine->epoch = said->epoch;
	machine->whole = said->want_inventory;
}

static void
take_answers(Load *load)
{
	for (guint i = 0; i < load->answers->len; i++)
		take_answer(load, &load->machines[i], load->answers->pdata[i]);
	g_ptr_array_set_size(load->messages, 0);
}

static void
connect_all(Load *load, int epoll_fd)
{
	load->connections = g_new0(Connection, load->n_connections);
	for (int i = 0; i < load->n_connections; i++) {
		Connection *one = &load->connections[i];
		struct epoll_event event = {.events = EPOLLIN, .data.ptr = one};

		one->fd = dial(load);
		one->in = g_byte_array_new();
		epoll_ctl(epoll_fd, EPOLL_CTL_ADD, one->fd, &event);
	}
}

static void
begin(Load *load, int epoll_fd)
{
	for (int i = 0; i < load->made.computers; i++)
		add_enrollment(load, &load->machines[i], i);
	/* only now: the server waits some seconds for a first request */
	connect_all(load, epoll_fd);
	exchange(load, "/agent/v1/enroll", epoll_fd);
	take_answers(load);
	/* as both kinds of its pair, so that no inventory is unknown later; again where it is asked
	 * for the whole
	 */
	for (int round = 0; round < 4; round++) {
		for (int i = 0; i < load->made.computers; i++) {
			load->machines[i].kind ^= round == 2;
			add_checkin(load, &load->machines[i], i);
		}
		exchange(load, "/agent/v1/checkin", epoll_fd);
		take_answers(load);
	}
}

static int
compare_times(gconstpointer a, gconstpointer b)
{
	gint64 left = *(const gint64 *)a, right = *(const gint64 *)b;

	return (left > right) - (left < right);
}

static double
percentile_ms(const GArray *sorted, int percent)
{
	guint index = MIN(sorted->len - 1, sorted->len * (guint)percent / 100);

	return (double)g_array_index(sorted, gint64, index) / 1000;
}

static void
measure(Load *load, int turns, int epoll_fd)
{
	double seconds;

	for (int turn = 0; turn < turns; turn++)
		for (int i = 0; i < load->made.computers; i++) {
			load->machines[i].kind ^= 1;
			add_checkin(load, &load->machines[i], i);
		}
	puts("ready");
	fflush(stdout);
	seconds = exchange(load, "/agent/v1/checkin", epoll_fd);
	g_array_sort(load->times_us, compare_times);
	printf("%d %d %.3f %.1f %.1f %.1f\n", (int)load->messages->len - load->others, load->others,
	       seconds, percentile_ms(load->times_us, 50), percentile_ms(load->times_us, 99),
	       percentile_ms(load->times_us, 100));
	fflush(stdout);
	g_ptr_array_set_size(load->messages, 0);
}

static void
free_bytes(gpointer bytes)
{
	if (bytes)
		g_bytes_unref(bytes);
}

static void
prepare(Load *load)
{
	fetch_keys(load);
	load->machines = g_new0(Machine, load->made.computers);
	for (int i = 0; i < load->made.computers; i++) {
		load->machines[i].keys = sl_seal_keys_new();
		load->machines[i].kind = made_fleet_kind(&load->made, i);
	}
	load->digests = made_fleet_digests(&load->made);
	load->messages = g_ptr_array_new_with_free_func(free_bytes);
	load->answers = g_ptr_array_new_with_free_func(free_bytes);
	load->times_us = g_array_new(FALSE, FALSE, sizeof(gint64));
}

int
main(int argc, char **argv)
{
	Load load = {0};
	char line[32];
	int epoll_fd;

	if (argc != 8) {
		fputs("fleet_load PORT TOKEN MACHINES CONNECTIONS UPDATES PACKAGES KINDS\n",
		      stderr);
		return 2;
	}
	load.port = (uint16_t)number(argv[1]);
	load.secret = g_strndup(argv[2], strcspn(argv[2], "."));
	load.made = (MadeFleet){number(argv[3]), number(argv[5]), number(argv[6]), number(argv[7])};
	/* a whole number of machines for each connection: see take() */
	load.n_connections = number(argv[4]);
	if (load.n_connections < 1 || load.made.computers % load.n_connections != 0)
		fail("machines for each connection", NULL);
	epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	prepare(&load);
	begin(&load, epoll_fd);
	while (fgets(line, sizeof line, stdin))
		measure(&load, number(line), epoll_fd);
	return 0;
}
