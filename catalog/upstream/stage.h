/* stage.h - the staging database of one sync: what the indexes list, and what of it is new
 *
 * Parsed and compared on the job's own thread; the writer then only copies the rows that changed,
 * out of views that the tables of the catalog know.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "catalog/base/db.h"
#include "catalog/base/jobs.h"
#include "catalog/format/deb822.h"
#include "catalog/source.h"

typedef struct SlStage SlStage;

/** Makes it in a file of its own; the file goes with it. */
SlStage *sl_stage_new(const char *path, const SlUpstream *upstream, GError **error);

/**
 * Takes one stanza of a Packages file.
 *
 * @param error  SL_ERROR_INVALID naming package and field, SL_ERROR_INTEGRITY when the same
 *               package stands twice with different hashes
 */
bool sl_stage_add(SlStage *stage, const SlDeb822Stanza *stanza, const char *component,
		  const char *architecture, const char *index_sha256, GError **error);

typedef struct {
	int64_t updates, revisions, packages; /* new ones */
	int64_t withdrawn;		      /* updates that left the upstream */
} SlStageCounts;

/**
 * Compares with the catalog and notes what is new; nothing can be added after that.
 *
 * @param live   a reading connection to the catalog
 * @param error  SL_ERROR_INTEGRITY when a known package comes with another hash
 */
bool sl_stage_compare(SlStage *stage, SlDb *live, SlJob *job, GError **error);

/**
 * Writes what changed into the catalog, within the caller's transaction; the stage is compared, and
 * its file (sl_stage_path) attached to the connection as "stage": see sl_writer_run_staged.
 *
 * @param release_at   Date of the Release
 * @param first        it is the upstream's first sync
 * @param fingerprint  of the key that signed the Release
 */
bool sl_stage_write(const SlStage *stage, SlDb *db, int64_t release_at, bool first, int64_t now_at,
		    const char *fingerprint, SlStageCounts *ret_counts, GError **error);

const char *sl_stage_path(const SlStage *stage);

/** How many packages it has. */
int64_t sl_stage_size(const SlStage *stage);

void sl_stage_free(SlStage *stage);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SlStage, sl_stage_free)
