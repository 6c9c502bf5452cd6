#include "clients/concern.h"

#include <inttypes.h>

#include "clients/inventory.h"
#include "clients/wanted.h"

/* What one revision asks for. */
typedef struct {
	int64_t channel_id;  /* 0: all */
	GHashTable *systems; /* (owned): "ID CODENAME" that it is for; a set */
	int64_t n;
	bool lacking; /* of the inventory at hand */
} Asked;

struct SlConcern {
	SlDb *db;
	bool silent;	     /* these count as well */
	GPtrArray *asked;    /* (owned, element-type Asked) */
	GHashTable *by_item; /* (owned): item -> GPtrArray of Asked */
};

static void
asked_free(gpointer data)
{
	Asked *asked = data;

	g_hash_table_unref(asked->systems);
	g_free(asked);
}

SlConcern *
sl_concern_new(SlDb *db, bool silent)
{
	SlConcern *concern = g_new0(SlConcern, 1);

	concern->db = db;
	concern->silent = silent;
	concern->asked = g_ptr_array_new_with_free_func(asked_free);
	concern->by_item =
		g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify)g_ptr_array_unref);
	return concern;
}

void
sl_concern_free(SlConcern *concern)
{
	if (!concern)
		return;
	g_ptr_array_unref(concern->asked);
	g_hash_table_unref(concern->by_item);
	g_free(concern);
}

typedef struct {
	SlConcern *concern;
	Asked *asked;
} Adding;

static void
add_item(int64_t item, bool older, gpointer data)
{
	const Adding *adding = data;
	gpointer key = GSIZE_TO_POINTER((gsize)item);
	GPtrArray *list = g_hash_table_lookup(adding->concern->by_item, key);

	if (!older)
		return;
	if (!list) {
		list = g_ptr_array_new();
		g_hash_table_insert(adding->concern->by_item, key, list);
	}
	g_ptr_array_add(list, adding->asked);
}

bool
sl_concern_add(SlConcern *concern, int64_t channel_id, int64_t revision_id, GError **error)
{
	GHashTable *systems = sl_wanted_systems(concern->db, revision_id, error);
	Adding adding = {concern, NULL};

	if (!systems)
		return false;
	adding.asked = g_new0(Asked, 1);
	adding.asked->channel_id = channel_id;
	adding.asked->systems = systems;
	g_ptr_array_add(concern->asked, adding.asked);
	return sl_wanted_each_item(concern->db, revision_id, add_item, &adding, error);
}

typedef struct {
	const SlConcern *concern;
	GPtrArray *lacking; /* (element-type Asked): those that the inventory is too old for */
} Walk;

static void
look_at(int64_t item, gpointer data)
{
	const Walk *walk = data;
	const GPtrArray *list =
		g_hash_table_lookup(walk->concern->by_item, GSIZE_TO_POINTER((gsize)item));

	for (guint i = 0; list && i < list->len; i++) {
		Asked *asked = list->pdata[i];

		if (!asked->lacking)
			g_ptr_array_add(walk->lacking, asked);
		asked->lacking = true;
	}
}

static bool
walk_inventory(Walk *walk, SlQuery *items, int64_t inventory_id, GError **error)
{
	const void *bytes;
	bool whole = true;
	size_t size;
	SlStep step;

	for (guint i = 0; i < walk->lacking->len; i++)
		((Asked *)walk->lacking->pdata[i])->lacking = false;
	g_ptr_array_set_size(walk->lacking, 0);
	sl_query_bind_int(items, 1, inventory_id);
	step = sl_query_step(items, error);
	if (step == SL_ROW) {
		bytes = sl_query_blob(items, 0, &size);
		whole = sl_inventory_each(bytes, size, look_at, walk);
	}
	sl_query_reset(items);
	/* one that is gone meanwhile: its computers have another */
	if (whole)
		return step != SL_FAILED;
	return sl_error_set(error, SL_ERROR_INTEGRITY, "inventory %" PRId64 " is damaged",
			    inventory_id);
}

/* Computers of one channel and system that have the same inventory. */
typedef struct {
	int64_t channel_id;
	const char *system; /* one text for each system */
	int64_t n;
} Alike;

