#include "server/app_private.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "catalog/base/fs.h"
#include "catalog/base/seal.h"
#include "catalog/channel.h"
#include "catalog/person.h"
#include "catalog/schema.h"
#include "catalog/setup_code.h"
#include "catalog/source.h"
#include "catalog/sync_run.h"
#include "clients/report.h"
#include "clients/schema.h"
#include "server/link/link.h"

#define KEY_FILE "server.key"

static bool
open_state(SlApp *app, GError **error)
{
	const char *path = app->config->state;

	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return sl_error_errno(error, "make state directory %s", path);
	app->state_fd = sl_fs_open_dir(path, error);
	if (app->state_fd < 0)
		return false;
	app->lock_fd = sl_fs_open_flags(app->state_fd, "lock", O_RDWR | O_CREAT, 0600, error);
	if (app->lock_fd < 0)
		return false;
	if (flock(app->lock_fd, LOCK_EX | LOCK_NB) < 0)
		return sl_error_set(error, SL_ERROR_BUSY,
				    "state directory %s is in use by another sluiced", path);
	return sl_fs_remove_tree(app->state_fd, "work", error);
}

bool
sl_app_apply_schema(SlDb *db, GError **error)
{
	const SlSchemaPart *parts[] = {sl_schema_catalog(), sl_schema_clients(), NULL};

	return sl_schema_apply(db, parts, error);
}

static bool
open_database(SlApp *app, GError **error)
{
	g_autoptr(SlDb) db = NULL;
	g_autoptr(SlDb) reader = NULL;

	app->db_path = g_build_filename(app->config->state, "sluice.db", NULL);
	db = sl_db_open(app->db_path, SL_DB_WRITE, error);
	/* checking reads every page: they would stay in the writer's large cache */
	reader = db ? sl_db_open(app->db_path, SL_DB_READ, error) : NULL;
	if (!reader || !sl_db_check(reader, error) || !sl_app_apply_schema(db, error) ||
	    !sl_sync_run_interrupt_all(db, app->started_at, error)) {
		g_prefix_error(error, "%s: ", app->db_path);
		return false;
	}
	app->server_id = sl_meta_text(db, "server_id", error);
	if (!app->server_id)
		return false;
	app->writer = sl_writer_new(g_steal_pointer(&db), (unsigned)app->config->queue);
	return true;
}

/* The keys are made once; what is public of them is what the front reads when it starts. */
static bool
open_keys(SlApp *app, GError **error)
{
	g_autoptr(GError) absent = NULL;
	g_autofree char *text = NULL;
	sl_autofd int publications_fd = -1;

	app->keys = sl_seal_keys_load(app->state_fd, KEY_FILE, &absent);
	if (!app->keys && !g_error_matches(absent, SL_ERROR, SL_ERROR_NOT_FOUND)) {
		g_propagate_error(error, g_steal_pointer(&absent));
		return false;
	}
	if (!app->keys) {
		app->keys = sl_seal_keys_new();
		if (!sl_seal_keys_save(app->keys, app->state_fd, KEY_FILE, error))
			return false;
	}
	app->server_key = sl_report_fingerprint(app->server_id, sl_seal_keys_public(app->keys));
	text = sl_report_write_keys(app->server_id, sl_seal_keys_public(app->keys));
	publications_fd = sl_fs_make_dir(app->state_fd, "publications", 0755, error);
	return publications_fd >= 0 &&
	       sl_fs_replace(publications_fd, "server.json", text, strlen(text), 0644, error);
}

static bool
open_stores(SlApp *app, GError **error)
{
	const SlConfig *config = app->config;

	app->store = sl_payload_store_open(app->state_fd, error);
	app->signer = app->store ? sl_signer_new(config->state, error) : NULL;
	if (!app->signer)
		return false;
	app->publisher = sl_publisher_new(
		&(SlPublicationContext){
			.db_path = app->db_path,
			.writer = app->writer,
			.signer = app->signer,
			.store = app->store,
			.clock = app->clock,
			.state_fd = app->state_fd,
			.settings = {config->valid_s, config->resign_s, config->keep_count,
				     config->keep_s},
		},
		error);
	return app->publisher && sl_publication_recover(app->publisher, error);
}

