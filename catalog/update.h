/* update.h - updates: what an administrator can approve */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "catalog/base/db.h"

typedef struct {
	int64_t id;
	int64_t upstream_id;
	char *upstream; /* its name */
	char *name;
	char *version;
	char *summary;
	char *section;
	char *component;
	int64_t released_at; /* seconds since 1970, like all times here; 0: none */
	bool released_exact; /* false: at or before, it was there at the first sync */
	int64_t seen_at;
	bool newest; /* the newest version of its name in its upstream */
	int64_t withdrawn_at;
	char *severity;
	char *rating; /* NULL: not rated */
	char *rating_reason;
	char *rated_by;
	int64_t rated_at;
	char *declined_by; /* NULL: not declined */
	char *decline_reason;
	int64_t declined_at;
	int64_t slot;	     /* place in the packed statuses; -1: never approved */
	char *certification; /* state of its approval there, or NULL */
	char *production;    /* likewise */
	char *state; /* production, certification, declined, recalled, withdrawn, superseded, known
		      */
	char *cves;  /* separated by blanks; "" for none */
	int64_t revision; /* number of its newest revision */
	int64_t packages; /* of that revision */
	int64_t size;	  /* bytes of that revision's payloads */
} SlUpdate;

void sl_update_free(SlUpdate *update);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SlUpdate, sl_update_free)

/** SL_ERROR_NOT_FOUND. */
SlUpdate *sl_update_get(SlDb *db, int64_t id, GError **error);
/** Those with these ids, in that order; (element-type SlUpdate), owned. */
GPtrArray *sl_update_get_all(SlDb *db, const int64_t *ids, size_t count, GError **error);

/** All versions of its name in its upstream, the newest first; (element-type SlUpdate), owned. */
GPtrArray *sl_update_versions(SlDb *db, const SlUpdate *update, GError **error);

/** What people read: "UPSTREAM/NAME=VERSION". */
char *sl_update_text(const SlUpdate *update);

/** Id of its newest revision, or 0 with the error set. */
int64_t sl_update_newest_revision(SlDb *db, int64_t update_id, GError **error);

/** Gives it a place in the packed statuses unless it has one. */
bool sl_update_take_slot(SlDb *db, int64_t update_id, GError **error);

/** Keeps the decision that nobody wants it; person NULL takes it back. */
bool sl_update_set_declined(SlDb *db, int64_t update_id, const char *person, const char *reason,
			    int64_t now_at, GError **error);

bool sl_update_set_rating(SlDb *db, int64_t update_id, const char *rating, const char *person,
			  const char *reason, int64_t now_at, GError **error);

/**
 * Adds an upstream's new updates out of stage.new_update (number, name, version, summary, section,
 * component).
 *
 * @param released_at     Date of the Release that listed them
 * @param released_exact  false: at or before, it is the first sync
 * @param ret_before      the highest id until now: update `number` gets the id before + number
 */
bool sl_update_add_staged(SlDb *db, int64_t upstream_id, int64_t released_at, bool released_exact,
			  int64_t now_at, int64_t *ret_before, int64_t *ret_added, GError **error);

/** Keeps the size of what the newest revision of each update consists of that got one beyond an id.
 */
bool sl_update_measure(SlDb *db, int64_t revision_before, GError **error);

bool sl_update_set_withdrawn(SlDb *db, int64_t update_id, int64_t withdrawn_at, GError **error);

/** Marks the newest known version of each name of an upstream, by Debian's order. */
bool sl_update_mark_newest(SlDb *db, int64_t upstream_id, GError **error);
