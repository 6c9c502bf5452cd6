#include "clients/schema.h"

extern const char sl_schema_clients_sql[];

const SlSchemaPart *
sl_schema_clients(void)
{
	static const SlSchemaPart part = {"clients", 1, sl_schema_clients_sql, NULL};

	return &part;
}
