-- Cases that look like any other and decide nothing: a closed case that comes back under
-- another name for another person to judge, and golden cases, whose right answer is known.
CREATE TABLE golden_cases (
    id        TEXT PRIMARY KEY,
    record    TEXT NOT NULL, -- as correlate would publish it
    answer    TEXT NOT NULL CHECK (answer IN ('confirm', 'dismiss')),
    why       TEXT NOT NULL,
    loaded_by TEXT NOT NULL,
    at        BIGINT NOT NULL
);
CREATE TABLE probes (
    case_id  TEXT PRIMARY KEY REFERENCES cases (id),
    kind     TEXT NOT NULL CHECK (kind IN ('again', 'golden')),
    decision TEXT NOT NULL REFERENCES decisions (id), -- on the closed case that occasioned it
    golden   TEXT NOT NULL, -- id of the golden case, or empty
    answer   TEXT NOT NULL CHECK (answer IN ('confirm', 'dismiss')),
    at       BIGINT NOT NULL,
    UNIQUE (decision, kind)
);
-- What chooses cases and makes their other names, so that nobody can tell them beforehand.
CREATE TABLE blind_secret (
    one    INTEGER PRIMARY KEY CHECK (one = 1),
    secret TEXT NOT NULL
);
