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
		/* 3: what computers lack is counted, derived at the start; what was, is kept */
		"ALTER TABLE computer ADD COLUMN missing INTEGER NOT NULL DEFAULT 0;"
		"ALTER TABLE computer ADD COLUMN lacks_critical_at INTEGER NOT NULL DEFAULT 0;"
		"ALTER TABLE computer ADD COLUMN lacks_high_at INTEGER NOT NULL DEFAULT 0;"
		"ALTER TABLE computer ADD COLUMN lacks_medium_at INTEGER NOT NULL DEFAULT 0;"
		"ALTER TABLE computer ADD COLUMN lacks_low_at INTEGER NOT NULL DEFAULT 0;"
		"CREATE INDEX computer_pending ON computer (group_id) WHERE state = 'pending';"
		"CREATE TABLE lacking (group_id INTEGER NOT NULL REFERENCES computer_group(id),"
		" rating TEXT NOT NULL, first_at INTEGER NOT NULL, n INTEGER NOT NULL,"
		" PRIMARY KEY (group_id, rating, first_at)) WITHOUT ROWID;"
		"CREATE TABLE coverage_history ("
		" channel_id INTEGER NOT NULL REFERENCES channel(id), update_id INTEGER NOT NULL,"
		" at INTEGER NOT NULL, covered INTEGER NOT NULL, missing INTEGER NOT NULL,"
		" reboot INTEGER NOT NULL, failed INTEGER NOT NULL, unknown INTEGER NOT NULL,"
		" silent INTEGER NOT NULL, PRIMARY KEY (channel_id, update_id, at)) WITHOUT ROWID",
	};
	static const SlSchemaPart part = {"clients", G_N_ELEMENTS(steps) + 1, sl_schema_clients_sql,
					  steps};

	return &part;
}
