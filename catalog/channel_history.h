/* channel_history.h - what channels published: every publication, what changed, what it holds */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "catalog/base/listing.h"

/* What came or went with a publication. */
typedef struct {
	int64_t number;
	int64_t at; /* seconds since 1970 */
	char *person;
	char *cause;
	GPtrArray *added;   /* (owned, element-type utf8): "NAME VERSION", sorted */
	GPtrArray *removed; /* likewise */
} SlChannelChange;

void sl_channel_change_free(SlChannelChange *change);

/**
 * Publications newest first, with what changed; (element-type SlChannelChange), owned.
 *
 * @param limit      0: all
 * @param ret_total  may be NULL
 */
GPtrArray *sl_channel_history(SlDb *db, int64_t channel_id, int64_t limit, int64_t offset,
			      int64_t *ret_total, GError **error);

/* One update in a publication. */
typedef struct {
	char *suite;  /* published suite */
	char *update; /* "UPSTREAM/NAME=VERSION" */
	char *name;
	char *version;
	int64_t revision; /* its number within the update */
	int64_t since;	  /* number of the publication that brought it */
	int64_t since_at; /* seconds since 1970 */
} SlChannelItem;

void sl_channel_item_free(SlChannelItem *item);

/* Which publication, and what of it; NULL: any. */
typedef struct {
	int64_t channel_id;
	int64_t number;	    /* 0: the newest, which may not be there yet */
	const char *text;   /* in the update's name */
	SlListingPage page; /* sorted by name, version, suite, since */
} SlChannelItemFilter;

/**
 * What a publication holds, by suite and name; (element-type SlChannelItem), owned.
 *
 * @param ret_total  how many fit in all; may be NULL
 * @param error      SL_ERROR_NOT_FOUND
 */
GPtrArray *sl_channel_items(SlDb *db, const SlChannelItemFilter *filter, int64_t *ret_total,
			    GError **error);
