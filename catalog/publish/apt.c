/* apt.c - a channel as an apt repository
 *
 * Format: Debian wiki, DebianRepository/Format. `all` packages stand in each architecture's index,
 * which No-Support-for-Architecture-all tells clients. Suites keep the names and codenames their
 * machines know; Origin and Label are ours, so that apt notices a change of server by itself.
 */
#include <inttypes.h>
#include <string.h>

#include "catalog/base/fs.h"
#include "catalog/base/text.h"
#include "catalog/format/release.h"
#include "catalog/package.h"
#include "catalog/publish/dialect.h"

#define GZ_LEVEL 6
#define XZ_LEVEL 1
#define TEXT	 "text/plain; charset=utf-8"
#define GZIP	 "application/gzip"
#define XZ	 "application/x-xz"

static char *
suite_path(const char *channel, const char *suite)
{
	return g_strdup_printf("/apt/%s/dists/%s/", channel, suite);
}

static char *
payload_path(const char *channel, const char *sha256, const char *name, const char *version,
	     const char *architecture)
{
	const char *colon = strchr(version, ':');

	/* an epoch is in the version only, never in a file name */
	return g_strdup_printf("/apt/%s/pool/%.2s/%s/%s_%s_%s.deb", channel, sha256, sha256, name,
			       colon ? colon + 1 : version, architecture);
}

/* The two forms of one Packages index while they are being written. */
typedef struct {
	const char *component;
	const char *architecture;
	SlTreeFile *plain;
	SlTreeFile *gz;
} Index;

static void
index_clear(gpointer data)
{
	Index *index = data;

	sl_tree_file_free(index->plain);
	sl_tree_file_free(index->gz);
}

typedef struct {
	const SlDialectContext *context;
	GArray *indexes; /* (element-type Index) */
} Writing;

static bool
open_indexes(Writing *writing, const SlChannelSuite *suite, GError **error)
{
	SlTree *tree = writing->context->tree;

	for (char **component = suite->components; *component; component++)
		for (char **architecture = suite->architectures; *architecture; architecture++) {
			Index index = {.component = *component, .architecture = *architecture};

			index.plain = sl_tree_file_new(tree, SL_STREAM_PLAIN, 0, error);
			index.gz = index.plain
					   ? sl_tree_file_new(tree, SL_STREAM_GZ, GZ_LEVEL, error)
					   : NULL;
			g_array_append_val(writing->indexes, index);
			if (!index.gz)
				return false;
		}
	return true;
}

/* What the upstream's stanza does not say: where the payload is with us. */
static char *
payload_fields(const SlDialectContext *context, const SlPackage *package)
{
	g_autofree char *path =
		payload_path(context->channel, package->payload_sha256, package->name,
			     package->version, package->architecture);
	/* Filename is relative to the repository's address: after "/apt/<channel>/" */
	const char *below = path + strlen("/apt/") + strlen(context->channel) + 1;

	return g_strdup_printf("Filename: %s\nSize: %" PRId64 "\nSHA256: %s\n\n", below,
			       package->size, package->payload_sha256);
}

static bool
write_stanza(SlTreeFile *file, const SlPackage *package, const char *fields, GError **error)
{
	return sl_tree_file_add(file, package->stanza, strlen(package->stanza), error) &&
	       sl_tree_file_add(file, fields, strlen(fields), error);
}

static bool
write_package(const SlPackage *package, gpointer data, GError **error)
{
	Writing *writing = data;
	g_autofree char *fields = payload_fields(writing->context, package);

	for (guint i = 0; i < writing->indexes->len; i++) {
		Index *index = &g_array_index(writing->indexes, Index, i);
		bool belongs = strcmp(package->component, index->component) == 0 &&
			       (strcmp(package->architecture, "all") == 0 ||
				strcmp(package->architecture, index->architecture) == 0);

		if (belongs && (!write_stanza(index->plain, package, fields, error) ||
				!write_stanza(index->gz, package, fields, error)))
			return false;
	}
	return writing->context->named(package, writing->context->data, error);
}

static bool
finish_index(const SlDialectContext *context, const SlChannelSuite *suite, Index *index,
	     GError **error)
{
	g_autofree char *folder = suite_path(context->channel, suite->suite);
	g_autofree char *plain = g_strdup_printf("%s%s/binary-%s/Packages", folder,
						 index->component, index->architecture);
	g_autofree char *gz = g_strconcat(plain, ".gz", NULL);

	return sl_tree_file_finish(g_steal_pointer(&index->plain), plain, TEXT, context->signed_at,
				   error) &&
	       sl_tree_file_finish(g_steal_pointer(&index->gz), gz, GZIP, context->signed_at,
				   error);
}

static bool
write_indexes(const SlDialectContext *context, const SlChannelSuite *suite, GArray *revisions,
	      GError **error)
{
	g_autoptr(GArray) indexes = g_array_new(FALSE, TRUE, sizeof(Index));
	Writing writing = {context, indexes};

	g_array_set_clear_func(indexes, index_clear);
	if (!open_indexes(&writing, suite, error))
		return false;
	for (guint i = 0; i < revisions->len; i++) {
		if (!sl_job_check(context->job, error) ||
		    !sl_package_each(context->db, g_array_index(revisions, int64_t, i),
				     write_package, &writing, error))
			return false;
	}
	for (guint i = 0; i < indexes->len; i++)
		if (!finish_index(context, suite, &g_array_index(indexes, Index, i), error))
			return false;
	return true;
}

