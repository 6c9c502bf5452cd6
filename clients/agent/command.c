#include "clients/agent/command.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "catalog/base/fs.h"

/* In the child: a session of its own, so that nothing it starts can ask on our terminal. */
static void
prepare_child(gpointer data)
{
	(void)data;
	setsid();
}

/* Reads what is there; false when that was the end, or nothing. */
static bool
read_some(int fd, GString *output, bool echo)
{
	char piece[8192];
	ssize_t n = read(fd, piece, sizeof piece);

	if (n <= 0)
		return n < 0 && errno == EINTR;
	if (echo)
		fwrite(piece, 1, (size_t)n, stdout);
	if (output->len + (size_t)n <= SL_COMMAND_OUTPUT)
		g_string_append_len(output, piece, n);
	return true;
}

/* Reads until the program ends, and what it left; false when the time is over. That the output
 * is closed says nothing: a daemon that a package's script started may keep it open for ever. */
static bool
read_all(int fd, int pid_fd, GString *output, bool echo, int64_t timeout_s)
{
	int64_t until = g_get_monotonic_time() + timeout_s * G_USEC_PER_SEC;
	struct pollfd wait[2] = {{.fd = pid_fd, .events = POLLIN}, {.fd = fd, .events = POLLIN}};

	fcntl(fd, F_SETFL, O_NONBLOCK);
	while (!(wait[0].revents & POLLIN)) {
		int64_t left_ms = (until - g_get_monotonic_time()) / 1000;

		if (timeout_s > 0 && left_ms <= 0)
			return false;
		if (poll(wait, 2, timeout_s > 0 ? (int)MIN(left_ms, 60000) : -1) < 0)
			continue;
		if (wait[1].revents && !read_some(fd, output, echo))
			wait[1].fd = -1;
	}
	while (read_some(fd, output, echo))
		;
	return true;
}

static int
wait_for(GPid pid)
{
	int status = 0;

	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

bool
sl_command_run(const char *const *arguments, const char *const *environment, int64_t timeout_s,
	       bool echo, char **ret_output, int *ret_status, GError **error)
{
	g_autoptr(GError) problem = NULL;
	GString *output = g_string_new(NULL);
	sl_autofd int read_fd = -1;
	sl_autofd int pid_fd = -1;
	int ends[2];
	GPid pid;
	bool started, in_time;

	if (pipe2(ends, O_CLOEXEC) < 0) {
		g_string_free(output, TRUE);
		return sl_error_errno(error, "make a pipe");
	}
	read_fd = ends[0];
	started = g_spawn_async_with_pipes_and_fds(NULL, arguments, environment,
						   G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD,
						   prepare_child, NULL, -1, ends[1], ends[1], NULL,
						   NULL, 0, &pid, NULL, NULL, NULL, &problem);
	close(ends[1]);
	if (!started) {
		g_string_free(output, TRUE);
		return sl_error_set(error, SL_ERROR_IO, "start %s: %s", arguments[0],
				    problem->message);
	}
	pid_fd = (int)syscall(SYS_pidfd_open, pid, 0);
	in_time = pid_fd >= 0 && read_all(read_fd, pid_fd, output, echo, timeout_s);
	if (!in_time)
		kill(-pid, SIGKILL);
	*ret_status = wait_for(pid);
	*ret_output = g_string_free(output, FALSE);
	if (in_time)
		return true;
	g_clear_pointer(ret_output, g_free);
	return sl_error_set(error, SL_ERROR_BUSY, "%s took longer than %" PRId64 " seconds",
			    arguments[0], timeout_s);
}
