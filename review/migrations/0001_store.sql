-- Times are microseconds since 1970, UTC.

-- A record is what correlate published, byte for byte. Of a case the newest is
-- kept, and those that a person saw or decided on.
CREATE TABLE records (
    digest   TEXT PRIMARY KEY,
    case_id  TEXT NOT NULL,
    revision INTEGER NOT NULL,
    record   BLOB NOT NULL
) STRICT;

CREATE TABLE cases (
    id          TEXT PRIMARY KEY,
    subject     TEXT NOT NULL,
    digest      TEXT NOT NULL REFERENCES records (digest),
    revision    INTEGER NOT NULL,
    state       TEXT NOT NULL CHECK (state IN ('open', 'confirmed', 'dismissed', 'reopened', 'withdrawn')),
    score       REAL NOT NULL,
    probability REAL NOT NULL,
    first_at    INTEGER NOT NULL,
    last_at     INTEGER NOT NULL,
    received_at INTEGER NOT NULL
) STRICT;
CREATE INDEX cases_queue ON cases (state, probability DESC, last_at DESC, id);

CREATE TABLE decisions (
    id       TEXT PRIMARY KEY,
    case_id  TEXT NOT NULL REFERENCES cases (id),
    sequence INTEGER NOT NULL,
    digest   TEXT NOT NULL REFERENCES records (digest),
    verdict  TEXT NOT NULL CHECK (verdict IN ('confirm', 'dismiss')),
    reason   TEXT NOT NULL,
    note     TEXT NOT NULL,
    reviewer TEXT NOT NULL,
    stand_in INTEGER NOT NULL CHECK (stand_in IN (0, 1)),
    at       INTEGER NOT NULL,
    UNIQUE (case_id, sequence),
    UNIQUE (id, verdict)
) STRICT;
CREATE INDEX decisions_digest ON decisions (digest);

CREATE TABLE views (
    case_id  TEXT NOT NULL REFERENCES cases (id),
    sequence INTEGER NOT NULL,
    digest   TEXT NOT NULL REFERENCES records (digest),
    viewer   TEXT NOT NULL,
    at       INTEGER NOT NULL,
    PRIMARY KEY (case_id, sequence)
) STRICT;
CREATE INDEX views_digest ON views (digest);

-- The outbox: what is to be written to the audit log, and which decisions are to
-- become alerts. An alert's row refers to its decision together with the verdict
-- 'confirm', so that the database itself refuses an alert without one.
CREATE TABLE outbox (
    seq         INTEGER PRIMARY KEY AUTOINCREMENT,
    kind        TEXT NOT NULL CHECK (kind IN ('audit', 'alert')),
    entry_id    TEXT UNIQUE,
    entry       BLOB,
    decision_id TEXT UNIQUE,
    verdict     TEXT CHECK (verdict = 'confirm'),
    done_at     INTEGER,
    result      TEXT,
    FOREIGN KEY (decision_id, verdict) REFERENCES decisions (id, verdict),
    CHECK ((kind = 'audit') = (entry_id IS NOT NULL)),
    CHECK ((kind = 'audit') = (entry IS NOT NULL)),
    CHECK ((kind = 'alert') = (decision_id IS NOT NULL)),
    CHECK ((kind = 'alert') = (verdict IS NOT NULL)),
    CHECK ((done_at IS NULL) = (result IS NULL))
) STRICT;
CREATE INDEX outbox_pending ON outbox (seq) WHERE done_at IS NULL;
