#include "catalog/payload_store.h"

#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "catalog/base/fs.h"
#include "catalog/base/hash.h"
#include "catalog/base/text.h"

struct SlPayloadStore {
	int pool_fd;
};

SlPayloadStore *
sl_payload_store_open(int state_fd, GError **error)
{
	g_autoptr(SlPayloadStore) store = g_new0(SlPayloadStore, 1);
	sl_autofd int partial_fd = -1;

	store->pool_fd = sl_fs_make_dir(state_fd, "pool", 0755, error);
	if (store->pool_fd < 0)
		return NULL;
	partial_fd = sl_fs_make_dir(store->pool_fd, "partial", 0700, error);
	return partial_fd < 0 ? NULL : g_steal_pointer(&store);
}

static bool
check_name(const char *sha256, GError **error)
{
	g_autofree char *shown = NULL;

	if (sl_text_is_sha256(sha256))
		return true;
	shown = sl_text_escape(sha256);
	return sl_error_set(error, SL_ERROR_INVALID, "not a SHA-256: '%s'", shown);
}

static char *
partial_path(const char *sha256)
{
	return g_strdup_printf("partial/%s", sha256);
}

static char *
payload_path(const char *sha256)
{
	return g_strdup_printf("%.2s/%s", sha256, sha256);
}

static int
open_partial(SlPayloadStore *store, const char *sha256, GError **error)
{
	g_autofree char *path = partial_path(sha256);

	if (!check_name(sha256, error))
		return -1;
	return sl_fs_open_flags(store->pool_fd, path, O_RDWR | O_CREAT, 0644, error);
}

bool
sl_payload_store_is_partial(SlPayloadStore *store, const char *sha256, int fd)
{
	g_autofree char *path = partial_path(sha256);
	struct stat own, named;

	return fstat(fd, &own) == 0 &&
	       fstatat(store->pool_fd, path, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
	       own.st_ino == named.st_ino;
}

int
sl_payload_store_open_partial(SlPayloadStore *store, const char *sha256, GError **error)
{
	for (;;) {
		sl_autofd int fd = open_partial(store, sha256, error);

		if (fd < 0)
			return -1;
		if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
			sl_error_set(error, SL_ERROR_BUSY, "payload %s is being fetched already",
				     sha256);
			return -1;
		}
		/* whoever writes to a file that got its name meanwhile would spoil the store */
		if (sl_payload_store_is_partial(store, sha256, fd))
			return sl_fs_steal_fd(&fd);
	}
}

int64_t
sl_payload_store_partial_size(SlPayloadStore *store, const char *sha256)
{
	g_autofree char *path = partial_path(sha256);
	struct stat status;

	return check_name(sha256, NULL) &&
			       fstatat(store->pool_fd, path, &status, AT_SYMLINK_NOFOLLOW) == 0
		       ? (int64_t)status.st_size
		       : 0;
}

bool
sl_payload_store_drop_partial(SlPayloadStore *store, const char *sha256, GError **error)
{
	g_autofree char *path = partial_path(sha256);

	return check_name(sha256, error) && sl_fs_remove(store->pool_fd, path, error);
}

/* Removes one partial unless it is in use or was written to. */
static bool
prune_partial(SlPayloadStore *store, const char *name, int64_t since, GError **error)
{
	g_autofree char *path = partial_path(name);
	g_autoptr(GError) problem = NULL;
	sl_autofd int fd = sl_fs_open(store->pool_fd, path, &problem);
	struct stat status;

	if (g_error_matches(problem, SL_ERROR, SL_ERROR_NOT_FOUND))
		return true; /* it was finished meanwhile */
	if (fd < 0) {
		g_propagate_error(error, g_steal_pointer(&problem));
		return false;
	}
	if (fstat(fd, &status) < 0)
		return sl_error_errno(error, "ask for the time of %s", path);
	if (status.st_mtime >= since || flock(fd, LOCK_EX | LOCK_NB) < 0)
		return true;
	/* by that name there may be the partial of another by now */
	return !sl_payload_store_is_partial(store, name, fd) ||
	       sl_fs_remove(store->pool_fd, path, error);
}

bool
sl_payload_store_prune_partials(SlPayloadStore *store, int64_t since, GError **error)
{
	g_autoptr(GPtrArray) names = sl_fs_list(store->pool_fd, "partial", error);

	for (guint i = 0; names && i < names->len; i++)
		if (!prune_partial(store, names->pdata[i], since, error))
			return false;
	return names != NULL;
}

static bool
verify(int fd, const char *sha256, int64_t size, GError **error)
{
	g_autofree char *found = NULL;
	int64_t found_size = 0;

	if (!sl_hash_file(fd, &found, &found_size, error))
		return false;
	if ((size < 0 || found_size == size) && strcmp(found, sha256) == 0)
		return true;
	return sl_error_set(error, SL_ERROR_INTEGRITY,
			    "payload %s of %" PRId64 " bytes: got %" PRId64 " bytes, SHA-256 %s",
			    sha256, size, found_size, found);
}

bool
sl_payload_store_add(SlPayloadStore *store, const char *sha256, int64_t size, GError **error)
{
	g_autofree char *from = partial_path(sha256);
	g_autofree char *to = payload_path(sha256);
	g_autofree char *folder = g_strndup(sha256, 2);
	sl_autofd int fd = open_partial(store, sha256, error);
	sl_autofd int folder_fd = -1;
	GError *problem = NULL;

	if (fd < 0)
		return false;
	if (!verify(fd, sha256, size, &problem)) {
		if (g_error_matches(problem, SL_ERROR, SL_ERROR_INTEGRITY))
			sl_fs_remove(store->pool_fd, from, NULL);
		g_propagate_error(error, problem);
		return false;
	}
	/* the bytes must be on disk before a name promises them */
	if (!sl_fs_flush(fd, sha256, error))
		return false;
	folder_fd = sl_fs_make_dir(store->pool_fd, folder, 0755, error);
	return folder_fd >= 0 && sl_fs_flush(store->pool_fd, "pool", error) &&
	       sl_fs_rename(store->pool_fd, from, to, error);
}

int
sl_payload_store_read(SlPayloadStore *store, const char *sha256, GError **error)
{
	g_autofree char *path = payload_path(sha256);

	return check_name(sha256, error) ? sl_fs_open(store->pool_fd, path, error) : -1;
}

bool
sl_payload_store_has(SlPayloadStore *store, const char *sha256, int64_t size)
{
	g_autofree char *path = payload_path(sha256);
	struct stat status;

	return check_name(sha256, NULL) &&
	       fstatat(store->pool_fd, path, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
	       S_ISREG(status.st_mode) && status.st_size == size;
}

bool
sl_payload_store_check(SlPayloadStore *store, const char *sha256, GError **error)
{
	sl_autofd int fd = sl_payload_store_read(store, sha256, error);

	return fd >= 0 && verify(fd, sha256, -1, error);
}

bool
sl_payload_store_remove(SlPayloadStore *store, const char *sha256, GError **error)
{
	g_autofree char *path = payload_path(sha256);

	return check_name(sha256, error) && sl_fs_remove(store->pool_fd, path, error);
}

bool
sl_payload_store_check_space(SlPayloadStore *store, int64_t size, GError **error)
{
	return sl_fs_check_space(store->pool_fd, size, error);
}

void
sl_payload_store_free(SlPayloadStore *store)
{
	if (!store)
		return;
	sl_fs_clear_fd(&store->pool_fd);
	g_free(store);
}
