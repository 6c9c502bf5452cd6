/* payload.h - the files updates install from, as the catalog knows them */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "catalog/base/db.h"

typedef struct {
	char *sha256;
	int64_t size;	     /* bytes */
	int64_t upstream_id; /* where it can be fetched */
	char *filename;	     /* below that upstream's address */
	char *update;	     /* "UPSTREAM/NAME=VERSION" that needs it, for messages */
} SlPayload;

void sl_payload_free(SlPayload *payload);

/**
 * Adds what signed indexes named and is not known yet, out of stage.new_payload (sha256, size,
 * index_sha256); provenance stays that of the first.
 *
 * @param upstream     its name
 * @param fingerprint  of the key that signed
 * @param error        SL_ERROR_INTEGRITY when one is known in another size
 */
bool sl_payload_add_staged(SlDb *db, const char *upstream, const char *fingerprint, GError **error);

/**
 * Payloads of a channel's approved revisions that are not in the store; (element-type SlPayload).
 *
 * @param revisions  ids (int64_t) of those that are meant; NULL: all
 */
GPtrArray *sl_payload_missing(SlDb *db, int64_t channel_id, GHashTable *revisions, GError **error);

/**
 * What the channel's current publication has, approved still, and the store has not any more (the
 * state came from a backup): a publication made now would take it from the computers.
 *
 * @return (element-type utf8): "UPSTREAM/NAME=VERSION"; owned
 */
GPtrArray *sl_payload_lost(SlDb *db, int64_t channel_id, GError **error);

/** Notes that the verified bytes are in the store; 0 that they are not any more. */
bool sl_payload_mark_stored(SlDb *db, const char *sha256, int64_t stored_at, GError **error);

/**
 * When a payload was stored; fails with SL_ERROR_INTEGRITY unless it is known to be stored and
 * from which signed index its hash is: nothing else may be published.
 */
bool sl_payload_check_provenance(SlDb *db, const char *sha256, int64_t *ret_stored_at,
				 GError **error);

/**
 * Hashes of stored payloads that no channel's approvals and no publication since a number of its
 * channel need; (element-type utf8), owned.
 *
 * @param ended_before  items of publications that ended after this time are still needed
 */
GPtrArray *sl_payload_unneeded(SlDb *db, int64_t ended_before, GError **error);

/** Notes that a payload's bytes go unless something came to need it meanwhile. */
bool sl_payload_forget_unneeded(SlDb *db, const char *sha256, int64_t ended_before,
				bool *ret_forgotten, GError **error);

/** All that should be in the store; (element-type utf8: sha256), owned. */
GPtrArray *sl_payload_stored(SlDb *db, GError **error);
