/* main.c - sluice-front: the public listener, in a cage
 *
 * Started by sluiced with the listening socket and one end of a socket pair. It reads publications
 * and payloads, can write nothing, holds no key, opens no connection; it ends when the link does.
 */
#include <fcntl.h>
#include <glib.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "catalog/base/fences.h"
#include "catalog/base/fs.h"
#include "catalog/base/log.h"
#include "server/front/front.h"
#include "server/front/probes.h"
#include "server/front/sandbox.h"

#define CONNECTION_MEMORY 4096 /* bytes: enough for the headers of every real client */

typedef struct {
	char *state;
	int listen_fd;
	int link_fd;
	int threads;
	int max_connections;
	int max_per_address;
	int rate;
	int header_s;
	int body_s;
	int idle_s;
	int slow_bytes;
	int answer_s;
	gboolean require_fences;
	gboolean version;
	char *probe;
} Options;

static bool
read_options(int argc, char **argv, Options *options, GError **error)
{
	const GOptionEntry entries[] = {
		{"state", 0, 0, G_OPTION_ARG_FILENAME, &options->state, "state directory", "DIR"},
		{"listen-fd", 0, 0, G_OPTION_ARG_INT, &options->listen_fd, "listening socket", "N"},
		{"link-fd", 0, 0, G_OPTION_ARG_INT, &options->link_fd, "link to sluiced", "N"},
		{"threads", 0, 0, G_OPTION_ARG_INT, &options->threads, "threads that serve", "N"},
		{"max-connections", 0, 0, G_OPTION_ARG_INT, &options->max_connections,
		 "connections in all", "N"},
		{"max-per-address", 0, 0, G_OPTION_ARG_INT, &options->max_per_address,
		 "connections from one address", "N"},
		{"rate", 0, 0, G_OPTION_ARG_INT, &options->rate,
		 "agent requests a second from one block of addresses", "N"},
		{"header-timeout", 0, 0, G_OPTION_ARG_INT, &options->header_s,
		 "seconds for a whole header", "S"},
		{"body-timeout", 0, 0, G_OPTION_ARG_INT, &options->body_s,
		 "seconds for a whole body", "S"},
		{"idle-timeout", 0, 0, G_OPTION_ARG_INT, &options->idle_s,
		 "seconds between two requests", "S"},
		{"slow-bytes", 0, 0, G_OPTION_ARG_INT, &options->slow_bytes,
		 "bytes a second a download has to take", "N"},
		{"answer-timeout", 0, 0, G_OPTION_ARG_INT, &options->answer_s,
		 "seconds for an answer of sluiced", "S"},
		{"require-fences", 0, 0, G_OPTION_ARG_NONE, &options->require_fences,
		 "refuse to run without landlock and seccomp", NULL},
		{"version", 0, 0, G_OPTION_ARG_NONE, &options->version, "say the version", NULL},
#ifdef SL_DEBUG_PROBES
		{"probe", 0, 0, G_OPTION_ARG_STRING, &options->probe,
		 "try to break out (debug builds)", "WHAT"},
#endif
		G_OPTION_ENTRY_NULL,
	};
	g_autoptr(GOptionContext) context = g_option_context_new(NULL);

	g_option_context_set_summary(context, "The public listener of Sluice; sluiced starts it.");
	g_option_context_add_main_entries(context, entries, NULL);
	if (!g_option_context_parse(context, &argc, &argv, error))
		return false;
	if (options->version)
		return true;
	if (!options->state || options->listen_fd < 0 || options->link_fd < 0)
		return sl_error_set(error, SL_ERROR_INVALID,
				    "--state, --listen-fd and --link-fd are needed: sluiced "
				    "starts this program");
	return true;
}

/* What another thread of sluiced had open for a moment without close-on-exec when it started us:
 * the end of a pipe to gpg, say, whose reader would wait for ever while we hold the other. */
static void
close_what_was_not_given(const Options *options)
{
	unsigned low = (unsigned)MIN(options->listen_fd, options->link_fd);
	unsigned high = (unsigned)MAX(options->listen_fd, options->link_fd);

	close_range(STDERR_FILENO + 1, low - 1, 0);
	close_range(low + 1, high - 1, 0);
	close_range(high + 1, ~0U, 0);
}

