#include "fleet_db.h"

#include <string.h>
#include <unistd.h>

#include "catalog/base/fs.h"
#include "clients/credential.h"
#include "clients/group.h"
#include "clients/schema.h"

void
fleet_set_up(Fleet *f, gconstpointer data)
{
	const SlSchemaPart *parts[] = {sl_schema_catalog(), sl_schema_clients(), NULL};
	g_autoptr(GError) error = NULL;

	(void)data;
	f->root = g_dir_make_tmp("sluice-fleet-XXXXXX", NULL);
	f->path = g_build_filename(f->root, "test.db", NULL);
	f->db = sl_db_open(f->path, SL_DB_WRITE, &error);
	g_assert_no_error(error);
	g_assert_true(sl_schema_apply(f->db, parts, &error));
	f->other = sl_db_open(f->path, SL_DB_READ, &error);
	g_assert_no_error(error);
	g_assert_true(sl_group_add(f->db, "office", "production", "ann", NOW, &error));
	g_assert_true(sl_group_add(f->db, "lab", "certification", "ann", NOW, &error));
	execute(f, "INSERT INTO upstream (id, name, kind, role, url, suite, components,"
		   " architectures, publish_suite, keyring, fingerprints, added_at) VALUES"
		   " (1, 'up', 'debian', 'updates', 'http://archive.example.org/', 's', 'main',"
		   " 'amd64', 's', x'00', 'F', 1)");
	execute(f, "INSERT INTO upstream_serves VALUES (1, 'debian', 'bookworm')");
}

void
fleet_tear_down(Fleet *f, gconstpointer data)
{
	sl_autofd int fd = sl_fs_open_dir(g_get_tmp_dir(), NULL);
	g_autofree char *name = g_path_get_basename(f->root);

	(void)data;
	sl_db_free(f->db);
	sl_db_free(f->other);
	g_assert_true(sl_fs_remove_tree(fd, name, NULL));
	g_free(f->path);
	g_free(f->root);
}

void
fleet_test(const char *path, void (*func)(Fleet *f, gconstpointer data))
{
	g_test_add(path, Fleet, NULL, fleet_set_up, func, fleet_tear_down);
}

void
execute(Fleet *f, const char *format, ...)
{
	g_autoptr(GError) error = NULL;
	va_list arguments;

	va_start(arguments, format);
	g_autofree char *sql = g_strdup_vprintf(format, arguments);
	va_end(arguments);
	sl_db_exec(f->db, sql, &error);
	g_assert_no_error(error);
}

int64_t
number(Fleet *f, const char *format, ...)
{
	g_autoptr(GError) error = NULL;
	va_list arguments;

	va_start(arguments, format);
	g_autofree char *sql = g_strdup_vprintf(format, arguments);
	va_end(arguments);
	g_autoptr(SlQuery) query = sl_query_new(f->db, sql);
	SlStep step = sl_query_step(query, &error);

	g_assert_no_error(error);
	g_assert_cmpint(step, ==, SL_ROW);
	return sl_query_int(query, 0);
}

void
add_update(Fleet *f, int64_t id, const char *name, const char *version, const char *architecture,
	   int64_t slot)
{
	int number = (int)id;

	execute(f,
		"INSERT INTO updates (id, upstream_id, name, version, summary, released_at,"
		" released_exact, seen_at) VALUES (%d, 1, '%s', '%s', '', 1, 1, 1);"
		"INSERT INTO revision VALUES (%d, %d, 1, 'd%d', 1);"
		"INSERT INTO payload VALUES ('p%d', 1, 1, 'up', '', '');"
		"INSERT INTO package (id, upstream_id, name, version, architecture, component, "
		"source,"
		" source_version, payload_sha256, filename, stanza, seen_at) VALUES"
		" (%d, 1, '%s', '%s', '%s', 'main', '%s', '%s', 'p%d', 'f', '', 1);"
		"INSERT INTO revision_package VALUES (%d, %d)",
		number, name, version, number, number, number, number, number, name, version,
		architecture, name, version, number, number, number);
	if (slot < 0)
		return;
	execute(f,
		"UPDATE updates SET slot = %d WHERE id = %d;"
		"INSERT INTO approval (channel_id, update_id, revision_id, state, at, first_at,"
		" person) VALUES (%d, %d, %d, 'approved', %d, %d, 'ann')",
		(int)slot, number, PRODUCTION, number, number, (int)NOW, (int)NOW);
}

void
add_revision(Fleet *f, int64_t update_id, GPtrArray *packages)
{
	int id = (int)update_id, revision = id + 1000;

	execute(f,
		"INSERT INTO revision SELECT %d, %d, max(number) + 1, 'e' || %d, 1 FROM revision"
		" WHERE update_id = %d;"
		"INSERT INTO approval (channel_id, update_id, revision_id, state, at, first_at,"
		" person) VALUES (%d, %d, %d, 'approved', %d, %d, 'ann')",
		revision, id, id, id, CERTIFICATION, id, revision, (int)NOW, (int)NOW);
	for (guint i = 0; i < packages->len; i++) {
		const SlReportPackage *one = packages->pdata[i];

		execute(f,
			"INSERT INTO package (upstream_id, name, version, architecture, component,"
			" source, source_version, payload_sha256, filename, stanza, seen_at)"
			" VALUES (1, '%s', '%s', '%s', 'main', 's', '1', 'p%d', 'f', '', 1)"
			" ON CONFLICT DO NOTHING;"
			"INSERT INTO revision_package SELECT %d, id FROM package WHERE name = '%s'"
			" AND version = '%s' AND architecture = '%s'",
			one->name, one->version, one->architecture, id, revision, one->name,
			one->version, one->architecture);
	}
	g_ptr_array_unref(packages);
}

