/* group.h - computers that share a channel */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "catalog/base/listing.h"

typedef struct {
	int64_t id;
	char *name;
	char *channel;
	int64_t added_at;  /* seconds since 1970 */
	int64_t computers; /* active ones */
	int64_t covered;   /* of those, by what they come to */
	int64_t missing;
	int64_t failed;
	int64_t silent;
	int64_t pending; /* waiting for a person */
	int64_t tokens;	 /* not revoked */
} SlGroup;

void sl_group_free(SlGroup *group);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SlGroup, sl_group_free)

/* What a listing of groups is narrowed to; NULL: any. */
typedef struct {
	const char *name;
	const char *text; /* in the name */
	const char *channel;
	SlListingPage page; /* sorted by name, channel, and all that is counted */
} SlGroupFilter;

/** By name where nothing else is asked for; (element-type SlGroup), owned. */
GPtrArray *sl_group_list(SlDb *db, const SlGroupFilter *filter, int64_t *ret_total, GError **error);

/** The id, or 0 with SL_ERROR_NOT_FOUND that names the groups there are. */
int64_t sl_group_find(SlDb *db, const char *name, GError **error);

/**
 * Adds one within the caller's transaction, with its audit row.
 *
 * @param error  SL_ERROR_INVALID (name), SL_ERROR_NOT_FOUND (channel), SL_ERROR_CONFLICT
 */
bool sl_group_add(SlDb *db, const char *name, const char *channel, const char *person,
		  int64_t now_at, GError **error);

/**
 * Gives one another name or channel, NULL: as before; within the caller's transaction, with its
 * audit row. After another channel, statuses of its computers have to be derived anew.
 *
 * @param error  SL_ERROR_INVALID (name), SL_ERROR_NOT_FOUND (group, channel), SL_ERROR_CONFLICT
 */
bool sl_group_change(SlDb *db, const char *name, const char *new_name, const char *channel,
		     const char *person, int64_t now_at, GError **error);

/** Removes one that has no computers; its tokens go with it. SL_ERROR_CONFLICT. */
bool sl_group_remove(SlDb *db, const char *name, const char *person, int64_t now_at,
		     GError **error);
