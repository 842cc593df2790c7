-- What the console reads, and what keeps its people well. Plain SQL, as in 0003.
CREATE INDEX views_viewer ON views (viewer, at);

-- How much a person sees and when they pause: the organisation's under the empty name,
-- a person's own, which counts where it is stricter, under theirs. 0 leaves it open.
CREATE TABLE limits (
    person      TEXT PRIMARY KEY,
    cases_a_day INTEGER NOT NULL CHECK (cases_a_day >= 0),
    pause_after INTEGER NOT NULL CHECK (pause_after >= 0), -- minutes of work
    pause_for   INTEGER NOT NULL CHECK (pause_for >= 0),   -- minutes
    set_by      TEXT NOT NULL,
    at          BIGINT NOT NULL
);
