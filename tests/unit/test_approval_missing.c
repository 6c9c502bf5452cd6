/* An approval says which dependencies the channel cannot satisfy and the catalog could */
#include <glib.h>
#include <inttypes.h>
#include <string.h>

#include "catalog/approval.h"
#include "tests/unit/publishing.h"

/* Lists are "NAME=VERSION NAME=VERSION"; the approved update is "app", of one package. */
static const struct {
	const char *fields;  /* of app's package, or of all packages when they name one */
	const char *channel; /* approved for certification already */
	const char *catalog; /* known, not approved */
	const char *base;    /* in the base suite of the machines that app is for */
	const char *missing; /* "DEPENDENCY: CANDIDATE; ..." */
} rows[] = {
	{"", "", "lib=2", "", ""},
	{"Depends: lib (>= 2)\n", "", "lib=2", "", "lib (>= 2): test/lib=2"},
	{"Depends: lib\n", "", "lib=2", "", "lib: test/lib=2"},
	{"Depends: lib (= 2)\n", "", "lib=1 lib=2 lib=3", "", "lib (= 2): test/lib=2"},
	{"Pre-Depends: lib (>= 2)\n", "", "lib=2", "", "lib (>= 2): test/lib=2"},
	{"Depends: lib:any (>= 2)\n", "", "lib=2", "", "lib:any (>= 2): test/lib=2"},
	{"Recommends: lib (>= 2)\nSuggests: lib\nBreaks: lib (<< 2)\n", "", "lib=2", "", ""},
	/* the base suite has it, or something too old */
	{"Depends: lib (>= 2)\n", "", "lib=2", "lib=2", ""},
	{"Depends: lib (>= 2)\n", "", "lib=2", "lib=2.1", ""},
	{"Depends: lib (>= 2)\n", "", "lib=2", "lib=1", "lib (>= 2): test/lib=2"},
	{"Depends: lib (>= 2)\n", "", "lib=2", "lib=2~rc1", "lib (>= 2): test/lib=2"},
	/* the channel has it, or something too old */
	{"Depends: lib (>= 2)\n", "lib=2", "", "", ""},
	{"Depends: lib (>= 2)\n", "lib=1", "lib=2", "", "lib (>= 2): test/lib=2"},
	/* nothing that could be approved would help: no reason to speak of it */
	{"Depends: lib (>= 3)\n", "", "lib=2", "", ""},
	{"Depends: never-heard-of\n", "", "", "", ""},
	/* alternatives: one is enough */
	{"Depends: lib (>= 2) | other\n", "", "lib=2", "other=1", ""},
	{"Depends: other | lib (>= 2)\n", "other=1", "lib=2", "", ""},
	{"Depends: other | lib (>= 2)\n", "", "lib=2", "", "other | lib (>= 2): test/lib=2"},
	/* each by itself */
	{"Depends: lib, other (>= 1)\n", "", "lib=2 other=1", "",
	 "lib: test/lib=2; other (>= 1): test/other=1"},
	{"Pre-Depends: lib\nDepends: lib\n", "", "lib=2", "", "lib: test/lib=2"},
	/* app itself is in the plan */
	{"Depends: app (= 1)\n", "", "app=0.9", "", ""},
};

static void
each_update(Fixture *f, const char *list, const char *state)
{
	g_auto(GStrv) words = g_strsplit(list, " ", -1);

	for (char **word = words; *word; word++) {
		g_auto(GStrv) parts = g_strsplit(*word, "=", 2);
		int64_t id;

		if (!**word)
			continue;
		id = add_update(f, parts[0], parts[1]);
		if (state)
			set_approval(f, id, state);
	}
}

static void
add_base(Fixture *f, const char *list)
{
	g_auto(GStrv) words = g_strsplit(list, " ", -1);

	for (char **word = words; *word; word++) {
		g_auto(GStrv) parts = g_strsplit(*word, "=", 2);

		if (**word)
			execute(f, "INSERT INTO base_package VALUES (2, '%s', 'amd64', '%s', '')",
				parts[0], parts[1]);
	}
}

/* A base suite for the system that the fixture's upstream serves. */
static void
add_base_upstream(Fixture *f)
{
	execute(f,
		"INSERT INTO upstream (id, name, kind, role, url, suite, components, architectures,"
		" publish_suite, keyring, fingerprints, added_at) VALUES (2, 'base', 'debian',"
		" 'base', 'http://base.example.org/', 'b', 'main', 'amd64', 'b', x'00', '', 0);"
		"INSERT INTO upstream_serves VALUES (1, 'debian', 'bookworm'),"
		" (2, 'debian', 'bookworm')");
}

static char *
missing_of(Fixture *f, const char *names, GError **error)
{
	g_auto(GStrv) list = g_strsplit(names, " ", -1);
	SlApprovalRequest request = {.kind = SL_APPROVAL_APPROVE,
				     .channel = "certification",
				     .names = (const char *const *)list,
				     .person = "ann",
				     .reason = ""};
	g_autoptr(SlApprovalPlan) plan = sl_approval_plan(f->db, &request, error);
	GString *text = g_string_new(NULL);

	for (guint i = 0; plan && i < plan->missing->len; i++) {
		const SlApprovalMissing *one = plan->missing->pdata[i];

		g_string_append_printf(text, "%s%s: %s", i ? "; " : "", one->dependency,
				       one->candidate);
	}
	return g_string_free(text, FALSE);
}

