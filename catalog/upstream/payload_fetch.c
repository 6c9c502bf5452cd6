/* payload_fetch.c - payloads from their upstreams into the store */
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "catalog/base/fs.h"
#include "catalog/base/hash.h"
#include "catalog/payload.h"
#include "catalog/source.h"
#include "catalog/upstream/partial.h"
#include "catalog/upstream/sync.h"

#define BUSY_US (200 * 1000) /* between two looks whether another job is done */

typedef struct {
	const SlSyncContext *context;
	SlPayloadStore *store;
	SlJob *job;
	GError *first; /* the first failure */
	guint failed;
	GPtrArray *again; /* (element-type SlPayload): came wrong or was busy, tried once more */
} Fetching;

static void
note_failure(Fetching *fetching, const SlPayload *payload, const GError *problem)
{
	fetching->failed++;
	if (!fetching->first)
		fetching->first = g_error_new(SL_ERROR, problem->code, "%s: %s", payload->update,
					      problem->message);
}

typedef struct {
	const char *sha256;
	int64_t now_at;
} Stored;

static bool
mark(SlDb *db, gpointer data, GError **error)
{
	const Stored *stored = data;

	return sl_payload_mark_stored(db, stored->sha256, stored->now_at, error);
}

static bool
store(Fetching *fetching, const SlPayload *payload, GError **error)
{
	Stored stored = {payload->sha256, sl_clock_now(fetching->context->clock)};
	g_autofree char *name = g_path_get_basename(payload->filename);

	if (sl_payload_store_add(fetching->store, payload->sha256, payload->size, error) &&
	    sl_writer_run(fetching->context->writer, mark, &stored, error))
		return true;
	g_prefix_error(error, "%s: ", name);
	return false;
}

/* Whether what came cannot be the file, so that its rest is not worth asking for. */
static bool
is_wrong(const GError *problem)
{
	return g_error_matches(problem, SL_ERROR, SL_ERROR_INTEGRITY) ||
	       g_error_matches(problem, SL_ERROR, SL_ERROR_LIMIT);
}

static void
ended(SlFetch *fetch, gpointer data)
{
	Fetching *fetching = data;
	SlPayload *payload = fetch->data;
	g_autoptr(GError) problem = NULL;
	bool wrong;

	if (fetch->error)
		problem = g_error_copy(fetch->error);
	else
		store(fetching, payload, &problem);
	wrong = is_wrong(problem);
	if (wrong)
		sl_payload_store_drop_partial(fetching->store, payload->sha256, NULL);
	if (wrong && fetching->again)
		g_ptr_array_add(fetching->again, payload);
	else if (problem)
		note_failure(fetching, payload, problem);
	close(fetch->fd);
	fetch->fd = -1;
}

/* The partial, for us alone. The first time round, what another job is fetching is left for later;
 * the second time it is waited for. */
static int
open_partial(Fetching *fetching, const SlPayload *payload, GError **error)
{
	for (;;) {
		g_autoptr(GError) problem = NULL;
		int fd = sl_payload_store_open_partial(fetching->store, payload->sha256, &problem);

		if (fd >= 0)
			return fd;
		if (fetching->again || !g_error_matches(problem, SL_ERROR, SL_ERROR_BUSY)) {
			g_propagate_error(error, g_steal_pointer(&problem));
			return -1;
		}
		if (!sl_job_check(fetching->job, error))
			return -1;
		g_usleep(BUSY_US);
	}
}

/* Takes what is there already, in the store or as a whole partial: it needs no upstream. */
static bool
take_complete(Fetching *fetching, const SlPayload *payload, int fd)
{
	Stored stored = {payload->sha256, sl_clock_now(fetching->context->clock)};
	struct stat status;

	if (sl_payload_store_has(fetching->store, payload->sha256, payload->size) &&
	    sl_payload_store_check(fetching->store, payload->sha256, NULL)) {
		sl_payload_store_drop_partial(fetching->store, payload->sha256, NULL);
		return sl_writer_run(fetching->context->writer, mark, &stored, NULL);
	}
	return fstat(fd, &status) == 0 && status.st_size == payload->size &&
	       store(fetching, payload, NULL);
}

