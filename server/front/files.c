/* files.c - published files: small ones from memory, large ones by a descriptor of their own
 *
 * A response of up to CACHED_MAX bytes is made once and shared by all requests until its channel
 * switches; of larger files what was found out about them is kept. What is public is decided by the
 * channel's path index alone; no client's path is ever opened.
 */
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "catalog/base/fs.h"
#include "catalog/payload_store.h"
#include "catalog/publish/publication.h"
#include "server/front/front.h"
#include "server/http/conditional.h"
#include "server/http/range.h"

#define CACHED_MAX  (128 * 1024)       /* bytes of a file kept in memory */
#define CACHE_TOTAL (64 * 1024 * 1024) /* bytes of all that is kept */
#define CHANNELS    2

#define WARN_US G_USEC_PER_SEC /* between two lines about files that cannot be read */
#define RETRY_S "30"	       /* said with 503 */

#define SERVER_KEYS_MAX 4096 /* bytes of server.json; ours has 150 */

/* A published file as it is answered. */
typedef struct {
	SlPathEntry entry;
	char etag[SL_PATH_INDEX_SHA256 + 3];
	char date[30];	   /* Last-Modified */
	SlResponse *whole; /* shared; NULL for a large one */
} Known;

typedef struct {
	const char *name;
	int fd;		    /* publications/<name>/ */
	GRWLock lock;	    /* for the rest */
	SlPathIndex *index; /* NULL: nothing is published */
	char *serial;	    /* it is the index of; NULL when it is not known */
	GHashTable *known;  /* (owned): path -> Known, of files that were asked for */
	size_t known_size;  /* bytes of them */
} Channel;

struct SlFiles {
	int publications_fd;
	int pool_fd;
	SlPayloadStore *store;
	gint64 warned_us;	 /* atomic; monotonic: when a file was last said to be unreadable */
	SlResponse *server_keys; /* shared; NULL: the core has not written them */
	Channel channels[CHANNELS];
};

static void
known_free(gpointer data)
{
	Known *known = data;

	sl_response_unref(known->whole);
	g_free(known);
}

/* What check-ins are sealed to. The core writes the file before it starts us, once for all. */
static SlResponse *
read_server_keys(int publications_fd)
{
	g_autoptr(GBytes) text = sl_fs_read(publications_fd, "server.json", SERVER_KEYS_MAX, NULL);
	SlResponse *response;
	gsize size;
	const void *bytes;

	if (!text)
		return NULL;
	bytes = g_bytes_get_data(text, &size);
	response = sl_response_new(200, "application/json", bytes, size);
	sl_response_header(response, "Cache-Control", "no-cache");
	return response;
}

SlFiles *
sl_files_new(int state_fd, GError **error)
{
	static const char *const names[CHANNELS] = {"certification", "production"};
	SlFiles *files = g_new0(SlFiles, 1);

	files->publications_fd = sl_fs_make_dir(state_fd, "publications", 0755, error);
	files->pool_fd =
		files->publications_fd < 0 ? -1 : sl_fs_make_dir(state_fd, "pool", 0755, error);
	if (files->publications_fd >= 0)
		files->server_keys = read_server_keys(files->publications_fd);
	if (files->pool_fd >= 0)
		files->store = sl_payload_store_open(state_fd, error);
	for (int i = 0; i < CHANNELS; i++) {
		Channel *channel = &files->channels[i];

		channel->name = names[i];
		channel->fd = -1;
		g_rw_lock_init(&channel->lock);
		channel->known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, known_free);
		if (files->store)
			channel->fd = sl_publication_open_channel(state_fd, names[i], error);
	}
	if (files->store && files->channels[CHANNELS - 1].fd >= 0)
		return files;
	sl_files_free(files);
	return NULL;
}

void
sl_files_directories(const SlFiles *files, int *ret_fds)
{
	ret_fds[0] = files->publications_fd;
	ret_fds[1] = files->pool_fd;
}

