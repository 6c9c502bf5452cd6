#include "clients/agent/agent.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "catalog/base/command_line.h"
#include "catalog/base/fs.h"

#define STATE_DIR "var/lib/sluice-agent"

char *
sl_agent_path(const SlAgent *agent, const char *path)
{
	return g_build_filename(agent->options.root, path, NULL);
}

static bool
lock(SlAgent *agent, GError **error)
{
	agent->lock_fd = sl_fs_open_flags(agent->dir_fd, "lock", O_RDWR | O_CREAT, 0600, error);
	if (agent->lock_fd < 0)
		return false;
	if (flock(agent->lock_fd, LOCK_EX | LOCK_NB) == 0)
		return true;
	return sl_error_set(error, SL_ERROR_BUSY, "another sluice-agent is at work here");
}

static bool
load_keys(SlAgent *agent, GError **error)
{
	g_autoptr(GError) problem = NULL;

	agent->keys = sl_seal_keys_load(agent->dir_fd, "keys", &problem);
	if (agent->keys || g_error_matches(problem, SL_ERROR, SL_ERROR_NOT_FOUND))
		return true;
	g_propagate_error(error, g_steal_pointer(&problem));
	return false;
}

bool
sl_agent_open(SlAgent *agent, bool make, GError **error)
{
	g_autofree char *path = sl_agent_path(agent, STATE_DIR);
	g_autoptr(GError) lost = NULL;

	if (make && g_mkdir_with_parents(path, 0700) < 0)
		return sl_error_errno(error, "make directory %s", path);
	if (!make && access(path, F_OK) < 0 && errno == ENOENT)
		return sl_error_set(error, SL_ERROR_NOT_FOUND,
				    "this computer is not enrolled: there is no %s; "
				    "see: sluice-agent help enroll",
				    path);
	agent->dir_fd = sl_fs_open_dir(path, error);
	if (agent->dir_fd < 0 || !lock(agent, error) || !load_keys(agent, error) ||
	    !sl_state_load(agent->dir_fd, &agent->state, error))
		return false;
	agent->outbox = sl_outbox_open(agent->dir_fd, &lost, error);
	if (lost)
		sl_say_error("sluice-agent", lost);
	return agent->outbox != NULL;
}

bool
sl_agent_open_enrolled(SlAgent *agent, GError **error)
{
	if (!sl_agent_open(agent, false, error))
		return false;
	if (agent->state && agent->keys)
		return true;
	return sl_error_set(error, SL_ERROR_NOT_FOUND,
			    "this computer is not enrolled; see: sluice-agent help enroll");
}

bool
sl_agent_forget(SlAgent *agent, GError **error)
{
	static const char *const names[] = {"outbox.json", "state.json", "keys", "lock"};
	g_autofree char *path = sl_agent_path(agent, STATE_DIR);

	for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
		if (!sl_fs_remove(agent->dir_fd, names[i], error))
			return false;
	return rmdir(path) == 0 || errno == ENOTEMPTY || errno == ENOENT ||
	       sl_error_errno(error, "remove directory %s", path);
}

void
sl_agent_close(SlAgent *agent)
{
	g_clear_pointer(&agent->outbox, sl_outbox_free);
	g_clear_pointer(&agent->state, sl_state_free);
	g_clear_pointer(&agent->keys, sl_seal_keys_free);
	sl_fs_clear_fd(&agent->lock_fd);
	sl_fs_clear_fd(&agent->dir_fd);
	g_free(agent->options.root);
	g_free(agent->options.apt_config);
	g_free(agent->options.url);
	g_free(agent->options.token);
	g_free(agent->options.token_file);
}

bool
sl_agent_confirm(const SlAgent *agent, const char *question, GError **error)
{
	return agent->options.yes || sl_confirm(question, error);
}

int64_t
sl_agent_trusted_now(const SlAgent *agent)
{
	int64_t now_at = time(NULL);

	return agent->state ? MAX(now_at, agent->state->signed_at) : now_at;
}
