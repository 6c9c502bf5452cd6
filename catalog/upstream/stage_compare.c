/* stage_compare.c - what of a staging database is new to the catalog */
#include <string.h>

#include "catalog/base/hash.h"
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
	SlDb *live;
	SlQuery *query; /* name, version and id of an update, digest of its newest revision */
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

/* Whether the update that is found has the very set, or had it before: then it is no new revision.
 */
static bool
has_set(const KnownSets *known, const char *digest)
{
	static const char sql[] = "SELECT 1 FROM revision WHERE update_id = ?1 AND digest = ?2";
	g_autoptr(SlQuery) query = NULL;

	if (strcmp(sl_query_text(known->query, 3), digest) == 0)
		return true;
	query = sl_query_new(known->live, sql);
	sl_query_bind_int(query, 1, sl_query_int(known->query, 2));
	sl_query_bind_text(query, 2, digest);
	return sl_query_step(query, NULL) == SL_ROW;
}

static bool
note_set(SlStage *stage, KnownSets *known, const Set *set, GError **error)
{
	g_autoptr(SlQuery) note = NULL;
	g_autofree char *digest = sl_hash_finish(set->hash);
	bool found;

	if (!find_known_set(known, set->source, set->version, &found, error))
		return false;
	if (found && has_set(known, digest))
		return true;
	note = sl_query_new(stage->db, "INSERT INTO new_set (source, source_version, digest, face,"
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
	KnownSets known = {.live = live, .query = query};
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
		return sl_stage_close(stage, error);
	return sl_db_exec(stage->db, index, error) && compare_packages(stage, live, job, error) &&
	       compare_sets(stage, live, error) && sl_stage_close(stage, error);
}
