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

/* The sets that the catalog has of the upstream, walked along in the order of the stage's. */
typedef struct {
	SlQuery *query;
	SlStep step;
} KnownSets;

/* Whether a set's update is known; the query stands on it then. False with the error set only on a
 * failure. */
static bool
find_known_set(KnownSets *known, const char *source, const char *version, bool *ret_found,
	       GError **error)
{
	int order = -1;

	for (; known->step == SL_ROW; known->step = sl_query_step(known->query, error)) {
		order = strcmp(sl_query_text(known->query, 0), source);
		if (order == 0)
			order = strcmp(sl_query_text(known->query, 1), version);
		if (order >= 0)
			break;
	}
	*ret_found = known->step == SL_ROW && order == 0;
	return known->step != SL_FAILED;
}

/* One source version with its packages, as the stage is walked along. */
typedef struct {
	char *source;
	char *version;
	SlHash *hash;
	int64_t face; /* rowid of the item that tells what the update is: of the same name, or first
		       */
} Set;

static void
set_clear(Set *set)
{
	g_free(set->source);
	g_free(set->version);
	sl_hash_free(set->hash);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Set, set_clear)

static bool
note_set(SlStage *stage, KnownSets *known, const Set *set, GError **error)
{
	g_autoptr(SlQuery) note = NULL;
	g_autofree char *digest = sl_hash_finish(set->hash);
	bool found;

	if (!find_known_set(known, set->source, set->version, &found, error))
		return false;
	if (found && strcmp(sl_query_text(known->query, 3), digest) == 0)
		return true;
	note = sl_query_new(stage->db, "INSERT INTO set_ (source, source_version, digest, face,"
				       " update_id) VALUES (?1, ?2, ?3, ?4, ?5)");
	sl_query_bind_text(note, 1, set->source);
	sl_query_bind_text(note, 2, set->version);
	sl_query_bind_text(note, 3, digest);
	sl_query_bind_int(note, 4, set->face);
	if (found)
		sl_query_bind_int(note, 5, sl_query_int(known->query, 2));
	else
		sl_query_bind_null(note, 5);
	return sl_query_run(note, error);
}

/* Takes the package a query stands on into its set; the set before it is noted when it begins one.
 */
static bool
take_package(SlStage *stage, KnownSets *known, Set *set, SlQuery *row, GError **error)
{
	const char *source = sl_query_text(row, 0);
	const char *version = sl_query_text(row, 1);
	const char *name = sl_query_text(row, 2);
	g_autofree char *line = g_strdup_printf("%s %s %s %s\n", name, sl_query_text(row, 3),
						sl_query_text(row, 4), sl_query_text(row, 5));
	bool first = !set->source || strcmp(set->source, source) != 0 ||
		     strcmp(set->version, version) != 0;

	if (first && set->source && !note_set(stage, known, set, error))
		return false;
	if (first) {
		g_free(set->source);
		g_free(set->version);
		set->source = g_strdup(source);
		set->version = g_strdup(version);
	}
	if (first || strcmp(name, source) == 0)
		set->face = sl_query_int(row, 6);
	sl_hash_add(set->hash, line, strlen(line));
	return true;
}

/* Notes every source version whose set of packages the catalog does not have. */
static bool
compare_sets(SlStage *stage, SlDb *live, GError **error)
{
	g_autoptr(SlQuery) rows = sl_query_new(
		stage->db, "SELECT source, source_version, name, version, architecture, sha256,"
			   " rowid FROM item ORDER BY 1, 2, 3, 4, 5");
	g_autoptr(SlQuery) query = sl_query_new(
		live, "SELECT u.name, u.version, u.id, r.digest FROM updates u JOIN revision r"
		      " ON r.id = (SELECT max(n.id) FROM revision n WHERE n.update_id = u.id)"
		      " WHERE u.upstream_id = ?1 ORDER BY u.name, u.version");
	g_auto(Set) set = {.hash = sl_hash_new()};
	KnownSets known = {.query = query};
	SlStep step;

	sl_query_bind_int(query, 1, stage->upstream->id);
	known.step = sl_query_step(query, error);
	if (known.step == SL_FAILED)
		return false;
	while ((step = sl_query_step(rows, error)) == SL_ROW)
		if (!take_package(stage, &known, &set, rows, error))
			return false;
	if (step == SL_FAILED)
		return false;
	return !set.source || note_set(stage, &known, &set, error);
}

bool
sl_stage_compare(SlStage *stage, SlDb *live, SlJob *job, GError **error)
{
	/* made after the load, which it would slow; comparing reads nothing but it */
	static const char index[] = "CREATE INDEX item_by_source ON item (source, source_version,"
				    " name, version, architecture, sha256)";

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

/* In the order of their hashes, which is that of the table: others would tear its pages. */
static bool
write_payloads(SlStage *stage, SlDb *db, const char *fingerprint, GError **error)
{
	g_autoptr(SlQuery) query =
		sl_query_new(stage->db, "SELECT sha256, size, index_sha256 FROM item"
					" WHERE live_id IS NULL ORDER BY sha256");
	SlStep step;

	while ((step = sl_query_step(query, error)) == SL_ROW)
		if (!sl_payload_add(db, sl_query_text(query, 0), sl_query_int(query, 1),
				    stage->upstream->name, sl_query_text(query, 2), fingerprint,
				    error))
			return false;
	return step == SL_DONE;
}

static bool
write_package(const SlStage *stage, SlDb *db, SlQuery *row, int64_t id, int64_t now_at,
	      GError **error)
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
		.filename = (char *)sl_query_text(row, 9),
		.stanza = (char *)sl_query_text(row, 10),
		.seen_at = now_at,
	};

	return sl_package_add(db, &package, error);
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

