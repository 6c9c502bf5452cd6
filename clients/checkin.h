/* checkin.h - what a verified message changes: one transaction, all of it or nothing
 *
 * Everything that costs time (opening, verifying, reading, deriving) was done before; here are only
 * the rows. The functions run on the writer within its transaction.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "catalog/base/db.h"
#include "clients/computer_row.h"
#include "clients/coverage.h"
#include "clients/model.h"
#include "clients/report.h"

/* Who a message says it is from. */
typedef struct {
	SlSealPublic keys;
	int64_t channel_id;
	bool left; /* it said goodbye */
} SlMachine;

/** Looks a machine up; false without an error where there is none. */
bool sl_machine_find(SlDb *db, int64_t id, SlMachine *ret_machine, GError **error);

/* What a machine says of an update it tried; of several packages' results the worst. */
typedef struct {
	int64_t update_id;
	SlStatus status;
	int64_t at;
	const char *message; /* borrowed from the check-in */
} SlTried;

/** Finds the updates that the results are about; (element-type SlTried), owned. */
GArray *sl_checkin_tried(SlDb *db, const SlCheckin *checkin, GError **error);

typedef enum {
	SL_CHECKIN_TAKEN,
	SL_CHECKIN_STALE,   /* its counter is not higher than the stored one */
	SL_CHECKIN_LIMITED, /* it brings a new inventory once more than it may for now */
	SL_CHECKIN_UNKNOWN, /* removed meanwhile, or it has left */
} SlCheckinOutcome;

typedef struct {
	/* given */
	int64_t computer;
	const SlCheckin *checkin;
	const char *address;
	int64_t now_at;
	SlModel *model;
	const GArray *tried;
	/* found out */
	SlCheckinOutcome outcome;
	int64_t counter; /* the highest taken */
	bool want_inventory;
	SlMembership membership; /* (owned) */
} SlCheckinWrite;

/** Stores a check-in; what is to be counted is added to the delta when all went well. */
bool sl_checkin_store(SlDb *db, SlCheckinWrite *write, SlCoverageDelta *delta, GError **error);

typedef struct {
	/* given */
	const SlEnrollment *enrollment;
	const char *address;
	int64_t now_at;
	/* found out */
	int64_t computer;
	int64_t counter;
	SlMembership membership; /* (owned) */
} SlEnrollWrite;

/**
 * Takes a token and adds the computer. A machine that is there already (its answer was lost) gets
 * the same answer again and uses nothing up.
 *
 * @param error  SL_ERROR_DENIED, whatever is wrong with the token
 */
bool sl_enroll_store(SlDb *db, SlEnrollWrite *write, SlCoverageDelta *delta, GError **error);
/** Whether a machine with this signing key is enrolled. */
bool sl_enroll_is_known(SlDb *db, const SlSealPublic *keys);
