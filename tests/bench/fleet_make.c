/* fleet_make.c - a database with a catalog and a fleet that enrolled and checked in */
#include "catalog/schema.h"
#include "clients/credential.h"
#include "clients/group.h"
#include "clients/schema.h"
#include "tests/bench/fleet.h"

#define BATCH 1000 /* computers made in one transaction */

static void run(SlDb *db, const char *format, ...) G_GNUC_PRINTF(2, 3);

static void
run(SlDb *db, const char *format, ...)
{
	g_autoptr(GError) error = NULL;
	va_list arguments;

	va_start(arguments, format);
	g_autofree char *sql = g_strdup_vprintf(format, arguments);
	va_end(arguments);
	must(sl_db_exec(db, sql, &error), "run", error);
}

/* An update of one package, approved for production. */
static void
add_update(SlDb *db, int update)
{
	g_autofree char *name = made_fleet_update(update);
	int id = update + 1;

	run(db,
	    "INSERT INTO updates (id, upstream_id, name, version, summary, released_at,"
	    " released_exact, seen_at, slot) VALUES (%d, 1, '%s', '" MADE_NEW "', '', 1, 1, 1, %d);"
	    "INSERT INTO revision VALUES (%d, %d, 1, 'd%d', 1);"
	    "INSERT INTO payload VALUES ('p%d', 1, 1, 'bench', '', '');"
	    "INSERT INTO package (id, upstream_id, name, version, architecture, component, source,"
	    " source_version, payload_sha256, filename, stanza, seen_at) VALUES (%d, 1, '%s',"
	    " '" MADE_NEW "', 'amd64', 'main', '%s', '" MADE_NEW "', 'p%d', 'f', '', 1);"
	    "INSERT INTO revision_package VALUES (%d, %d);"
	    "INSERT INTO approval (channel_id, update_id, revision_id, state, at, first_at, person)"
	    " SELECT id, %d, %d, 'approved', 1, 1, 'bench' FROM channel WHERE name = 'production'",
	    id, name, update, id, id, id, id, id, name, name, id, id, id, id, id);
}

/* Updates that nobody approved, as a whole archive has them. */
static void
add_known(SlDb *db, int first, int known)
{
	run(db,
	    "WITH RECURSIVE n (i) AS (SELECT %d UNION ALL SELECT i + 1 FROM n WHERE i < %d)"
	    " INSERT INTO updates (id, upstream_id, name, version, summary, section, released_at,"
	    " released_exact, seen_at, size) SELECT i, 1, 'source' || i, '1.' || i %% 50 || '-1',"
	    " 'what it is, in a line', 'libs', 1700000000 + i * 500, 1, 1, i FROM n;"
	    "INSERT INTO revision SELECT id, id, 1, 'd' || id, 1 FROM updates WHERE id >= %d;"
	    "INSERT INTO payload SELECT 'p' || id, 1, 1, 'bench', '', '' FROM updates WHERE id >= "
	    "%d;"
	    "INSERT INTO package (id, upstream_id, name, version, architecture, component, source,"
	    " source_version, payload_sha256, filename, stanza, seen_at) SELECT id, 1, 'binary' || "
	    "id,"
	    " version, 'amd64', 'main', name, version, 'p' || id, 'f', '', 1 FROM updates"
	    " WHERE id >= %d;"
	    "INSERT INTO revision_package SELECT id, id FROM updates WHERE id >= %d",
	    first, first + known - 1, first, first, first, first);
}

static void
make_catalog(SlDb *db, const MadeFleet *made, int known)
{
	run(db, "INSERT INTO upstream (id, name, kind, role, url, suite, components, architectures,"
		" publish_suite, keyring, fingerprints, added_at) VALUES (1, 'bench', 'debian',"
		" 'updates', 'http://archive.example.org/', 's', 'main', 'amd64', 's', x'00', 'F',"
		" 1); INSERT INTO upstream_serves VALUES (1, 'debian', 'bookworm')");
	for (int update = 0; update < made->updates; update++)
		add_update(db, update);
	if (known > 0)
		add_known(db, made->updates + 1, known);
	run(db, "INSERT INTO meta VALUES ('made', '%d %d %d %d')", made->computers, made->updates,
	    made->packages, made->kinds);
}

