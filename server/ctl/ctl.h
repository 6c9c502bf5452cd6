/* ctl.h - sluicectl: one file per noun, one table of commands, one way to print a listing */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "catalog/base/error.h"
#include "catalog/base/json.h"

/* The option --state in front of the command, or behind one that has no such filter: where the
 * server is. Nobody can type it. */
#define SL_CTL_SERVER_STATE "server state"

/* What every command is given. */
typedef struct {
	char *socket;	     /* of the admin API */
	bool json;	     /* print what the API said */
	bool csv;	     /* listings as CSV */
	bool yes;	     /* do not ask */
	bool dry_run;	     /* stop after saying what would be done */
	bool no_wait;	     /* do not wait for jobs */
	char **names;	     /* what stands behind the command's own words; ends with NULL */
	GHashTable *options; /* name -> GPtrArray of values (utf8) */
} SlCtl;

/* client: the API over the Unix socket */

/** GET; path behind /api/v1/, with its query. The caller owns the answer. */
json_t *sl_client_get(const SlCtl *ctl, const char *path, GError **error);
json_t *sl_client_post(const SlCtl *ctl, const char *path, json_t *body, GError **error);
json_t *sl_client_post_bytes(const SlCtl *ctl, const char *path, const char *bytes, size_t size,
			     GError **error);
json_t *sl_client_delete(const SlCtl *ctl, const char *path, GError **error);
/** GET of what is no JSON, written to a descriptor. */
bool sl_client_download(const SlCtl *ctl, const char *path, int fd, GError **error);
/** "name=value" escaped, with '&' in front; "" where value is NULL. Owned. */
char *sl_client_argument(const char *name, const char *value);

/** Value of an option, or NULL; of one that may stand often, its values. */
const char *sl_ctl_option(const SlCtl *ctl, const char *name);
GPtrArray *sl_ctl_options(const SlCtl *ctl, const char *name);
/** A JSON array of an option's values. */
json_t *sl_ctl_option_array(const SlCtl *ctl, const char *name);

/* listings */

typedef enum {
	SL_CELL_TEXT,
	SL_CELL_NUMBER,
	SL_CELL_SIZE,
	SL_CELL_TIME,
	SL_CELL_SPAN, /* seconds */
	SL_CELL_BOOL,
	SL_CELL_PERSON
} SlCell;

typedef struct {
	const char *key; /* in the JSON objects */
	const char *title;
	SlCell cell;
	int width; /* longest text shown; 0: all of it */
} SlColumn;

/** Prints a listing as a table, as --csv or as --json; says `empty` where there is nothing. */
bool sl_list_print(const SlCtl *ctl, json_t *answer, const SlColumn *columns, size_t count,
		   const char *empty);
/**
 * Asks for a listing and prints it: what --limit and --offset say, or else a page of it for people
 * and all of it for programs.
 *
 * @param path     ends with its query, or with '?'
 * @param empty    what to do next where nothing is there at all
 * @param options  names of others that it is narrowed or sorted by, blanks between
 */
bool sl_list_print_paged(const SlCtl *ctl, const char *path, const char *options,
			 const SlColumn *columns, size_t count, const char *empty, GError **error);
/** Prints one object's members, a line each; or --json. */
bool sl_list_print_one(const SlCtl *ctl, json_t *answer);

/* jobs */

/**
 * Waits for jobs and shows how far they are; the first failure is the error. With --no-wait it
 * says which jobs they are. ^C asks a job to stop, a second ^C leaves it.
 */
bool sl_wait_for_jobs(const SlCtl *ctl, const json_t *ids, GError **error);
/** Waits for those that an answer names; where there are none, all is done. */
bool sl_wait_for_answer(const SlCtl *ctl, json_t *answer, GError **error);

/** Asks on a terminal; true with --yes. SL_ERROR_DENIED when there is nobody to ask. */
bool sl_ctl_confirm(const SlCtl *ctl, const char *question, GError **error);

/**
 * Says in a line what was done, or with --json what the server answered, which it takes.
 *
 * @return false when there is no answer
 */
bool sl_ctl_done(const SlCtl *ctl, json_t *answer, const char *format, ...) G_GNUC_PRINTF(3, 4);

/** Reads a small file, or standard input for "-". */
GBytes *sl_ctl_read_file(const char *path, size_t limit, GError **error);

