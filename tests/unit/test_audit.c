/* The audit log: with its change or not at all, and nothing in it changes unnoticed */
#include <glib.h>
#include <inttypes.h>
#include <string.h>

#include "catalog/audit.h"
#include "tests/unit/publishing.h"

static void
add(Fixture *f, const char *person, const char *action, const char *object, json_t *detail)
{
	g_autoptr(GError) error = NULL;

	sl_audit_add(f->db, 100 + number_of(f, "SELECT count(*) FROM audit"), person, action,
		     object, detail, &error);
	g_assert_no_error(error);
}

static void
fill(Fixture *f)
{
	add(f, "ann", "approve", "test/a=1", json_pack("{s:s}", "channel", "certification"));
	add(f, "bob", "approve", "test/b=1", NULL);
	add(f, "ann", "recall", "test/a=1", json_pack("{s:s}", "reason", "it's \"bad\"\n"));
}

static void
assert_rows(Fixture *f, SlAuditFilter filter, int64_t expected_total, const char *expected)
{
	int64_t total = -1;
	g_autoptr(GPtrArray) rows = sl_audit_list(f->db, &filter, &total, NULL);
	g_autoptr(GString) found = g_string_new(NULL);

	for (guint i = 0; i < rows->len; i++) {
		const SlAudit *row = rows->pdata[i];

		g_string_append_printf(found, "%" PRId64 " ", row->id);
	}
	g_assert_cmpstr(found->str, ==, expected);
	g_assert_cmpint(total, ==, expected_total);
}

static void
test_rows_are_found_newest_first(Fixture *f, gconstpointer data)
{
	fill(f);
	assert_rows(f, (SlAuditFilter){0}, 3, "3 2 1 ");
	assert_rows(f, (SlAuditFilter){.limit = 2}, 3, "3 2 ");
	assert_rows(f, (SlAuditFilter){.limit = 2, .offset = 2}, 3, "1 ");
	assert_rows(f, (SlAuditFilter){.person = "ann"}, 2, "3 1 ");
	assert_rows(f, (SlAuditFilter){.person = "ann", .action = "approve"}, 1, "1 ");
	assert_rows(f, (SlAuditFilter){.text = "a=1"}, 2, "3 1 ");
	assert_rows(f, (SlAuditFilter){.text = "certif"}, 1, "1 ");
	assert_rows(f, (SlAuditFilter){.object = "test/a=1"}, 2, "3 1 ");
	assert_rows(f, (SlAuditFilter){.object = "a=1"}, 0, "");
	assert_rows(f, (SlAuditFilter){.from_at = 101}, 2, "3 2 ");
	assert_rows(f, (SlAuditFilter){.until_at = 101}, 1, "1 ");
	assert_rows(f, (SlAuditFilter){.from_at = 101, .until_at = 102}, 1, "2 ");
	assert_rows(f, (SlAuditFilter){.person = "an"}, 0, "");
	assert_rows(f, (SlAuditFilter){.person = "ann' OR '1"}, 0, "");
	assert_rows(f, (SlAuditFilter){.text = "%"}, 0, "");
}

static void
test_a_row_says_what_was_given(Fixture *f, gconstpointer data)
{
	g_autoptr(GPtrArray) rows = NULL;
	const SlAudit *row;

	fill(f);
	rows = sl_audit_list(f->db, &(SlAuditFilter){.action = "recall", .limit = 1}, NULL, NULL);
	row = rows->pdata[0];
	g_assert_cmpint(row->at, ==, 102);
	g_assert_cmpstr(row->person, ==, "ann");
	g_assert_cmpstr(row->object, ==, "test/a=1");
	g_assert_cmpstr(row->detail, ==, "{\"reason\":\"it's \\\"bad\\\"\\n\"}");
}

static void
test_a_change_undone_leaves_no_row(Fixture *f, gconstpointer data)
{
	g_autoptr(SlTransaction) transaction = NULL;
	int64_t rows = -1;

	fill(f);
	transaction = sl_transaction_begin(f->db, NULL);
	add(f, "eve", "approve", "test/c=1", NULL);
	g_clear_pointer(&transaction, sl_transaction_free);
	assert_rows(f, (SlAuditFilter){.person = "eve"}, 0, "");
	add(f, "ann", "approve", "test/d=1", NULL);
	g_assert_true(sl_audit_verify(f->db, &rows, NULL)); /* the chain goes on where it was */
	g_assert_cmpint(rows, ==, 4);
}

