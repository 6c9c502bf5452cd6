#include "clients/inventory.h"

#include <inttypes.h>
#include <string.h>

#include "catalog/base/limits.h"
#include "clients/report.h"

bool
sl_inventory_find(SlDb *db, const char *digest, int64_t *ret_id, GError **error)
{
	g_autoptr(SlQuery) query = sl_query_new(db, "SELECT id FROM inventory WHERE digest = ?1");
	SlStep step;

	sl_query_bind_text(query, 1, digest);
	step = sl_query_step(query, error);
	*ret_id = step == SL_ROW ? sl_query_int(query, 0) : 0;
	return step != SL_FAILED;
}

static bool
step_item(SlQuery *query, const SlReportPackage *package, int64_t *ret_id, GError **error)
{
	SlStep step;

	sl_query_bind_text(query, 1, package->name);
	sl_query_bind_text(query, 2, package->version);
	sl_query_bind_text(query, 3, package->architecture);
	step = sl_query_step(query, error);
	*ret_id = step == SL_ROW ? sl_query_int(query, 0) : 0;
	sl_query_reset(query);
	return step != SL_FAILED;
}

static int
compare_ids(gconstpointer a, gconstpointer b)
{
	int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;

	return (left > right) - (left < right);
}

/* The items' ids, ascending; those that are new are added. */
static GArray *
item_ids(SlDb *db, const GPtrArray *packages, GError **error)
{
	g_autoptr(SlQuery) find =
		sl_query_new(db, "SELECT id FROM inventory_item WHERE name = ?1 AND version = ?2"
				 " AND architecture = ?3");
	g_autoptr(SlQuery) insert =
		sl_query_new(db, "INSERT INTO inventory_item (name, version, architecture)"
				 " VALUES (?1, ?2, ?3) RETURNING id");
	g_autoptr(GArray) ids = g_array_sized_new(FALSE, FALSE, sizeof(int64_t), packages->len);

	for (guint i = 0; i < packages->len; i++) {
		int64_t id;

		if (!step_item(find, packages->pdata[i], &id, error) ||
		    (id == 0 && !step_item(insert, packages->pdata[i], &id, error)))
			return NULL;
		g_array_append_val(ids, id);
	}
	g_array_sort(ids, compare_ids);
	return g_steal_pointer(&ids);
}

static void
append_number(GByteArray *bytes, uint64_t value)
{
	do {
		guint8 byte = value & 0x7f;

		value >>= 7;
		if (value)
			byte |= 0x80;
		g_byte_array_append(bytes, &byte, 1);
	} while (value);
}

int64_t
sl_inventory_add(SlDb *db, const char *digest, const GPtrArray *packages, GError **error)
{
	g_autoptr(GArray) ids = item_ids(db, packages, error);
	g_autoptr(GByteArray) items = g_byte_array_new();
	g_autoptr(SlQuery) query =
		sl_query_new(db, "INSERT INTO inventory (digest, count, items) VALUES (?1, ?2, ?3)"
				 " RETURNING id");
	int64_t before = 0;

	if (!ids)
		return 0;
	for (guint i = 0; i < ids->len; i++) {
		int64_t id = g_array_index(ids, int64_t, i);

		append_number(items, (uint64_t)(id - before));
		before = id;
	}
	sl_query_bind_text(query, 1, digest);
	sl_query_bind_int(query, 2, packages->len);
	sl_query_bind_blob(query, 3, items->data, items->len);
	return sl_query_step(query, error) == SL_ROW ? sl_query_int(query, 0) : 0;
}

bool
sl_inventory_may_add(int64_t *until_at, int64_t now_at)
{
	const int64_t all_s = INT64_C(1) * SL_LIMIT_NEW_INVENTORIES * SL_LIMIT_NEW_INVENTORY_S;
	int64_t until = MAX(*until_at, now_at) + SL_LIMIT_NEW_INVENTORY_S;

	if (until > now_at + all_s)
		return false;
	*until_at = until;
	return true;
}

bool
sl_inventory_each(const void *items, size_t size, void (*func)(int64_t item, gpointer data),
		  gpointer data)
{
	const uint8_t *bytes = items;
	uint64_t item = 0, step = 0;
	unsigned shift = 0;

	for (size_t i = 0; i < size; i++) {
		step |= (uint64_t)(bytes[i] & 0x7f) << shift;
		shift += 7;
		if (bytes[i] & 0x80) {
			if (shift > 56)
				return false;
			continue;
		}
		item += step;
		func((int64_t)item, data);
		step = 0;
		shift = 0;
	}
	return shift == 0;
}

typedef struct {
	SlQuery *query;
	GPtrArray *packages;
	GError *error;
} Loading;

