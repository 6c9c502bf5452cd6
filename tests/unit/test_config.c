/* The configuration: what it says, what it may say, and that the example says the defaults */
#include <glib.h>
#include <string.h>

#include "server/config.h"
#include "tests/unit/scratch.h"

static SlConfig *
load(Scratch *s, const char *text, GError **error)
{
	g_autofree char *path = scratch_path(s, "sluice.conf");

	scratch_write(s, "sluice.conf", text, strlen(text));
	return sl_config_load(path, error);
}

static const struct {
	const char *text;
	const char *says;
} wrong[] = {
	{"[public]\nlisten=[::]:80\nlissten=[::]:80\n", "[public] lissten: unknown key"},
	{"[publik]\nlisten=[::]:80\n", "[publik]: unknown section"},
	{"[state]\nlisten=[::]:80\n", "[state] listen: unknown key"},
	{"[public]\nmax_connections=15\n", "[public] max_connections: '15' is not within"},
	{"[public]\nmax_connections=1000001\n", "[public] max_connections: '1000001' is not"},
	{"[public]\nmax_connections=many\n", "[public] max_connections: "},
	{"[public]\nheader_timeout=0\n", "[public] header_timeout: '0' is not within 1 to 3600"},
	{"[public]\nheader_timeout=2h\n", "[public] header_timeout: '2h' is not within"},
	{"[public]\nheader_timeout=10 s\n", "[public] header_timeout: "},
	{"[public]\nheader_timeout=1.5m\n", "[public] header_timeout: "},
	{"[public]\nslow_bytes=4KB\n", "[public] slow_bytes: "},
	{"[public]\nslow_bytes=-1\n", "[public] slow_bytes: "},
	{"[public]\nrequire_fences=maybe\n", "[public] require_fences: 'maybe' is neither"},
	{"[sync]\nevery=4m\n", "[sync] every: '4m' is not within"},
	{"[publication]\nkeep=1\n", "[publication] keep: '1' is not within 2 to"},
	{"[checkin]\nqueue=99\n", "[checkin] queue: '99' is not within"},
	{"listen=[::]:80\n", "sluice.conf: "},
};

static void
test_what_is_wrong_is_named(Scratch *s, gconstpointer data)
{
	for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
		g_autoptr(GError) error = NULL;

		g_test_message("%s", wrong[i].text);
		g_assert_null(load(s, wrong[i].text, &error));
		g_assert_error(error, SL_ERROR, SL_ERROR_INVALID);
		g_assert_nonnull(strstr(error->message, "/sluice.conf: "));
		g_assert_nonnull(strstr(error->message, wrong[i].says));
	}
}

static void
test_a_file_that_is_not_there_is_an_error(Scratch *s, gconstpointer data)
{
	g_autofree char *path = scratch_path(s, "absent.conf");
	g_autoptr(GError) error = NULL;

	g_assert_null(sl_config_load(path, &error));
	g_assert_error(error, SL_ERROR, SL_ERROR_NOT_FOUND);
	g_assert_nonnull(strstr(error->message, path));
}

static void
test_units_are_read(Scratch *s, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(SlConfig) config =
		load(s,
		     "[state]\ndirectory = /srv/sluice\n"
		     "[public]\nheader_timeout = 2m\nidle_timeout = 0\nslow_bytes = 16K\n"
		     "require_fences = yes\nmax_per_address = 0\n"
		     "[sync]\nevery = 12h\nschedule = no\n"
		     "[publication]\nvalid_for = 2w\nsign_every = 3600\nkeep_for = 60d\n",
		     &error);

	g_assert_no_error(error);
	g_assert_cmpstr(config->state, ==, "/srv/sluice");
	g_assert_cmpint(config->header_s, ==, 120);
	g_assert_cmpint(config->idle_s, ==, 0);
	g_assert_cmpint(config->slow_bytes, ==, 16384);
	g_assert_true(config->require_fences);
	g_assert_cmpint(config->per_address, ==, 0);
	g_assert_cmpint(config->sync_every_s, ==, 43200);
	g_assert_false(config->schedule);
	g_assert_cmpint(config->valid_s, ==, 14 * 86400);
	g_assert_cmpint(config->resign_s, ==, 3600);
	g_assert_cmpint(config->keep_s, ==, 60 * 86400);
	g_assert_cmpint(config->body_s, ==, 20); /* a default */
}

