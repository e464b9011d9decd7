-- What was issued stays as it was issued: rows are added, never changed or removed.
CREATE TRIGGER document_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON document
    FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_change();

REVOKE UPDATE, DELETE ON document FROM guild_app;
