#include "catalog/approval_missing.h"

#include <string.h>

#include "catalog/base_package.h"
#include "catalog/dependency.h"
#include "catalog/format/deb822.h"
#include "catalog/package.h"

typedef struct {
	SlDb *db;
	SlApprovalPlan *plan;
	GHashTable *in_channel;	 /* (owned): name -> GPtrArray of versions, plan included */
	GHashTable *by_provided; /* (owned): provided name -> GPtrArray of Provider */
	GPtrArray *providers;	 /* (owned, element-type Provider) */
	GHashTable *told;	 /* (owned): dependency texts already reported */
} Search;

/* A package of the channel that provides other names; texts are owned. */
typedef struct {
	char *name;
	char *version;
	char *provides; /* the whole field */
} Provider;

static void
provider_free(gpointer data)
{
	Provider *provider = data;

	g_free(provider->name);
	g_free(provider->version);
	g_free(provider->provides);
	g_free(provider);
}

static void
search_clear(Search *search)
{
	g_hash_table_unref(search->in_channel);
	g_hash_table_unref(search->by_provided);
	g_ptr_array_unref(search->providers);
	g_hash_table_unref(search->told);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Search, search_clear)

typedef struct {
	const char *name;
	char *value;
} FieldWanted;

static bool
take_field(const SlDeb822Stanza *stanza, gpointer data, GError **error)
{
	FieldWanted *wanted = data;

	(void)error;
	wanted->value = sl_deb822_text(stanza, wanted->name);
	return true;
}

/* A field of a package's stanza, or NULL. */
static char *
field(const SlPackage *package, const char *name)
{
	FieldWanted wanted = {.name = name};

	sl_deb822_read(package->stanza, strlen(package->stanza), take_field, &wanted, NULL);
	return wanted.value;
}

/* Below each name it provides, once: looking through all of them for each dependency takes ages. */
static void
add_provider(Search *search, const SlPackage *package)
{
	g_autofree char *provides = field(package, "Provides");
	g_autoptr(GPtrArray) names = provides ? sl_dependency_parse(provides, NULL) : NULL;
	Provider *provider;

	if (!names)
		return;
	/* one for all of its names: some packages provide thousands */
	provider = g_new0(Provider, 1);
	provider->name = g_strdup(package->name);
	provider->version = g_strdup(package->version);
	provider->provides = g_steal_pointer(&provides);
	g_ptr_array_add(search->providers, provider);
	for (guint i = 0; i < names->len; i++) {
		const SlDependency *one = names->pdata[i];
		const SlAlternative *first = one->alternatives->pdata[0];
		GPtrArray *list = g_hash_table_lookup(search->by_provided, first->name);

		if (!list) {
			list = g_ptr_array_new();
			g_hash_table_insert(search->by_provided, g_strdup(first->name), list);
		}
		g_ptr_array_add(list, provider);
	}
}

/* Keeps its version and what it provides: with all of their stanzas a channel fills the memory. */
static bool
add_package(const SlPackage *package, gpointer data, GError **error)
{
	Search *search = data;
	GPtrArray *versions = g_hash_table_lookup(search->in_channel, package->name);

	(void)error;
	if (!versions) {
		versions = g_ptr_array_new_full(1, g_free);
		g_hash_table_insert(search->in_channel, g_strdup(package->name), versions);
	}
	g_ptr_array_add(versions, g_strdup(package->version));
	if (strstr(package->stanza, "\nProvides:"))
		add_provider(search, package);
	return true;
}

static bool
channel_satisfies(const Search *search, const SlAlternative *alternative)
{
	GPtrArray *versions = g_hash_table_lookup(search->in_channel, alternative->name);
	GPtrArray *providers = g_hash_table_lookup(search->by_provided, alternative->name);

	for (guint i = 0; versions && i < versions->len; i++)
		if (sl_alternative_matches(alternative, alternative->name, versions->pdata[i],
					   NULL))
			return true;
	for (guint i = 0; providers && i < providers->len; i++) {
		const Provider *one = providers->pdata[i];

		if (sl_alternative_matches(alternative, one->name, one->version, one->provides))
			return true;
	}
	return false;
}

static bool
base_satisfies(const Search *search, int64_t upstream_id, const SlAlternative *alternative)
{
	g_autoptr(GPtrArray) found =
		sl_base_package_find(search->db, upstream_id, alternative->name, NULL);

	for (guint i = 0; found && i < found->len; i++) {
		const SlBasePackage *package = found->pdata[i];

		if (sl_alternative_matches(alternative, package->name, package->version,
					   package->provides))
			return true;
	}
	return false;
}