/* Opens its partial; true when there is something to ask for. */
static bool
prepare(SlFetch *fetch, gpointer data)
{
	Fetching *fetching = data;
	SlPayload *payload = fetch->data;
	g_autoptr(GError) problem = NULL;

	for (;;) {
		fetch->fd = open_partial(fetching, payload, &problem);
		if (fetch->fd < 0)
			break;
		if (!take_complete(fetching, payload, fetch->fd)) {
			/* a wrong one was thrown away: what is written now needs its name */
			if (sl_payload_store_is_partial(fetching->store, payload->sha256,
							fetch->fd)) {
				sl_partial_resume(fetch);
				return true;
			}
			close(fetch->fd);
			continue;
		}
		fetch->position = payload->size;
		close(fetch->fd);
		fetch->fd = -1;
		return false;
	}
	if (fetching->again && g_error_matches(problem, SL_ERROR, SL_ERROR_BUSY))
		g_ptr_array_add(fetching->again, payload);
	else
		note_failure(fetching, payload, problem);
	return false;
}

static SlFetch *
make_fetch(Fetching *fetching, SlDb *live, SlPayload *payload)
{
	g_autoptr(GError) problem = NULL;
	g_autoptr(SlUpstream) upstream =
		sl_upstream_get_by_id(live, payload->upstream_id, &problem);
	g_autofree char *escaped = g_uri_escape_string(payload->filename, "/+~:", FALSE);
	g_autofree char *url = NULL;
	SlFetch *fetch;

	if (!upstream) {
		note_failure(fetching, payload, problem);
		return NULL;
	}
	url = g_strconcat(upstream->url, escaped, NULL);
	fetch = sl_fetch_new(url, upstream->internal, -1, payload->size);
	fetch->data = payload;
	return fetch;
}

static bool
fetch_round(Fetching *fetching, SlDb *live, GPtrArray *payloads, GError **error)
{
	static const SlFetchCalls calls = {prepare, sl_partial_begin, ended};
	g_autoptr(GPtrArray) fetches =
		g_ptr_array_new_with_free_func((GDestroyNotify)sl_fetch_free);
	SlFetchLimits limits =
		sl_fetch_limits(__atomic_load_n(&fetching->context->low_speed_s, __ATOMIC_RELAXED));
	int64_t size = 0, there = 0;
	bool ok;

	for (guint i = 0; i < payloads->len; i++) {
		SlPayload *payload = payloads->pdata[i];
		SlFetch *fetch = make_fetch(fetching, live, payload);

		if (!fetch)
			continue;
		g_ptr_array_add(fetches, fetch);
		size += payload->size;
		there += sl_payload_store_partial_size(fetching->store, payload->sha256);
	}
	if (!sl_payload_store_check_space(fetching->store, size - there, error))
		return false;
	sl_job_step(fetching->job, "fetching payloads", size, fetches->len);
	ok = sl_fetch_all(fetches, &limits, fetching->job, &calls, fetching, error);
	for (guint i = 0; i < fetches->len; i++) {
		SlFetch *fetch = fetches->pdata[i];

		if (fetch->fd >= 0)
			close(fetch->fd);
	}
	return ok;
}

bool
sl_sync_fetch_payloads(const SlSyncContext *context, GPtrArray *payloads, SlPayloadStore *store,
		       SlJob *job, GError **error)
{
	g_autoptr(SlDb) live = sl_db_open(context->db_path, SL_DB_READ, error);
	g_autoptr(GPtrArray) again = g_ptr_array_new();
	Fetching fetching = {.context = context, .store = store, .job = job, .again = again};
	bool ok;

	if (!live)
		return false;
	ok = fetch_round(&fetching, live, payloads, error);
	fetching.again = NULL; /* a second time wrong is a failure */
	if (ok && again->len > 0)
		ok = fetch_round(&fetching, live, again, error);
	if (!ok)
		g_clear_error(&fetching.first);
	if (!fetching.first)
		return ok;
	if (fetching.failed > 1)
		g_prefix_error(&fetching.first,
			       "%u payloads could not be fetched; the first: ", fetching.failed);
	g_propagate_error(error, fetching.first);
	return false;
}
