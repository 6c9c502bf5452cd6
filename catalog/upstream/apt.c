/* apt.c - Debian archives: a signed Release, and the Packages files it names
 *
 * Nothing is parsed that a verified signature does not cover. The format of the archive is Debian's
 * (wiki: DebianRepository/Format).
 */
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "catalog/base/fs.h"
#include "catalog/base/hash.h"
#include "catalog/base/limits.h"
#include "catalog/base/stream.h"
#include "catalog/base/text.h"
#include "catalog/format/release.h"
#include "catalog/upstream/keyring.h"
#include "catalog/upstream/upstream.h"

#define CLOCK_SKEW 600 /* seconds a Release's Date may lie ahead of our clock */

typedef struct {
	const SlUpstreamContext *context;
	const SlUpstream *upstream;
	int64_t *bytes;
	GBytes *text; /* the signed text */
	SlRelease *release;
	SlUpstreamNews *news;
} Bringing;

void
sl_upstream_news_free(SlUpstreamNews *news)
{
	if (!news)
		return;
	sl_stage_free(news->stage);
	sl_upstream_free(news->learned);
	if (news->indexes)
		g_ptr_array_unref(news->indexes);
	g_free(news->fingerprint);
	g_free(news);
}

static void
bringing_clear(Bringing *b)
{
	if (b->text)
		g_bytes_unref(b->text);
	sl_release_free(b->release);
	sl_upstream_news_free(b->news);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Bringing, bringing_clear)

static char *
suite_url(const Bringing *b, const char *path)
{
	return g_strdup_printf("%sdists/%s/%s", b->upstream->url, b->upstream->suite, path);
}

/* Downloads a file of the suite into the work directory; its descriptor, or -1. */
static int
fetch(Bringing *b, const char *path, const char *as, int64_t limit, SlFetch **ret_fetch,
      GError **error)
{
	g_autofree char *url = suite_url(b, path);
	sl_autofd int fd = -1;
	g_autoptr(SlFetch) one = NULL;
	bool ok;

	if (!sl_fs_remove(b->context->work_fd, as, error))
		return -1;
	fd = sl_fs_open_flags(b->context->work_fd, as, O_RDWR | O_CREAT | O_EXCL, 0600, error);
	if (fd < 0)
		return -1;
	one = sl_fetch_new(url, b->upstream->internal, fd, limit);
	if (ret_fetch) {
		one->etag = g_strdup(b->upstream->release_etag);
		one->modified = g_strdup(b->upstream->release_modified);
	}
	ok = sl_fetch_one(one, b->context->limits, b->context->job, error);
	*b->bytes += one->received;
	if (!ok)
		return -1;
	if (ret_fetch)
		*ret_fetch = g_steal_pointer(&one);
	return sl_fs_steal_fd(&fd);
}

static GBytes *
fetch_bytes(Bringing *b, const char *path, int64_t limit, SlFetch **ret_fetch, GError **error)
{
	sl_autofd int fd = fetch(b, path, path, limit, ret_fetch, error);

	return fd < 0 ? NULL : sl_fs_read(b->context->work_fd, path, (size_t)limit, error);
}

static void
learn_validators(Bringing *b, SlFetch *fetch)
{
	SlUpstream *learned = b->news->learned;

	g_free(learned->release_etag);
	g_free(learned->release_modified);
	learned->release_etag = g_steal_pointer(&fetch->ret_etag);
	learned->release_modified = g_steal_pointer(&fetch->ret_modified);
}

static bool
verify_two_files(Bringing *b, SlKeyring *keyring, GError **error)
{
	g_autoptr(SlFetch) fetched = NULL;
	g_autoptr(GBytes) text = fetch_bytes(b, "Release", SL_LIMIT_RELEASE, &fetched, error);
	g_autoptr(GBytes) signature = NULL;

	if (!text)
		return false;
	if (fetched->status == 304)
		return true;
	signature = fetch_bytes(b, "Release.gpg", SL_LIMIT_RELEASE, NULL, error);
	if (!signature ||
	    !sl_keyring_verify_detached(keyring, text, signature, &b->news->fingerprint, error)) {
		g_prefix_error(error, "Release.gpg: ");
		return false;
	}
	learn_validators(b, fetched);
	b->text = g_steal_pointer(&text);
	return true;
}