/* Descriptors for every connection and the file it is being sent. */
static void
raise_descriptors(const Options *options)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return;
	limit.rlim_cur = MIN(limit.rlim_max, (rlim_t)options->max_connections * 2 + 256);
	setrlimit(RLIMIT_NOFILE, &limit);
}

static void
fence_files(const SlFiles *files, GString *missing)
{
	GError *problem = NULL;
	int fds[2];

	sl_files_directories(files, fds);
	if (!sl_sandbox_files(fds, 2, &problem))
		sl_fences_miss(missing, problem);
}

static void
fence_calls(bool (*fence)(GError **), GString *missing)
{
	GError *problem = NULL;

	if (!fence(&problem))
		sl_fences_miss(missing, problem);
}

static SlHttpServer *
listen_public(const Options *options, SlFront *front, GError **error)
{
	return sl_http_server_new(
		&(SlHttpOptions){
			.listen_fd = options->listen_fd,
			.threads = (unsigned)options->threads,
			.max_connections = (unsigned)options->max_connections,
			.max_per_address = (unsigned)options->max_per_address,
			.connection_memory = CONNECTION_MEMORY,
			.header_s = options->header_s,
			.body_s = options->body_s,
			.idle_s = options->idle_s,
			.slow_bytes = options->slow_bytes,
			.admit = sl_routes_admit,
			.handler = sl_routes_handle,
			.data = front,
		},
		error);
}

static bool
serve(const Options *options, GError **error)
{
	sl_autofd int state_fd = sl_fs_open_dir(options->state, error);
	SlFiles *files = state_fd < 0 ? NULL : sl_files_new(state_fd, error);
	SlFront front = {.files = files};
	g_autoptr(GString) missing = g_string_new(NULL);

	if (!files)
		return false;
	raise_descriptors(options);
	sl_fs_clear_fd(&state_fd);
	state_fd = -1;
	/* before the first thread: landlock binds the calling thread and those it makes */
	fence_files(files, missing);
	/* that of the calls goes up when all threads are there, and they serve by then */
	if (options->require_fences) {
		fence_calls(sl_sandbox_try_calls, missing);
		if (!sl_fences_accept(missing, true, error))
			return false;
	}
	sl_files_take_current(files);
	front.forward =
		sl_forward_new(options->link_fd, (unsigned)options->rate, options->answer_s);
	front.server = listen_public(options, &front, error);
	if (!front.server)
		return false;
	fence_calls(sl_sandbox_calls, missing);
	if (!sl_fences_accept(missing, options->require_fences, error))
		return false;
	sl_sandbox_hide();
	if (options->probe)
		sl_probe_run(options->probe);
	sl_forward_run(&front);
	return true;
}

static bool
run(const Options *options, GError **error)
{
	close_what_was_not_given(options);
	return serve(options, error);
}

int
main(int argc, char **argv)
{
	Options options = {.listen_fd = -1,
			   .link_fd = -1,
			   .threads = (int)g_get_num_processors(),
			   .max_connections = 12000,
			   .max_per_address = 40,
			   .rate = 50,
			   .header_s = 10,
			   .body_s = 20,
			   .idle_s = 10,
			   .slow_bytes = 4096,
			   .answer_s = 20};
	g_autoptr(GError) error = NULL;
	bool ok;

	/* started by descriptor it would be listed by that number */
	prctl(PR_SET_NAME, "sluice-front", 0, 0, 0);
	/* one that hangs cannot see its link close, and would keep the port from the next core */
	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	setlocale(LC_ALL, "C.UTF-8");
	signal(SIGPIPE, SIG_IGN);
	sl_log_start("sluice-front");
	ok = read_options(argc, argv, &options, &error);
	if (ok && options.version)
		puts("sluice-front " SL_VERSION);
	else if (ok)
		ok = run(&options, &error);
	if (!ok)
		sl_log_line("sluice-front", error->message);
	fflush(stdout);
	/* threads still serve; the core that would tell them what is gone */
	_exit(ok ? 0 : 1);
}
