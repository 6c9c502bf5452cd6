#include "clients/model.h"

#include <inttypes.h>
#include <string.h>

#include "catalog/base/hash.h"
#include "catalog/channel.h"
#include "catalog/version.h"
#include "clients/inventory.h"
#include "clients/report.h"

#define REMEMBERED 20000 /* inventories a system's statuses are kept of; 100 bytes each */

/* A package of an approved update. */
typedef struct {
	int64_t slot;
	char *version;
	char *architecture;
} Wanted;

/* What a channel asks of a system. */
typedef struct {
	GHashTable *wanted;	/* (owned): package's name -> GPtrArray of Wanted */
	GPtrArray *sources;	/* (owned, element-type SlAnswerSource) */
	GArray *approved;	/* (owned, element-type SlAskedSlot): that the channel has now */
	GHashTable *remembered; /* (owned): digest -> GBytes; under the model's mutex */
} System;

struct SlModel {
	int references; /* atomic */
	char *digest;
	GArray *slots;	     /* int64_t: those that are in use */
	GHashTable *systems; /* (owned): "CHANNEL ID CODENAME" -> System */
	System *others;	     /* those that nothing is served to */
	GMutex mutex;
};

static void
wanted_free(gpointer data)
{
	Wanted *wanted = data;

	g_free(wanted->version);
	g_free(wanted->architecture);
	g_free(wanted);
}

static System *
system_new(void)
{
	System *system = g_new0(System, 1);

	system->wanted = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
					       (GDestroyNotify)g_ptr_array_unref);
	system->sources = sl_answer_source_array_new();
	system->approved = g_array_new(FALSE, FALSE, sizeof(SlAskedSlot));
	system->remembered = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
						   (GDestroyNotify)g_bytes_unref);
	return system;
}

static void
system_free(gpointer data)
{
	System *system = data;

	g_hash_table_unref(system->wanted);
	g_ptr_array_unref(system->sources);
	g_array_unref(system->approved);
	g_hash_table_unref(system->remembered);
	g_free(system);
}

static void
hash_text(SlHash *hash, const char *text)
{
	sl_hash_add(hash, text, strlen(text) + 1);
}

static bool
load_slots(SlModel *model, SlDb *db, SlHash *hash, GError **error)
{
	g_autoptr(SlQuery) query =
		sl_query_new(db, "SELECT slot FROM updates WHERE slot IS NOT NULL ORDER BY slot");
	SlStep step;

	while ((step = sl_query_step(query, error)) == SL_ROW) {
		int64_t slot = sl_query_int(query, 0);

		g_array_append_val(model->slots, slot);
		sl_hash_add(hash, &slot, sizeof slot);
	}
	return step == SL_DONE;
}

static bool
load_sources(System *system, SlDb *db, const SlModelPlace *place, SlHash *hash, GError **error)
{
	g_autoptr(GPtrArray) suites =
		sl_channel_suites_for(db, place->os_id, place->os_codename, error);

	for (guint i = 0; suites && i < suites->len; i++) {
		const SlChannelSuite *suite = suites->pdata[i];
		SlAnswerSource *source = g_new0(SlAnswerSource, 1);

		source->suite = g_strdup(suite->suite);
		source->components = g_strjoinv(" ", suite->components);
		source->architectures = g_strjoinv(" ", suite->architectures);
		hash_text(hash, source->suite);
		hash_text(hash, source->components);
		hash_text(hash, source->architectures);
		g_ptr_array_add(system->sources, source);
	}
	return suites != NULL;
}

static char *
system_key(const SlModelPlace *place)
{
	return g_strdup_printf("%" PRId64 " %s %s", place->channel_id, place->os_id,
			       place->os_codename);
}

/* Of the first three columns of a row. */
static SlModelPlace
read_place(SlQuery *query)
{
	return (SlModelPlace){sl_query_int(query, 0), sl_query_text(query, 1),
			      sl_query_text(query, 2)};
}

