-- The tallies in parts, a case's by the first two digits of its id: in PostgreSQL two who
-- change one row wait for each other, and everybody's cases come from the same few places.
DROP TABLE tallies;
CREATE TABLE tallies (
    place TEXT NOT NULL,
    part  TEXT NOT NULL,
    cases BIGINT NOT NULL,
    PRIMARY KEY (place, part)
);
INSERT INTO tallies SELECT place, substr(case_id, 1, 2), count(*) FROM queue GROUP BY 1, 2;
