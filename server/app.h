/* app.h - sluiced as one object: everything it owns, started and ended in order */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "catalog/base/db.h"
#include "catalog/base/error.h"
#include "server/config.h"
#include "server/http/tls.h"

typedef struct SlApp SlApp;

/** What was opened before root was given up. */
typedef struct {
	int public_fd;
	char *public_address;
	int admin_fd;
	char *admin_address;
	SlTls *admin_tls;    /* NULL: plain HTTP */
	char *front_program; /* path of sluice-front */
} SlAppSockets;

/** All that a start needs and that can be seen without doing it. */
bool sl_app_check(const SlConfig *config, GError **error);

/** Opens the listening sockets and finds sluice-front; needs the rights to do so. */
bool sl_app_open_sockets(const SlConfig *config, SlAppSockets *ret_sockets, GError **error);

void sl_app_sockets_clear(SlAppSockets *sockets);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(SlAppSockets, sl_app_sockets_clear)

/** Makes or migrates all tables; see sl_schema_apply. */
bool sl_app_apply_schema(SlDb *db, GError **error);

/** Starts everything; it serves when this returns. @param config  the caller's, outlives the app */
SlApp *sl_app_new(const SlConfig *config, const SlAppSockets *sockets, GError **error);

/** A new set-up code for the admin page where nobody can sign in yet; NULL where somebody can. */
bool sl_app_setup_code(SlApp *app, char **ret_code, GError **error);

/** Applies limits, schedules and the certificate of another configuration (SIGHUP). */
void sl_app_reload(SlApp *app, const SlConfig *config);

/** Ends everything in order; accepted work is on disk. */
void sl_app_free(SlApp *app);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SlApp, sl_app_free)
