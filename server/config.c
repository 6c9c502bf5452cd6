#include "server/config.h"

#include <inttypes.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "catalog/base/keyfile.h"
#include "catalog/publish/signer.h"
#include "server/http/proxies.h"
#include "server/listen.h"

#define MINUTE INT64_C(60)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)

typedef int64_t (*Read)(SlKeyfile *file, const char *section, const char *key, int64_t low,
			int64_t high, int64_t otherwise);

/* Every number with its unit, bounds and default; see sluice.conf(5). */
static const struct {
	const char *section;
	const char *key;
	Read read;
	int64_t low, high, otherwise;
	size_t place;
} numbers[] = {
	{"public", "max_connections", sl_keyfile_int, 16, 1000000, 12000,
	 offsetof(SlConfig, connections)},
	{"public", "max_per_address", sl_keyfile_int, 0, 1000000, 40,
	 offsetof(SlConfig, per_address)},
	{"public", "agent_rate", sl_keyfile_int, 0, 1000000, 50, offsetof(SlConfig, rate)},
	{"public", "header_timeout", sl_keyfile_duration, 1, HOUR, 10,
	 offsetof(SlConfig, header_s)},
	{"public", "body_timeout", sl_keyfile_duration, 1, HOUR, 20, offsetof(SlConfig, body_s)},
	{"public", "idle_timeout", sl_keyfile_duration, 0, HOUR, 10, offsetof(SlConfig, idle_s)},
	{"public", "slow_bytes", sl_keyfile_size, 0, 1 << 30, 4096, offsetof(SlConfig, slow_bytes)},
	{"public", "answer_timeout", sl_keyfile_duration, 1, HOUR, 20,
	 offsetof(SlConfig, answer_s)},
	{"public", "threads", sl_keyfile_int, 0, 256, 0, offsetof(SlConfig, threads)},
	{"sync", "every", sl_keyfile_duration, 5 * MINUTE, 30 * DAY, DAY,
	 offsetof(SlConfig, sync_every_s)},
	{"sync", "jitter", sl_keyfile_duration, 0, DAY, HOUR, offsetof(SlConfig, jitter_s)},
	{"sync", "slow_timeout", sl_keyfile_duration, 1, HOUR, 60, offsetof(SlConfig, low_speed_s)},
	{"publication", "valid_for", sl_keyfile_duration, HOUR, 365 * DAY, 7 * DAY,
	 offsetof(SlConfig, valid_s)},
	{"publication", "sign_every", sl_keyfile_duration, MINUTE, 100 * DAY, DAY,
	 offsetof(SlConfig, resign_s)},
	{"publication", "compress_every", sl_keyfile_duration, 10, DAY, 5 * MINUTE,
	 offsetof(SlConfig, compress_s)},
	{"publication", "keep", sl_keyfile_int, 2, 100000, 10, offsetof(SlConfig, keep_count)},
	{"publication", "keep_for", sl_keyfile_duration, HOUR, 3650 * DAY, 30 * DAY,
	 offsetof(SlConfig, keep_s)},
	{"checkin", "interval", sl_keyfile_duration, MINUTE, 7 * DAY, HOUR,
	 offsetof(SlConfig, checkin_s)},
	{"checkin", "silent_after", sl_keyfile_duration, HOUR, 365 * DAY, 2 * DAY,
	 offsetof(SlConfig, silent_s)},
	{"checkin", "queue", sl_keyfile_int, 100, 1000000, 5000, offsetof(SlConfig, queue)},
};

/* A text that is empty is as good as none. */
static char *
text_or_null(SlKeyfile *file, const char *key)
{
	char *text = sl_keyfile_text(file, "admin", key, "");

	if (*text)
		return text;
	g_free(text);
	return NULL;
}

/* Where people and their browsers find the page. */
static void
read_page(SlConfig *config, SlKeyfile *file)
{
	g_autofree char *hosts = sl_keyfile_text(file, "admin", "hosts", "");
	g_autofree char *proxies = sl_keyfile_text(file, "admin", "trusted_proxies", "");
	g_autoptr(GUri) url = NULL;
	g_autofree char *all = NULL;

	config->admin_url = text_or_null(file, "url");
	config->tls_certificate = text_or_null(file, "tls_certificate");
	config->tls_key = text_or_null(file, "tls_key");
	if (config->admin_url)
		url = g_uri_parse(config->admin_url, G_URI_FLAGS_NONE, NULL);
	all = g_strconcat(hosts, " ", url ? g_uri_get_host(url) : "", NULL);
	config->admin_hosts = g_strsplit(g_strstrip(all), " ", -1);
	config->trusted_proxies = g_strsplit(proxies, " ", -1);
}

char *
sl_config_origin(const SlConfig *config)
{
	g_autoptr(GUri) url = NULL;
	const char *scheme, *host;
	int port;

	if (config->admin_url)
		url = g_uri_parse(config->admin_url, G_URI_FLAGS_NONE, NULL);
	host = url ? g_uri_get_host(url) : NULL;
	if (!host || !*host)
		return NULL;
	scheme = g_uri_get_scheme(url);
	port = g_uri_get_port(url);
	if (strcmp(scheme, "https") != 0 && strcmp(scheme, "http") != 0)
		return NULL;
	if (g_uri_get_query(url) || g_uri_get_fragment(url) || g_uri_get_userinfo(url))
		return NULL;
	if (port < 0 || port == (strcmp(scheme, "https") == 0 ? 443 : 80))
		return g_strdup_printf("%s://%s", scheme, host);
	return g_strdup_printf("%s://%s:%d", scheme, host, port);
}

