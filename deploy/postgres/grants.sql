-- What the role that `vigil run` and `vigil review` connect as needs, given by the role
-- that owns the tables after each new version of Vigil has made its own. With psql:
--
--   psql -v schema=public -v role=vigil_run -f grants.sql "$OWNER_URL"
--
-- It makes no tables, and what people saw and decided it can add to and not change, but
-- for the notes.
GRANT USAGE ON SCHEMA :schema TO :role;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA :schema TO :role;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA :schema TO :role;
REVOKE UPDATE, DELETE ON :schema.decisions, :schema.views, :schema.migrations FROM :role;
REVOKE INSERT ON :schema.migrations FROM :role;
-- A note is emptied where a case is erased.
GRANT UPDATE (note) ON :schema.decisions TO :role;
