/* cookies.h - what browsers keep for the admin page: a session, and that they were here before */
#pragma once

#include "server/admin/admin.h"

#define SL_COOKIE_SESSION "sluice_session"
#define SL_COOKIE_DEVICE  "sluice_device" /* see catalog/device.h */

/** A cookie's value; NULL where there is none, or more than one of that name. Owned. */
char *sl_cookie_get(const SlRequest *request, const char *name);

/**
 * Has the answer set it.
 *
 * @param value    NULL: it is removed
 * @param lives_s  0: until the browser ends
 */
void sl_cookie_set(SlAdminCall *call, const char *name, const char *value, int64_t lives_s);
