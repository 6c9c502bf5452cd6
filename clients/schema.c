#include "clients/schema.h"

extern const char sl_schema_clients_sql[];

const SlSchemaPart *
sl_schema_clients(void)
{
	static const char *const steps[] = {
		/* 2: computers are counted by what they come to, silent ones as that alone; each
		 * is unknown until statuses are derived at the start */
		"ALTER TABLE computer ADD COLUMN standing INTEGER NOT NULL DEFAULT 0;"
		"ALTER TABLE computer ADD COLUMN new_until_at INTEGER NOT NULL DEFAULT 0;"
		"DELETE FROM coverage WHERE slot >= 0 AND status = 7;"
		"CREATE TABLE message_count (outcome TEXT PRIMARY KEY, n INTEGER NOT NULL)"
		" WITHOUT ROWID",
	};
	static const SlSchemaPart part = {"clients", G_N_ELEMENTS(steps) + 1, sl_schema_clients_sql,
					  steps};

	return &part;
}
