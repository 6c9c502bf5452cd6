/* Listening sockets: where they are, who may use them, what stands in their way */
#include <glib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "catalog/base/fs.h"
#include "server/listen.h"
#include "tests/unit/scratch.h"

static void
test_a_free_port_is_taken_and_told(Scratch *s, gconstpointer data)
{
	g_autofree char *address = NULL;
	g_autofree char *again = NULL;
	g_autofree char *none = NULL;
	g_autoptr(GError) error = NULL;
	sl_autofd int fd = sl_listen_tcp("127.0.0.1:0", &address, &error);

	g_assert_no_error(error);
	g_assert_true(g_str_has_prefix(address, "127.0.0.1:"));
	g_assert_cmpstr(address, !=, "127.0.0.1:0");
	again = sl_listen_address(fd);
	g_assert_cmpstr(again, ==, address);
	g_assert_cmpint(sl_listen_tcp(address, &none, &error), ==, -1);
	g_assert_error(error, SL_ERROR, SL_ERROR_IO);
	g_assert_nonnull(strstr(error->message, address));
	g_assert_null(none);
}

static void
test_what_is_no_address_is_refused(Scratch *s, gconstpointer data)
{
	static const char *const refused[] = {
		"",
		"80",
		":80",
		"localhost:80",
		"127.0.0.1",
		"127.0.0.1:",
		"127.0.0.1:-1",
		"127.0.0.1:65536",
		"127.0.0.1: 80",
		"127.0.0.1:80 ",
		"127.1:80",
		"::1:80",
		"[::1]",
		"[::1]80",
		"[]:80",
		"[::1:80",
		"[127.0.0.1]:80",
		"1.2.3.4.5:80",
		"*:80",
	};

	for (size_t i = 0; i < G_N_ELEMENTS(refused); i++) {
		g_autofree char *address = NULL;
		g_autoptr(GError) error = NULL;

		g_test_message("%s", refused[i]);
		g_assert_false(sl_listen_check_tcp(refused[i], &error));
		g_assert_error(error, SL_ERROR, SL_ERROR_INVALID);
		g_assert_cmpint(sl_listen_tcp(refused[i], &address, NULL), ==, -1);
	}
	g_assert_true(sl_listen_check_tcp("[::]:80", NULL));
	g_assert_true(sl_listen_check_tcp("0.0.0.0:65535", NULL));
}

static bool
connects(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	sl_autofd int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	g_strlcpy(address.sun_path, path, sizeof address.sun_path);
	return connect(fd, (struct sockaddr *)&address, sizeof address) == 0;
}

static void
test_the_socket_is_for_its_user_and_group(Scratch *s, gconstpointer data)
{
	g_autofree char *path = scratch_path(s, "admin.sock");
	g_autoptr(GError) error = NULL;
	struct stat status;
	int first = sl_listen_unix(path, &error);
	sl_autofd int second = -1;

	g_assert_no_error(error);
	g_assert_cmpint(stat(path, &status), ==, 0);
	g_assert_cmpint(status.st_mode & 07777, ==, 0660);
	g_assert_true(connects(path));
	sl_fs_clear_fd(&first);
	g_assert_false(connects(path));
	/* what a server that was killed left behind is no obstacle */
	second = sl_listen_unix(path, &error);
	g_assert_no_error(error);
	g_assert_true(connects(path));
}

static void
test_a_file_in_its_place_is_not_removed(Scratch *s, gconstpointer data)
{
	g_autofree char *path = scratch_path(s, "sluice.db");
	g_autoptr(GError) error = NULL;

	scratch_write(s, "sluice.db", "precious", 8);
	g_assert_cmpint(sl_listen_unix(path, &error), ==, -1);
	g_assert_error(error, SL_ERROR, SL_ERROR_IO);
	g_assert_nonnull(strstr(error->message, path));
	scratch_assert_text(s, "sluice.db", "precious");
}

static void
test_a_path_that_cannot_be_a_sockets_is_refused(Scratch *s, gconstpointer data)
{
	g_autofree char *name = g_strnfill(200, 'x');
	g_autofree char *path = scratch_path(s, name);
	g_autoptr(GError) error = NULL;

	g_assert_cmpint(sl_listen_unix(path, &error), ==, -1);
	g_assert_error(error, SL_ERROR, SL_ERROR_INVALID);
	g_clear_error(&error);
	g_assert_cmpint(sl_listen_unix("admin.sock", &error), ==, -1);
	g_assert_error(error, SL_ERROR, SL_ERROR_INVALID);
	scratch_assert_names(s, "");
}

static void
test_without_systemd_nothing_is_handed_over(Scratch *s, gconstpointer data)
{
	g_assert_cmpint(sl_listen_activated("http"), ==, -1);
}

int
main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*test)(Scratch *s, gconstpointer data);
	} tests[] = {
		{"/listen/port", test_a_free_port_is_taken_and_told},
		{"/listen/no-address", test_what_is_no_address_is_refused},
		{"/listen/socket", test_the_socket_is_for_its_user_and_group},
		{"/listen/in-its-place", test_a_file_in_its_place_is_not_removed},
		{"/listen/no-path", test_a_path_that_cannot_be_a_sockets_is_refused},
		{"/listen/systemd", test_without_systemd_nothing_is_handed_over},
	};

	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(tests); i++)
		g_test_add(tests[i].name, Scratch, NULL, scratch_set_up, tests[i].test,
			   scratch_tear_down);
	return g_test_run();
}