static bool
verify_one_file(Bringing *b, SlKeyring *keyring, bool *ret_absent, GError **error)
{
	g_autoptr(SlFetch) fetched = NULL;
	g_autoptr(GError) problem = NULL;
	g_autoptr(GBytes) message =
		fetch_bytes(b, "InRelease", SL_LIMIT_RELEASE, &fetched, &problem);

	*ret_absent = g_error_matches(problem, SL_ERROR, SL_ERROR_NOT_FOUND);
	if (*ret_absent)
		return true;
	if (!message) {
		g_propagate_error(error, g_steal_pointer(&problem));
		return false;
	}
	if (fetched->status == 304)
		return true;
	b->text = sl_keyring_verify_clear(keyring, message, &b->news->fingerprint, error);
	if (!b->text) {
		g_prefix_error(error, "InRelease: ");
		return false;
	}
	learn_validators(b, fetched);
	return true;
}

/* Brings the signed text; b->text stays NULL when the upstream says it is still the same. */
static bool
bring_text(Bringing *b, GError **error)
{
	g_autoptr(SlKeyring) keyring =
		sl_keyring_new(b->upstream->keyring, b->upstream->fingerprints, error);
	bool absent = false;

	if (!keyring)
		return false;
	sl_job_step(b->context->job, "fetching the release", 0, 0);
	if (!verify_one_file(b, keyring, &absent, error))
		return false;
	return !absent || verify_two_files(b, keyring, error);
}

static bool
check_dates(const Bringing *b, GError **error)
{
	int64_t now_at = sl_clock_now(b->context->clock);
	const SlRelease *release = b->release;
	g_autofree char *date = sl_text_format_time(release->date_at);

	if (release->date_at > now_at + CLOCK_SKEW)
		return sl_error_set(error, SL_ERROR_INTEGRITY,
				    "the Release is dated %s, which is in the future", date);
	if (release->valid_until && release->valid_until < now_at) {
		g_autofree char *until = sl_text_format_time(release->valid_until);

		return sl_error_set(error, SL_ERROR_INTEGRITY,
				    "the Release expired: it was valid until %s", until);
	}
	if (release->date_at < b->upstream->release_at) {
		g_autofree char *seen = sl_text_format_time(b->upstream->release_at);

		return sl_error_set(error, SL_ERROR_INTEGRITY,
				    "the Release is dated %s, older than the one seen before, of "
				    "%s: somebody may be rolling the upstream back",
				    date, seen);
	}
	return true;
}

static bool
check_identity_field(const char *field, const char *before, const char *now, GError **error)
{
	g_autofree char *shown = sl_text_escape(now ? now : "");

	return !before || g_strcmp0(before, now ? now : "") == 0 ||
	       sl_error_set(error, SL_ERROR_INTEGRITY, "the Release's %s changed from '%s' to '%s'",
			    field, before, shown);
}

static void
learn_release(Bringing *b)
{
	SlUpstream *learned = b->news->learned;
	gsize size;
	const char *text = g_bytes_get_data(b->text, &size);

	g_free(learned->origin);
	g_free(learned->codename);
	g_free(learned->label);
	g_free(learned->release_sha256);
	learned->origin = g_strdup(b->release->origin ? b->release->origin : "");
	learned->codename = g_strdup(b->release->codename ? b->release->codename : "");
	learned->label = g_strdup(b->release->label ? b->release->label : "");
	learned->release_sha256 = sl_hash_bytes(text, size);
	learned->release_at = b->release->date_at;
	learned->valid_until = b->release->valid_until;
}

