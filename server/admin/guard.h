/* guard.h - who is asking, and may they: what stands before every handler of the admin API */
#pragma once

#include "server/admin/admin.h"

/**
 * Says who calls (person and role, person owned by the call), or refuses.
 *
 * @param right  what the route asks for
 */
typedef bool (*SlGuard)(SlAdminCall *call, SlRight right, GError **error);

/** The Unix socket: its peer's user, an owner. */
bool sl_guard_local(SlAdminCall *call, SlRight right, GError **error);
/** TCP: by a name of ours only, and nobody can log in yet. */
bool sl_guard_remote(SlAdminCall *call, SlRight right, GError **error);
