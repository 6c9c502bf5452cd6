/* publisher.c - the directories of publications, and what happens to them besides making one */
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "catalog/base/fs.h"
#include "catalog/base/text.h"
#include "catalog/channel.h"
#include "catalog/payload.h"
#include "catalog/publication_table.h"
#include "catalog/publish/publisher_private.h"
#include "catalog/publish/tree.h"

#define HOUR 3600

SlPublisher *
sl_publisher_new(const SlPublicationContext *context, GError **error)
{
	g_autoptr(SlPublisher) publisher = g_new0(SlPublisher, 1);
	sl_autofd int all_fd = sl_fs_make_dir(context->state_fd, "publications", 0755, error);

	publisher->context = *context;
	for (int i = 0; i < SL_CHANNEL_COUNT; i++) {
		publisher->channels[i].name = g_strdup(sl_channel_names[i]);
		publisher->channels[i].fd = -1;
		g_mutex_init(&publisher->channels[i].mutex);
	}
	for (int i = 0; all_fd >= 0 && i < SL_CHANNEL_COUNT; i++) {
		publisher->channels[i].fd =
			sl_fs_make_dir(all_fd, sl_channel_names[i], 0755, error);
		if (publisher->channels[i].fd < 0)
			return NULL;
	}
	if (all_fd < 0 || !sl_fs_flush(all_fd, "publications", error) ||
	    !sl_fs_flush(context->state_fd, "the state directory", error))
		return NULL;
	return g_steal_pointer(&publisher);
}

void
sl_publisher_free(SlPublisher *publisher)
{
	if (!publisher)
		return;
	for (int i = 0; i < SL_CHANNEL_COUNT; i++) {
		sl_fs_clear_fd(&publisher->channels[i].fd);
		g_mutex_clear(&publisher->channels[i].mutex);
		g_free(publisher->channels[i].name);
	}
	g_free(publisher);
}

static SlPublisherChannel *
find(SlPublisher *publisher, const char *channel)
{
	for (int i = 0; i < SL_CHANNEL_COUNT; i++)
		if (strcmp(publisher->channels[i].name, channel) == 0)
			return &publisher->channels[i];
	return NULL;
}

int
sl_publisher_channel_fd(SlPublisher *publisher, const char *channel)
{
	const SlPublisherChannel *found = find(publisher, channel);

	return found ? found->fd : -1;
}

GMutexLocker *
sl_publisher_lock(SlPublisher *publisher, const char *channel)
{
	SlPublisherChannel *found = find(publisher, channel);

	return found ? g_mutex_locker_new(&found->mutex) : NULL;
}

typedef struct {
	SlPublisher *publisher;
	int channel_fd;
	GError *problem;
} Verifying;

static bool
verify_entry(const char *path, const SlPathEntry *entry, gpointer data)
{
	Verifying *verifying = data;
	struct stat status = {0};
	bool right;

	if (g_str_has_prefix(path, "/.suite/"))
		return true;
	if (entry->in_pool) {
		right = sl_payload_store_has(verifying->publisher->context.store, entry->sha256,
					     entry->size);
	} else {
		sl_autofd int fd = sl_tree_open_file(verifying->channel_fd, entry->sha256, NULL);

		right = fd >= 0 && fstat(fd, &status) == 0 && status.st_size == entry->size;
	}
	return right || sl_error_set(&verifying->problem, SL_ERROR_INTEGRITY,
				     "%s names %s of %" PRId64 " bytes, which is not there", path,
				     entry->sha256, entry->size);
}

bool
sl_publication_verify(SlPublisher *publisher, const char *channel, const char *serial,
		      GError **error)
{
	Verifying verifying = {publisher, sl_publisher_channel_fd(publisher, channel), NULL};
	g_autoptr(SlPathIndex) index =
		sl_publication_open_serial(verifying.channel_fd, serial, error);

	if (!index)
		return false;
	if (sl_path_index_each(index, "/", verify_entry, &verifying))
		return true;
	if (!verifying.problem)
		sl_error_set(&verifying.problem, SL_ERROR_INTEGRITY,
			     "the index of serial %s is broken", serial);
	g_propagate_error(error, verifying.problem);
	return false;
}

static bool
read_serial(const char *text, int64_t *ret_number, int64_t *ret_serial)
{
	g_auto(GStrv) parts = g_strsplit(text, ".", 3);

	return g_strv_length(parts) == 2 && sl_text_int(parts[0], 1, INT64_MAX, ret_number, NULL) &&
	       sl_text_int(parts[1], 1, INT64_MAX, ret_serial, NULL);
}

