-- What of alerts into queues is not over, for the pages that count it. Plain SQL, as in 0003.
CREATE INDEX queued_open ON queued (state, due_at) WHERE state NOT IN ('filed', 'withdrawn');