static const struct {
	const char *text;
	const char *says; /* NULL: they fit */
} together[] = {
	{"", NULL},
	{"[public]\nlisten=0.0.0.0:0\n", NULL},
	{"[public]\nlisten=80\n", "[public] listen: "},
	{"[public]\nlisten=localhost:80\n", "[public] listen: "},
	{"[public]\nlisten=[::]:65536\n", "[public] listen: "},
	{"[public]\nlisten=::1:80\n", "[public] listen: "},
	{"[public]\nlisten=[::1:80\n", "[public] listen: "},
	{"[public]\nlisten=127.0.0.1:\n", "[public] listen: "},
	{"[admin]\nlisten=127.0.0.1\n", "[admin] listen: "},
	{"[admin]\nsocket=admin.sock\n", "[admin] socket: "},
	{"[admin]\nlisten=127.9.9.9:0\n", NULL},
	{"[admin]\nlisten=[::1]:80\n", NULL},
	{"[admin]\nlisten=0.0.0.0:8090\n", "[admin] listen: "},
	{"[admin]\nlisten=[::]:8090\n", "[admin] listen: "},
	{"[admin]\nlisten=192.0.2.1:8090\ntls_certificate=a\n", "[admin] tls_key: "},
	{"[admin]\nlisten=192.0.2.1:8090\ntls_key=a\n", "[admin] tls_certificate: "},
	{"[admin]\nlisten=192.0.2.1:8090\ntls_certificate=a\ntls_key=b\n", NULL},
	{"[admin]\nurl=https://sluice.example.org/patches/\n", NULL},
	{"[admin]\nurl=sluice.example.org\n", "[admin] url: "},
	{"[admin]\nurl=ftp://sluice.example.org/\n", "[admin] url: "},
	{"[admin]\nurl=https:///patches\n", "[admin] url: "},
	{"[admin]\nurl=https://sluice.example.org/?view=updates\n", "[admin] url: "},
	{"[admin]\nurl=https://sluice.example.org/patches?\n", "[admin] url: "},
	{"[admin]\nurl=https://sluice.example.org/#/updates\n", "[admin] url: "},
	{"[admin]\nurl=https://ann:secret@sluice.example.org/\n", "[admin] url: "},
	{"[admin]\nhosts=sluice sluice.example.org\n", NULL},
	{"[admin]\nhosts=a.example.org, b.example.org\n", "[admin] hosts: 'a.example.org,' "},
	{"[admin]\nhosts=*.example.org\n", "[admin] hosts: '*.example.org' "},
	{"[admin]\nhosts=https://sluice.example.org/\n", "[admin] hosts: "},
	{"[admin]\ntrusted_proxies=127.0.0.1  10.0.0.0/8 2001:db8::/32\n", NULL},
	{"[admin]\ntrusted_proxies=::1 proxy\n", "[admin] trusted_proxies: 'proxy' is no address"},
	{"[admin]\ntrusted_proxies=0.0.0.0/0\n", "[admin] trusted_proxies: '0.0.0.0/0' "},
	{"[publication]\nvalid_for=1d\nsign_every=1d\n", "[publication] sign_every: "},
	{"[publication]\nvalid_for=1d\nsign_every=2d\n", "[publication] sign_every: "},
	{"[checkin]\ninterval=7d\nsilent_after=7d\n", "[checkin] silent_after: "},
	{"[state]\ndirectory="
	 "/0123456789/0123456789/0123456789/0123456789/0123456789/0123456789/0123456789/0123456789/"
	 "x\n",
	 "[state] directory: "},
};

static void
test_values_that_do_not_fit_each_other_are_named(Scratch *s, gconstpointer data)
{
	for (size_t i = 0; i < G_N_ELEMENTS(together); i++) {
		g_autoptr(GError) error = NULL;
		g_autoptr(SlConfig) config = load(s, together[i].text, &error);

		g_test_message("%s", together[i].text);
		g_assert_no_error(error);
		if (!config->admin_socket)
			config->admin_socket = g_strdup("/run/sluice/admin.sock"); /* as main.c */
		if (!together[i].says) {
			g_assert_true(sl_config_check(config, &error));
			g_assert_no_error(error);
			continue;
		}
		g_assert_false(sl_config_check(config, &error));
		g_assert_error(error, SL_ERROR, SL_ERROR_INVALID);
		g_assert_true(g_str_has_prefix(error->message, together[i].says));
	}
}

static void
test_the_pages_address_gives_its_origin_and_its_host(Scratch *s, gconstpointer data)
{
	static const char *const urls[][2] = {
		{"https://sluice.example.org/patches/", "https://sluice.example.org"},
		{"https://sluice.example.org:443", "https://sluice.example.org"},
		{"https://sluice.example.org:8443/", "https://sluice.example.org:8443"},
		{"http://sluice.example.org:80/", "http://sluice.example.org"},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(urls); i++) {
		g_autofree char *text =
			g_strdup_printf("[admin]\nhosts = one two\nurl = %s\n", urls[i][0]);
		g_autoptr(SlConfig) config = load(s, text, NULL);
		g_autofree char *origin = sl_config_origin(config);
		g_autofree char *hosts = g_strjoinv(" ", config->admin_hosts);

		g_assert_cmpstr(origin, ==, urls[i][1]);
		g_assert_cmpstr(hosts, ==, "one two sluice.example.org");
	}
}

