/* A database of each older version becomes the same as a fresh one; tests/data/schema has them. */
#include <glib.h>
#include <glib/gstdio.h>
#include <inttypes.h>
#include <string.h>

#include "catalog/schema.h"
#include "clients/schema.h"

static const SlSchemaPart *const *
all_parts(void)
{
	static const SlSchemaPart *parts[3];

	parts[0] = sl_schema_catalog();
	parts[1] = sl_schema_clients();
	return parts;
}

typedef struct {
	char *path;
	SlDb *db;
} Fixture;

static void
set_up(Fixture *f, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	int fd = g_file_open_tmp("slXXXXXX.db", &f->path, &error);

	(void)data;
	g_assert_no_error(error);
	g_close(fd, NULL);
	f->db = sl_db_open(f->path, SL_DB_WRITE, &error);
	g_assert_no_error(error);
}

static void
tear_down(Fixture *f, gconstpointer data)
{
	(void)data;
	sl_db_free(f->db);
	for (const char *const *end = (const char *const[]){"", "-wal", "-shm", NULL}; *end;
	     end++) {
		g_autofree char *path = g_strconcat(f->path, *end, NULL);

		g_unlink(path);
	}
	g_free(f->path);
}

static void
execute(SlDb *db, const char *sql)
{
	g_autoptr(GError) error = NULL;

	sl_db_exec(db, sql, &error);
	g_assert_no_error(error);
}

static void
apply(SlDb *db)
{
	g_autoptr(GError) error = NULL;

	sl_schema_apply(db, all_parts(), &error);
	g_assert_no_error(error);
}

/* Everything that tables, indexes and views consist of, and the rows they are made with, as sorted
 * lines. */
static char *
describe(SlDb *db)
{
	static const char sql[] =
		"SELECT m.type || ' ' || m.name || ' ' || coalesce(c.name || ' ' || c.type || ' ' "
		"||"
		" c.\"notnull\" || ' ' || coalesce(c.dflt_value, '-') || ' ' || c.pk, '') AS line"
		" FROM sqlite_master m LEFT JOIN pragma_table_xinfo(m.name) c"
		" WHERE m.name NOT LIKE 'sqlite_%'"
		" UNION SELECT 'reference ' || m.name || ' ' || k.\"from\" || ' ' || k.\"table\""
		" || ' ' || k.on_delete FROM sqlite_master m JOIN pragma_foreign_key_list(m.name) k"
		" UNION SELECT 'index ' || i.name || ' ' || m.name || ' ' || i.\"unique\" || ' '"
		" || coalesce(x.name, '') FROM sqlite_master m JOIN pragma_index_list(m.name) i"
		" JOIN pragma_index_xinfo(i.name) x WHERE m.type = 'table'"
		" UNION SELECT 'view ' || name || ' ' || replace(replace(replace(sql, char(10), ' "
		"'),"
		" char(9), ''), '  ', ' ') FROM sqlite_master WHERE type = 'view'"
		" UNION SELECT 'rating ' || name || ' ' || position || ' ' || coalesce(allow_s, "
		"'-')"
		" || ' ' || soak_s FROM rating ORDER BY line";
	g_autoptr(SlQuery) query = sl_query_new(db, sql);
	g_autoptr(GString) text = g_string_new(NULL);
	g_autoptr(GError) error = NULL;
	SlStep step;

	while ((step = sl_query_step(query, &error)) == SL_ROW)
		g_string_append_printf(text, "%s\n", sl_query_text(query, 0));
	g_assert_no_error(error);
	g_assert_cmpuint(text->len, >, 1000);
	return g_string_free(g_steal_pointer(&text), FALSE);
}

