/* Statuses for an update that nobody approved, by what computers have installed */
#include "clients/lookup.h"

#include <inttypes.h>

#include "fleet_db.h"

static void
test_an_update_that_nobody_approved_can_be_asked_for(Fleet *f, gconstpointer data)
{
	static const struct {
		const char *installed;
		const char *codename;
		SlStatus status;
	} cases[] = {
		{"tool 1.0-1 amd64", "bookworm", SL_STATUS_NEEDED},
		{"tool 1.0-1~rc1 all", "bookworm", SL_STATUS_NEEDED},
		{"tool 1.0-2 amd64", "bookworm", SL_STATUS_INSTALLED},
		{"tool 1:0 amd64", "bookworm", SL_STATUS_INSTALLED},
		{"tool 1.0-1 i386", "bookworm", SL_STATUS_NOT_APPLICABLE},
		{"other 1.0-1 amd64", "bookworm", SL_STATUS_NOT_APPLICABLE},
		{"tool 1.0-1 amd64", "trixie", SL_STATUS_NOT_APPLICABLE},
	};
	g_autofree char *token = make_token(f, 0, DAY, false);
	int64_t inventories[G_N_ELEMENTS(cases)];
	g_autoptr(SlLookup) lookup = NULL;

	add_update(f, 1, "tool", "1.0-2", "amd64", -1);
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		int64_t computer = enroll(f, token, "web");

		check_in(f, computer, 1, packages(cases[i].installed, NULL), NULL);
		inventories[i] = number(f, "SELECT inventory_id FROM computer WHERE id = %" PRId64,
					computer);
	}
	lookup = sl_lookup_new(f->other, 1, NULL);
	g_assert_cmpint(sl_lookup_slot(lookup), ==, -1);
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_test_message("%s %s", cases[i].installed, cases[i].codename);
		g_assert_cmpint(
			sl_lookup_derive(lookup, inventories[i], "debian", cases[i].codename), ==,
			cases[i].status);
	}
	g_assert_cmpint(sl_lookup_derive(lookup, 0, "debian", "bookworm"), ==, SL_STATUS_UNKNOWN);
	g_assert_cmpint(sl_lookup_derive(lookup, 999, "debian", "bookworm"), ==, SL_STATUS_UNKNOWN);
}

static void
test_one_package_behind_is_enough(Fleet *f, gconstpointer data)
{
	g_autofree char *token = make_token(f, 0, DAY, false);
	g_autoptr(SlLookup) lookup = NULL;

	add_update(f, 1, "tool", "1.0-2", "amd64", -1);
	execute(f, "INSERT INTO package (id, upstream_id, name, version, architecture, component,"
		   " source, source_version, payload_sha256, filename, stanza, seen_at) VALUES"
		   " (50, 1, 'tool', '1.0-2', 'i386', 'main', 'tool', '1.0-2', 'p1', 'f', '', 1);"
		   "INSERT INTO revision_package VALUES (1, 50)");
	check_in(f, enroll(f, token, "web"), 1,
		 packages("tool 1.0-1 i386", "tool 1.0-2 amd64", NULL), NULL);
	lookup = sl_lookup_new(f->other, 1, NULL);
	g_assert_cmpint(sl_lookup_derive(lookup, number(f, "SELECT max(id) FROM inventory"),
					 "debian", "bookworm"),
			==, SL_STATUS_NEEDED);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	fleet_test("/lookup/status", test_an_update_that_nobody_approved_can_be_asked_for);
	fleet_test("/lookup/one", test_one_package_behind_is_enough);
	return g_test_run();
}
