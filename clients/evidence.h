/* evidence.h - what certification's computers made of an update, and whether that is enough
 *
 * An update is ready for production when
 *   - certification's publication has had it as long as its rating asks (catalog/certification.h),
 *   - a computer of certification installed it,
 *   - none of them failed to, and
 *   - nobody holds it.
 * Where it concerns no computer of certification there is nothing that could be installed: time
 * alone makes it ready then, and computers, which is 0, says that nothing was tried. Readiness is
 * advice: it is shown, and lists are made of it; what approving asks for is in approval_rule.h.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "catalog/certification.h"

/* Why computers of certification failed. */
typedef struct {
	char *message; /* the package manager's own words */
	int64_t n;     /* computers that said so */
} SlFailure;

typedef struct {
	SlCertification *certification; /* (owned) */
	int64_t computers;		/* of certification that it concerns: those that follow */
	int64_t installed;
	int64_t failed;
	int64_t needed;	  /* not installed yet, or waiting for a restart */
	int64_t soaked_s; /* since it was published there; 0 before */
	int64_t ready_at; /* when it has soaked, seconds since 1970; 0: it is not published yet */
	bool ready;
	GPtrArray *failures; /* (owned, element-type SlFailure): the most frequent first */
} SlEvidence;

void sl_evidence_free(SlEvidence *evidence);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SlEvidence, sl_evidence_free)

/**
 * Of all that wait for production: those that failed first, then those that are ready, then those
 * that will be soonest; (element-type SlEvidence), owned.
 */
GPtrArray *sl_evidence_list(SlDb *db, int64_t now_at, GError **error);

/** Of one update; NULL without an error where certification has it not. */
SlEvidence *sl_evidence_get(SlDb *db, int64_t update_id, int64_t now_at, GError **error);

/** Ids (int64_t) of the updates that are ready and wait for production; a set, owned. */
GHashTable *sl_evidence_ready(SlDb *db, int64_t now_at, GError **error);
