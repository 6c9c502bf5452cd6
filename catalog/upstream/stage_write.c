/* stage_write.c - what of a staging database is new, and its way into the catalog */
#include <inttypes.h>
#include <string.h>

#include "catalog/base/hash.h"
#include "catalog/base_package.h"
#include "catalog/package.h"
#include "catalog/payload.h"
#include "catalog/update.h"
#include "catalog/upstream/stage_private.h"

static bool
note_id(SlDb *stage, const char *sql, int64_t id, GError **error)
{
	g_autoptr(SlQuery) query = sl_query_new(stage, sql);

	sl_query_bind_int(query, 1, id);
	return sl_query_run(query, error);
}

/* Looks a package of the catalog up in the stage; notes what became of it. */
static bool
compare_known(SlStage *stage, SlQuery *live, SlQuery *find, SlQuery *mark, GError **error)
{
	int64_t id = sl_query_int(live, 0);
	bool was_gone = !sl_query_is_null(live, 6);
	SlStep step;

	for (int i = 1; i <= 3; i++)
		sl_query_bind_text(find, i, sl_query_text(live, i));
	step = sl_query_step(find, error);
	if (step == SL_FAILED)
		return false;
	if (step == SL_DONE)
		return was_gone || note_id(stage->db, "INSERT INTO gone VALUES (?1)", id, error);
	if (strcmp(sl_query_text(find, 1), sl_query_text(live, 4)) != 0)
		return sl_error_set(error, SL_ERROR_INTEGRITY,
				    "package %s %s %s is known with SHA-256 %s; the upstream now "
				    "has %s under the same name and version",
				    sl_query_text(live, 1), sl_query_text(live, 2),
				    sl_query_text(live, 3), sl_query_text(live, 4),
				    sl_query_text(find, 1));
	sl_query_bind_int(mark, 1, sl_query_int(find, 0));
	sl_query_bind_int(mark, 2, id);
	if (!sl_query_run(mark, error))
		return false;
	if (was_gone && !note_id(stage->db, "INSERT INTO back VALUES (?1)", id, error))
		return false;
	if (strcmp(sl_query_text(find, 2), sl_query_text(live, 5)) != 0) {
		g_autoptr(SlQuery) moved =
			sl_query_new(stage->db, "INSERT INTO moved VALUES (?1, ?2)");

		sl_query_bind_int(moved, 1, id);
		sl_query_bind_text(moved, 2, sl_query_text(find, 2));
		if (!sl_query_run(moved, error))
			return false;
	}
	sl_query_reset(find);
	return true;
}

static bool
compare_packages(SlStage *stage, SlDb *live, SlJob *job, GError **error)
{
	g_autoptr(SlQuery) known = sl_query_new(
		live, "SELECT id, name, version, architecture, payload_sha256, filename,"
		      " withdrawn_at FROM package WHERE upstream_id = ?1");
	g_autoptr(SlQuery) find =
		sl_query_new(stage->db, "SELECT rowid, sha256, filename FROM item"
					" WHERE name = ?1 AND version = ?2 AND architecture = ?3");
	g_autoptr(SlQuery) mark =
		sl_query_new(stage->db, "UPDATE item SET live_id = ?2 WHERE rowid = ?1");
	SlStep step;

	sl_query_bind_int(known, 1, stage->upstream->id);
	while ((step = sl_query_step(known, error)) == SL_ROW)
		if (!sl_job_check(job, error) || !compare_known(stage, known, find, mark, error))
			return false;
	return step == SL_DONE;
}

