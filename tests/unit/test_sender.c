/* The sending side of the link: it keeps order, never waits for the other side, and has an end. */
#include <glib.h>
#include <inttypes.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "server/link/sender.h"

#define LIMIT (4 * 1024 * 1024)

typedef struct {
	int ours, theirs;
	SlSender *sender;
	char body[64 * 1024];
} Fixture;

static void
set_up(Fixture *f, gconstpointer data)
{
	int pair[2];

	(void)data;
	g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), ==, 0);
	f->ours = pair[0];
	f->theirs = pair[1];
	f->sender = sl_sender_new(f->ours, LIMIT);
	memset(f->body, 'x', sizeof f->body);
}

static void
tear_down(Fixture *f, gconstpointer data)
{
	(void)data;
	sl_sender_free(f->sender);
	close(f->ours);
	close(f->theirs);
}

static bool
add(Fixture *f, uint64_t number, size_t size)
{
	return sl_sender_add(f->sender, SL_LINK_REQUEST, 7, number, "ab", 2, f->body, size);
}

/* Adds until it is refused; how many were taken. */
static uint64_t
fill(Fixture *f)
{
	uint64_t taken = 0;

	while (add(f, taken, sizeof f->body)) {
		taken++;
		g_assert_cmpuint(taken, <=, LIMIT); /* it has to come to an end */
	}
	return taken;
}

static void
receive(Fixture *f, uint64_t number, size_t size)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GBytes) body = NULL;
	SlLinkHead head;
	const char *bytes;
	gsize got;

	sl_link_receive(f->theirs, &head, &body, &error);
	g_assert_no_error(error);
	bytes = g_bytes_get_data(body, &got);
	g_assert_cmpuint(head.kind, ==, SL_LINK_REQUEST);
	g_assert_cmpuint(head.value, ==, 7);
	g_assert_cmpuint(head.number, ==, number);
	g_assert_cmpuint(got, ==, 2 + size);
	g_assert_cmpint(memcmp(bytes, "ab", 2), ==, 0);
	g_assert_cmpint(memcmp(bytes + 2, f->body, size), ==, 0);
}

static void
test_order(Fixture *f, gconstpointer data)
{
	(void)data;
	for (uint64_t i = 0; i < 30; i++)
		g_assert_true(add(f, i, i * 1000));
	for (uint64_t i = 0; i < 30; i++)
		receive(f, i, i * 1000);
}

static void
test_other_side_hangs(Fixture *f, gconstpointer data)
{
	uint64_t taken = fill(f);

	(void)data;
	g_assert_cmpuint(taken, >=, LIMIT / sizeof f->body - 1);
	/* it listens again: everything that was taken arrives, and more is taken */
	for (uint64_t i = 0; i < taken; i++)
		receive(f, i, sizeof f->body);
	g_assert_true(add(f, taken, 10));
	receive(f, taken, 10);
}

static void
test_other_side_is_gone(Fixture *f, gconstpointer data)
{
	(void)data;
	fill(f);
	/* what it was told and did not read is lost with it */
	shutdown(f->theirs, SHUT_RDWR);
	while (add(f, 0, 0))
		g_thread_yield();
}

static void
test_freed_while_the_other_side_hangs(Fixture *f, gconstpointer data)
{
	(void)data;
	fill(f); /* tear_down has to return */
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add("/sender/order", Fixture, NULL, set_up, test_order, tear_down);
	g_test_add("/sender/other-side-hangs", Fixture, NULL, set_up, test_other_side_hangs,
		   tear_down);
	g_test_add("/sender/other-side-is-gone", Fixture, NULL, set_up, test_other_side_is_gone,
		   tear_down);
	g_test_add("/sender/freed-while-the-other-side-hangs", Fixture, NULL, set_up,
		   test_freed_while_the_other_side_hangs, tear_down);
	return g_test_run();
}
