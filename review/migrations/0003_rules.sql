-- What the rules of decision and the queue need. Plain SQL that PostgreSQL takes as well:
-- what earlier tables lack stands beside them, not in columns added to them.

-- What a person said of a case. One or two of them make a decision; until then, or when
-- they were taken back, decision_id is null. ended: why it counts no longer.
CREATE TABLE opinions (
    id          TEXT PRIMARY KEY,
    case_id     TEXT NOT NULL REFERENCES cases (id),
    sequence    BIGINT NOT NULL,
    digest      TEXT NOT NULL REFERENCES records (digest),
    verdict     TEXT NOT NULL CHECK (verdict IN ('confirm', 'dismiss')),
    reason      TEXT NOT NULL,
    note        TEXT NOT NULL,
    person      TEXT NOT NULL,
    step        TEXT NOT NULL CHECK (step IN ('alone', 'first', 'second', 'settles', 'break-glass')),
    at          BIGINT NOT NULL,
    decision_id TEXT REFERENCES decisions (id),
    ended       TEXT NOT NULL DEFAULT '' CHECK (ended IN ('', 'void', 'undone')),
    ended_at    BIGINT,
    CHECK ((ended = '') = (ended_at IS NULL)),
    UNIQUE (case_id, sequence)
);
CREATE INDEX opinions_person ON opinions (person, at);
CREATE INDEX opinions_digest ON opinions (digest);

-- How a decision came about. Decisions from before have no row.
CREATE TABLE procedures (
    decision_id TEXT PRIMARY KEY REFERENCES decisions (id),
    second      TEXT NOT NULL,          -- the other person, where there was one
    persons     INTEGER NOT NULL CHECK (persons IN (1, 2)),
    danger      TEXT NOT NULL,          -- why it could not wait, where the glass was broken
    undone_at   BIGINT,
    overseen_by TEXT NOT NULL DEFAULT '',
    overseen_at BIGINT,
    upheld      INTEGER,                -- whether the supervisor found it right
    remark      TEXT NOT NULL DEFAULT ''
);
CREATE INDEX procedures_danger ON procedures (overseen_by, decision_id) WHERE danger <> '';

-- From when an alert may leave, and when it was handed to the one who carries it: from
-- then on it cannot be taken back.
CREATE TABLE holds (
    decision_id TEXT PRIMARY KEY REFERENCES decisions (id),
    due_at      BIGINT NOT NULL,
    handed_at   BIGINT
);

CREATE TABLE recusals (
    case_id TEXT NOT NULL REFERENCES cases (id),
    person  TEXT NOT NULL,
    reason  TEXT NOT NULL,
    said_by TEXT NOT NULL,
    at      BIGINT NOT NULL,
    PRIMARY KEY (case_id, person)
);

-- Where a case waits, in which order, until when, and who has it in hand.
CREATE TABLE queue (
    case_id       TEXT PRIMARY KEY REFERENCES cases (id),
    place         TEXT NOT NULL CHECK (place IN ('open', 'second', 'split', 'help', 'closed')),
    priority      BIGINT NOT NULL,
    danger        INTEGER NOT NULL,
    since_at      BIGINT NOT NULL,
    due_at        BIGINT NOT NULL,
    claimed_by    TEXT NOT NULL DEFAULT '',
    claimed_until BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX queue_order ON queue (place, priority DESC, case_id);
CREATE INDEX queue_due ON queue (place, due_at);
CREATE INDEX queue_claims ON queue (claimed_by, claimed_until);

-- What a case has in it, to filter by: "kind:match", "list:NAME", "typology:P01". place
-- and priority are those of the queue, so that one index finds and orders.
CREATE TABLE marks (
    case_id  TEXT NOT NULL REFERENCES cases (id),
    mark     TEXT NOT NULL,
    place    TEXT NOT NULL,
    priority BIGINT NOT NULL,
    PRIMARY KEY (case_id, mark)
);
CREATE INDEX marks_order ON marks (mark, place, priority DESC, case_id);

-- The marks that a case had when it was decided, to tell later what was wrong how often.
CREATE TABLE decision_marks (
    decision_id TEXT NOT NULL REFERENCES decisions (id),
    mark        TEXT NOT NULL,
    PRIMARY KEY (decision_id, mark)
);

-- Who is in a case: its subject, payers and guests.
CREATE TABLE people (
    token   TEXT NOT NULL,
    case_id TEXT NOT NULL REFERENCES cases (id),
    PRIMARY KEY (token, case_id)
);
CREATE INDEX people_case ON people (case_id);
CREATE INDEX decisions_at ON decisions (at);