static bool
note_set(SlStage *stage, SlDb *live, const char *source, const char *version, SlHash *hash,
	 GError **error)
{
	static const char sql[] = "SELECT u.id, r.digest FROM updates u JOIN revision r ON r.id ="
				  " (SELECT max(n.id) FROM revision n WHERE n.update_id = u.id)"
				  " WHERE u.upstream_id = ?1 AND u.name = ?2 AND u.version = ?3";
	g_autoptr(SlQuery) known = sl_query_new(live, sql);
	g_autoptr(SlQuery) note = NULL;
	g_autofree char *digest = sl_hash_finish(hash);
	SlStep step;

	sl_query_bind_int(known, 1, stage->upstream->id);
	sl_query_bind_text(known, 2, source);
	sl_query_bind_text(known, 3, version);
	step = sl_query_step(known, error);
	if (step == SL_FAILED)
		return false;
	if (step == SL_ROW && strcmp(sl_query_text(known, 1), digest) == 0)
		return true;
	note = sl_query_new(stage->db, "INSERT INTO set_ VALUES (?1, ?2, ?3, ?4)");
	sl_query_bind_text(note, 1, source);
	sl_query_bind_text(note, 2, version);
	sl_query_bind_text(note, 3, digest);
	if (step == SL_ROW)
		sl_query_bind_int(note, 4, sl_query_int(known, 0));
	else
		sl_query_bind_null(note, 4);
	return sl_query_run(note, error);
}

/* Notes every source version whose set of packages the catalog does not have. */
static bool
compare_sets(SlStage *stage, SlDb *live, GError **error)
{
	g_autoptr(SlQuery) query = sl_query_new(
		stage->db, "SELECT source, source_version, name, version, architecture, sha256"
			   " FROM item ORDER BY 1, 2, 3, 4, 5");
	g_autofree char *source = NULL;
	g_autofree char *version = NULL;
	g_autoptr(SlHash) hash = sl_hash_new();
	SlStep step;

	while ((step = sl_query_step(query, error)) == SL_ROW) {
		g_autofree char *line = g_strdup_printf(
			"%s %s %s %s\n", sl_query_text(query, 2), sl_query_text(query, 3),
			sl_query_text(query, 4), sl_query_text(query, 5));

		if (!source || strcmp(source, sl_query_text(query, 0)) != 0 ||
		    strcmp(version, sl_query_text(query, 1)) != 0) {
			if (source && !note_set(stage, live, source, version, hash, error))
				return false;
			g_free(source);
			g_free(version);
			source = g_strdup(sl_query_text(query, 0));
			version = g_strdup(sl_query_text(query, 1));
		}
		sl_hash_add(hash, line, strlen(line));
	}
	if (step == SL_FAILED)
		return false;
	return !source || note_set(stage, live, source, version, hash, error);
}

bool
sl_stage_compare(SlStage *stage, SlDb *live, SlJob *job, GError **error)
{
	/* made after the load, which it would slow; every look-up by source needs it */
	static const char index[] =
		"CREATE INDEX item_by_source ON item (source, source_version, name)";

	if (strcmp(stage->upstream->role, "base") == 0)
		return true;
	return sl_db_exec(stage->db, index, error) && compare_packages(stage, live, job, error) &&
	       compare_sets(stage, live, error);
}

static bool
write_base(SlStage *stage, SlDb *db, GError **error)
{
	g_autoptr(SlQuery) query = sl_query_new(
		stage->db, "SELECT name, architecture, version, provides FROM item ORDER BY 1, 2");
	SlStep step;

	if (!sl_base_package_clear(db, stage->upstream->id, error))
		return false;
	while ((step = sl_query_step(query, error)) == SL_ROW)
		if (!sl_base_package_add(db, stage->upstream->id, sl_query_text(query, 0),
					 sl_query_text(query, 1), sl_query_text(query, 2),
					 sl_query_text(query, 3), error))
			return false;
	return step == SL_DONE;
}

static bool
write_package(SlStage *stage, SlDb *db, SlQuery *row, int64_t id, int64_t now_at,
	      const char *fingerprint, GError **error)
{
	SlPackage package = {
		.id = id,
		.upstream_id = stage->upstream->id,
		.name = (char *)sl_query_text(row, 1),
		.version = (char *)sl_query_text(row, 2),
		.architecture = (char *)sl_query_text(row, 3),
		.component = (char *)sl_query_text(row, 4),
		.section = (char *)sl_query_text(row, 5),
		.source = (char *)sl_query_text(row, 6),
		.source_version = (char *)sl_query_text(row, 7),
		.payload_sha256 = (char *)sl_query_text(row, 8),
		.filename = (char *)sl_query_text(row, 10),
		.stanza = (char *)sl_query_text(row, 11),
		.seen_at = now_at,
	};

	return sl_payload_add(db, package.payload_sha256, sl_query_int(row, 9),
			      stage->upstream->name, sl_query_text(row, 12), fingerprint, error) &&
	       sl_package_add(db, &package, error);
}

