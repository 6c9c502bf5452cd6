/* app_private.h - what the files of the app share */
#pragma once

#include "clients/fleet.h"
#include "server/admin/admin.h"
#include "server/app.h"
#include "server/front_process.h"
#include "server/scheduler.h"
#include "server/work.h"

struct SlApp {
	const SlConfig *config; /* replaced by a reload; read atomically but on the main thread */
	const SlAppSockets *sockets;
	int state_fd;
	int lock_fd;
	int socket_fd; /* the admin API's Unix socket */
	char *socket_path;
	char *db_path;
	SlClock *clock;
	SlWriter *writer;
	SlSealKeys *keys;
	char *server_id;
	char *server_key; /* fingerprint that tokens carry */
	SlPayloadStore *store;
	SlSigner *signer;
	SlPublisher *publisher;
	SlJobs *jobs;
	SlFleet *fleet;
	GMutex front_mutex; /* held until front is known to those it calls */
	SlFrontProcess *front;
	SlWork work;
	SlPasswords *passwords;
	char *admin_origin;
	SlProxies *proxies;
	SlAdmin admin;
	SlPage *page;
	SlHttpServer *admin_local;
	SlHttpServer *admin_remote;
	SlScheduler *scheduler;
	int64_t started_at;
};

/** Serves the admin API and the page, on the Unix socket and by TCP; after all that it asks. */
bool sl_app_open_admin(SlApp *app, GError **error);
/** The reverse, also of what was opened in part. */
void sl_app_close_admin(SlApp *app);

/** Starts deriving statuses. @param always  also where nothing changed */
int64_t sl_app_start_statuses(gpointer app, bool always, const char *person);
