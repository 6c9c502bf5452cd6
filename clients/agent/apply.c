#include "clients/agent/apply.h"

#include <string.h>
#include <time.h>

#include "catalog/base/fs.h"
#include "catalog/base/text.h"
#include "clients/agent/apt_output.h"
#include "clients/agent/backend_apt.h"
#include "clients/agent/command.h"
#include "clients/agent/dpkg_status.h"

#define UPDATE_S 1200 /* reading indexes; ended after this. An installation is never ended */
#define KEPT_MAX 50   /* packages that are tried one by one with the base suite */

void
sl_applied_clear(SlApplied *applied)
{
	g_clear_pointer(&applied->results, g_ptr_array_unref);
	g_clear_pointer(&applied->words, g_free);
}

/* One call of apt-get. */
typedef struct {
	char *output;
	int status;
} Said;

static void
said_clear(Said *said)
{
	g_free(said->output);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Said, said_clear)

static GStrv
environment(const SlAgent *agent)
{
	static const char *const fixed[] = {
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
		"HOME=/root",
		"LC_ALL=C.UTF-8",
		"DEBIAN_FRONTEND=noninteractive",
		"APT_LISTCHANGES_FRONTEND=none",
		"UCF_FORCE_CONFFOLD=1",
		NULL,
	};
	GStrv copy = g_strdupv((char **)fixed);

	if (agent->options.apt_config)
		copy = g_environ_setenv(copy, "APT_CONFIG", agent->options.apt_config, TRUE);
	return copy;
}

/* Shows apt the channel alone, and keeps what it makes of that out of the machine's own cache. */
static void
add_channel_only(const SlAgent *agent, GPtrArray *arguments)
{
	bool inside = !agent->options.apt_config && strcmp(agent->options.root, "/") != 0;
	g_autofree char *outside = sl_agent_path(agent, SL_APT_OWN_SOURCES);

	g_ptr_array_add(arguments, g_strdup("-o"));
	g_ptr_array_add(arguments, g_strconcat("Dir::Etc::sourcelist=",
					       inside ? "/" SL_APT_OWN_SOURCES : outside, NULL));
	for (const char *const *option =
		     (const char *const[]){
			     "Dir::Etc::sourceparts=/dev/null", "APT::Get::List-Cleanup=0",
			     "Dir::Cache::pkgcache=", "Dir::Cache::srcpkgcache=", NULL};
	     *option; option++) {
		g_ptr_array_add(arguments, g_strdup("-o"));
		g_ptr_array_add(arguments, g_strdup(*option));
	}
}

static void
add_words(GPtrArray *arguments, const char *words)
{
	g_auto(GStrv) split = g_strsplit(words, " ", -1);

	for (char **word = split; *word; word++)
		g_ptr_array_add(arguments, g_strdup(*word));
}

/* Runs apt-get with words; on the whole of its sources or on the channel alone. */
static bool
apt_get(const SlAgent *agent, bool channel_only, const char *words, int64_t timeout_s,
	Said *ret_said, GError **error)
{
	g_autoptr(GPtrArray) arguments = g_ptr_array_new_with_free_func(g_free);
	g_auto(GStrv) variables = environment(agent);

	if (!agent->options.apt_config && strcmp(agent->options.root, "/") != 0) {
		g_ptr_array_add(arguments, g_strdup("chroot"));
		g_ptr_array_add(arguments, g_strdup(agent->options.root));
	}
	add_words(arguments,
		  "apt-get -q -y --no-remove -o APT::Get::Show-Versions=1 -o Dpkg::Use-Pty=0 "
		  "-o Dpkg::Options::=--force-confdef "
		  "-o Dpkg::Options::=--force-confold "
		  "-o APT::Get::Show-User-Simulation-Note=no "
		  "-o APT::Update::Error-Mode=any -o DPkg::Lock::Timeout=600");
	if (channel_only)
		add_channel_only(agent, arguments);
	add_words(arguments, words);
	g_ptr_array_add(arguments, NULL);
	return sl_command_run((const char *const *)arguments->pdata, (const char *const *)variables,
			      timeout_s, false, &ret_said->output, &ret_said->status, error);
}

