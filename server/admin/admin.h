/* admin.h - the admin API: JSON under /api/v1, for people and scripts
 *
 * On the Unix socket the peer's user is the login, and an owner; on TCP people sign in, and scripts
 * show a token.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "catalog/base/clock.h"
#include "catalog/base/jobs.h"
#include "catalog/base/json.h"
#include "catalog/base/listing.h"
#include "catalog/base/password.h"
#include "catalog/base/writer.h"
#include "catalog/person.h"
#include "catalog/session.h"
#include "catalog/source.h"
#include "catalog/sync_run.h"
#include "catalog/update.h"
#include "clients/computer.h"
#include "clients/coverage_history.h"
#include "clients/demand.h"
#include "clients/evidence.h"
#include "clients/model.h"
#include "server/admin/page.h"
#include "server/http/proxies.h"
#include "server/http/server.h"

/* What the handlers work with, and what they ask of the program around them. */
typedef struct {
	const char *db_path;
	SlWriter *writer;
	const SlClock *clock;
	SlJobs *jobs;
	const SlPage *page;
	SlPasswords *passwords;
	char *const *hosts;	  /* names of ours besides addresses and localhost; may be NULL */
	const SlProxies *proxies; /* whose X-Forwarded-For is believed */
	const char *origin;	  /* "https://sluice.example.org" of [admin] url; may be NULL */
	bool tls;		  /* the TCP listener speaks it */
	bool secure;		  /* browsers come by https */
	/** Start jobs; return their ids. */
	int64_t (*start_sync)(gpointer app, const char *upstream, const char *person);
	int64_t (*start_publish)(gpointer app, const char *channel, const char *person,
				 const char *cause);
	/** 0 when all payloads of these revisions (int64_t) are there; NULL: of the channel. An
	 * emergency waits for no other revision that the store has lost. */
	int64_t (*start_fetch)(gpointer app, const char *channel, GHashTable *revisions,
			       bool emergency, const char *person, const char *cause);
	int64_t (*start_backup)(gpointer app, const char *person);
	/** Descriptor of what a backup job wrote; it can be had once. -1 on error. */
	int (*take_backup)(gpointer app, int64_t job, int64_t *ret_size, GError **error);
	/**
	 * A job that derives statuses.
	 *
	 * @param always  also when approvals ask for the same as before
	 */
	int64_t (*start_statuses)(gpointer app, bool always, const char *person);
	/** What approvals ask of computers now; a reference. On the writer. */
	SlModel *(*model)(gpointer app);
	/** What computers need of what nobody approved; a reference. NULL: not counted yet. */
	SlDemand *(*demand)(gpointer app);
	/** When the schedule syncs an upstream next; 0: never. */
	int64_t (*next_sync_at)(gpointer app, const SlUpstream *upstream,
				const SlSyncHistory *history);
	/** What runs, where; a JSON object. */
	json_t *(*status)(gpointer app);
	/** Fingerprint text that tokens carry. */
	const char *(*server_key)(gpointer app);
	gpointer app;
} SlAdmin;

/* What a route asks for. Roles are named by the highest right they have, and have all below it:
 * viewer, certifier, approver, owner. */
typedef enum {
	SL_RIGHT_PUBLIC = SL_ROLE_NONE,	      /* nobody has to be anybody */
	SL_RIGHT_READ = SL_ROLE_VIEWER,	      /* looks */
	SL_RIGHT_CERTIFY = SL_ROLE_CERTIFIER, /* approves for certification */
	SL_RIGHT_APPROVE = SL_ROLE_APPROVER,  /* approves for production */
	SL_RIGHT_OWN = SL_ROLE_OWNER,	      /* people, keys, upstreams, settings */
} SlRight;

#define SL_ADMIN_PAGE_MAX    100000 /* rows of an answer in JSON */
#define SL_ADMIN_PAGE_OF_ALL 5000   /* rows at a time where more are wanted: what is in memory */

/* A list that is read to its end, a page at a time: where that is. */
typedef struct {
	bool all;	/* it is */
	int64_t done;	/* rows that came already */
	int64_t wanted; /* rows in all, at most; like asked 0 where the list has no pages */
	int64_t asked;	/* rows of the page asked for last */
} SlAdminPages;

/* One call of the API. */
typedef struct {
	const SlAdmin *admin;
	SlDb *db; /* reading */
	SlRequest *request;
	char *person;	  /* NULL on a public route */
	char *token;	  /* which API token calls, as the audit log names it; NULL: none */
	SlRight role;	  /* the person's highest right; SL_RIGHT_PUBLIC: nobody's */
	const char *rest; /* of the path, behind the route's; "" or a name */
	json_t *body;	  /* of a POST with JSON; NULL else */
	const char *raw;  /* the body as it came */
	size_t raw_size;
	unsigned status;     /* 200 unless the handler says otherwise; of an error from 400 on */
	const char *problem; /* of an error: what the page acts on ("sign-in"); NULL: nothing */
	bool console;	     /* on the Unix socket */
	SlSession *session;  /* of who signed in; NULL: the console, a token's, nobody's */
	char *secret;	     /* the session's */
	GPtrArray *cookies;  /* that the answer sets; NULL: none. See cookies.h */
	int64_t retry_s;     /* of an error: when to try again; 0: nothing is said */
	SlResponse *file;    /* set by a handler that answers with a file instead of its JSON */
	SlAdminPages pages;
} SlAdminCall;

