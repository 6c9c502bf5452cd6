#include "clients/agent/dpkg_status.h"

#include <string.h>

#include "catalog/base/limits.h"
#include "catalog/base/text.h"

/* The fields of a stanza that count; borrowed from the file. */
typedef enum {
	PACKAGE,
	STATUS,
	ARCHITECTURE,
	VERSION,
	CONFIG_VERSION,
	FIELDS
} FieldName;

typedef struct {
	const char *text;
	size_t size;
} Value;

static const char *const field_names[FIELDS] = {
	"Package:", "Status:", "Architecture:", "Version:", "Config-Version:"};

static char *
copy(const Value *value)
{
	return g_strstrip(g_strndup(value->text ? value->text : "", value->size));
}

static void
read_line(Value *values, const char *line, size_t size)
{
	for (int i = 0; i < FIELDS; i++) {
		size_t length = strlen(field_names[i]);

		if (size < length || g_ascii_strncasecmp(line, field_names[i], length) != 0)
			continue;
		values[i] = (Value){line + length, MIN(size - length, SL_LIMIT_VERSION * 2)};
		return;
	}
}

/* The version that works: NULL when nothing of the package does. */
static char *
working_version(const Value *values)
{
	g_autofree char *status = copy(&values[STATUS]);
	g_auto(GStrv) words = g_strsplit(status, " ", 3);
	const char *state = g_strv_length(words) == 3 ? words[2] : "";

	if (strcmp(state, "installed") == 0 || strcmp(state, "triggers-pending") == 0 ||
	    strcmp(state, "triggers-awaited") == 0)
		return copy(&values[VERSION]);
	if (strcmp(state, "not-installed") == 0 || strcmp(state, "config-files") == 0 ||
	    !values[CONFIG_VERSION].text)
		return NULL;
	return copy(&values[CONFIG_VERSION]);
}

static bool
end_stanza(const Value *values, GPtrArray *packages, GError **error)
{
	g_autofree char *name = copy(&values[PACKAGE]);
	g_autofree char *architecture = copy(&values[ARCHITECTURE]);
	g_autofree char *version = working_version(values);

	if (!version)
		return true;
	if (!sl_text_is_name(name) || !sl_text_is_name(architecture) || !sl_text_is_name(version)) {
		g_autofree char *shown = sl_text_escape(name);

		return sl_error_set(error, SL_ERROR_INVALID,
				    "dpkg's status: package '%s' has no proper name, version or "
				    "architecture",
				    shown);
	}
	if (packages->len == SL_LIMIT_INVENTORY)
		return sl_error_set(error, SL_ERROR_LIMIT,
				    "dpkg's status: more than %d packages are installed",
				    SL_LIMIT_INVENTORY);
	g_ptr_array_add(packages, sl_report_package_new(name, version, architecture));
	return true;
}

GPtrArray *
sl_dpkg_status_parse(const char *text, size_t size, GError **error)
{
	g_autoptr(GPtrArray) packages = sl_report_package_array_new();
	const char *end = text + size;
	Value values[FIELDS] = {0};

	for (const char *line = text; line < end;) {
		const char *newline = memchr(line, '\n', (size_t)(end - line));
		size_t length = (size_t)((newline ? newline : end) - line);

		if (length > 0) {
			read_line(values, line, length);
		} else {
			if (!end_stanza(values, packages, error))
				return NULL;
			memset(values, 0, sizeof values);
		}
		line += length + 1;
	}
	if (!end_stanza(values, packages, error))
		return NULL;
	g_free(sl_report_inventory_digest(packages)); /* sorts */
	return g_steal_pointer(&packages);
}

const char *
sl_dpkg_status_version(const GPtrArray *packages, const char *name, const char *architecture)
{
	for (guint i = 0; i < packages->len; i++) {
		const SlReportPackage *package = packages->pdata[i];

		if (strcmp(package->name, name) == 0 &&
		    strcmp(package->architecture, architecture) == 0)
			return package->version;
	}
	return NULL;
}
