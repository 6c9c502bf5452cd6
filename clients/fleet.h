/* fleet.h - takes sealed messages from machines and answers when they are on disk
 *
 * Opening, verifying and sealing cost some 100 us each: they run on a pool of threads, so that
 * neither who reads the link nor the writer waits for them. The writer sees only rows, in batches.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "catalog/base/clock.h"
#include "catalog/base/jobs.h"
#include "catalog/base/seal.h"
#include "catalog/base/writer.h"
#include "clients/demand.h"
#include "clients/model.h"

typedef struct SlFleet SlFleet;

typedef enum {
	SL_FLEET_ENROLL,
	SL_FLEET_CHECKIN,
} SlFleetKind;

typedef struct {
	const char *db_path;
	SlWriter *writer;
	const SlSealKeys *keys;
	const SlClock *clock;
	int64_t interval_s; /* between check-ins */
	unsigned threads;   /* 0: one for each processor */
	unsigned limit;	    /* messages that are worked on or wait */
	/** A channel's public key, armoured, owned; "" while it has none; NULL on failure. */
	char *(*channel_key)(gpointer data, const char *channel, GError **error);
	/** Takes the answer to a message; body is borrowed and may be NULL. Any thread. */
	void (*answer)(gpointer data, uint64_t number, unsigned status, uint32_t retry_s,
		       GBytes *body);
	gpointer data;
} SlFleetContext;

/* Since the database was made; what the last half minute before a crash added is lost. */
typedef struct {
	int64_t enrolled;
	int64_t taken;	 /* check-ins on disk */
	int64_t stale;	 /* answered as clone, replay or of an earlier epoch */
	int64_t refused; /* not sealed to us, not known, forged, malformed, without a valid token,
			    with more new inventories than one computer may bring */
	int64_t busy;	 /* sent away for later */
} SlFleetCounts;

/** Reads what approvals ask for now; the statuses of computers follow with sl_fleet_derive. */
SlFleet *sl_fleet_new(const SlFleetContext *context, GError **error);

/** Leads to one answer. From any thread; the body is taken over. */
void sl_fleet_take(SlFleet *fleet, uint64_t number, SlFleetKind kind, const char *address,
		   GBytes *body);

/** What approvals ask for now; a reference. Whoever writes statuses asks for it on the writer. */
SlModel *sl_fleet_model(SlFleet *fleet);

/**
 * How many computers need what nobody approved; a reference, NULL: not counted yet. Any thread. It
 * is counted here and now where that is quick, else it is what sl_fleet_renew_demand last brought.
 */
SlDemand *sl_fleet_demand(SlFleet *fleet);
/** Counts that anew where there is something new, a hundredth of the time at most. Returns at once.
 */
void sl_fleet_renew_demand(SlFleet *fleet);

void sl_fleet_set_interval(SlFleet *fleet, int64_t interval_s);
void sl_fleet_counts(SlFleet *fleet, SlFleetCounts *ret_counts);

/**
 * Brings statuses to what approvals ask for now, in many short transactions.
 *
 * @param always  also when approvals ask for the same as before
 */
bool sl_fleet_derive(SlFleet *fleet, bool always, SlJob *job, GError **error);

/** Keeps what was counted, and notices computers not seen since silent_at. Returns at once. */
void sl_fleet_sweep(SlFleet *fleet, int64_t silent_at);
/** Keeps what coverage is now, once an hour; sl_fleet_derive does as well. Returns at once. */
void sl_fleet_record(SlFleet *fleet);
/** Removes inventories that no computer has any more, and old history. Returns at once. */
void sl_fleet_prune(SlFleet *fleet);

/** Refuses what comes from now on, waits until all is answered, and keeps what was counted. */
void sl_fleet_stop(SlFleet *fleet);
/** After the writer has ended. */
void sl_fleet_free(SlFleet *fleet);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SlFleet, sl_fleet_free)
