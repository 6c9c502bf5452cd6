/* apt_index.c - Debian archives: the Packages files a verified Release names
 *
 * Each is downloaded into a file named by its hash, so that a break costs what was under way at
 * most, and read into the stage once it is what was signed.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "catalog/base/fs.h"
#include "catalog/base/hash.h"
#include "catalog/base/limits.h"
#include "catalog/base/stream.h"
#include "catalog/base/text.h"
#include "catalog/upstream/apt_private.h"
#include "catalog/upstream/partial.h"

/* The forms an index may have, the one we like best first. */
static const char *const endings[] = {".xz", ".gz", ".zst", ""};

typedef struct {
	const SlReleaseFile *file;
	char *path; /* below the suite */
} Variant;

/* One index: what is signed of its plain file, and the files that are listed for it. */
typedef struct {
	const char *component;
	const char *architecture;
	const SlReleaseFile *plain; /* NULL: only compressed ones are listed */
	Variant variants[G_N_ELEMENTS(endings)];
	guint n_variants;
} Index;

static bool
check_size(const char *path, const SlReleaseFile *file, GError **error)
{
	return !file || file->size <= SL_LIMIT_INDEX ||
	       sl_error_set(error, SL_ERROR_LIMIT,
			    "index %s should have %" PRId64 " bytes, more than the %lld allowed",
			    path, file->size, SL_LIMIT_INDEX);
}

static bool
find_variants(const SlAptBringing *b, Index *index, GError **error)
{
	g_autofree char *stem =
		g_strdup_printf("%s/binary-%s/Packages", index->component, index->architecture);

	index->plain = sl_release_find(b->release, stem);
	if (!check_size(stem, index->plain, error))
		return false;
	for (size_t i = 0; i < G_N_ELEMENTS(endings); i++) {
		g_autofree char *path = g_strconcat(stem, endings[i], NULL);
		const SlReleaseFile *file = sl_release_find(b->release, path);

		if (!check_size(path, file, error))
			return false;
		if (file)
			index->variants[index->n_variants++] =
				(Variant){file, g_steal_pointer(&path)};
	}
	return index->n_variants > 0 ||
	       sl_error_set(error, SL_ERROR_UPSTREAM,
			    "suite %s has no index for component %s and architecture %s",
			    b->upstream->suite, index->component, index->architecture);
}

static const char *
index_hash(const Index *index)
{
	return index->plain ? index->plain->sha256 : index->variants[0].file->sha256;
}

static bool
is_known_index(const GPtrArray *known, const Index *index)
{
	for (guint i = 0; i < known->len; i++) {
		const SlUpstreamIndex *one = known->pdata[i];

		if (strcmp(one->component, index->component) == 0 &&
		    strcmp(one->architecture, index->architecture) == 0)
			return strcmp(one->sha256, index_hash(index)) == 0;
	}
	return false;
}

static bool
check_file(int fd, const Variant *variant, GError **error)
{
	g_autofree char *sha256 = NULL;
	int64_t size = 0;

	if (!sl_hash_file(fd, &sha256, &size, error))
		return false;
	if (size == variant->file->size && strcmp(sha256, variant->file->sha256) == 0)
		return true;
	return sl_error_set(error, SL_ERROR_INTEGRITY,
			    "index %s should have %" PRId64 " bytes and SHA-256 %s; it has %" PRId64
			    " bytes and %s",
			    variant->path, variant->file->size, variant->file->sha256, size,
			    sha256);
}

static bool
download(SlAptBringing *b, const char *path, int64_t size, int fd, GError **error)
{
	static const SlFetchCalls calls = {.begin = sl_partial_begin};
	g_autofree char *url = sl_apt_url(b, path);
	g_autoptr(SlFetch) one = sl_fetch_new(url, b->upstream->internal, fd, size);
	bool ok;

	sl_partial_resume(one);
	ok = sl_fetch_one(one, b->context->limits, b->context->job, &calls, error);
	*b->bytes += one->received;
	return ok;
}