static void
load_item(int64_t item, gpointer data)
{
	Loading *loading = data;

	if (loading->error)
		return;
	sl_query_bind_int(loading->query, 1, item);
	if (sl_query_step(loading->query, &loading->error) == SL_ROW)
		g_ptr_array_add(loading->packages,
				sl_report_package_new(sl_query_text(loading->query, 0),
						      sl_query_text(loading->query, 1),
						      sl_query_text(loading->query, 2)));
	sl_query_reset(loading->query);
}

GPtrArray *
sl_inventory_packages(SlDb *db, int64_t id, GError **error)
{
	g_autoptr(SlQuery) query = sl_query_new(db, "SELECT items FROM inventory WHERE id = ?1");
	g_autoptr(SlQuery) item = sl_query_new(
		db, "SELECT name, version, architecture FROM inventory_item WHERE id = ?1");
	g_autoptr(GPtrArray) packages = sl_report_package_array_new();
	Loading loading = {item, packages, NULL};
	const void *items;
	size_t size;
	SlStep step;

	sl_query_bind_int(query, 1, id);
	step = sl_query_step(query, error);
	if (step == SL_DONE)
		sl_error_set(error, SL_ERROR_NOT_FOUND, "no inventory %" PRId64, id);
	if (step != SL_ROW)
		return NULL;
	items = sl_query_blob(query, 0, &size);
	if (!sl_inventory_each(items, size, load_item, &loading)) {
		g_clear_error(&loading.error);
		sl_error_set(error, SL_ERROR_INTEGRITY, "inventory %" PRId64 " is damaged", id);
		return NULL;
	}
	if (loading.error) {
		g_propagate_error(error, loading.error);
		return NULL;
	}
	return g_steal_pointer(&packages);
}

/* A bit for each item id; ids are dense. */
static void
keep_item(int64_t item, gpointer data)
{
	GByteArray *used = data;
	guint index = (guint)(item / 8), before = used->len;

	if (index >= before) {
		g_byte_array_set_size(used, index + 1);
		memset(used->data + before, 0, index + 1 - before);
	}
	used->data[index] |= (guint8)(1u << item % 8);
}

static bool
is_used(const GByteArray *used, int64_t item)
{
	return item / 8 < (int64_t)used->len && used->data[item / 8] >> item % 8 & 1;
}

/* The items that some inventory still has. */
static bool
find_used_items(SlDb *db, GByteArray *used, GError **error)
{
	g_autoptr(SlQuery) query = sl_query_new(db, "SELECT items FROM inventory");
	SlStep step;

	while ((step = sl_query_step(query, error)) == SL_ROW) {
		size_t size;
		const void *items = sl_query_blob(query, 0, &size);

		if (!sl_inventory_each(items, size, keep_item, used))
			return sl_error_set(error, SL_ERROR_INTEGRITY, "an inventory is damaged");
	}
	return step == SL_DONE;
}

static bool
remove_items(SlDb *db, const GByteArray *used, GError **error)
{
	g_autoptr(SlQuery) query = sl_query_new(db, "SELECT id FROM inventory_item");
	g_autoptr(SlQuery) remove = sl_query_new(db, "DELETE FROM inventory_item WHERE id = ?1");
	g_autoptr(GArray) unused = g_array_new(FALSE, FALSE, sizeof(int64_t));
	SlStep step;

	while ((step = sl_query_step(query, error)) == SL_ROW) {
		int64_t id = sl_query_int(query, 0);

		if (!is_used(used, id))
			g_array_append_val(unused, id);
	}
	for (guint i = 0; step == SL_DONE && i < unused->len; i++) {
		sl_query_bind_int(remove, 1, g_array_index(unused, int64_t, i));
		if (!sl_query_run(remove, error))
			return false;
	}
	return step == SL_DONE;
}

bool
sl_inventory_drop(SlDb *db, int64_t id, GError **error)
{
	g_autoptr(SlQuery) query =
		sl_query_new(db, "DELETE FROM inventory WHERE id = ?1 AND NOT EXISTS"
				 " (SELECT 1 FROM computer WHERE inventory_id = ?1)");

	sl_query_bind_int(query, 1, id);
	return sl_query_run(query, error);
}

bool
sl_inventory_prune(SlDb *db, int64_t *ret_removed, GError **error)
{
	g_autoptr(SlQuery) query =
		sl_query_new(db, "DELETE FROM inventory WHERE NOT EXISTS (SELECT 1 FROM computer"
				 " WHERE inventory_id = inventory.id)");
	g_autoptr(GByteArray) used = g_byte_array_new();

	if (!sl_query_run(query, error))
		return false;
	*ret_removed = sl_db_changes(db);
	return find_used_items(db, used, error) && remove_items(db, used, error);
}
