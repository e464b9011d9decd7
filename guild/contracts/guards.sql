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
           NEW.rules, NEW.charter_version, NEW.contact_id, NEW.email, NEW.sent_at, NEW.member_name_typed,
           NEW.signature_level)
       IS DISTINCT FROM
       ROW(OLD.id, OLD.contract_id, OLD.version, OLD.terms_json, OLD.terms_sha256, OLD.shown_html,
           OLD.shown_sha256, OLD.template_version, OLD.language, OLD.findings,
           OLD.rules, OLD.charter_version, OLD.contact_id, OLD.email, OLD.sent_at, OLD.member_name_typed,
           OLD.signature_level)
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

-- Who signed, has signed; the people of a version stay who they were.
CREATE FUNCTION contract_signer_kept() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF ROW(NEW.id, NEW.contract_id, NEW.version, NEW.contact_id, NEW.name, NEW.email, NEW.role,
           NEW.rank, NEW.needed, NEW.delegated_by_id)
       IS DISTINCT FROM
       ROW(OLD.id, OLD.contract_id, OLD.version, OLD.contact_id, OLD.name, OLD.email, OLD.role,
           OLD.rank, OLD.needed, OLD.delegated_by_id)
       OR (OLD.signed_at IS NOT NULL AND NEW.signed_at IS DISTINCT FROM OLD.signed_at) THEN
        RAISE EXCEPTION 'signer % stays as she was asked', OLD.id USING ERRCODE = '55000';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER contract_signer_kept BEFORE UPDATE ON contract_signer
    FOR EACH ROW EXECUTE FUNCTION contract_signer_kept();
CREATE TRIGGER contract_signer_stays BEFORE DELETE OR TRUNCATE ON contract_signer
    FOR EACH STATEMENT EXECUTE FUNCTION contract_refuse_change();

-- What a prepared signature was to sign never changes, and it is closed once.
CREATE FUNCTION signature_request_kept() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF ROW(NEW.id, NEW.contract_id, NEW.version, NEW.signer_id, NEW.level, NEW.said,
           NEW.shown_sha256, NEW.manifest_sha256, NEW.entries, NEW.asked_at)
       IS DISTINCT FROM
       ROW(OLD.id, OLD.contract_id, OLD.version, OLD.signer_id, OLD.level, OLD.said,
           OLD.shown_sha256, OLD.manifest_sha256, OLD.entries, OLD.asked_at)
       OR OLD.state <> 'open' THEN
        RAISE EXCEPTION 'signature request % stays as it was made', OLD.id USING ERRCODE = '55000';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER signature_request_kept BEFORE UPDATE ON signature_request
    FOR EACH ROW EXECUTE FUNCTION signature_request_kept();
CREATE TRIGGER signature_request_stays BEFORE DELETE OR TRUNCATE ON signature_request
    FOR EACH STATEMENT EXECUTE FUNCTION contract_refuse_change();

-- A contract becomes void only because both sides said so, or a rep upheld an objection.
CREATE FUNCTION contract_void_needs_two() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NEW.state = 'void' AND OLD.state <> 'void'
       AND NOT EXISTS (SELECT 1 FROM contract_voiding v
                        WHERE v.contract_id = NEW.id AND v.state = 'confirmed')
       AND NOT EXISTS (SELECT 1 FROM signing_objection o
                        WHERE o.contract_id = NEW.id AND o.state = 'upheld') THEN
        RAISE EXCEPTION 'contract % is not made void by one side', NEW.number
            USING ERRCODE = '42501';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER contract_void_needs_two BEFORE UPDATE OF state ON contract
    FOR EACH ROW EXECUTE FUNCTION contract_void_needs_two();

-- Nobody decides about an objection to her own contract, and what is decided stays.
CREATE FUNCTION signing_objection_decided() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF OLD.state <> 'open'
       OR ROW(NEW.id, NEW.contract_id, NEW.signer_id, NEW.kind, NEW.text, NEW.raised_at)
          IS DISTINCT FROM
          ROW(OLD.id, OLD.contract_id, OLD.signer_id, OLD.kind, OLD.text, OLD.raised_at)
       OR (NEW.decided_by IS NOT NULL AND NEW.decided_by =
           (SELECT c.member_id FROM contract c WHERE c.id = NEW.contract_id)) THEN
        RAISE EXCEPTION 'objection % is decided once, by somebody else', OLD.id
            USING ERRCODE = '42501';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER signing_objection_decided BEFORE UPDATE ON signing_objection
    FOR EACH ROW EXECUTE FUNCTION signing_objection_decided();
CREATE TRIGGER signing_objection_stays BEFORE DELETE OR TRUNCATE ON signing_objection
    FOR EACH STATEMENT EXECUTE FUNCTION contract_refuse_change();