static void
add_alike(GHashTable *fleet, int64_t inventory_id, int64_t channel_id, const char *system)
{
	gpointer key = GSIZE_TO_POINTER((gsize)inventory_id);
	GArray *list = g_hash_table_lookup(fleet, key);
	Alike one = {channel_id, system, 1};

	if (!list) {
		list = g_array_new(FALSE, FALSE, sizeof(Alike));
		g_hash_table_insert(fleet, key, list);
	}
	for (guint i = 0; i < list->len; i++) {
		Alike *alike = &g_array_index(list, Alike, i);

		if (alike->channel_id == channel_id && alike->system == system) {
			alike->n++;
			return;
		}
	}
	g_array_append_val(list, one);
}

/*
 * Active computers by inventory: inventory -> GArray of Alike. Added up here and not by the
 * database, which would walk them by their index or sort them.
 */
static GHashTable *
load_fleet(const SlConcern *concern, GStringChunk *systems, GError **error)
{
	static const char sql[] =
		"SELECT c.inventory_id, g.channel_id, c.os_id, c.os_codename FROM computer c"
		" CROSS JOIN computer_group g WHERE g.id = c.group_id AND c.state = 'active'"
		" AND c.silent <= ?1";
	g_autoptr(SlQuery) query = sl_query_new(concern->db, sql);
	g_autoptr(GHashTable) fleet =
		g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify)g_array_unref);
	g_autoptr(GString) system = g_string_new(NULL);
	SlStep step;

	sl_query_bind_int(query, 1, concern->silent);
	while ((step = sl_query_step(query, error)) == SL_ROW) {
		if (sl_query_is_null(query, 0))
			continue;
		g_string_assign(system, sl_query_text(query, 2));
		g_string_append_c(system, ' ');
		g_string_append(system, sl_query_text(query, 3));
		add_alike(fleet, sl_query_int(query, 0), sl_query_int(query, 1),
			  g_string_chunk_insert_const(systems, system->str));
	}
	return step == SL_DONE ? g_steal_pointer(&fleet) : NULL;
}

/* Whether at least one revision that the inventory at hand lacks is for these computers. */
static bool
add_computers(const Walk *walk, const Alike *alike)
{
	bool any = false;

	for (guint i = 0; i < walk->lacking->len; i++) {
		Asked *asked = walk->lacking->pdata[i];

		if ((asked->channel_id != 0 && asked->channel_id != alike->channel_id) ||
		    !g_hash_table_contains(asked->systems, alike->system))
			continue;
		asked->n += alike->n;
		any = true;
	}
	return any;
}

static bool
walk_all(Walk *walk, int64_t *ret_any, GError **error)
{
	SlDb *db = walk->concern->db;
	g_autoptr(GStringChunk) systems = g_string_chunk_new(256);
	g_autoptr(GHashTable) fleet = load_fleet(walk->concern, systems, error);
	g_autoptr(SlQuery) items = sl_query_new(db, "SELECT items FROM inventory WHERE id = ?1");
	GHashTableIter iter;
	gpointer key, list;
	int64_t any = 0;

	if (!fleet)
		return false;
	g_hash_table_iter_init(&iter, fleet);
	while (g_hash_table_iter_next(&iter, &key, &list)) {
		if (!walk_inventory(walk, items, (int64_t)GPOINTER_TO_SIZE(key), error))
			return false;
		for (guint i = 0; i < ((GArray *)list)->len; i++) {
			const Alike *alike = &g_array_index((GArray *)list, Alike, i);

			if (add_computers(walk, alike))
				any += alike->n;
		}
	}
	*ret_any = any;
	return true;
}

bool
sl_concern_count(SlConcern *concern, int64_t *ret_n, int64_t *ret_any, GError **error)
{
	g_autoptr(GPtrArray) lacking = g_ptr_array_new();
	Walk walk = {concern, lacking};
	int64_t any = 0;

	/* what nobody has, nobody lacks: then no computer has to be looked at */
	if (g_hash_table_size(concern->by_item) > 0 && !walk_all(&walk, &any, error))
		return false;
	for (guint i = 0; i < concern->asked->len; i++)
		ret_n[i] = ((Asked *)concern->asked->pdata[i])->n;
	*ret_any = any;
	return true;
}
