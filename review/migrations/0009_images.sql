-- Which images of cases people saw in the clear, why, and how many they may see. Plain SQL,
-- as in 0003.
CREATE TABLE image_views (
    id       TEXT PRIMARY KEY,
    case_id  TEXT NOT NULL REFERENCES cases (id),
    sequence BIGINT NOT NULL,
    frame    TEXT NOT NULL, -- SHA-256 of the picture as it was preserved
    colour   INTEGER NOT NULL CHECK (colour IN (0, 1)),
    reason   TEXT NOT NULL,
    viewer   TEXT NOT NULL,
    at       BIGINT NOT NULL,
    UNIQUE (case_id, sequence)
);
CREATE INDEX image_views_viewer ON image_views (viewer, at);

ALTER TABLE limits ADD COLUMN images_an_hour BIGINT NOT NULL DEFAULT 0;
ALTER TABLE limits ADD COLUMN images_a_day BIGINT NOT NULL DEFAULT 0;
UPDATE limits SET images_an_hour = 20, images_a_day = 60 WHERE person = '';
