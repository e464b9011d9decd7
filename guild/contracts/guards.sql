-- What keeps contracts and their evidence true even against our own program.

-- Evidence is never changed or removed, and each entry follows the one before it.
CREATE FUNCTION contract_refuse_change() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'contracts keep their evidence: % on % refused', TG_OP, TG_TABLE_NAME
        USING ERRCODE = '55000', HINT = 'Record a further entry instead.';
END $$;

CREATE TRIGGER contract_evidence_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON contract_evidence
    FOR EACH STATEMENT EXECUTE FUNCTION contract_refuse_change();

CREATE FUNCTION contract_evidence_follows() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    former text;
BEGIN
    SELECT body_sha256 INTO former FROM contract_evidence
     WHERE contract_id = NEW.contract_id AND seq = NEW.seq - 1;
    IF NEW.previous_sha256 IS DISTINCT FROM coalesce(former, repeat('0', 64))
       OR (former IS NULL AND NEW.seq <> 1)
       OR NEW.body_sha256 <> encode(sha256(NEW.body), 'hex') THEN
        RAISE EXCEPTION 'evidence % of contract % does not follow', NEW.seq, NEW.contract_id
            USING ERRCODE = '23514', CONSTRAINT = 'contract_evidence_follows',
                  TABLE = 'contract_evidence';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER contract_evidence_follows BEFORE INSERT ON contract_evidence
    FOR EACH ROW EXECUTE FUNCTION contract_evidence_follows();

-- What was offered stays as it was offered; only how it fared is written to the row.
CREATE FUNCTION contract_offer_frozen() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF ROW(NEW.id, NEW.contract_id, NEW.version, NEW.terms_json, NEW.terms_sha256, NEW.shown_html,
           NEW.shown_sha256, NEW.template_version, NEW.language, NEW.findings,
           NEW.charter_version, NEW.contact_id, NEW.email, NEW.sent_at, NEW.member_name_typed)
       IS DISTINCT FROM
       ROW(OLD.id, OLD.contract_id, OLD.version, OLD.terms_json, OLD.terms_sha256, OLD.shown_html,
           OLD.shown_sha256, OLD.template_version, OLD.language, OLD.findings,
           OLD.charter_version, OLD.contact_id, OLD.email, OLD.sent_at, OLD.member_name_typed)
       OR (OLD.answered_at IS NOT NULL AND ROW(NEW.answered_at, NEW.answer, NEW.answer_reason,
           NEW.answer_note) IS DISTINCT FROM ROW(OLD.answered_at, OLD.answer, OLD.answer_reason,
           OLD.answer_note)) THEN
        RAISE EXCEPTION 'offer % was sent and stays as it is', OLD.id
            USING ERRCODE = '55000', HINT = 'Send a new version.';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER contract_offer_frozen BEFORE UPDATE ON contract_offer
    FOR EACH ROW EXECUTE FUNCTION contract_offer_frozen();
CREATE TRIGGER contract_offer_kept BEFORE DELETE OR TRUNCATE ON contract_offer
    FOR EACH STATEMENT EXECUTE FUNCTION contract_refuse_change();

-- A signed contract keeps its terms, parties and price, and is kept until its day (six years, or
-- longer where the law asks for it).
CREATE FUNCTION contract_signed_kept() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF OLD.signed_at IS NULL THEN
        RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
    END IF;
    IF TG_OP = 'DELETE' THEN
        IF OLD.retain_until IS NULL OR OLD.retain_until >= current_date THEN
            RAISE EXCEPTION 'contract % is kept until %', OLD.number, OLD.retain_until
                USING ERRCODE = '55000';
        END IF;
        RETURN OLD;
    END IF;
    IF ROW(NEW.number, NEW.member_id, NEW.client_id, NEW.contact_id, NEW.version, NEW.terms,
           NEW.currency, NEW.net_minor, NEW.payment_term_days, NEW.acceptance_silence_days,
           NEW.revision_rounds, NEW.law_country, NEW.law_region, NEW.charter_version,
           NEW.signed_at)
       IS DISTINCT FROM
       ROW(OLD.number, OLD.member_id, OLD.client_id, OLD.contact_id, OLD.version, OLD.terms,
           OLD.currency, OLD.net_minor, OLD.payment_term_days, OLD.acceptance_silence_days,
           OLD.revision_rounds, OLD.law_country, OLD.law_region, OLD.charter_version,
           OLD.signed_at)
       OR NEW.state NOT IN ('signed', 'completed', 'terminated')
       OR NEW.retain_until IS NULL
       OR NEW.retain_until < coalesce(OLD.retain_until, NEW.retain_until) THEN
        RAISE EXCEPTION 'contract % is signed and stays as it is', OLD.number
            USING ERRCODE = '55000';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER contract_signed_kept BEFORE UPDATE OR DELETE ON contract
    FOR EACH ROW EXECUTE FUNCTION contract_signed_kept();

-- A milestone keeps its price, and what was accepted stays accepted.
CREATE FUNCTION milestone_kept() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF ROW(NEW.id, NEW.contract_id, NEW.position, NEW.title, NEW.net_minor, NEW.due_on)
       IS DISTINCT FROM
       ROW(OLD.id, OLD.contract_id, OLD.position, OLD.title, OLD.net_minor, OLD.due_on)
       OR (OLD.accepted_at IS NOT NULL AND ROW(NEW.accepted_at, NEW.accepted_by)
           IS DISTINCT FROM ROW(OLD.accepted_at, OLD.accepted_by)) THEN
        RAISE EXCEPTION 'milestone % stays as it was agreed', OLD.id USING ERRCODE = '55000';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER milestone_kept BEFORE UPDATE ON milestone
    FOR EACH ROW EXECUTE FUNCTION milestone_kept();
CREATE TRIGGER milestone_stays BEFORE DELETE OR TRUNCATE ON milestone
    FOR EACH STATEMENT EXECUTE FUNCTION contract_refuse_change();

REVOKE UPDATE, DELETE, TRUNCATE ON contract_evidence FROM guild_app;
REVOKE DELETE, TRUNCATE ON contract_offer, milestone FROM guild_app;
