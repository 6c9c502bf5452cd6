#include "server/privileges.h"

#include <errno.h>
#include <glib.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "catalog/base/fences.h"

static bool
is_empty(const char *path)
{
	GDir *dir = g_dir_open(path, 0, NULL);
	bool empty = dir && !g_dir_read_name(dir);

	if (dir)
		g_dir_close(dir);
	return empty;
}

static bool
give_state(const char *path, const struct passwd *user, GError **error)
{
	struct stat status;

	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return sl_error_errno(error, "make directory %s", path);
	if (stat(path, &status) < 0)
		return sl_error_errno(error, "look at %s", path);
	if (status.st_uid == user->pw_uid)
		return true;
	if (!is_empty(path))
		return sl_error_set(error, SL_ERROR_DENIED,
				    "state directory %s belongs to another user and is not empty; "
				    "give it to user %s",
				    path, user->pw_name);
	if (chown(path, user->pw_uid, user->pw_gid) < 0 || chmod(path, 0700) < 0)
		return sl_error_errno(error, "give %s to user %s", path, user->pw_name);
	return true;
}

static bool
become_user(const char *state_path, GError **error)
{
	const struct passwd *user = getpwnam("sluice");
	const struct group *admins = getgrnam("sluice-admin");

	if (!user)
		user = getpwnam("nobody");
	if (!user)
		return sl_error_set(error, SL_ERROR_DENIED,
				    "started by root, and there is neither user sluice nor nobody");
	if (!give_state(state_path, user, error))
		return false;
	if (setgroups(admins ? 1 : 0, admins ? &admins->gr_gid : NULL) < 0 ||
	    setresgid(user->pw_gid, user->pw_gid, user->pw_gid) < 0 ||
	    setresuid(user->pw_uid, user->pw_uid, user->pw_uid) < 0)
		return sl_error_errno(error, "become user %s", user->pw_name);
	if (setuid(0) == 0)
		return sl_error_set(error, SL_ERROR_DENIED, "root could be regained");
	/* gpg and its agent look for a home */
	g_setenv("HOME", state_path, TRUE);
	return true;
}

static bool
drop_capabilities(GError **error)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {0};
	struct __user_cap_data_struct held[_LINUX_CAPABILITY_U32S_3];

	/* where there is nothing to give up, a filter of system calls may deny the asking */
	if (syscall(SYS_capget, &head, held) == 0 && memcmp(held, none, sizeof none) == 0)
		return true;
	/* what is inheritable no more is not ambient either */
	return syscall(SYS_capset, &head, none) == 0 || sl_error_errno(error, "no capabilities");
}

static bool
drop_growth(GError **error)
{
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 ||
	       sl_error_errno(error, "no new privileges");
}

bool
sl_privileges_drop(const char *state_path, bool require_fences, GError **error)
{
	g_autoptr(GString) missing = g_string_new(NULL);
	GError *problem = NULL;

	if (geteuid() == 0 && !become_user(state_path, error))
		return false;
	if (!drop_capabilities(&problem))
		sl_fences_miss(missing, g_steal_pointer(&problem));
	if (!drop_growth(&problem))
		sl_fences_miss(missing, g_steal_pointer(&problem));
	return sl_fences_accept(missing, require_fences, error);
}
