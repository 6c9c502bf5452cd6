#include "server/backup.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "catalog/audit.h"
#include "catalog/base/fs.h"
#include "catalog/base/json.h"
#include "catalog/base/text.h"
#include "catalog/channel.h"
#include "catalog/payload.h"
#include "catalog/payload_store.h"
#include "catalog/publication_table.h"
#include "catalog/schema.h"
#include "catalog/session.h"

#define DATABASE   "sluice.db"
#define UNFINISHED "sluice.db.restoring"
#define COPY_BYTES (1024 * 1024)

/* Where a job's copy is, below the state directory. */
static char *
copy_name(int64_t job)
{
	return g_strdup_printf("work/backup-%" PRId64 ".db", job);
}

static bool
remove_earlier_copies(int state_fd, GError **error)
{
	sl_autofd int work_fd = sl_fs_make_dir(state_fd, "work", 0700, error);
	g_autoptr(GPtrArray) names = work_fd < 0 ? NULL : sl_fs_list(work_fd, ".", error);

	for (guint i = 0; names && i < names->len; i++)
		if (g_str_has_prefix(names->pdata[i], "backup-") &&
		    !sl_fs_remove(work_fd, names->pdata[i], error))
			return false;
	return names != NULL;
}

static bool
check_space(int state_fd, const char *db_path, GError **error)
{
	struct stat status;

	if (stat(db_path, &status) < 0)
		return sl_error_errno(error, "look at %s", db_path);
	return sl_fs_check_space(state_fd, status.st_size, error);
}

static bool
copy_database(const char *state_path, int64_t job, int64_t *ret_size, GError **error)
{
	sl_autofd int state_fd = sl_fs_open_dir(state_path, error);
	g_autofree char *name = copy_name(job);
	g_autofree char *path = g_build_filename(state_path, name, NULL);
	g_autofree char *db_path = g_build_filename(state_path, DATABASE, NULL);
	g_autoptr(SlDb) db = NULL;
	struct stat status;

	if (state_fd < 0 || !remove_earlier_copies(state_fd, error) ||
	    !check_space(state_fd, db_path, error))
		return false;
	db = sl_db_open(db_path, SL_DB_READ, error);
	if (!db || !sl_db_backup(db, path, error)) {
		sl_fs_remove(state_fd, name, NULL);
		return false;
	}
	if (stat(path, &status) < 0)
		return sl_error_errno(error, "look at %s", path);
	*ret_size = status.st_size;
	return true;
}

static bool
run_backup(SlJob *job, gpointer data, GError **error)
{
	int64_t id = sl_job_id(job), size = 0;
	g_autoptr(json_t) result = NULL;

	sl_job_step(job, "copying and checking the database", 0, 0);
	if (!copy_database(data, id, &size, error)) {
		g_prefix_error(error, "backup: ");
		return false;
	}
	result = json_pack("{s:I, s:I}", "backup", (json_int_t)id, "size", (json_int_t)size);
	sl_job_set_result(job, sl_json_text(result));
	return true;
}

int64_t
sl_backup_start(SlJobs *jobs, const char *state_path, const char *person)
{
	return sl_jobs_start(jobs, "backup", "database", person, run_backup, g_strdup(state_path),
			     g_free);
}

int
sl_backup_take(const char *state_path, int64_t job, int64_t *ret_size, GError **error)
{
	sl_autofd int state_fd = sl_fs_open_dir(state_path, error);
	g_autofree char *name = copy_name(job);
	g_autoptr(GError) problem = NULL;
	sl_autofd int fd = state_fd < 0 ? -1 : sl_fs_open(state_fd, name, &problem);
	struct stat status;

	if (state_fd < 0)
		return -1;
	if (fd < 0) {
		sl_error_set(error, SL_ERROR_NOT_FOUND,
			     "backup %" PRId64 " was fetched already, or a later one was started",
			     job);
		return -1;
	}
	if (fstat(fd, &status) < 0 || !sl_fs_remove(state_fd, name, error))
		return -1;
	*ret_size = status.st_size;
	return sl_fs_steal_fd(&fd);
}

int
sl_backup_open(const char *path, GError **error)
{
	sl_autofd int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat status;

	if (fd < 0 || fstat(fd, &status) < 0) {
		sl_error_errno(error, "open backup %s", path);
		return -1;
	}
	if (!S_ISREG(status.st_mode)) {
		sl_error_set(error, SL_ERROR_INVALID, "backup %s is no regular file", path);
		return -1;
	}
	return sl_fs_steal_fd(&fd);
}