/* commands */
bool sl_cmd_status(SlCtl *ctl, GError **error);
bool sl_cmd_backup(SlCtl *ctl, GError **error);
bool sl_cmd_upstream_add(SlCtl *ctl, GError **error);
bool sl_cmd_upstream_list(SlCtl *ctl, GError **error);
bool sl_cmd_upstream_show(SlCtl *ctl, GError **error);
bool sl_cmd_upstream_remove(SlCtl *ctl, GError **error);
bool sl_cmd_upstream_rekey(SlCtl *ctl, GError **error);
bool sl_cmd_upstream_set(SlCtl *ctl, GError **error);
bool sl_cmd_upstream_enable(SlCtl *ctl, GError **error);
bool sl_cmd_upstream_disable(SlCtl *ctl, GError **error);
bool sl_cmd_sync(SlCtl *ctl, GError **error);
bool sl_cmd_sync_list(SlCtl *ctl, GError **error);
bool sl_cmd_update_list(SlCtl *ctl, GError **error);
bool sl_cmd_update_show(SlCtl *ctl, GError **error);
bool sl_cmd_update_packages(SlCtl *ctl, GError **error);
bool sl_cmd_approve(SlCtl *ctl, GError **error);
bool sl_cmd_recall(SlCtl *ctl, GError **error);
bool sl_cmd_decline(SlCtl *ctl, GError **error);
bool sl_cmd_rate(SlCtl *ctl, GError **error);
bool sl_cmd_certification(SlCtl *ctl, GError **error);
bool sl_cmd_hold(SlCtl *ctl, GError **error);
bool sl_cmd_unhold(SlCtl *ctl, GError **error);
bool sl_cmd_channel_list(SlCtl *ctl, GError **error);
bool sl_cmd_channel_diff(SlCtl *ctl, GError **error);
bool sl_cmd_channel_history(SlCtl *ctl, GError **error);
bool sl_cmd_channel_show(SlCtl *ctl, GError **error);
bool sl_cmd_channel_return(SlCtl *ctl, GError **error);
bool sl_cmd_advisory_import(SlCtl *ctl, GError **error);
bool sl_cmd_group_add(SlCtl *ctl, GError **error);
bool sl_cmd_group_list(SlCtl *ctl, GError **error);
bool sl_cmd_group_change(SlCtl *ctl, GError **error);
bool sl_cmd_group_remove(SlCtl *ctl, GError **error);
bool sl_cmd_token_new(SlCtl *ctl, GError **error);
bool sl_cmd_token_list(SlCtl *ctl, GError **error);
bool sl_cmd_token_revoke(SlCtl *ctl, GError **error);
bool sl_cmd_person_add(SlCtl *ctl, GError **error);
bool sl_cmd_person_list(SlCtl *ctl, GError **error);
bool sl_cmd_person_role(SlCtl *ctl, GError **error);
bool sl_cmd_person_password(SlCtl *ctl, GError **error);
bool sl_cmd_person_remove(SlCtl *ctl, GError **error);
bool sl_cmd_person_unlock(SlCtl *ctl, GError **error);
bool sl_cmd_setup_code(SlCtl *ctl, GError **error);
bool sl_cmd_api_token_new(SlCtl *ctl, GError **error);
bool sl_cmd_api_token_list(SlCtl *ctl, GError **error);
bool sl_cmd_api_token_remove(SlCtl *ctl, GError **error);
bool sl_cmd_computer_list(SlCtl *ctl, GError **error);
bool sl_cmd_computer_show(SlCtl *ctl, GError **error);
bool sl_cmd_computer_updates(SlCtl *ctl, GError **error);
bool sl_cmd_computer_accept(SlCtl *ctl, GError **error);
bool sl_cmd_computer_move(SlCtl *ctl, GError **error);
bool sl_cmd_computer_remove(SlCtl *ctl, GError **error);
bool sl_cmd_coverage(SlCtl *ctl, GError **error);
bool sl_cmd_job_list(SlCtl *ctl, GError **error);
bool sl_cmd_job_show(SlCtl *ctl, GError **error);
bool sl_cmd_job_cancel(SlCtl *ctl, GError **error);
bool sl_cmd_settings(SlCtl *ctl, GError **error);
bool sl_cmd_settings_set(SlCtl *ctl, GError **error);
bool sl_cmd_audit_list(SlCtl *ctl, GError **error);
bool sl_cmd_audit_verify(SlCtl *ctl, GError **error);

/** Adds what apt on this machine uses as upstreams. */
bool sl_from_host_add(SlCtl *ctl, GError **error);
