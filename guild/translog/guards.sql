-- The log only grows. A superuser could drop these triggers: that is what checkpoints kept by
-- others, and the consistency proofs between them, are for.
CREATE FUNCTION translog_refuse_change() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'the log is append-only: % on % refused', TG_OP, TG_TABLE_NAME
        USING ERRCODE = '55000', HINT = 'State what changed in a new leaf.';
END $$;

CREATE TRIGGER translog_leaf_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON translog_leaf
    FOR EACH STATEMENT EXECUTE FUNCTION translog_refuse_change();
CREATE TRIGGER translog_place_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON translog_place
    FOR EACH STATEMENT EXECUTE FUNCTION translog_refuse_change();
CREATE TRIGGER translog_node_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON translog_node
    FOR EACH STATEMENT EXECUTE FUNCTION translog_refuse_change();
CREATE TRIGGER translog_checkpoint_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON translog_checkpoint
    FOR EACH STATEMENT EXECUTE FUNCTION translog_refuse_change();

-- Places follow one another without gaps, whoever assigns them.
CREATE FUNCTION translog_place_follows() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    first bigint;
    last bigint;
    how_many bigint;
BEGIN
    SELECT min(idx), max(idx), count(*) INTO first, last, how_many FROM added;
    IF how_many = 0 THEN
        RETURN NULL;
    END IF;
    IF last - first + 1 <> how_many
       OR (first > 0 AND NOT EXISTS (SELECT FROM translog_place p WHERE p.idx = first - 1)) THEN
        RAISE EXCEPTION 'places in the log have no gaps'
            USING ERRCODE = '23514', CONSTRAINT = 'translog_place_follows',
                  TABLE = 'translog_place';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER translog_place_follows AFTER INSERT ON translog_place
    REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION translog_place_follows();

-- A leaf leaves the queue only for its place.
CREATE FUNCTION translog_pending_placed() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM translog_place p WHERE p.leaf_id = OLD.leaf_id) THEN
        RAISE EXCEPTION 'leaf % would be lost from the log', OLD.leaf_id
            USING ERRCODE = '23514', CONSTRAINT = 'translog_pending_placed',
                  TABLE = 'translog_pending';
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER translog_pending_placed AFTER DELETE OR UPDATE ON translog_pending
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION translog_pending_placed();

REVOKE UPDATE, DELETE, TRUNCATE ON translog_leaf, translog_place, translog_node,
    translog_checkpoint FROM guild_app;
REVOKE UPDATE, TRUNCATE ON translog_pending FROM guild_app;
