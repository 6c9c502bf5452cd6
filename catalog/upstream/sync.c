#include "catalog/upstream/sync.h"

#include <inttypes.h>
#include <string.h>

#include "catalog/advisory.h"
#include "catalog/base/fs.h"
#include "catalog/upstream/keyring.h"
#include "catalog/upstream/upstream.h"

#define KEPT "pool/partial" /* below the state directory: downloads under way, by their hash */

static const SlUpstreamKind *
find_kind(const char *name, GError **error)
{
	static const SlUpstreamKind *const kinds[] = {&sl_upstream_apt};

	for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++)
		if (strcmp(kinds[i]->kind, name) == 0)
			return kinds[i];
	sl_error_set(error, SL_ERROR_INVALID, "no kind of upstream is called '%s'", name);
	return NULL;
}

/* What the writer needs to land a sync. */
typedef struct {
	const SlUpstream *upstream;
	SlUpstreamNews *news;
	SlSyncRun *run;
	int64_t now_at;
} Landing;

static bool
is_same_list(char *const *a, char *const *b)
{
	return g_strv_equal((const char *const *)a, (const char *const *)b);
}

/* Whether the upstream is still the one that was asked: people may have changed it meanwhile. */
static bool
check_upstream(SlDb *db, const SlUpstream *upstream, GError **error)
{
	g_autoptr(SlUpstream) now = sl_upstream_get_by_id(db, upstream->id, error);

	if (!now)
		return false;
	if (!g_bytes_equal(now->keyring, upstream->keyring))
		return sl_error_set(error, SL_ERROR_CONFLICT,
				    "its keys were changed during the sync: sync again");
	/* what was brought would pass for what is asked for now, and not be brought again */
	return (strcmp(now->url, upstream->url) == 0 &&
		is_same_list(now->components, upstream->components) &&
		is_same_list(now->architectures, upstream->architectures) &&
		is_same_list(now->exclude, upstream->exclude)) ||
	       sl_error_set(error, SL_ERROR_CONFLICT, "it was changed during the sync: sync again");
}

static bool
write_news(SlDb *db, const Landing *landing, GError **error)
{
	SlUpstreamNews *news = landing->news;
	SlStageCounts counts = {0};

	if (!check_upstream(db, landing->upstream, error))
		return false;
	if (news->stage && !sl_stage_write(news->stage, db, news->learned->release_at,
					   landing->upstream->release_at == 0, landing->now_at,
					   news->fingerprint, &counts, error))
		return false;
	landing->run->updates = counts.updates;
	landing->run->revisions = counts.revisions;
	landing->run->packages = counts.packages;
	landing->run->withdrawn = counts.withdrawn;
	for (guint i = 0; i < news->indexes->len; i++)
		if (!sl_upstream_index_set(db, landing->upstream->id, news->indexes->pdata[i],
					   error))
			return false;
	return sl_upstream_set_release(db, news->learned, error) &&
	       (!news->stage || sl_advisory_attach(db, landing->upstream->id, error));
}

static bool
land(SlDb *db, gpointer data, GError **error)
{
	Landing *landing = data;
	const SlUpstreamNews *news = landing->news;

	if (news && news->changed && !write_news(db, landing, error))
		return false;
	/* a mirror that was set up anew: asked by what it said before, it would send all each time
	 */
	if (news && news->revalidated &&
	    (!check_upstream(db, landing->upstream, error) ||
	     !sl_upstream_set_release(db, news->learned, error)))
		return false;
	return sl_sync_run_end(db, landing->run, error);
}

static bool
begin(SlDb *db, gpointer data, GError **error)
{
	return sl_sync_run_begin(db, data, error);
}

/* The upstream's own, for one that is known by two names may be syncing twice. Owned. */
static char *
kept_prefix(const SlUpstream *upstream)
{
	return g_strdup_printf("index-%" PRId64 "-", upstream->id);
}

static SlUpstreamNews *
bring(const SlSyncContext *context, const SlUpstream *upstream, SlDb *live, SlJob *job,
      int64_t *bytes, GError **error)
{
	const SlUpstreamKind *kind = find_kind(upstream->kind, error);
	g_autofree char *folder = g_strdup_printf("work/sync-%" PRId64, upstream->id);
	g_autofree char *path = g_build_filename(context->state_path, folder, NULL);
	g_autofree char *prefix = kept_prefix(upstream);
	SlFetchLimits limits =
		sl_fetch_limits(__atomic_load_n(&context->low_speed_s, __ATOMIC_RELAXED));
	sl_autofd int all_fd = -1;
	sl_autofd int work_fd = -1;
	sl_autofd int kept_fd = -1;

	if (!kind)
		return NULL;
	all_fd = sl_fs_make_dir(context->state_fd, "work", 0700, error);
	work_fd = all_fd < 0 ? -1 : sl_fs_make_dir(context->state_fd, folder, 0700, error);
	kept_fd = work_fd < 0 ? -1 : sl_fs_make_dir(context->state_fd, KEPT, 0700, error);
	if (kept_fd < 0)
		return NULL;
	return kind->bring(&(SlUpstreamContext){.upstream = upstream,
						.live = live,
						.work_fd = work_fd,
						.work_path = path,
						.kept_fd = kept_fd,
						.kept_prefix = prefix,
						.clock = context->clock,
						.limits = &limits,
						.job = job},
			   bytes, error);
}

