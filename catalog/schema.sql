-- The catalog: what can be installed, and who may have it.
-- Times are seconds since 1970, UTC. Ids are ours, stable, and mean nothing outside.
-- Hashes are lower-case hexadecimal SHA-256. Lists in one column are separated by blanks.

CREATE TABLE meta (
	key   TEXT PRIMARY KEY,   -- server_id (random, 26 characters), epoch (a number; a restore raises it), two_people ('yes', 'no'), audit_head (hash of the newest audit row)
	value TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE schema_version (
	part    TEXT PRIMARY KEY, -- 'catalog', 'clients'
	version INTEGER NOT NULL  -- an older program refuses a newer one
) WITHOUT ROWID;

-- A place updates come from: one suite of one archive.
CREATE TABLE upstream (
	id             INTEGER PRIMARY KEY,
	name           TEXT NOT NULL UNIQUE,
	kind           TEXT NOT NULL,              -- 'debian'
	role           TEXT NOT NULL,              -- 'updates': can be approved; 'base': only known, machines have it directly
	url            TEXT NOT NULL,              -- base address, ends with '/'
	suite          TEXT NOT NULL,              -- as the upstream calls it: 'bookworm-security'
	components     TEXT NOT NULL,              -- list
	architectures  TEXT NOT NULL,              -- list, without 'all'
	publish_suite  TEXT NOT NULL,              -- what our channels call it (--as; else suite)
	exclude        TEXT NOT NULL DEFAULT '',   -- list of globs of package names nobody wants
	keyring        BLOB NOT NULL,              -- OpenPGP public keys, binary
	fingerprints   TEXT NOT NULL,              -- list of primary fingerprints that count, pinned when added
	internal       INTEGER NOT NULL DEFAULT 0, -- 1: its host and port may be a private address
	enabled        INTEGER NOT NULL DEFAULT 1, -- 0: no scheduled syncs
	added_at       INTEGER NOT NULL,
	origin         TEXT,                       -- of the first Release; must not change
	codename       TEXT,                       -- likewise
	label          TEXT,
	release_sha256 TEXT,                       -- of the signed file last taken
	release_at     INTEGER,                    -- its Date; an older one is refused
	valid_until    INTEGER,
	release_etag   TEXT,                       -- for conditional requests
	release_modified TEXT                      -- Last-Modified, as sent
);

-- Which systems an upstream's updates are for (os-release).
CREATE TABLE upstream_serves (
	upstream_id INTEGER NOT NULL REFERENCES upstream(id) ON DELETE CASCADE,
	os_id       TEXT NOT NULL,  -- ID: 'debian'
	os_codename TEXT NOT NULL,  -- VERSION_CODENAME: 'bookworm'
	PRIMARY KEY (upstream_id, os_id, os_codename)
) WITHOUT ROWID;

-- The indexes last taken; one whose hash is unchanged is not read again.
CREATE TABLE upstream_index (
	upstream_id  INTEGER NOT NULL REFERENCES upstream(id) ON DELETE CASCADE,
	component    TEXT NOT NULL,
	architecture TEXT NOT NULL,
	sha256       TEXT NOT NULL,  -- of the plain Packages file, from the signed Release
	size         INTEGER NOT NULL,
	PRIMARY KEY (upstream_id, component, architecture)
) WITHOUT ROWID;

-- How each sync ended; when the next one is due follows from it.
CREATE TABLE sync_run (
	id          INTEGER PRIMARY KEY,
	upstream_id INTEGER NOT NULL REFERENCES upstream(id) ON DELETE CASCADE,
	started_at  INTEGER NOT NULL,
	finished_at INTEGER NOT NULL,          -- 0 while it runs
	person      TEXT NOT NULL,             -- who asked, or 'schedule'
	outcome     TEXT NOT NULL,             -- 'running', 'changed', 'unchanged', 'failed', 'cancelled', 'interrupted'
	updates     INTEGER NOT NULL DEFAULT 0, -- new ones
	revisions   INTEGER NOT NULL DEFAULT 0, -- new ones, of new and known updates
	packages    INTEGER NOT NULL DEFAULT 0, -- new ones
	withdrawn   INTEGER NOT NULL DEFAULT 0, -- updates that left the upstream
	bytes       INTEGER NOT NULL DEFAULT 0, -- received
	message     TEXT NOT NULL DEFAULT ''   -- the error, in words
);
CREATE INDEX sync_run_by_upstream ON sync_run (upstream_id, id);

-- What an administrator approves. The noun is update; the word is SQL's own.
CREATE TABLE updates (
	id             INTEGER PRIMARY KEY,
	upstream_id    INTEGER NOT NULL REFERENCES upstream(id),
	name           TEXT NOT NULL,              -- source package
	version        TEXT NOT NULL,
	summary        TEXT NOT NULL,              -- one line
	section        TEXT NOT NULL DEFAULT '',
	component      TEXT NOT NULL DEFAULT '',
	released_at    INTEGER NOT NULL,           -- Date of the first Release that listed it
	released_exact INTEGER NOT NULL,           -- 0: at or before, it was there at the first sync
	seen_at        INTEGER NOT NULL,           -- when our sync brought it
	newest         INTEGER NOT NULL DEFAULT 1, -- 1: the newest version of its name in its upstream
	withdrawn_at   INTEGER,                    -- when it left the upstream
	severity       TEXT NOT NULL DEFAULT 'unknown', -- the upstream's word
	rating         TEXT,                       -- ours: critical, high, medium, low
	rating_reason  TEXT,
	rated_at       INTEGER,
	rated_by       TEXT,
	declined_at    INTEGER,
	declined_by    TEXT,
	decline_reason TEXT,
	slot           INTEGER UNIQUE,             -- place in the packed statuses, from the first approval on
	size           INTEGER NOT NULL DEFAULT 0, -- bytes of its newest revision's payloads
	UNIQUE (upstream_id, name, version)
);
CREATE INDEX updates_by_name ON updates (name);
CREATE INDEX updates_by_release ON updates (released_at, id);

-- The set of packages an update consists of; a rebuild or a late architecture makes a new one.
CREATE TABLE revision (
	id        INTEGER PRIMARY KEY,
	update_id INTEGER NOT NULL REFERENCES updates(id) ON DELETE CASCADE,
	number    INTEGER NOT NULL,  -- 1, 2, ... within the update
	digest    TEXT NOT NULL,     -- SHA-256 over its sorted "name version architecture sha256" lines
	seen_at   INTEGER NOT NULL,
	UNIQUE (update_id, number),
	UNIQUE (update_id, digest)
);

CREATE TABLE package (
	id             INTEGER PRIMARY KEY,
	upstream_id    INTEGER NOT NULL REFERENCES upstream(id),
	name           TEXT NOT NULL,
	version        TEXT NOT NULL,
	architecture   TEXT NOT NULL,
	component      TEXT NOT NULL,
	section        TEXT NOT NULL DEFAULT '',
	source         TEXT NOT NULL,            -- source package
	source_version TEXT NOT NULL,
	payload_sha256 TEXT NOT NULL REFERENCES payload(sha256),
	filename       TEXT NOT NULL,            -- path below the upstream's address
	stanza         TEXT NOT NULL,            -- its stanza without Filename, Size, hashes and Phased-Update-Percentage; ends with a newline
	seen_at        INTEGER NOT NULL,
	withdrawn_at   INTEGER,                  -- when it left the upstream
	checksum       INTEGER,                  -- CRC-32 of what a publication takes from the row; NULL: of a program before version 4
	UNIQUE (upstream_id, name, version, architecture)
);
CREATE INDEX package_by_name ON package (name);
CREATE INDEX package_by_payload ON package (payload_sha256);

CREATE TABLE revision_package (
	revision_id INTEGER NOT NULL REFERENCES revision(id) ON DELETE CASCADE,
	package_id  INTEGER NOT NULL REFERENCES package(id),
	PRIMARY KEY (revision_id, package_id)
) WITHOUT ROWID;
CREATE INDEX revision_package_by_package ON revision_package (package_id);

-- A file an update installs from. The provenance is where we know its hash from.
CREATE TABLE payload (
	sha256       TEXT PRIMARY KEY,
	size         INTEGER NOT NULL,
	stored_at    INTEGER,        -- when its verified bytes came into the store; NULL: not there
	upstream     TEXT NOT NULL,  -- name of the upstream
	index_sha256 TEXT NOT NULL,  -- of the index that named it
	fingerprint  TEXT NOT NULL   -- of the key that signed that index's Release
) WITHOUT ROWID;

-- What a machine has from its base suite directly, so that dependencies on it are not missed.
CREATE TABLE base_package (
	upstream_id  INTEGER NOT NULL REFERENCES upstream(id) ON DELETE CASCADE,
	name         TEXT NOT NULL,
	architecture TEXT NOT NULL,
	version      TEXT NOT NULL,
	provides     TEXT NOT NULL DEFAULT '',  -- the Provides field
	PRIMARY KEY (upstream_id, name, architecture, version)
) WITHOUT ROWID;

-- An upstream's advisory: which version of which source package fixes what.
CREATE TABLE advisory (
	id       TEXT PRIMARY KEY,          -- 'DSA-5999-1'
	at       INTEGER NOT NULL,          -- its date
	title    TEXT NOT NULL,
	severity TEXT NOT NULL DEFAULT 'unknown'
) WITHOUT ROWID;

CREATE TABLE advisory_cve (
	advisory_id TEXT NOT NULL REFERENCES advisory(id) ON DELETE CASCADE,
	cve         TEXT NOT NULL,          -- 'CVE-2026-0001'
	PRIMARY KEY (advisory_id, cve)
) WITHOUT ROWID;
CREATE INDEX advisory_cve_by_cve ON advisory_cve (cve);

CREATE TABLE advisory_fix (
	advisory_id TEXT NOT NULL REFERENCES advisory(id) ON DELETE CASCADE,
	os_codename TEXT NOT NULL,          -- 'bookworm'
	name        TEXT NOT NULL,          -- source package
	version     TEXT NOT NULL,          -- the first fixed one
	PRIMARY KEY (advisory_id, os_codename, name)
) WITHOUT ROWID;
CREATE INDEX advisory_fix_by_name ON advisory_fix (name);

-- What each rating asks for, the most urgent first; administrators change the times.
CREATE TABLE rating (
	name     TEXT PRIMARY KEY,        -- as in updates; 'none' stands for those nobody rated
	position INTEGER NOT NULL UNIQUE, -- 1 is the most urgent
	allow_s  INTEGER,                 -- machines must have an update so long after its first approval; NULL: no deadline
	soak_s   INTEGER NOT NULL         -- so long certification has it before it is ready for production
) WITHOUT ROWID;
INSERT INTO rating (name, position, allow_s, soak_s) VALUES
	('critical', 1, 0, 3600), ('high', 2, 604800, 86400), ('medium', 3, 1814400, 259200),
	('low', 4, 7776000, 604800), ('none', 5, NULL, 604800);

-- Which updates an advisory was found to be fixed by (version at or above, suite served to that system).
CREATE TABLE update_advisory (
	update_id   INTEGER NOT NULL REFERENCES updates(id) ON DELETE CASCADE,
	advisory_id TEXT NOT NULL REFERENCES advisory(id) ON DELETE CASCADE,
	PRIMARY KEY (update_id, advisory_id)
) WITHOUT ROWID;

CREATE TABLE channel (
	id          INTEGER PRIMARY KEY,
	name        TEXT NOT NULL UNIQUE,      -- 'certification', 'production'
	position    INTEGER NOT NULL UNIQUE,   -- 1 comes before 2
	fingerprint TEXT                       -- of its signing key, once made
);
INSERT INTO channel (id, name, position) VALUES (1, 'certification', 1), (2, 'production', 2);

-- The decision that stands for an update in a channel; what stood before is in the audit log.
CREATE TABLE approval (
	channel_id  INTEGER NOT NULL REFERENCES channel(id),
	update_id   INTEGER NOT NULL REFERENCES updates(id),
	revision_id INTEGER NOT NULL REFERENCES revision(id), -- the one revision that was approved
	state       TEXT NOT NULL,          -- 'approved', 'recalled', 'returned' (left out by a return; may be approved again)
	at          INTEGER NOT NULL,
	first_at    INTEGER NOT NULL,       -- of the first approval: deadlines count from here
	person      TEXT NOT NULL,
	reason      TEXT NOT NULL DEFAULT '',
	emergency   INTEGER NOT NULL DEFAULT 0, -- 1: production without certification
	previous_revision_id INTEGER REFERENCES revision(id), -- approved before this one, stays published until this one's payloads are here; NULL: none
	PRIMARY KEY (channel_id, update_id)
) WITHOUT ROWID;
CREATE INDEX approval_by_update ON approval (update_id);

-- Updates that somebody keeps out of production for now; an emergency passes by.
CREATE TABLE hold (
	update_id INTEGER PRIMARY KEY REFERENCES updates(id) ON DELETE CASCADE,
	person    TEXT NOT NULL,
	reason    TEXT NOT NULL,
	at        INTEGER NOT NULL
);

-- Revisions that can be published: all their payloads are in the store.
CREATE VIEW stored_revision AS
	SELECT r.id FROM revision r WHERE NOT EXISTS (SELECT 1 FROM revision_package rp
		JOIN package p ON p.id = rp.package_id JOIN payload l ON l.sha256 = p.payload_sha256
		WHERE rp.revision_id = r.id AND l.stored_at IS NULL);

-- Number N of a channel is a content.
CREATE TABLE publication (
	channel_id INTEGER NOT NULL REFERENCES channel(id),
	number     INTEGER NOT NULL,       -- 1, 2, ...; 1 is empty
	at         INTEGER NOT NULL,
	person     TEXT NOT NULL,
	cause      TEXT NOT NULL,          -- 'approve', 'recall', 'return to 3', 'first sync', ...
	digest     TEXT NOT NULL,          -- SHA-256 over suites and sorted revision ids
	PRIMARY KEY (channel_id, number)
) WITHOUT ROWID;

-- Which revision was in a channel from which publication until before which.
CREATE TABLE publication_item (
	channel_id   INTEGER NOT NULL REFERENCES channel(id),
	revision_id  INTEGER NOT NULL REFERENCES revision(id),
	from_number  INTEGER NOT NULL,
	until_number INTEGER,              -- NULL: in the current one
	PRIMARY KEY (channel_id, revision_id, from_number)
) WITHOUT ROWID;

-- Each signing of publication N is a serial N.k.
CREATE TABLE publication_serial (
	channel_id  INTEGER NOT NULL REFERENCES channel(id),
	number      INTEGER NOT NULL,
	serial      INTEGER NOT NULL,      -- k, from 1
	signed_at   INTEGER NOT NULL,      -- Date of its Releases
	valid_until INTEGER NOT NULL,
	removed_at  INTEGER,               -- when its tree was removed
	PRIMARY KEY (channel_id, number, serial)
) WITHOUT ROWID;

-- Index files (Packages and the like) that must stay reachable by hash.
CREATE TABLE publication_file (
	channel_id  INTEGER NOT NULL REFERENCES channel(id),
	path        TEXT NOT NULL,         -- public path by hash
	sha256      TEXT NOT NULL,
	size        INTEGER NOT NULL,
	number      INTEGER NOT NULL,      -- of the last publication that named it
	listed_at   INTEGER NOT NULL,      -- when a serial last named it
	type        TEXT NOT NULL,         -- content type
	PRIMARY KEY (channel_id, path)
) WITHOUT ROWID;

-- Who may sign in at the admin page.
CREATE TABLE person (
	id           INTEGER PRIMARY KEY,
	name         TEXT NOT NULL UNIQUE,  -- as the audit log shows it
	role         TEXT NOT NULL,         -- 'viewer', 'certifier', 'approver', 'owner'
	password     TEXT NOT NULL,         -- argon2id with its salt, as libsodium writes it
	added_at     INTEGER NOT NULL,
	signed_in_at INTEGER                -- last; NULL: never
);

-- Who is signed in. What was not used for too long is removed at the next sign-in.
CREATE TABLE session (
	digest       BLOB PRIMARY KEY,      -- BLAKE2b-256 of the cookie's 32 bytes
	person_id    INTEGER NOT NULL REFERENCES person(id) ON DELETE CASCADE,
	begun_at     INTEGER NOT NULL,      -- when the person signed in; a new value keeps it
	seen_at      INTEGER NOT NULL,      -- last request, to the minute
	confirmed_at INTEGER NOT NULL       -- when the password was last given
) WITHOUT ROWID;
CREATE INDEX session_by_person ON session(person_id);

-- What scripts sign in with.
CREATE TABLE api_token (
	id         INTEGER PRIMARY KEY,
	digest     BLOB NOT NULL UNIQUE,    -- BLAKE2b-256 of its text
	prefix     TEXT NOT NULL,           -- its first characters, for people
	name       TEXT NOT NULL,           -- what it is for
	person     TEXT NOT NULL,           -- who made it, and in whose name it acts
	person_id  INTEGER REFERENCES person(id) ON DELETE CASCADE, -- NULL: made on the server's console
	role       TEXT NOT NULL,           -- at most this, and at most what the person has
	made_at    INTEGER NOT NULL,
	expires_at INTEGER NOT NULL
);
CREATE INDEX api_token_by_person ON api_token(person_id);

-- Sign-ins that failed, or whose end nobody knows yet.
CREATE TABLE login_failure (
	kind    TEXT NOT NULL,              -- 'account', 'source', 'device'
	name    TEXT NOT NULL,              -- as it was typed; an address, of IPv6 its /64; a number that we gave
	count   INTEGER NOT NULL,
	last_at INTEGER NOT NULL,
	PRIMARY KEY (kind, name)
) WITHOUT ROWID;

-- The code that makes the first owner; one at a time, gone when it was used.
CREATE TABLE setup_code (
	digest     BLOB PRIMARY KEY,        -- BLAKE2b-256 of its text
	expires_at INTEGER NOT NULL
) WITHOUT ROWID;

-- What administrators changed, hash-chained: hash = SHA-256(previous hash, LF, at, LF, person, LF, action, LF, object, LF, detail).
-- No text has a line break, so no two rows are hashed alike; the newest row's hash is in meta as well.
CREATE TABLE audit (
	id     INTEGER PRIMARY KEY,
	at     INTEGER NOT NULL,
	person TEXT NOT NULL,
	action TEXT NOT NULL,              -- 'approve', 'recall', 'rate', 'group add', ...
	object TEXT NOT NULL,              -- what it was done to, in the words people use
	detail TEXT NOT NULL,              -- JSON
	hash   TEXT NOT NULL
);
CREATE INDEX audit_by_object ON audit (object, id);
