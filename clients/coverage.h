/* coverage.h - statuses counted, and kept counted
 *
 * The table coverage holds, for each slot and group, how many active computers have which status;
 * coverage_delta.h keeps it right.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "catalog/base/db.h"
#include "clients/status.h"

/* An update that a channel has now. */
typedef struct {
	int64_t channel_id;
	int64_t update_id;
	int64_t slot;
	int64_t deadline_at; /* first approval and what its rating allows; 0: none */
} SlApprovedSlot;

/** All channels'; (element-type SlApprovedSlot), owned. */
GArray *sl_coverage_approved(SlDb *db, GError **error);

/* One line of a report. What it counts is told by the function that made it. */
typedef struct {
	int64_t id;	     /* of the update, group or channel */
	int64_t channel_id;  /* of the channel that the line is about */
	char *name;	     /* "UPSTREAM/NAME=VERSION", or the group's or channel's name */
	char *channel;	     /* that the line is about */
	char *rating;	     /* of the update, NULL: not rated */
	int64_t from_at;     /* when the update was first approved there; 0 in other lines */
	int64_t deadline_at; /* 0: none */
	int64_t updates;     /* approved ones that are counted */
	int64_t computers;   /* active ones, silent ones among them */
	int64_t standing[SL_STATUSES]; /* those by what they come to as a whole; 0 in an update's */
	int64_t n[SL_STATUSES];	       /* statuses, of silent computers all silent */
	int64_t overdue; /* statuses that are open and have their deadline behind them */
} SlCoverageLine;

void sl_coverage_line_free(SlCoverageLine *line);
/** Statuses that leave a computer uncovered: missing, unknown or silent. */
int64_t sl_coverage_line_open(const SlCoverageLine *line);

/** A line for each update and channel that has it; (element-type SlCoverageLine), owned. */
GPtrArray *sl_coverage_by_update(SlDb *db, int64_t now_at, GError **error);
/**
 * A line for each group, or for the one of this name: its computers by what they come to, and the
 * statuses of its channel's updates added up over them.
 *
 * @param name  NULL: all
 */
GPtrArray *sl_coverage_by_group(SlDb *db, const char *name, int64_t now_at, GError **error);
/** A line for each channel, likewise. */
GPtrArray *sl_coverage_by_channel(SlDb *db, int64_t now_at, GError **error);

/** How many active computers miss each update that has a slot; id -> n, both int64_t; owned. */
GHashTable *sl_coverage_needed(SlDb *db, GError **error);
/** How many active computers have which status for a slot; ret_n has SL_STATUSES. */
bool sl_coverage_of_slot(SlDb *db, int64_t slot, int64_t *ret_n, GError **error);
