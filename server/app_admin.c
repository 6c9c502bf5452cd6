/* app_admin.c - the admin API's side of the app: what it asks of the rest, and where it listens */
#include <unistd.h>

#include "catalog/base/fs.h"
#include "server/admin/answer.h"
#include "server/admin/export.h"
#include "server/app_private.h"
#include "server/backup.h"
#include "server/listen.h"

#define ADMIN_THREADS	  2
#define ADMIN_WORKERS	  16 /* handlers wait: for the writer, a job's progress, a password */
#define ADMIN_EXPORTS	  2
#define ADMIN_CONNECTIONS 256
#define ADMIN_MEMORY	  (32 * 1024) /* bytes for a connection's headers */

static SlModel *
current_model(gpointer data)
{
	return sl_fleet_model(((SlApp *)data)->fleet);
}

static SlDemand *
current_demand(gpointer data)
{
	return sl_fleet_demand(((SlApp *)data)->fleet);
}

/* A reload brings another one; the one before stays readable. */
static const SlConfig *
config_now(const SlApp *app)
{
	return __atomic_load_n(&app->config, __ATOMIC_SEQ_CST);
}

static const char *
server_key(gpointer data)
{
	return ((SlApp *)data)->server_key;
}

static int64_t
start_sync(gpointer data, const char *upstream, const char *person)
{
	return sl_work_sync(&((SlApp *)data)->work, upstream, person);
}

static int64_t
next_sync_at(gpointer data, const SlUpstream *upstream, const SlSyncHistory *history)
{
	const SlApp *app = data;

	return sl_scheduler_next_sync(config_now(app), upstream, history, sl_clock_now(app->clock));
}

static int64_t
start_publish(gpointer data, const char *channel, const char *person, const char *cause)
{
	return sl_work_publish(&((SlApp *)data)->work, channel, SL_PUBLISH_CONTENT, person, cause);
}

static int64_t
start_fetch(gpointer data, const char *channel, GHashTable *revisions, bool emergency,
	    const char *person, const char *cause)
{
	return sl_work_fetch(&((SlApp *)data)->work, channel, revisions, emergency, person, cause);
}

static int64_t
start_backup(gpointer data, const char *person)
{
	SlApp *app = data;

	return sl_backup_start(app->jobs, config_now(app)->state, person);
}

static int
take_backup(gpointer data, int64_t job, int64_t *ret_size, GError **error)
{
	return sl_backup_take(config_now(data)->state, job, ret_size, error);
}

static json_t *
status(gpointer data)
{
	SlApp *app = data;
	SlFleetCounts counts;

	sl_fleet_counts(app->fleet, &counts);
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:b, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}",
			 "version", SL_VERSION, "state", config_now(app)->state, "public",
			 app->sockets->public_address, "admin", app->sockets->admin_address,
			 "socket", app->socket_path, "serving",
			 (int)sl_front_process_serves(app->front), "front_starts",
			 (json_int_t)sl_front_process_starts(app->front), "started_at",
			 (json_int_t)app->started_at, "enrolled", (json_int_t)counts.enrolled,
			 "checkins", (json_int_t)counts.taken, "stale", (json_int_t)counts.stale,
			 "refused", (json_int_t)counts.refused, "busy", (json_int_t)counts.busy,
			 "passwords_checked", (json_int_t)sl_passwords_count(app->passwords));
}

static void
set_up_admin(SlApp *app)
{
	app->admin = (SlAdmin){
		.db_path = app->db_path,
		.writer = app->writer,
		.clock = app->clock,
		.jobs = app->jobs,
		.passwords = app->passwords,
		.hosts = app->config->admin_hosts,
		.origin = app->admin_origin,
		.proxies = app->proxies,
		.tls = app->sockets->admin_tls != NULL,
		.secure = app->sockets->admin_tls ||
			  (app->admin_origin && g_str_has_prefix(app->admin_origin, "https:")),
		.page = app->page,
		.start_sync = start_sync,
		.next_sync_at = next_sync_at,
		.start_publish = start_publish,
		.start_fetch = start_fetch,
		.start_backup = start_backup,
		.take_backup = take_backup,
		.start_statuses = sl_app_start_statuses,
		.model = current_model,
		.demand = current_demand,
		.status = status,
		.server_key = server_key,
		.app = app,
	};
}

static SlHttpServer *
listen_admin(SlApp *app, int fd, const SlTls *tls, SlHttpAdmit admit, SlHttpHandler handler,
	     GError **error)
{
	return sl_http_server_new(
		&(SlHttpOptions){
			.listen_fd = fd,
			.threads = ADMIN_THREADS,
			.workers = ADMIN_WORKERS,
			.large_workers = ADMIN_EXPORTS,
			.is_large = sl_export_is_asked,
			.max_connections = ADMIN_CONNECTIONS,
			.max_per_address = ADMIN_CONNECTIONS / 2, /* one may be a proxy's */
			.crowded = ADMIN_CONNECTIONS / 4 * 3,
			.connection_memory = ADMIN_MEMORY,
			.header_s = 10,
			.body_s = 120,
			.idle_s = 60,
			.slow_bytes = 0,
			.extra_methods = true,
			.tls = tls,
			.headers = sl_answer_headers,
			.refuse = sl_answer_refusal,
			.admit = admit,
			.handler = handler,
			.data = &app->admin,
		},
		error);
}

bool
sl_app_open_admin(SlApp *app, GError **error)
{
	app->page = sl_page_new();
	app->passwords = sl_passwords_new();
	app->admin_origin = sl_config_origin(app->config);
	app->proxies = sl_proxies_new((const char *const *)app->config->trusted_proxies, error);
	if (!app->proxies)
		return false;
	app->socket_path = g_strdup(app->config->admin_socket);
	app->socket_fd = sl_listen_unix(app->socket_path, error);
	if (app->socket_fd < 0)
		return false;
	set_up_admin(app);
	app->admin_local = listen_admin(app, app->socket_fd, NULL, sl_admin_admit_local,
					sl_admin_handle_local, error);
	if (!app->admin_local)
		return false;
	app->admin_remote = listen_admin(app, app->sockets->admin_fd, app->sockets->admin_tls,
					 sl_admin_admit_remote, sl_admin_handle_remote, error);
	return app->admin_remote != NULL;
}

void
sl_app_close_admin(SlApp *app)
{
	sl_http_server_free(app->admin_remote);
	sl_http_server_free(app->admin_local);
	if (app->socket_fd >= 0)
		unlink(app->socket_path);
	sl_fs_clear_fd(&app->socket_fd);
	sl_page_free(app->page);
	sl_passwords_free(app->passwords);
	sl_proxies_free(app->proxies);
	g_free(app->admin_origin);
	g_free(app->socket_path);
}
