-- Facts are history: they are added, never changed or removed, by whoever writes to the table.
CREATE FUNCTION core_refuse_change() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP
        USING ERRCODE = '55000';
END $$;

CREATE TRIGGER event_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON event
    FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_change();

-- An answer that was given stays as it was given; old ones may be swept.
CREATE TRIGGER idempotency_unchanged BEFORE UPDATE OR TRUNCATE ON idempotency
    FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_change();
