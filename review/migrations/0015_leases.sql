-- Who of several processes does what one does for all, until when. Plain SQL, as in 0003.
CREATE TABLE leases (
    name     TEXT PRIMARY KEY,
    holder   TEXT NOT NULL,
    until_at BIGINT NOT NULL
);
