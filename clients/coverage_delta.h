/* coverage_delta.h - what changes in the counts that are kept
 *
 * Whoever changes what a computer counts as says so to an SlCoverageDelta and writes it in the same
 * transaction.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "catalog/base/db.h"
#include "clients/standing.h"

/* What a computer counts as. */
typedef struct {
	int64_t group_id; /* 0: it is not counted (pending, left, removed) */
	bool silent;
	SlStanding standing;
	const void *states; /* borrowed */
	size_t size;
} SlCounted;

/** Whether both have the same statuses and come to the same. */
bool sl_counted_equal(const SlCounted *a, const SlCounted *b);

typedef struct SlCoverageDelta SlCoverageDelta;

SlCoverageDelta *sl_coverage_delta_new(void);
void sl_coverage_delta_free(SlCoverageDelta *delta);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SlCoverageDelta, sl_coverage_delta_free)
/** A computer counted as before and counts as after. */
void sl_coverage_delta_move(SlCoverageDelta *delta, const SlCounted *before,
			    const SlCounted *after);
/** Writes what was added up; the delta is empty afterwards, also on failure. */
bool sl_coverage_delta_write(SlCoverageDelta *delta, SlDb *db, GError **error);
