/* stage_private.h - what the parts of the staging database share: reading in, comparing, writing */
#pragma once

#include "catalog/upstream/stage.h"

struct SlStage {
	SlDb *db;		    /* NULL once it is compared: the writer's then */
	const SlUpstream *upstream; /* the caller's */
	SlTransaction *transaction; /* of db, around all that is done to it */
	char *path;
	int64_t size; /* packages */
};

/** Gives its file free for the writer. */
bool sl_stage_close(SlStage *stage, GError **error);
