/* sluice-front as sluiced sees it, with programs that are no front. */
#include <errno.h>
#include <glib.h>
#include <glib/gstdio.h>
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
	(void)data;
	close(f->listen_fd);
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

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add("/front-process/freed-while-it-starts", Fixture, "#!/bin/sh\nexec sleep 1000\n",
		   set_up, test_freed_while_it_starts, tear_down);
	return g_test_run();
}