/* What leads to production, says who may decide, or takes secrets along needs the password once
 * more: a page that somebody left open is no approval. */
typedef enum {
	SL_ROUTE_RAW = 1,	   /* its body is no JSON */
	SL_ROUTE_CONFIRM = 2,	   /* the guard asks, whatever the request says */
	SL_ROUTE_CONFIRM_SOME = 4, /* the handler asks, for some requests */
} SlRouteFlag;

typedef json_t *(*SlAdminHandler)(SlAdminCall *call, GError **error);

typedef struct {
	const char *method;
	const char *path; /* behind /api/v1/; ends with '/' where a name follows */
	SlRight right;
	const char *arguments; /* names behind the '?' that it knows, blanks between; "": none */
	SlAdminHandler handler;
	unsigned flags; /* of SlRouteFlag */
} SlAdminRoute;

/** The table of all routes, for what describes or tests it. */
const SlAdminRoute *sl_admin_routes(size_t *ret_count);

/** Whether the caller has a right, where the route's own is not all there is; SL_ERROR_DENIED. */
bool sl_admin_require(const SlAdminCall *call, SlRight right, GError **error);

/**
 * Makes a change, on the writer and in its own transaction (writer.h), if who calls still has the
 * role that they had when the call was let in: it may have waited while that was taken away. Its
 * audit rows say which API token it came by.
 */
bool sl_admin_write(SlAdminCall *call, SlWriteFunc func, gpointer data, GError **error);

/** Whether who signed in gave the password within minutes; "confirm". Others have none to give. */
bool sl_admin_require_confirmed(SlAdminCall *call, GError **error);

/**
 * Refuses with a status of its own and a problem that the page acts on, "sign-in" say; the title
 * is the code's. Returns false.
 */
bool sl_admin_refuse(SlAdminCall *call, unsigned status, const char *problem, SlErrorCode code,
		     const char *detail, GError **error);

/** Refuses with SL_ERROR_INVALID an argument that is none of the known, or given twice. */
bool sl_admin_check_arguments(const SlAdminCall *call, const char *known, GError **error);

/** Query argument as a number within bounds. */
bool sl_admin_number(const SlAdminCall *call, const char *name, int64_t low, int64_t high,
		     int64_t otherwise, int64_t *ret_value, GError **error);

/** Query argument that is one of a NULL-terminated list; *ret_choice stays where it is absent. */
bool sl_admin_choice(const SlAdminCall *call, const char *name, const char *const *choices,
		     const char **ret_choice, GError **error);

/**
 * Which rows of a list are asked for: arguments limit and offset, the same for all lists. Where it
 * is read to its end, the next page.
 */
bool sl_admin_page(SlAdminCall *call, int64_t *ret_limit, int64_t *ret_offset, GError **error);

/** The same with the argument sort, for what listing.h reads. */
bool sl_admin_listing_page(SlAdminCall *call, SlListingPage *ret_page, GError **error);

/** For the Unix socket. */
int64_t sl_admin_admit_local(SlRequest *request, gpointer admin);
void sl_admin_handle_local(SlRequest *request, gpointer admin);
/** For TCP; who is not known has no large body. */
int64_t sl_admin_admit_remote(SlRequest *request, gpointer admin);
void sl_admin_handle_remote(SlRequest *request, gpointer admin);

/** A computer as lists have it. */
json_t *sl_admin_describe_computer(const SlComputer *one);

/** Sets what a point of a curve says, besides its time. */
void sl_admin_set_point(json_t *json, const SlCoveragePoint *point);

/** Names of what the rows of a GET's list always have, as the API's description says. Owned. */
char **sl_admin_openapi_members(const char *path);

/** What jobs and the overview say of one. */
json_t *sl_admin_describe_job(const SlJobInfo *one);

/** An update as lists have it, with its computers counted where it was ever approved; owned. */
json_t *sl_admin_describe_update(SlDb *db, const SlDemand *demand, const SlUpdate *update,
				 GError **error);

/** A sync; one that runs has lasted until now_at. Owned. */
json_t *sl_admin_describe_sync(const SlSyncRun *run, int64_t now_at);

/** Who holds an update and why; null where nobody does; owned. */
json_t *sl_admin_describe_hold(const SlHold *hold);
/** What certification showed of an update; owned. */
json_t *sl_admin_describe_evidence(const SlEvidence *evidence);

