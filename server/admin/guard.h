/* guard.h - who is asking, and may they: what stands before every handler of the admin API
 *
 * On TCP a person is known by the session's cookie, a script by a token of its own (Authorization:
 * Bearer). What comes by cookie changes something only when our own page sent it: its Origin is
 * ours, its type is one that no form has, and it shows the session's token (X-Sluice-Token).
 */
#pragma once

#include "server/admin/admin.h"

/** Whether the Host is a name of ours, so that no other name can be made to point here. */
bool sl_guard_host(const SlAdminCall *call, GError **error);

/**
 * Says who calls (person, role and so on, which are the call's), or refuses. The call has its
 * reading connection.
 */
typedef bool (*SlGuard)(SlAdminCall *call, const SlAdminRoute *route, GError **error);

/** Frees what a guard said of who calls. */
void sl_guard_clear(SlAdminCall *call);

/** The Unix socket: its peer's user, an owner. */
bool sl_guard_local(SlAdminCall *call, const SlAdminRoute *route, GError **error);
/** Whether it is somebody who may do this; for TCP, before the body is read. */
bool sl_guard_knows(SlAdminCall *call, const SlAdminRoute *route);
/** TCP: a session, a token, or nobody where that is enough. */
bool sl_guard_remote(SlAdminCall *call, const SlAdminRoute *route, GError **error);
