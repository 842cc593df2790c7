-- How many cases wait in each place, kept as they come and go: counting a hundred
-- thousand of them for every page takes longer than the page. Plain SQL, as in 0003.
CREATE TABLE tallies (
    place TEXT PRIMARY KEY,
    cases BIGINT NOT NULL
);
INSERT INTO tallies SELECT place, count(*) FROM queue GROUP BY place;
CREATE INDEX queue_since ON queue (place, since_at);
