/* What approvals ask of a system, and what follows for an inventory. */
#include "clients/model.h"

#include "fleet_db.h"

static const SlModelPlace bookworm = {PRODUCTION, "debian", "bookworm"},
			  trixie = {PRODUCTION, "debian", "trixie"};

static SlStatus
derive(Fleet *f, int64_t channel_id, const char *codename, int64_t slot, GPtrArray *installed)
{
	SlModelPlace place = {channel_id, "debian", codename};
	g_autoptr(GPtrArray) owned = installed;
	g_autoptr(GError) error = NULL;
	g_autoptr(SlModel) model = sl_model_load(f->other, &error);
	g_autoptr(GBytes) states = NULL;

	g_assert_no_error(error);
	states = sl_model_derive(model, &place, NULL, owned);
	return sl_states_get(g_bytes_get_data(states, NULL), g_bytes_get_size(states), slot);
}

static void
test_an_update_applies_where_a_lower_version_is_installed(Fleet *f, gconstpointer data)
{
	static const struct {
		const char *installed;
		const char *codename;
		SlStatus status;
	} cases[] = {
		{"tool 1.0-1 amd64", "bookworm", SL_STATUS_NEEDED},
		{"tool 1.0-1~rc1 amd64", "bookworm", SL_STATUS_NEEDED},
		{"tool 1.0-2 amd64", "bookworm", SL_STATUS_INSTALLED},
		{"tool 1:0 amd64", "bookworm", SL_STATUS_INSTALLED},
		{"tool 1.0-10 amd64", "bookworm", SL_STATUS_INSTALLED},
		{"tool 1.0-1 all", "bookworm", SL_STATUS_NEEDED}, /* it became one for one */
		{"tool 1.0-1 i386", "bookworm", SL_STATUS_NOT_APPLICABLE},
		{"other 1.0-1 amd64", "bookworm", SL_STATUS_NOT_APPLICABLE},
		{"tool 1.0-1 amd64", "trixie", SL_STATUS_NOT_APPLICABLE},
	};

	add_update(f, 1, "tool", "1.0-2", "amd64", 0);
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
		g_assert_cmpint(derive(f, PRODUCTION, cases[i].codename, 0,
				       packages(cases[i].installed, NULL)),
				==, cases[i].status);
}

static void
test_one_package_behind_is_enough(Fleet *f, gconstpointer data)
{
	add_update(f, 1, "tool", "1.0-2", "amd64", 0);
	execute(f, "INSERT INTO package (id, upstream_id, name, version, architecture, component,"
		   " source, source_version, payload_sha256, filename, stanza, seen_at) VALUES"
		   " (50, 1, 'tool', '1.0-2', 'i386', 'main', 'tool', '1.0-2', 'p1', 'f', '', 1);"
		   "INSERT INTO revision_package VALUES (1, 50)");
	g_assert_cmpint(derive(f, PRODUCTION, "bookworm", 0,
			       packages("tool 1.0-2 amd64", "tool 1.0-1 i386", NULL)),
			==, SL_STATUS_NEEDED);
	g_assert_cmpint(derive(f, PRODUCTION, "bookworm", 0,
			       packages("tool 1.0-2 amd64", "tool 1.0-2 i386", NULL)),
			==, SL_STATUS_INSTALLED);
}

static void
test_each_channel_is_judged_by_the_revision_approved_there(Fleet *f, gconstpointer data)
{
	GPtrArray *later = packages("tool 1.0-2 amd64", "tool-data 1.0-2 all", NULL);
	const char *behind = "tool-data 1.0-1 all";

	add_update(f, 1, "tool", "1.0-2", "amd64", 0);
	add_revision(f, 1, later);
	g_assert_cmpint(
		derive(f, PRODUCTION, "bookworm", 0, packages("tool 1.0-2 amd64", behind, NULL)),
		==, SL_STATUS_INSTALLED);
	g_assert_cmpint(
		derive(f, CERTIFICATION, "bookworm", 0, packages("tool 1.0-2 amd64", behind, NULL)),
		==, SL_STATUS_NEEDED);
	/* recalled there: what is approved elsewhere is all that can be said */
	execute(f, "UPDATE approval SET state = 'recalled' WHERE channel_id = %d", PRODUCTION);
	g_assert_cmpint(
		derive(f, PRODUCTION, "bookworm", 0, packages("tool 1.0-2 amd64", behind, NULL)),
		==, SL_STATUS_NEEDED);
}

static void
test_slots_that_nobody_has_are_unknown(Fleet *f, gconstpointer data)
{
	add_update(f, 1, "tool", "1.0-2", "amd64", 3);
	for (int64_t slot = 0; slot < 8; slot++)
		g_assert_cmpint(
			derive(f, PRODUCTION, "bookworm", slot, packages("tool 1 amd64", NULL)), ==,
			slot == 3 ? SL_STATUS_NEEDED : SL_STATUS_UNKNOWN);
}

static void
test_the_digest_changes_with_what_is_asked_and_only_then(Fleet *f, gconstpointer data)
{
	add_update(f, 1, "tool", "1.0-2", "amd64", 0);
	g_autoptr(SlModel) first = sl_model_load(f->other, NULL);
	add_update(f, 2, "other", "2", "amd64", -1);
	g_autoptr(SlModel) same = sl_model_load(f->other, NULL);
	execute(f, "DELETE FROM upstream_serves");
	g_autoptr(SlModel) less = sl_model_load(f->other, NULL);

	g_assert_cmpstr(sl_model_digest(first), ==, sl_model_digest(same));
	g_assert_cmpstr(sl_model_digest(first), !=, sl_model_digest(less));
	g_assert_cmpuint(sl_model_sources(first, &bookworm)->len, ==, 1);
	g_assert_cmpuint(sl_model_sources(first, &trixie)->len, ==, 0);
	g_assert_cmpuint(sl_model_sources(less, &bookworm)->len, ==, 0);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	fleet_test("/model/versions", test_an_update_applies_where_a_lower_version_is_installed);
	fleet_test("/model/one", test_one_package_behind_is_enough);
	fleet_test("/model/channels", test_each_channel_is_judged_by_the_revision_approved_there);
	fleet_test("/model/slots", test_slots_that_nobody_has_are_unknown);
	fleet_test("/model/digest", test_the_digest_changes_with_what_is_asked_and_only_then);
	return g_test_run();
}