/* A request the front could not answer itself. */
static void
take_message(uint64_t number, int kind, const char *address, GBytes *body, gpointer data)
{
	SlApp *app = data;

	g_mutex_lock(&app->front_mutex);
	g_mutex_unlock(&app->front_mutex);
	sl_fleet_take(app->fleet, number,
		      kind == SL_LINK_CHECKIN ? SL_FLEET_CHECKIN : SL_FLEET_ENROLL, address, body);
}

static void
answer_machine(gpointer data, uint64_t number, unsigned code, uint32_t retry_s, GBytes *body)
{
	sl_front_process_answer(((SlApp *)data)->front, number, code, retry_s, body);
}

/* "" before the first publication: there is nothing to point a machine at. */
static char *
channel_key(gpointer data, const char *channel, GError **error)
{
	SlApp *app = data;
	g_autoptr(SlDb) db = sl_db_open(app->db_path, SL_DB_READ, error);
	g_autoptr(SlChannel) found = db ? sl_channel_get(db, channel, error) : NULL;
	g_autoptr(GBytes) key = NULL;
	gsize size;
	const char *text;

	if (!found)
		return NULL;
	if (!found->fingerprint)
		return g_strdup("");
	key = sl_signer_public_key(app->signer, found->fingerprint, true, error);
	if (!key)
		return NULL;
	text = g_bytes_get_data(key, &size);
	return g_strndup(text, size);
}

static bool
open_fleet(SlApp *app, GError **error)
{
	app->fleet = sl_fleet_new(
		&(SlFleetContext){
			.db_path = app->db_path,
			.writer = app->writer,
			.keys = app->keys,
			.clock = app->clock,
			.interval_s = app->config->checkin_s,
			.limit = (unsigned)app->config->queue,
			.channel_key = channel_key,
			.answer = answer_machine,
			.data = app,
		},
		error);
	return app->fleet != NULL;
}

static void
published(gpointer data, SlJob *job)
{
	g_autoptr(GError) error = NULL;

	if (!sl_fleet_derive(((SlApp *)data)->fleet, false, job, &error))
		g_warning("statuses: %s", error->message);
}

static bool
run_statuses(SlJob *job, gpointer data, GError **error)
{
	return sl_fleet_derive(((SlApp *)data)->fleet, true, job, error);
}

static bool
run_changed_statuses(SlJob *job, gpointer data, GError **error)
{
	return sl_fleet_derive(((SlApp *)data)->fleet, false, job, error);
}

int64_t
sl_app_start_statuses(gpointer data, bool always, const char *person)
{
	SlApp *app = data;

	return sl_jobs_start(app->jobs, "statuses", "fleet", person,
			     always ? run_statuses : run_changed_statuses, app, NULL);
}

static void
look_at_fleet(gpointer data, bool daily)
{
	SlApp *app = data;

	sl_fleet_sweep(app->fleet, sl_clock_now(app->clock) - app->config->silent_s);
	sl_fleet_record(app->fleet);
	sl_fleet_renew_demand(app->fleet);
	if (daily)
		sl_fleet_prune(app->fleet);
}

static void
set_up_work(SlApp *app)
{
	app->work = (SlWork){
		.jobs = app->jobs,
		.sync = {.writer = app->writer,
			 .db_path = app->db_path,
			 .state_fd = app->state_fd,
			 .state_path = app->config->state,
			 .clock = app->clock,
			 .low_speed_s = app->config->low_speed_s},
		.store = app->store,
		.publisher = app->publisher,
		.front = app->front,
		.published = published,
		.look = look_at_fleet,
		.data = app,
	};
	sl_work_init(&app->work);
}

static bool
write_addresses(SlApp *app, GError **error)
{
	g_autofree char *text =
		g_strdup_printf("public=%s\nadmin=%s\nsocket=%s\n", app->sockets->public_address,
				app->sockets->admin_address, app->socket_path);

	return sl_fs_replace(app->state_fd, "addresses", text, strlen(text), 0644, error);
}

