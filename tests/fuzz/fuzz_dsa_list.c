/* Whatever the list is, it is read into whole entries or refused. */
#include "catalog/format/dsa_list.h"
#include "fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	GError *error = NULL;
	g_autoptr(GPtrArray) entries = sl_dsa_list_parse((const char *)data, size, &error);

	fuzz_check_error(entries != NULL, error);
	for (guint i = 0; entries && i < entries->len; i++) {
		const SlDsaEntry *entry = entries->pdata[i];

		if (!entry->id || !entry->id[0] || !entry->title || !entry->cves)
			g_error("an entry that lacks something");
		for (guint j = 0; j < entry->fixes->len; j++) {
			const SlDsaFix *fix = entry->fixes->pdata[j];

			if (!fix->os_codename || !fix->name || !fix->version)
				g_error("%s: a fix that lacks something", entry->id);
		}
	}
	return 0;
}