static SlConfig *
read_all(SlKeyfile *file, GError **error)
{
	g_autoptr(SlConfig) config = g_new0(SlConfig, 1);

	for (size_t i = 0; i < G_N_ELEMENTS(numbers); i++)
		*(int64_t *)((char *)config + numbers[i].place) =
			numbers[i].read(file, numbers[i].section, numbers[i].key, numbers[i].low,
					numbers[i].high, numbers[i].otherwise);
	config->state = sl_keyfile_text(file, "state", "directory", "/var/lib/sluice");
	config->public_listen = sl_keyfile_text(file, "public", "listen", "[::]:80");
	config->require_fences = sl_keyfile_bool(file, "public", "require_fences", false);
	config->admin_listen = sl_keyfile_text(file, "admin", "listen", "127.0.0.1:8090");
	config->admin_socket = sl_keyfile_text(file, "admin", "socket", NULL);
	read_page(config, file);
	config->schedule = sl_keyfile_bool(file, "sync", "schedule", true);
	return sl_keyfile_finish(file, error) ? g_steal_pointer(&config) : NULL;
}

SlConfig *
sl_config_load(const char *path, GError **error)
{
	g_autoptr(SlKeyfile) file = NULL;

	if (!path && access(SL_CONFIG_PATH, F_OK) < 0)
		file = sl_keyfile_new();
	else
		file = sl_keyfile_load(path ? path : SL_CONFIG_PATH, error);
	return file ? read_all(file, error) : NULL;
}

static bool
check_times(const SlConfig *config, GError **error)
{
	if (config->resign_s >= config->valid_s)
		return sl_error_set(error, SL_ERROR_INVALID,
				    "[publication] sign_every: %" PRId64 " seconds are not less "
				    "than valid_for (%" PRId64 " seconds)",
				    config->resign_s, config->valid_s);
	return config->silent_s > config->checkin_s ||
	       sl_error_set(error, SL_ERROR_INVALID,
			    "[checkin] silent_after: %" PRId64 " seconds are not more than "
			    "interval (%" PRId64 " seconds)",
			    config->silent_s, config->checkin_s);
}

/* A name that is none, *.example.org say, would silently let nobody in. */
static bool
check_hosts(const SlConfig *config, GError **error)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789-_.:[]";

	for (char *const *host = config->admin_hosts; *host; host++)
		if ((*host)[strspn(*host, letters)] != '\0')
			return sl_error_set(error, SL_ERROR_INVALID,
					    "[admin] hosts: '%s' is no name like "
					    "sluice.example.org; between names are blanks",
					    *host);
	return true;
}

static bool
check_proxies(const SlConfig *config, GError **error)
{
	g_autoptr(SlProxies) proxies =
		sl_proxies_new((const char *const *)config->trusted_proxies, error);

	if (!proxies)
		g_prefix_error(error, "[admin] trusted_proxies: ");
	return proxies != NULL;
}

/* What leaves this machine is read by others on the way. */
static bool
check_page(const SlConfig *config, GError **error)
{
	g_autofree char *origin = sl_config_origin(config);

	if (config->admin_url && !origin)
		return sl_error_set(
			error, SL_ERROR_INVALID,
			"[admin] url: '%s' is no address like https://sluice.example.org/patches/, "
			"with nothing else in front of the name or behind the path",
			config->admin_url);
	if (config->tls_certificate && !config->tls_key)
		return sl_error_set(error, SL_ERROR_INVALID,
				    "[admin] tls_key: tls_certificate needs it");
	if (config->tls_key && !config->tls_certificate)
		return sl_error_set(error, SL_ERROR_INVALID,
				    "[admin] tls_certificate: tls_key needs it");
	return config->tls_key || sl_listen_is_loopback(config->admin_listen) ||
	       sl_error_set(
		       error, SL_ERROR_INVALID,
		       "[admin] listen: %s is reached from other machines, which takes TLS: set "
		       "tls_certificate and tls_key",
		       config->admin_listen);
}

bool
sl_config_check(const SlConfig *config, GError **error)
{
	if (!sl_signer_check_path(config->state, error)) {
		g_prefix_error(error, "[state] directory: ");
		return false;
	}
	if (!sl_listen_check_tcp(config->public_listen, error)) {
		g_prefix_error(error, "[public] listen: ");
		return false;
	}
	if (!sl_listen_check_tcp(config->admin_listen, error)) {
		g_prefix_error(error, "[admin] listen: ");
		return false;
	}
	if (!sl_listen_check_unix(config->admin_socket, error)) {
		g_prefix_error(error, "[admin] socket: ");
		return false;
	}
	return check_hosts(config, error) && check_proxies(config, error) &&
	       check_page(config, error) && check_times(config, error);
}

void
sl_config_free(SlConfig *config)
{
	if (!config)
		return;
	g_free(config->state);
	g_free(config->public_listen);
	g_free(config->admin_listen);
	g_free(config->admin_socket);
	g_free(config->admin_url);
	g_strfreev(config->admin_hosts);
	g_strfreev(config->trusted_proxies);
	g_free(config->tls_certificate);
	g_free(config->tls_key);
	g_free(config);
}
