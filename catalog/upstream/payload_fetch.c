/* payload_fetch.c - payloads from their upstreams into the store */
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "catalog/base/fs.h"
#include "catalog/base/hash.h"
#include "catalog/payload.h"
#include "catalog/source.h"
#include "catalog/upstream/fetcher.h"
#include "catalog/upstream/sync.h"

#define ETAG_ATTRIBUTE "user.sluice.etag" /* the validator a partial was fetched under */
#define ETAG_SIZE      256

typedef struct {
	const SlSyncContext *context;
	SlPayloadStore *store;
	SlJob *job;
	GError *first; /* the first failure */
	guint failed;
	GPtrArray *again; /* (element-type SlPayload): came wrong, tried once more */
} Fetching;

static void
note_failure(Fetching *fetching, const SlPayload *payload, const GError *problem)
{
	g_autofree char *name = g_path_get_basename(payload->filename);

	fetching->failed++;
	if (!fetching->first)
		fetching->first = g_error_new(SL_ERROR, problem->code, "%s: %s: %s",
					      payload->update, name, problem->message);
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

	return sl_payload_store_add(fetching->store, payload->sha256, payload->size, error) &&
	       sl_writer_run(fetching->context->writer, mark, &stored, error);
}

/* Remembers under which validator a partial's bytes came, so that it can be resumed safely. */
static void
remember_validator(const SlFetch *fetch)
{
	const char *etag = fetch->ret_etag;

	if (etag && etag[0] == '"' && strlen(etag) < ETAG_SIZE)
		fsetxattr(fetch->fd, ETAG_ATTRIBUTE, etag, strlen(etag), 0);
	else
		fremovexattr(fetch->fd, ETAG_ATTRIBUTE);
}

static void
ended(SlFetch *fetch, gpointer data)
{
	Fetching *fetching = data;
	SlPayload *payload = fetch->data;
	g_autoptr(GError) problem = NULL;

	remember_validator(fetch);
	if (!fetch->error)
		store(fetching, payload, &problem);
	if (g_error_matches(problem, SL_ERROR, SL_ERROR_INTEGRITY) && fetching->again)
		g_ptr_array_add(fetching->again, payload);
	else if (fetch->error || problem)
		note_failure(fetching, payload, problem ? problem : fetch->error);
	close(fetch->fd);
	fetch->fd = -1;
}

static void
set_resume(SlFetch *fetch, int64_t size)
{
	char etag[ETAG_SIZE];
	ssize_t length = fgetxattr(fetch->fd, ETAG_ATTRIBUTE, etag, sizeof etag - 1);
	struct stat status;

	if (length <= 0 || fstat(fetch->fd, &status) < 0 || status.st_size >= size)
		return;
	etag[length] = '\0';
	fetch->offset = status.st_size;
	fetch->if_range = g_strdup(etag);
}

static SlFetch *
make_fetch(Fetching *fetching, SlDb *live, SlPayload *payload, GError **error)
{
	g_autoptr(SlUpstream) upstream = sl_upstream_get_by_id(live, payload->upstream_id, error);
	g_autofree char *url = NULL;
	SlFetch *fetch;
	int fd;

	if (!upstream)
		return NULL;
	fd = sl_payload_store_open_partial(fetching->store, payload->sha256, error);
	if (fd < 0)
		return NULL;
	g_autofree char *escaped = g_uri_escape_string(payload->filename, "/+~:", FALSE);

	url = g_strconcat(upstream->url, escaped, NULL);
	fetch = sl_fetch_new(url, upstream->internal, fd, payload->size);
	fetch->data = payload;
	set_resume(fetch, payload->size);
	return fetch;
}

/* A partial that has all its bytes needs no upstream. */
static bool
is_complete(Fetching *fetching, SlPayload *payload)
{
	sl_autofd int fd = sl_payload_store_open_partial(fetching->store, payload->sha256, NULL);
	struct stat status;

	return sl_payload_store_has(fetching->store, payload->sha256, payload->size) ||
	       (fd >= 0 && fstat(fd, &status) == 0 && status.st_size == payload->size);
}

static bool
take_complete(Fetching *fetching, SlPayload *payload)
{
	Stored stored = {payload->sha256, sl_clock_now(fetching->context->clock)};

	if (!is_complete(fetching, payload))
		return false;
	if (sl_payload_store_has(fetching->store, payload->sha256, payload->size) &&
	    sl_payload_store_check(fetching->store, payload->sha256, NULL))
		return sl_writer_run(fetching->context->writer, mark, &stored, NULL);
	return store(fetching, payload, NULL);
}

static bool
fetch_round(Fetching *fetching, SlDb *live, GPtrArray *payloads, GError **error)
{
	g_autoptr(GPtrArray) fetches =
		g_ptr_array_new_with_free_func((GDestroyNotify)sl_fetch_free);
	SlFetchLimits limits = sl_fetch_limits_default();
	bool ok;

	if (fetching->context->low_speed_s > 0)
		limits.low_speed_s = fetching->context->low_speed_s;
	for (guint i = 0; i < payloads->len; i++) {
		g_autoptr(GError) problem = NULL;
		SlFetch *fetch;

		if (take_complete(fetching, payloads->pdata[i]))
			continue;
		fetch = make_fetch(fetching, live, payloads->pdata[i], &problem);
		if (fetch)
			g_ptr_array_add(fetches, fetch);
		else
			note_failure(fetching, payloads->pdata[i], problem);
	}
	ok = sl_fetch_all(fetches, &limits, fetching->job, ended, fetching, error);
	for (guint i = 0; i < fetches->len; i++) {
		SlFetch *fetch = fetches->pdata[i];

		if (fetch->fd < 0)
			continue;
		remember_validator(fetch);
		close(fetch->fd);
	}
	return ok;
}

static int64_t
total_size(GPtrArray *payloads)
{
	int64_t size = 0;

	for (guint i = 0; i < payloads->len; i++)
		size += ((const SlPayload *)payloads->pdata[i])->size;
	return size;
}

bool
sl_sync_fetch_payloads(const SlSyncContext *context, GPtrArray *payloads, SlPayloadStore *store,
		       SlJob *job, GError **error)
{
	g_autoptr(SlDb) live = sl_db_open(context->db_path, SL_DB_READ, error);
	g_autoptr(GPtrArray) again = g_ptr_array_new();
	Fetching fetching = {.context = context, .store = store, .job = job, .again = again};
	int64_t size = total_size(payloads);

	if (!live || !sl_payload_store_check_space(store, size, error))
		return false;
	sl_job_step(job, "fetching payloads", size, payloads->len);
	if (!fetch_round(&fetching, live, payloads, error))
		return false;
	fetching.again = NULL; /* a second time wrong is a failure */
	if (again->len > 0 && !fetch_round(&fetching, live, again, error))
		return false;
	if (!fetching.first)
		return true;
	if (fetching.failed > 1)
		g_prefix_error(&fetching.first,
			       "%u payloads could not be fetched; the first: ", fetching.failed);
	g_propagate_error(error, fetching.first);
	return false;
}
