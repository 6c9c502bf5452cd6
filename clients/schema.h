/* schema.h - the fleet's part of the database */
#pragma once

#include "catalog/schema.h"

/** To be applied behind the catalog's part. */
const SlSchemaPart *sl_schema_clients(void);
