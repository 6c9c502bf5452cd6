/* A configuration says what somebody reads, or it is refused with section and key */
#include <glib.h>
#include <string.h>

#include "catalog/base/keyfile.h"
#include "tests/unit/scratch.h"

static SlKeyfile *
load(Scratch *s, const char *text, GError **error)
{
	g_autofree char *path = scratch_path(s, "conf");

	scratch_write(s, "conf", text, strlen(text));
	return sl_keyfile_load(path, error);
}

/* Reads what a program would: one key of each kind. */
static void
read_all(SlKeyfile *file)
{
	g_autofree char *text = sl_keyfile_text(file, "a", "text", NULL);

	sl_keyfile_int(file, "a", "int", -1, 10, 5);
	sl_keyfile_duration(file, "a", "duration", 60, 86400, 3600);
	sl_keyfile_size(file, "b", "size", 1024, 1048576, 4096);
	sl_keyfile_bool(file, "b", "bool", true);
}

static const struct {
	const char *text;
	const char *says; /* after "PATH: "; NULL: it is right */
} files[] = {
	{"", NULL},
	{"# nothing\n\n[a]\n[b]\n", NULL},
	{"[a]\ntext=x\nint=10\nduration=1d\n[b]\nsize=1M\nbool=no\n", NULL},
	{"[a]\nint = -1 \nduration =60\n", NULL},
	{"[a]\ntxet=x\n", "[a] txet: unknown key"},
	{"[a]\nTEXT=x\n", "[a] TEXT: unknown key"},
	{"[b]\ntext=x\n", "[b] text: unknown key"},
	{"[c]\n", "[c]: unknown section"},
	{"[c]\ntext=x\n", "[c]: unknown section"},
	{"[A]\ntext=x\n", "[A]: unknown section"},
	{"[ a]\ntext=x\n", "[ a]: unknown section"},
	{"[a]\nint=11\n", "[a] int: '11' is not within -1 to 10"},
	{"[a]\nint=-2\n", "[a] int: '-2' is not within -1 to 10"},
	{"[a]\nint=99999999999999999999\n", "[a] int: "},
	{"[a]\nint=\n", "[a] int: "},
	{"[a]\nint=5 # five\n", "[a] int: "},
	{"[a]\nint=0x5\n", "[a] int: "},
	{"[a]\nint=5.0\n", "[a] int: "},
	{"[a]\nduration=59\n", "[a] duration: '59' is not within"},
	{"[a]\nduration=2d\n", "[a] duration: '2d' is not within"},
	{"[a]\nduration=1y\n", "[a] duration: "},
	{"[a]\nduration=1 h\n", "[a] duration: "},
	{"[a]\nduration=-1h\n", "[a] duration: "},
	{"[a]\nduration=9999999999999999w\n", "[a] duration: "},
	{"[b]\nsize=1023\n", "[b] size: '1023' is not within"},
	{"[b]\nsize=1G\n", "[b] size: '1G' is not within"},
	{"[b]\nsize=1m\n", "[b] size: "},
	{"[b]\nsize=1MB\n", "[b] size: "},
	{"[b]\nsize=9999999999T\n", "[b] size: "},
	{"[b]\nbool=maybe\n", "[b] bool: 'maybe' is neither yes nor no"},
	{"[b]\nbool=Yes\n", "[b] bool: "},
	{"[b]\nbool=1\n", "[b] bool: "},
	/* the first wrong thing is told, and nothing of it writes to a terminal */
	{"[a]\nint=11\n[b]\nbool=x\n", "[a] int: '11'"},
	{"[a]\nint=\x1b[2J\n", "[a] int: not a number: '\\x1b[2J'"},
	{"[b]\nbool=\x1b[2J\n", "[b] bool: '\\x1b[2J' is neither"},
	{"[a]\nkey\x1b=1\n", "[a] key\\x1b: unknown key"},
	{"[c\xe2\x80\xae]\nx=1\n", "[c\\xe2\\x80\\xae]: unknown section"},
};

static void
assert_printable(const char *message)
{
	g_assert_true(g_utf8_validate(message, -1, NULL));
	for (const char *c = message; *c; c++)
		g_assert_false(g_ascii_iscntrl(*c));
}

