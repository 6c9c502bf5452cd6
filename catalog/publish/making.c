#include "catalog/publish/making.h"

#include <inttypes.h>
#include <string.h>

#include "catalog/approval.h"
#include "catalog/base/fs.h"
#include "catalog/base/hash.h"
#include "catalog/package.h"
#include "catalog/payload.h"

static void
hash_suite(SlHash *hash, const SlChannelSuite *suite)
{
	g_autofree char *components = g_strjoinv(" ", suite->components);
	g_autofree char *architectures = g_strjoinv(" ", suite->architectures);
	g_autofree char *line = g_strdup_printf("suite %s %s (%s) (%s)\n", suite->suite,
						suite->codename, components, architectures);

	sl_hash_add(hash, line, strlen(line));
}

char *
sl_making_digest(const SlMaking *making, const SlChannelSuite *only)
{
	g_autoptr(SlHash) hash = sl_hash_new();

	for (guint i = 0; i < making->suites->len; i++)
		if (!only || only == making->suites->pdata[i])
			hash_suite(hash, making->suites->pdata[i]);
	for (guint i = 0; i < making->content->len; i++) {
		const SlContent *one = making->content->pdata[i];
		g_autofree char *line = g_strdup_printf("%" PRId64 "\n", one->revision_id);

		if (!only || strcmp(one->suite, only->suite) == 0)
			sl_hash_add(hash, line, strlen(line));
	}
	return sl_hash_finish(hash);
}

bool
sl_making_is_same(const SlMaking *making)
{
	return making->old && making->switched &&
	       strcmp(making->before.digest, making->digest) == 0;
}

static bool
copy_entry(const char *path, const SlPathEntry *entry, gpointer data)
{
	if (!strstr(path, "/by-hash/"))
		sl_tree_add(data, path, entry);
	return true;
}

/* A suite's digest is kept in the tree as an entry of its own, with nothing to serve behind it. */
static char *
mark_path(const SlMaking *making, const SlChannelSuite *suite)
{
	return g_strdup_printf("/.suite/%s/%s", making->channel->name, suite->suite);
}

static bool
has_file(const char *path, const SlPathEntry *entry, gpointer data)
{
	const SlMaking *making = data;
	sl_autofd int fd = sl_tree_open_file(making->dialect.channel_fd, entry->sha256, NULL);

	(void)path;
	return fd >= 0;
}

/* Whether what is current has the suite in this content, all its files included. */
static bool
suite_is_same(SlMaking *making, const SlChannelSuite *suite, const char *digest)
{
	g_autofree char *mark = mark_path(making, suite);
	g_autofree char *folder = sl_dialect_apt.suite_path(making->channel->name, suite->suite);
	SlPathEntry entry;

	return making->old && sl_path_index_find(making->old, mark, &entry) &&
	       strcmp(entry.sha256, digest) == 0 &&
	       sl_path_index_each(making->old, folder, has_file, making);
}

static void
mark_suite(const SlMaking *making, const SlChannelSuite *suite, const char *digest)
{
	g_autofree char *mark = mark_path(making, suite);
	SlPathEntry entry = {.changed_at = making->dialect.signed_at};

	g_strlcpy(entry.sha256, digest, sizeof entry.sha256);
	g_strlcpy(entry.type, "none", sizeof entry.type);
	sl_tree_add(making->tree, mark, &entry);
}

static GArray *
revisions_of(const SlMaking *making, const SlChannelSuite *suite)
{
	GArray *ids = g_array_new(FALSE, FALSE, sizeof(int64_t));

	for (guint i = 0; i < making->content->len; i++) {
		const SlContent *one = making->content->pdata[i];

		if (strcmp(one->suite, suite->suite) == 0)
			g_array_append_val(ids, one->revision_id);
	}
	return ids;
}

/* Half of its validity is as long as a signature may stand, whatever the settings say. */
static bool
is_old(const SlMaking *making)
{
	const SlPublicationSettings *settings = &making->publisher->context.settings;
	int64_t age = making->dialect.signed_at - making->before.signed_at;

	return age >= MIN(settings->resign_s, settings->valid_s / 2);
}

/* Promise 2 where it would be broken: a payload is named only when it is there and its origin
 * known. */