static bool
read_release(Bringing *b, GError **error)
{
	gsize size;
	const char *text = g_bytes_get_data(b->text, &size);

	b->release = sl_release_parse(text, size, error);
	if (!b->release)
		return false;
	if (!check_dates(b, error) ||
	    !check_identity_field("Origin", b->upstream->origin, b->release->origin, error) ||
	    !check_identity_field("Codename", b->upstream->codename, b->release->codename, error))
		return false;
	learn_release(b);
	return true;
}

/* One index: what is signed of its plain file, and the file to download for it. */
typedef struct {
	const char *component;
	const char *architecture;
	const SlReleaseFile *plain; /* NULL: only compressed ones are listed */
	const SlReleaseFile *file;
	char *path; /* of file, below the suite */
} Index;

static bool
choose_index(const Bringing *b, Index *index, GError **error)
{
	static const char *const endings[] = {".xz", ".gz", ".zst", ""};
	g_autofree char *stem =
		g_strdup_printf("%s/binary-%s/Packages", index->component, index->architecture);

	index->plain = sl_release_find(b->release, stem);
	for (size_t i = 0; i < G_N_ELEMENTS(endings); i++) {
		g_autofree char *path = g_strconcat(stem, endings[i], NULL);

		index->file = sl_release_find(b->release, path);
		if (index->file) {
			index->path = g_steal_pointer(&path);
			return true;
		}
	}
	return sl_error_set(error, SL_ERROR_UPSTREAM,
			    "suite %s has no index for component %s and architecture %s",
			    b->upstream->suite, index->component, index->architecture);
}

static const char *
index_hash(const Index *index)
{
	return index->plain ? index->plain->sha256 : index->file->sha256;
}

static bool
is_known_index(const Bringing *b, const Index *index, GError **error)
{
	g_autoptr(GPtrArray) known =
		sl_upstream_index_list(b->context->live, b->upstream->id, error);

	for (guint i = 0; known && i < known->len; i++) {
		const SlUpstreamIndex *one = known->pdata[i];

		if (strcmp(one->component, index->component) == 0 &&
		    strcmp(one->architecture, index->architecture) == 0)
			return strcmp(one->sha256, index_hash(index)) == 0;
	}
	return false;
}

/* By hash where the upstream offers it, so that a change meanwhile does no harm. */
static int
fetch_index(Bringing *b, const Index *index, GError **error)
{
	g_autofree char *folder = g_path_get_dirname(index->path);
	g_autofree char *by_hash =
		g_strdup_printf("%s/by-hash/SHA256/%s", folder, index->file->sha256);
	g_autoptr(GError) problem = NULL;
	int fd;

	if (b->release->by_hash) {
		fd = fetch(b, by_hash, "index", index->file->size, NULL, &problem);
		if (fd >= 0 || !g_error_matches(problem, SL_ERROR, SL_ERROR_NOT_FOUND)) {
			if (problem)
				g_propagate_error(error, g_steal_pointer(&problem));
			return fd;
		}
	}
	return fetch(b, index->path, "index", index->file->size, NULL, error);
}

static bool
check_file(int fd, const Index *index, GError **error)
{
	g_autofree char *sha256 = NULL;
	int64_t size = 0;

	if (!sl_hash_file(fd, &sha256, &size, error))
		return false;
	if (size == index->file->size && strcmp(sha256, index->file->sha256) == 0)
		return true;
	return sl_error_set(error, SL_ERROR_INTEGRITY,
			    "index %s should have %" PRId64 " bytes and SHA-256 %s; it has %" PRId64
			    " bytes and %s",
			    index->path, index->file->size, index->file->sha256, size, sha256);
}

/* A file that is wrong once may have been caught in a change: it is asked for once more. */
static int
fetch_right_index(Bringing *b, const Index *index, GError **error)
{
	for (int again = 0;; again++) {
		g_autoptr(GError) problem = NULL;
		sl_autofd int fd = fetch_index(b, index, error);

		if (fd < 0)
			return -1;
		if (check_file(fd, index, &problem))
			return sl_fs_steal_fd(&fd);
		if (again > 0 || !g_error_matches(problem, SL_ERROR, SL_ERROR_INTEGRITY)) {
			g_propagate_error(error, g_steal_pointer(&problem));
			return -1;
		}
	}
}

