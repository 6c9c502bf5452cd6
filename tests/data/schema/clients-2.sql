-- The fleet: who checks in, what they have, who is covered.
-- Times are seconds since 1970, UTC.

-- Computers that share a channel. The noun is group; the word is SQL's own.
CREATE TABLE computer_group (
	id         INTEGER PRIMARY KEY,
	name       TEXT NOT NULL UNIQUE,
	channel_id INTEGER NOT NULL REFERENCES channel(id),
	added_at   INTEGER NOT NULL
);

-- Permission to enrol, given out as text; only its digest is kept.
CREATE TABLE token (
	id         INTEGER PRIMARY KEY,
	digest     BLOB NOT NULL UNIQUE,        -- BLAKE2b-256 of the secret's text
	prefix     TEXT NOT NULL,               -- its first 6 characters, for people
	group_id   INTEGER NOT NULL REFERENCES computer_group(id),
	hold       INTEGER NOT NULL DEFAULT 0,  -- 1: who uses it waits for a person
	uses_left  INTEGER,                     -- NULL: any number
	expires_at INTEGER,                     -- NULL: never
	made_at    INTEGER NOT NULL,
	person     TEXT NOT NULL,
	revoked_at INTEGER
);

-- Kinds of installation: a set of (name, version, architecture), stored once.
CREATE TABLE inventory (
	id     INTEGER PRIMARY KEY,
	digest TEXT NOT NULL UNIQUE,  -- SHA-256 over its sorted "name\tversion\tarchitecture\n" lines
	count  INTEGER NOT NULL,
	items  BLOB NOT NULL          -- ascending ids of inventory_item as differences, LEB128
);

CREATE TABLE inventory_item (
	id           INTEGER PRIMARY KEY,
	name         TEXT NOT NULL,  -- binary package
	version      TEXT NOT NULL,  -- as its package manager writes it
	architecture TEXT NOT NULL,  -- the package's own, 'all' included
	UNIQUE (name, version, architecture)
);

CREATE TABLE computer (
	id            INTEGER PRIMARY KEY,       -- random, 63 bits: what a machine is called in messages
	-- in front: what is read of all computers at once
	group_id      INTEGER NOT NULL REFERENCES computer_group(id),
	state         TEXT NOT NULL,             -- 'active', 'pending', 'left'
	silent        INTEGER NOT NULL DEFAULT 0, -- 1: not seen for so long that what it said no longer counts
	standing      INTEGER NOT NULL DEFAULT 0, -- SlStatus: the worst of its channel's approved updates; installed: it is covered
	states        BLOB NOT NULL DEFAULT x'', -- status of each update slot, 4 bits each, low nibble first
	name          TEXT NOT NULL,             -- host name as it says
	sign_key      BLOB NOT NULL UNIQUE,      -- Ed25519, 32 bytes
	box_key       BLOB NOT NULL,             -- X25519, 32 bytes
	counter       INTEGER NOT NULL DEFAULT 0, -- of its last accepted check-in; only rises
	conflict_at   INTEGER,                   -- when a counter that was not higher last came: a clone or a replay
	enrolled_at   INTEGER NOT NULL,
	token_id      INTEGER REFERENCES token(id),
	seen_at       INTEGER,                   -- last accepted check-in
	address       TEXT NOT NULL DEFAULT '',  -- where it came from
	os_id         TEXT NOT NULL DEFAULT '',
	os_codename   TEXT NOT NULL DEFAULT '',
	os_version    TEXT NOT NULL DEFAULT '',
	architectures TEXT NOT NULL DEFAULT '',  -- list, native first
	kernel        TEXT NOT NULL DEFAULT '',
	agent         TEXT NOT NULL DEFAULT '',  -- version of its agent
	problem       TEXT NOT NULL DEFAULT '',  -- why it cannot read its channel, in its package manager's words
	reboot        INTEGER NOT NULL DEFAULT 0, -- 1: it says that it needs a restart
	inventory_id  INTEGER REFERENCES inventory(id),
	new_until_at  INTEGER NOT NULL DEFAULT 0 -- each set that it alone brought takes an hour; those it has spent last until then
);
CREATE INDEX computer_by_group ON computer (group_id);
CREATE INDEX computer_by_inventory ON computer (inventory_id);
CREATE INDEX computer_by_name ON computer (name);

-- Counts of active computers, kept in the transaction that changes what they count as. A silent one
-- counts as silent itself and in no slot; unknown is not counted in a slot: it is what is left of
-- the computers that are not silent.
CREATE TABLE coverage (
	slot     INTEGER NOT NULL,  -- of the packed statuses; -1: the computers themselves, by standing or as silent
	group_id INTEGER NOT NULL REFERENCES computer_group(id),
	status   INTEGER NOT NULL,  -- SlStatus
	n        INTEGER NOT NULL,
	PRIMARY KEY (slot, group_id, status)
) WITHOUT ROWID;

-- What messages came to since the database was made.
CREATE TABLE message_count (
	outcome TEXT PRIMARY KEY,  -- 'enrolled', 'taken', 'stale', 'refused', 'busy': see clients/fleet.h
	n       INTEGER NOT NULL
) WITHOUT ROWID;

-- What a machine last said of an update it tried, where it is not simply installed.
CREATE TABLE report (
	computer_id INTEGER NOT NULL REFERENCES computer(id) ON DELETE CASCADE,
	update_id   INTEGER NOT NULL REFERENCES updates(id) ON DELETE CASCADE,
	status      INTEGER NOT NULL,  -- SlStatus: downloaded, pending reboot, failed
	at          INTEGER NOT NULL,
	message     TEXT NOT NULL,     -- the package manager's own words
	PRIMARY KEY (computer_id, update_id)
) WITHOUT ROWID;