static Channel *
find_channel(SlFiles *files, const char *name, size_t size)
{
	for (int i = 0; i < CHANNELS; i++)
		if (strlen(files->channels[i].name) == size &&
		    strncmp(files->channels[i].name, name, size) == 0)
			return &files->channels[i];
	return NULL;
}

/* Only this function writes it, and only the thread that reads the link calls it. */
static void
take(Channel *channel, SlPathIndex *index, const char *serial)
{
	g_rw_lock_writer_lock(&channel->lock);
	sl_path_index_unref(channel->index);
	channel->index = index;
	g_free(channel->serial);
	channel->serial = g_strdup(serial);
	g_hash_table_remove_all(channel->known);
	channel->known_size = 0;
	g_rw_lock_writer_unlock(&channel->lock);
}

bool
sl_files_switch(SlFiles *files, const char *name, const char *serial, GError **error)
{
	Channel *channel = find_channel(files, name, strlen(name));
	SlPathIndex *index;

	if (!channel)
		return sl_error_set(error, SL_ERROR_NOT_FOUND, "no channel '%s'", name);
	if (g_strcmp0(channel->serial, serial) == 0)
		return true;
	index = sl_publication_open_serial(channel->fd, serial, error);
	if (index)
		take(channel, index, serial);
	return index != NULL;
}

void
sl_files_take_current(SlFiles *files)
{
	for (int i = 0; i < CHANNELS; i++) {
		g_autoptr(GError) problem = NULL;
		Channel *channel = &files->channels[i];
		SlPathIndex *index = sl_publication_open_current(channel->fd, &problem);

		if (index)
			take(channel, index, NULL);
		else if (!g_error_matches(problem, SL_ERROR, SL_ERROR_NOT_FOUND))
			g_warning("%s: %s", channel->name, problem->message);
	}
}

/* The channel a path belongs to: /apt/<channel>/..., /keys/<channel>.<ending> */
static Channel *
channel_of(SlFiles *files, const char *path)
{
	const char *name;

	if (g_str_has_prefix(path, "/apt/")) {
		name = path + strlen("/apt/");
		return find_channel(files, name, strcspn(name, "/"));
	}
	if (g_str_has_prefix(path, "/keys/")) {
		name = path + strlen("/keys/");
		return find_channel(files, name, strcspn(name, "."));
	}
	return NULL;
}

static bool
is_immutable(const char *path, const SlPathEntry *entry)
{
	return entry->in_pool || strstr(path, "/by-hash/");
}

static void
add_headers(SlResponse *response, const char *path, const Known *known)
{
	sl_response_header(response, "ETag", known->etag);
	sl_response_header(response, "Last-Modified", known->date);
	sl_response_header(response, "Accept-Ranges", "bytes");
	sl_response_header(response, "Cache-Control",
			   is_immutable(path, &known->entry) ? "public, max-age=31536000, immutable"
							     : "no-cache");
}

/* A file has exactly the bytes that the index promises, or is not served. */
static int
open_entry(const SlFiles *files, const Channel *channel, const SlPathEntry *entry, GError **error)
{
	sl_autofd int fd = entry->in_pool
				   ? sl_payload_store_read(files->store, entry->sha256, error)
				   : sl_publication_open_file(channel->fd, entry->sha256, error);
	struct stat status;

	if (fd < 0)
		return -1;
	if (fstat(fd, &status) < 0) {
		sl_error_errno(error, "look at %s", entry->sha256);
		return -1;
	}
	if (status.st_size != entry->size) {
		sl_error_set(error, SL_ERROR_INTEGRITY,
			     "%s has %" PRId64 " bytes instead of %" PRId64, entry->sha256,
			     (int64_t)status.st_size, entry->size);
		return -1;
	}
	return sl_fs_steal_fd(&fd);
}