typedef struct {
	Bringing *bringing;
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
read_index(Bringing *b, const Index *index, int fd, GError **error)
{
	g_autoptr(SlHash) hash = sl_hash_new();
	Reading reading = {.bringing = b, .index = index, .hash = hash};
	g_autoptr(SlDeb822Reader) reader = sl_deb822_reader_new(take_stanza, &reading);
	int64_t limit = index->plain ? index->plain->size : SL_LIMIT_INDEX;

	reading.reader = reader;
	sl_job_step(b->context->job, "reading the index", index->plain ? index->plain->size : 0, 0);
	if (!sl_stream_read(fd, sl_stream_format(index->path), limit, take_bytes, &reading,
			    error) ||
	    !sl_deb822_reader_finish(reader, error) || !check_plain(&reading, error)) {
		g_prefix_error(error, "index %s: ", index->path);
		return false;
	}
	return true;
}

static void
note_index(Bringing *b, const Index *index)
{
	SlUpstreamIndex *taken = g_new0(SlUpstreamIndex, 1);

	taken->component = g_strdup(index->component);
	taken->architecture = g_strdup(index->architecture);
	taken->sha256 = g_strdup(index_hash(index));
	taken->size = index->plain ? index->plain->size : index->file->size;
	g_ptr_array_add(b->news->indexes, taken);
}

static bool
bring_index(Bringing *b, const Index *index, GError **error)
{
	sl_autofd int fd = -1;

	sl_job_step(b->context->job, "fetching the index", index->file->size, 0);
	if (index->plain && index->plain->size > SL_LIMIT_INDEX)
		return sl_error_set(error, SL_ERROR_LIMIT, "index %s is larger than %lld bytes",
				    index->path, SL_LIMIT_INDEX);
	fd = fetch_right_index(b, index, error);
	if (fd < 0)
		return false;
	note_index(b, index);
	return read_index(b, index, fd, error);
}

static void
index_clear(gpointer data)
{
	g_free(((Index *)data)->path);
}

static GArray *
all_indexes(const Bringing *b, bool *ret_changed, GError **error)
{
	g_autoptr(GArray) list = g_array_new(FALSE, TRUE, sizeof(Index));

	g_array_set_clear_func(list, index_clear);
	for (char **component = b->upstream->components; *component; component++)
		for (char **architecture = b->upstream->architectures; *architecture;
		     architecture++) {
			Index index = {.component = *component, .architecture = *architecture};

			if (!choose_index(b, &index, error))
				return NULL;
			g_array_append_val(list, index);
			if (!is_known_index(b, &index, error))
				*ret_changed = true;
		}
	return g_steal_pointer(&list);
}

static bool
bring_indexes(Bringing *b, GError **error)
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
		size += g_array_index(indexes, Index, i).file->size * 10;
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

static SlUpstreamNews *
bring(const SlUpstreamContext *context, int64_t *bytes, GError **error)
{
	g_auto(Bringing) b = {.context = context, .upstream = context->upstream, .bytes = bytes};
	bool same;

	b.news = g_new0(SlUpstreamNews, 1);
	b.news->indexes = g_ptr_array_new_with_free_func((GDestroyNotify)sl_upstream_index_free);
	b.news->learned = sl_upstream_get_by_id(context->live, context->upstream->id, error);
	if (!b.news->learned || !bring_text(&b, error))
		return NULL;
	if (!b.text)
		return g_steal_pointer(&b.news);
	if (!read_release(&b, error))
		return NULL;
	same = g_strcmp0(b.news->learned->release_sha256, context->upstream->release_sha256) == 0;
	b.news->changed = !same;
	if (!same && !bring_indexes(&b, error))
		return NULL;
	return g_steal_pointer(&b.news);
}

const SlUpstreamKind sl_upstream_apt = {"debian", bring};