/* Whoever changes the table without knowing the rows after it is found out. */
static void
test_a_row_that_was_changed_is_found(Fixture *f, gconstpointer data)
{
	static const struct {
		const char *sql;
		const char *row;
	} changes[] = {
		{"UPDATE audit SET person = 'eve' WHERE id = 1", "row 1 "},
		{"UPDATE audit SET action = 'recall' WHERE id = 2", "row 2 "},
		{"UPDATE audit SET object = 'test/z=1' WHERE id = 3", "row 3 "},
		{"UPDATE audit SET detail = '{}' WHERE id = 1", "row 1 "},
		{"UPDATE audit SET at = at + 1 WHERE id = 2", "row 2 "},
		{"UPDATE audit SET hash = (SELECT hash FROM audit WHERE id = 1) WHERE id = 2",
		 "row 2 "},
		{"DELETE FROM audit WHERE id = 1", "row 2 "},
		{"DELETE FROM audit WHERE id = 2", "row 3 "},
		{"INSERT INTO audit SELECT 9, at, person, action, object, detail, hash FROM audit"
		 " WHERE id = 3",
		 "row 9 "},
		{"UPDATE audit SET id = 10 - id", "row 7 "},
		{"DELETE FROM audit WHERE id = 3", "behind the last 2 "},
		{"DELETE FROM audit WHERE id > 1", "behind the last 1 "},
		{"DELETE FROM audit", "behind the last 0 "},
	};

	fill(f);
	for (size_t i = 0; i < G_N_ELEMENTS(changes); i++) {
		g_autoptr(SlTransaction) undone = sl_transaction_begin(f->db, NULL);
		g_autoptr(GError) error = NULL;
		int64_t rows = -1;

		g_test_message("%s", changes[i].sql);
		g_assert_true(sl_audit_verify(f->db, &rows, NULL));
		rows = -1;
		execute(f, "%s", changes[i].sql);
		g_assert_false(sl_audit_verify(f->db, &rows, &error));
		g_assert_error(error, SL_ERROR, SL_ERROR_INTEGRITY);
		g_assert_nonnull(strstr(error->message, changes[i].row));
		g_assert_cmpint(rows, ==, -1);
	}
}

static void
test_what_is_written_after_a_loss_does_not_hide_it(Fixture *f, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	int64_t rows = -1;

	fill(f);
	execute(f, "DELETE FROM audit WHERE id = 3");
	add(f, "ann", "approve", "test/d=1", NULL);
	g_assert_false(sl_audit_verify(f->db, &rows, &error));
	g_assert_error(error, SL_ERROR, SL_ERROR_INTEGRITY);
	g_assert_nonnull(strstr(error->message, "row 3 "));
}

static void
test_a_log_of_an_older_program_goes_on(Fixture *f, gconstpointer data)
{
	int64_t rows = -1;

	fill(f);
	execute(f, "DELETE FROM meta WHERE key = 'audit_head'");
	g_assert_true(sl_audit_verify(f->db, &rows, NULL));
	g_assert_cmpint(rows, ==, 3);
	add(f, "ann", "approve", "test/d=1", NULL);
	g_assert_true(sl_audit_verify(f->db, &rows, NULL));
	g_assert_cmpint(rows, ==, 4);
}

static void
test_a_line_break_is_in_no_text(Fixture *f, gconstpointer data)
{
	g_autoptr(GError) error = NULL;

	g_assert_false(sl_audit_add(f->db, 1, "ann", "rate", "test/a\n=1", NULL, &error));
	g_assert_error(error, SL_ERROR, SL_ERROR_INVALID);
	assert_rows(f, (SlAuditFilter){0}, 0, "");
}

static void
test_an_empty_log_is_right(Fixture *f, gconstpointer data)
{
	int64_t rows = -1;

	g_assert_true(sl_audit_verify(f->db, &rows, NULL));
	g_assert_cmpint(rows, ==, 0);
}

int
main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*test)(Fixture *f, gconstpointer data);
	} tests[] = {
		{"/audit/list", test_rows_are_found_newest_first},
		{"/audit/row", test_a_row_says_what_was_given},
		{"/audit/undone", test_a_change_undone_leaves_no_row},
		{"/audit/changed", test_a_row_that_was_changed_is_found},
		{"/audit/loss", test_what_is_written_after_a_loss_does_not_hide_it},
		{"/audit/older", test_a_log_of_an_older_program_goes_on},
		{"/audit/line-break", test_a_line_break_is_in_no_text},
		{"/audit/empty", test_an_empty_log_is_right},
	};

	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(tests); i++)
		g_test_add(tests[i].name, Fixture, NULL, set_up, tests[i].test, tear_down);
	return g_test_run();
}