static bool
add_payload(const SlPackage *package, gpointer data, GError **error)
{
	SlMaking *making = data;
	g_autofree char *path =
		sl_dialect_apt.payload_path(making->channel->name, package->payload_sha256,
					    package->name, package->version, package->architecture);
	SlPathEntry entry = {.size = package->size, .in_pool = true};

	if (!sl_package_check(package, error))
		return false;
	if (!making->old || !sl_path_index_find(making->old, path, &entry)) {
		if (!sl_payload_store_has(making->publisher->context.store, package->payload_sha256,
					  package->size))
			return sl_error_set(error, SL_ERROR_INTEGRITY,
					    "%s %s %s: payload %s is not in the store",
					    package->name, package->version, package->architecture,
					    package->payload_sha256);
		if (!sl_payload_check_provenance(making->db, package->payload_sha256,
						 &entry.changed_at, error))
			return false;
		g_strlcpy(entry.sha256, package->payload_sha256, sizeof entry.sha256);
		g_strlcpy(entry.type, "application/vnd.debian.binary-package", sizeof entry.type);
	}
	sl_tree_add(making->tree, path, &entry);
	return true;
}

static bool
write_suite(SlMaking *making, const SlChannelSuite *suite, GError **error)
{
	const SlDialect *dialect = &sl_dialect_apt;
	g_autofree char *folder = dialect->suite_path(making->channel->name, suite->suite);
	g_autofree char *digest = sl_making_digest(making, suite);
	bool resign = making->why == SL_PUBLISH_FORCE ||
		      (making->why == SL_PUBLISH_RESIGN && is_old(making));

	mark_suite(making, suite, digest);
	if (suite_is_same(making, suite, digest)) {
		sl_path_index_each(making->old, folder, copy_entry, making->tree);
	} else {
		g_autoptr(GArray) revisions = revisions_of(making, suite);

		if (!dialect->write_indexes(&making->dialect, suite, revisions, error))
			return false;
		g_hash_table_add(making->written, suite->suite);
		resign = true;
	}
	if (making->why == SL_PUBLISH_EXTRAS &&
	    !dialect->write_extras(&making->dialect, suite, &resign, error))
		return false;
	making->signed_any |= resign;
	return !resign || dialect->sign(&making->dialect, suite, error);
}

static bool
put_key(SlMaking *making, bool armoured, GError **error)
{
	g_autofree char *path =
		g_strdup_printf("/keys/%s.%s", making->channel->name, armoured ? "asc" : "gpg");
	bool same_key = g_strcmp0(making->channel->fingerprint, making->dialect.fingerprint) == 0;
	g_autoptr(GBytes) key = NULL;
	gsize size = 0;
	const char *bytes;
	SlPathEntry entry;

	if (same_key && making->old && sl_path_index_find(making->old, path, &entry) &&
	    has_file(path, &entry, making)) {
		sl_tree_add(making->tree, path, &entry);
		return true;
	}
	key = sl_signer_public_key(making->publisher->context.signer, making->dialect.fingerprint,
				   armoured, error);
	bytes = key ? g_bytes_get_data(key, &size) : NULL;
	return key && sl_tree_put(making->tree, path, "application/pgp-keys",
				  making->dialect.signed_at, bytes, size, error);
}

/* A payload only an older publication names: it is served while it is there, never required. */
static bool
add_kept_payload(const SlPackage *package, gpointer data, GError **error)
{
	SlMaking *making = data;

	(void)error;
	if (sl_payload_store_has(making->publisher->context.store, package->payload_sha256,
				 package->size))
		return add_payload(package, data, NULL) || true;
	return true;
}

static int64_t
first_kept(const SlMaking *making)
{
	return making->number - making->publisher->context.settings.keep_publications;
}

static int64_t
kept_after(const SlMaking *making)
{
	return making->dialect.signed_at - making->publisher->context.settings.keep_s;
}

/* What older publications name besides: the content's own is required and added as such. */
static bool
add_kept_payloads(SlMaking *making, GError **error)
{
	g_autoptr(GArray) kept = sl_publication_kept_revisions(
		making->db, making->channel->id, first_kept(making), kept_after(making), error);
	g_autoptr(GHashTable) own = g_hash_table_new(g_int64_hash, g_int64_equal);

	for (guint i = 0; i < making->content->len; i++)
		g_hash_table_add(own, &((SlContent *)making->content->pdata[i])->revision_id);
	for (guint i = 0; kept && i < kept->len; i++) {
		const int64_t *id = &g_array_index(kept, int64_t, i);

		if (!g_hash_table_contains(own, id) &&
		    !sl_package_each(making->db, *id, add_kept_payload, making, error))
			return false;
	}
	return kept != NULL;
}