static void
set_fields(Fixture *f, const char *package, const char *fields)
{
	execute(f, "UPDATE package SET stanza = stanza || '%s' WHERE name = '%s'", fields, package);
}

static void
test_a_dependency_is_missing_when_only_the_catalog_has_it(Fixture *f, gconstpointer data)
{
	add_base_upstream(f);
	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(SlTransaction) undone = sl_transaction_begin(f->db, NULL);
		g_autoptr(GError) error = NULL;
		g_autofree char *missing = NULL;

		g_test_message("%s", rows[i].fields);
		add_update(f, "app", "1");
		each_update(f, rows[i].channel, "approved");
		each_update(f, rows[i].catalog, NULL);
		add_base(f, rows[i].base);
		set_fields(f, "app", rows[i].fields);
		missing = missing_of(f, "app=1", &error);
		g_assert_no_error(error);
		g_assert_cmpstr(missing, ==, rows[i].missing);
	}
}

static void
test_what_is_approved_together_helps_each_other(Fixture *f, gconstpointer data)
{
	g_autofree char *alone = NULL;
	g_autofree char *together = NULL;

	each_update(f, "app=1 lib=2", NULL);
	set_fields(f, "app", "Depends: lib (>= 2)\n");
	alone = missing_of(f, "app", NULL);
	together = missing_of(f, "app lib", NULL);
	g_assert_cmpstr(alone, ==, "lib (>= 2): test/lib=2");
	g_assert_cmpstr(together, ==, "");
}

static void
test_what_two_packages_miss_is_told_once(Fixture *f, gconstpointer data)
{
	g_autofree char *missing = NULL;

	each_update(f, "app=1 tool=1 lib=2", NULL);
	set_fields(f, "app", "Depends: lib\n");
	set_fields(f, "tool", "Depends: lib\n");
	missing = missing_of(f, "app tool", NULL);
	g_assert_cmpstr(missing, ==, "lib: test/lib=2");
}

/* A virtual name: somebody's Provides, with a version or without. */
static void
test_a_provided_name_counts_as_dpkg_counts_it(Fixture *f, gconstpointer data)
{
	static const struct {
		const char *provides;
		const char *depends;
		const char *missing;
	} cases[] = {
		{"Provides: lib\n", "Depends: lib\n", ""},
		{"Provides: x, lib (= 2)\n", "Depends: lib (>= 2)\n", ""},
		{"Provides: lib\n", "Depends: lib (>= 2)\n", "lib (>= 2): test/lib=2"},
		{"Provides: lib (= 1)\n", "Depends: lib (>= 2)\n", "lib (>= 2): test/lib=2"},
		{"Provides: library\n", "Depends: lib\n", "lib: test/lib=2"},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(SlTransaction) undone = sl_transaction_begin(f->db, NULL);
		g_autofree char *missing = NULL;

		each_update(f, "app=1 lib=2", NULL);
		each_update(f, "provider=1", "approved");
		set_fields(f, "provider", cases[i].provides);
		set_fields(f, "app", cases[i].depends);
		missing = missing_of(f, "app", NULL);
		g_assert_cmpstr(missing, ==, cases[i].missing);
	}
}

static void
test_the_base_suite_of_another_system_does_not_help(Fixture *f, gconstpointer data)
{
	g_autofree char *missing = NULL;

	add_base_upstream(f);
	execute(f, "UPDATE upstream_serves SET os_codename = 'trixie' WHERE upstream_id = 2");
	each_update(f, "app=1 lib=2", NULL);
	add_base(f, "lib=2");
	set_fields(f, "app", "Depends: lib\n");
	missing = missing_of(f, "app", NULL);
	g_assert_cmpstr(missing, ==, "lib: test/lib=2");
}

static void
test_a_field_that_is_none_is_an_error_that_names_the_package(Fixture *f, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *missing = NULL;

	each_update(f, "app=1", NULL);
	set_fields(f, "app", "Depends: lib (>= \n");
	missing = missing_of(f, "app", &error);
	g_assert_error(error, SL_ERROR, SL_ERROR_INVALID);
	g_assert_true(g_str_has_prefix(error->message, "app 1: Depends: "));
}

int
main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*test)(Fixture *f, gconstpointer data);
	} tests[] = {
		{"/missing/table", test_a_dependency_is_missing_when_only_the_catalog_has_it},
		{"/missing/together", test_what_is_approved_together_helps_each_other},
		{"/missing/once", test_what_two_packages_miss_is_told_once},
		{"/missing/provided", test_a_provided_name_counts_as_dpkg_counts_it},
		{"/missing/other-system", test_the_base_suite_of_another_system_does_not_help},
		{"/missing/broken", test_a_field_that_is_none_is_an_error_that_names_the_package},
	};

	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(tests); i++)
		g_test_add(tests[i].name, Fixture, NULL, set_up, tests[i].test, tear_down);
	return g_test_run();
}