/* Makes the tables as an older version made them. */
static void
make_older(SlDb *db, int64_t catalog, int64_t clients)
{
	const int64_t versions[] = {catalog, clients};

	for (int i = 0; all_parts()[i]; i++) {
		const SlSchemaPart *part = all_parts()[i];
		g_autoptr(GError) error = NULL;
		g_autofree char *name =
			g_strdup_printf("%s-%" PRId64 ".sql", part->name, versions[i]);
		g_autofree char *path = g_test_build_filename(G_TEST_DIST, "schema", name, NULL);
		g_autofree char *sql = NULL;
		g_autoptr(SlQuery) note = NULL;

		if (versions[i] < part->version)
			g_file_get_contents(path, &sql, NULL, &error);
		g_assert_no_error(error);
		execute(db, sql ? sql : part->whole);
		note = sl_query_new(db,
				    "INSERT INTO schema_version (part, version) VALUES (?1, ?2)");
		sl_query_bind_text(note, 1, part->name);
		sl_query_bind_int(note, 2, versions[i]);
		g_assert_true(sl_query_run(note, NULL));
	}
	execute(db, "INSERT INTO meta (key, value) VALUES ('server_id', 'x'), ('epoch', '1')");
}

static void
test_every_older_version_becomes_the_newest(Fixture *f, gconstpointer data)
{
	g_autofree char *fresh = NULL;

	apply(f->db);
	fresh = describe(f->db);
	for (int64_t catalog = 1; catalog <= all_parts()[0]->version; catalog++)
		for (int64_t clients = 1; clients <= all_parts()[1]->version; clients++) {
			Fixture older = {NULL, NULL};
			g_autofree char *migrated = NULL;

			set_up(&older, data);
			make_older(older.db, catalog, clients);
			apply(older.db);
			migrated = describe(older.db);
			g_assert_cmpstr(migrated, ==, fresh);
			tear_down(&older, data);
		}
}

static void
test_applying_again_changes_nothing(Fixture *f, gconstpointer data)
{
	g_autofree char *first_id = NULL;
	g_autofree char *second_id = NULL;
	g_autofree char *first = NULL;
	g_autofree char *second = NULL;

	(void)data;
	apply(f->db);
	first = describe(f->db);
	first_id = sl_meta_text(f->db, "server_id", NULL);
	apply(f->db);
	second = describe(f->db);
	second_id = sl_meta_text(f->db, "server_id", NULL);
	g_assert_cmpstr(second, ==, first);
	g_assert_cmpstr(second_id, ==, first_id);
}

static void
test_a_database_of_a_newer_program_is_refused(Fixture *f, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *before = NULL;
	g_autofree char *after = NULL;

	(void)data;
	apply(f->db);
	before = describe(f->db);
	execute(f->db, "UPDATE schema_version SET version = version + 1 WHERE part = 'clients'");
	g_assert_false(sl_schema_apply(f->db, all_parts(), &error));
	g_assert_error(error, SL_ERROR, SL_ERROR_CONFLICT);
	after = describe(f->db);
	g_assert_cmpstr(after, ==, before);
}

static void
test_a_failing_step_leaves_the_older_version(Fixture *f, gconstpointer data)
{
	static const char *const steps[] = {"CREATE TABLE half (x)", "CREATE TABLE half (x)"};
	const SlSchemaPart broken = {"catalog", 3, "", steps};
	const SlSchemaPart *const parts[] = {&broken, NULL};
	g_autoptr(GError) error = NULL;
	g_autofree char *before = NULL;
	g_autofree char *after = NULL;

	(void)data;
	apply(f->db);
	execute(f->db, "UPDATE schema_version SET version = 1 WHERE part = 'catalog'");
	before = describe(f->db);
	g_assert_false(sl_schema_apply(f->db, parts, &error));
	g_assert_error(error, SL_ERROR, SL_ERROR_DATABASE);
	g_assert_nonnull(strstr(error->message, "migrate catalog to version 3"));
	after = describe(f->db);
	g_assert_cmpstr(after, ==, before);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add("/schema/migrated", Fixture, NULL, set_up,
		   test_every_older_version_becomes_the_newest, tear_down);
	g_test_add("/schema/again", Fixture, NULL, set_up, test_applying_again_changes_nothing,
		   tear_down);
	g_test_add("/schema/newer", Fixture, NULL, set_up,
		   test_a_database_of_a_newer_program_is_refused, tear_down);
	g_test_add("/schema/failing", Fixture, NULL, set_up,
		   test_a_failing_step_leaves_the_older_version, tear_down);
	return g_test_run();
}