/* The whole of a small file as a response of its own. */
static SlResponse *
read_whole(const SlFiles *files, const Channel *channel, const char *path, const Known *known,
	   GError **error)
{
	const SlPathEntry *entry = &known->entry;
	sl_autofd int fd = open_entry(files, channel, entry, error);
	g_autofree char *bytes = NULL;
	SlResponse *response;

	if (fd < 0)
		return NULL;
	bytes = g_malloc((gsize)entry->size + 1);
	if (pread(fd, bytes, (size_t)entry->size, 0) != entry->size) {
		sl_error_errno(error, "read %s", entry->sha256);
		return NULL;
	}
	response = sl_response_new(200, entry->type, bytes, (size_t)entry->size);
	add_headers(response, path, known);
	return response;
}

static void
set_texts(Known *known)
{
	sl_conditional_format_date(known->entry.changed_at, known->date);
	known->etag[0] = '"';
	memcpy(known->etag + 1, known->entry.sha256, SL_PATH_INDEX_SHA256);
	known->etag[SL_PATH_INDEX_SHA256 + 1] = '"';
}

/* Keeps what a file is answered with unless the channel has switched; empties a full memory. */
static void
remember(Channel *channel, const char *path, const Known *known)
{
	g_autoptr(GRWLockWriterLocker) locker = g_rw_lock_writer_locker_new(&channel->lock);
	size_t size = sizeof *known + strlen(path) + 1;
	SlPathEntry now;
	Known *copy;

	if (!channel->index || !sl_path_index_find(channel->index, path, &now) ||
	    strcmp(now.sha256, known->entry.sha256) != 0 ||
	    g_hash_table_contains(channel->known, path))
		return;
	if (known->whole)
		size += (size_t)known->entry.size;
	if (channel->known_size + size > CACHE_TOTAL / CHANNELS) {
		g_hash_table_remove_all(channel->known);
		channel->known_size = 0;
	}
	copy = g_memdup2(known, sizeof *known);
	if (copy->whole)
		sl_response_ref(copy->whole);
	channel->known_size += size;
	g_hash_table_insert(channel->known, g_strdup(path), copy);
}

static bool
is_kept(Channel *channel, const char *path, Known *ret_known)
{
	g_autoptr(GRWLockReaderLocker) locker = g_rw_lock_reader_locker_new(&channel->lock);
	const Known *known = g_hash_table_lookup(channel->known, path);

	if (!known)
		return false;
	*ret_known = *known;
	if (known->whole)
		sl_response_ref(known->whole);
	return true;
}

static bool
find_in_index(Channel *channel, const char *path, Known *ret_known)
{
	g_autoptr(GRWLockReaderLocker) locker = g_rw_lock_reader_locker_new(&channel->lock);

	if (!channel->index || path[1] == '.' ||
	    !sl_path_index_find(channel->index, path, &ret_known->entry))
		return false;
	set_texts(ret_known);
	return true;
}

/* Looks a path up; what memory holds first. ret_known->whole is a reference or NULL. */
static bool
look_up(Channel *channel, const char *path, Known *ret_known)
{
	if (is_kept(channel, path, ret_known))
		return true;
	if (!find_in_index(channel, path, ret_known))
		return false;
	/* a small file is kept with its bytes, once somebody wants them */
	if (ret_known->entry.size > CACHED_MAX)
		remember(channel, path, ret_known);
	return true;
}

static SlResponse *
error_response(unsigned status)
{
	g_autofree char *text = g_strdup_printf("%u\n", status);
	SlResponse *response =
		sl_response_new(status, "text/plain; charset=utf-8", text, strlen(text));

	sl_response_header(response, "Cache-Control", "no-store");
	return response;
}

/* It is published, and cannot be had just now: a 404 would be believed, and kept by caches. */
static SlResponse *
unreadable(SlFiles *files, const char *path, const GError *why)
{
	gint64 now_us = g_get_monotonic_time();
	gint64 before_us = __atomic_load_n(&files->warned_us, __ATOMIC_RELAXED);
	SlResponse *response = error_response(503);

	if (now_us - before_us > WARN_US &&
	    __atomic_compare_exchange_n(&files->warned_us, &before_us, now_us, false,
					__ATOMIC_RELAXED, __ATOMIC_RELAXED))
		g_warning("%s cannot be served: %s", path, why->message);
	sl_response_header(response, "Retry-After", RETRY_S);
	return response;
}

