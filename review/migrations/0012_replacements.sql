-- Decisions that do not stand any more, since another was made on an appeal. Plain SQL, as in
-- 0003.
CREATE TABLE replacements (
    decision_id TEXT PRIMARY KEY REFERENCES decisions (id),
    by_decision TEXT NOT NULL REFERENCES decisions (id),
    outcome     TEXT NOT NULL CHECK (outcome IN ('reversed', 'corrected'))
);
CREATE INDEX replacements_by ON replacements (by_decision);
-- What was answered before: of each appeal the confirmations since the last dismissal.
INSERT INTO replacements (decision_id, by_decision, outcome)
SELECT d.id, n.id, a.outcome
FROM appeals a JOIN decisions n ON n.id = a.decision_id
    JOIN decisions d ON d.case_id = n.case_id AND d.sequence < n.sequence AND d.verdict = 'confirm'
    LEFT JOIN procedures p ON p.decision_id = d.id
WHERE p.undone_at IS NULL
    AND NOT EXISTS (
        SELECT 1 FROM decisions b LEFT JOIN procedures q ON q.decision_id = b.id
        WHERE b.case_id = d.case_id AND b.verdict = 'dismiss' AND b.sequence > d.sequence AND b.sequence < n.sequence AND q.undone_at IS NULL)
    AND NOT EXISTS (
        SELECT 1 FROM appeals e JOIN decisions m ON m.id = e.decision_id
        WHERE m.case_id = d.case_id AND m.sequence > d.sequence AND m.sequence < n.sequence);