/* By hash where the upstream offers it, so that a change meanwhile does no harm. */
static bool
download_variant(SlAptBringing *b, const Variant *variant, int fd, GError **error)
{
	g_autofree char *folder = g_path_get_dirname(variant->path);
	g_autofree char *by_hash =
		g_strdup_printf("%s/by-hash/SHA256/%s", folder, variant->file->sha256);
	g_autoptr(GError) problem = NULL;

	if (b->release->by_hash) {
		if (download(b, by_hash, variant->file->size, fd, &problem))
			return true;
		if (!g_error_matches(problem, SL_ERROR, SL_ERROR_NOT_FOUND)) {
			g_propagate_error(error, g_steal_pointer(&problem));
			return false;
		}
	}
	return download(b, variant->path, variant->file->size, fd, error);
}

/* Brings one file unless it is there since before a break; its descriptor, or -1. */
static int
take_variant(SlAptBringing *b, const Variant *variant, GError **error)
{
	g_autofree char *name = g_strconcat(b->context->kept_prefix, variant->file->sha256, NULL);
	sl_autofd int fd =
		sl_fs_open_flags(b->context->kept_fd, name, O_RDWR | O_CREAT, 0600, error);
	struct stat status;
	GError *problem = NULL;

	if (fd < 0)
		return -1;
	if (fstat(fd, &status) < 0) {
		sl_error_errno(error, "ask for the size of %s", variant->path);
		return -1;
	}
	if ((status.st_size == variant->file->size && check_file(fd, variant, NULL)) ||
	    (download_variant(b, variant, fd, &problem) && check_file(fd, variant, &problem)))
		return sl_fs_steal_fd(&fd);
	/* what cannot be the beginning of the file is no use */
	if (!g_error_matches(problem, SL_ERROR, SL_ERROR_UPSTREAM) &&
	    !g_error_matches(problem, SL_ERROR, SL_ERROR_CANCELLED))
		sl_fs_remove(b->context->kept_fd, name, NULL);
	g_propagate_error(error, problem);
	return -1;
}

/* A file that is wrong once may have been caught in a change: it is asked for once more. */
static int
take_right_variant(SlAptBringing *b, const Variant *variant, GError **error)
{
	g_autoptr(GError) problem = NULL;
	int fd = take_variant(b, variant, &problem);

	if (fd < 0 && (g_error_matches(problem, SL_ERROR, SL_ERROR_INTEGRITY) ||
		       g_error_matches(problem, SL_ERROR, SL_ERROR_LIMIT)))
		return take_variant(b, variant, error);
	if (fd < 0)
		g_propagate_error(error, g_steal_pointer(&problem));
	return fd;
}

/* Takes the best form that the upstream really has; not all that are listed have to be there. */
static int
take_index(SlAptBringing *b, const Index *index, const Variant **ret_variant, GError **error)
{
	for (guint i = 0; i < index->n_variants; i++) {
		const Variant *variant = &index->variants[i];
		bool last = i + 1 == index->n_variants;
		g_autoptr(GError) problem = NULL;
		int fd;

		sl_job_step(b->context->job, "fetching the index", variant->file->size, 0);
		fd = take_right_variant(b, variant, &problem);
		if (fd >= 0) {
			*ret_variant = variant;
			return fd;
		}
		if (last || !g_error_matches(problem, SL_ERROR, SL_ERROR_NOT_FOUND)) {
			g_propagate_error(error, g_steal_pointer(&problem));
			return -1;
		}
	}
	return -1;
}

typedef struct {
	SlAptBringing *bringing;
	const Index *index;
	SlHash *hash;
	int64_t size;
	SlDeb822Reader *reader;
	unsigned stanzas;
} Reading;

static bool
take_stanza(const SlDeb822Stanza *stanza, gpointer data, GError **error)
{
	Reading *reading = data;
	const SlUpstreamContext *context = reading->bringing->context;

	if (reading->stanzas++ % 256 == 0) {
		if (!sl_job_check(context->job, error))
			return false;
		sl_job_progress(context->job, reading->size,
				sl_stage_size(reading->bringing->news->stage));
	}
	return sl_stage_add(reading->bringing->news->stage, stanza, reading->index->component,
			    reading->index->architecture, index_hash(reading->index), error);
}

static bool
take_bytes(const char *bytes, size_t size, gpointer data, GError **error)
{
	Reading *reading = data;

	sl_hash_add(reading->hash, bytes, size);
	reading->size += (int64_t)size;
	return sl_deb822_reader_add(reading->reader, bytes, size, error);
}

