/* upstream.h - what each kind of upstream does, behind one small interface
 *
 * A new kind is one file and one line in the table of sync.c.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "catalog/base/clock.h"
#include "catalog/base/db.h"
#include "catalog/base/jobs.h"
#include "catalog/source.h"
#include "catalog/upstream/fetcher.h"
#include "catalog/upstream/stage.h"

/* What bringing in the metadata gave. */
typedef struct {
	bool changed;	     /* false: the upstream has nothing new */
	bool revalidated;    /* nothing new, under other validators than the ones we know */
	SlStage *stage;	     /* (owned): filled and compared; NULL when nothing changed */
	SlUpstream *learned; /* (owned): the fields from origin on are new */
	GPtrArray *indexes;  /* (owned, element-type SlUpstreamIndex): the indexes taken */
	char *fingerprint;   /* of the key that signed */
	int64_t bytes;	     /* received */
} SlUpstreamNews;

void sl_upstream_news_free(SlUpstreamNews *news);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SlUpstreamNews, sl_upstream_news_free)

typedef struct {
	const SlUpstream *upstream;
	SlDb *live;		 /* a reading connection to the catalog */
	int work_fd;		 /* directory for downloads */
	const char *work_path;	 /* its path, for the staging database */
	int kept_fd;		 /* directory for downloads that outlive a break */
	const char *kept_prefix; /* of their names there, before the SHA-256; gone once landed */
	const SlClock *clock;
	const SlFetchLimits *limits;
	SlJob *job;
} SlUpstreamContext;

typedef struct {
	const char *kind;
	/** Downloads, verifies and stages; on failure *bytes still says what was received. */
	SlUpstreamNews *(*bring)(const SlUpstreamContext *context, int64_t *bytes, GError **error);
} SlUpstreamKind;

extern const SlUpstreamKind sl_upstream_apt;