static bool
serve(SlApp *app, GError **error)
{
	g_mutex_lock(&app->front_mutex);
	app->front = sl_front_process_new(app->sockets->front_program, app->sockets->public_fd,
					  app->config, take_message, app, error);
	g_mutex_unlock(&app->front_mutex);
	if (!app->front || !sl_front_process_wait(app->front, error))
		return false;
	set_up_work(app);
	return sl_app_open_admin(app, error) && write_addresses(app, error);
}

SlApp *
sl_app_new(const SlConfig *config, const SlAppSockets *sockets, GError **error)
{
	g_autoptr(SlApp) app = g_new0(SlApp, 1);

	app->config = config;
	app->sockets = sockets;
	app->state_fd = app->lock_fd = app->socket_fd = -1;
	g_mutex_init(&app->front_mutex);
	app->clock = sl_clock_new();
	app->started_at = sl_clock_now(app->clock);
	if (!open_state(app, error) || !open_database(app, error) || !open_keys(app, error) ||
	    !open_stores(app, error) || !open_fleet(app, error))
		return NULL;
	app->jobs = sl_jobs_new(app->clock, sl_work_lanes);
	if (!serve(app, error))
		return NULL;
	app->scheduler = sl_scheduler_new(&app->work, config);
	/* what was approved, and who fell silent, while nothing ran */
	look_at_fleet(app, false);
	sl_app_start_statuses(app, true, "schedule");
	return g_steal_pointer(&app);
}

static bool
make_setup_code(SlDb *db, gpointer data, GError **error)
{
	char **code = data;
	g_autoptr(SlClock) clock = sl_clock_new();
	bool somebody;

	if (!sl_person_exists(db, &somebody, error))
		return false;
	if (!somebody)
		*code = sl_setup_code_make(db, "console", sl_clock_now(clock), error);
	return somebody || *code;
}

bool
sl_app_setup_code(SlApp *app, char **ret_code, GError **error)
{
	g_autofree char *code = NULL;

	if (!sl_writer_run(app->writer, make_setup_code, &code, error))
		return false;
	*ret_code = g_steal_pointer(&code);
	return true;
}

static void
reload_tls(const SlApp *app, const SlConfig *config)
{
	g_autoptr(GError) error = NULL;

	if (!app->sockets->admin_tls || !config->tls_certificate)
		return;
	if (sl_tls_reload(app->sockets->admin_tls, config->tls_certificate, config->tls_key,
			  &error))
		g_message("[admin] tls_certificate: %s is shown from now on",
			  config->tls_certificate);
	else
		g_warning("[admin] tls_certificate: the one before stays: %s", error->message);
}

void
sl_app_reload(SlApp *app, const SlConfig *config)
{
	reload_tls(app, config);
	__atomic_store_n(&app->config, config, __ATOMIC_SEQ_CST);
	__atomic_store_n(&app->work.sync.low_speed_s, config->low_speed_s, __ATOMIC_RELAXED);
	sl_fleet_set_interval(app->fleet, config->checkin_s);
	sl_scheduler_set_config(app->scheduler, config);
	sl_front_process_limit(app->front, config);
}

void
sl_app_free(SlApp *app)
{
	if (!app)
		return;
	sl_scheduler_free(app->scheduler);
	sl_app_close_admin(app);
	sl_jobs_free(app->jobs);
	sl_work_clear(&app->work);
	sl_fleet_stop(app->fleet);
	sl_front_process_free(app->front);
	sl_publisher_free(app->publisher);
	sl_signer_free(app->signer);
	sl_payload_store_free(app->store);
	sl_writer_free(app->writer);
	sl_fleet_free(app->fleet);
	sl_seal_keys_free(app->keys);
	sl_clock_free(app->clock);
	sl_fs_clear_fd(&app->lock_fd);
	sl_fs_clear_fd(&app->state_fd);
	g_mutex_clear(&app->front_mutex);
	g_free(app->server_key);
	g_free(app->server_id);
	g_free(app->db_path);
	g_free(app);
}