static SlReportResult *
add_result(SlApplied *applied, const char *name, const char *version, const char *architecture,
	   const char *status, const char *message)
{
	SlReportResult *result = sl_report_result_new();

	result->package = g_strdup(name);
	result->version = g_strdup(version);
	result->architecture = g_strdup(architecture);
	result->status = g_strdup(status);
	result->message = g_strdup(message ? message : "");
	result->at = time(NULL);
	g_ptr_array_add(applied->results, result);
	return result;
}

static void
fail_whole(SlApplied *applied, const char *what, const Said *said)
{
	g_autofree char *problems = sl_apt_output_problems(said->output);

	applied->channel_failed = true;
	applied->words = g_strdup_printf("%s: %s", what, problems);
}

static bool
is_waiting(const GPtrArray *waiting, const char *name)
{
	for (guint i = 0; i < waiting->len; i++)
		if (strcmp(waiting->pdata[i], name) == 0)
			return true;
	return false;
}

/* What apt and dpkg said while one set of packages was brought in. */
typedef struct {
	const Said *download;
	const Said *install;
	const GPtrArray *waiting;
} Tried;

static void
judge_step(SlApplied *applied, const SlAptStep *step, const GPtrArray *after, const Tried *tried)
{
	const char *there = sl_dpkg_status_version(after, step->name, step->architecture);
	g_autofree char *words = NULL;
	const char *status = "failed";

	if (g_strcmp0(there, step->version) == 0) {
		status = is_waiting(tried->waiting, step->name) ? "pending-reboot" : "installed";
		add_result(applied, step->name, step->version, step->architecture, status, "");
		return;
	}
	words = sl_apt_output_dpkg(tried->install->output, step->name);
	if (!words)
		words = sl_apt_output_fetch(tried->download->output, step->name);
	if (!words) {
		/* its own steps went well as far as they went: another package was in the way */
		status = tried->download->status == 0 ? "downloaded" : "failed";
		words = sl_apt_output_problems(tried->download->status == 0
						       ? tried->install->output
						       : tried->download->output);
	}
	add_result(applied, step->name, step->version, step->architecture, status, words);
}

static bool
judge_steps(const SlAgent *agent, SlApplied *applied, const GPtrArray *steps, const Said *download,
	    const Said *install, GError **error)
{
	g_auto(SlMachine) after = {0};
	g_autoptr(GPtrArray) waiting = sl_machine_waiting(agent);
	const Tried tried = {download, install, waiting};

	if (!sl_machine_look(agent, &after, error))
		return false;
	for (guint i = 0; i < steps->len; i++)
		judge_step(applied, steps->pdata[i], after.packages, &tried);
	return true;
}

/* Downloads, then installs; what could not be downloaded does not hold up the rest. */
static bool
bring_in(const SlAgent *agent, SlApplied *applied, bool channel_only, const char *what,
	 const GPtrArray *steps, GError **error)
{
	g_auto(Said) download = {0};
	g_auto(Said) install = {0};
	g_autofree char *fetch = g_strconcat("--download-only ", what, NULL);
	g_autofree char *rest = NULL;

	if (!apt_get(agent, channel_only, fetch, 0, &download, error))
		return false;
	rest = g_strconcat(download.status == 0 ? "" : "--no-download --fix-missing ", what, NULL);
	return apt_get(agent, channel_only, rest, 0, &install, error) &&
	       judge_steps(agent, applied, steps, &download, &install, error);
}

/* The architecture of a package that is installed: "tool:i386" says it, else the first is meant. */
static const char *
architecture_of(const SlMachine *machine, const char *name)
{
	const char *colon = strchr(name, ':');

	for (guint i = 0; !colon && i < machine->packages->len; i++) {
		const SlReportPackage *package = machine->packages->pdata[i];

		if (strcmp(package->name, name) == 0)
			return package->architecture;
	}
	return colon ? colon + 1 : "all";
}

static void
fail_kept(SlApplied *applied, const SlMachine *machine, const char *kept, const char *words)
{
	g_auto(GStrv) parts = g_strsplit(kept, "=", 2);
	g_autofree char *name = g_strndup(parts[0], strcspn(parts[0], ":"));
	g_autofree char *message = g_strconcat("kept back: ", words, NULL);

	add_result(applied, name, parts[1], architecture_of(machine, parts[0]), "failed", message);
}

