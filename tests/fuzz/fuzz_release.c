/* A Release file that was read is the same once written and read again. */
#include <string.h>

#include "catalog/format/release.h"
#include "fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	GError *error = NULL;
	g_autoptr(SlRelease) read = sl_release_parse((const char *)data, size, &error);
	g_autoptr(GError) problem = NULL;

	fuzz_check_error(read != NULL, error);
	if (!read)
		return 0;
	g_autofree char *first = sl_release_write(read, NULL);
	if (!first)
		return 0; /* a list of several lines, say, is read but not written so */
	g_autoptr(SlRelease) again = sl_release_parse(first, strlen(first), &problem);
	if (!again)
		g_error("not read back: %s\n%s", problem->message, first);
	g_autofree char *second = sl_release_write(again, NULL);
	if (g_strcmp0(first, second) != 0 ||
	    g_hash_table_size(read->files) != g_hash_table_size(again->files) ||
	    read->date_at != again->date_at || read->valid_until != again->valid_until)
		g_error("read back as something else: %s", first);
	return 0;
}
