-- Corrections go the way of alerts: corrects is the alert that one is of, empty for an alert,
-- and sequence that of the decision told. What a correction overtook before it was sent is
-- withdrawn.
-- sqlite only
CREATE TABLE filings_before AS SELECT * FROM filings;
DROP TABLE filings;
CREATE TABLE filings (
    alert    TEXT PRIMARY KEY,
    case_id  TEXT NOT NULL REFERENCES cases (id),
    centre   TEXT NOT NULL,
    priority BIGINT NOT NULL,
    state    TEXT NOT NULL CHECK (state IN ('queued', 'sending', 'unknown', 'filed', 'failed', 'held', 'withdrawn')),
    attempts BIGINT NOT NULL,
    due_at   BIGINT NOT NULL,
    next_at  BIGINT NOT NULL,
    receipt  TEXT NOT NULL,
    says     TEXT NOT NULL,
    revision BIGINT NOT NULL,
    body     BLOB NOT NULL,
    journal  BLOB NOT NULL,
    corrects TEXT NOT NULL DEFAULT '',
    sequence BIGINT NOT NULL DEFAULT 0
);
INSERT INTO filings (alert, case_id, centre, priority, state, attempts, due_at, next_at, receipt, says, revision, body, journal)
    SELECT alert, case_id, centre, priority, state, attempts, due_at, next_at, receipt, says, revision, body, journal FROM filings_before;
DROP TABLE filings_before;
CREATE INDEX filings_case ON filings (case_id);
-- postgres only
ALTER TABLE filings DROP CONSTRAINT filings_state_check;
ALTER TABLE filings ADD CONSTRAINT filings_state_check
    CHECK (state IN ('queued', 'sending', 'unknown', 'filed', 'failed', 'held', 'withdrawn'));
ALTER TABLE filings ADD COLUMN corrects TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE filings ADD COLUMN sequence BIGINT NOT NULL DEFAULT 0;
DROP INDEX filings_next;
-- both
CREATE INDEX filings_next ON filings (centre, priority DESC, due_at, alert) WHERE state NOT IN ('filed', 'withdrawn');
CREATE INDEX filings_corrects ON filings (corrects, sequence) WHERE corrects <> '';