/* The step that would change a package by what is not the channel's, or NULL. */
static const SlAptStep *
foreign_step(const GPtrArray *steps)
{
	for (guint i = 0; i < steps->len; i++) {
		const SlAptStep *step = steps->pdata[i];

		if (step->present && !step->ours)
			return step;
	}
	return NULL;
}

/* apt keeps back what needs a package that the channel does not have: the base suite may. */
static bool
try_kept(const SlAgent *agent, SlApplied *applied, const SlMachine *machine, const char *kept,
	 GError **error)
{
	g_autofree char *what = g_strconcat("--only-upgrade install ", kept, NULL);
	g_autofree char *look = g_strconcat("-s ", what, NULL);
	g_auto(Said) plan = {0};
	g_autoptr(GPtrArray) steps = NULL;
	g_autofree char *words = NULL;
	const SlAptStep *foreign;

	if (!apt_get(agent, false, look, UPDATE_S, &plan, error))
		return false;
	steps = sl_apt_output_steps(plan.output, agent->state->channel);
	foreign = foreign_step(steps);
	if (plan.status == 0 && !foreign && steps->len > 0)
		return bring_in(agent, applied, false, what, steps, error);
	words = foreign ? g_strdup_printf("it needs %s %s, which is not in the channel",
					  foreign->name, foreign->version)
			: sl_apt_output_unmet(plan.output);
	if (!words)
		words = sl_apt_output_problems(plan.output);
	fail_kept(applied, machine, kept, words);
	return true;
}

static bool
try_all_kept(const SlAgent *agent, SlApplied *applied, const SlMachine *machine, const char *output,
	     GError **error)
{
	g_autoptr(GPtrArray) kept = sl_apt_output_kept(output);

	for (guint i = 0; i < kept->len; i++) {
		if (i >= KEPT_MAX)
			fail_kept(applied, machine, kept->pdata[i], "tried at the next run");
		else if (!try_kept(agent, applied, machine, kept->pdata[i], error))
			return false;
	}
	return true;
}

/* apt keeps a file that it refused as a partial download and, where its size is right, asks for
 * nothing more of it: the next update would refuse the same bytes again, for ever. */
static void
forget_partial_lists(const SlAgent *agent)
{
	g_autofree char *path = sl_agent_path(agent, "var/lib/apt/lists/partial");
	g_autofree char *ours = g_strdup_printf("_apt_%s_dists_", agent->state->channel);
	sl_autofd int fd = sl_fs_open_dir(path, NULL);
	g_autoptr(GPtrArray) names = fd < 0 ? NULL : sl_fs_list(fd, ".", NULL);

	for (guint i = 0; names && i < names->len; i++)
		if (strstr(names->pdata[i], ours))
			sl_fs_remove(fd, names->pdata[i], NULL);
}

bool
sl_apply(const SlAgent *agent, const SlMachine *machine, SlApplied *ret_applied, GError **error)
{
	static const char upgrade[] = "--with-new-pkgs upgrade";
	g_auto(Said) update = {0};
	g_auto(Said) plan = {0};
	g_autoptr(GPtrArray) steps = NULL;

	ret_applied->results = sl_report_result_array_new();
	if (!apt_get(agent, true, "update", UPDATE_S, &update, error))
		return false;
	if (update.status != 0) {
		fail_whole(ret_applied, "apt-get update", &update);
		forget_partial_lists(agent);
		return true;
	}
	if (!apt_get(agent, true, "-s --with-new-pkgs upgrade", UPDATE_S, &plan, error))
		return false;
	if (plan.status != 0) {
		fail_whole(ret_applied, "apt-get upgrade", &plan);
		return true;
	}
	steps = sl_apt_output_steps(plan.output, agent->state->channel);
	if (steps->len > 0 && !bring_in(agent, ret_applied, true, upgrade, steps, error))
		return false;
	return try_all_kept(agent, ret_applied, machine, plan.output, error);
}
