/* main.c - sluiced: options, signals, and the loop everything hangs on */
#include <glib-unix.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "catalog/base/clock.h"
#include "catalog/base/fs.h"
#include "catalog/base/log.h"
#include "server/app.h"
#include "server/backup.h"
#include "server/config.h"
#include "server/privileges.h"

typedef struct {
	char *config;
	char *state;
	char *public_listen;
	char *admin_listen;
	char *restore;
	gboolean check;
	gboolean version;
} Options;

typedef struct {
	Options options;
	SlConfig *config;
	GPtrArray *old_configs; /* (owned): threads may still be reading them */
	SlAppSockets sockets;
	SlApp *app;
	GMainLoop *loop;
} Daemon;

static bool
read_options(int argc, char **argv, Options *options, GError **error)
{
	const GOptionEntry entries[] = {
		{"state", 0, 0, G_OPTION_ARG_FILENAME, &options->state,
		 "where everything is kept (/var/lib/sluice)", "DIR"},
		{"public", 0, 0, G_OPTION_ARG_STRING, &options->public_listen,
		 "where computers connect ([::]:80); port 0 takes a free one", "ADDR:PORT"},
		{"admin", 0, 0, G_OPTION_ARG_STRING, &options->admin_listen,
		 "where people connect (127.0.0.1:8090)", "ADDR:PORT"},
		{"config", 0, 0, G_OPTION_ARG_FILENAME, &options->config,
		 "configuration file (" SL_CONFIG_PATH " where it is there)", "FILE"},
		{"check-config", 0, 0, G_OPTION_ARG_NONE, &options->check,
		 "say whether the configuration is right, and end", NULL},
		{"restore", 0, 0, G_OPTION_ARG_FILENAME, &options->restore,
		 "make an empty state directory from a backup, and end", "FILE"},
		{"version", 0, 0, G_OPTION_ARG_NONE, &options->version, "say the version, and end",
		 NULL},
		G_OPTION_ENTRY_NULL,
	};
	g_autoptr(GOptionContext) context = g_option_context_new(NULL);

	g_option_context_set_summary(context,
				     "The core of the Sluice update server, in the foreground.");
	g_option_context_add_main_entries(context, entries, NULL);
	if (!g_option_context_parse(context, &argc, &argv, error))
		return false;
	return argc == 1 || sl_error_set(error, SL_ERROR_INVALID, "unknown argument '%s'", argv[1]);
}

static void
clear_options(Options *options)
{
	g_free(options->config);
	g_free(options->state);
	g_free(options->public_listen);
	g_free(options->admin_listen);
	g_free(options->restore);
}

static void
replace(char **place, const char *value)
{
	if (!value)
		return;
	g_free(*place);
	*place = g_strdup(value);
}

/* Where nothing is said: in the directory that systemd made for it, else with the state. */
static char *
default_socket(const Options *options, const char *state)
{
	const char *runtime = options->state ? NULL : g_getenv("RUNTIME_DIRECTORY");

	return g_build_filename(runtime ? runtime : state, "admin.sock", NULL);
}

/* The configuration file, and what the command line says over it. */
static SlConfig *
load_config(const Options *options, GError **error)
{
	g_autoptr(SlConfig) config = sl_config_load(options->config, error);

	if (!config)
		return NULL;
	replace(&config->state, options->state);
	replace(&config->public_listen, options->public_listen);
	replace(&config->admin_listen, options->admin_listen);
	if (!g_path_is_absolute(config->state)) {
		char *absolute = g_canonicalize_filename(config->state, NULL);

		g_free(config->state);
		config->state = absolute;
	}
	if (!config->admin_socket)
		config->admin_socket = default_socket(options, config->state);
	return sl_config_check(config, error) ? g_steal_pointer(&config) : NULL;
}

static gboolean
stop(gpointer data)
{
	Daemon *daemon = data;

	sd_notify(0, "STOPPING=1");
	g_main_loop_quit(daemon->loop);
	return G_SOURCE_CONTINUE;
}

/* What is open stays what it is, and the program goes on with what is open. */
static void
keep_until_restart(SlConfig *config, const SlConfig *before)
{
	if (g_strcmp0(config->state, before->state) != 0 ||
	    g_strcmp0(config->public_listen, before->public_listen) != 0 ||
	    g_strcmp0(config->admin_listen, before->admin_listen) != 0 ||
	    g_strcmp0(config->admin_socket, before->admin_socket) != 0 ||
	    g_strcmp0(config->admin_url, before->admin_url) != 0 ||
	    !config->tls_certificate != !before->tls_certificate ||
	    !g_strv_equal((const char *const *)config->admin_hosts,
			  (const char *const *)before->admin_hosts) ||
	    !g_strv_equal((const char *const *)config->trusted_proxies,
			  (const char *const *)before->trusted_proxies))
		g_warning("another state directory, listener, name, proxy or socket needs a "
			  "restart");
	replace(&config->state, before->state);
	replace(&config->public_listen, before->public_listen);
	replace(&config->admin_listen, before->admin_listen);
	replace(&config->admin_socket, before->admin_socket);
}

