#include "clients/agent/apt_output.h"

#include <string.h>

/* What apt-get 2.6.1 and dpkg 1.21.22 of Debian 12 said; left out are lines that say nothing. */
static const char plan[] = "Calculating upgrade...\n"
			   "The following packages have been kept back:\n"
			   "   needs (1.0 => 2.0)\n"
			   "   tool:i386 (1.0 => 2.0)\n"
			   "The following packages will be upgraded:\n"
			   "   frail (1.0 => 2.0)\n"
			   "4 upgraded, 1 newly installed, 0 to remove and 2 not upgraded.\n"
			   "Inst helper (2.0 Test:stable [all])\n"
			   "Inst frail [1.0] (2.0 Sluice production:s [amd64]) []\n"
			   "Inst both [1.0] (2.0 Debian:12.9/stable, Sluice production:s [amd64])\n"
			   "Inst other:i386 [1.0] (1:2.0 Sluice certification:s [i386])\n"
			   "Conf helper (2.0 Test:stable [all])\n"
			   "Conf frail (2.0 Sluice production:s [amd64])\n";

static const char unmet[] = "The following information may help to resolve the situation:\n\n"
			    "The following packages have unmet dependencies:\n"
			    " needs : Depends: helper (>= 3) but it is not installable\n"
			    "         Depends: more (>= 1) but 0.9 is to be installed\n"
			    "E: Unable to correct problems, you have held broken packages.\n";

static const char held[] =
	"The following held packages will be changed:\n"
	"   tool (1.0 => 2.0)\n"
	"1 upgraded, 0 newly installed, 0 to remove and 5 not upgraded.\n"
	"E: Held packages were changed and -y was used without --allow-change-held-packages.\n";

static const char no_space_to_fetch[] =
	"Need to get 601 kB of archives.\n"
	"E: You don't have enough free space in /var/cache/apt/archives/.\n";

static const char no_space_to_unpack[] =
	"Preparing to unpack .../main/b/big/big_2.0_amd64.deb ...\n"
	"Unpacking big (2.0) over (1.0) ...\n"
	"dpkg: error processing archive /var/cache/apt/archives/big_2.0_amd64.deb (--unpack):\n"
	" cannot copy extracted data for './opt/big/file' to '/opt/big/file.dpkg-new': failed to "
	"write (No space left on device)\n"
	"dpkg-deb: error: paste subprocess was killed by signal (Broken pipe)\n"
	"Errors were encountered while processing:\n"
	" /var/cache/apt/archives/big_2.0_amd64.deb\n"
	"E: Sub-process /usr/bin/dpkg returned an error code (1)\n";

static const char scripts[] =
	"Preparing to unpack .../onfrail2_2.0_amd64.deb ...\n"
	"Unpacking onfrail2 (2.0) over (1.0) ...\n"
	"Preparing to unpack .../archives/frail_2.0_amd64.deb ...\n"
	"the disk is haunted\n"
	"dpkg: error processing archive /var/cache/apt/archives/frail_2.0_amd64.deb (--unpack):\n"
	" new frail package pre-installation script subprocess returned error exit status 3\n"
	"Setting up frail2 (2.0) ...\n"
	"no luck\n"
	"dpkg: error processing package frail2 (--configure):\n"
	" installed frail2 package post-installation script subprocess returned error exit status "
	"1\n"
	"dpkg: dependency problems prevent configuration of onfrail2:\n"
	" onfrail2 depends on frail2 (= 2.0); however:\n"
	"  Package frail2 is not configured yet.\n"
	"\n"
	"dpkg: error processing package onfrail2 (--configure):\n"
	" dependency problems - leaving unconfigured\n"
	"Setting up tool (2.0) ...\n"
	"Errors were encountered while processing:\n"
	" frail2\n"
	" onfrail2\n"
	"E: Sub-process /usr/bin/dpkg returned an error code (1)\n";

static const char fetch[] =
	"Err:2 http://u.example.org/apt/production s/main amd64 tool amd64 2.0\n"
	"  Hash Sum mismatch\n"
	"E: Failed to fetch http://u.example.org/apt/production/pool/ab/tool_2.0_amd64.deb  Hash "
	"Sum "
	"mismatch\n"
	"   Hashes of expected file:\n"
	"    - SHA256:11\n"
	"E: Unable to fetch some archives, maybe run apt-get update or try with --fix-missing?\n";

static const SlAptStep *
step_at(const GPtrArray *steps, guint i, const char *name, bool present, bool ours)
{
	const SlAptStep *step = steps->pdata[i];

	g_assert_cmpstr(step->name, ==, name);
	g_assert_cmpint(step->present, ==, present);
	g_assert_cmpint(step->ours, ==, ours);
	return step;
}

static void
test_a_plan_says_what_is_the_channels_and_what_is_there_already(void)
{
	g_autoptr(GPtrArray) steps = sl_apt_output_steps(plan, "production");
	const SlAptStep *other;

	g_assert_cmpuint(steps->len, ==, 4);
	g_assert_cmpstr(step_at(steps, 0, "helper", false, false)->architecture, ==, "all");
	g_assert_cmpstr(step_at(steps, 1, "frail", true, true)->version, ==, "2.0");
	step_at(steps, 2, "both", true, true);
	other = step_at(steps, 3, "other", true, false); /* it is another channel's */
	g_assert_cmpstr(other->version, ==, "1:2.0");
	g_assert_cmpstr(other->architecture, ==, "i386");
}

