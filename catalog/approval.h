/* approval.h - who may have what: the decisions, and the content that follows from them
 *
 * Content of a channel: for each published suite and name the newest approved version, no
 * other. Recalling it brings the one before back.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "catalog/base/db.h"

typedef enum {
	SL_APPROVAL_APPROVE,
	SL_APPROVAL_RECALL,
	SL_APPROVAL_DECLINE,
} SlApprovalKind;

typedef struct {
	SlApprovalKind kind;
	const char *channel; /* NULL where kind is decline; recall: NULL is every channel */
	const char *const
		*names; /* as people type them: [UPSTREAM/]NAME[=VERSION]; ends with NULL */
	const char *person;
	const char *reason; /* "" for none */
	bool emergency;	    /* production without certification */
} SlApprovalRequest;

/* One update in one channel that the request is about. */
typedef struct {
	int64_t update_id;
	int64_t revision_id;
	int64_t channel_id; /* 0 where kind is decline */
	char *text;	    /* "UPSTREAM/NAME=VERSION" */
	char *channel;	    /* its name, "" where kind is decline */
	char *severity;
	char *rating;
	int64_t packages;
	int64_t size;	  /* bytes of its payloads */
	int64_t to_fetch; /* bytes of those that are not in the store */
	bool unchanged;	  /* this revision is approved already: nothing to do */
} SlApprovalItem;

/* A dependency that the channel cannot satisfy and an update in the catalog could. */
typedef struct {
	char *package;	  /* "openssl 3.0.17-1~deb12u3 amd64" */
	char *dependency; /* "libssl3 (>= 3.0.17)" */
	char *candidate;  /* "UPSTREAM/NAME=VERSION" */
} SlApprovalMissing;

typedef struct {
	GPtrArray *items;    /* (owned, element-type SlApprovalItem) */
	GPtrArray *missing;  /* (owned, element-type SlApprovalMissing) */
	GPtrArray *warnings; /* (owned, element-type utf8) */
	int64_t payloads;    /* different files of all items */
	int64_t size;	     /* bytes of them */
	int64_t to_fetch;    /* bytes of those that are not in the store */
} SlApprovalPlan;

/**
 * What the request would do; changes nothing.
 *
 * @param error  SL_ERROR_NOT_FOUND, SL_ERROR_CONFLICT (an ambiguous name, with the choices),
 *               SL_ERROR_DENIED (production before certification), SL_ERROR_INVALID
 */
SlApprovalPlan *sl_approval_plan(SlDb *db, const SlApprovalRequest *request, GError **error);
void sl_approval_plan_free(SlApprovalPlan *plan);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SlApprovalPlan, sl_approval_plan_free)

/**
 * Does what a plan says, with an audit row for each item; within the caller's transaction.
 *
 * Checks the rules itself and not only the plan: production takes what certification has, in
 * that revision, or an emergency with a reason.
 */
bool sl_approval_apply(SlDb *db, const SlApprovalRequest *request, const SlApprovalPlan *plan,
		       int64_t now_at, GError **error);

/* One update that a channel should publish. */
typedef struct {
	int64_t revision_id;
	int64_t update_id;
	int64_t upstream_id;
	char *suite; /* published suite */
	char *name;
	char *version;
} SlContent;

void sl_content_free(SlContent *content);
/** Of a row with revision_id, the update's id, upstream_id, suite, name, version; owned. */
SlContent *sl_content_read(SlQuery *query);
/** By suite, then name, as strcmp orders them. */
int sl_content_compare(const SlContent *a, const SlContent *b);

/**
 * What a channel should hold, sorted by suite and name; (element-type SlContent), owned.
 *
 * @param only_stored  only what can be published now: the revision approved before stands in for
 *                     one with a payload that is not in the store, and without one the older
 *                     approved version
 */
GPtrArray *sl_approval_content(SlDb *db, int64_t channel_id, bool only_stored, GError **error);

/** State of an approval ('approved', 'recalled', 'returned') or NULL; error only on failure. */
char *sl_approval_state(SlDb *db, int64_t channel_id, int64_t update_id, int64_t *ret_revision,
			GError **error);
