#include <string.h>

#include "clients/agent/sources.h"

static const char *const suites[] = {"bookworm-security", NULL};

/* Files as people write them, and what apt still reads of them afterwards. */
static const struct {
	const char *name;
	SlSourcesFormat format;
	const char *text;
	guint removed;
	const char *stays; /* has to be there as a line */
	const char *goes;  /* must not be there as a line; NULL: nothing goes */
} cases[] = {
	{"one_line", SL_SOURCES_ONE_LINE,
	 "# words\ndeb http://x.example.org/d bookworm main\n"
	 "deb http://x.example.org/s bookworm-security main contrib\n",
	 1, "deb http://x.example.org/d bookworm main",
	 "deb http://x.example.org/s bookworm-security main contrib"},
	{"options_and_no_newline_at_the_end", SL_SOURCES_ONE_LINE,
	 " deb\t[ arch=amd64 signed-by=/x ] http://x.example.org bookworm-security main", 1, NULL,
	 " deb\t[ arch=amd64 signed-by=/x ] http://x.example.org bookworm-security main"},
	{"source_packages_stay", SL_SOURCES_ONE_LINE,
	 "deb-src http://x.example.org/s bookworm-security main\n", 0,
	 "deb-src http://x.example.org/s bookworm-security main", NULL},
	{"a_comment_is_no_entry", SL_SOURCES_ONE_LINE,
	 "# deb http://x.example.org/s bookworm-security main\n", 0,
	 "# deb http://x.example.org/s bookworm-security main", NULL},
	{"whole_stanza", SL_SOURCES_DEB822,
	 "Types: deb\n# words\nURIs: http://x.example.org\nSuites: bookworm-security\n"
	 "Enabled: yes\n\nTypes: deb\nSuites: bookworm\n",
	 1, "Enabled: no", "Enabled: yes"},
	{"one_suite_of_several", SL_SOURCES_DEB822,
	 "\n\ntypes: deb\nURIs: http://x.example.org\n"
	 "Suites: bookworm\n# between\n bookworm-security\n bookworm-updates\nComponents: main",
	 1, "Suites: bookworm bookworm-updates", " bookworm-security"},
	{"a_stanza_that_is_off", SL_SOURCES_DEB822,
	 "Types: deb\nEnabled: no\nURIs: http://x.example.org\nSuites: bookworm-security\n", 0,
	 "Suites: bookworm-security", NULL},
};

static bool
has_line(const char *text, const char *line)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	return g_strv_contains((const char *const *)lines, line);
}

static void
test_disabling_and_restoring(gconstpointer data)
{
	gsize i = GPOINTER_TO_SIZE(data);
	g_autoptr(GPtrArray) removed = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *edited =
		sl_sources_disable(cases[i].text, cases[i].format, suites, removed);
	g_autofree char *twice = sl_sources_disable(edited, cases[i].format, suites, NULL);
	g_autofree char *restored = sl_sources_restore(edited);

	g_assert_cmpuint(removed->len, ==, cases[i].removed);
	if (cases[i].stays)
		g_assert_true(has_line(edited, cases[i].stays));
	if (cases[i].goes)
		g_assert_false(has_line(edited, cases[i].goes));
	else
		g_assert_cmpstr(edited, ==, cases[i].text);
	g_assert_cmpstr(twice, ==, edited);
	g_assert_cmpstr(restored, ==, cases[i].text);
}

static void
test_what_apt_does_not_read(void)
{
	SlSourcesFormat format = SL_SOURCES_ONE_LINE;

	g_assert_false(sl_sources_format("x.list.disabled", &format));
	g_assert_false(sl_sources_format(".x.list", &format));
	g_assert_true(sl_sources_format("x.sources", &format));
	g_assert_cmpint(format, ==, SL_SOURCES_DEB822);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *path = g_strconcat("/sources/", cases[i].name, NULL);

		g_test_add_data_func(path, GSIZE_TO_POINTER(i), test_disabling_and_restoring);
	}
	g_test_add_func("/sources/what_apt_does_not_read", test_what_apt_does_not_read);
	return g_test_run();
}