/* Nothing but keys and payloads that were kept may be there. */
static bool
check_empty(int state_fd, const char *state_path, SlRestored *restored, GError **error)
{
	static const char *const allowed[] = {"gnupg", "server.key", "pool",	   "lock",
					      "work",  UNFINISHED,   "lost+found", NULL};
	g_autoptr(GPtrArray) names = sl_fs_list(state_fd, ".", error);

	for (guint i = 0; names && i < names->len; i++) {
		const char *name = names->pdata[i];

		if (!g_strv_contains(allowed, name))
			return sl_error_set(error, SL_ERROR_CONFLICT,
					    "state directory %s is not empty: it has %s; restore "
					    "into an empty one (gnupg, server.key and pool may be "
					    "there already)",
					    state_path, name);
		restored->signing_keys |= strcmp(name, "gnupg") == 0;
		restored->server_key |= strcmp(name, "server.key") == 0;
	}
	return names != NULL;
}

static bool
copy_bytes(int from_fd, int to_fd, GError **error)
{
	g_autofree char *buffer = g_malloc(COPY_BYTES);
	ssize_t size;

	while ((size = read(from_fd, buffer, COPY_BYTES)) != 0) {
		if (size < 0 && errno == EINTR)
			continue;
		if (size < 0)
			return sl_error_errno(error, "read the backup");
		if (!sl_fs_write_all(to_fd, buffer, (size_t)size, error))
			return false;
	}
	return sl_fs_flush(to_fd, UNFINISHED, error);
}

static bool
copy_in(int backup_fd, int state_fd, GError **error)
{
	sl_autofd int fd = -1;
	struct stat status;

	if (fstat(backup_fd, &status) < 0)
		return sl_error_errno(error, "look at the backup");
	if (!sl_fs_check_space(state_fd, status.st_size, error))
		return false;
	fd = sl_fs_open_flags(state_fd, UNFINISHED, O_WRONLY | O_CREAT | O_TRUNC, 0600, error);
	return fd >= 0 && copy_bytes(backup_fd, fd, error);
}

/* What the store lacks is not there any more, whatever the database said. */
static bool
note_missing(SlDb *db, int state_fd, GError **error)
{
	g_autoptr(SlPayloadStore) store = sl_payload_store_open(state_fd, error);
	g_autoptr(GPtrArray) stored = store ? sl_payload_stored(db, error) : NULL;

	for (guint i = 0; stored && i < stored->len; i++)
		if (!sl_payload_store_check(store, stored->pdata[i], NULL) &&
		    !sl_payload_mark_stored(db, stored->pdata[i], 0, error))
			return false;
	return stored != NULL;
}

/* Payloads that approvals ask for and the store lacks. */
static bool
count_missing(SlDb *db, SlRestored *restored, GError **error)
{
	g_autoptr(GPtrArray) channels = sl_channel_list(db, error);
	g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	for (guint i = 0; channels && i < channels->len; i++) {
		const SlChannel *channel = channels->pdata[i];
		g_autoptr(GPtrArray) missing = sl_payload_missing(db, channel->id, NULL, error);

		if (!missing)
			return false;
		for (guint n = 0; n < missing->len; n++) {
			const SlPayload *payload = missing->pdata[n];

			if (g_hash_table_add(seen, g_strdup(payload->sha256)))
				restored->missing_size += payload->size;
		}
	}
	restored->missing = g_hash_table_size(seen);
	return channels != NULL;
}

static bool
look_around(SlDb *db, SlRestored *restored, GError **error)
{
	g_autoptr(GPtrArray) newest = sl_audit_list(db, &(SlAuditFilter){.limit = 1}, NULL, error);

	if (!newest)
		return false;
	if (newest->len > 0)
		restored->backup_at = ((const SlAudit *)newest->pdata[0])->at;
	return count_missing(db, restored, error) && sl_meta_epoch(db, &restored->epoch, error);
}

/* Without gnupg/ each channel gets a new key; with it, the key the channel had has to be there. */
static bool
forget_keys(SlDb *db, GError **error)
{
	g_autoptr(GPtrArray) channels = sl_channel_list(db, error);

	for (guint i = 0; channels && i < channels->len; i++)
		if (!sl_channel_set_fingerprint(db, ((const SlChannel *)channels->pdata[i])->id,
						NULL, error))
			return false;
	return channels != NULL;
}

