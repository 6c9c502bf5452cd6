#include "server/front/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <seccomp.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Later than Debian 12's headers: linux/landlock.h of Linux 6.7 and 6.12. */
struct ruleset {
	uint64_t fs;
	uint64_t net;	/* ABI 4 */
	uint64_t scope; /* ABI 6 */
};

static uint64_t
handled_files(int abi)
{
	uint64_t bits = (UINT64_C(1) << 13) - 1;

	if (abi >= 2)
		bits |= UINT64_C(1) << 13; /* refer */
	if (abi >= 3)
		bits |= UINT64_C(1) << 14; /* truncate */
	if (abi >= 5)
		bits |= UINT64_C(1) << 15; /* ioctl on devices */
	return bits;
}

static size_t
ruleset_size(int abi)
{
	return abi >= 6 ? 24 : abi >= 4 ? 16 : 8;
}

static bool
add_directories(int ruleset_fd, const int *directory_fds, unsigned count, GError **error)
{
	for (unsigned i = 0; i < count; i++) {
		struct landlock_path_beneath_attr rule = {
			.allowed_access =
				LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR,
			.parent_fd = directory_fds[i],
		};

		if (syscall(SYS_landlock_add_rule, ruleset_fd, LANDLOCK_RULE_PATH_BENEATH, &rule,
			    0) < 0)
			return sl_error_errno(error, "landlock: add a directory");
	}
	return true;
}

bool
sl_sandbox_files(const int *directory_fds, unsigned count, GError **error)
{
	int abi =
		(int)syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	struct ruleset ruleset = {.net = 3, .scope = 3};
	int fd;
	bool ok;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return sl_error_errno(error, "give up new privileges");
	if (abi < 1)
		return sl_error_errno(error, "landlock");
	ruleset.fs = handled_files(abi);
	fd = (int)syscall(SYS_landlock_create_ruleset, &ruleset, ruleset_size(abi), 0);
	if (fd < 0)
		return sl_error_errno(error, "landlock: make a ruleset");
	ok = add_directories(fd, directory_fds, count, error) &&
	     (syscall(SYS_landlock_restrict_self, fd, 0) == 0 ||
	      sl_error_errno(error, "landlock: restrict"));
	close(fd);
	return ok;
}

static bool
allow_calls(scmp_filter_ctx filter)
{
	/* what libmicrohttpd, GLib and the allocator use once all threads run */
	static const char *const names[] = {
		"accept",
		"accept4",
		"brk",
		"clock_gettime",
		"clock_nanosleep",
		"close",
		"dup",
		"epoll_create1",
		"epoll_ctl",
		"epoll_pwait",
		"epoll_wait",
		"eventfd2",
		"exit",
		"exit_group",
		"fcntl",
		"fstat",
		"futex",
		"getpeername",
		"getpid",
		"getrandom",
		"getsockname",
		"getsockopt",
		"gettid",
		"gettimeofday",
		"lseek",
		"madvise",
		"mmap",
		"mprotect",
		"mremap",
		"munmap",
		"nanosleep",
		"newfstatat",
		"openat2",
		"poll",
		"ppoll",
		"pread64",
		"read",
		"readlinkat",
		"readv",
		"recvfrom",
		"recvmsg",
		"restart_syscall",
		"rseq",
		"rt_sigaction",
		"rt_sigprocmask",
		"rt_sigreturn",
		"sched_getaffinity",
		"sched_yield",
		"sendfile",
		"sendmsg",
		"sendto",
		"set_robust_list",
		"setsockopt",
		"shutdown",
		"sigaltstack",
		"statx",
		"tgkill",
		"write",
		"writev",
	};

	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		int call = seccomp_syscall_resolve_name(names[i]);

		if (call != __NR_SCMP_ERROR &&
		    seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 0) < 0)
			return false;
	}
	return true;
}

/* 0, or the number of what went wrong. */
static int
load_filter(void)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	int result = filter ? 0 : -ENOMEM;

	if (result == 0 && !allow_calls(filter))
		result = -EINVAL;
	if (result == 0)
		result = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);
	if (result == 0)
		result = seccomp_load(filter);
	if (filter)
		seccomp_release(filter);
	return -result;
}

static bool
accept_filter(int problem, GError **error)
{
	errno = problem;
	return problem == 0 || sl_error_errno(error, "seccomp");
}

bool
sl_sandbox_calls(GError **error)
{
	return accept_filter(load_filter(), error);
}

bool
sl_sandbox_try_calls(GError **error)
{
	pid_t child = fork();
	int status;

	if (child == 0)
		_exit(load_filter());
	if (child < 0 || waitpid(child, &status, 0) < 0)
		return sl_error_errno(error, "seccomp: try it in a process of its own");
	return accept_filter(WIFEXITED(status) ? WEXITSTATUS(status) : EINTR, error);
}

void
sl_sandbox_hide(void)
{
	struct rlimit none = {0, 0};

	setrlimit(RLIMIT_CORE, &none);
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}
