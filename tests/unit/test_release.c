/* A Release file says what a suite has, or it is refused with the field that is wrong */
#include <glib.h>
#include <string.h>

#include "catalog/format/release.h"

#define SHA  "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define SHA2 "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define DATE "Date: Sun, 22 Nov 2026 19:58:56 UTC\n"
#define LIST "SHA256:\n " SHA " 0 main/binary-amd64/Packages\n"

static SlRelease *
parse(const char *text, GError **error)
{
	return sl_release_parse(text, strlen(text), error);
}

static void
test_every_field_is_read(void)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(SlRelease) release =
		parse("Origin: Debian\nLabel: Debian-Security\nSuite: stable-security\n"
		      "Version: 12\nCodename: bookworm-security\n" DATE
		      "Valid-Until: Sun, 29 Nov 2026 19:58:56 UTC\nAcquire-By-Hash: yes\n"
		      "Architectures: all amd64\tarm64\nComponents: main  contrib\n"
		      "Description: Debian 12 updates\n"
		      "MD5Sum:\n d41d8cd98f00b204e9800998ecf8427e 0 main/binary-amd64/Packages\n"
		      "SHA1:\n da39a3ee5e6b4b0d3255bfef95601890afd80709 0 only/in/sha1\n"
		      "SHA256:\n " SHA "        0 main/binary-amd64/Packages\n"
		      " " SHA2 "\t12345 main/binary-amd64/Packages.xz\n",
		      &error);
	const SlReleaseFile *file;

	g_assert_no_error(error);
	g_assert_cmpstr(release->origin, ==, "Debian");
	g_assert_cmpstr(release->label, ==, "Debian-Security");
	g_assert_cmpstr(release->suite, ==, "stable-security");
	g_assert_cmpstr(release->codename, ==, "bookworm-security");
	g_assert_cmpstr(release->version, ==, "12");
	g_assert_cmpstr(release->description, ==, "Debian 12 updates");
	g_assert_cmpint(release->date_at, ==, 1795377536);
	g_assert_cmpint(release->valid_until, ==, 1795377536 + 7 * 86400);
	g_assert_true(release->by_hash);
	g_assert_cmpuint(g_strv_length(release->components), ==, 2);
	g_assert_cmpstr(release->components[1], ==, "contrib");
	g_assert_cmpuint(g_strv_length(release->architectures), ==, 3);
	g_assert_cmpstr(release->architectures[2], ==, "arm64");
	g_assert_cmpuint(g_hash_table_size(release->files), ==, 2);
	file = sl_release_find(release, "main/binary-amd64/Packages.xz");
	g_assert_cmpstr(file->sha256, ==, SHA2);
	g_assert_cmpint(file->size, ==, 12345);
	g_assert_null(sl_release_find(release, "only/in/sha1"));
}

static void
test_what_is_not_said_is_not_there(void)
{
	g_autoptr(SlRelease) release = parse(DATE "SHA256:\n", NULL);

	g_assert_nonnull(release);
	g_assert_null(release->origin);
	g_assert_null(release->suite);
	g_assert_cmpint(release->valid_until, ==, 0);
	g_assert_false(release->by_hash);
	g_assert_cmpuint(g_strv_length(release->components), ==, 0);
	g_assert_cmpuint(g_hash_table_size(release->files), ==, 0);
}

