-- What centres say came of alerts, one row a word; of an alert the highest sequence holds.
-- record is the word as it was signed, until its case is erased. Plain SQL, as in 0003.
CREATE TABLE outcomes (
    id          TEXT PRIMARY KEY,
    alert       TEXT NOT NULL,
    case_id     TEXT NOT NULL REFERENCES cases (id),
    decision_id TEXT NOT NULL REFERENCES decisions (id),
    centre      TEXT NOT NULL,
    sequence    BIGINT NOT NULL,
    result      TEXT NOT NULL CHECK (result IN ('acknowledged', 'actionable', 'known', 'insufficient', 'wrong')),
    missing     TEXT NOT NULL, -- names of checks, with blanks between
    at          BIGINT NOT NULL,
    digest      TEXT NOT NULL,
    record      TEXT NOT NULL,
    UNIQUE (alert, sequence)
);
CREATE INDEX outcomes_case ON outcomes (case_id);
CREATE INDEX outcomes_decision ON outcomes (decision_id, alert, sequence);
CREATE INDEX outcomes_wrong ON outcomes (at, id) WHERE result = 'wrong';

-- What a supervisor thinks of a word that says an alert was wrong.
CREATE TABLE outcome_looks (
    outcome_id TEXT PRIMARY KEY REFERENCES outcomes (id),
    person     TEXT NOT NULL,
    at         BIGINT NOT NULL,
    upheld     INTEGER NOT NULL, -- the decision stands in this person's eyes
    remark     TEXT NOT NULL
);
