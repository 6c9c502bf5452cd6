#include "clients/lookup.h"

#include <string.h>

#include "catalog/update.h"
#include "clients/inventory.h"
#include "clients/model.h"

struct SlLookup {
	SlDb *db;
	int64_t slot;
	SlModel *model;	   /* of the update alone, where it has no slot */
	GHashTable *known; /* (owned): inventory's id -> Known */
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
	if (update->slot < 0)
		lookup->model = sl_model_load_update(db, update_id, error);
	return update->slot >= 0 || lookup->model ? g_steal_pointer(&lookup) : NULL;
}

void
sl_lookup_free(SlLookup *lookup)
{
	if (!lookup)
		return;
	sl_model_unref(lookup->model);
	g_hash_table_unref(lookup->known);
	g_free(lookup);
}

int64_t
sl_lookup_slot(const SlLookup *lookup)
{
	return lookup->slot;
}

static SlStatus
derive(const SlLookup *lookup, int64_t inventory_id, const SlModelPlace *place)
{
	g_autoptr(GPtrArray) packages = sl_inventory_packages(lookup->db, inventory_id, NULL);
	g_autoptr(GBytes) states =
		packages ? sl_model_derive(lookup->model, place, NULL, packages) : NULL;

	return states ? sl_states_get(g_bytes_get_data(states, NULL), g_bytes_get_size(states), 0)
		      : SL_STATUS_UNKNOWN;
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
	known->status =
		derive(lookup, inventory_id, &(SlModelPlace){0, known->os_id, known->os_codename});
	g_hash_table_replace(lookup->known, key, known);
	return known->status;
}