static bool
copy_bytes(const char *bytes, size_t size, gpointer data, GError **error)
{
	return sl_tree_file_add(data, bytes, size, error);
}

static bool
write_xz(const SlDialectContext *context, const char *plain_path, const SlPathEntry *plain,
	 GError **error)
{
	g_autofree char *path = g_strconcat(plain_path, ".xz", NULL);
	g_autoptr(SlTreeFile) file = NULL;
	sl_autofd int fd = sl_tree_open_file(context->channel_fd, plain->sha256, error);

	if (fd < 0)
		return false;
	file = sl_tree_file_new(context->tree, SL_STREAM_XZ, XZ_LEVEL, error);
	return file && sl_stream_read(fd, SL_STREAM_PLAIN, plain->size, copy_bytes, file, error) &&
	       sl_tree_file_finish(g_steal_pointer(&file), path, XZ, context->signed_at, error);
}

static bool
write_extras(const SlDialectContext *context, const SlChannelSuite *suite, bool *ret_added,
	     GError **error)
{
	g_autofree char *folder = suite_path(context->channel, suite->suite);
	g_autoptr(GPtrArray) paths = sl_tree_paths(context->tree, folder);

	for (guint i = 0; i < paths->len; i++) {
		const char *path = paths->pdata[i];
		g_autofree char *xz = g_strconcat(path, ".xz", NULL);
		SlPathEntry plain, there;

		if (!g_str_has_suffix(path, "/Packages") ||
		    sl_tree_find(context->tree, xz, &there) ||
		    !sl_tree_find(context->tree, path, &plain))
			continue;
		if (!sl_job_check(context->job, error) || !write_xz(context, path, &plain, error))
			return false;
		*ret_added = true;
	}
	return true;
}

static bool
is_index(const char *name)
{
	return strcmp(name, "Release") != 0 && strcmp(name, "InRelease") != 0 &&
	       strcmp(name, "Release.gpg") != 0;
}

static SlRelease *
make_release(const SlDialectContext *context, const SlChannelSuite *suite, const char *folder)
{
	SlRelease *release = sl_release_new();
	g_autoptr(GPtrArray) paths = sl_tree_paths(context->tree, folder);

	release->origin = g_strdup("Sluice");
	release->label = g_strdup_printf("Sluice %s", context->channel);
	release->suite = g_strdup(suite->suite);
	release->codename = g_strdup(suite->codename);
	release->description = g_strdup_printf("Updates approved for %s", context->channel);
	release->date_at = context->signed_at;
	release->valid_until = context->valid_until;
	release->by_hash = true;
	release->components = g_strdupv(suite->components);
	release->architectures = g_strdupv(suite->architectures);
	for (guint i = 0; i < paths->len; i++) {
		const char *name = (const char *)paths->pdata[i] + strlen(folder);
		SlPathEntry entry;

		if (is_index(name) && !strstr(name, "/by-hash/") &&
		    sl_tree_find(context->tree, paths->pdata[i], &entry))
			sl_release_add(release, name, entry.sha256, entry.size);
	}
	return release;
}

static bool
put(const SlDialectContext *context, const char *folder, const char *name, GBytes *content,
    GError **error)
{
	g_autofree char *path = g_strconcat(folder, name, NULL);
	gsize size;
	const char *bytes = g_bytes_get_data(content, &size);

	return sl_tree_put(context->tree, path, TEXT, context->signed_at, bytes, size, error);
}

static bool
sign(const SlDialectContext *context, const SlChannelSuite *suite, GError **error)
{
	g_autofree char *folder = suite_path(context->channel, suite->suite);
	g_autoptr(SlRelease) release = make_release(context, suite, folder);
	char *text = sl_release_write(release, error);
	g_autoptr(GBytes) plain = text ? g_bytes_new_take(text, strlen(text)) : NULL;
	g_autoptr(GBytes) clear = NULL;
	g_autoptr(GBytes) detached = NULL;

	if (!plain)
		return false;
	clear = sl_signer_clear(context->signer, context->fingerprint, plain, error);
	detached = clear ? sl_signer_detach(context->signer, context->fingerprint, plain, error)
			 : NULL;
	return detached && put(context, folder, "Release", plain, error) &&
	       put(context, folder, "InRelease", clear, error) &&
	       put(context, folder, "Release.gpg", detached, error);
}

static char *
hash_path(const char *path, const SlPathEntry *entry)
{
	g_autofree char *folder = g_path_get_dirname(path);
	const char *name = path + strlen(folder) + 1;

	if (!is_index(name))
		return NULL;
	return g_strdup_printf("%s/by-hash/SHA256/%s", folder, entry->sha256);
}

const SlDialect sl_dialect_apt = {
	"apt", suite_path, payload_path, write_indexes, write_extras, sign, hash_path,
};