/* The example, with each "#key = value" made a setting. */
static char *
example(void)
{
	g_autofree char *path = g_test_build_filename(G_TEST_DIST, "..", "..", "deploy", "examples",
						      "sluice.conf", NULL);
	g_autofree char *text = NULL;
	g_autoptr(GRegex) setting = g_regex_new("^#(?=[a-z_]+ =)", G_REGEX_MULTILINE, 0, NULL);

	g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
	return g_regex_replace_literal(setting, text, -1, 0, "", 0, NULL);
}

static void
test_the_example_says_every_default(Scratch *s, gconstpointer data)
{
	g_autofree char *text = example();
	g_autoptr(GError) error = NULL;
	g_autoptr(SlConfig) said = load(s, text, &error);
	g_autoptr(SlConfig) defaults = load(s, "", NULL);

	g_assert_no_error(error);
	g_assert_cmpstr(said->state, ==, defaults->state);
	g_assert_cmpstr(said->public_listen, ==, defaults->public_listen);
	g_assert_cmpstr(said->admin_listen, ==, defaults->admin_listen);
	g_assert_null(said->admin_url);
	g_assert_null(said->tls_certificate);
	g_assert_null(said->tls_key);
	g_assert_true(g_strv_equal((const char *const *)said->admin_hosts,
				   (const char *const *)defaults->admin_hosts));
	g_assert_true(g_strv_equal((const char *const *)said->trusted_proxies,
				   (const char *const *)defaults->trusted_proxies));
	/* all others are numbers and switches: the same bytes but for the texts */
	g_clear_pointer(&said->state, g_free);
	g_clear_pointer(&said->public_listen, g_free);
	g_clear_pointer(&said->admin_listen, g_free);
	g_clear_pointer(&said->admin_socket, g_free);
	g_clear_pointer(&defaults->state, g_free);
	g_clear_pointer(&defaults->public_listen, g_free);
	g_clear_pointer(&defaults->admin_listen, g_free);
	g_clear_pointer(&said->admin_hosts, g_strfreev);
	g_clear_pointer(&defaults->admin_hosts, g_strfreev);
	g_clear_pointer(&said->trusted_proxies, g_strfreev);
	g_clear_pointer(&defaults->trusted_proxies, g_strfreev);
	assert_bytes(said, sizeof *said, defaults, sizeof *defaults);
}

static void
test_the_example_has_every_key(Scratch *s, gconstpointer data)
{
	g_autofree char *text = example();
	g_autofree char *documented = NULL;
	static const char *const keys[] = {"max_connections",
					   "max_per_address",
					   "agent_rate",
					   "header_timeout",
					   "body_timeout",
					   "idle_timeout",
					   "slow_bytes",
					   "answer_timeout",
					   "threads",
					   "every",
					   "jitter",
					   "slow_timeout",
					   "valid_for",
					   "sign_every",
					   "compress_every",
					   "keep",
					   "keep_for",
					   "interval",
					   "silent_after",
					   "queue",
					   "directory",
					   "listen",
					   "require_fences",
					   "socket",
					   "url",
					   "hosts",
					   "trusted_proxies",
					   "tls_certificate",
					   "tls_key",
					   "schedule"};

	for (size_t i = 0; i < G_N_ELEMENTS(keys); i++) {
		documented = g_strdup_printf("\n%s =", keys[i]);
		g_test_message("%s", keys[i]);
		g_assert_nonnull(strstr(text, documented));
		g_clear_pointer(&documented, g_free);
	}
}

int
main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*test)(Scratch *s, gconstpointer data);
	} tests[] = {
		{"/config/wrong", test_what_is_wrong_is_named},
		{"/config/absent", test_a_file_that_is_not_there_is_an_error},
		{"/config/units", test_units_are_read},
		{"/config/together", test_values_that_do_not_fit_each_other_are_named},
		{"/config/url", test_the_pages_address_gives_its_origin_and_its_host},
		{"/config/example", test_the_example_says_every_default},
		{"/config/keys", test_the_example_has_every_key},
	};

	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(tests); i++)
		g_test_add(tests[i].name, Scratch, NULL, scratch_set_up, tests[i].test,
			   scratch_tear_down);
	return g_test_run();
}
