/* An advisory belongs to the updates that fix it, in the release it speaks of */
#include <glib.h>
#include <inttypes.h>
#include <string.h>

#include "catalog/advisory.h"
#include "tests/unit/publishing.h"

static int64_t
import(Fixture *f, const char *text)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) entries = sl_dsa_list_parse(text, strlen(text), &error);
	int64_t found = -1;

	g_assert_no_error(error);
	sl_advisory_import(f->db, entries, &found, &error);
	g_assert_no_error(error);
	return found;
}

/* The advisories of an update, as "ID: CVES; ". */
static void
assert_advisories(Fixture *f, int64_t update, const char *expected)
{
	g_autoptr(GPtrArray) list = sl_advisory_of_update(f->db, update, NULL);
	g_autoptr(GString) text = g_string_new(NULL);

	for (guint i = 0; i < list->len; i++) {
		const SlAdvisory *one = list->pdata[i];

		g_string_append_printf(text, "%s: %s; ", one->id, one->cves);
	}
	g_assert_cmpstr(text->str, ==, expected);
}

#define LIST                                                                                       \
	"[11 Nov 2026] DSA-2-1 a - security update\n"                                              \
	"\t{CVE-2026-2 CVE-2026-3 CVE-2026-2}\n\t[bookworm] - a 2-1\n\t[trixie] - a 9-1\n"         \
	"[10 Nov 2026] DSA-1-1 a - security update\n\t{CVE-2026-1}\n\t[bookworm] - a 1.9\n"        \
	"[9 Nov 2026] DSA-0-1 b - security update\n\t[bookworm] - b <not-affected>\n"

static void
fill(Fixture *f)
{
	execute(f, "INSERT INTO upstream_serves VALUES (1, 'debian', 'bookworm')");
	add_update(f, "a", "1.8");    /* 1: before both */
	add_update(f, "a", "1.10");   /* 2: fixes the first */
	add_update(f, "a", "2-1+b1"); /* 3: fixes both */
	add_update(f, "b", "5");      /* 4: never affected */
}

static void
test_a_version_at_or_above_the_fix_has_it(Fixture *f, gconstpointer data)
{
	fill(f);
	g_assert_cmpint(import(f, LIST), ==, 2);
	assert_advisories(f, 1, "");
	assert_advisories(f, 2, "DSA-1-1: CVE-2026-1; ");
	assert_advisories(f, 3, "DSA-2-1: CVE-2026-2 CVE-2026-3; DSA-1-1: CVE-2026-1; ");
	assert_advisories(f, 4, "");
}

static void
test_importing_again_replaces_what_is_known(Fixture *f, gconstpointer data)
{
	fill(f);
	import(f, LIST);
	import(f, LIST);
	assert_advisories(f, 3, "DSA-2-1: CVE-2026-2 CVE-2026-3; DSA-1-1: CVE-2026-1; ");
	g_assert_cmpint(import(f, "[11 Nov 2026] DSA-2-1 a - regression\n\t{CVE-2026-9}\n"
				  "\t[bookworm] - a 3\n"),
			==, 2);
	assert_advisories(f, 3, "DSA-1-1: CVE-2026-1; ");
	g_assert_cmpint(number_of(f, "SELECT count(*) FROM advisory_cve WHERE cve = 'CVE-2026-2'"),
			==, 0);
}

static void
test_another_release_is_another_matter(Fixture *f, gconstpointer data)
{
	fill(f);
	execute(f, "UPDATE upstream_serves SET os_codename = 'trixie'");
	g_assert_cmpint(import(f, LIST), ==, 0);
	assert_advisories(f, 3, "");
	/* an upstream that serves both is measured by both */
	execute(f, "INSERT INTO upstream_serves VALUES (1, 'debian', 'bookworm')");
	g_assert_true(sl_advisory_attach(f->db, 1, NULL));
	assert_advisories(f, 2, "DSA-1-1: CVE-2026-1; ");
}

static void
test_an_update_that_comes_later_finds_its_advisory(Fixture *f, gconstpointer data)
{
	fill(f);
	import(f, LIST);
	add_update(f, "a", "1:0.1");
	assert_advisories(f, 5, "");
	g_assert_true(sl_advisory_attach(f->db, 7, NULL)); /* another upstream's */
	assert_advisories(f, 5, "");
	g_assert_true(sl_advisory_attach(f->db, 1, NULL));
	assert_advisories(f, 5, "DSA-2-1: CVE-2026-2 CVE-2026-3; DSA-1-1: CVE-2026-1; ");
}

/* Of what the first sync brought only "on or before that day" is known otherwise. */
static void
test_an_advisory_dates_the_version_it_is_of(Fixture *f, gconstpointer data)
{
	fill(f);
	add_update(f, "a", "2-1"); /* 5: the very version of the second */
	add_update(f, "a", "1.9"); /* 6: of the first, whose release was seen */
	execute(f, "UPDATE updates SET released_at = %" PRId64 ", released_exact = id = 6", START);
	import(f, LIST);
	g_assert_cmpint(number_of(f, "SELECT released_at FROM updates WHERE id = 5"), ==,
			1794355200); /* 11 Nov 2026 */
	g_assert_cmpint(number_of(f, "SELECT count(*) FROM updates WHERE released_at = 1800000000"),
			==, 5);
}

static void
test_the_same_advisory_twice_in_a_list_is_its_last(Fixture *f, gconstpointer data)
{
	fill(f);
	import(f, "[1 Nov 2026] DSA-1-1 a - x\n\t{CVE-2026-1}\n\t[bookworm] - a 1\n"
		  "[2 Nov 2026] DSA-1-1 a - y\n\t{CVE-2026-2}\n\t[bookworm] - a 1.9\n");
	assert_advisories(f, 1, "");
	assert_advisories(f, 2, "DSA-1-1: CVE-2026-2; ");
}

int
main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*test)(Fixture *f, gconstpointer data);
	} tests[] = {
		{"/advisory/fixed", test_a_version_at_or_above_the_fix_has_it},
		{"/advisory/dated", test_an_advisory_dates_the_version_it_is_of},
		{"/advisory/again", test_importing_again_replaces_what_is_known},
		{"/advisory/release", test_another_release_is_another_matter},
		{"/advisory/later", test_an_update_that_comes_later_finds_its_advisory},
		{"/advisory/twice", test_the_same_advisory_twice_in_a_list_is_its_last},
	};

	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(tests); i++)
		g_test_add(tests[i].name, Fixture, NULL, set_up, tests[i].test, tear_down);
	return g_test_run();
}