static bool
load_approved(System *system, SlDb *db, int64_t channel_id, SlHash *hash, GError **error)
{
	g_autoptr(SlQuery) query =
		sl_query_new(db, "SELECT u.slot, u.rating, a.first_at FROM approval a JOIN updates "
				 "u ON u.id = a.update_id"
				 " WHERE a.channel_id = ?1 AND a.state = 'approved'"
				 " AND u.slot IS NOT NULL ORDER BY u.slot");
	SlStep step;

	sl_query_bind_int(query, 1, channel_id);
	while ((step = sl_query_step(query, error)) == SL_ROW) {
		SlAskedSlot asked = sl_asked_slot(sl_query_int(query, 0), sl_query_text(query, 1),
						  sl_query_int(query, 2));

		g_array_append_val(system->approved, asked);
		sl_hash_add(hash, &asked.slot, sizeof asked.slot);
		sl_hash_add(hash, &asked.rating, sizeof asked.rating);
		sl_hash_add(hash, &asked.first_at, sizeof asked.first_at);
	}
	return step == SL_DONE;
}

static bool
load_systems(SlModel *model, SlDb *db, SlHash *hash, GError **error)
{
	g_autoptr(SlQuery) query =
		sl_query_new(db, "SELECT DISTINCT c.id, s.os_id, s.os_codename FROM channel c,"
				 " upstream_serves s ORDER BY 1, 2, 3");
	SlStep step;

	while ((step = sl_query_step(query, error)) == SL_ROW) {
		SlModelPlace place = read_place(query);
		System *system = system_new();
		char *key = system_key(&place);

		g_hash_table_insert(model->systems, key, system);
		hash_text(hash, key);
		if (!load_sources(system, db, &place, hash, error) ||
		    !load_approved(system, db, place.channel_id, hash, error))
			return false;
	}
	return step == SL_DONE;
}

static void
want(System *system, SlQuery *query)
{
	const char *name = sl_query_text(query, 4);
	GPtrArray *list = g_hash_table_lookup(system->wanted, name);
	Wanted *wanted = g_new0(Wanted, 1);

	if (!list) {
		list = g_ptr_array_new_with_free_func(wanted_free);
		g_hash_table_insert(system->wanted, g_strdup(name), list);
	}
	wanted->slot = sl_query_int(query, 3);
	wanted->version = g_strdup(sl_query_text(query, 5));
	wanted->architecture = g_strdup(sl_query_text(query, 6));
	g_ptr_array_add(list, wanted);
}

static bool
read_packages(SlModel *model, SlQuery *query, SlHash *hash, GError **error)
{
	SlStep step;

	while ((step = sl_query_step(query, error)) == SL_ROW) {
		SlModelPlace place = read_place(query);
		g_autofree char *key = system_key(&place);
		int64_t slot = sl_query_int(query, 3);

		want(g_hash_table_lookup(model->systems, key), query);
		hash_text(hash, key);
		sl_hash_add(hash, &slot, sizeof slot);
		for (int i = 4; i < 7; i++)
			hash_text(hash, sl_query_text(query, i));
	}
	return step == SL_DONE;
}

/* Packages of the revision of each update that a channel is judged by. */
static bool
load_packages(SlModel *model, SlDb *db, SlHash *hash, GError **error)
{
	/* cross joins are made in their order: few updates are approved, of many packages */
	static const char sql[] =
		"WITH judged AS (SELECT c.id AS channel_id, a.update_id, a.revision_id,"
		"  row_number() OVER (PARTITION BY c.id, a.update_id ORDER BY"
		"   a.state = 'approved' AND a.channel_id = c.id DESC, a.state = 'approved' DESC,"
		"   r.number DESC) AS place"
		"  FROM channel c, approval a JOIN revision r ON r.id = a.revision_id)"
		" SELECT j.channel_id, s.os_id, s.os_codename, u.slot, p.name, p.version,"
		" p.architecture FROM judged j CROSS JOIN updates u CROSS JOIN upstream_serves s"
		" CROSS JOIN revision_package rp CROSS JOIN package p WHERE j.place = 1"
		" AND u.id = j.update_id AND u.slot IS NOT NULL AND s.upstream_id = u.upstream_id"
		" AND rp.revision_id = j.revision_id AND p.id = rp.package_id"
		" ORDER BY j.channel_id, s.os_id, s.os_codename, u.slot, p.id";
	g_autoptr(SlQuery) query = sl_query_new(db, sql);

	return read_packages(model, query, hash, error);
}

static SlModel *
model_new(void)
{
	SlModel *model = g_new0(SlModel, 1);

	model->references = 1;
	model->slots = g_array_new(FALSE, FALSE, sizeof(int64_t));
	model->systems = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, system_free);
	model->others = system_new();
	g_mutex_init(&model->mutex);
	return model;
}

