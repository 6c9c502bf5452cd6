/* evidence_list.h - what waits for production, found and sorted, a page at a time */
#pragma once

#include "catalog/base/listing.h"
#include "clients/evidence.h"

/** How it stands with one: the first of these words that holds; the last holds for all others. */
extern const char *const sl_evidence_states[]; /* ready, held, failing, soaking; NULL ends */
const char *sl_evidence_state(const SlEvidence *evidence);

/* What a listing is narrowed to; NULL: any. */
typedef struct {
	const char *state;
	const char *rating; /* critical, high, medium, low, none */
	const char *text;   /* in the update's name */
	int64_t now_at;
	SlListingPage page; /* sorted by state, name, rating, computers, installed, failed,
			       soaked_s, ready_at, approved_at; what is equal by name */
} SlEvidenceFilter;

/**
 * One page; (element-type SlEvidence), owned. Where no order is asked for, the one of
 * sl_evidence_list.
 *
 * @param ret_total  how many fit in all
 */
GPtrArray *sl_evidence_find(SlDb *db, const SlEvidenceFilter *filter, int64_t *ret_total,
			    GError **error);