/* the handlers, one file per noun */
json_t *sl_admin_session(SlAdminCall *call, GError **error);
json_t *sl_admin_session_begin(SlAdminCall *call, GError **error);
json_t *sl_admin_session_end(SlAdminCall *call, GError **error);
json_t *sl_admin_session_end_everywhere(SlAdminCall *call, GError **error);
json_t *sl_admin_session_confirm(SlAdminCall *call, GError **error);
json_t *sl_admin_setup(SlAdminCall *call, GError **error);
json_t *sl_admin_setup_code(SlAdminCall *call, GError **error);
json_t *sl_admin_people(SlAdminCall *call, GError **error);
json_t *sl_admin_person_add(SlAdminCall *call, GError **error);
json_t *sl_admin_person_remove(SlAdminCall *call, GError **error);
json_t *sl_admin_person_role(SlAdminCall *call, GError **error);
json_t *sl_admin_person_password(SlAdminCall *call, GError **error);
json_t *sl_admin_login_reset(SlAdminCall *call, GError **error);
json_t *sl_admin_api_tokens(SlAdminCall *call, GError **error);
json_t *sl_admin_api_token_make(SlAdminCall *call, GError **error);
json_t *sl_admin_api_token_remove(SlAdminCall *call, GError **error);
json_t *sl_admin_overview(SlAdminCall *call, GError **error);
json_t *sl_admin_openapi(SlAdminCall *call, GError **error);
json_t *sl_admin_status(SlAdminCall *call, GError **error);
json_t *sl_admin_backup(SlAdminCall *call, GError **error);
json_t *sl_admin_backup_take(SlAdminCall *call, GError **error);
json_t *sl_admin_upstreams(SlAdminCall *call, GError **error);
json_t *sl_admin_upstream_add(SlAdminCall *call, GError **error);
json_t *sl_admin_upstream_remove(SlAdminCall *call, GError **error);
json_t *sl_admin_upstream_rekey(SlAdminCall *call, GError **error);
json_t *sl_admin_upstream_change(SlAdminCall *call, GError **error);
json_t *sl_admin_upstream_enable(SlAdminCall *call, GError **error);
json_t *sl_admin_syncs(SlAdminCall *call, GError **error);
json_t *sl_admin_sync_start(SlAdminCall *call, GError **error);
json_t *sl_admin_updates(SlAdminCall *call, GError **error);
json_t *sl_admin_update_show(SlAdminCall *call, GError **error);
json_t *sl_admin_update_packages(SlAdminCall *call, GError **error);
json_t *sl_admin_approve(SlAdminCall *call, GError **error);
json_t *sl_admin_rate(SlAdminCall *call, GError **error);
json_t *sl_admin_certification(SlAdminCall *call, GError **error);
json_t *sl_admin_hold(SlAdminCall *call, GError **error);
json_t *sl_admin_channels(SlAdminCall *call, GError **error);
json_t *sl_admin_channel_diff(SlAdminCall *call, GError **error);
json_t *sl_admin_channel_history(SlAdminCall *call, GError **error);
json_t *sl_admin_channel_items(SlAdminCall *call, GError **error);
json_t *sl_admin_channel_return(SlAdminCall *call, GError **error);
json_t *sl_admin_settings(SlAdminCall *call, GError **error);
json_t *sl_admin_settings_change(SlAdminCall *call, GError **error);
json_t *sl_admin_advisory_import(SlAdminCall *call, GError **error);
json_t *sl_admin_groups(SlAdminCall *call, GError **error);
json_t *sl_admin_group_add(SlAdminCall *call, GError **error);
json_t *sl_admin_group_change(SlAdminCall *call, GError **error);
json_t *sl_admin_group_remove(SlAdminCall *call, GError **error);
json_t *sl_admin_tokens(SlAdminCall *call, GError **error);
json_t *sl_admin_token_make(SlAdminCall *call, GError **error);
json_t *sl_admin_token_revoke(SlAdminCall *call, GError **error);
json_t *sl_admin_computers(SlAdminCall *call, GError **error);
json_t *sl_admin_computer(SlAdminCall *call, GError **error);
json_t *sl_admin_computer_updates(SlAdminCall *call, GError **error);
json_t *sl_admin_computer_accept(SlAdminCall *call, GError **error);
json_t *sl_admin_computer_move(SlAdminCall *call, GError **error);
json_t *sl_admin_computer_remove(SlAdminCall *call, GError **error);
json_t *sl_admin_metrics(SlAdminCall *call, GError **error);
json_t *sl_admin_coverage_history(SlAdminCall *call, GError **error);
json_t *sl_admin_coverage_worst(SlAdminCall *call, GError **error);
json_t *sl_admin_coverage(SlAdminCall *call, GError **error);
json_t *sl_admin_jobs(SlAdminCall *call, GError **error);
json_t *sl_admin_job(SlAdminCall *call, GError **error);
json_t *sl_admin_job_cancel(SlAdminCall *call, GError **error);
json_t *sl_admin_audit(SlAdminCall *call, GError **error);
json_t *sl_admin_audit_verify(SlAdminCall *call, GError **error);
