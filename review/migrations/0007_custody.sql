-- What the audit log commits to is salted: what lies here is needed to hold anything
-- against it, and is erased with the case. Plain SQL, as in 0003.
CREATE TABLE salts (
    case_id TEXT PRIMARY KEY REFERENCES cases (id),
    salt    TEXT NOT NULL
);
-- Decisions from before have no row, and their statements no salt.
CREATE TABLE decision_salts (
    decision_id TEXT PRIMARY KEY REFERENCES decisions (id),
    salt        TEXT NOT NULL
);

-- In which cases a signal is or was, to tell whose a preserved window is.
CREATE TABLE sightings (
    signal  TEXT NOT NULL,
    case_id TEXT NOT NULL REFERENCES cases (id),
    PRIMARY KEY (signal, case_id)
);
CREATE INDEX sightings_case ON sightings (case_id);

-- The keys under which windows of a case lie. A case whose key was destroyed gets another
-- one where it comes back. fingerprint names the public half.
CREATE TABLE case_keys (
    case_id     TEXT NOT NULL REFERENCES cases (id),
    generation  BIGINT NOT NULL,
    fingerprint TEXT NOT NULL,
    made_at     BIGINT NOT NULL,
    PRIMARY KEY (case_id, generation)
);
CREATE TABLE sealed_windows (
    case_id    TEXT NOT NULL REFERENCES cases (id),
    generation BIGINT NOT NULL,
    name       TEXT NOT NULL,
    sha256     TEXT NOT NULL, -- of the ciphertext
    size       BIGINT NOT NULL,
    sealed_at  BIGINT NOT NULL,
    PRIMARY KEY (case_id, generation, name)
);
CREATE INDEX sealed_windows_name ON sealed_windows (name);

CREATE TABLE legal_holds (
    case_id   TEXT NOT NULL REFERENCES cases (id),
    sequence  BIGINT NOT NULL,
    reason    TEXT NOT NULL,
    set_by    TEXT NOT NULL,
    set_at    BIGINT NOT NULL,
    lifted_by TEXT NOT NULL DEFAULT '',
    lifted_at BIGINT,
    why       TEXT NOT NULL DEFAULT '', -- it was lifted
    PRIMARY KEY (case_id, sequence)
);

-- What was erased: the windows' key of a generation, or what the store said of the case.
-- certificate is the JSON whose SHA-256 the audit log has; it has its own salt and stays.
CREATE TABLE erasures (
    id          TEXT PRIMARY KEY,
    case_id     TEXT NOT NULL REFERENCES cases (id),
    generation  BIGINT NOT NULL, -- 0 for the case itself
    certificate TEXT NOT NULL,
    began_at    BIGINT NOT NULL,
    done_at     BIGINT
);
CREATE INDEX erasures_case ON erasures (case_id, generation);
