#include "clients/lookup.h"

#include <string.h>

#include "catalog/update.h"
#include "clients/inventory.h"
#include "clients/wanted.h"

struct SlLookup {
	SlDb *db;
	int64_t slot;
	GHashTable *items;   /* (owned): item of an inventory -> whether it is too old; no slot */
	GHashTable *systems; /* (owned): those that the update is for; no slot */
	GHashTable *known;   /* (owned): inventory's id -> Known */
};

/* What an inventory came to; two systems hardly ever have the same one. */
typedef struct {
	char *os_id;
	char *os_codename;
	SlStatus status;
} Known;

static void
known_free(gpointer data)
{
	Known *known = data;

	g_free(known->os_id);
	g_free(known->os_codename);
	g_free(known);
}

#define CURRENT GINT_TO_POINTER(1)
#define OLDER	GINT_TO_POINTER(2)

static void
add_item(int64_t item, bool older, gpointer items)
{
	g_hash_table_insert(items, GSIZE_TO_POINTER((gsize)item), older ? OLDER : CURRENT);
}

/* What inventories are looked through for, where there are no statuses to read. */
static bool
load(SlLookup *lookup, int64_t update_id, GError **error)
{
	int64_t revision = sl_update_newest_revision(lookup->db, update_id, error);

	lookup->items = g_hash_table_new(NULL, NULL);
	lookup->systems = revision ? sl_wanted_systems(lookup->db, revision, error) : NULL;
	return lookup->systems &&
	       sl_wanted_each_item(lookup->db, revision, add_item, lookup->items, error);
}

SlLookup *
sl_lookup_new(SlDb *db, int64_t update_id, GError **error)
{
	g_autoptr(SlUpdate) update = sl_update_get(db, update_id, error);
	g_autoptr(SlLookup) lookup = NULL;

	if (!update)
		return NULL;
	lookup = g_new0(SlLookup, 1);
	lookup->db = db;
	lookup->slot = update->slot;
	lookup->known = g_hash_table_new_full(NULL, NULL, NULL, known_free);
	return update->slot >= 0 || load(lookup, update_id, error) ? g_steal_pointer(&lookup)
								   : NULL;
}

void
sl_lookup_free(SlLookup *lookup)
{
	if (!lookup)
		return;
	g_clear_pointer(&lookup->items, g_hash_table_unref);
	g_clear_pointer(&lookup->systems, g_hash_table_unref);
	g_hash_table_unref(lookup->known);
	g_free(lookup);
}

int64_t
sl_lookup_slot(const SlLookup *lookup)
{
	return lookup->slot;
}

typedef struct {
	const SlLookup *lookup;
	SlStatus status;
} Looking;

/* One package behind is enough. */
static void
look_at(int64_t item, gpointer data)
{
	Looking *looking = data;
	gpointer found = g_hash_table_lookup(looking->lookup->items, GSIZE_TO_POINTER((gsize)item));

	if (found == OLDER)
		looking->status = SL_STATUS_NEEDED;
	else if (found && looking->status != SL_STATUS_NEEDED)
		looking->status = SL_STATUS_INSTALLED;
}

static SlStatus
derive(const SlLookup *lookup, int64_t inventory_id, const Known *known)
{
	g_autofree char *system = g_strdup_printf("%s %s", known->os_id, known->os_codename);
	g_autoptr(SlQuery) query =
		sl_query_new(lookup->db, "SELECT items FROM inventory WHERE id = ?1");
	Looking looking = {lookup, SL_STATUS_NOT_APPLICABLE};
	const void *bytes;
	size_t size;

	sl_query_bind_int(query, 1, inventory_id);
	if (sl_query_step(query, NULL) != SL_ROW)
		return SL_STATUS_UNKNOWN;
	bytes = sl_query_blob(query, 0, &size);
	if (!sl_inventory_each(bytes, size, look_at, &looking))
		return SL_STATUS_UNKNOWN;
	return g_hash_table_contains(lookup->systems, system) ? looking.status
							      : SL_STATUS_NOT_APPLICABLE;
}

SlStatus
sl_lookup_derive(SlLookup *lookup, int64_t inventory_id, const char *os_id, const char *os_codename)
{
	gpointer key = GSIZE_TO_POINTER((gsize)inventory_id);
	Known *known = g_hash_table_lookup(lookup->known, key);

	if (inventory_id == 0)
		return SL_STATUS_UNKNOWN;
	if (known && strcmp(known->os_codename, os_codename) == 0 &&
	    strcmp(known->os_id, os_id) == 0)
		return known->status;
	known = g_new0(Known, 1);
	known->os_id = g_strdup(os_id);
	known->os_codename = g_strdup(os_codename);
	known->status = derive(lookup, inventory_id, known);
	g_hash_table_replace(lookup->known, key, known);
	return known->status;
}
