/* sluice-front as sluiced sees it, with programs that are no front. */
#include <errno.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "catalog/base/fs.h"
#include "server/front_process.h"
#include "server/listen.h"

typedef struct {
	char *folder;
	char *program;
	char *config_file;
	char *address;
	int listen_fd;
	SlConfig *config;
} Fixture;

/* Says SL_LINK_HELLO where it is not yet noted that it did. */
static const char serves_once[] = "#!/bin/sh\n"
				  "[ -e \"$0.served\" ] && exit 3\n"
				  "touch \"$0.served\"\n"
				  "printf '\\1\\1\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0' >&4\n";

static void
set_up(Fixture *f, gconstpointer data)
{
	const char *script = data;
	g_autoptr(GError) error = NULL;

	f->folder = g_dir_make_tmp("front-XXXXXX", &error);
	g_assert_no_error(error);
	f->program = g_build_filename(f->folder, "sluice-front", NULL);
	g_file_set_contents(f->program, script, -1, &error);
	g_assert_no_error(error);
	g_assert_cmpint(g_chmod(f->program, 0700), ==, 0);
	f->listen_fd = sl_listen_tcp("127.0.0.1:0", &f->address, &error);
	g_assert_no_error(error);
	f->config_file = g_build_filename(f->folder, "sluice.conf", NULL);
	g_file_set_contents(f->config_file, "", 0, &error);
	g_assert_no_error(error);
	f->config = sl_config_load(f->config_file, &error);
	g_assert_no_error(error);
}

static void
tear_down(Fixture *f, gconstpointer data)
{
	g_autofree char *served = g_strconcat(f->program, ".served", NULL);

	(void)data;
	close(f->listen_fd);
	g_unlink(served);
	g_unlink(f->program);
	g_unlink(f->config_file);
	g_rmdir(f->folder);
	sl_config_free(f->config);
	g_free(f->address);
	g_free(f->program);
	g_free(f->config_file);
	g_free(f->folder);
}

static void
no_request(uint64_t number, int kind, const char *address, GBytes *body, gpointer data)
{
	g_assert_not_reached();
}

static SlFrontProcess *
start(Fixture *f)
{
	g_autoptr(GError) error = NULL;
	SlFrontProcess *front =
		sl_front_process_new(f->program, f->listen_fd, f->config, no_request, NULL, &error);

	g_assert_no_error(error);
	return front;
}

/* It ends at whatever point of its start, and leaves no process behind. */
static void
test_freed_while_it_starts(Fixture *f, gconstpointer data)
{
	(void)data;
	for (unsigned i = 0; i < 300; i++) {
		SlFrontProcess *front = start(f);

		g_usleep(i); /* another point each time */
		sl_front_process_free(front);
		g_assert_cmpint(waitpid(-1, NULL, WNOHANG), ==, -1);
		g_assert_cmpint(errno, ==, ECHILD);
	}
}

/* Its first start fails: nobody starts it again, and the reason is told. */
static void
test_ends_before_it_serves(Fixture *f, gconstpointer data)
{
	SlFrontProcess *front = start(f);
	g_autoptr(GError) error = NULL;

	(void)data;
	g_assert_false(sl_front_process_wait(front, &error));
	g_assert_error(error, SL_ERROR, SL_ERROR_IO);
	g_assert_nonnull(strstr(error->message, "exit 3"));
	g_assert_cmpuint(sl_front_process_starts(front), ==, 1);
	sl_front_process_free(front);
	g_assert_cmpint(waitpid(-1, NULL, WNOHANG), ==, -1);
}

static void
wait_for_start(SlFrontProcess *front, unsigned number)
{
	while (sl_front_process_starts(front) < number)
		g_usleep(1000);
}

/* Each start that fails makes the wait for the next one longer; no wait holds up the end. */
static void
test_serves_only_once(Fixture *f, gconstpointer data)
{
	gint64 began_us = g_get_monotonic_time(), ended_us;
	SlFrontProcess *front = start(f);
	g_autoptr(GError) error = NULL;

	(void)data;
	sl_front_process_wait(front, &error);
	g_assert_no_error(error);
	/* after 0.2 seconds, and 0.4, 0.8, 1.6; the next would come after 3.2 */
	wait_for_start(front, 5);
	g_assert_cmpint(g_get_monotonic_time() - began_us, >=, 3 * G_USEC_PER_SEC);
	ended_us = g_get_monotonic_time();
	sl_front_process_free(front);
	g_assert_cmpint(g_get_monotonic_time() - ended_us, <, 3 * G_USEC_PER_SEC);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	/* it warns of a front that ended */
	g_log_set_always_fatal(G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL);
	g_test_add("/front-process/freed-while-it-starts", Fixture, "#!/bin/sh\nexec sleep 1000\n",
		   set_up, test_freed_while_it_starts, tear_down);
	g_test_add("/front-process/ends-before-it-serves", Fixture, "#!/bin/sh\nexit 3\n", set_up,
		   test_ends_before_it_serves, tear_down);
	g_test_add("/front-process/serves-only-once", Fixture, serves_once, set_up,
		   test_serves_only_once, tear_down);
	return g_test_run();
}
