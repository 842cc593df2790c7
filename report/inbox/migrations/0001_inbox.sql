-- Times are microseconds since 1970, UTC. Ids and digests are lower-case hex.

CREATE TABLE received (
	seq      INTEGER PRIMARY KEY,
	source   TEXT NOT NULL,    -- topic/partition, or file
	place    INTEGER NOT NULL, -- offset, or line from 1
	at       INTEGER NOT NULL, -- when it was first taken
	digest   TEXT NOT NULL UNIQUE, -- SHA-256 of the bytes
	type     TEXT NOT NULL,    -- that its sender said, or empty
	data     BLOB NOT NULL,    -- as it came; of what failed at most so many bytes
	whole    INTEGER NOT NULL, -- whether data is all of it
	copies   INTEGER NOT NULL, -- how often the same bytes came
	kind     TEXT NOT NULL,    -- alert, correction, or empty where nobody can tell
	about    TEXT NOT NULL,    -- id of the alert that it is or says it is about, or empty
	payload  BLOB,             -- the alert or correction in it, where it could be opened
	sealed   INTEGER NOT NULL, -- whether its sender's signature holds
	failed   TEXT NOT NULL,    -- the step that failed, or empty
	steps    TEXT NOT NULL     -- JSON: what each step found
) STRICT;
CREATE INDEX received_failed ON received (seq) WHERE failed <> '';
CREATE INDEX received_about ON received (about);

-- What passed every check.
CREATE TABLE alerts (
	id        TEXT PRIMARY KEY,
	received  INTEGER NOT NULL REFERENCES received (seq),
	case_id   TEXT NOT NULL,
	shared    TEXT NOT NULL,
	came      INTEGER NOT NULL,
	facts     TEXT NOT NULL, -- JSON: what the order goes by
	result    TEXT NOT NULL, -- of the last word, or empty
	word_at   INTEGER NOT NULL
) STRICT;
CREATE INDEX alerts_result ON alerts (result, came);
CREATE INDEX alerts_case ON alerts (case_id);
CREATE INDEX alerts_shared ON alerts (shared);

CREATE TABLE corrections (
	id        TEXT PRIMARY KEY,
	received  INTEGER NOT NULL REFERENCES received (seq),
	alert     TEXT NOT NULL, -- which may come later
	outcome   TEXT NOT NULL,
	sequence  INTEGER NOT NULL,
	came      INTEGER NOT NULL,
	seen_by   TEXT NOT NULL,
	seen_at   INTEGER NOT NULL
) STRICT;
CREATE INDEX corrections_alert ON corrections (alert, sequence);

-- What the centre said; the highest sequence of an alert holds.
CREATE TABLE words (
	alert     TEXT NOT NULL REFERENCES alerts (id),
	sequence  INTEGER NOT NULL,
	at        INTEGER NOT NULL,
	who       TEXT NOT NULL,
	outcome   TEXT NOT NULL, -- JSON, as it leaves
	PRIMARY KEY (alert, sequence)
) STRICT;

CREATE TABLE outbox (
	id        TEXT PRIMARY KEY, -- of the outcome
	seq       INTEGER NOT NULL UNIQUE,
	alert     TEXT NOT NULL,
	value     BLOB NOT NULL,    -- signed
	at        INTEGER NOT NULL,
	sent_at   INTEGER NOT NULL  -- 0: not yet
) STRICT;

CREATE TABLE offsets (
	topic      TEXT NOT NULL,
	partition  INTEGER NOT NULL,
	next       INTEGER NOT NULL,
	PRIMARY KEY (topic, partition)
) STRICT;

-- What alerts name, and what the centre has already, under the centre's blinding key.
CREATE TABLE identifiers (
	alert  TEXT NOT NULL REFERENCES alerts (id),
	kind   TEXT NOT NULL,
	blind  TEXT NOT NULL,
	PRIMARY KEY (alert, kind, blind)
) STRICT, WITHOUT ROWID;
CREATE INDEX identifiers_blind ON identifiers (blind);

CREATE TABLE known (
	kind   TEXT NOT NULL,
	blind  TEXT NOT NULL,
	label  TEXT NOT NULL,
	PRIMARY KEY (blind, kind, label)
) STRICT, WITHOUT ROWID;

CREATE TABLE notes (
	name   TEXT PRIMARY KEY,
	value  TEXT NOT NULL
) STRICT;

-- Who looked at what, and who did what. It only grows.
CREATE TABLE journal (
	seq     INTEGER PRIMARY KEY,
	at      INTEGER NOT NULL,
	who     TEXT NOT NULL,
	what    TEXT NOT NULL,
	about   TEXT NOT NULL, -- id, or empty
	detail  TEXT NOT NULL
) STRICT;
CREATE INDEX journal_about ON journal (about);
CREATE TRIGGER journal_stays BEFORE UPDATE ON journal BEGIN SELECT RAISE(ABORT, 'the journal only grows'); END;
CREATE TRIGGER journal_grows BEFORE DELETE ON journal BEGIN SELECT RAISE(ABORT, 'the journal only grows'); END;
