/* config.h - what an administrator can set: /etc/sluice/sluice.conf and the options over it */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "catalog/base/error.h"

#define SL_CONFIG_PATH "/etc/sluice/sluice.conf"

typedef struct {
	char *state;	     /* [state] directory */
	char *public_listen; /* [public] listen: ADDR:PORT */
	int64_t connections; /* [public] max_connections */
	int64_t per_address; /* [public] max_per_address */
	int64_t rate;	    /* [public] agent_rate: requests a second from one block of addresses */
	int64_t header_s;   /* [public] header_timeout */
	int64_t body_s;	    /* [public] body_timeout */
	int64_t idle_s;	    /* [public] idle_timeout */
	int64_t slow_bytes; /* [public] slow_bytes: a second, that a download has to take */
	int64_t answer_s;   /* [public] answer_timeout: for an answer of the core */
	int64_t threads;    /* [public] threads; 0: one for each processor */
	bool require_fences; /* [public] require_fences */
	char *admin_listen;  /* [admin] listen: ADDR:PORT */
	char *admin_socket;  /* [admin] socket; NULL until main.c has chosen */
	char *admin_url;     /* [admin] url: where people find the page; NULL: where it listens */
	char **admin_hosts;  /* [admin] hosts, and the url's */
	char **trusted_proxies; /* [admin] trusted_proxies: addresses, prefixes */
	char *tls_certificate;	/* [admin] tls_certificate; NULL: plain HTTP */
	char *tls_key;		/* [admin] tls_key */
	bool schedule;		/* [sync] schedule: daily syncs */
	int64_t sync_every_s;	/* [sync] every */
	int64_t jitter_s;	/* [sync] jitter: a random part of it is added */
	int64_t low_speed_s; /* [sync] slow_timeout: an upstream slower than 1 KiB/s is given up */
	int64_t valid_s;     /* [publication] valid_for */
	int64_t resign_s;    /* [publication] sign_every */
	int64_t compress_s;  /* [publication] compress_every: xz comes so long after a change */
	int64_t keep_count;  /* [publication] keep */
	int64_t keep_s;	     /* [publication] keep_for */
	int64_t checkin_s;   /* [checkin] interval: how often machines are asked to check in */
	int64_t silent_s;    /* [checkin] silent_after */
	int64_t queue;	     /* [checkin] queue: waiting to be written */
} SlConfig;

/** @param path  NULL: SL_CONFIG_PATH where it is there, else the defaults */
SlConfig *sl_config_load(const char *path, GError **error);
/** Whether the values fit each other and the system's limits; SL_ERROR_INVALID names the key. */
bool sl_config_check(const SlConfig *config, GError **error);

/** "https://sluice.example.org" of [admin] url, as browsers write an origin; NULL where there is
 * none, or it is no address of a page. Owned. */
char *sl_config_origin(const SlConfig *config);

void sl_config_free(SlConfig *config);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SlConfig, sl_config_free)
