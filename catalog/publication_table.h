/* publication_table.h - the rows of publications: numbers, contents, serials, files to keep */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "catalog/base/db.h"

typedef struct {
	int64_t number; /* 0: nothing is published yet */
	int64_t serial;
	char *digest;
	int64_t signed_at;   /* seconds since 1970 */
	int64_t valid_until; /* seconds since 1970 */
} SlPublicationState;

void sl_publication_state_clear(SlPublicationState *state);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(SlPublicationState, sl_publication_state_clear)

/** The newest serial of a channel. */
bool sl_publication_state(SlDb *db, int64_t channel_id, SlPublicationState *ret_state,
			  GError **error);

/** Adds publication N with its content; (element-type SlContent). Within a transaction. */
bool sl_publication_add(SlDb *db, int64_t channel_id, int64_t number, const char *digest,
			const char *person, const char *cause, GPtrArray *content, int64_t now_at,
			GError **error);

bool sl_publication_add_serial(SlDb *db, int64_t channel_id, int64_t number, int64_t serial,
			       int64_t signed_at, int64_t valid_until, GError **error);

/** Notes that a by-hash name is listed by a publication. */
bool sl_publication_list_file(SlDb *db, int64_t channel_id, const char *path, const char *sha256,
			      int64_t size, const char *type, int64_t number, int64_t now_at,
			      GError **error);

/** Receives a by-hash name to keep. */
typedef bool (*SlPublicationFileFunc)(const char *path, const char *sha256, int64_t size,
				      const char *type, int64_t listed_at, gpointer data,
				      GError **error);

/** By-hash names listed by publication from_number or later, or after a time. */
bool sl_publication_each_file(SlDb *db, int64_t channel_id, int64_t from_number, int64_t after,
			      SlPublicationFileFunc func, gpointer data, GError **error);

/** Forgets by-hash names that are not to be kept any more. */
bool sl_publication_forget_files(SlDb *db, int64_t channel_id, int64_t from_number, int64_t after,
				 GError **error);

/** Forgets all by-hash names: a restored database speaks of files that are not there. */
bool sl_publication_forget_all_files(SlDb *db, GError **error);

/** Ids of revisions in publications from from_number on, or that were in one after a time. */
GArray *sl_publication_kept_revisions(SlDb *db, int64_t channel_id, int64_t from_number,
				      int64_t after, GError **error);