static void
test_what_is_kept_back_is_found(void)
{
	g_autoptr(GPtrArray) kept = sl_apt_output_kept(plan);
	g_autoptr(GPtrArray) none = sl_apt_output_kept(held);

	g_assert_cmpuint(kept->len, ==, 2);
	g_assert_cmpstr(kept->pdata[0], ==, "needs=2.0");
	g_assert_cmpstr(kept->pdata[1], ==, "tool:i386=2.0");
	g_assert_cmpuint(none->len, ==, 0);
}

static void
test_the_words_that_matter_are_found_for_people(void)
{
	g_autofree char *depends = sl_apt_output_unmet(unmet);
	g_autofree char *nothing = sl_apt_output_unmet(held);
	g_autofree char *hold = sl_apt_output_problems(held);
	g_autofree char *space = sl_apt_output_problems(no_space_to_fetch);

	g_assert_cmpstr(depends, ==,
			"needs : Depends: helper (>= 3) but it is not installable\n"
			"Depends: more (>= 1) but 0.9 is to be installed");
	g_assert_null(nothing);
	g_assert_cmpstr(hold, ==,
			"E: Held packages were changed and -y was used without "
			"--allow-change-held-packages.");
	g_assert_cmpstr(space, ==,
			"E: You don't have enough free space in /var/cache/apt/archives/.");
}

/* What dpkg said of each package; NULL where it said nothing. */
static const struct {
	const char *output;
	const char *name;
	const char *words;
} said[] = {
	{no_space_to_unpack, "big",
	 "Unpacking big (2.0) over (1.0) ...\n"
	 "dpkg: error processing archive /var/cache/apt/archives/big_2.0_amd64.deb (--unpack):\n"
	 " cannot copy extracted data for './opt/big/file' to '/opt/big/file.dpkg-new': failed to "
	 "write (No space left on device)"},
	{no_space_to_unpack, "bi", NULL},
	{scripts, "frail",
	 "Preparing to unpack .../archives/frail_2.0_amd64.deb ...\n"
	 "the disk is haunted\n"
	 "dpkg: error processing archive /var/cache/apt/archives/frail_2.0_amd64.deb (--unpack):\n"
	 " new frail package pre-installation script subprocess returned error exit status 3"},
	{scripts, "frail2",
	 "Setting up frail2 (2.0) ...\n"
	 "no luck\n"
	 "dpkg: error processing package frail2 (--configure):\n"
	 " installed frail2 package post-installation script subprocess returned error exit status "
	 "1"},
	{scripts, "onfrail2",
	 "dpkg: dependency problems prevent configuration of onfrail2:\n"
	 " onfrail2 depends on frail2 (= 2.0); however:\n"
	 "  Package frail2 is not configured yet.\n"
	 "dpkg: error processing package onfrail2 (--configure):\n"
	 " dependency problems - leaving unconfigured"},
	{scripts, "tool", NULL},
	{fetch, "tool", NULL},
};

static void
test_dpkgs_words_go_to_the_package_they_are_about(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(said); i++) {
		g_autofree char *words = sl_apt_output_dpkg(said[i].output, said[i].name);

		g_test_message("%s", said[i].name);
		g_assert_cmpstr(words, ==, said[i].words);
	}
}

static void
test_a_file_that_could_not_be_fetched_is_found_by_its_package(void)
{
	g_autofree char *words = sl_apt_output_fetch(fetch, "tool");
	g_autofree char *other = sl_apt_output_fetch(fetch, "too");

	g_assert_nonnull(strstr(words, "Hash Sum mismatch"));
	g_assert_nonnull(strstr(words, "SHA256:11"));
	g_assert_null(strstr(words, "maybe run"));
	g_assert_null(other);
}

static void
test_anything_else_is_passed_on_or_ignored(void)
{
	static const char *const texts[] = {"",
					    "\n",
					    "Inst",
					    "Inst x",
					    "Inst x ()",
					    "Inst x (1)",
					    "Inst x [1] (2 [",
					    "have been kept back\n   x (1 => ",
					    "packages have unmet dependencies:\n"};

	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_autoptr(GPtrArray) steps = sl_apt_output_steps(texts[i], "production");
		g_autoptr(GPtrArray) kept = sl_apt_output_kept(texts[i]);
		g_autofree char *depends = sl_apt_output_unmet(texts[i]);
		g_autofree char *words = sl_apt_output_dpkg(texts[i], "x");
		g_autofree char *problems = sl_apt_output_problems(texts[i]);

		g_assert_null(depends);
		g_assert_null(words);
		g_assert_nonnull(problems);
		g_assert_cmpuint(kept->len, <=, 1);
		g_assert_cmpuint(steps->len, <=, 1);
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/apt_output/a_plan_says_what_is_the_channels_and_what_is_there_already",
			test_a_plan_says_what_is_the_channels_and_what_is_there_already);
	g_test_add_func("/apt_output/what_is_kept_back_is_found", test_what_is_kept_back_is_found);
	g_test_add_func("/apt_output/the_words_that_matter_are_found_for_people",
			test_the_words_that_matter_are_found_for_people);
	g_test_add_func("/apt_output/dpkgs_words_go_to_the_package_they_are_about",
			test_dpkgs_words_go_to_the_package_they_are_about);
	g_test_add_func("/apt_output/a_file_that_could_not_be_fetched_is_found_by_its_package",
			test_a_file_that_could_not_be_fetched_is_found_by_its_package);
	g_test_add_func("/apt_output/anything_else_is_passed_on_or_ignored",
			test_anything_else_is_passed_on_or_ignored);
	return g_test_run();
}
