-- What the audit log says of deliveries and the store did not know, since it was restored from
-- a backup. Of one that is ordered later it says where that stands. Plain SQL, as in 0003.
CREATE TABLE reconciled (
    alert    TEXT PRIMARY KEY,
    state    TEXT NOT NULL CHECK (state IN ('filed', 'unknown')),
    receipt  TEXT NOT NULL,
    revision BIGINT NOT NULL,
    journal  BLOB NOT NULL
);
