/* A configuration is read or refused with a reason; a key that nobody reads is never passed over.
 */
#include <string.h>

#include "catalog/base/keyfile.h"
#include "fuzz.h"

static bool
has_unread(const char *text, size_t size)
{
	g_autoptr(GKeyFile) file = g_key_file_new();
	g_auto(GStrv) sections = NULL;

	if (!g_key_file_load_from_data(file, text, size, G_KEY_FILE_NONE, NULL))
		return false;
	sections = g_key_file_get_groups(file, NULL);
	for (char **section = sections; *section; section++) {
		g_auto(GStrv) keys = g_key_file_get_keys(file, *section, NULL, NULL);

		if (strcmp(*section, "server") != 0)
			return true;
		for (char **key = keys; key && *key; key++)
			if (!strstr("|text|number|duration|size|bool|", *key))
				return true;
	}
	return false;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = fuzz_file(data, size);
	g_autofree char *path = g_strdup_printf("/proc/self/fd/%d", fd);
	GError *error = NULL;
	g_autoptr(SlKeyfile) file = sl_keyfile_load(path, &error);
	GError *problem = NULL;
	bool ok;

	close(fd);
	fuzz_check_error(file != NULL, error);
	if (!file)
		return 0;
	g_autofree char *text = sl_keyfile_text(file, "server", "text", "otherwise");
	int64_t number = sl_keyfile_int(file, "server", "number", -5, 5, 3);
	int64_t duration = sl_keyfile_duration(file, "server", "duration", 1, 100000, 3);
	int64_t bytes = sl_keyfile_size(file, "server", "size", 1, INT64_MAX, 3);
	sl_keyfile_bool(file, "server", "bool", true);
	if (!text || number < -5 || number > 5 || duration < 1 || duration > 100000 || bytes < 1)
		g_error("a value outside its bounds");
	ok = sl_keyfile_finish(file, &problem);
	fuzz_check_error(ok, problem);
	if (ok && has_unread((const char *)data, size))
		g_error("a key that nobody read is passed over");
	return 0;
}
