-- Alerts on their way into the queues of centres, one row an alert, beside those on their way
-- by channels (filings). body is the alert until it is over. Plain SQL, as in 0003.
CREATE TABLE queued (
    alert    TEXT PRIMARY KEY,
    sequence BIGINT NOT NULL, -- of the decision that it tells of, on its case
    case_id  TEXT NOT NULL REFERENCES cases (id),
    centre   TEXT NOT NULL,
    priority BIGINT NOT NULL,
    state    TEXT NOT NULL CHECK (state IN ('queued', 'sending', 'filed', 'failed', 'held', 'withdrawn')),
    attempts BIGINT NOT NULL,
    due_at   BIGINT NOT NULL,
    next_at  BIGINT NOT NULL,
    says     TEXT NOT NULL,
    revision BIGINT NOT NULL,
    body     BLOB NOT NULL
);
CREATE INDEX queued_next ON queued (priority DESC, due_at, alert) WHERE state NOT IN ('filed', 'failed', 'withdrawn');
CREATE INDEX queued_case ON queued (case_id);
