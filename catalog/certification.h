/* certification.h - what certification has and production does not have yet
 *
 * The soak of an update begins with the publication that brought its revision to certification, not
 * with the approval: before that no computer could have it. It lasts as long as its rating asks
 * (rating.h). What the computers made of it is clients/evidence.h.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "catalog/base/db.h"
#include "catalog/hold.h"

typedef struct {
	int64_t update_id;
	int64_t revision_id;
	char *name;	      /* of the update */
	char *rating;	      /* of the update, "none" where it has none */
	int64_t slot;	      /* of the update's packed statuses */
	char *person;	      /* who approved it for certification */
	int64_t approved_at;  /* seconds since 1970, like all times here */
	int64_t published_at; /* 0: certification's publication does not have it */
	int64_t soak_s;	      /* what its rating asks for */
	SlHold *hold;	      /* (owned); NULL: nobody holds it */
} SlCertification;

void sl_certification_free(SlCertification *certification);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SlCertification, sl_certification_free)

/**
 * Those that wait for production: of each name what certification has, unless production has that
 * revision or a newer version, or somebody recalled it there; (element-type SlCertification),
 * owned.
 */
GPtrArray *sl_certification_list(SlDb *db, GError **error);

/** One update, also when production has it; NULL without an error where certification has it not.
 */
SlCertification *sl_certification_get(SlDb *db, int64_t update_id, GError **error);
