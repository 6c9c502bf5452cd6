/* model.h - what the approved updates ask of each system, and what follows for an inventory
 *
 * A model is everything that statuses depend on besides the computer: the updates that have a slot,
 * the packages of the revision that is approved in each channel, and which systems they are served
 * to. It never changes; when approvals do, another one takes its place. Statuses of an inventory
 * are derived once for each channel and system and remembered in the model, so a steady fleet costs
 * a look-up a check-in.
 *
 * An update applies to a computer when its suite is served to that system and one of its packages,
 * foreign architectures included, is installed in a lower version. The revision that counts is the
 * one approved in the computer's channel; where the update is not approved there, the newest one
 * that is approved anywhere, or ever was.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "catalog/base/db.h"
#include "clients/standing.h"

typedef struct SlModel SlModel;

/* Where a computer stands, as far as statuses depend on it; texts are borrowed. */
typedef struct {
	int64_t channel_id;
	const char *os_id;
	const char *os_codename;
} SlModelPlace;

/** @param db  a reading connection outside of any transaction */
SlModel *sl_model_load(SlDb *db, GError **error);
SlModel *sl_model_ref(SlModel *model);
void sl_model_unref(SlModel *model);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SlModel, sl_model_unref)

/** Two models of one digest derive the same and answer the same. */
const char *sl_model_digest(const SlModel *model);

/** The suites a computer gets; (element-type SlAnswerSource), the model's. Any thread. */
const GPtrArray *sl_model_sources(const SlModel *model, const SlModelPlace *place);

/**
 * What packed statuses come to in their channel: as sl_standing_of says of the updates that are
 * approved there now. Unknown where no upstream serves the system: nobody knows what it needs.
 */
SlStanding sl_model_standing(const SlModel *model, const SlModelPlace *place, const void *states,
			     size_t size);

/** Packed statuses of a known inventory, or NULL: derive them. Any thread. */
GBytes *sl_model_states(SlModel *model, const SlModelPlace *place, const char *digest);

/**
 * Derives packed statuses and remembers them under the digest (NULL: does not). Any thread.
 *
 * @param packages  (element-type SlReportPackage)
 */
GBytes *sl_model_derive(SlModel *model, const SlModelPlace *place, const char *digest,
			const GPtrArray *packages);

/**
 * As above, reading the packages from the database where they are needed.
 *
 * @return NULL without an error when the inventory is not known
 */
GBytes *sl_model_derive_stored(SlModel *model, SlDb *db, const SlModelPlace *place,
			       const char *digest, GError **error);
