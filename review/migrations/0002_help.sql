-- A case may say that its subject is a possible victim: the state help. SQLite cannot
-- change a check, so the table is made anew; what refers to it is checked at the end.
-- sqlite only
PRAGMA defer_foreign_keys = ON;

CREATE TABLE cases_before AS SELECT * FROM cases;
DROP TABLE cases;
CREATE TABLE cases (
    id          TEXT PRIMARY KEY,
    subject     TEXT NOT NULL,
    digest      TEXT NOT NULL REFERENCES records (digest),
    revision    INTEGER NOT NULL,
    state       TEXT NOT NULL CHECK (state IN ('open', 'confirmed', 'dismissed', 'reopened', 'withdrawn', 'help')),
    score       REAL NOT NULL,
    probability REAL NOT NULL,
    first_at    INTEGER NOT NULL,
    last_at     INTEGER NOT NULL,
    received_at INTEGER NOT NULL
) STRICT;
INSERT INTO cases SELECT id, subject, digest, revision, state, score, probability, first_at, last_at, received_at FROM cases_before;
DROP TABLE cases_before;
CREATE INDEX cases_queue ON cases (state, probability DESC, last_at DESC, id);
-- postgres only
ALTER TABLE cases DROP CONSTRAINT cases_state_check;
ALTER TABLE cases ADD CONSTRAINT cases_state_check
    CHECK (state IN ('open', 'confirmed', 'dismissed', 'reopened', 'withdrawn', 'help'));