/* All that makes a copy of the past a server of today, in one transaction. */
static bool
renew(SlDb *db, int state_fd, const char *person, int64_t now_at, SlRestored *restored,
      GError **error)
{
	g_autoptr(SlTransaction) transaction = sl_transaction_begin(db, error);

	if (!transaction || !sl_meta_raise_epoch(db, error) || !note_missing(db, state_fd, error) ||
	    !sl_publication_forget_all_files(db, error) || !sl_session_end_everybodys(db, error) ||
	    !look_around(db, restored, error))
		return false;
	if (!restored->signing_keys && !forget_keys(db, error))
		return false;
	if (!sl_audit_add(db, now_at, person, "restore", "database",
			  json_pack("{s:I, s:I}", "epoch", (json_int_t)restored->epoch, "backup_at",
				    (json_int_t)restored->backup_at),
			  error))
		return false;
	return sl_transaction_commit(g_steal_pointer(&transaction), error);
}

static bool
make_database(int state_fd, const char *path, SlBackupSchema apply_schema, const char *person,
	      int64_t now_at, SlRestored *restored, GError **error)
{
	g_autoptr(SlDb) db = sl_db_open(path, SL_DB_WRITE, error);
	g_autofree char *server_id = NULL;

	if (!db || !sl_db_check(db, error))
		return false;
	server_id = sl_meta_text(db, "server_id", NULL);
	if (!server_id)
		return sl_error_set(error, SL_ERROR_INTEGRITY,
				    "it is a database, but not one of Sluice");
	return apply_schema(db, error) && renew(db, state_fd, person, now_at, restored, error);
}

static void
remove_unfinished(int state_fd)
{
	sl_fs_remove(state_fd, UNFINISHED, NULL);
	sl_fs_remove(state_fd, UNFINISHED "-wal", NULL);
	sl_fs_remove(state_fd, UNFINISHED "-shm", NULL);
}

static int
lock_state(const char *state_path, int state_fd, GError **error)
{
	sl_autofd int fd = sl_fs_open_flags(state_fd, "lock", O_RDWR | O_CREAT, 0600, error);

	if (fd < 0)
		return -1;
	if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		sl_error_set(error, SL_ERROR_BUSY, "state directory %s is in use by a sluiced",
			     state_path);
		return -1;
	}
	return sl_fs_steal_fd(&fd);
}

bool
sl_backup_restore(int backup_fd, const char *state_path, SlBackupSchema apply_schema,
		  const char *person, int64_t now_at, SlRestored *ret_restored, GError **error)
{
	g_autofree char *path = g_build_filename(state_path, UNFINISHED, NULL);
	sl_autofd int state_fd = -1;
	sl_autofd int lock_fd = -1;
	SlRestored restored = {0};

	if (mkdir(state_path, 0700) < 0 && errno != EEXIST)
		return sl_error_errno(error, "make state directory %s", state_path);
	state_fd = sl_fs_open_dir(state_path, error);
	if (state_fd < 0 || !check_empty(state_fd, state_path, &restored, error))
		return false;
	lock_fd = lock_state(state_path, state_fd, error);
	if (lock_fd < 0)
		return false;
	/* it gets its name when it is complete: killed before, the directory is as good as empty */
	if (!copy_in(backup_fd, state_fd, error) ||
	    !make_database(state_fd, path, apply_schema, person, now_at, &restored, error)) {
		g_prefix_error(error, "restore: ");
		remove_unfinished(state_fd);
		return false;
	}
	if (!sl_fs_rename(state_fd, UNFINISHED, DATABASE, error))
		return false;
	*ret_restored = restored;
	return true;
}

void
sl_backup_explain(const SlRestored *restored, const char *state_path)
{
	g_autofree char *size = sl_text_format_size(restored->missing_size);
	g_autofree char *at = sl_text_format_time(restored->backup_at);

	printf("restored %s; the last change in it is of %s; this is epoch %" PRId64 "\n",
	       state_path, restored->backup_at ? at : "never", restored->epoch);
	if (restored->missing > 0)
		printf("\n%" PRId64 " payloads (%s) are not in pool/: they are fetched from their "
		       "upstreams at the next\nstart, and computers are served nothing until then. "
		       "What an upstream no longer has\nstays out of its channel, and the publish "
		       "job says so.\n",
		       restored->missing, size);
	if (!restored->signing_keys)
		puts("\nThe channels' signing keys are not in a backup: new ones are made at the "
		     "next start.\nComputers refuse what they sign until they have them: compare "
		     "fingerprints (sluicectl\nchannel list) and give computers the keys from "
		     "/keys/, or copy gnupg/ from where you\nkeep it into the state directory "
		     "before the start.");
	if (!restored->server_key)
		puts("\nThe server's own key is not in a backup: a new one is made at the next "
		     "start, and\ncomputers have to enrol again; or copy server.key from where you "
		     "keep it into the\nstate directory before the start.");
	puts("\nWhat was decided after the backup has to be decided again. Next: start sluiced.");
}
