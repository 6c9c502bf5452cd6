#include "catalog/schema.h"

#include <inttypes.h>

#include "catalog/base/seal.h"
#include "catalog/base/text.h"

#define SERVER_ID_SIZE 16 /* random bytes */

extern const char sl_schema_catalog_sql[];

const SlSchemaPart *
sl_schema_catalog(void)
{
	static const char *const steps[] = {
		/* 2: what stays published until a new revision's payloads are here */
		"ALTER TABLE approval ADD COLUMN previous_revision_id INTEGER"
		" REFERENCES revision(id);"
		"CREATE VIEW stored_revision AS"
		" SELECT r.id FROM revision r WHERE NOT EXISTS (SELECT 1 FROM revision_package rp"
		"  JOIN package p ON p.id = rp.package_id"
		"  JOIN payload l ON l.sha256 = p.payload_sha256"
		"  WHERE rp.revision_id = r.id AND l.stored_at IS NULL)",
		/* 3: when a sync is due follows from the syncs before */
		"ALTER TABLE upstream DROP COLUMN next_sync_at",
		/* 4: what rotted in the database is not signed */
		"ALTER TABLE package ADD COLUMN checksum INTEGER",
		/* 5: what ratings ask for can be changed, updates can be held, an update's history
		 * is found */
		"CREATE TABLE rating (name TEXT PRIMARY KEY, position INTEGER NOT NULL UNIQUE,"
		" allow_s INTEGER, soak_s INTEGER NOT NULL) WITHOUT ROWID;"
		"INSERT INTO rating (name, position, allow_s, soak_s) VALUES"
		" ('critical', 1, 0, 3600), ('high', 2, 604800, 86400),"
		" ('medium', 3, 1814400, 259200), ('low', 4, 7776000, 604800),"
		" ('none', 5, NULL, 604800);"
		"CREATE TABLE hold (update_id INTEGER PRIMARY KEY"
		" REFERENCES updates(id) ON DELETE CASCADE, person TEXT NOT NULL,"
		" reason TEXT NOT NULL, at INTEGER NOT NULL);"
		"CREATE INDEX audit_by_object ON audit (object, id)",
		/* 6: people sign in at the admin page */
		"CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, role"
		" TEXT NOT NULL, password TEXT NOT NULL, added_at INTEGER NOT NULL,"
		" signed_in_at INTEGER);"
		"CREATE TABLE session (digest BLOB PRIMARY KEY, person_id INTEGER NOT NULL"
		" REFERENCES person(id) ON DELETE CASCADE, begun_at INTEGER NOT NULL, seen_at"
		" INTEGER NOT NULL, confirmed_at INTEGER NOT NULL) WITHOUT ROWID;"
		"CREATE INDEX session_by_person ON session(person_id);"
		"CREATE TABLE api_token (id INTEGER PRIMARY KEY, digest BLOB NOT NULL UNIQUE,"
		" prefix TEXT NOT NULL, name TEXT NOT NULL, person TEXT NOT NULL, person_id"
		" INTEGER REFERENCES person(id) ON DELETE CASCADE, role TEXT NOT NULL,"
		" made_at INTEGER NOT NULL, expires_at INTEGER NOT NULL);"
		"CREATE INDEX api_token_by_person ON api_token(person_id);"
		"CREATE TABLE login_failure (kind TEXT NOT NULL, name TEXT NOT NULL, count"
		" INTEGER NOT NULL, last_at INTEGER NOT NULL, PRIMARY KEY (kind, name))"
		" WITHOUT ROWID;"
		"CREATE TABLE setup_code (digest BLOB PRIMARY KEY, expires_at INTEGER NOT"
		" NULL) WITHOUT ROWID",
		/* 7: lists are sorted by size without adding it up */
		"ALTER TABLE updates ADD COLUMN size INTEGER NOT NULL DEFAULT 0;"
		"UPDATE updates SET size = (SELECT coalesce(sum(l.size), 0) FROM payload l"
		" WHERE l.sha256 IN (SELECT p.payload_sha256 FROM revision_package rp"
		"  JOIN package p ON p.id = rp.package_id WHERE rp.revision_id ="
		"   (SELECT max(r.id) FROM revision r WHERE r.update_id = updates.id)))",
	};
	static const SlSchemaPart part = {"catalog", G_N_ELEMENTS(steps) + 1, sl_schema_catalog_sql,
					  steps};

	return &part;
}