static const struct {
	const char *text;
	const char *says;
} refused[] = {
	{"", "empty"},
	{"\n\n", "empty"},
	{LIST, "Date"},
	{DATE, "SHA256"},
	{DATE "MD5Sum:\n d41d8cd98f00b204e9800998ecf8427e 0 x\n", "SHA256"},
	{DATE LIST "\nOrigin: another\n", "second stanza"},
	{DATE LIST DATE, "twice"},
	{DATE LIST LIST, "twice"},
	/* dates */
	{"Date:\n" LIST, "Date"},
	{"Date: yesterday\n" LIST, "Date"},
	{"Date: 1795377536\n" LIST, "Date"},
	{"Date: Sun, 22 Nov 2026 19:58:56 CET\n" LIST, "Date"},
	{"Date: Sun, 22 Nov 2026 19:58:56 +0100\n" LIST, "Date"},
	{"Date: Sun, 31 Feb 2026 19:58:56 UTC\n" LIST, "Date"},
	{"Date: Sun, 22 Nov 2026 25:58:56 UTC\n" LIST, "Date"},
	{"Date: Sun, 22 Nov 2026 19:58:56 UTC and more\n" LIST, "Date"},
	{"Date: Sun, 22 Nov 2026 19:58:56 UTC\r\n" LIST, "Date"},
	{DATE "Valid-Until: never\n" LIST, "Valid-Until"},
	{DATE "Valid-Until:\n" LIST, "Valid-Until"},
	/* long over, and not the same as none */
	{DATE "Valid-Until: Thu, 01 Jan 1970 00:00:00 UTC\n" LIST, "Valid-Until"},
	{"Date: Thu, 01 Jan 1970 00:00:00 UTC\n" LIST, "Date"},
	/* entries */
	{DATE "SHA256:\n " SHA " 0\n", "SHA256"},
	{DATE "SHA256:\n " SHA " 0 a b\n", "SHA256"},
	{DATE "SHA256:\n 0 " SHA " a\n", "SHA256"},
	{DATE "SHA256:\n d41d8cd98f00b204e9800998ecf8427e 0 a\n", "SHA256"},
	{DATE "SHA256:\n " SHA "0 0 a\n", "SHA256"},
	{DATE "SHA256:\n E3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 0 a\n",
	 "SHA256"},
	{DATE "SHA256:\n " SHA " -1 a\n", "SHA256"},
	{DATE "SHA256:\n " SHA " 1.5 a\n", "SHA256"},
	{DATE "SHA256:\n " SHA " 0x10 a\n", "SHA256"},
	{DATE "SHA256:\n " SHA " 9223372036854775808 a\n", "SHA256"},
	/* paths that lead elsewhere */
	{DATE "SHA256:\n " SHA " 0 ../a\n", "SHA256"},
	{DATE "SHA256:\n " SHA " 0 a/../../b\n", "SHA256"},
	{DATE "SHA256:\n " SHA " 0 /etc/passwd\n", "SHA256"},
	{DATE "SHA256:\n " SHA " 0 a//b\n", "SHA256"},
	{DATE "SHA256:\n " SHA " 0 a/\n", "SHA256"},
	{DATE "SHA256:\n " SHA " 0 ./a\n", "SHA256"},
	{DATE "SHA256:\n " SHA " 0 .hidden\n", "SHA256"},
	{DATE "SHA256:\n " SHA " 0 a\\b\n", "SHA256"},
	{DATE "SHA256:\n " SHA " 0 \xff\n", "SHA256"},
	{DATE "SHA256:\n " SHA " 0 a\x1b[2J\n", "SHA256"},
	/* one path with two contents */
	{DATE "SHA256:\n " SHA " 0 a\n " SHA2 " 0 a\n", "twice"},
	{DATE "SHA256:\n " SHA " 0 a\n " SHA " 1 a\n", "twice"},
};

static void
test_what_is_no_release_is_refused_by_field(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(refused); i++) {
		g_autofree char *shown = g_strescape(refused[i].text, NULL);
		g_autoptr(GError) error = NULL;

		g_test_message("%s", shown);
		g_assert_null(parse(refused[i].text, &error));
		g_assert_error(error, SL_ERROR, SL_ERROR_INVALID);
		g_assert_true(g_str_has_prefix(error->message, "Release: "));
		g_assert_nonnull(strstr(error->message, refused[i].says));
		g_assert_true(g_utf8_validate(error->message, -1, NULL));
		g_assert_null(strpbrk(error->message, "\x1b\r\n"));
	}
}

static void
test_the_same_entry_twice_is_one(void)
{
	g_autoptr(SlRelease) release =
		parse(DATE "SHA256:\n " SHA " 7 a\n " SHA "    7    a\n", NULL);

	g_assert_nonnull(release);
	g_assert_cmpint(sl_release_find(release, "a")->size, ==, 7);
}

static void
test_what_is_written_is_read_back_sorted(void)
{
	g_autoptr(SlRelease) release = sl_release_new();
	g_autoptr(SlRelease) back = NULL;
	g_autofree char *text = NULL;
	g_autofree char *again = NULL;
	g_autoptr(GError) error = NULL;

	release->origin = g_strdup("Sluice");
	release->suite = g_strdup("s");
	release->date_at = 1795377536;
	release->valid_until = 1795377536 + 86400;
	release->by_hash = true;
	release->components = g_strsplit("main contrib", " ", -1);
	release->architectures = g_strsplit("all amd64", " ", -1);
	sl_release_add(release, "main/b", SHA, 0);
	sl_release_add(release, "main/a", SHA2, INT64_MAX);
	text = sl_release_write(release, &error);
	g_assert_no_error(error);
	g_assert_true(strstr(text, " main/a\n") < strstr(text, " main/b\n"));
	back = parse(text, &error);
	g_assert_no_error(error);
	g_assert_cmpint(back->date_at, ==, release->date_at);
	g_assert_cmpint(back->valid_until, ==, release->valid_until);
	g_assert_cmpint(sl_release_find(back, "main/a")->size, ==, INT64_MAX);
	again = sl_release_write(back, NULL);
	g_assert_cmpstr(again, ==, text);
}

static void
test_a_value_of_two_fields_is_not_written(void)
{
	g_autoptr(SlRelease) release = sl_release_new();
	g_autoptr(GError) error = NULL;

	release->label = g_strdup("x\nSuite: other");
	g_assert_null(sl_release_write(release, &error));
	g_assert_error(error, SL_ERROR, SL_ERROR_INVALID);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/release/fields", test_every_field_is_read);
	g_test_add_func("/release/absent", test_what_is_not_said_is_not_there);
	g_test_add_func("/release/refused", test_what_is_no_release_is_refused_by_field);
	g_test_add_func("/release/twice", test_the_same_entry_twice_is_one);
	g_test_add_func("/release/written", test_what_is_written_is_read_back_sorted);
	g_test_add_func("/release/injected", test_a_value_of_two_fields_is_not_written);
	return g_test_run();
}