/* The package of the catalog that would satisfy an alternative, as people read it; or NULL. */
static char *
catalog_candidate(const Search *search, const SlAlternative *alternative)
{
	static const char sql[] = "SELECT name FROM upstream WHERE id = ?1";
	g_autoptr(GPtrArray) named = sl_package_named(search->db, alternative->name, NULL);

	for (guint i = 0; named && i < named->len; i++) {
		const SlPackage *package = named->pdata[i];
		g_autoptr(SlQuery) query = NULL;

		if (!sl_alternative_accepts(alternative, package->version))
			continue;
		query = sl_query_new(search->db, sql);
		sl_query_bind_int(query, 1, package->upstream_id);
		if (sl_query_step(query, NULL) == SL_ROW)
			return g_strdup_printf("%s/%s=%s", sl_query_text(query, 0), package->source,
					       package->source_version);
	}
	return NULL;
}

/* The candidate that would help where nothing satisfies a dependency; NULL where all is well. */
static char *
missing_candidate(const Search *search, int64_t upstream_id, const SlDependency *dependency)
{
	g_autofree char *candidate = NULL;

	for (guint i = 0; i < dependency->alternatives->len; i++)
		if (channel_satisfies(search, dependency->alternatives->pdata[i]))
			return NULL;
	for (guint i = 0; !candidate && i < dependency->alternatives->len; i++)
		candidate = catalog_candidate(search, dependency->alternatives->pdata[i]);
	if (!candidate)
		return NULL; /* nothing that could be approved would help */
	for (guint i = 0; i < dependency->alternatives->len; i++)
		if (base_satisfies(search, upstream_id, dependency->alternatives->pdata[i]))
			return NULL;
	return g_steal_pointer(&candidate);
}

static bool
check_field(Search *search, const SlPackage *package, const char *name, GError **error)
{
	g_autofree char *value = field(package, name);
	g_autoptr(GPtrArray) list = value ? sl_dependency_parse(value, error) : NULL;

	if (value && !list) {
		g_prefix_error(error, "%s %s: %s: ", package->name, package->version, name);
		return false;
	}
	for (guint i = 0; list && i < list->len; i++) {
		const SlDependency *dependency = list->pdata[i];
		g_autofree char *candidate = NULL;
		SlApprovalMissing *missing;

		if (g_hash_table_contains(search->told, dependency->text))
			continue;
		candidate = missing_candidate(search, package->upstream_id, dependency);
		g_hash_table_add(search->told, g_strdup(dependency->text));
		if (!candidate)
			continue;
		missing = g_new0(SlApprovalMissing, 1);
		missing->package = g_strdup_printf("%s %s %s", package->name, package->version,
						   package->architecture);
		missing->dependency = g_strdup(dependency->text);
		missing->candidate = g_steal_pointer(&candidate);
		g_ptr_array_add(search->plan->missing, missing);
	}
	return true;
}

static bool
check_revision(Search *search, int64_t revision_id, GError **error)
{
	g_autoptr(GPtrArray) packages = sl_package_of_revision(search->db, revision_id, error);

	for (guint i = 0; packages && i < packages->len; i++)
		if (!check_field(search, packages->pdata[i], "Pre-Depends", error) ||
		    !check_field(search, packages->pdata[i], "Depends", error))
			return false;
	return packages != NULL;
}

bool
sl_approval_find_missing(SlDb *db, int64_t channel_id, SlApprovalPlan *plan, GError **error)
{
	g_auto(Search) search = {
		.db = db,
		.plan = plan,
		.in_channel = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
						    (GDestroyNotify)g_ptr_array_unref),
		.by_provided = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
						     (GDestroyNotify)g_ptr_array_unref),
		.providers = g_ptr_array_new_with_free_func(provider_free),
		.told = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
	};
	g_autoptr(GPtrArray) content = sl_approval_content(db, channel_id, false, error);

	if (!content)
		return false;
	for (guint i = 0; i < content->len; i++)
		if (!sl_package_each(db, ((SlContent *)content->pdata[i])->revision_id, add_package,
				     &search, error))
			return false;
	for (guint i = 0; i < plan->items->len; i++)
		if (!sl_package_each(db, ((SlApprovalItem *)plan->items->pdata[i])->revision_id,
				     add_package, &search, error))
			return false;
	for (guint i = 0; i < plan->items->len; i++)
		if (!check_revision(&search, ((SlApprovalItem *)plan->items->pdata[i])->revision_id,
				    error))
			return false;
	return true;
}
