-- The embedded store, version 1 (PRAGMA user_version). Times are milliseconds since 1970 by the wall clock, 0 for
-- never; only the ends of leases count on the lease clock (SqliteClock). Sealed columns are encrypted (ValueCipher). A
-- later version migrates forward in one transaction: SqliteSchema.

-- The check value of the secret, and the last reading of the lease clock.
CREATE TABLE settings (
    name  TEXT NOT NULL PRIMARY KEY,
    value BLOB NOT NULL
) WITHOUT ROWID;

-- A deployment that exists, or has expired and is not swept yet.
CREATE TABLE deployments (
    id               TEXT    NOT NULL PRIMARY KEY,
    source           TEXT    NOT NULL,               -- the owner: source and uid
    uid              TEXT    NOT NULL,
    namespace        TEXT,
    name             BLOB,                           -- sealed
    created          INTEGER NOT NULL,
    updated          INTEGER NOT NULL,
    expires          INTEGER NOT NULL,
    ends_with_tokens INTEGER NOT NULL,               -- 1: lives as long as its last token
    epoch            TEXT    NOT NULL,
    revoked_tickets  TEXT    NOT NULL DEFAULT '',    -- ids of redeemed ones since the epoch began, separated by dots
    revision         INTEGER NOT NULL DEFAULT 0,
    keys             INTEGER NOT NULL DEFAULT 0,     -- rows in "values", lapsed leases included
    bytes            INTEGER NOT NULL DEFAULT 0,     -- of all values, before encryption
    events           INTEGER NOT NULL DEFAULT 0,     -- number of the last event
    security_events  INTEGER NOT NULL DEFAULT 0,     -- how many of them concern credentials
    failed           INTEGER NOT NULL DEFAULT 0,
    failures         INTEGER NOT NULL DEFAULT 0,     -- how often it became failed
    reason           BLOB                            -- of the oldest open failure, or the last one; sealed
) WITHOUT ROWID;

CREATE INDEX deployments_by_owner ON deployments (source, uid, created, id) WHERE source <> 'anonymous';
CREATE INDEX deployments_by_namespace ON deployments (namespace, created, id) WHERE namespace IS NOT NULL;
CREATE INDEX deployments_by_age ON deployments (created, id);
CREATE INDEX deployments_by_end ON deployments (expires) WHERE expires > 0;

-- A failure that was not taken back. The deployment is failed while it has one.
CREATE TABLE failures (
    deployment TEXT    NOT NULL,
    source     TEXT    NOT NULL,                     -- hash (SourceHash)
    number     INTEGER NOT NULL,                     -- of its event
    time       INTEGER NOT NULL,
    family     TEXT,                                 -- the token family that reported it; NULL for a full credential
    lapsed     INTEGER NOT NULL,                     -- 1: a dead man's switch lapsed
    note       BLOB    NOT NULL,                     -- source and reason, sealed
    PRIMARY KEY (deployment, source)
) WITHOUT ROWID;

-- The epoch of a namespace: a number that rises, '.', random.
CREATE TABLE namespaces (
    name  TEXT NOT NULL PRIMARY KEY,
    epoch TEXT NOT NULL
) WITHOUT ROWID;

-- A value. Its content is the last column and mostly on overflow pages, so that lists and counts do not load it.
CREATE TABLE "values" (
    deployment TEXT    NOT NULL,
    key        TEXT    NOT NULL,
    revision   INTEGER NOT NULL,
    mark       TEXT    NOT NULL,                     -- random; revision and mark make up the entity tag
    size       INTEGER NOT NULL,                     -- before encryption
    updated    INTEGER NOT NULL,
    expires    INTEGER NOT NULL,                     -- of a lease, on the lease clock
    writer     BLOB,                                 -- who stored it, sealed
    file       TEXT,                                 -- the name of the file in data/values that has a large content
    content    BLOB,                                 -- sealed; NULL where it is in a file
    PRIMARY KEY (deployment, key),
    CHECK ((file IS NULL) <> (content IS NULL))
) WITHOUT ROWID;

CREATE INDEX values_by_end ON "values" (expires) WHERE expires > 0;
CREATE INDEX values_by_file ON "values" (file) WHERE file IS NOT NULL;

-- The dead man's switch of a lease: the failure that is reported when the lease lapses.
CREATE TABLE switches (
    deployment      TEXT    NOT NULL,
    key             TEXT    NOT NULL,
    life            INTEGER NOT NULL,                -- of the lease
    namespace_epoch TEXT,                            -- must be current; NULL for any
    tickets         TEXT,                            -- that its token derives from, separated by dots; NULL for none
    sources         TEXT    NOT NULL,                -- hashes (SourceHash)
    family          TEXT,                            -- as in failures
    note            BLOB    NOT NULL,
    PRIMARY KEY (deployment, key)
) WITHOUT ROWID;