/* What the writing of sets goes by, and what it has written. */
typedef struct {
	SlStage *stage;
	SlDb *db;
	int64_t release_at;
	bool first;
	int64_t now_at;
	int64_t next_update; /* ids of the next new ones */
	int64_t next_revision;
	int64_t next_package;
	SlStageCounts *counts;
} Writing;

static bool
add_update(const Writing *writing, int64_t id, SlQuery *set, GError **error)
{
	SlUpdate update = {
		.id = id,
		.upstream_id = writing->stage->upstream->id,
		.name = (char *)sl_query_text(set, 0),
		.version = (char *)sl_query_text(set, 1),
		.summary = (char *)sl_query_text(set, 4),
		.section = (char *)sl_query_text(set, 5),
		.component = (char *)sl_query_text(set, 6),
		.released_at = writing->release_at,
		.released_exact = !writing->first,
		.seen_at = writing->now_at,
	};

	writing->counts->updates++;
	return sl_update_add(writing->db, &update, error);
}

/* Adds a set's packages to its revision, and those to the catalog that are new. */
static bool
add_packages(Writing *writing, int64_t revision, const char *source, const char *version,
	     GError **error)
{
	g_autoptr(SlQuery) query = sl_query_new(
		writing->stage->db,
		"SELECT live_id, name, version, architecture, component, section, source,"
		" source_version, sha256, filename, stanza FROM item"
		" WHERE source = ?1 AND source_version = ?2");
	SlStep step;

	sl_query_bind_text(query, 1, source);
	sl_query_bind_text(query, 2, version);
	while ((step = sl_query_step(query, error)) == SL_ROW) {
		int64_t id = sl_query_int(query, 0);

		if (sl_query_is_null(query, 0)) {
			id = writing->next_package++;
			writing->counts->packages++;
			if (!write_package(writing->stage, writing->db, query, id, writing->now_at,
					   error))
				return false;
		}
		if (!sl_revision_add_package(writing->db, revision, id, error))
			return false;
	}
	return step == SL_DONE;
}

/* A new package makes its set a new one: with the sets all packages are written. */
static bool
write_set(Writing *writing, SlQuery *set, GError **error)
{
	const char *digest = sl_query_text(set, 2);
	bool known = !sl_query_is_null(set, 3);
	int64_t update = known ? sl_query_int(set, 3) : writing->next_update++;
	int64_t revision;

	if (known && had_set(writing->db, update, digest))
		return true;
	revision = writing->next_revision++;
	writing->counts->revisions++;
	return (known || add_update(writing, update, set, error)) &&
	       sl_revision_add(writing->db, revision, update, digest, writing->now_at, error) &&
	       add_packages(writing, revision, sl_query_text(set, 0), sl_query_text(set, 1),
			    error) &&
	       sl_update_measure(writing->db, update, error);
}

static bool
write_sets(Writing *writing, GError **error)
{
	g_autoptr(SlQuery) query = sl_query_new(
		writing->stage->db,
		"SELECT s.source, s.source_version, s.digest, s.update_id, i.summary, i.section,"
		" i.component FROM set_ s JOIN item i ON i.rowid = s.face ORDER BY s.rowid");
	SlStep step;

	writing->next_update = sl_update_next_id(writing->db, error);
	writing->next_revision = writing->next_update ? sl_revision_next_id(writing->db, error) : 0;
	writing->next_package = writing->next_revision ? sl_package_next_id(writing->db, error) : 0;
	if (writing->next_package == 0)
		return false;
	while ((step = sl_query_step(query, error)) == SL_ROW)
		if (!write_set(writing, query, error))
			return false;
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
sl_stage_write(SlStage *stage, SlDb *db, int64_t release_at, bool first, int64_t now_at,
	       const char *fingerprint, SlStageCounts *ret_counts, GError **error)
{
	SlStageCounts counts = {0};
	Writing writing = {.stage = stage,
			   .db = db,
			   .release_at = release_at,
			   .first = first,
			   .now_at = now_at,
			   .counts = &counts};

	if (strcmp(stage->upstream->role, "base") == 0) {
		counts.packages = stage->size;
		*ret_counts = counts;
		return write_base(stage, db, error);
	}
	if (!write_payloads(stage, db, fingerprint, error) || !write_sets(&writing, error) ||
	    !write_marks(stage, db, "SELECT package_id FROM gone", now_at, error) ||
	    !write_marks(stage, db, "SELECT package_id FROM back", 0, error) ||
	    !write_moves(stage, db, error) ||
	    (!first && !write_withdrawn_updates(stage, db, now_at, &counts.withdrawn, error)) ||
	    !sl_update_mark_newest(db, stage->upstream->id, error))
		return false;
	*ret_counts = counts;
	return true;
}
