#include "catalog/publish/publication.h"

#include <inttypes.h>
#include <string.h>

#include "catalog/approval.h"
#include "catalog/publish/making.h"

#define DAY INT64_C(86400)

SlPublicationSettings
sl_publication_settings_default(void)
{
	return (SlPublicationSettings){
		.valid_s = 7 * DAY, .resign_s = DAY, .keep_publications = 10, .keep_s = 30 * DAY};
}

void
sl_published_clear(SlPublished *published)
{
	g_clear_pointer(&published->serial, g_free);
}

static void
making_clear(SlMaking *making)
{
	sl_channel_free(making->channel);
	if (making->content)
		g_ptr_array_unref(making->content);
	if (making->suites)
		g_ptr_array_unref(making->suites);
	g_free(making->digest);
	g_free((char *)making->dialect.fingerprint);
	sl_publication_state_clear(&making->before);
	sl_path_index_unref(making->old);
	sl_tree_free(making->tree);
	g_hash_table_unref(making->written);
	sl_transaction_free(making->reading);
	sl_db_free(making->db);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(SlMaking, making_clear)

static bool
read_state(SlMaking *making, const char *channel, GError **error)
{
	SlPublisher *publisher = making->publisher;
	int channel_fd;

	making->db = sl_db_open(publisher->context.db_path, SL_DB_READ, error);
	making->reading = making->db ? sl_transaction_begin(making->db, error) : NULL;
	making->channel = making->reading ? sl_channel_get(making->db, channel, error) : NULL;
	if (!making->channel)
		return false;
	channel_fd = sl_publisher_channel_fd(publisher, channel);
	making->content = sl_approval_content(making->db, making->channel->id, true, error);
	making->suites = making->content ? sl_channel_suites(making->db, error) : NULL;
	if (!making->suites ||
	    !sl_publication_state(making->db, making->channel->id, &making->before, error))
		return false;
	if (!sl_publication_check_order(publisher, channel, &making->before, &making->switched,
					error))
		return false;
	making->old = sl_tree_open_index(channel_fd, "current", NULL);
	making->digest = sl_making_digest(making, NULL);
	making->dialect.channel_fd = channel_fd;
	return true;
}

/* Waits for the next second where a serial was signed in this one; refuses to go back in time. */
static bool
choose_time(SlMaking *making, GError **error)
{
	const SlPublicationContext *context = &making->publisher->context;
	int64_t now_at = sl_clock_now(context->clock);

	for (int i = 0; i < 150 && now_at == making->before.signed_at; i++) {
		g_usleep(10000);
		now_at = sl_clock_now(context->clock);
	}
	if (now_at <= making->before.signed_at)
		return sl_error_set(error, SL_ERROR_BUSY,
				    "the clock is behind the last signature (%" PRId64
				    " seconds): set it right, nothing is signed with a past date",
				    making->before.signed_at - now_at);
	making->dialect.signed_at = now_at;
	making->dialect.valid_until = now_at + context->settings.valid_s;
	return true;
}

static bool
note_file(SlDb *db, const SlMaking *making, const char *path, GError **error)
{
	SlPathEntry entry;
	g_autofree char *name = NULL;

	if (strstr(path, "/by-hash/") || !sl_tree_find(making->tree, path, &entry))
		return true;
	name = sl_dialect_apt.hash_path(path, &entry);
	return !name || sl_publication_list_file(db, making->channel->id, name, entry.sha256,
						 entry.size, entry.type, making->number,
						 making->dialect.signed_at, error);
}

static bool
note(SlDb *db, gpointer data, GError **error)
{
	SlMaking *making = data;
	g_autofree char *prefix = g_strdup_printf("/apt/%s/dists/", making->channel->name);
	g_autoptr(GPtrArray) paths = sl_tree_paths(making->tree, prefix);

	if (making->number != making->before.number &&
	    !sl_publication_add(db, making->channel->id, making->number, making->digest,
				making->person, making->cause, making->content,
				making->dialect.signed_at, error))
		return false;
	for (guint i = 0; i < paths->len; i++)
		if (!note_file(db, making, paths->pdata[i], error))
			return false;
	return sl_publication_add_serial(db, making->channel->id, making->number, making->serial,
					 making->dialect.signed_at, making->dialect.valid_until,
					 error) &&
	       sl_channel_set_fingerprint(db, making->channel->id, making->dialect.fingerprint,
					  error);
}

static void
tell(const SlMaking *making, bool changed, SlPublished *ret_published)
{
	int64_t number = changed ? making->number : making->before.number;
	int64_t serial = changed ? making->serial : making->before.serial;

	ret_published->serial = g_strdup_printf("%" PRId64 ".%" PRId64, number, serial);
	ret_published->number = number;
	ret_published->changed = changed;
	ret_published->updates = making->content->len;
}

static void
choose_number(SlMaking *making)
{
	bool same = making->before.number > 0 && strcmp(making->before.digest, making->digest) == 0;

	making->number = same ? making->before.number : making->before.number + 1;
	making->serial = same ? making->before.serial + 1 : 1;
}

static bool
make_locked(SlMaking *making, const char *channel, SlPublished *ret_published, GError **error)
{
	g_autofree char *serial = NULL;

	if (!read_state(making, channel, error))
		return false;
	if (sl_making_is_same(making) && making->why == SL_PUBLISH_CONTENT) {
		tell(making, false, ret_published);
		return true;
	}
	choose_number(making);
	if (!choose_time(making, error) || !sl_making_start(making, error) ||
	    !sl_making_write_suites(making, error))
		return false;
	if (sl_making_is_same(making) && !making->signed_any) {
		tell(making, false, ret_published);
		return true;
	}
	serial = g_strdup_printf("%" PRId64 ".%" PRId64, making->number, making->serial);
	if (!sl_making_complete(making, serial, error) ||
	    !sl_publication_verify(making->publisher, channel, serial, error) ||
	    !sl_job_check(making->job, error) ||
	    !sl_writer_run(making->publisher->context.writer, note, making, error))
		return false;
	sl_tree_keep(making->tree);
	if (!sl_tree_switch(making->dialect.channel_fd, serial, error))
		return false;
	tell(making, true, ret_published);
	return true;
}

bool
sl_publication_make(SlPublisher *publisher, const char *channel, SlPublishWhy why,
		    const char *person, const char *cause, SlJob *job, SlPublished *ret_published,
		    GError **error)
{
	g_auto(SlMaking) making = {.publisher = publisher,
				   .why = why,
				   .person = person,
				   .cause = cause,
				   .job = job,
				   .written = g_hash_table_new(g_str_hash, g_str_equal)};
	g_autoptr(GMutexLocker) locker = sl_publisher_lock(publisher, channel);

	if (!locker)
		return sl_error_set(error, SL_ERROR_NOT_FOUND, "no channel '%s'", channel);
	return make_locked(&making, channel, ret_published, error);
}
