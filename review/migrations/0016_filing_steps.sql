-- What was done about filings, in order: what came of attempts, what a channel asked a centre,
-- what people did. entry is the id of the audit log's entry on it. state is empty where it
-- did not change. Filings from before have none of what was done until then. Plain SQL, as
-- in 0003.
CREATE TABLE filing_steps (
    alert   TEXT NOT NULL,
    n       BIGINT NOT NULL,
    entry   TEXT NOT NULL,
    at      BIGINT NOT NULL,
    state   TEXT NOT NULL,
    asked   TEXT NOT NULL,
    outcome TEXT NOT NULL,
    request TEXT NOT NULL, -- id by which the centre knows what it was asked
    report  TEXT NOT NULL, -- the centre's reference of the report
    person  TEXT NOT NULL,
    says    TEXT NOT NULL,
    PRIMARY KEY (alert, n)
);
CREATE INDEX filings_open ON filings (state, due_at) WHERE state NOT IN ('filed', 'withdrawn');
