-- Decisions, draws and the log of openings are history.
CREATE TRIGGER claim_decision_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON claim_decision
    FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_change();
CREATE TRIGGER claim_access_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON claim_access
    FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_change();
CREATE TRIGGER jury_draw_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON jury_draw
    FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_change();
CREATE TRIGGER advance_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON advance
    FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_change();
REVOKE UPDATE, DELETE ON claim_decision, claim_access, jury_draw, advance FROM guild_app;
REVOKE DELETE ON advance_loss, claim, claim_evidence, claim_payout, juror, levied_invoice, guarantee_reservation
    FROM guild_app;

-- Nobody judges her own claim, whatever the program believes.
CREATE FUNCTION juror_is_not_claimant() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM claim WHERE id = NEW.claim_id AND member_id = NEW.member_id) THEN
        RAISE EXCEPTION 'nobody judges her own claim' USING ERRCODE = '42501';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER juror_is_not_claimant BEFORE INSERT OR UPDATE ON juror
    FOR EACH ROW EXECUTE FUNCTION juror_is_not_claimant();

-- A verdict is given once and stays as it was given.
CREATE FUNCTION juror_verdict_stays() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'a verdict is given once' USING ERRCODE = '55000';
END $$;

CREATE TRIGGER juror_verdict_stays BEFORE UPDATE ON juror
    FOR EACH ROW WHEN (OLD.state = 'done') EXECUTE FUNCTION juror_verdict_stays();