SlModel *
sl_model_load(SlDb *db, GError **error)
{
	g_autoptr(SlModel) model = model_new();
	g_autoptr(SlHash) hash = sl_hash_new();
	bool ok;

	/* several queries, one moment */
	if (!sl_db_exec(db, "BEGIN", error))
		return NULL;
	ok = load_systems(model, db, hash, error) && load_slots(model, db, hash, error) &&
	     load_packages(model, db, hash, error);
	sl_db_exec(db, "ROLLBACK", NULL);
	if (!ok)
		return NULL;
	model->digest = sl_hash_finish(hash);
	return g_steal_pointer(&model);
}

SlModel *
sl_model_ref(SlModel *model)
{
	g_atomic_int_inc(&model->references);
	return model;
}

void
sl_model_unref(SlModel *model)
{
	if (!model || !g_atomic_int_dec_and_test(&model->references))
		return;
	g_free(model->digest);
	g_array_unref(model->slots);
	g_hash_table_unref(model->systems);
	system_free(model->others);
	g_mutex_clear(&model->mutex);
	g_free(model);
}

const char *
sl_model_digest(const SlModel *model)
{
	return model->digest;
}

static System *
find_system(const SlModel *model, const SlModelPlace *place)
{
	g_autofree char *key = system_key(place);
	System *system = g_hash_table_lookup(model->systems, key);

	return system ? system : model->others;
}

const GPtrArray *
sl_model_sources(const SlModel *model, const SlModelPlace *place)
{
	return find_system(model, place)->sources;
}

SlStanding
sl_model_standing(const SlModel *model, const SlModelPlace *place, const void *states, size_t size)
{
	const System *system = find_system(model, place);

	return system == model->others ? (SlStanding){.worst = SL_STATUS_UNKNOWN}
				       : sl_standing_of(states, size, system->approved);
}

GBytes *
sl_model_states(SlModel *model, const SlModelPlace *place, const char *digest)
{
	System *system = find_system(model, place);
	g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&model->mutex);
	GBytes *states = g_hash_table_lookup(system->remembered, digest);

	return states ? g_bytes_ref(states) : NULL;
}

/* A package that became or ceased to be one for all architectures is the same package. */
static bool
is_same_architecture(const char *a, const char *b)
{
	return strcmp(a, b) == 0 || strcmp(a, "all") == 0 || strcmp(b, "all") == 0;
}

static void
compare(GByteArray *states, const GPtrArray *list, const SlReportPackage *package)
{
	for (guint i = 0; i < list->len; i++) {
		const Wanted *wanted = list->pdata[i];

		if (!is_same_architecture(wanted->architecture, package->architecture))
			continue;
		if (sl_version_compare(package->version, wanted->version) < 0)
			sl_states_set(states, wanted->slot, SL_STATUS_NEEDED);
		else if (sl_states_get(states->data, states->len, wanted->slot) != SL_STATUS_NEEDED)
			sl_states_set(states, wanted->slot, SL_STATUS_INSTALLED);
	}
}

static void
remember(SlModel *model, System *system, const char *digest, GBytes *states)
{
	g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&model->mutex);

	if (g_hash_table_size(system->remembered) >= REMEMBERED)
		g_hash_table_remove_all(system->remembered);
	g_hash_table_replace(system->remembered, g_strdup(digest), g_bytes_ref(states));
}

GBytes *
sl_model_derive(SlModel *model, const SlModelPlace *place, const char *digest,
		const GPtrArray *packages)
{
	System *system = find_system(model, place);
	GByteArray *states = g_byte_array_new();
	GBytes *made;

	for (guint i = 0; i < model->slots->len; i++)
		sl_states_set(states, g_array_index(model->slots, int64_t, i),
			      SL_STATUS_NOT_APPLICABLE);
	for (guint i = 0; i < packages->len; i++) {
		const SlReportPackage *package = packages->pdata[i];
		const GPtrArray *list = g_hash_table_lookup(system->wanted, package->name);

		if (list)
			compare(states, list, package);
	}
	made = g_byte_array_free_to_bytes(states);
	if (digest)
		remember(model, system, digest, made);
	return made;
}

GBytes *
sl_model_derive_stored(SlModel *model, SlDb *db, const SlModelPlace *place, const char *digest,
		       GError **error)
{
	GBytes *states = sl_model_states(model, place, digest);
	g_autoptr(GPtrArray) packages = NULL;
	int64_t id = 0;

	if (states || !sl_inventory_find(db, digest, &id, error) || id == 0)
		return states;
	packages = sl_inventory_packages(db, id, error);
	return packages ? sl_model_derive(model, place, digest, packages) : NULL;
}
