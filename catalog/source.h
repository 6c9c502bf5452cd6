/* source.h - upstreams: the places updates come from, one suite each
 *
 * A connection belongs to one thread at a time; nothing else here is shared. Texts of the tables
 * upstream and upstream_serves; schema.sql says what each column means.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "catalog/base/listing.h"

typedef struct {
	int64_t id;
	char *name;
	char *kind;	      /* "debian" */
	char *role;	      /* "updates" or "base" */
	char *url;	      /* ends with '/' */
	char *suite;	      /* as the upstream calls it */
	char **components;    /* at least one */
	char **architectures; /* at least one, without "all" */
	char *publish_suite;  /* what our channels call it */
	char **exclude;	      /* globs of package names; may be empty */
	char **serves;	      /* "ID:CODENAME" of os-release; may be empty */
	GBytes *keyring;      /* binary OpenPGP public keys */
	char **fingerprints;  /* primary fingerprints that count: 40 or 64 upper-case digits each */
	bool internal;	      /* its host and port may be a private address */
	bool enabled;	      /* scheduled syncs take place */
	int64_t added_at;     /* seconds since 1970, like all times here */
	/* of the Release last taken; all NULL or 0 before the first sync */
	char *origin;
	char *codename;
	char *label;
	char *release_sha256;
	int64_t release_at;  /* its Date */
	int64_t valid_until; /* 0: it does not say */
	char *release_etag;
	char *release_modified;
} SlUpstream;

SlUpstream *sl_upstream_new(void);
void sl_upstream_free(SlUpstream *upstream);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SlUpstream, sl_upstream_free)

/**
 * Adds an upstream after checking every field of it; what was missing at its end, a URL gets a
 * '/'. An empty role means "updates", an empty publish_suite means the suite.
 *
 * @param upstream  id and all that a sync learns are not read
 * @param error     SL_ERROR_INVALID naming field and value, SL_ERROR_CONFLICT when the name is
 *                  taken
 */
bool sl_upstream_add(SlDb *db, const SlUpstream *upstream, GError **error);

/** SL_ERROR_NOT_FOUND names it. */
SlUpstream *sl_upstream_get(SlDb *db, const char *name, GError **error);
SlUpstream *sl_upstream_get_by_id(SlDb *db, int64_t id, GError **error);

/* What a listing of upstreams is narrowed to; NULL: any. */
typedef struct {
	const char *name;
	const char *text;    /* in name, URL or suite */
	const char *state;   /* "enabled", "disabled" */
	const char *outcome; /* of the last sync that ended, see sync_run.h */
	SlListingPage page;  /* sorted by name, suite, url, state, release_at, last_sync_at */
} SlUpstreamFilter;

/**
 * By name where nothing else is asked for; (element-type SlUpstream), owned.
 *
 * @param filter     NULL: all of them
 * @param ret_total  may be NULL
 */
GPtrArray *sl_upstream_list(SlDb *db, const SlUpstreamFilter *filter, int64_t *ret_total,
			    GError **error);

/** Removes one that brought no updates yet; SL_ERROR_CONFLICT otherwise: disable it instead. */
bool sl_upstream_remove(SlDb *db, const char *name, GError **error);

/**
 * Changes what may change of one, found by its id: url, components, architectures, exclude and
 * serves; within the caller's transaction. Its name, its suite and what that is published as are
 * what updates and channels know it by, and stay. The next sync reads all indexes anew; an older
 * Release than the last is still refused, and so is another origin.
 *
 * @param error  SL_ERROR_INVALID naming field and value
 */
bool sl_upstream_change(SlDb *db, const SlUpstream *upstream, GError **error);

bool sl_upstream_set_enabled(SlDb *db, const char *name, bool enabled, GError **error);

/**
 * Takes other keys for it, after a person confirmed them. The next sync reads and verifies the
 * Release anew; an older one than the last is still refused.
 */
bool sl_upstream_set_keyring(SlDb *db, const char *name, GBytes *keyring, char *const *fingerprints,
			     GError **error);

/** Keeps what a sync learned: the fields from origin on, by id. */
bool sl_upstream_set_release(SlDb *db, const SlUpstream *upstream, GError **error);

/** An index last taken, table upstream_index. */
typedef struct {
	char *component;
	char *architecture;
	char *sha256; /* of the plain file, or of the only one listed */
	int64_t size; /* bytes of that file */
} SlUpstreamIndex;

void sl_upstream_index_free(SlUpstreamIndex *index);

/** The indexes last taken; (element-type SlUpstreamIndex), owned. */
GPtrArray *sl_upstream_index_list(SlDb *db, int64_t upstream_id, GError **error);
bool sl_upstream_index_set(SlDb *db, int64_t upstream_id, const SlUpstreamIndex *index,
			   GError **error);
