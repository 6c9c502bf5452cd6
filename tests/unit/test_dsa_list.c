/* The tracker's list is read entry by entry, and a line that is none is named */
#include <glib.h>
#include <string.h>

#include "catalog/format/dsa_list.h"

static GPtrArray *
parse(const char *text, GError **error)
{
	return sl_dsa_list_parse(text, strlen(text), error);
}

static void
test_an_entry_has_its_cves_and_fixes(void)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) list = parse("[11 Nov 2026] DSA-6050-1 openssl - security update\n"
					  "\t{CVE-2026-1 CVE-2026-2 CVE-2026-1}\n"
					  "\t[bookworm] - openssl 3.0.17-1~deb12u3\n"
					  "\t[trixie] - openssl <not-affected>\n"
					  "\tNOTE: a word for people [with] {brackets}\n"
					  "\n"
					  "[ 1 Feb 2000] DSA-1-1 old\n",
					  &error);
	const SlDsaEntry *entry;
	const SlDsaFix *fix;

	g_assert_no_error(error);
	g_assert_cmpuint(list->len, ==, 2);
	entry = list->pdata[0];
	g_assert_cmpstr(entry->id, ==, "DSA-6050-1");
	g_assert_cmpint(entry->at, ==, 1794355200);
	g_assert_cmpstr(entry->title, ==, "openssl - security update");
	g_assert_cmpuint(entry->cves->len, ==, 3);
	g_assert_cmpstr(entry->cves->pdata[1], ==, "CVE-2026-2");
	g_assert_cmpuint(entry->fixes->len, ==, 1);
	fix = entry->fixes->pdata[0];
	g_assert_cmpstr(fix->os_codename, ==, "bookworm");
	g_assert_cmpstr(fix->name, ==, "openssl");
	g_assert_cmpstr(fix->version, ==, "3.0.17-1~deb12u3");
	entry = list->pdata[1];
	g_assert_cmpint(entry->at, ==, 949363200);
	g_assert_cmpuint(entry->cves->len, ==, 0);
	g_assert_cmpuint(entry->fixes->len, ==, 0);
}

#define HEAD "[11 Nov 2026] DSA-1-1 a - b\n"

static const struct {
	const char *text;
	int line;
} refused[] = {
	{"DSA-1-1 a\n", 1},
	{"[11 Nov 2026\n", 1},
	{"[] DSA-1-1 a\n", 1},
	{"[31 Feb 2026] DSA-1-1 a\n", 1},
	{"[11 Foo 2026] DSA-1-1 a\n", 1},
	{"[2026-11-11] DSA-1-1 a\n", 1},
	{"[11 Nov 2026]\n", 1},
	{"[11 Nov 2026] ../x a\n", 1},
	{"[11 Nov 2026] \xff a\n", 1},
	{"\t{CVE-2026-1}\n", 1},
	{"<html>\n", 1},
	{HEAD "\t{CVE-2026-1\n", 2},
	{HEAD "\t{CVE/2026}\n", 2},
	{HEAD "\t[bookworm] - openssl\n", 2},
	{HEAD "\t[bookworm] openssl 1\n", 2},
	{HEAD "\t[book/worm] - openssl 1\n", 2},
	{HEAD "\t[bookworm - openssl 1\n", 2},
	{HEAD "\t[bookworm] - open/ssl 1\n", 2},
	{HEAD "\t[bookworm] - openssl 1/2\n", 2},
	{HEAD "\n\nwrong\x1b[2J\n", 4},
};

static void
test_a_line_that_is_none_is_named(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(refused); i++) {
		g_autofree char *line = g_strdup_printf("line %d: ", refused[i].line);
		g_autofree char *shown = g_strescape(refused[i].text, NULL);
		g_autoptr(GError) error = NULL;

		g_test_message("%s", shown);
		g_assert_null(parse(refused[i].text, &error));
		g_assert_error(error, SL_ERROR, SL_ERROR_INVALID);
		g_assert_nonnull(strstr(error->message, line));
		g_assert_true(g_utf8_validate(error->message, -1, NULL));
		g_assert_null(strpbrk(error->message, "\x1b\n"));
	}
}

static void
test_a_list_without_entries_is_empty(void)
{
	static const char *const texts[] = {"", "\n\n"};

	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_autoptr(GPtrArray) list = parse(texts[i], NULL);

		g_assert_nonnull(list);
		g_assert_cmpuint(list->len, ==, 0);
	}
}

static void
test_foreign_titles_and_line_ends_do_no_harm(void)
{
	g_autoptr(GPtrArray) list =
		parse("[11 Nov 2026] DSA-1-1 a \xff\r\n\t{CVE-2026-1}\r\n", NULL);
	const SlDsaEntry *entry;

	g_assert_nonnull(list);
	entry = list->pdata[0];
	g_assert_true(g_utf8_validate(entry->title, -1, NULL));
	g_assert_cmpstr(entry->cves->pdata[0], ==, "CVE-2026-1");
}

static void
test_a_nul_ends_no_list(void)
{
	static const char text[] = HEAD "\0\n" HEAD;
	g_autoptr(GPtrArray) list = sl_dsa_list_parse(text, sizeof text - 1, NULL);

	g_assert_nonnull(list);
	g_assert_cmpuint(list->len, ==, 2);
}

/* Each compared with each before it, these would take a thread away for hours. */
static void
test_an_entry_may_have_very_many_cves(void)
{
	g_autoptr(GString) text = g_string_new(HEAD "\t{");
	g_autoptr(GPtrArray) list = NULL;

	for (int i = 0; i < 1000000; i++)
		g_string_append_printf(text, "CVE-%d ", i);
	g_string_append(text, "}\n");
	list = parse(text->str, NULL);
	g_assert_nonnull(list);
	g_assert_cmpuint(((SlDsaEntry *)list->pdata[0])->cves->len, ==, 1000000);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/dsa-list/entry", test_an_entry_has_its_cves_and_fixes);
	g_test_add_func("/dsa-list/refused", test_a_line_that_is_none_is_named);
	g_test_add_func("/dsa-list/empty", test_a_list_without_entries_is_empty);
	g_test_add_func("/dsa-list/foreign", test_foreign_titles_and_line_ends_do_no_harm);
	g_test_add_func("/dsa-list/many", test_an_entry_may_have_very_many_cves);
	g_test_add_func("/dsa-list/nul", test_a_nul_ends_no_list);
	return g_test_run();
}