static void
clean_up(const SlSyncContext *context, const SlUpstream *upstream)
{
	g_autofree char *folder = g_strdup_printf("work/sync-%" PRId64, upstream->id);

	sl_fs_remove_tree(context->state_fd, folder, NULL);
}

/* Downloads are kept through failures and restarts; once landed nobody needs them, nor those of a
 * sync before this one that was killed just then. */
static void
drop_downloads(const SlSyncContext *context, const SlUpstream *upstream)
{
	g_autoptr(GPtrArray) names = sl_fs_list(context->state_fd, KEPT, NULL);
	g_autofree char *prefix = kept_prefix(upstream);

	for (guint i = 0; names && i < names->len; i++) {
		g_autofree char *path = g_build_filename(KEPT, names->pdata[i], NULL);

		if (g_str_has_prefix(names->pdata[i], prefix))
			sl_fs_remove(context->state_fd, path, NULL);
	}
}

/* Records a sync that brought nothing; the failure itself is what the caller reports. */
static void
record_failure(const SlSyncContext *context, SlSyncRun *run, SlJob *job, const GError *problem)
{
	Landing landing = {.run = run};
	bool cancelled = g_error_matches(problem, SL_ERROR, SL_ERROR_CANCELLED);

	g_free(run->outcome);
	g_free(run->message);
	run->outcome = g_strdup(!cancelled		     ? "failed"
				: sl_job_is_interrupted(job) ? "interrupted"
							     : "cancelled");
	run->message = g_strdup(problem->message);
	run->finished_at = sl_clock_now(context->clock);
	sl_writer_run(context->writer, land, &landing, NULL);
}

static SlSyncRun *
run_new(const SlUpstream *upstream, const char *person, int64_t now_at)
{
	SlSyncRun *run = sl_sync_run_new();

	run->upstream_id = upstream->id;
	run->upstream = g_strdup(upstream->name);
	run->person = g_strdup(person);
	run->started_at = now_at;
	run->outcome = g_strdup("unchanged");
	run->message = g_strdup("");
	return run;
}

static bool
sync_upstream(const SlSyncContext *context, const SlUpstream *upstream, SlDb *live, SlSyncRun *run,
	      SlJob *job, GError **error)
{
	g_autoptr(SlUpstreamNews) news = bring(context, upstream, live, job, &run->bytes, error);
	Landing landing = {.upstream = upstream, .news = news, .run = run};

	if (!news || !sl_job_check(job, error))
		return false;
	if (news->changed) {
		g_free(run->outcome);
		run->outcome = g_strdup("changed");
		sl_job_step(job, "writing to the catalog", 0, 0);
	}
	landing.now_at = sl_clock_now(context->clock);
	run->finished_at = landing.now_at;
	if (!sl_writer_run_staged(context->writer, news->stage ? sl_stage_path(news->stage) : NULL,
				  land, &landing, error))
		return false;
	drop_downloads(context, upstream);
	return true;
}

bool
sl_sync_run(const SlSyncContext *context, const char *name, const char *person, SlJob *job,
	    SlSyncRun **ret_run, GError **error)
{
	g_autoptr(SlDb) live = sl_db_open(context->db_path, SL_DB_READ, error);
	g_autoptr(SlUpstream) upstream = live ? sl_upstream_get(live, name, error) : NULL;
	g_autoptr(SlSyncRun) run = NULL;
	GError *problem = NULL;
	bool ok;

	if (!upstream)
		return false;
	run = run_new(upstream, person, sl_clock_now(context->clock));
	if (!sl_writer_run(context->writer, begin, run, error))
		return false;
	ok = sync_upstream(context, upstream, live, run, job, &problem);
	clean_up(context, upstream);
	if (!ok) {
		record_failure(context, run, job, problem);
		g_propagate_error(error, problem);
	}
	if (ret_run)
		*ret_run = g_steal_pointer(&run);
	return ok;
}

char **
sl_sync_keyring_fingerprints(GBytes *keyring, GError **error)
{
	g_autoptr(SlKeyring) ring = sl_keyring_new(keyring, NULL, error);

	return ring ? sl_keyring_fingerprints(ring, error) : NULL;
}
