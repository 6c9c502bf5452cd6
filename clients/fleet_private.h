/* fleet_private.h - what the files of the fleet share */
#pragma once

#include "catalog/schema.h"
#include "clients/checkin.h"
#include "clients/fleet.h"

#define SL_FLEET_BUSY_S 30 /* said with 503 when too much waits */

struct SlFleet {
	SlFleetContext context;
	char *server_id;
	int64_t epoch;
	GThreadPool *pool;
	GAsyncQueue *connections; /* (element-type SlDb): reading ones that nobody uses now */
	GMutex deriving;	  /* one at a time, or an older model could follow a newer */
	SlCoverageDelta *delta;	  /* of the batch being written; the writer's */
	GMutex mutex;		  /* for everything below */
	GCond idle;
	SlModel *model;
	GHashTable *channel_keys; /* (owned): channel -> armoured key */
	unsigned working;	  /* messages that are not answered yet */
	bool closing;
	int64_t interval_s;
	SlFleetCounts counts;
	SlFleetCounts kept;	 /* as the database has them */
	int64_t heard_at;	 /* nobody who is watched for silence was last heard of before */
	int64_t swept_at;	 /* what the last sweep was asked for */
	int64_t recorded_at;	 /* when coverage was last kept */
	SlDemand *demand;	 /* NULL: not counted yet */
	bool demand_runs;	 /* it is being counted, or will be at once */
	gint64 demand_took_us;	 /* to count it */
	gint64 demand_done_us;	 /* monotonic: when it was counted */
	int64_t demand_signs[3]; /* of what it was counted from; who counts alone reads them */
	gint64 logged_at;	 /* monotonic: when a failure was last logged */
};

typedef enum {
	TASK_FINISH, /* is on disk, or was refused there: before anything new */
	TASK_MESSAGE,
	TASK_SWEEP,
	TASK_RECORD,
	TASK_DEMAND,
	TASK_PRUNE,
} SlFleetTaskKind;

typedef struct {
	SlFleet *fleet;
	SlFleetTaskKind kind;
	int64_t silent_at; /* of a sweep */
	uint64_t number;
	SlFleetKind message;
	char *address;
	GBytes *body;
	SlSealPublic keys; /* the machine's, to answer to */
	SlCheckin *checkin;
	SlEnrollment *enrollment;
	GArray *tried;
	SlCheckinWrite write;
	SlEnrollWrite enroll;
	GError *error; /* of the writing */
} SlFleetTask;

/** One less is worked on. */
void sl_fleet_done(SlFleet *fleet);

/** Reads what was counted before, and writes what is counted now when it is something else. */
bool sl_fleet_counts_load(SlFleet *fleet, SlDb *db, GError **error);
bool sl_fleet_counts_save(SlFleet *fleet, GError **error);

void sl_fleet_task_free(SlFleetTask *task);
/** A reading connection, to be given back. */
SlDb *sl_fleet_borrow(SlFleet *fleet, GError **error);
void sl_fleet_return(SlFleet *fleet, SlDb *db);

/** Hands a chore to the pool; false when too much waits, or it is over. */
bool sl_fleet_start(SlFleet *fleet, SlFleetTaskKind kind, int64_t silent_at);

/** Counts what is needed, unless it is what was counted before; after sl_fleet_renew_demand. */
bool sl_fleet_count_demand(SlFleet *fleet, GError **error);

/** Sweeps, records, counts or prunes, as the task says; frees it. */
void sl_fleet_do_chore(SlFleetTask *task);
/** Keeps what coverage is now where an hour's row is due. */
bool sl_fleet_record_coverage(SlFleet *fleet, GError **error);

/** Opens, verifies and hands to the writer. */
void sl_fleet_work_on_message(SlFleetTask *task);
/** Answers what the writer has taken or refused. */
void sl_fleet_finish(SlFleetTask *task);
