#include "catalog/base/fs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "catalog/base/text.h"

#define RESERVE_SIZE (2LL * 1024 * 1024 * 1024) /* bytes left free, or 5 % when that is less */

/* Opens below dir_fd, never through a symbolic link. */
static int
open_beneath(int dir_fd, const char *path, int flags, mode_t mode)
{
	struct open_how how = {
		.flags = (uint64_t)(flags | O_CLOEXEC | O_NOFOLLOW),
		.mode = flags & O_CREAT ? mode : 0,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
	};

	return (int)syscall(SYS_openat2, dir_fd, path, &how, sizeof how);
}

/*
 * The directory that holds a path, opened as above, for the calls that have no such resolution of
 * their own. -1 with errno.
 */
static int
open_parent(int dir_fd, const char *path, const char **ret_name)
{
	g_autofree char *parent = g_path_get_dirname(path);
	const char *slash = strrchr(path, '/');

	*ret_name = slash ? slash + 1 : path;
	return open_beneath(dir_fd, parent, O_RDONLY | O_DIRECTORY, 0);
}

static bool
fail(GError **error, const char *verb, const char *path)
{
	int saved = errno;
	g_autofree char *shown = sl_text_escape(path);

	return sl_error_set(error,
			    saved == ENOENT   ? SL_ERROR_NOT_FOUND
			    : saved == EEXIST ? SL_ERROR_CONFLICT
					      : SL_ERROR_IO,
			    "%s %s: %s", verb, shown, g_strerror(saved));
}

int
sl_fs_open_dir(const char *path, GError **error)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		fail(error, "open directory", path);
	return fd;
}

int
sl_fs_make_dir(int dir_fd, const char *path, mode_t mode, GError **error)
{
	const char *name;
	sl_autofd int parent = open_parent(dir_fd, path, &name);
	int fd;

	if (parent < 0 || (mkdirat(parent, name, mode) < 0 && errno != EEXIST)) {
		fail(error, "make directory", path);
		return -1;
	}
	fd = open_beneath(parent, name, O_RDONLY | O_DIRECTORY, 0);
	if (fd < 0)
		fail(error, "open directory", path);
	return fd;
}

int
sl_fs_open_flags(int dir_fd, const char *path, int flags, mode_t mode, GError **error)
{
	/* O_NONBLOCK: a FIFO in our place must not make us wait */
	sl_autofd int fd = open_beneath(dir_fd, path, flags | O_NONBLOCK, mode);
	struct stat status;

	if (fd < 0 || fstat(fd, &status) < 0) {
		fail(error, "open", path);
		return -1;
	}
	if (!S_ISREG(status.st_mode)) {
		sl_error_set(error, SL_ERROR_IO, "open %s: not a regular file", path);
		return -1;
	}
	return sl_fs_steal_fd(&fd);
}

int
sl_fs_open(int dir_fd, const char *path, GError **error)
{
	return sl_fs_open_flags(dir_fd, path, O_RDONLY, 0, error);
}

static GBytes *
read_all(int fd, const char *path, size_t limit, GError **error)
{
	g_autoptr(GByteArray) content = g_byte_array_new();
	char piece[16384];

	for (;;) {
		ssize_t n = read(fd, piece, sizeof piece);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			fail(error, "read", path);
			return NULL;
		}
		if (n == 0)
			break;
		if (content->len + (size_t)n > limit) {
			sl_error_set(error, SL_ERROR_LIMIT, "%s is larger than %zu bytes", path,
				     limit);
			return NULL;
		}
		g_byte_array_append(content, (const guint8 *)piece, (guint)n);
	}
	return g_byte_array_free_to_bytes(g_steal_pointer(&content));
}

GBytes *
sl_fs_read(int dir_fd, const char *path, size_t limit, GError **error)
{
	sl_autofd int fd = sl_fs_open(dir_fd, path, error);

	return fd < 0 ? NULL : read_all(fd, path, limit, error);
}

GBytes *
sl_fs_read_path(const char *path, size_t limit, GError **error)
{
	sl_autofd int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0) {
		fail(error, "open", path);
		return NULL;
	}
	return read_all(fd, path, limit, error);
}