GPtrArray *
packages(const char *first, ...)
{
	GPtrArray *list = sl_report_package_array_new();
	va_list arguments;

	va_start(arguments, first);
	for (const char *text = first; text; text = va_arg(arguments, const char *)) {
		g_auto(GStrv) parts = g_strsplit(text, " ", 3);

		g_ptr_array_add(list, sl_report_package_new(parts[0], parts[1], parts[2]));
	}
	va_end(arguments);
	return list;
}

char *
make_token(Fleet *f, int64_t uses, int64_t lives_s, bool hold)
{
	g_autoptr(GError) error = NULL;
	char *secret = sl_token_make(
		f->db, &(SlTokenRequest){"office", lives_s, uses, hold, "ann", NOW}, &error);

	g_assert_no_error(error);
	return secret;
}

SlReportFacts
machine_facts(const char *name)
{
	return (SlReportFacts){g_strdup(name),	 g_strdup("debian"), g_strdup("bookworm"),
			       g_strdup("12"),	 g_strdup("amd64"),  g_strdup("6.1"),
			       g_strdup("0.1.0")};
}

int64_t
enroll(Fleet *f, const char *secret, const char *name)
{
	g_autoptr(SlEnrollment) enrollment = sl_enrollment_new();
	g_autoptr(SlSealKeys) keys = sl_seal_keys_new();
	g_autoptr(SlCoverageDelta) delta = sl_coverage_delta_new();
	g_autoptr(GError) error = NULL;
	SlEnrollWrite write = {.enrollment = enrollment, .address = "192.0.2.1", .now_at = NOW};

	enrollment->token = g_strdup(secret);
	enrollment->keys = *sl_seal_keys_public(keys);
	enrollment->facts = machine_facts(name);
	sl_enroll_store(f->db, &write, delta, &error);
	g_assert_no_error(error);
	g_assert_true(sl_coverage_delta_write(delta, f->db, NULL));
	sl_membership_clear(&write.membership);
	return write.computer;
}

SlCheckinOutcome
store_checkin(Fleet *f, SlModel *model, int64_t computer, SlCheckin *checkin, int64_t now_at)
{
	g_autoptr(SlCoverageDelta) delta = sl_coverage_delta_new();
	g_autoptr(GError) error = NULL;
	SlCheckinWrite write = {computer, checkin, "192.0.2.1", now_at, .model = model};
	g_autoptr(GArray) tried = sl_checkin_tried(f->other, checkin, &error);

	g_assert_no_error(error);
	checkin->inventory = sl_report_inventory_digest(checkin->packages);
	write.tried = tried;
	sl_checkin_store(f->db, &write, delta, &error);
	g_assert_no_error(error);
	g_assert_true(sl_coverage_delta_write(delta, f->db, NULL));
	sl_membership_clear(&write.membership);
	return write.outcome;
}

SlCheckinOutcome
check_in(Fleet *f, int64_t computer, int64_t counter, GPtrArray *installed, GPtrArray *results)
{
	g_autoptr(SlCheckin) checkin = sl_checkin_new();
	g_autoptr(GError) error = NULL;
	g_autoptr(SlModel) model = sl_model_load(f->other, &error);

	g_assert_no_error(error);
	checkin->counter = counter;
	checkin->facts = machine_facts("web1");
	checkin->packages = installed;
	if (results) {
		g_ptr_array_unref(checkin->results);
		checkin->results = results;
	}
	return store_checkin(f, model, computer, checkin, NOW);
}

int64_t
counted(Fleet *f, int64_t slot, SlStatus status)
{
	int64_t n[SL_STATUSES];

	g_assert_true(sl_coverage_of_slot(f->other, slot, n, NULL));
	return n[status];
}

void
assert_summary_is_right(Fleet *f)
{
	g_autoptr(SlQuery) query =
		sl_query_new(f->db, "SELECT group_id, silent, states, standing, missing,"
				    " lacks_critical_at, lacks_high_at, lacks_medium_at,"
				    " lacks_low_at FROM computer WHERE state = 'active'");
	g_autoptr(SlCoverageDelta) delta = sl_coverage_delta_new();
	SlCounted nothing = {0};

	while (sl_query_step(query, NULL) == SL_ROW) {
		SlCounted one = {.group_id = sl_query_int(query, 0),
				 .silent = sl_query_int(query, 1) != 0,
				 .standing.worst = (SlStatus)sl_query_int(query, 3),
				 .standing.missing = sl_query_int(query, 4)};

		for (int i = 0; i < SL_RATINGS; i++)
			one.standing.lacks_at[i] = sl_query_int(query, 5 + i);
		one.states = sl_query_blob(query, 2, &one.size);
		sl_coverage_delta_move(delta, &one, &nothing);
	}
	execute(f, "SAVEPOINT counting");
	g_assert_true(sl_coverage_delta_write(delta, f->db, NULL));
	g_assert_cmpint(number(f, "SELECT count(*) FROM coverage WHERE n <> 0"), ==, 0);
	g_assert_cmpint(number(f, "SELECT count(*) FROM lacking"), ==, 0);
	execute(f, "ROLLBACK TO counting; RELEASE counting");
}