-- Rings: an event replaces the one 1,000 before it. Security events are stored a second time, where other changes
-- cannot displace them: 200 in slots 0 to 199, and routine ones (renewals, repeated redemptions) in 100 slots from
-- 1000 on.
CREATE TABLE events (
    deployment TEXT    NOT NULL,
    slot       INTEGER NOT NULL,
    number     INTEGER NOT NULL,
    time       INTEGER NOT NULL,
    revision   INTEGER NOT NULL,
    type       INTEGER NOT NULL,                     -- EventType
    key        TEXT,
    note       BLOB,                                 -- a failure, a security note or the writer of a key, sealed
    PRIMARY KEY (deployment, slot)
) WITHOUT ROWID;

CREATE TABLE security_events (
    deployment TEXT    NOT NULL,
    slot       INTEGER NOT NULL,
    number     INTEGER NOT NULL,
    time       INTEGER NOT NULL,
    revision   INTEGER NOT NULL,
    type       INTEGER NOT NULL,
    key        TEXT,
    note       BLOB,
    PRIMARY KEY (deployment, slot)
) WITHOUT ROWID;

-- The result of a conditional write with an idempotency key, for 24 h.
CREATE TABLE replays (
    deployment  TEXT    NOT NULL,
    hash        TEXT    NOT NULL,                    -- of the idempotency key
    fingerprint TEXT    NOT NULL,                    -- of the write (WriteFingerprint)
    revision    INTEGER NOT NULL,
    mark        TEXT    NOT NULL,                    -- '' after a removal
    expires     INTEGER NOT NULL,                    -- of the lease that was taken
    forgotten   INTEGER NOT NULL,                    -- when this row goes
    PRIMARY KEY (deployment, hash)
) WITHOUT ROWID;

CREATE INDEX replays_by_end ON replays (forgotten);

-- The idempotency key of a creation, for 24 h; also after the end of its deployment.
CREATE TABLE creations (
    hash        TEXT    NOT NULL PRIMARY KEY,        -- of the key
    fingerprint TEXT    NOT NULL,                    -- of the creation (CreationFingerprint)
    deployment  TEXT    NOT NULL,
    epoch       TEXT    NOT NULL,                    -- the first one of the deployment
    forgotten   INTEGER NOT NULL                     -- when this row goes
) WITHOUT ROWID;

CREATE INDEX creations_by_end ON creations (forgotten);

-- A single-use ticket, known by the hash of its secret and by a public id; and addresses that tried a redeemed one.
CREATE TABLE tickets (
    deployment      TEXT    NOT NULL,
    hash            TEXT    NOT NULL,
    expires         INTEGER NOT NULL,
    epoch           TEXT    NOT NULL,                -- what its tokens are bound to
    namespace_epoch TEXT,
    id              TEXT    NOT NULL,                -- public, random
    parents         TEXT,                            -- ids of the tickets it derives from, separated by dots
    made            INTEGER NOT NULL,
    machine         TEXT,                            -- hash of the machine that redeemed it
    redeemed        INTEGER NOT NULL DEFAULT 0,      -- when, for the first time
    client          BLOB,                            -- address and name of that machine, sealed
    terms           BLOB    NOT NULL,                -- sealed
    PRIMARY KEY (deployment, hash)
) WITHOUT ROWID;

CREATE TABLE ticket_misuses (
    deployment TEXT NOT NULL,
    hash       TEXT NOT NULL,
    address    TEXT NOT NULL,
    PRIMARY KEY (deployment, hash, address)
) WITHOUT ROWID;

-- The last 200 waits that have ended. One that went on at another instance or after a pause replaces itself.
CREATE TABLE ended_waits (
    deployment TEXT    NOT NULL,
    wait       TEXT    NOT NULL,                     -- what its requests have in common, hashed
    since      INTEGER NOT NULL,
    ended      INTEGER NOT NULL,
    content    BLOB    NOT NULL,                     -- sealed
    PRIMARY KEY (deployment, wait)
) WITHOUT ROWID;

-- A deleted deployment: its owner, for 7 days; and whether some of its rows are still to be removed.
CREATE TABLE tombstones (
    id        TEXT    NOT NULL PRIMARY KEY,
    source    TEXT    NOT NULL,
    uid       TEXT    NOT NULL,
    namespace TEXT,
    forgotten INTEGER NOT NULL,                      -- when this row goes
    removed   INTEGER NOT NULL DEFAULT 0             -- 1: nothing of the deployment is left
) WITHOUT ROWID;

CREATE INDEX tombstones_by_end ON tombstones (forgotten);
CREATE INDEX tombstones_unfinished ON tombstones (id) WHERE removed = 0;
