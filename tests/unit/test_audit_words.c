/* What the audit log noted beside a deed, in the words that people read */
#include <glib.h>

#include "catalog/audit_words.h"

/* Each line as one of the program's own writers notes it. */
static const struct {
	const char *detail, *words;
} cases[] = {
	{"{}", ""},
	{"{\"channel\":\"production\",\"reason\":\"worm\",\"emergency\":true,\"revision\":7}",
	 "channel: production; emergency: yes"},
	{"{\"channel\":\"certification\",\"reason\":\"\",\"emergency\":false,\"revision\":7}",
	 "channel: certification"},
	{"{\"rating\":\"high\",\"rating_before\":null,\"reason\":\"web\"}", "rating: none -> high"},
	{"{\"rating\":\"high\",\"rating_before\":\"low\",\"reason\":\"web\"}",
	 "rating: low -> high"},
	{"{\"id\":4711,\"state\":\"active\",\"state_before\":\"pending\"}",
	 "state: pending -> active"},
	{"{\"allow_s\":432000,\"soak_s\":3600,\"before\":{\"allow_s\":604800,\"soak_s\":3600}}",
	 "allow: 7d -> 5d"},
	{"{\"allow_s\":86400,\"soak_s\":60,\"before\":{\"allow_s\":-1,\"soak_s\":3600}}",
	 "allow: none -> 1d; soak: 1h -> 1m"},
	{"{\"after\":true,\"before\":false}", "no -> yes"},
	{"{\"name\":\"first\",\"channel\":\"production\",\"channel_before\":\"certification\"}",
	 "name: first; channel: certification -> production"},
	{"{\"name\":\"first\",\"channel\":\"production\",\"channel_before\":\"production\"}",
	 "name: first"},
	{"{\"from\":\"viewer\",\"to\":\"owner\"}", "from: viewer; to: owner"},
	{"{\"url\":\"http://archive.example.org/"
	 "\",\"suite\":\"s\",\"fingerprints\":[\"A1\",\"B2\"]}",
	 "url: http://archive.example.org/; suite: s; fingerprints: A1, B2"},
	{"{\"before\":[\"A1\"],\"after\":[\"B2\",\"C3\"]}", "A1 -> B2, C3"},
	{"{\"before\":{\"url\":\"u\",\"components\":[\"main\"],\"exclude\":[]},"
	 "\"after\":{\"url\":\"u\",\"components\":[\"main\",\"contrib\"],\"exclude\":[\"*-dbgsym\"]"
	 "}}",
	 "components: main -> main, contrib; exclude: none -> *-dbgsym"},
	{"{\"group\":\"office\",\"lives_s\":604800,\"uses\":0,\"hold\":true}",
	 "group: office; lives: 7d; hold: yes"},
	{"{\"epoch\":3,\"backup_at\":1764000000}", "epoch: 3; backup: 2025-11-24T16:00:00Z"},
	{"{\"after\":true,\"before\":false,\"token\":\"nightly (a1b2c3)\"}",
	 "no -> yes; by API token: nightly (a1b2c3)"},
	{"{\"odd\":{\"deep\":1}}", "odd: {\"deep\":1}"},
	{"[1]", "[1]"},
	{"no JSON", "no JSON"},
};

static void
test_details_are_said_in_words(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *words = sl_audit_words(cases[i].detail);

		g_assert_cmpstr(words, ==, cases[i].words);
	}
}

static void
test_a_reason_stands_by_itself(void)
{
	g_autofree char *given = sl_audit_reason("{\"reason\":\"worm\"}");
	g_autofree char *none = sl_audit_reason("{\"channel\":\"production\"}");
	g_autofree char *odd = sl_audit_reason("no JSON");

	g_assert_cmpstr(given, ==, "worm");
	g_assert_cmpstr(none, ==, "");
	g_assert_cmpstr(odd, ==, "");
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/audit-words/details", test_details_are_said_in_words);
	g_test_add_func("/audit-words/reason", test_a_reason_stands_by_itself);
	return g_test_run();
}
