/* decision.h - what waits for a person to decide */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "catalog/base/db.h"

typedef struct {
	int64_t certify; /* newest versions that nobody decided about: neither approved nor declined
			  */
	int64_t promote; /* those that certification has and production has not */
} SlDecisions;

bool sl_decisions_count(SlDb *db, SlDecisions *ret_decisions, GError **error);