static SlResponse *
not_modified(const char *path, const Known *known)
{
	SlResponse *response = sl_response_new(304, NULL, NULL, 0);

	add_headers(response, path, known);
	return response;
}

static SlResponse *
outside(int64_t size)
{
	g_autofree char *range = g_strdup_printf("bytes */%" PRId64, size);
	SlResponse *response = error_response(416);

	sl_response_header(response, "Content-Range", range);
	return response;
}

static SlResponse *
part_of(SlFiles *files, const Channel *channel, const char *path, const Known *known,
	unsigned status, int64_t first, int64_t size)
{
	g_autoptr(GError) error = NULL;
	int fd = open_entry(files, channel, &known->entry, &error);
	SlResponse *response;

	if (fd < 0)
		return unreadable(files, path, error);
	response = sl_response_new_file(status, known->entry.type, fd, first, size);
	add_headers(response, path, known);
	if (status == 206) {
		g_autofree char *range =
			g_strdup_printf("bytes %" PRId64 "-%" PRId64 "/%" PRId64, first,
					first + size - 1, known->entry.size);

		sl_response_header(response, "Content-Range", range);
	}
	return response;
}

static SlResponse *
respond(SlFiles *files, Channel *channel, SlRequest *request, const char *path, Known *known)
{
	const char *range = sl_request_header(request, "Range");
	int64_t first = 0, size = 0;
	SlRangeKind kind = SL_RANGE_WHOLE;
	g_autoptr(GError) error = NULL;

	if (sl_conditional_is_fresh(sl_request_header(request, "If-None-Match"),
				    sl_request_header(request, "If-Modified-Since"), known->etag,
				    known->entry.changed_at))
		return not_modified(path, known);
	if (range && sl_conditional_allows_range(sl_request_header(request, "If-Range"),
						 known->etag, known->entry.changed_at))
		kind = sl_range_read(range, known->entry.size, &first, &size);
	if (kind == SL_RANGE_NONE)
		return outside(known->entry.size);
	if (kind == SL_RANGE_PART)
		return part_of(files, channel, path, known, 206, first, size);
	if (known->whole)
		return sl_response_ref(known->whole);
	if (known->entry.size > CACHED_MAX)
		return part_of(files, channel, path, known, 200, 0, known->entry.size);
	known->whole = read_whole(files, channel, path, known, &error);
	if (!known->whole)
		return unreadable(files, path, error);
	remember(channel, path, known);
	return sl_response_ref(known->whole);
}

void
sl_files_serve(SlFiles *files, SlRequest *request)
{
	const char *path = sl_request_path(request);
	Channel *channel = channel_of(files, path);
	Known known = {0};

	if (!channel || !look_up(channel, path, &known)) {
		sl_request_answer(request, error_response(404));
		return;
	}
	sl_request_answer(request, respond(files, channel, request, path, &known));
	sl_response_unref(known.whole);
}

void
sl_files_serve_keys(SlFiles *files, SlRequest *request)
{
	sl_request_answer(request, files->server_keys ? sl_response_ref(files->server_keys)
						      : error_response(404));
}

void
sl_files_free(SlFiles *files)
{
	sl_response_unref(files->server_keys);
	for (int i = 0; i < CHANNELS; i++) {
		Channel *channel = &files->channels[i];

		g_hash_table_unref(channel->known);
		sl_path_index_unref(channel->index);
		g_free(channel->serial);
		g_rw_lock_clear(&channel->lock);
		sl_fs_clear_fd(&channel->fd);
	}
	sl_payload_store_free(files->store);
	sl_fs_clear_fd(&files->publications_fd);
	sl_fs_clear_fd(&files->pool_fd);
	g_free(files);
}
