/* app_sockets.c - what is opened with the rights of who starts us, before they are given up */
#include <fcntl.h>
#include <unistd.h>

#include "server/app.h"
#include "server/listen.h"

/* Beside this program, in the build tree's front/, or where it is installed. */
static char *
find_front(GError **error)
{
	g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
	g_autofree char *folder = g_path_get_dirname(self ? self : ".");
	const char *places[] = {"sluice-front", "front/sluice-front", NULL};

	for (const char **place = places; *place; place++) {
		g_autofree char *path = g_build_filename(folder, *place, NULL);

		if (access(path, X_OK) == 0)
			return g_steal_pointer(&path);
	}
	if (access(SL_LIBEXEC "/sluice-front", X_OK) == 0)
		return g_strdup(SL_LIBEXEC "/sluice-front");
	sl_error_set(error, SL_ERROR_NOT_FOUND, "sluice-front is neither in %s nor in %s", folder,
		     SL_LIBEXEC);
	return NULL;
}

/* Started by root, the program is opened now: whom we become may not be able to reach it. */
static char *
open_program(char *path)
{
	int fd;

	if (geteuid() != 0)
		return path;
	fd = open(path, O_PATH | O_CLOEXEC);
	if (fd < 0)
		return path;
	g_free(path);
	return g_strdup_printf("/proc/self/fd/%d", fd);
}

/* NULL where the admin listener has none. */
static bool
load_tls(const SlConfig *config, SlTls **ret_tls, GError **error)
{
	g_autoptr(SlTls) tls = NULL;

	if (!config->tls_certificate)
		return true;
	tls = sl_tls_load(config->tls_certificate, config->tls_key, error);
	if (!tls) {
		g_prefix_error(error, "[admin] tls_certificate: ");
		return false;
	}
	*ret_tls = g_steal_pointer(&tls);
	return true;
}

bool
sl_app_check(const SlConfig *config, GError **error)
{
	g_autofree char *front = find_front(error);
	g_autoptr(SlTls) tls = NULL;

	if (!front || !load_tls(config, &tls, error))
		return false;
	return !g_file_test(config->state, G_FILE_TEST_EXISTS) ||
	       g_file_test(config->state, G_FILE_TEST_IS_DIR) ||
	       sl_error_set(error, SL_ERROR_INVALID, "[state] directory: %s is no directory",
			    config->state);
}

bool
sl_app_open_sockets(const SlConfig *config, SlAppSockets *ret_sockets, GError **error)
{
	g_auto(SlAppSockets) sockets = {.public_fd = sl_listen_activated("public"), .admin_fd = -1};

	if (sockets.public_fd >= 0)
		sockets.public_address = sl_listen_address(sockets.public_fd);
	else
		sockets.public_fd =
			sl_listen_tcp(config->public_listen, &sockets.public_address, error);
	if (sockets.public_fd < 0 || !load_tls(config, &sockets.admin_tls, error))
		return false;
	sockets.admin_fd = sl_listen_tcp(config->admin_listen, &sockets.admin_address, error);
	if (sockets.admin_fd < 0)
		return false;
	sockets.front_program = find_front(error);
	if (!sockets.front_program)
		return false;
	sockets.front_program = open_program(sockets.front_program);
	*ret_sockets = sockets;
	sockets = (SlAppSockets){0};
	return true;
}

void
sl_app_sockets_clear(SlAppSockets *sockets)
{
	g_free(sockets->public_address);
	g_free(sockets->admin_address);
	sl_tls_free(sockets->admin_tls);
	g_free(sockets->front_program);
}