static bool
copy_stored(const char *path, const SlPathEntry *entry, gpointer data)
{
	SlMaking *making = data;

	if (!sl_payload_store_has(making->publisher->context.store, entry->sha256, entry->size))
		return false;
	sl_tree_add(making->tree, path, entry);
	return true;
}

/* Copies what is served already; false where some of it is not in the store any more. */
static bool
copy_payloads(SlMaking *making)
{
	g_autofree char *pool = g_strdup_printf("/apt/%s/pool/", making->channel->name);

	return sl_path_index_each(making->old, pool, copy_stored, making);
}

static bool
add_payloads(SlMaking *making, GError **error)
{
	/* what comes later of the same content names the same; old ones are let go at the next, or
	 * when one of them is lost: then each is looked at */
	if (making->why == SL_PUBLISH_EXTRAS && sl_making_is_same(making) && copy_payloads(making))
		return true;
	if (!add_kept_payloads(making, error))
		return false;
	for (guint i = 0; i < making->content->len; i++) {
		const SlContent *one = making->content->pdata[i];

		if (!g_hash_table_contains(making->written, one->suite) &&
		    !sl_package_each(making->db, one->revision_id, add_payload, making, error))
			return false;
	}
	return true;
}

static bool
add_kept_file(const char *path, const char *sha256, int64_t size, const char *type,
	      int64_t listed_at, gpointer data, GError **error)
{
	SlPathEntry entry = {.size = size, .changed_at = listed_at};

	(void)error;
	g_strlcpy(entry.sha256, sha256, sizeof entry.sha256);
	g_strlcpy(entry.type, type, sizeof entry.type);
	sl_tree_add(data, path, &entry);
	return true;
}

/* Names by hash: of what is current, and of what clients may still be reading. */
static bool
add_hash_names(SlMaking *making, GError **error)
{
	g_autofree char *prefix = g_strdup_printf("/apt/%s/dists/", making->channel->name);
	g_autoptr(GPtrArray) paths = NULL;

	if (!sl_publication_each_file(making->db, making->channel->id, first_kept(making),
				      kept_after(making), add_kept_file, making->tree, error))
		return false;
	paths = sl_tree_paths(making->tree, prefix);
	for (guint i = 0; i < paths->len; i++) {
		const char *path = paths->pdata[i];
		g_autofree char *name = NULL;
		SlPathEntry entry;

		if (strstr(path, "/by-hash/") || !sl_tree_find(making->tree, path, &entry))
			continue;
		name = sl_dialect_apt.hash_path(path, &entry);
		if (name)
			sl_tree_add(making->tree, name, &entry);
	}
	return true;
}

bool
sl_making_write_suites(SlMaking *making, GError **error)
{
	sl_job_step(making->job, "writing the publication", 0, making->suites->len);
	for (guint i = 0; i < making->suites->len; i++) {
		if (!write_suite(making, making->suites->pdata[i], error))
			return false;
		sl_job_progress(making->job, 0, i + 1);
	}
	return true;
}

bool
sl_making_complete(SlMaking *making, const char *serial, GError **error)
{
	return put_key(making, false, error) && put_key(making, true, error) &&
	       add_payloads(making, error) && add_hash_names(making, error) &&
	       sl_tree_write(making->tree, serial, error);
}

bool
sl_making_start(SlMaking *making, GError **error)
{
	SlSigner *signer = making->publisher->context.signer;

	making->tree = sl_tree_new(making->dialect.channel_fd, error);
	making->dialect.db = making->db;
	making->dialect.channel = making->channel->name;
	making->dialect.signer = signer;
	making->dialect.tree = making->tree;
	making->dialect.job = making->job;
	making->dialect.named = add_payload;
	making->dialect.data = making;
	making->dialect.fingerprint =
		making->tree ? sl_signer_fingerprint(signer, making->channel->name,
						     making->channel->fingerprint, error)
			     : NULL;
	return making->dialect.fingerprint != NULL;
}