static void
test_what_nobody_reads_and_what_is_wrong_is_named(Scratch *s, gconstpointer data)
{
	g_autofree char *path = scratch_path(s, "conf");

	for (size_t i = 0; i < G_N_ELEMENTS(files); i++) {
		g_autoptr(GError) error = NULL;
		g_autoptr(SlKeyfile) file = load(s, files[i].text, &error);
		g_autofree char *says = g_strconcat(path, ": ", files[i].says, NULL);

		g_test_message("%s", files[i].text);
		g_assert_no_error(error);
		read_all(file);
		if (!files[i].says) {
			g_assert_true(sl_keyfile_finish(file, &error));
			g_assert_no_error(error);
			continue;
		}
		g_assert_false(sl_keyfile_finish(file, &error));
		g_assert_error(error, SL_ERROR, SL_ERROR_INVALID);
		g_assert_true(g_str_has_prefix(error->message, says));
		assert_printable(error->message);
	}
}

/* A wrong key in a section that is known by another key only. */
static void
test_the_section_of_an_unknown_key_is_shown_harmlessly(Scratch *s, gconstpointer data)
{
	g_autoptr(SlKeyfile) file = load(s, "[a\xe2\x80\xae]\nknown=1\nother=1\n", NULL);
	g_autoptr(GError) error = NULL;

	g_assert_cmpint(sl_keyfile_int(file, "a\xe2\x80\xae", "known", 0, 9, 0), ==, 1);
	g_assert_false(sl_keyfile_finish(file, &error));
	g_assert_nonnull(strstr(error->message, "[a\\xe2\\x80\\xae] other: unknown key"));
}

static void
test_what_is_no_such_file_is_refused_with_its_path(Scratch *s, gconstpointer data)
{
	static const char *const texts[] = {"key=1\n",	      "[a\nkey=1\n", "[a]\nkey\n",
					    "[a]\n\x1b[2J\n", "\xff\xfe",    "[a\x1b]\n"};
	g_autofree char *absent = scratch_path(s, "absent");
	g_autoptr(GError) missing = NULL;

	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_autoptr(GError) error = NULL;

		g_assert_null(load(s, texts[i], &error));
		g_assert_error(error, SL_ERROR, SL_ERROR_INVALID);
		g_assert_nonnull(strstr(error->message, "/conf: "));
		assert_printable(error->message);
	}
	g_assert_null(sl_keyfile_load(absent, &missing));
	g_assert_error(missing, SL_ERROR, SL_ERROR_NOT_FOUND);
	g_assert_nonnull(strstr(missing->message, absent));
}

static void
test_values_come_as_they_stand(Scratch *s, gconstpointer data)
{
	g_autoptr(SlKeyfile) file = load(
		s, "[a]\ntext =  two words\\n;\t\nempty=\nduration=2h\nsize=3K\nbool=no\n", NULL);
	g_autofree char *text = sl_keyfile_text(file, "a", "text", "otherwise");
	g_autofree char *empty = sl_keyfile_text(file, "a", "empty", "otherwise");
	g_autofree char *absent = sl_keyfile_text(file, "a", "absent", "otherwise");
	g_autofree char *none = sl_keyfile_text(file, "a", "none", NULL);

	g_assert_cmpstr(text, ==, "two words\\n;");
	g_assert_cmpstr(empty, ==, "");
	g_assert_cmpstr(absent, ==, "otherwise");
	g_assert_null(none);
	g_assert_cmpint(sl_keyfile_duration(file, "a", "duration", 0, 99999, 0), ==, 7200);
	g_assert_cmpint(sl_keyfile_size(file, "a", "size", 0, 99999, 0), ==, 3072);
	g_assert_false(sl_keyfile_bool(file, "a", "bool", true));
	g_assert_true(sl_keyfile_finish(file, NULL));
}

static void
test_an_empty_configuration_is_all_defaults(Scratch *s, gconstpointer data)
{
	g_autoptr(SlKeyfile) file = sl_keyfile_new();

	g_assert_cmpint(sl_keyfile_int(file, "a", "int", 0, 9, 7), ==, 7);
	g_assert_true(sl_keyfile_bool(file, "a", "bool", true));
	g_assert_true(sl_keyfile_finish(file, NULL));
}

int
main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*test)(Scratch *s, gconstpointer data);
	} tests[] = {
		{"/keyfile/named", test_what_nobody_reads_and_what_is_wrong_is_named},
		{"/keyfile/section", test_the_section_of_an_unknown_key_is_shown_harmlessly},
		{"/keyfile/no-such-file", test_what_is_no_such_file_is_refused_with_its_path},
		{"/keyfile/values", test_values_come_as_they_stand},
		{"/keyfile/defaults", test_an_empty_configuration_is_all_defaults},
	};

	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(tests); i++)
		g_test_add(tests[i].name, Scratch, NULL, scratch_set_up, tests[i].test,
			   scratch_tear_down);
	return g_test_run();
}