bool
sl_fs_write_all(int fd, const void *bytes, size_t size, GError **error)
{
	const char *next = bytes;

	while (size > 0) {
		ssize_t n = write(fd, next, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return sl_error_errno(error, "write %zu bytes", size);
		next += n;
		size -= (size_t)n;
	}
	return true;
}

bool
sl_fs_flush(int fd, const char *name, GError **error)
{
	return fsync(fd) == 0 || sl_error_errno(error, "flush %s", name);
}

static bool
write_new(int dir_fd, const char *path, const void *bytes, size_t size, mode_t mode, GError **error)
{
	sl_autofd int fd = -1;

	if (!sl_fs_remove(dir_fd, path, error))
		return false;
	fd = sl_fs_open_flags(dir_fd, path, O_WRONLY | O_CREAT | O_EXCL, mode, error);
	if (fd < 0)
		return false;
	if (!sl_fs_write_all(fd, bytes, size, error)) {
		g_prefix_error(error, "%s: ", path);
		return false;
	}
	return sl_fs_flush(fd, path, error);
}

/* renameat2 with both names resolved beneath dir_fd, and a flush of their directories. */
static bool
rename_beneath(int dir_fd, const char *from, const char *to, unsigned flags, GError **error)
{
	const char *from_name, *to_name = NULL;
	sl_autofd int from_parent = open_parent(dir_fd, from, &from_name);
	sl_autofd int to_parent = from_parent < 0 ? -1 : open_parent(dir_fd, to, &to_name);
	g_autofree char *from_folder = g_path_get_dirname(from);
	g_autofree char *to_folder = g_path_get_dirname(to);

	if (to_parent < 0 || renameat2(from_parent, from_name, to_parent, to_name, flags) < 0)
		return fail(error, "rename to", to);
	if (strcmp(from_folder, to_folder) != 0 && !sl_fs_flush(from_parent, from, error))
		return false;
	return sl_fs_flush(to_parent, to, error);
}

bool
sl_fs_create(int dir_fd, const char *path, const void *bytes, size_t size, mode_t mode,
	     GError **error)
{
	/* two that create the same file must not write into each other's */
	g_autofree char *new_path = g_strdup_printf("%s.%08x.new", path, g_random_int());

	if (write_new(dir_fd, new_path, bytes, size, mode, error) &&
	    rename_beneath(dir_fd, new_path, path, RENAME_NOREPLACE, error))
		return true;
	sl_fs_remove(dir_fd, new_path, NULL);
	return false;
}

bool
sl_fs_replace(int dir_fd, const char *path, const void *bytes, size_t size, mode_t mode,
	      GError **error)
{
	g_autofree char *new_path = g_strconcat(path, ".new", NULL);

	if (write_new(dir_fd, new_path, bytes, size, mode, error) &&
	    sl_fs_rename(dir_fd, new_path, path, error))
		return true;
	sl_fs_remove(dir_fd, new_path, NULL);
	return false;
}

bool
sl_fs_replace_link(int dir_fd, const char *target, const char *path, GError **error)
{
	g_autofree char *new_path = g_strconcat(path, ".new", NULL);
	const char *new_name;
	sl_autofd int parent = open_parent(dir_fd, new_path, &new_name);

	if (parent < 0)
		return fail(error, "make link", new_path);
	if (!sl_fs_remove(parent, new_name, error))
		return false;
	if (symlinkat(target, parent, new_name) < 0)
		return fail(error, "make link", new_path);
	return sl_fs_rename(dir_fd, new_path, path, error);
}

bool
sl_fs_rename(int dir_fd, const char *from, const char *to, GError **error)
{
	return rename_beneath(dir_fd, from, to, 0, error);
}

bool
sl_fs_remove(int dir_fd, const char *path, GError **error)
{
	const char *name;
	sl_autofd int parent = open_parent(dir_fd, path, &name);

	return (parent >= 0 && unlinkat(parent, name, 0) == 0) || errno == ENOENT ||
	       fail(error, "remove", path);
}

/* Removes one entry of a directory and what is below it. */
static bool
remove_entry(int parent, const char *name, GError **error)
{
	g_autoptr(GPtrArray) names = NULL;
	sl_autofd int fd = -1;

	if (unlinkat(parent, name, 0) == 0 || errno == ENOENT)
		return true;
	if (errno != EISDIR && errno != EPERM)
		return fail(error, "remove", name);
	fd = open_beneath(parent, name, O_RDONLY | O_DIRECTORY, 0);
	if (fd < 0)
		return fail(error, "open directory", name);
	names = sl_fs_list(fd, ".", error);
	if (!names)
		return false;
	for (guint i = 0; i < names->len; i++)
		if (!remove_entry(fd, names->pdata[i], error))
			return false;
	return unlinkat(parent, name, AT_REMOVEDIR) == 0 || fail(error, "remove directory", name);
}

bool
sl_fs_remove_tree(int dir_fd, const char *path, GError **error)
{
	const char *name;
	sl_autofd int parent = open_parent(dir_fd, path, &name);

	if (parent < 0)
		return errno == ENOENT || fail(error, "remove", path);
	return remove_entry(parent, name, error);
}

static int
compare_names(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void
close_dir(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

GPtrArray *
sl_fs_list(int dir_fd, const char *path, GError **error)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
	int fd = open_beneath(dir_fd, path, O_RDONLY | O_DIRECTORY, 0);
	__attribute__((cleanup(close_dir))) DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (!dir) {
		fail(error, "list", path);
		if (fd >= 0)
			close(fd);
		return NULL;
	}
	while ((errno = 0, entry = readdir(dir)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			g_ptr_array_add(names, g_strdup(entry->d_name));
	if (errno != 0) {
		fail(error, "list", path);
		return NULL;
	}
	g_ptr_array_sort(names, compare_names);
	return g_steal_pointer(&names);
}

bool
sl_fs_free_space(int dir_fd, int64_t *ret_size, GError **error)
{
	struct statvfs status;

	if (fstatvfs(dir_fd, &status) < 0)
		return sl_error_errno(error, "ask for free space");
	*ret_size = (int64_t)(status.f_bavail * status.f_frsize);
	return true;
}

bool
sl_fs_check_space(int dir_fd, int64_t size, GError **error)
{
	struct statvfs status;
	int64_t available, reserve;

	if (fstatvfs(dir_fd, &status) < 0)
		return sl_error_errno(error, "ask for free space");
	available = (int64_t)(status.f_bavail * status.f_frsize);
	reserve = MIN(RESERVE_SIZE, (int64_t)(status.f_blocks / 20 * status.f_frsize));
	if (size <= available - reserve)
		return true;
	g_autofree char *wanted = sl_text_format_size(size);
	g_autofree char *there = sl_text_format_size(available);
	g_autofree char *kept = sl_text_format_size(reserve);

	return sl_error_set(error, SL_ERROR_IO,
			    "not enough disk space: %s are needed, %s are free, of which %s stay "
			    "free",
			    wanted, there, kept);
}

void
sl_fs_clear_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

int
sl_fs_steal_fd(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}