CREATE TRIGGER contract_voiding_stays BEFORE DELETE OR TRUNCATE ON contract_voiding
    FOR EACH STATEMENT EXECUTE FUNCTION contract_refuse_change();

-- A signed contract keeps its terms, parties and price, and is kept until its day (six years, or
-- longer where the law asks for it).
CREATE FUNCTION contract_signed_kept() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    amended boolean;
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
    -- Other terms come only from an amendment that both sides have signed.
    amended := NEW.amended_at IS DISTINCT FROM OLD.amended_at AND EXISTS (
        SELECT 1 FROM contract a
         WHERE a.amends_id = OLD.id AND a.state = 'applied' AND a.signed_at IS NOT NULL
           AND a.terms = NEW.terms AND a.net_minor = NEW.net_minor);
    IF ROW(NEW.number, NEW.member_id, NEW.client_id, NEW.contact_id, NEW.version, NEW.currency,
           NEW.paper_sha256, NEW.signed_at, NEW.amends_id, NEW.amends_sha256)
       IS DISTINCT FROM
       ROW(OLD.number, OLD.member_id, OLD.client_id, OLD.contact_id, OLD.version, OLD.currency,
           OLD.paper_sha256, OLD.signed_at, OLD.amends_id, OLD.amends_sha256)
       OR NOT amended AND ROW(NEW.terms, NEW.amended_at, NEW.net_minor, NEW.payment_term_days,
           NEW.acceptance_silence_days, NEW.revision_rounds, NEW.kind, NEW.kill_fee_bps,
           NEW.deposit_bps, NEW.notice_days, NEW.law_country, NEW.law_region, NEW.charter_version)
       IS DISTINCT FROM
       ROW(OLD.terms, OLD.amended_at, OLD.net_minor, OLD.payment_term_days,
           OLD.acceptance_silence_days, OLD.revision_rounds, OLD.kind, OLD.kill_fee_bps,
           OLD.deposit_bps, OLD.notice_days, OLD.law_country, OLD.law_region, OLD.charter_version)
       OR NEW.state NOT IN ('signed', 'completed', 'terminated', 'applied', 'suspended', 'void')
       OR (OLD.state = 'void' AND NEW.state <> 'void')
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
       OR (OLD.accepted_at IS NOT NULL AND ROW(NEW.accepted_at, NEW.accepted_by, NEW.accepted_minor)
           IS DISTINCT FROM ROW(OLD.accepted_at, OLD.accepted_by, OLD.accepted_minor))
       OR (OLD.state = 'cancelled' AND NEW.state <> 'cancelled') THEN
        RAISE EXCEPTION 'milestone % stays as it was agreed', OLD.id USING ERRCODE = '55000';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER milestone_kept BEFORE UPDATE ON milestone
    FOR EACH ROW EXECUTE FUNCTION milestone_kept();
CREATE TRIGGER milestone_stays BEFORE DELETE OR TRUNCATE ON milestone
    FOR EACH STATEMENT EXECUTE FUNCTION contract_refuse_change();

-- A template's versions stay as they were saved; a contract may have been made from one.
CREATE TRIGGER contract_template_version_kept
    BEFORE UPDATE OR DELETE OR TRUNCATE ON contract_template_version
    FOR EACH STATEMENT EXECUTE FUNCTION contract_refuse_change();

-- A rep's answer stays, and so does a client's paper once it has been read.
CREATE FUNCTION rep_task_kept() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF OLD.state <> 'requested' AND NEW IS DISTINCT FROM OLD THEN
        RAISE EXCEPTION 'task % is answered and stays as it is', OLD.id
            USING ERRCODE = '55000', HINT = 'Ask again.';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER rep_task_kept BEFORE UPDATE ON rep_task
    FOR EACH ROW EXECUTE FUNCTION rep_task_kept();
CREATE TRIGGER rep_task_stays BEFORE DELETE OR TRUNCATE ON rep_task
    FOR EACH STATEMENT EXECUTE FUNCTION contract_refuse_change();

CREATE FUNCTION contract_paper_kept() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF OLD.state <> 'reading' AND NEW IS DISTINCT FROM OLD THEN
        RAISE EXCEPTION 'paper % was read and stays as it is', OLD.id
            USING ERRCODE = '55000', HINT = 'Upload another file.';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER contract_paper_kept BEFORE UPDATE ON contract_paper
    FOR EACH ROW EXECUTE FUNCTION contract_paper_kept();

REVOKE UPDATE, DELETE, TRUNCATE ON contract_template_version FROM guild_app;
REVOKE DELETE, TRUNCATE ON rep_task, contract_paper FROM guild_app;
REVOKE UPDATE, DELETE, TRUNCATE ON contract_evidence FROM guild_app;
REVOKE DELETE, TRUNCATE ON contract_offer, contract_signer, milestone FROM guild_app;
