-- Alerts on their way to centres, one row an alert. body is the alert until it is filed;
-- journal is the channel's own. What is neither filed nor failed is looked at again from
-- next_at on. Plain SQL, as in 0003.
CREATE TABLE filings (
    alert    TEXT PRIMARY KEY,
    case_id  TEXT NOT NULL REFERENCES cases (id),
    centre   TEXT NOT NULL,
    priority BIGINT NOT NULL,
    state    TEXT NOT NULL CHECK (state IN ('queued', 'sending', 'unknown', 'filed', 'failed', 'held')),
    attempts BIGINT NOT NULL,
    due_at   BIGINT NOT NULL,
    next_at  BIGINT NOT NULL,
    receipt  TEXT NOT NULL,
    says     TEXT NOT NULL,
    revision BIGINT NOT NULL,
    body     BLOB NOT NULL,
    journal  BLOB NOT NULL
);
CREATE INDEX filings_next ON filings (centre, priority DESC, due_at, alert) WHERE state NOT IN ('filed', 'failed');
CREATE INDEX filings_case ON filings (case_id);
