/* login_failure.h - how often passwords were wrong, and how long that makes the next one wait
 *
 * Counted for the account and for the source; in a browser that signed in to the account before,
 * for that alone, so that nobody else's failures hold up its person. The first five cost nothing,
 * then each wrong one makes the next wait 1, 2, 4 ... 300 seconds; what is tried meanwhile is
 * refused unseen and makes nothing longer. A day without a failure is forgotten. Accounts that do
 * not exist are counted as those that do.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "catalog/base/db.h"

typedef struct {
	const char *account; /* as it was typed */
	const char *source;  /* see sl_login_source */
	const char *device;  /* see sl_device_find; NULL: a browser that is new to the account */
	int64_t now_at;
} SlLogin;

/** What of an address counts as one source: an IPv4 address, a /64 of IPv6. Owned. */
char *sl_login_source(const char *address);

/** Seconds until a password is looked at; 0: now. */
bool sl_login_wait(SlDb *db, const SlLogin *login, int64_t *ret_wait_s, GError **error);
/**
 * Counts a password as wrong before it is looked at, so that many at once are no way around, where
 * it need not wait: then *ret_wait_s is 0.
 */
bool sl_login_try(SlDb *db, const SlLogin *login, int64_t *ret_wait_s, GError **error);
/** It was right after all: forgets the account's failures and this one of the source's, or the
 * device's. */
bool sl_login_succeed(SlDb *db, const SlLogin *login, GError **error);

/** Forgets an account's failures. */
bool sl_login_failure_forget(SlDb *db, const char *account, GError **error);
/** Forgets everybody's, with an audit row. */
bool sl_login_failure_reset(SlDb *db, const char *by, int64_t now_at, GError **error);
