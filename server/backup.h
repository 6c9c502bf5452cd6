/* backup.h - a copy of the database while the server runs, and a state directory made from one
 *
 * A backup is the database alone: the catalog, every decision, the fleet, the audit log. Payloads
 * are not in it (they are fetched again), nor are private keys (sluiced(8) says how to keep them).
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "catalog/base/db.h"
#include "catalog/base/jobs.h"

/**
 * Starts writing a checked copy to work/ below the state directory; its job's id. The copy of an
 * earlier backup is removed.
 *
 * @param state_path  outlives the job
 */
int64_t sl_backup_start(SlJobs *jobs, const char *state_path, const char *person);

/**
 * Opens the copy that a job wrote and takes its name away: it can be had once.
 *
 * @param error  SL_ERROR_NOT_FOUND
 * @return a descriptor, or -1
 */
int sl_backup_take(const char *state_path, int64_t job, int64_t *ret_size, GError **error);

/** Opens a backup that an administrator named, before the rights to read it are given up. */
int sl_backup_open(const char *path, GError **error);

/* What a restore found and did. */
typedef struct {
	int64_t epoch;	      /* now */
	int64_t backup_at;    /* of its last audit row, seconds since 1970; 0: there is none */
	int64_t missing;      /* payloads that have to be fetched again */
	int64_t missing_size; /* bytes of them */
	bool signing_keys;    /* gnupg/ was there already */
	bool server_key;      /* server.key was there already */
} SlRestored;

/** Makes or migrates all tables of a database. */
typedef bool (*SlBackupSchema)(SlDb *db, GError **error);

/**
 * Makes a state directory from a backup. Only gnupg/, server.key and pool/ may be in it already. On
 * failure no database is there.
 *
 * @param person  who does it, for the audit log
 * @param now_at  seconds since 1970
 * @param error   SL_ERROR_CONFLICT when the directory holds anything else or the backup is of a
 *                newer program, SL_ERROR_BUSY when a sluiced uses it, SL_ERROR_INTEGRITY when the
 *                file is damaged or no backup of Sluice
 */
bool sl_backup_restore(int backup_fd, const char *state_path, SlBackupSchema apply_schema,
		       const char *person, int64_t now_at, SlRestored *ret_restored,
		       GError **error);

/** Says on standard output what was restored, what is missing, and what to do about it. */
void sl_backup_explain(const SlRestored *restored, const char *state_path);
