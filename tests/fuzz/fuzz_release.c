/* A Release file that was read is the same, field by field, once written and read again. */
#include <string.h>

#include "catalog/format/release.h"
#include "fuzz.h"

static bool
same_list(char **a, char **b)
{
	return g_strv_equal((const char *const *)a, (const char *const *)b);
}

static bool
same_files(GHashTable *a, GHashTable *b)
{
	GHashTableIter iter;
	gpointer path, value;

	if (g_hash_table_size(a) != g_hash_table_size(b))
		return false;
	g_hash_table_iter_init(&iter, a);
	while (g_hash_table_iter_next(&iter, &path, &value)) {
		const SlReleaseFile *one = value, *other = g_hash_table_lookup(b, path);

		if (!other || one->size != other->size || strcmp(one->sha256, other->sha256) != 0)
			return false;
	}
	return true;
}

static bool
same(const SlRelease *a, const SlRelease *b)
{
	return g_strcmp0(a->origin, b->origin) == 0 && g_strcmp0(a->label, b->label) == 0 &&
	       g_strcmp0(a->suite, b->suite) == 0 && g_strcmp0(a->codename, b->codename) == 0 &&
	       g_strcmp0(a->version, b->version) == 0 &&
	       g_strcmp0(a->description, b->description) == 0 && a->date_at == b->date_at &&
	       a->valid_until == b->valid_until && a->by_hash == b->by_hash &&
	       same_list(a->components, b->components) &&
	       same_list(a->architectures, b->architectures) && same_files(a->files, b->files);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	GError *error = NULL;
	g_autoptr(SlRelease) read = sl_release_parse((const char *)data, size, &error);
	g_autoptr(GError) problem = NULL;

	fuzz_check_error(read != NULL, error);
	if (!read)
		return 0;
	g_autofree char *text = sl_release_write(read, &problem);
	if (!text)
		g_error("read but cannot be written: %s", problem->message);
	g_autoptr(SlRelease) again = sl_release_parse(text, strlen(text), &problem);
	if (!again)
		g_error("not read back: %s\n%s", problem->message, text);
	if (!same(read, again))
		g_error("read back as something else: %s", text);
	return 0;
}
