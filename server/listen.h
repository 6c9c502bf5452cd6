/* listen.h - listening sockets: TCP by ADDR:PORT, a Unix socket, or what systemd opened */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "catalog/base/error.h"

/**
 * Listens on "127.0.0.1:80", "[::]:80"; port 0 takes a free one. -1 on error.
 *
 * @param ret_address  "127.0.0.1:34567": what it is; owned
 */
int sl_listen_tcp(const char *address, char **ret_address, GError **error);

/** Whether a text is such an address; SL_ERROR_INVALID. */
bool sl_listen_check_tcp(const char *address, GError **error);

/** Whether an address that is one is reached from this machine only. */
bool sl_listen_is_loopback(const char *address);

/** Whether a path can be a Unix socket's: absolute and short enough; SL_ERROR_INVALID. */
bool sl_listen_check_unix(const char *path, GError **error);

/** Listens on a Unix socket of mode 0660, group sluice-admin where there is one. -1 on error. */
int sl_listen_unix(const char *path, GError **error);

/** The socket that systemd opened under a name; -1 when there is none. */
int sl_listen_activated(const char *name);

/** "127.0.0.1:80" of a listening socket; owned. */
char *sl_listen_address(int fd);
