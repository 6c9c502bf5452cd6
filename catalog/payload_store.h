/* payload_store.h - payload files, one copy each, named by their SHA-256
 *
 * A name in the store always holds the whole, verified file: a payload is written as a
 * partial first and gets its name when it is complete and flushed. pool/ab/<sha256> and
 * pool/partial/<sha256> below the state directory. May be used from several threads.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "catalog/base/error.h"

typedef struct SlPayloadStore SlPayloadStore;

/** Opens pool/ below the state directory, making it when it is not there. */
SlPayloadStore *sl_payload_store_open(int state_fd, GError **error);

/**
 * Opens or makes the partial of a payload for reading and writing, for this caller alone until the
 * descriptor is closed. -1 on error; SL_ERROR_BUSY while another has it.
 */
int sl_payload_store_open_partial(SlPayloadStore *store, const char *sha256, GError **error);

/** Whether a descriptor's file still is the partial, and not thrown away or a payload by now. */
bool sl_payload_store_is_partial(SlPayloadStore *store, const char *sha256, int fd);

/** Bytes a payload's partial has; 0 where there is none. */
int64_t sl_payload_store_partial_size(SlPayloadStore *store, const char *sha256);

/** Throws a partial away. */
bool sl_payload_store_drop_partial(SlPayloadStore *store, const char *sha256, GError **error);

/** Throws away what is below pool/partial and was not written to since, seconds since 1970. */
bool sl_payload_store_prune_partials(SlPayloadStore *store, int64_t since, GError **error);

/**
 * Gives a partial its name if it is what the metadata promised; else it is thrown away. To be
 * called by whoever has it open.
 *
 * @param sha256  64 lower-case hex digits from signed metadata
 * @param size    bytes, from signed metadata
 * @param error   SL_ERROR_INTEGRITY when size or hash differ, SL_ERROR_IO
 */
bool sl_payload_store_add(SlPayloadStore *store, const char *sha256, int64_t size, GError **error);

/** Opens a payload for reading; -1 with SL_ERROR_NOT_FOUND. */
int sl_payload_store_read(SlPayloadStore *store, const char *sha256, GError **error);

/** Whether the store has a file of that name and size. */
bool sl_payload_store_has(SlPayloadStore *store, const char *sha256, int64_t size);

/** Hashes a stored payload again; SL_ERROR_INTEGRITY when it is not what its name says. */
bool sl_payload_store_check(SlPayloadStore *store, const char *sha256, GError **error);

bool sl_payload_store_remove(SlPayloadStore *store, const char *sha256, GError **error);

/** Fails unless that many bytes fit and the reserve is left. */
bool sl_payload_store_check_space(SlPayloadStore *store, int64_t size, GError **error);

void sl_payload_store_free(SlPayloadStore *store);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SlPayloadStore, sl_payload_store_free)
