/* kill_at.c - preloaded into sluiced: kill -9 before the n-th change it makes to a disk
 *
 * SLUICE_KILL_AT names a file of struct Shared that the test writes: it arms the kill and reads
 * which calls were made (tests/integration/kill_at.py is its other half). Calls are counted over
 * all threads. Programs that sluiced starts inherit the preload and are left alone.
 */
#undef _FILE_OFFSET_BITS /* each name stands for itself: a program may call either */
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define KINDS 65536

struct Shared {
	int64_t kill_at; /* number of the call, from 1; 0: nothing is counted */
	_Atomic int64_t count;
	char kinds[KINDS]; /* of each call: Write, Sync, Rename, Unlink, Link, Mkdir, Truncate */
};

static struct Shared *shared;

__attribute__((constructor)) static void
attach(void)
{
	const char *path = getenv("SLUICE_KILL_AT");
	char self[256] = "";
	int fd;

	if (!path || readlink("/proc/self/exe", self, sizeof self - 1) < 0 ||
	    strcmp(strrchr(self, '/'), "/sluiced") != 0)
		return;
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		abort();
	shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (shared == MAP_FAILED)
		abort();
	close(fd);
}

static void
step(char kind)
{
	int64_t number;

	if (!shared || shared->kill_at == 0)
		return;
	number = atomic_fetch_add(&shared->count, 1) + 1;
	if (number <= KINDS)
		shared->kinds[number - 1] = kind;
	if (number == shared->kill_at)
		kill(getpid(), SIGKILL);
}

/* sockets, and the log that a test takes, are no changes of the state */
static void
step_file(char kind, int fd)
{
	struct stat status;

	if (shared && fd != STDERR_FILENO && fstat(fd, &status) == 0 && S_ISREG(status.st_mode))
		step(kind);
}

#define CALL(name, ...)                                                                            \
	do {                                                                                       \
		__typeof__(name) *original =                                                       \
			(__typeof__(name) *)(uintptr_t)dlsym(RTLD_NEXT, #name);                    \
		return original(__VA_ARGS__);                                                      \
	} while (0)

ssize_t
write(int fd, const void *bytes, size_t size)
{
	step_file('W', fd);
	CALL(write, fd, bytes, size);
}

ssize_t
pwrite(int fd, const void *bytes, size_t size, off_t at)
{
	step_file('W', fd);
	CALL(pwrite, fd, bytes, size, at);
}

ssize_t
pwrite64(int fd, const void *bytes, size_t size, off64_t at)
{
	step_file('W', fd);
	CALL(pwrite64, fd, bytes, size, at);
}

int
fsync(int fd)
{
	step('S');
	CALL(fsync, fd);
}

int
fdatasync(int fd)
{
	step('S');
	CALL(fdatasync, fd);
}

int
ftruncate(int fd, off_t size)
{
	step_file('T', fd);
	CALL(ftruncate, fd, size);
}

int
ftruncate64(int fd, off64_t size)
{
	step_file('T', fd);
	CALL(ftruncate64, fd, size);
}

int
rename(const char *from, const char *to)
{
	step('R');
	CALL(rename, from, to);
}

int
renameat(int from_fd, const char *from, int to_fd, const char *to)
{
	step('R');
	CALL(renameat, from_fd, from, to_fd, to);
}

int
unlink(const char *path)
{
	step('U');
	CALL(unlink, path);
}

int
unlinkat(int fd, const char *path, int flags)
{
	step('U');
	CALL(unlinkat, fd, path, flags);
}

int
symlinkat(const char *target, int fd, const char *path)
{
	step('L');
	CALL(symlinkat, target, fd, path);
}

int
mkdirat(int fd, const char *path, mode_t mode)
{
	step('M');
	CALL(mkdirat, fd, path, mode);
}