static bool
write_packages(SlStage *stage, SlDb *db, int64_t now_at, const char *fingerprint,
	       int64_t *ret_written, GError **error)
{
	g_autoptr(SlQuery) query = sl_query_new(
		stage->db, "SELECT rowid, name, version, architecture, component, section, source,"
			   " source_version, sha256, size, filename, stanza, index_sha256"
			   " FROM item WHERE live_id IS NULL ORDER BY name, version, architecture");
	g_autoptr(SlQuery) mark =
		sl_query_new(stage->db, "UPDATE item SET live_id = ?2 WHERE rowid = ?1");
	int64_t first = sl_package_next_id(db, error), id = first;
	SlStep step;

	if (first == 0)
		return false;
	while ((step = sl_query_step(query, error)) == SL_ROW) {
		if (!write_package(stage, db, query, id, now_at, fingerprint, error))
			return false;
		sl_query_bind_int(mark, 1, sl_query_int(query, 0));
		sl_query_bind_int(mark, 2, id++);
		if (!sl_query_run(mark, error))
			return false;
	}
	*ret_written = id - first;
	return step == SL_DONE;
}

/* What an update is called and when it came: from its binary of the same name, else its first. */
static int64_t
add_update(SlStage *stage, SlDb *db, const char *source, const char *version, int64_t release_at,
	   bool first, int64_t now_at, GError **error)
{
	g_autoptr(SlQuery) query = sl_query_new(
		stage->db, "SELECT summary, section, component FROM item WHERE source = ?1"
			   " AND source_version = ?2 ORDER BY name <> ?1, name LIMIT 1");
	SlUpdate update = {
		.upstream_id = stage->upstream->id,
		.name = (char *)source,
		.version = (char *)version,
		.released_at = release_at,
		.released_exact = !first,
		.seen_at = now_at,
	};

	sl_query_bind_text(query, 1, source);
	sl_query_bind_text(query, 2, version);
	if (sl_query_step(query, error) != SL_ROW)
		return 0;
	update.summary = (char *)sl_query_text(query, 0);
	update.section = (char *)sl_query_text(query, 1);
	update.component = (char *)sl_query_text(query, 2);
	return sl_update_add(db, &update, error);
}

static bool
add_revision(SlStage *stage, SlDb *db, int64_t update_id, SlQuery *set, int64_t now_at,
	     GError **error)
{
	g_autoptr(SlQuery) packages = sl_query_new(
		stage->db, "SELECT live_id FROM item WHERE source = ?1 AND source_version = ?2");
	int64_t revision = sl_revision_add(db, update_id, sl_query_text(set, 2), now_at, error);
	SlStep step;

	if (revision == 0)
		return false;
	sl_query_bind_text(packages, 1, sl_query_text(set, 0));
	sl_query_bind_text(packages, 2, sl_query_text(set, 1));
	while ((step = sl_query_step(packages, error)) == SL_ROW)
		if (!sl_revision_add_package(db, revision, sl_query_int(packages, 0), error))
			return false;
	return step == SL_DONE;
}

/* Whether the update had this very set before: then it is no new revision. */
static bool
had_set(SlDb *db, int64_t update_id, const char *digest)
{
	g_autoptr(SlQuery) query =
		sl_query_new(db, "SELECT 1 FROM revision WHERE update_id = ?1 AND digest = ?2");

	sl_query_bind_int(query, 1, update_id);
	sl_query_bind_text(query, 2, digest);
	return sl_query_step(query, NULL) == SL_ROW;
}

