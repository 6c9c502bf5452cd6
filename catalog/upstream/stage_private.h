/* stage_private.h - what the halves of the staging database share: reading in, writing out */
#pragma once

#include "catalog/upstream/stage.h"

struct SlStage {
	SlDb *db;
	const SlUpstream *upstream; /* the caller's */
	SlTransaction
		*transaction; /* of the staging database, never committed: it is thrown away */
	char *path;
	int64_t size; /* packages */
};
