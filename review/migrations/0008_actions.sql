-- What platforms are asked to do, what they say of it, and appeals. Plain SQL, as in 0003.

-- Which action a person chose with their word.
CREATE TABLE choices (
    opinion_id TEXT PRIMARY KEY REFERENCES opinions (id),
    action     TEXT NOT NULL
);

-- What is to leave, beside audit entries and alerts: it waits as its decision's alert does,
-- or for nothing where it follows from no decision that can be undone.
CREATE TABLE orders (
    id          TEXT PRIMARY KEY,
    kind        TEXT NOT NULL CHECK (kind IN ('action', 'correction', 'feedback')),
    place       BIGINT NOT NULL, -- they leave in this order
    case_id     TEXT NOT NULL REFERENCES cases (id),
    decision_id TEXT REFERENCES decisions (id),
    record      TEXT NOT NULL,   -- what leaves, byte for byte
    done_at     BIGINT
);
CREATE INDEX orders_pending ON orders (place, id) WHERE done_at IS NULL;
CREATE INDEX orders_place ON orders (place);
CREATE INDEX orders_decision ON orders (decision_id);

-- The actions among them. until_at: when it ends by itself, or 0. ended_by: the action that
-- lifts it or stands in its place.
CREATE TABLE actions (
    id          TEXT PRIMARY KEY REFERENCES orders (id),
    case_id     TEXT NOT NULL REFERENCES cases (id),
    decision_id TEXT REFERENCES decisions (id), -- that it follows from; none for a policy's
    platform    TEXT NOT NULL,
    stream      TEXT NOT NULL,                  -- of a hold or blur
    action      TEXT NOT NULL,
    place       BIGINT NOT NULL,
    at          BIGINT NOT NULL,
    until_at    BIGINT NOT NULL,
    ended_by    TEXT NOT NULL DEFAULT ''
);
CREATE INDEX actions_case ON actions (case_id, place);
CREATE INDEX actions_ended ON actions (ended_by);
CREATE INDEX actions_until ON actions (until_at) WHERE until_at > 0 AND ended_by = '';

-- How far the webhook of an action came.
CREATE TABLE deliveries (
    action_id TEXT PRIMARY KEY REFERENCES actions (id),
    case_id   TEXT NOT NULL,
    platform  TEXT NOT NULL,
    place     BIGINT NOT NULL,
    state     TEXT NOT NULL CHECK (state IN ('waiting', 'delivered', 'failed')),
    attempts  INTEGER NOT NULL,
    status    INTEGER NOT NULL, -- of the last answer; 0 for none
    next_at   BIGINT NOT NULL,
    since_at  BIGINT NOT NULL,
    at        BIGINT NOT NULL   -- of the last attempt
);
CREATE INDEX deliveries_waiting ON deliveries (platform, state, place);

CREATE TABLE receipts (
    action_id TEXT NOT NULL REFERENCES actions (id),
    state     TEXT NOT NULL CHECK (state IN ('accepted', 'done', 'refused')),
    reason    TEXT NOT NULL,
    at        BIGINT NOT NULL,
    PRIMARY KEY (action_id, state, reason, at)
);

-- An account's objection to an action. One an action.
CREATE TABLE appeals (
    id          TEXT PRIMARY KEY,
    action_id   TEXT NOT NULL UNIQUE REFERENCES actions (id),
    case_id     TEXT NOT NULL REFERENCES cases (id),
    platform    TEXT NOT NULL,
    objection   TEXT NOT NULL,
    at          BIGINT NOT NULL,
    due_at      BIGINT NOT NULL,
    outcome     TEXT NOT NULL DEFAULT '' CHECK (outcome IN ('', 'upheld', 'reversed', 'corrected')),
    reason      TEXT NOT NULL DEFAULT '',
    note        TEXT NOT NULL DEFAULT '',
    answered_by TEXT NOT NULL DEFAULT '',
    answered_at BIGINT NOT NULL DEFAULT 0,
    decision_id TEXT REFERENCES decisions (id) -- that the answer made
);
CREATE INDEX appeals_open ON appeals (outcome, due_at, id);
CREATE INDEX appeals_case ON appeals (case_id);
