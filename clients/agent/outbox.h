/* outbox.h - results the server has not taken yet, kept on disk
 *
 * Bounded: of one package only the newest result is kept, and of those the SL_LIMIT_RESULTS
 * newest. What a check-in carries is taken out when the server has acknowledged it, never before.
 */
#pragma once

#include <glib.h>

#include "clients/report.h"

typedef struct SlOutbox SlOutbox;

/**
 * Reads the outbox of a state directory; an empty one where there is none. A result that cannot be
 * read keeps nothing else back: it is left out, also on disk.
 *
 * @param dir_fd    outlives the outbox
 * @param ret_lost  (nullable) what was wrong with something that was left out; else it stays as it
 * is
 */
SlOutbox *sl_outbox_open(int dir_fd, GError **ret_lost, GError **error);

/** Adds results and flushes them to disk. (element-type SlReportResult), copied. */
bool sl_outbox_add(SlOutbox *outbox, const GPtrArray *results, GError **error);

guint sl_outbox_count(const SlOutbox *outbox);

/** The oldest results that fit into a message; (element-type SlReportResult), owned copies. */
GPtrArray *sl_outbox_next(const SlOutbox *outbox);

/** Takes out the `count` oldest: the server has them. */
bool sl_outbox_delivered(SlOutbox *outbox, guint count, GError **error);

void sl_outbox_free(SlOutbox *outbox);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SlOutbox, sl_outbox_free)
