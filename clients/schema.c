#include "clients/schema.h"

extern const char sl_schema_clients_sql[];

const SlSchemaPart *
sl_schema_clients(void)
{
	static const char *const steps[] = {sl_schema_clients_sql};
	static const SlSchemaPart part = {"clients", G_N_ELEMENTS(steps), steps};

	return &part;
}
