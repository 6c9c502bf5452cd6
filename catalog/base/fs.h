/* fs.h - files and directories, opened below a directory and never outside it
 *
 * Directories are held as descriptors. Paths are relative to one and are resolved with
 * openat2(RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS). All errors are
 * SL_ERROR_IO (SL_ERROR_NOT_FOUND where a file to be read does not exist, SL_ERROR_CONFLICT where
 * one to be made does) and name the path.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "catalog/base/error.h"

/** Opens a directory by path (symbolic links allowed: an administrator named it). -1 on error. */
int sl_fs_open_dir(const char *path, GError **error);

/** Makes (mode 0700 or as given, parents must exist) and opens a directory below dir_fd. */
int sl_fs_make_dir(int dir_fd, const char *path, mode_t mode, GError **error);

/** Opens a regular file below dir_fd for reading. -1 on error. */
int sl_fs_open(int dir_fd, const char *path, GError **error);

/** Opens or creates a regular file below dir_fd with these open(2) flags. -1 on error. */
int sl_fs_open_flags(int dir_fd, const char *path, int flags, mode_t mode, GError **error);

/** Reads a whole file of at most limit bytes; SL_ERROR_LIMIT when it is larger. */
GBytes *sl_fs_read(int dir_fd, const char *path, size_t limit, GError **error);

/** Reads a whole file of at most limit bytes from a path outside our directories. */
GBytes *sl_fs_read_path(const char *path, size_t limit, GError **error);

/** Writes all bytes, through EINTR and short writes. */
bool sl_fs_write_all(int fd, const void *bytes, size_t size, GError **error);

/** Flushes a descriptor to disk; the name is for the message. */
bool sl_fs_flush(int fd, const char *name, GError **error);

/**
 * Makes a file with this content, which has its name when it is whole and flushed; the name must
 * be free. Mode is that of the new file from its creation on.
 */
bool sl_fs_create(int dir_fd, const char *path, const void *bytes, size_t size, mode_t mode,
		  GError **error);

/**
 * Replaces a file's content atomically: temporary name beside it, flush, rename, flush of the
 * directory. Mode is that of the new file from its creation on.
 */
bool sl_fs_replace(int dir_fd, const char *path, const void *bytes, size_t size, mode_t mode,
		   GError **error);

/** Makes a symbolic link or replaces the one that is there, atomically, and flushes dir_fd. */
bool sl_fs_replace_link(int dir_fd, const char *target, const char *path, GError **error);

/** Renames within dir_fd and flushes the directories of both names. */
bool sl_fs_rename(int dir_fd, const char *from, const char *to, GError **error);

/** Removes a file; that it is not there is no error. */
bool sl_fs_remove(int dir_fd, const char *path, GError **error);

/** Removes a file or a directory with everything below it; never follows a link. */
bool sl_fs_remove_tree(int dir_fd, const char *path, GError **error);

/** Names in a directory below dir_fd ("." for itself), sorted; (element-type utf8). */
GPtrArray *sl_fs_list(int dir_fd, const char *path, GError **error);

/** Bytes an unprivileged process may still write to the file system of dir_fd. */
bool sl_fs_free_space(int dir_fd, int64_t *ret_size, GError **error);

/**
 * Fails with SL_ERROR_IO naming both figures unless `size` bytes fit and the reserve
 * (5 % of the file system or 2 GiB, whichever is less) is left. */
bool sl_fs_check_space(int dir_fd, int64_t size, GError **error);

/** A descriptor that closes itself when its scope ends: `sl_autofd int fd = -1`. */
void sl_fs_clear_fd(int *fd);
#define sl_autofd __attribute__((cleanup(sl_fs_clear_fd)))
/** Takes a descriptor out of an sl_autofd variable. */
int sl_fs_steal_fd(int *fd);