/* A group, and the secret of a token for it. */
static char *
make_group(SlDb *db, int group)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *name = g_strdup_printf("group%d", group);
	SlTokenRequest request = {.group = name, .person = "bench", .now_at = NOW};
	char *secret;

	must(sl_group_add(db, name, "production", "bench", NOW, &error), "add a group", error);
	secret = sl_token_make(db, &request, &error);
	must(secret != NULL, "make a token", error);
	return secret;
}

static int64_t
enroll(SlDb *db, int computer, const char *secret, SlCoverageDelta *delta)
{
	g_autoptr(SlEnrollment) enrollment = sl_enrollment_new();
	g_autoptr(GError) error = NULL;
	SlEnrollWrite write = {.enrollment = enrollment, .address = ADDRESS, .now_at = NOW};

	enrollment->token = g_strdup(secret);
	/* any bytes do: nobody seals to this machine */
	sl_seal_digest(&computer, sizeof computer, enrollment->keys.sign);
	sl_seal_digest(enrollment->keys.sign, SL_SEAL_SIGN_PUBLIC, enrollment->keys.box);
	made_fleet_facts(computer, &enrollment->facts);
	must(sl_enroll_store(db, &write, delta, &error), "enrol", error);
	sl_membership_clear(&write.membership);
	return write.computer;
}

typedef struct {
	const MadeFleet *made;
	SlDb *db;
	SlModel *model;
	GPtrArray *digests;
	char *secrets[MADE_GROUPS];
} Making;

/* Enrols one and lets it say what it has; the first of a kind sends all of it. */
static void
make_computer(Making *making, int computer, SlCoverageDelta *delta)
{
	int kind = made_fleet_kind(making->made, computer);
	int64_t id =
		enroll(making->db, computer, making->secrets[made_fleet_group(computer)], delta);
	g_autoptr(SlCheckin) checkin = checkin_of(computer, 1, making->digests->pdata[kind]);
	g_autoptr(GError) error = NULL;
	SlCheckinWrite write = {id, checkin, ADDRESS, NOW, .model = making->model};

	if (computer % MADE_GROUPS == 0 && computer / MADE_GROUPS < making->made->kinds)
		checkin->packages = made_fleet_packages(making->made, kind);
	must(sl_checkin_store(making->db, &write, delta, &error), "check in", error);
	must(write.outcome == SL_CHECKIN_TAKEN && !write.want_inventory, "check in", NULL);
	sl_membership_clear(&write.membership);
}

static void
make_computers(Making *making, int first)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(SlTransaction) transaction = sl_transaction_begin(making->db, &error);
	g_autoptr(SlCoverageDelta) delta = sl_coverage_delta_new();

	must(transaction != NULL, "begin", error);
	for (int i = first; i < MIN(first + BATCH, making->made->computers); i++)
		make_computer(making, i, delta);
	must(sl_coverage_delta_write(delta, making->db, &error), "count", error);
	must(sl_transaction_commit(g_steal_pointer(&transaction), &error), "commit", error);
}

void
make(const char *path, const MadeFleet *made, int known)
{
	const SlSchemaPart *parts[] = {sl_schema_catalog(), sl_schema_clients(), NULL};
	Making making = {.made = made, .db = open_database(path, SL_DB_WRITE)};
	g_autoptr(GError) error = NULL;

	must(sl_schema_apply(making.db, parts, &error), "make the tables", error);
	run(making.db, "PRAGMA synchronous = OFF; BEGIN");
	make_catalog(making.db, made, known);
	for (int group = 0; group < MADE_GROUPS; group++)
		making.secrets[group] = make_group(making.db, group);
	run(making.db, "COMMIT");
	making.model = load_model(path);
	making.digests = made_fleet_digests(made);
	for (int first = 0; first < made->computers; first += BATCH)
		make_computers(&making, first);
	for (int group = 0; group < MADE_GROUPS; group++)
		g_free(making.secrets[group]);
	sl_model_unref(making.model);
	g_ptr_array_unref(making.digests);
	sl_db_checkpoint(making.db);
	sl_db_free(making.db);
}
