#include "server/front/probes.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifdef SL_DEBUG_PROBES

static bool
open_path(const char *path, int flags)
{
	return open(path, flags, 0600) >= 0;
}

static bool
open_socket(void)
{
	return socket(AF_INET, SOCK_STREAM, 0) >= 0;
}

/* On any socket that is there. */
static bool
start_listening(void)
{
	for (int fd = 3; fd < 256; fd++)
		if (listen(fd, 1) == 0)
			return true;
	return false;
}

static bool
run_program(void)
{
	pid_t child = fork();

	if (child == 0) {
		execl("/bin/true", "true", NULL);
		_exit(1);
	}
	return child > 0;
}

static bool
trace(void)
{
	return ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0;
}

/* Each returns true when it worked, which it must not. */
static bool
attempt(const char *what, const char *argument)
{
	if (strcmp(what, "read") == 0)
		return open_path(argument, O_RDONLY);
	if (strcmp(what, "write") == 0)
		return open_path(argument, O_WRONLY | O_CREAT);
	if (strcmp(what, "socket") == 0)
		return open_socket();
	if (strcmp(what, "listen") == 0)
		return start_listening();
	if (strcmp(what, "exec") == 0)
		return run_program();
	if (strcmp(what, "ptrace") == 0)
		return trace();
	return false;
}

void
sl_probe_run(const char *what)
{
	g_auto(GStrv) parts = g_strsplit(what, ":", 2);
	bool worked = attempt(parts[0], parts[1] ? parts[1] : "");

	dprintf(STDERR_FILENO, "probe %s: %s\n", what, worked ? "BROKE OUT" : "denied");
}

void
sl_probe_misbehave(const char *what)
{
	if (strcmp(what, "crash") == 0)
		raise(SIGSEGV);
	while (strcmp(what, "loop") == 0)
		__asm__ volatile("");
}

#else

void
sl_probe_run(const char *what)
{
	(void)what;
}

#endif
