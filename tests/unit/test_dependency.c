/* Depends fields mean what dpkg takes them to mean, or are refused */
#include <glib.h>
#include <string.h>

#include "catalog/dependency.h"

static const char *const signs[] = {"", "<<", "<=", "=", ">=", ">>"};

/* "a (>= 1) | b; c": how a field was understood. */
static char *
understand(const char *field, GError **error)
{
	g_autoptr(GPtrArray) list = sl_dependency_parse(field, error);
	GString *text = g_string_new(NULL);

	for (guint i = 0; list && i < list->len; i++) {
		const SlDependency *group = list->pdata[i];

		g_string_append(text, i ? "; " : "");
		for (guint j = 0; j < group->alternatives->len; j++) {
			const SlAlternative *one = group->alternatives->pdata[j];

			g_string_append_printf(text, "%s%s", j ? " | " : "", one->name);
			if (one->version)
				g_string_append_printf(text, " (%s %s)", signs[one->relation],
						       one->version);
		}
	}
	return g_string_free(text, FALSE);
}

static const struct {
	const char *field;
	const char *means;
} readable[] = {
	{"", ""},
	{"a", "a"},
	{"a, b", "a; b"},
	{"a,b,", "a; b"},
	{"a | b | c, d", "a | b | c; d"},
	{"a (>= 1)", "a (>= 1)"},
	{"a(>=1)", "a (>= 1)"},
	{" a  (  >=  1:2.3-4~rc1+b1  ) ", "a (>= 1:2.3-4~rc1+b1)"},
	{"a (<< 1), a (<= 1), a (= 1), a (>> 1)", "a (<< 1); a (<= 1); a (= 1); a (>> 1)"},
	{"a (< 1), a (> 1)", "a (<= 1); a (>= 1)"}, /* as dpkg reads the old signs */
	{"a:any, b:amd64 (>= 1)", "a; b (>= 1)"},
	{"a,\n b,\n c", "a; b; c"},
	{"libstdc++6, g++-12", "libstdc++6; g++-12"},
};

static void
test_a_field_is_understood(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(readable); i++) {
		g_autoptr(GError) error = NULL;
		g_autofree char *means = understand(readable[i].field, &error);

		g_assert_no_error(error);
		g_assert_cmpstr(means, ==, readable[i].means);
	}
}

static void
test_what_is_no_dependency_is_refused(void)
{
	static const char *const refused[] = {
		"a |",	     "| a",	   "a || b",	   "a (>= )",
		"a ()",	     "a (1)",	   "a (>= 1",	   "a >= 1)",
		"a (>=1) x", "a (=> 1)",   "a (== 1)",	   "a (>> 1 2)",
		"a b",	     "a [amd64]",  "a <!nocheck>", "a (>= 1) [amd64]",
		"(>= 1)",    "a (>= 1_2)", "../a",	   "a/b",
		"a;b",	     "a\x1b[2J",   ":any",	   "a (>= ${x})",
	};

	for (size_t i = 0; i < G_N_ELEMENTS(refused); i++) {
		g_autoptr(GError) error = NULL;
		g_autoptr(GPtrArray) list = sl_dependency_parse(refused[i], &error);

		g_test_message("%s", refused[i]);
		g_assert_null(list);
		g_assert_error(error, SL_ERROR, SL_ERROR_INVALID);
		g_assert_null(strchr(error->message, '\x1b'));
	}
}

static const struct {
	const char *wanted;
	const char *name;
	const char *version;
	const char *provides;
	bool matches;
} rows[] = {
	{"a", "a", "1", NULL, true},
	{"a", "b", "1", NULL, false},
	{"a", "A", "1", NULL, false},
	{"a (>= 1)", "a", "1", NULL, true},
	{"a (>= 1)", "a", "1-0", NULL, true},
	{"a (>= 1)", "a", "1~rc1", NULL, false},
	{"a (>> 1)", "a", "1", NULL, false},
	{"a (>> 1)", "a", "1-1", NULL, true},
	{"a (<< 2)", "a", "1:1", NULL, false},
	{"a (<= 2)", "a", "2", NULL, true},
	{"a (= 2)", "a", "2.0", NULL, false},
	/* provided names: with a version only where one is asked for */
	{"a", "b", "1", "a", true},
	{"a", "b", "1", "x, a, y", true},
	{"a", "b", "1", "ab, xa", false},
	{"a (>= 1)", "b", "5", "a", false},
	{"a (>= 1)", "b", "5", "a (= 1)", true},
	{"a (>= 2)", "b", "5", "a (= 1)", false},
	{"a (>= 2)", "b", "5", "a (= 1), a (= 2)", true},
	{"a", "b", "1", "", false},
	{"a", "b", "1", "a (= ", false},
	{"a (>= 1)", "a", "0", "a (= 1)", true},
};

static void
test_a_package_is_what_is_asked_for_or_not(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GPtrArray) list = sl_dependency_parse(rows[i].wanted, NULL);
		const SlDependency *group = list->pdata[0];

		g_test_message("%s: %s %s %s", rows[i].wanted, rows[i].name, rows[i].version,
			       rows[i].provides ? rows[i].provides : "-");
		g_assert_true(sl_alternative_matches(group->alternatives->pdata[0], rows[i].name,
						     rows[i].version,
						     rows[i].provides) == rows[i].matches);
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/dependency/field", test_a_field_is_understood);
	g_test_add_func("/dependency/refused", test_what_is_no_dependency_is_refused);
	g_test_add_func("/dependency/matches", test_a_package_is_what_is_asked_for_or_not);
	return g_test_run();
}