static bool
check_plain(const Reading *reading, GError **error)
{
	const SlReleaseFile *plain = reading->index->plain;
	g_autofree char *sha256 = sl_hash_finish(reading->hash);

	if (!plain || (reading->size == plain->size && strcmp(sha256, plain->sha256) == 0))
		return true;
	return sl_error_set(error, SL_ERROR_INTEGRITY,
			    "decompressed it should have %" PRId64
			    " bytes and SHA-256 %s; it has %" PRId64 " bytes and %s",
			    plain->size, plain->sha256, reading->size, sha256);
}

static bool
read_index(SlAptBringing *b, const Index *index, const Variant *variant, int fd, GError **error)
{
	g_autoptr(SlHash) hash = sl_hash_new();
	Reading reading = {.bringing = b, .index = index, .hash = hash};
	g_autoptr(SlDeb822Reader) reader = sl_deb822_reader_new(take_stanza, &reading);
	int64_t limit = index->plain ? index->plain->size : SL_LIMIT_INDEX;

	reading.reader = reader;
	sl_job_step(b->context->job, "reading the index", index->plain ? index->plain->size : 0, 0);
	if (!sl_stream_read(fd, sl_stream_format(variant->path), limit, take_bytes, &reading,
			    error) ||
	    !sl_deb822_reader_finish(reader, error) || !check_plain(&reading, error)) {
		g_prefix_error(error, "index %s: ", variant->path);
		return false;
	}
	return true;
}

static void
note_index(SlAptBringing *b, const Index *index)
{
	SlUpstreamIndex *taken = g_new0(SlUpstreamIndex, 1);

	taken->component = g_strdup(index->component);
	taken->architecture = g_strdup(index->architecture);
	taken->sha256 = g_strdup(index_hash(index));
	taken->size = index->plain ? index->plain->size : index->variants[0].file->size;
	g_ptr_array_add(b->news->indexes, taken);
}

static bool
bring_index(SlAptBringing *b, const Index *index, GError **error)
{
	const Variant *variant = NULL;
	sl_autofd int fd = take_index(b, index, &variant, error);

	if (fd < 0)
		return false;
	note_index(b, index);
	return read_index(b, index, variant, fd, error);
}

static void
index_clear(gpointer data)
{
	Index *index = data;

	for (guint i = 0; i < index->n_variants; i++)
		g_free(index->variants[i].path);
}

static GArray *
all_indexes(const SlAptBringing *b, bool *ret_changed, GError **error)
{
	g_autoptr(GArray) list = g_array_new(FALSE, TRUE, sizeof(Index));
	g_autoptr(GPtrArray) known =
		sl_upstream_index_list(b->context->live, b->upstream->id, error);

	if (!known)
		return NULL;
	g_array_set_clear_func(list, index_clear);
	for (char **component = b->upstream->components; *component; component++)
		for (char **architecture = b->upstream->architectures; *architecture;
		     architecture++) {
			Index index = {.component = *component, .architecture = *architecture};
			bool found = find_variants(b, &index, error);

			g_array_append_val(list, index);
			if (!found)
				return NULL;
			if (!is_known_index(known, &index))
				*ret_changed = true;
		}
	return g_steal_pointer(&list);
}

bool
sl_apt_bring_indexes(SlAptBringing *b, GError **error)
{
	g_autofree char *path = g_build_filename(b->context->work_path, "stage.db", NULL);
	bool changed = false;
	g_autoptr(GArray) indexes = all_indexes(b, &changed, error);
	int64_t size = 0;

	if (!indexes)
		return false;
	if (!changed)
		return true;
	for (guint i = 0; i < indexes->len; i++)
		size += g_array_index(indexes, Index, i).variants[0].file->size * 10;
	if (!sl_fs_check_space(b->context->work_fd, size, error))
		return false;
	b->news->stage = sl_stage_new(path, b->upstream, error);
	if (!b->news->stage)
		return false;
	for (guint i = 0; i < indexes->len; i++)
		if (!bring_index(b, &g_array_index(indexes, Index, i), error))
			return false;
	sl_job_step(b->context->job, "comparing with the catalog", 0, 0);
	return sl_stage_compare(b->news->stage, b->context->live, b->context->job, error);
}