static bool
write_sets(SlStage *stage, SlDb *db, int64_t release_at, bool first, int64_t now_at,
	   SlStageCounts *counts, GError **error)
{
	g_autoptr(SlQuery) query = sl_query_new(
		stage->db, "SELECT source, source_version, digest, update_id FROM set_");
	SlStep step;

	while ((step = sl_query_step(query, error)) == SL_ROW) {
		const char *source = sl_query_text(query, 0);
		bool known = !sl_query_is_null(query, 3);
		int64_t update = sl_query_int(query, 3);

		if (known && had_set(db, update, sl_query_text(query, 2)))
			continue;
		if (!known)
			update = add_update(stage, db, source, sl_query_text(query, 1), release_at,
					    first, now_at, error);
		if (!update || !add_revision(stage, db, update, query, now_at, error))
			return false;
		if (!known && !sl_update_mark_newest(db, stage->upstream->id, source, error))
			return false;
		counts->updates += !known;
		counts->revisions++;
	}
	return step == SL_DONE;
}

static bool
write_marks(SlStage *stage, SlDb *db, const char *sql, int64_t withdrawn_at, GError **error)
{
	g_autoptr(SlQuery) query = sl_query_new(stage->db, sql);
	SlStep step;

	while ((step = sl_query_step(query, error)) == SL_ROW)
		if (!sl_package_set_withdrawn(db, sl_query_int(query, 0), withdrawn_at, error))
			return false;
	return step == SL_DONE;
}

static bool
write_moves(SlStage *stage, SlDb *db, GError **error)
{
	g_autoptr(SlQuery) query =
		sl_query_new(stage->db, "SELECT package_id, filename FROM moved");
	SlStep step;

	while ((step = sl_query_step(query, error)) == SL_ROW)
		if (!sl_package_set_filename(db, sl_query_int(query, 0), sl_query_text(query, 1),
					     error))
			return false;
	return step == SL_DONE;
}

/* An update has left when none of its newest revision's packages is there any more. */
static bool
write_withdrawn_updates(SlStage *stage, SlDb *db, int64_t now_at, int64_t *ret_withdrawn,
			GError **error)
{
	static const char sql[] =
		"SELECT u.id, u.name, u.withdrawn_at IS NOT NULL, EXISTS (SELECT 1"
		"  FROM revision_package rp JOIN package p ON p.id = rp.package_id"
		"  WHERE rp.revision_id = (SELECT max(r.id) FROM revision r WHERE r.update_id = "
		"u.id)"
		"  AND p.withdrawn_at IS NULL) AS there FROM updates u WHERE u.upstream_id = ?1"
		" AND (u.withdrawn_at IS NULL) <> there";
	g_autoptr(SlQuery) query = sl_query_new(db, sql);
	g_autoptr(GHashTable) names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	GHashTableIter iter;
	gpointer name;
	SlStep step;

	sl_query_bind_int(query, 1, stage->upstream->id);
	while ((step = sl_query_step(query, error)) == SL_ROW) {
		bool there = sl_query_int(query, 3) != 0;

		g_hash_table_add(names, g_strdup(sl_query_text(query, 1)));
		if (!sl_update_set_withdrawn(db, sl_query_int(query, 0), there ? 0 : now_at, error))
			return false;
		*ret_withdrawn += !there;
	}
	g_hash_table_iter_init(&iter, names);
	while (step == SL_DONE && g_hash_table_iter_next(&iter, &name, NULL))
		if (!sl_update_mark_newest(db, stage->upstream->id, name, error))
			return false;
	return step == SL_DONE;
}

bool
sl_stage_write(SlStage *stage, SlDb *db, int64_t release_at, bool first, int64_t now_at,
	       const char *fingerprint, SlStageCounts *ret_counts, GError **error)
{
	SlStageCounts counts = {0};

	if (strcmp(stage->upstream->role, "base") == 0) {
		counts.packages = stage->size;
		*ret_counts = counts;
		return write_base(stage, db, error);
	}
	if (!write_packages(stage, db, now_at, fingerprint, &counts.packages, error) ||
	    !write_marks(stage, db, "SELECT package_id FROM gone", now_at, error) ||
	    !write_marks(stage, db, "SELECT package_id FROM back", 0, error) ||
	    !write_moves(stage, db, error) ||
	    !write_sets(stage, db, release_at, first, now_at, &counts, error) ||
	    !write_withdrawn_updates(stage, db, now_at, &counts.withdrawn, error))
		return false;
	*ret_counts = counts;
	return true;
}
