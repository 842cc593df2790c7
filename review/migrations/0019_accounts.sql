-- What platforms are asked about accounts, how far the webhook of that came, and what they
-- answered: sealed is the account encrypted under the key of its case of that generation,
-- sha256 that of the account's JSON. Plain SQL, as in 0003.
CREATE TABLE account_requests (
    id          TEXT PRIMARY KEY,
    case_id     TEXT NOT NULL REFERENCES cases (id),
    platform    TEXT NOT NULL,
    record      TEXT NOT NULL, -- what is asked, byte for byte
    state       TEXT NOT NULL CHECK (state IN ('waiting', 'delivered', 'failed')),
    attempts    BIGINT NOT NULL,
    status      BIGINT NOT NULL, -- of the last answer to the webhook; 0 for none
    next_at     BIGINT NOT NULL,
    since_at    BIGINT NOT NULL,
    answered_at BIGINT NOT NULL, -- 0 where it was not
    unknown     TEXT NOT NULL,
    sha256      TEXT NOT NULL,
    generation  BIGINT NOT NULL,
    sealed      BLOB NOT NULL
);
CREATE INDEX account_requests_waiting ON account_requests (platform, next_at) WHERE state = 'waiting';
CREATE INDEX account_requests_case ON account_requests (case_id);
