/* A message over the link arrives whole and as it was sent, or the link has failed */
#include <glib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "catalog/base/limits.h"
#include "server/link/link.h"
#include "tests/unit/scratch.h"

typedef struct {
	int ours;
	int theirs;
} Fixture;

static void
set_up(Fixture *f, gconstpointer data)
{
	int pair[2];

	g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), ==, 0);
	f->ours = pair[0];
	f->theirs = pair[1];
}

static void
hang_up(Fixture *f)
{
	if (f->ours >= 0)
		close(f->ours);
	f->ours = -1;
}

static void
tear_down(Fixture *f, gconstpointer data)
{
	hang_up(f);
	close(f->theirs);
}

static void
assert_receives(Fixture *f, SlLinkKind kind, uint16_t value, uint64_t number, const void *body,
		size_t size)
{
	g_autoptr(GBytes) received = NULL;
	g_autoptr(GError) error = NULL;
	SlLinkHead head;

	sl_link_receive(f->theirs, &head, &received, &error);
	g_assert_no_error(error);
	g_assert_cmpuint(head.version, ==, 1);
	g_assert_cmpuint(head.kind, ==, kind);
	g_assert_cmpuint(head.value, ==, value);
	g_assert_cmpuint(head.number, ==, number);
	g_assert_cmpuint(head.size, ==, size);
	assert_bytes(g_bytes_get_data(received, NULL), g_bytes_get_size(received), body, size);
}

/* The other side is gone or said something impossible; nothing is returned. */
static void
assert_fails(Fixture *f)
{
	SlLinkHead head = {.number = 99};
	g_autoptr(GError) error = NULL;
	GBytes *body = NULL;

	g_assert_false(sl_link_receive(f->theirs, &head, &body, &error));
	g_assert_error(error, SL_ERROR, SL_ERROR_IO);
	g_assert_null(body);
	g_assert_cmpuint(head.number, ==, 99);
}

static void
send_raw(Fixture *f, const void *bytes, size_t size)
{
	g_assert_cmpint(write(f->ours, bytes, size), ==, size);
}

static void
test_messages_arrive_whole_and_in_order(Fixture *f, gconstpointer data)
{
	g_assert_true(sl_link_send(f->ours, SL_LINK_HELLO, 0, 0, NULL, 0, NULL, 0, NULL));
	g_assert_true(sl_link_send(f->ours, SL_LINK_REQUEST, SL_LINK_CHECKIN, 7, "10.0.0.1", 9,
				   "a\0b", 3, NULL));
	g_assert_true(
		sl_link_send(f->ours, SL_LINK_ANSWER, 503, UINT64_MAX, NULL, 0, "x", 1, NULL));
	assert_receives(f, SL_LINK_HELLO, 0, 0, "", 0);
	assert_receives(f, SL_LINK_REQUEST, SL_LINK_CHECKIN, 7, "10.0.0.1\0a\0b", 12);
	assert_receives(f, SL_LINK_ANSWER, 503, UINT64_MAX, "x", 1);
}

static gpointer
send_byte_by_byte(gpointer data)
{
	Fixture *f = data;
	const SlLinkHead head = {1, SL_LINK_REQUEST, SL_LINK_ENROLL, 5, 3};

	for (size_t i = 0; i < sizeof head; i++)
		send_raw(f, (const char *)&head + i, 1);
	for (size_t i = 0; i < 5; i++)
		send_raw(f, "hello" + i, 1);
	return NULL;
}

static void
test_a_message_in_pieces_is_one(Fixture *f, gconstpointer data)
{
	GThread *thread = g_thread_new("send", send_byte_by_byte, f);

	assert_receives(f, SL_LINK_REQUEST, SL_LINK_ENROLL, 3, "hello", 5);
	g_thread_join(thread);
}

static void
test_a_message_cut_off_anywhere_is_none(Fixture *f, gconstpointer data)
{
	const struct {
		SlLinkHead head;
		char body[5];
	} message = {{1, SL_LINK_REQUEST, SL_LINK_ENROLL, 5, 3}, "hell"};

	for (size_t size = 0; size < sizeof message.head + 5; size++) {
		Fixture cut;

		set_up(&cut, NULL);
		if (size > 0)
			send_raw(&cut, &message, size);
		hang_up(&cut);
		assert_fails(&cut);
		tear_down(&cut, NULL);
	}
}

static void
test_another_version_or_too_many_bytes_are_refused(Fixture *f, gconstpointer data)
{
	const SlLinkHead heads[] = {
		{0, SL_LINK_PING, 0, 0, 1},
		{2, SL_LINK_PING, 0, 0, 1},
		{255, SL_LINK_PING, 0, 0, 1},
		{1, SL_LINK_REQUEST, 0, UINT32_MAX, 1},
		{1, SL_LINK_REQUEST, 0, 64 * 1024 * 1024, 1},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(heads); i++) {
		Fixture wrong;

		set_up(&wrong, NULL);
		send_raw(&wrong, &heads[i], sizeof heads[i]);
		assert_fails(&wrong); /* at once: what it announces is not waited for */
		tear_down(&wrong, NULL);
	}
}

typedef struct {
	Fixture *f;
	const char *body;
	size_t size;
} Large;

static gpointer
send_large(gpointer data)
{
	const Large *large = data;

	g_assert_true(sl_link_send(large->f->ours, SL_LINK_REQUEST, SL_LINK_CHECKIN, 1, "1.2.3.4",
				   8, large->body, large->size, NULL));
	return NULL;
}

static void
test_the_largest_check_in_goes_through(Fixture *f, gconstpointer data)
{
	g_autofree char *body = g_strnfill(SL_LIMIT_CHECKIN, 'x');
	g_autofree char *all = g_strnfill(SL_LIMIT_CHECKIN + 8, 'x');
	Large large = {f, body, SL_LIMIT_CHECKIN};
	GThread *thread = g_thread_new("send", send_large, &large);

	memcpy(all, "1.2.3.4", 8);
	assert_receives(f, SL_LINK_REQUEST, SL_LINK_CHECKIN, 1, all, SL_LIMIT_CHECKIN + 8);
	g_thread_join(thread);
}

static void
test_sending_to_nobody_fails_and_kills_nobody(Fixture *f, gconstpointer data)
{
	g_autoptr(GError) error = NULL;

	shutdown(f->theirs, SHUT_RD);
	g_assert_false(sl_link_send(f->ours, SL_LINK_PING, 0, 1, NULL, 0, NULL, 0, &error));
	g_assert_error(error, SL_ERROR, SL_ERROR_IO);
}

int
main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*test)(Fixture *f, gconstpointer data);
	} tests[] = {
		{"/link/order", test_messages_arrive_whole_and_in_order},
		{"/link/pieces", test_a_message_in_pieces_is_one},
		{"/link/cut-off", test_a_message_cut_off_anywhere_is_none},
		{"/link/impossible", test_another_version_or_too_many_bytes_are_refused},
		{"/link/largest", test_the_largest_check_in_goes_through},
		{"/link/nobody", test_sending_to_nobody_fails_and_kills_nobody},
	};

	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(tests); i++)
		g_test_add(tests[i].name, Fixture, NULL, set_up, tests[i].test, tear_down);
	return g_test_run();
}
