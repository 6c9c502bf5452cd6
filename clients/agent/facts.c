#include "clients/agent/facts.h"

#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "catalog/base/fs.h"
#include "catalog/base/text.h"
#include "clients/agent/dpkg_status.h"

#define SMALL_FILE (64 * 1024) /* bytes */

/* A small file of the machine's as text, or NULL. */
static char *
read_small(const SlAgent *agent, const char *name)
{
	g_autofree char *path = sl_agent_path(agent, name);
	g_autoptr(GBytes) content = sl_fs_read_path(path, SMALL_FILE, NULL);
	gsize size;
	const char *bytes;

	if (!content)
		return NULL;
	bytes = g_bytes_get_data(content, &size);
	return g_strndup(bytes ? bytes : "", size);
}

/* os-release(5) is a shell file of assignments. */
static char *
os_value(const char *text, const char *name)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	size_t length = strlen(name);

	for (char **line = lines; *line; line++) {
		if (strncmp(*line, name, length) != 0 || (*line)[length] != '=')
			continue;
		char *value = g_shell_unquote(*line + length + 1, NULL);

		return value ? value : g_strdup("");
	}
	return g_strdup("");
}

static void
read_os(const SlAgent *agent, SlReportFacts *facts)
{
	g_autofree char *text = read_small(agent, "etc/os-release");

	if (!text)
		text = read_small(agent, "usr/lib/os-release");
	if (!text)
		text = g_strdup("");
	facts->os_id = os_value(text, "ID");
	facts->os_codename = os_value(text, "VERSION_CODENAME");
	facts->os_version = os_value(text, "VERSION_ID");
}

static char *
host_name(const SlAgent *agent)
{
	g_autofree char *named =
		strcmp(agent->options.root, "/") == 0 ? NULL : read_small(agent, "etc/hostname");
	char own[256] = "";

	if (named && *g_strstrip(named))
		return g_steal_pointer(&named);
	gethostname(own, sizeof own - 1);
	return g_strdup(own);
}

/* Debian's name of the processor; what dpkg itself was built for says it best. */
static const char *
native_architecture(const GPtrArray *packages, const char *processor)
{
	static const char *const names[][2] = {{"x86_64", "amd64"},
					       {"aarch64", "arm64"},
					       {"armv7l", "armhf"},
					       {"i686", "i386"},
					       {"ppc64le", "ppc64el"}};

	for (guint i = 0; i < packages->len; i++) {
		const SlReportPackage *package = packages->pdata[i];

		if (strcmp(package->name, "dpkg") == 0)
			return package->architecture;
	}
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
		if (strcmp(names[i][0], processor) == 0)
			return names[i][1];
	return sl_text_is_name(processor) ? processor : "unknown";
}

static char *
architectures(const SlAgent *agent, const char *native)
{
	g_autofree char *text = read_small(agent, "var/lib/dpkg/arch");
	g_auto(GStrv) lines = g_strsplit(text ? text : "", "\n", -1);
	GString *list = g_string_new(native);

	for (char **line = lines; *line; line++)
		if (sl_text_is_name(*line) && strcmp(*line, native) != 0)
			g_string_append_printf(list, " %s", *line);
	return g_string_free(list, FALSE);
}

static GPtrArray *
read_packages(const SlAgent *agent, GError **error)
{
	g_autofree char *path = sl_agent_path(agent, "var/lib/dpkg/status");
	g_autoptr(GBytes) content = sl_fs_read_path(path, SL_DPKG_STATUS_LIMIT, error);
	gsize size;
	const char *bytes;

	if (!content)
		return NULL;
	bytes = g_bytes_get_data(content, &size);
	return sl_dpkg_status_parse(bytes ? bytes : "", size, error);
}

static bool
needs_restart(const SlAgent *agent)
{
	g_autofree char *path = sl_agent_path(agent, "run/reboot-required");

	return access(path, F_OK) == 0;
}

GPtrArray *
sl_machine_waiting(const SlAgent *agent)
{
	g_autofree char *text = read_small(agent, "run/reboot-required.pkgs");
	g_auto(GStrv) lines = g_strsplit(text ? text : "", "\n", -1);
	GPtrArray *names = g_ptr_array_new_with_free_func(g_free);

	for (char **line = lines; *line; line++)
		if (**line)
			g_ptr_array_add(names, g_strdup(*line));
	return names;
}

bool
sl_machine_look(const SlAgent *agent, SlMachine *ret_machine, GError **error)
{
	g_autoptr(GPtrArray) packages = read_packages(agent, error);
	SlReportFacts *facts = &ret_machine->facts;
	struct utsname kernel;

	if (!packages)
		return false;
	uname(&kernel);
	read_os(agent, facts);
	facts->name = host_name(agent);
	facts->architectures = architectures(agent, native_architecture(packages, kernel.machine));
	facts->kernel = g_strdup(kernel.release);
	facts->agent = g_strdup(SL_VERSION);
	ret_machine->packages = g_steal_pointer(&packages);
	ret_machine->reboot = needs_restart(agent);
	return true;
}

void
sl_machine_clear(SlMachine *machine)
{
	sl_report_facts_clear(&machine->facts);
	g_clear_pointer(&machine->packages, g_ptr_array_unref);
}