bool
sl_publication_check_order(SlPublisher *publisher, const char *channel,
			   const SlPublicationState *noted, bool *ret_same, GError **error)
{
	g_autofree char *current = sl_tree_current(sl_publisher_channel_fd(publisher, channel));
	int64_t number = 0, serial = 0;

	if (current && read_serial(current, &number, &serial) &&
	    (number > noted->number || (number == noted->number && serial > noted->serial)))
		return sl_error_set(error, SL_ERROR_INTEGRITY,
				    "publication %s of %s is being served, and the database knows "
				    "none after %" PRId64 ".%" PRId64
				    ": it was replaced by an older one or has lost what was "
				    "written last; restore a backup into an empty state directory",
				    current, channel, noted->number, noted->serial);
	*ret_same = number > 0 && number == noted->number && serial == noted->serial;
	return true;
}

/* Removes the trees that are not the newest noted one. */
static bool
remove_other_trees(int channel_fd, const char *keep, GError **error)
{
	g_autoptr(GPtrArray) names = NULL;
	sl_autofd int trees_fd = sl_fs_make_dir(channel_fd, "trees", 0755, error);

	names = trees_fd < 0 ? NULL : sl_fs_list(trees_fd, ".", error);
	for (guint i = 0; names && i < names->len; i++)
		if (g_strcmp0(names->pdata[i], keep) != 0 &&
		    !sl_fs_remove_tree(trees_fd, names->pdata[i], error))
			return false;
	return names != NULL;
}

static bool
recover_channel(SlPublisher *publisher, SlDb *db, const char *name, GError **error)
{
	int channel_fd = sl_publisher_channel_fd(publisher, name);
	g_autoptr(SlChannel) channel = sl_channel_get(db, name, error);
	g_auto(SlPublicationState) state = {0};
	g_autofree char *serial = NULL;
	g_autoptr(GError) damaged = NULL;
	bool same = false;

	if (!channel || !sl_publication_state(db, channel->id, &state, error) ||
	    !sl_publication_check_order(publisher, name, &state, &same, error))
		return false;
	if (state.number > 0)
		serial = g_strdup_printf("%" PRId64 ".%" PRId64, state.number, state.serial);
	if (same)
		return remove_other_trees(channel_fd, serial, error);
	/* noted and not switched to: it was complete when it was noted */
	if (serial && sl_publication_verify(publisher, name, serial, &damaged))
		return sl_tree_switch(channel_fd, serial, error) &&
		       remove_other_trees(channel_fd, serial, error);
	/* restored from a backup, or cut off by a power failure: the next one is a new serial */
	return true;
}

static bool
mark_lost(SlDb *db, gpointer data, GError **error)
{
	const GPtrArray *lost = data;

	for (guint i = 0; i < lost->len; i++)
		if (!sl_payload_mark_stored(db, lost->pdata[i], 0, error))
			return false;
	return true;
}

/* A payload whose file went away is fetched again; until then no publication can name it. */
static bool
find_lost(SlPublisher *publisher, SlDb *db, GError **error)
{
	g_autoptr(GPtrArray) stored = sl_payload_stored(db, error);
	g_autoptr(GPtrArray) lost = g_ptr_array_new();

	for (guint i = 0; stored && i < stored->len; i++) {
		GError *problem = NULL;
		sl_autofd int fd =
			sl_payload_store_read(publisher->context.store, stored->pdata[i], &problem);

		if (g_error_matches(problem, SL_ERROR, SL_ERROR_NOT_FOUND)) {
			g_warning("payload %s is not in the store any more",
				  (const char *)stored->pdata[i]);
			g_ptr_array_add(lost, stored->pdata[i]);
		}
		g_clear_error(&problem);
	}
	return stored &&
	       (lost->len == 0 || sl_writer_run(publisher->context.writer, mark_lost, lost, error));
}

bool
sl_publication_recover(SlPublisher *publisher, GError **error)
{
	g_autoptr(SlDb) db = sl_db_open(publisher->context.db_path, SL_DB_READ, error);

	if (db && !find_lost(publisher, db, error))
		return false;
	for (int i = 0; db && i < SL_CHANNEL_COUNT; i++)
		if (!recover_channel(publisher, db, publisher->channels[i].name, error)) {
			g_prefix_error(error, "recover the publication of %s: ",
				       publisher->channels[i].name);
			return false;
		}
	return db != NULL;
}

static bool
collect_hash(const char *path, const SlPathEntry *entry, gpointer data)
{
	(void)path;
	g_hash_table_add(data, g_strdup(entry->sha256));
	return true;
}

/* Removes files of a folder of files/ that no index names and that are not brand new. */
static bool
prune_folder(int files_fd, const char *folder, GHashTable *named, int64_t before, GError **error)
{
	g_autoptr(GPtrArray) names = sl_fs_list(files_fd, folder, error);

	for (guint i = 0; names && i < names->len; i++) {
		g_autofree char *path = g_build_filename(folder, names->pdata[i], NULL);
		struct stat status;

		if (g_hash_table_contains(named, names->pdata[i]) ||
		    fstatat(files_fd, path, &status, AT_SYMLINK_NOFOLLOW) < 0 ||
		    status.st_mtime >= before)
			continue;
		if (!sl_fs_remove(files_fd, path, error))
			return false;
	}
	return names != NULL;
}