static gboolean
reload(gpointer data)
{
	Daemon *daemon = data;
	g_autoptr(GError) error = NULL;
	SlConfig *config = load_config(&daemon->options, &error);

	if (!config) {
		g_warning("not reloaded: %s", error->message);
		return G_SOURCE_CONTINUE;
	}
	keep_until_restart(config, daemon->config);
	sl_app_reload(daemon->app, config);
	g_ptr_array_add(daemon->old_configs, daemon->config);
	daemon->config = config;
	g_message("reloaded limits and schedules");
	return G_SOURCE_CONTINUE;
}

static gboolean
feed_watchdog(gpointer data)
{
	(void)data;
	sd_notify(0, "WATCHDOG=1");
	return G_SOURCE_CONTINUE;
}

/* From now on they wait until the loop runs: a start that is told to stop ends as it should. */
static void
take_signals(Daemon *daemon)
{
	g_unix_signal_add(SIGTERM, stop, daemon);
	g_unix_signal_add(SIGINT, stop, daemon);
	g_unix_signal_add(SIGHUP, reload, daemon);
}

static void
run_loop(Daemon *daemon)
{
	uint64_t watchdog_us = 0;

	if (sd_watchdog_enabled(0, &watchdog_us) > 0)
		g_timeout_add((guint)(watchdog_us / 3000), feed_watchdog, NULL);
	sd_notify(0, "READY=1");
	g_main_loop_run(daemon->loop);
}

/* A state directory from a backup; the backup is opened with the rights of who started us. */
static bool
restore(const Options *options, const SlConfig *config, GError **error)
{
	g_autoptr(SlClock) clock = sl_clock_new();
	sl_autofd int fd = sl_backup_open(options->restore, error);
	const char *person = g_get_user_name();
	SlRestored restored;

	if (fd < 0 || !sl_privileges_drop(config->state, config->require_fences, error) ||
	    !sl_backup_restore(fd, config->state, sl_app_apply_schema, person, sl_clock_now(clock),
			       &restored, error))
		return false;
	sl_backup_explain(&restored, config->state);
	return true;
}

/* On a person's own console only: what a log keeps is no secret. */
static bool
print_setup_code(SlApp *app, GError **error)
{
	g_autofree char *code = NULL;

	if (!isatty(STDOUT_FILENO))
		return true;
	if (!sl_app_setup_code(app, &code, error))
		return false;
	if (code)
		printf("nobody can sign in at the admin page yet; the code that makes the first "
		       "owner there is %s\n",
		       code);
	return true;
}

static bool
run(Daemon *daemon, GError **error)
{
	SlAppSockets *sockets = &daemon->sockets;

	daemon->config = load_config(&daemon->options, error);
	if (!daemon->config)
		return false;
	if (daemon->options.check)
		return sl_app_check(daemon->config, error) &&
		       puts("sluiced: the configuration is right") != EOF;
	if (daemon->options.restore)
		return restore(&daemon->options, daemon->config, error);
	if (!sl_app_open_sockets(daemon->config, sockets, error) ||
	    !sl_privileges_drop(daemon->config->state, daemon->config->require_fences, error))
		return false;
	daemon->loop = g_main_loop_new(NULL, FALSE);
	take_signals(daemon);
	daemon->app = sl_app_new(daemon->config, sockets, error);
	if (!daemon->app)
		return false;
	printf("sluiced " SL_VERSION ": public %s, admin %s, state %s\n", sockets->public_address,
	       sockets->admin_address, daemon->config->state);
	if (!print_setup_code(daemon->app, error))
		return false;
	fflush(stdout);
	run_loop(daemon);
	return true;
}

/* Keys and passwords are in its memory, and in that of what it starts. */
static void
leave_no_core(void)
{
	const struct rlimit none = {0, 0};

	setrlimit(RLIMIT_CORE, &none);
}

int
main(int argc, char **argv)
{
	Daemon daemon = {0};
	g_autoptr(GError) error = NULL;
	bool ok;

	setlocale(LC_ALL, "C.UTF-8");
	signal(SIGPIPE, SIG_IGN);
	umask(077);
	leave_no_core();
	sl_log_start("sluiced");
	daemon.old_configs = g_ptr_array_new_with_free_func((GDestroyNotify)sl_config_free);
	ok = read_options(argc, argv, &daemon.options, &error);
	if (ok && daemon.options.version)
		puts("sluiced " SL_VERSION);
	else if (ok)
		ok = run(&daemon, &error);
	sl_app_free(daemon.app);
	if (daemon.loop)
		g_main_loop_unref(daemon.loop);
	sl_app_sockets_clear(&daemon.sockets);
	sl_config_free(daemon.config);
	g_ptr_array_unref(daemon.old_configs);
	clear_options(&daemon.options);
	if (!ok)
		sl_log_line("sluiced", error->message);
	return ok ? 0 : 1;
}
