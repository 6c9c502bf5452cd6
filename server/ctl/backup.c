/* backup.c - sluicectl backup: the server copies its database, this writes it where it is wanted */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "catalog/base/fs.h"
#include "catalog/base/text.h"
#include "server/ctl/ctl.h"

/* Never over a file that is there: it may be the only good backup. */
static int
make_file(const char *path, GError **error)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0 && errno == EEXIST)
		sl_error_set(error, SL_ERROR_CONFLICT, "%s exists; a backup replaces no file",
			     path);
	else if (fd < 0)
		sl_error_errno(error, "make %s", path);
	return fd;
}

static bool
fetch(const SlCtl *ctl, int fd, const char *path, GError **error)
{
	g_autoptr(json_t) started = sl_client_post(ctl, "backups", json_object(), error);
	g_autoptr(json_t) ids = NULL;
	g_autofree char *from = NULL;
	int64_t job = json_integer_value(json_object_get(started, "job"));

	if (!started)
		return false;
	ids = json_pack("[I]", (json_int_t)job);
	if (!sl_wait_for_jobs(ctl, ids, error))
		return false;
	from = g_strdup_printf("backups/%" PRId64, job);
	return sl_client_download(ctl, from, fd, error) && sl_fs_flush(fd, path, error);
}

bool
sl_cmd_backup(SlCtl *ctl, GError **error)
{
	const char *path = ctl->names[0];
	sl_autofd int fd = make_file(path, error);
	struct stat status = {0};

	if (fd < 0)
		return false;
	if (!fetch(ctl, fd, path, error)) {
		unlink(path);
		return false;
	}
	fstat(fd, &status);
	if (!ctl->json) {
		g_autofree char *size = sl_text_format_size(status.st_size);

		printf("%s: %s: the catalog, every decision, the fleet and the audit log\n"
		       "not in it: payloads, which a restore fetches again, and private keys: keep "
		       "gnupg/ and\nserver.key of the state directory yourself, see sluiced(8)\n",
		       path, size);
	}
	return true;
}