/* The version a part has in this database; 0 when it is not there. */
static bool
current_version(SlDb *db, const char *name, int64_t *ret_version, GError **error)
{
	g_autoptr(SlQuery) tables = sl_query_new(
		db, "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = "
		    "'schema_version'");
	g_autoptr(SlQuery) query = NULL;
	SlStep step = sl_query_step(tables, error);

	*ret_version = 0;
	if (step != SL_ROW || sl_query_int(tables, 0) == 0)
		return step == SL_ROW;
	query = sl_query_new(db, "SELECT version FROM schema_version WHERE part = ?1");
	sl_query_bind_text(query, 1, name);
	step = sl_query_step(query, error);
	if (step == SL_ROW)
		*ret_version = sl_query_int(query, 0);
	return step != SL_FAILED;
}

static bool
set_version(SlDb *db, const SlSchemaPart *part, GError **error)
{
	g_autoptr(SlQuery) query =
		sl_query_new(db, "INSERT INTO schema_version (part, version) VALUES (?1, ?2)"
				 " ON CONFLICT (part) DO UPDATE SET version = ?2");

	sl_query_bind_text(query, 1, part->name);
	sl_query_bind_int(query, 2, part->version);
	return sl_query_run(query, error);
}

static bool
make(SlDb *db, const SlSchemaPart *part, GError **error)
{
	if (sl_db_exec(db, part->whole, error))
		return true;
	g_prefix_error(error, "make the tables of %s: ", part->name);
	return false;
}

static bool
migrate(SlDb *db, const SlSchemaPart *part, int64_t version, GError **error)
{
	for (; version < part->version; version++)
		if (!sl_db_exec(db, part->steps[version - 1], error)) {
			g_prefix_error(error, "migrate %s to version %" PRId64 ": ", part->name,
				       version + 1);
			return false;
		}
	return true;
}

static bool
apply_part(SlDb *db, const SlSchemaPart *part, GError **error)
{
	int64_t version;

	if (!current_version(db, part->name, &version, error))
		return false;
	if (version > part->version)
		return sl_error_set(error, SL_ERROR_CONFLICT,
				    "the database is of a newer program: %s has version %" PRId64
				    ", this program knows %" PRId64,
				    part->name, version, part->version);
	if (version == part->version)
		return true;
	if (version == 0 ? !make(db, part, error) : !migrate(db, part, version, error))
		return false;
	return set_version(db, part, error);
}

static bool
make_identity(SlDb *db, GError **error)
{
	g_autoptr(GError) absent = NULL;
	g_autofree char *there = sl_meta_text(db, "server_id", &absent);
	g_autofree char *made = NULL;

	if (there)
		return true;
	if (!g_error_matches(absent, SL_ERROR, SL_ERROR_NOT_FOUND)) {
		g_propagate_error(error, g_steal_pointer(&absent));
		return false;
	}
	made = sl_seal_random_text(SERVER_ID_SIZE);
	return sl_meta_set(db, "server_id", made, error) && sl_meta_set(db, "epoch", "1", error);
}

bool
sl_schema_apply(SlDb *db, const SlSchemaPart *const *parts, GError **error)
{
	g_autoptr(SlTransaction) transaction = sl_transaction_begin(db, error);

	if (!transaction)
		return false;
	for (; *parts; parts++)
		if (!apply_part(db, *parts, error))
			return false;
	if (!make_identity(db, error))
		return false;
	return sl_transaction_commit(g_steal_pointer(&transaction), error);
}

char *
sl_meta_text(SlDb *db, const char *key, GError **error)
{
	g_autoptr(SlQuery) query = sl_query_new(db, "SELECT value FROM meta WHERE key = ?1");
	SlStep step;

	sl_query_bind_text(query, 1, key);
	step = sl_query_step(query, error);
	if (step == SL_ROW)
		return g_strdup(sl_query_text(query, 0));
	if (step == SL_DONE)
		sl_error_set(error, SL_ERROR_NOT_FOUND, "database has no %s", key);
	return NULL;
}

bool
sl_meta_set(SlDb *db, const char *key, const char *value, GError **error)
{
	g_autoptr(SlQuery) query = sl_query_new(db, "INSERT INTO meta (key, value) VALUES (?1, ?2)"
						    " ON CONFLICT (key) DO UPDATE SET value = ?2");

	sl_query_bind_text(query, 1, key);
	sl_query_bind_text(query, 2, value);
	return sl_query_run(query, error);
}

bool
sl_meta_epoch(SlDb *db, int64_t *ret_epoch, GError **error)
{
	g_autofree char *text = sl_meta_text(db, "epoch", error);

	return text && sl_text_int(text, 1, INT64_MAX, ret_epoch, error);
}

bool
sl_meta_raise_epoch(SlDb *db, GError **error)
{
	int64_t epoch;

	if (!sl_meta_epoch(db, &epoch, error))
		return false;
	g_autofree char *raised = g_strdup_printf("%" PRId64, epoch + 1);

	return sl_meta_set(db, "epoch", raised, error);
}