static bool
prune_files(int channel_fd, GHashTable *named, int64_t before, GError **error)
{
	sl_autofd int files_fd = sl_fs_make_dir(channel_fd, "files", 0755, error);
	g_autoptr(GPtrArray) folders = files_fd < 0 ? NULL : sl_fs_list(files_fd, ".", error);

	for (guint i = 0; folders && i < folders->len; i++) {
		const char *folder = folders->pdata[i];

		/* of a publication that was killed: nobody writes one now */
		if (g_str_has_prefix(folder, "new-")) {
			if (!sl_fs_remove(files_fd, folder, error))
				return false;
			continue;
		}
		if (!prune_folder(files_fd, folder, named, before, error))
			return false;
	}
	return folders != NULL;
}

typedef struct {
	int64_t channel_id;
	int64_t from_number;
	int64_t after;
} Forgetting;

static bool
forget(SlDb *db, gpointer data, GError **error)
{
	const Forgetting *forgetting = data;

	return sl_publication_forget_files(db, forgetting->channel_id, forgetting->from_number,
					   forgetting->after, error);
}

/* The channel is locked. */
static bool
prune_channel(SlPublisher *publisher, SlDb *db, SlPublisherChannel *place, GHashTable *in_use,
	      GError **error)
{
	const SlPublicationContext *context = &publisher->context;
	int64_t now_at = sl_clock_now(context->clock);
	g_autoptr(SlChannel) channel = sl_channel_get(db, place->name, error);
	g_autoptr(GHashTable) named = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_autofree char *current = sl_tree_current(place->fd);
	g_autoptr(SlPathIndex) index = NULL;
	Forgetting forgetting;

	if (!channel)
		return false;
	if (!current)
		return true;
	index = sl_publication_open_serial(place->fd, current, error);
	if (!index || !sl_path_index_each(index, "/", collect_hash, named))
		return false;
	sl_path_index_each(index, "/apt/", collect_hash, in_use);
	forgetting =
		(Forgetting){channel->id, channel->number - context->settings.keep_publications,
			     now_at - context->settings.keep_s};
	return remove_other_trees(place->fd, current, error) &&
	       prune_files(place->fd, named, now_at - HOUR, error) &&
	       sl_writer_run(context->writer, forget, &forgetting, error);
}

typedef struct {
	const char *sha256;
	int64_t before;
	bool done;
} Going;

static bool
let_go(SlDb *db, gpointer data, GError **error)
{
	Going *going = data;

	return sl_payload_forget_unneeded(db, going->sha256, going->before, &going->done, error);
}

static bool
prune_payloads(SlPublisher *publisher, SlDb *db, GHashTable *in_use, SlJob *job,
	       int64_t *ret_removed, GError **error)
{
	const SlPublicationContext *context = &publisher->context;
	int64_t before = sl_clock_now(context->clock) - MAX(context->settings.keep_s, 72 * HOUR);
	g_autoptr(GPtrArray) unneeded = sl_payload_unneeded(db, before, error);

	for (guint i = 0; unneeded && i < unneeded->len; i++) {
		Going going = {unneeded->pdata[i], before, false};

		if (!sl_job_check(job, error))
			return false;
		if (g_hash_table_contains(in_use, going.sha256))
			continue;
		/* first it is not promised any more, then it goes; an approval that came meanwhile
		 * keeps it */
		if (!sl_writer_run(context->writer, let_go, &going, error))
			return false;
		if (!going.done)
			continue;
		if (!sl_payload_store_remove(context->store, going.sha256, error))
			return false;
		(*ret_removed)++;
	}
	return unneeded != NULL;
}

/* All channels at once: what none of them names must not be named while it is being removed. */
static bool
prune_locked(SlPublisher *publisher, SlJob *job, int64_t *ret_payloads, GError **error)
{
	g_autoptr(SlDb) db = sl_db_open(publisher->context.db_path, SL_DB_READ, error);
	g_autoptr(GHashTable) in_use = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	int64_t removed = 0;

	for (int i = 0; db && i < SL_CHANNEL_COUNT; i++)
		if (!prune_channel(publisher, db, &publisher->channels[i], in_use, error))
			return false;
	if (!db || !prune_payloads(publisher, db, in_use, job, &removed, error))
		return false;
	*ret_payloads = removed;
	return true;
}

bool
sl_publication_prune(SlPublisher *publisher, SlJob *job, int64_t *ret_payloads, GError **error)
{
	bool ok;

	for (int i = 0; i < SL_CHANNEL_COUNT; i++)
		g_mutex_lock(&publisher->channels[i].mutex);
	ok = prune_locked(publisher, job, ret_payloads, error);
	for (int i = 0; i < SL_CHANNEL_COUNT; i++)
		g_mutex_unlock(&publisher->channels[i].mutex);
	return ok;
}
