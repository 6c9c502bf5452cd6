/* What certification has and production does not have yet, and since when */
#include <glib.h>
#include <inttypes.h>

#include "catalog/certification.h"
#include "tests/unit/publishing.h"

static void
approve(Fixture *f, int channel, int64_t update, const char *state)
{
	execute(f,
		"INSERT INTO approval (channel_id, update_id, revision_id, state, at, first_at,"
		" person) VALUES (%d, %" PRId64 ", %" PRId64 ", '%s', 7, 7, 'ann')"
		" ON CONFLICT DO UPDATE SET state = excluded.state",
		channel, update, update, state);
}

static void
assert_waiting(Fixture *f, const char *expected)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) list = sl_certification_list(f->db, &error);
	g_autoptr(GString) ids = g_string_new(NULL);

	g_assert_no_error(error);
	for (guint i = 0; i < list->len; i++)
		g_string_append_printf(ids, "%" PRId64 " ",
				       ((SlCertification *)list->pdata[i])->update_id);
	g_assert_cmpstr(ids->str, ==, expected);
}

static void
test_what_production_has_or_had_waits_no_more(Fixture *f, gconstpointer data)
{
	add_update(f, "a", "1"); /* 1 */
	add_update(f, "a", "2"); /* 2 */
	add_update(f, "b", "1"); /* 3 */
	assert_waiting(f, "");
	approve(f, 1, 1, "approved");
	approve(f, 1, 3, "approved");
	assert_waiting(f, "1 3 ");
	approve(f, 1, 2, "approved"); /* takes the place of 1 in certification */
	assert_waiting(f, "2 3 ");
	approve(f, 2, 1, "approved");
	assert_waiting(f, "2 3 ");
	approve(f, 2, 3, "recalled"); /* somebody decided against it */
	assert_waiting(f, "2 ");
	approve(f, 2, 3, "returned");
	assert_waiting(f, "2 3 ");
	approve(f, 2, 2, "approved");
	assert_waiting(f, "3 ");
	approve(f, 1, 2, "recalled"); /* certification has 1 again, production the newer 2 */
	assert_waiting(f, "3 ");
}

static void
test_the_soak_begins_with_the_publication(Fixture *f, gconstpointer data)
{
	g_autoptr(SlCertification) before = NULL;
	g_autoptr(SlCertification) after = NULL;
	g_autoptr(GError) error = NULL;

	add_update(f, "a", "1");
	g_assert_null(sl_certification_get(f->db, 1, &error));
	g_assert_no_error(error);
	approve(f, 1, 1, "approved");
	execute(f, "UPDATE updates SET rating = 'critical'");
	before = sl_certification_get(f->db, 1, &error);
	g_assert_cmpint(before->published_at, ==, 0);
	g_assert_cmpint(before->approved_at, ==, 7);
	g_assert_cmpint(before->soak_s, ==, HOUR);
	g_assert_cmpstr(before->person, ==, "ann");
	execute(f, "INSERT INTO publication VALUES (1, 4, 100, 'x', 'approve', 'd');"
		   "INSERT INTO publication_item VALUES (1, 1, 4, NULL);"
		   "INSERT INTO hold VALUES (1, 'bob', 'why', 8)");
	after = sl_certification_get(f->db, 1, &error);
	g_assert_cmpint(after->published_at, ==, 100);
	g_assert_cmpstr(after->hold->person, ==, "bob");
}

int
main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*test)(Fixture *f, gconstpointer data);
	} tests[] = {
		{"/certification/waiting", test_what_production_has_or_had_waits_no_more},
		{"/certification/soak", test_the_soak_begins_with_the_publication},
	};

	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(tests); i++)
		g_test_add(tests[i].name, Fixture, NULL, set_up, tests[i].test, tear_down);
	return g_test_run();
}
