-- The charter's history is append-only, chained and in date order, whoever writes to the table.

CREATE TRIGGER charter_version_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON charter_version
    FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_change();

CREATE FUNCTION governance_check_chain() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE newest charter_version%ROWTYPE;
BEGIN
    SELECT * INTO newest FROM charter_version ORDER BY version DESC LIMIT 1;
    IF newest.version IS NULL THEN
        IF NEW.version <> 1 OR NEW.previous_hash <> decode(repeat('00', 32), 'hex') THEN
            RAISE EXCEPTION 'the founding charter is version 1' USING ERRCODE = '23514';
        END IF;
    ELSIF NEW.version <> newest.version + 1 OR NEW.previous_hash <> newest.hash THEN
        RAISE EXCEPTION 'charter version % does not follow version %', NEW.version, newest.version
            USING ERRCODE = '23514';
    ELSIF NEW.valid_from < newest.valid_from
        OR NEW.valid_from < (NEW.adopted_at AT TIME ZONE 'UTC')::date THEN
        RAISE EXCEPTION 'a charter cannot begin in the past' USING ERRCODE = '23514';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER charter_version_chain
    BEFORE INSERT ON charter_version
    FOR EACH ROW EXECUTE FUNCTION governance_check_chain();

REVOKE UPDATE, DELETE ON charter_version FROM guild_app;
