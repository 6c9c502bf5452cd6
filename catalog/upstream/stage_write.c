/* stage_write.c - the way of a compared staging database into the catalog
 *
 * Rows are copied by one statement for each table. Ids are given out as the highest one until now
 * plus the row's number in the stage: they may leave gaps, and mean nothing.
 */
#include <string.h>

#include "catalog/base_package.h"
#include "catalog/package.h"
#include "catalog/payload.h"
#include "catalog/update.h"
#include "catalog/upstream/stage_private.h"

static bool
write_marks(SlDb *db, const char *sql, int64_t withdrawn_at, GError **error)
{
	g_autoptr(SlQuery) query = sl_query_new(db, sql);
	SlStep step;

	while ((step = sl_query_step(query, error)) == SL_ROW)
		if (!sl_package_set_withdrawn(db, sl_query_int(query, 0), withdrawn_at, error))
			return false;
	return step == SL_DONE;
}

static bool
write_moves(SlDb *db, GError **error)
{
	g_autoptr(SlQuery) query = sl_query_new(db, "SELECT package_id, filename FROM stage.moved");
	SlStep step;

	while ((step = sl_query_step(query, error)) == SL_ROW)
		if (!sl_package_set_filename(db, sl_query_int(query, 0), sl_query_text(query, 1),
					     error))
			return false;
	return step == SL_DONE;
}

/* What is known and came, went or moved. */
static bool
write_changes(SlDb *db, int64_t now_at, GError **error)
{
	return write_marks(db, "SELECT package_id FROM stage.gone", now_at, error) &&
	       write_marks(db, "SELECT package_id FROM stage.back", 0, error) &&
	       write_moves(db, error);
}

/* An update has left when none of its newest revision's packages is there any more. */
static bool
write_withdrawn_updates(const SlStage *stage, SlDb *db, int64_t now_at, int64_t *ret_withdrawn,
			GError **error)
{
	static const char sql[] =
		"SELECT u.id, EXISTS (SELECT 1"
		"  FROM revision_package rp JOIN package p ON p.id = rp.package_id"
		"  WHERE rp.revision_id = (SELECT max(r.id) FROM revision r WHERE r.update_id = "
		"u.id)"
		"  AND p.withdrawn_at IS NULL) AS there FROM updates u WHERE u.upstream_id = ?1"
		" AND (u.withdrawn_at IS NULL) <> there";
	g_autoptr(SlQuery) query = sl_query_new(db, sql);
	SlStep step;

	sl_query_bind_int(query, 1, stage->upstream->id);
	while ((step = sl_query_step(query, error)) == SL_ROW) {
		bool there = sl_query_int(query, 1) != 0;

		if (!sl_update_set_withdrawn(db, sl_query_int(query, 0), there ? 0 : now_at, error))
			return false;
		*ret_withdrawn += !there;
	}
	return step == SL_DONE;
}

bool
sl_stage_write(const SlStage *stage, SlDb *db, int64_t release_at, bool first, int64_t now_at,
	       const char *fingerprint, SlStageCounts *ret_counts, GError **error)
{
	int64_t upstream_id = stage->upstream->id;
	SlStageCounts counts = {0};
	int64_t updates, packages; /* highest ids before */

	if (strcmp(stage->upstream->role, "base") == 0) {
		counts.packages = stage->size;
		*ret_counts = counts;
		return sl_base_package_replace_staged(db, upstream_id, error);
	}
	if (!sl_payload_add_staged(db, stage->upstream->name, fingerprint, error) ||
	    !sl_package_add_staged(db, upstream_id, now_at, &packages, &counts.packages, error) ||
	    !sl_update_add_staged(db, upstream_id, release_at, !first, now_at, &updates,
				  &counts.updates, error) ||
	    !sl_revision_add_staged(db, updates, packages, now_at, &counts.revisions, error) ||
	    !write_changes(db, now_at, error) ||
	    (!first && !write_withdrawn_updates(stage, db, now_at, &counts.withdrawn, error)) ||
	    !sl_update_mark_newest(db, upstream_id, error))
		return false;
	*ret_counts = counts;
	return true;
}
