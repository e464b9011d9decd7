-- What keeps contracts and their evidence true even against our own program.

-- Evidence is never changed or removed, and each entry follows the one before it.
CREATE FUNCTION contract_refuse_change() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'contracts keep their evidence: % on % refused', TG_OP, TG_TABLE_NAME
        USING ERRCODE = '55000', HINT = 'Record a further entry instead.';
END $$;

CREATE TRIGGER contract_evidence_append_only BEFORE UPDATE OR TRUNCATE ON contract_evidence
    FOR EACH STATEMENT EXECUTE FUNCTION contract_refuse_change();

-- What belongs to a contract goes with it, once its time is over, and not before.
CREATE FUNCTION contract_goes_with_it() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM contract c
                    WHERE c.id = OLD.contract_id AND c.erased_at IS NOT NULL) THEN
        RAISE EXCEPTION 'contracts keep their evidence: DELETE on % refused', TG_TABLE_NAME
            USING ERRCODE = '55000', HINT = 'It goes with its contract, when that is erased.';
    END IF;
    RETURN OLD;
END $$;

CREATE TRIGGER contract_evidence_stays BEFORE DELETE ON contract_evidence
    FOR EACH ROW EXECUTE FUNCTION contract_goes_with_it();

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
CREATE TRIGGER contract_offer_kept BEFORE TRUNCATE ON contract_offer
    FOR EACH STATEMENT EXECUTE FUNCTION contract_refuse_change();
CREATE TRIGGER contract_offer_stays BEFORE DELETE ON contract_offer
    FOR EACH ROW EXECUTE FUNCTION contract_goes_with_it();

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
CREATE TRIGGER contract_signer_not_emptied BEFORE TRUNCATE ON contract_signer
    FOR EACH STATEMENT EXECUTE FUNCTION contract_refuse_change();
CREATE TRIGGER contract_signer_stays BEFORE DELETE ON contract_signer
    FOR EACH ROW EXECUTE FUNCTION contract_goes_with_it();

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
CREATE TRIGGER signature_request_not_emptied BEFORE TRUNCATE ON signature_request
    FOR EACH STATEMENT EXECUTE FUNCTION contract_refuse_change();
CREATE TRIGGER signature_request_stays BEFORE DELETE ON signature_request
    FOR EACH ROW EXECUTE FUNCTION contract_goes_with_it();

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
CREATE TRIGGER signing_objection_not_emptied BEFORE TRUNCATE ON signing_objection
    FOR EACH STATEMENT EXECUTE FUNCTION contract_refuse_change();
CREATE TRIGGER signing_objection_stays BEFORE DELETE ON signing_objection
    FOR EACH ROW EXECUTE FUNCTION contract_goes_with_it();
CREATE TRIGGER contract_voiding_not_emptied BEFORE TRUNCATE ON contract_voiding
    FOR EACH STATEMENT EXECUTE FUNCTION contract_refuse_change();
CREATE TRIGGER contract_voiding_stays BEFORE DELETE ON contract_voiding
    FOR EACH ROW EXECUTE FUNCTION contract_goes_with_it();

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
    IF OLD.erased_at IS NOT NULL THEN
        RAISE EXCEPTION 'contract % is erased', OLD.number USING ERRCODE = '55000';
    END IF;
    -- After its time it is erased down to its frame: a CHECK says what may be left. Its years count
    -- from its end, and an amendment goes only with the contract that it amends.
    IF NEW.erased_at IS NOT NULL THEN
        IF OLD.state NOT IN ('completed', 'terminated', 'applied', 'void')
           OR OLD.retain_until + greatest(0,
                  coalesce(OLD.ended_at, OLD.completed_at, OLD.signed_at)::date
                  - OLD.signed_at::date) >= current_date
           OR (OLD.amends_id IS NOT NULL AND NOT EXISTS (
                 SELECT FROM contract p WHERE p.id = OLD.amends_id AND p.erased_at IS NOT NULL))
           OR ROW(NEW.id, NEW.number, NEW.member_id, NEW.client_id, NEW.contact_id, NEW.state,
                  NEW.net_minor, NEW.currency, NEW.signed_at, NEW.sealed_sha256, NEW.retain_until,
                  NEW.retain_rule, NEW.amends_id)
              IS DISTINCT FROM
              ROW(OLD.id, OLD.number, OLD.member_id, OLD.client_id, OLD.contact_id, OLD.state,
                  OLD.net_minor, OLD.currency, OLD.signed_at, OLD.sealed_sha256, OLD.retain_until,
                  OLD.retain_rule, OLD.amends_id) THEN
            RAISE EXCEPTION 'contract % is kept until %', OLD.number, OLD.retain_until
                USING ERRCODE = '55000';
        END IF;
        RETURN NEW;
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
    IF NEW.title = 'erased' AND NEW.description = ''
       AND ROW(NEW.id, NEW.contract_id, NEW.position, NEW.net_minor, NEW.accepted_minor, NEW.due_on,
               NEW.state, NEW.accepted_at)
           IS NOT DISTINCT FROM
           ROW(OLD.id, OLD.contract_id, OLD.position, OLD.net_minor, OLD.accepted_minor, OLD.due_on,
               OLD.state, OLD.accepted_at)
       AND EXISTS (SELECT FROM contract c
                    WHERE c.id = OLD.contract_id AND c.erased_at IS NOT NULL) THEN
        RETURN NEW;
    END IF;
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
CREATE TRIGGER rep_task_not_emptied BEFORE TRUNCATE ON rep_task
    FOR EACH STATEMENT EXECUTE FUNCTION contract_refuse_change();
CREATE TRIGGER rep_task_stays BEFORE DELETE ON rep_task
    FOR EACH ROW EXECUTE FUNCTION contract_goes_with_it();

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

CREATE TRIGGER contract_paper_stays BEFORE DELETE ON contract_paper
    FOR EACH ROW EXECUTE FUNCTION contract_goes_with_it();

-- A state is reached only from where its lifecycle says, and a row begins at its beginning. The
-- arguments are the first state and the moves, as in "planned>delivered".
CREATE FUNCTION contract_state_moves() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> TG_ARGV[0] THEN
            RAISE EXCEPTION '% does not begin as %', TG_TABLE_NAME, NEW.state
                USING ERRCODE = '55000';
        END IF;
    ELSIF NEW.state <> OLD.state
          AND NOT (OLD.state || '>' || NEW.state) = ANY (TG_ARGV) THEN
        RAISE EXCEPTION '% does not go from % to %', TG_TABLE_NAME, OLD.state, NEW.state
            USING ERRCODE = '55000';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER milestone_moves BEFORE INSERT OR UPDATE ON milestone
    FOR EACH ROW EXECUTE FUNCTION contract_state_moves('planned', 'planned>delivered',
        'changes_requested>delivered', 'delivered>changes_requested', 'delivered>accepted',
        'accepted>invoiced', 'planned>cancelled', 'changes_requested>cancelled');
CREATE TRIGGER time_sheet_moves BEFORE INSERT OR UPDATE ON time_sheet
    FOR EACH ROW EXECUTE FUNCTION contract_state_moves('submitted', 'submitted>approved',
        'submitted>changes_requested', 'changes_requested>submitted', 'approved>invoiced');
CREATE TRIGGER contract_ending_moves BEFORE INSERT OR UPDATE ON contract_ending
    FOR EACH ROW EXECUTE FUNCTION contract_state_moves('proposed', 'proposed>agreed',
        'proposed>deemed_agreed', 'proposed>contested', 'contested>settled');
CREATE TRIGGER contract_case_moves BEFORE INSERT OR UPDATE ON contract_case
    FOR EACH ROW EXECUTE FUNCTION contract_state_moves('open', 'open>answered', 'open>withdrawn',
        'answered>withdrawn', 'open>decided', 'answered>decided');

-- A contract begins as a draft; an amendment is between the same two, and amends no amendment.
CREATE FUNCTION contract_begins() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NEW.state <> 'draft' OR NEW.signed_at IS NOT NULL OR NEW.sealed_at IS NOT NULL
       OR NEW.erased_at IS NOT NULL THEN
        RAISE EXCEPTION 'a contract begins as a draft' USING ERRCODE = '55000';
    END IF;
    IF NEW.amends_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM contract p WHERE p.id = NEW.amends_id AND p.state = 'signed'
           AND p.amends_id IS NULL AND p.member_id = NEW.member_id AND p.client_id = NEW.client_id
           AND p.currency = NEW.currency) THEN
        RAISE EXCEPTION 'an amendment is of a running contract of the same two'
            USING ERRCODE = '55000';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER contract_begins BEFORE INSERT ON contract
    FOR EACH ROW EXECUTE FUNCTION contract_begins();

-- What was handed over, and what was said to it, stays.
CREATE FUNCTION delivery_kept() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NOT EXISTS (SELECT FROM milestone m
                        WHERE m.id = NEW.milestone_id AND m.contract_id = NEW.contract_id) THEN
            RAISE EXCEPTION 'delivery % is of another contract', NEW.id USING ERRCODE = '55000';
        END IF;
        RETURN NEW;
    END IF;
    -- A client who could not answer while the contract was suspended gets her days again.
    IF ROW(NEW.id, NEW.contract_id, NEW.milestone_id, NEW.round, NEW.note, NEW.links,
           NEW.delivered_at)
       IS DISTINCT FROM
       ROW(OLD.id, OLD.contract_id, OLD.milestone_id, OLD.round, OLD.note, OLD.links,
           OLD.delivered_at)
       OR (NEW.answer_by IS DISTINCT FROM OLD.answer_by
           AND (OLD.answered_at IS NOT NULL OR NEW.answer_by < OLD.answer_by
                OR NOT EXISTS (SELECT FROM signing_objection o
                                WHERE o.contract_id = NEW.contract_id AND o.state = 'lifted')))
       OR (OLD.answered_at IS NOT NULL AND ROW(NEW.answered_at, NEW.answer, NEW.answer_note)
           IS DISTINCT FROM ROW(OLD.answered_at, OLD.answer, OLD.answer_note)) THEN
        RAISE EXCEPTION 'delivery % stays as it was made', OLD.id USING ERRCODE = '55000';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER delivery_kept BEFORE INSERT OR UPDATE ON delivery
    FOR EACH ROW EXECUTE FUNCTION delivery_kept();
CREATE TRIGGER delivery_stays BEFORE DELETE ON delivery
    FOR EACH ROW EXECUTE FUNCTION contract_goes_with_it();

CREATE FUNCTION delivery_file_kept() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'UPDATE' OR NOT EXISTS (
        SELECT FROM delivery d JOIN contract c ON c.id = d.contract_id
         WHERE d.id = OLD.delivery_id AND c.erased_at IS NOT NULL) THEN
        RAISE EXCEPTION 'a file that was handed over stays' USING ERRCODE = '55000';
    END IF;
    RETURN OLD;
END $$;

CREATE TRIGGER delivery_file_kept BEFORE UPDATE OR DELETE ON delivery_file
    FOR EACH ROW EXECUTE FUNCTION delivery_file_kept();

-- An accepted milestone was delivered.
CREATE FUNCTION milestone_was_delivered() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM delivery d WHERE d.milestone_id = NEW.id) THEN
        RAISE EXCEPTION 'milestone % was never delivered', NEW.id USING ERRCODE = '55000';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER milestone_was_delivered BEFORE UPDATE ON milestone
    FOR EACH ROW WHEN (NEW.state = 'accepted' AND OLD.state <> 'accepted')
    EXECUTE FUNCTION milestone_was_delivered();

-- Time and costs before the client stay as they are; what belongs to an approved sheet for good.
CREATE FUNCTION on_sheet_kept() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP <> 'INSERT' AND OLD.sheet_id IS NOT NULL
       AND EXISTS (SELECT FROM time_sheet s JOIN contract c ON c.id = s.contract_id
                    WHERE s.id = OLD.sheet_id AND s.state <> 'changes_requested'
                      AND c.erased_at IS NULL) THEN
        RAISE EXCEPTION '% % lies before the client', TG_TABLE_NAME, OLD.id
            USING ERRCODE = '55000';
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    IF NEW.sheet_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM time_sheet s WHERE s.id = NEW.sheet_id AND s.contract_id = NEW.contract_id
           AND s.state IN ('submitted', 'changes_requested')) THEN
        RAISE EXCEPTION '% % belongs on no such sheet', TG_TABLE_NAME, NEW.id
            USING ERRCODE = '55000';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER time_entry_on_sheet BEFORE INSERT OR UPDATE OR DELETE ON time_entry
    FOR EACH ROW EXECUTE FUNCTION on_sheet_kept();
CREATE TRIGGER contract_cost_on_sheet BEFORE INSERT OR UPDATE OR DELETE ON contract_cost
    FOR EACH ROW EXECUTE FUNCTION on_sheet_kept();

CREATE FUNCTION time_sheet_kept() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF ROW(NEW.id, NEW.contract_id, NEW.month) IS DISTINCT FROM ROW(OLD.id, OLD.contract_id, OLD.month)
       OR (OLD.state IN ('approved', 'invoiced')
           AND ROW(NEW.minutes, NEW.time_minor, NEW.costs_minor, NEW.round, NEW.submitted_at,
                   NEW.answer_by, NEW.approved_at, NEW.approved_by, NEW.answer_note)
               IS DISTINCT FROM
               ROW(OLD.minutes, OLD.time_minor, OLD.costs_minor, OLD.round, OLD.submitted_at,
                   OLD.answer_by, OLD.approved_at, OLD.approved_by, OLD.answer_note)) THEN
        RAISE EXCEPTION 'time sheet % stays as it was approved', OLD.id USING ERRCODE = '55000';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER time_sheet_kept BEFORE UPDATE ON time_sheet
    FOR EACH ROW EXECUTE FUNCTION time_sheet_kept();
CREATE TRIGGER time_sheet_stays BEFORE DELETE ON time_sheet
    FOR EACH ROW EXECUTE FUNCTION contract_goes_with_it();

-- A sheet before the client comes to the entries and costs on it.
CREATE FUNCTION time_sheet_adds_up() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    sheet time_sheet;
BEGIN
    SELECT * INTO sheet FROM time_sheet s WHERE s.id = NEW.id;
    IF sheet.id IS NOT NULL AND sheet.state <> 'changes_requested' AND (
           sheet.minutes IS DISTINCT FROM
               (SELECT coalesce(sum(e.minutes), 0) FROM time_entry e WHERE e.sheet_id = sheet.id)
           OR sheet.costs_minor IS DISTINCT FROM
               (SELECT coalesce(sum(c.net_minor), 0) FROM contract_cost c
                 WHERE c.sheet_id = sheet.id)) THEN
        RAISE EXCEPTION 'time sheet % does not come to what is on it', NEW.id
            USING ERRCODE = '23514', CONSTRAINT = 'time_sheet_adds_up', TABLE = 'time_sheet';
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER time_sheet_adds_up AFTER INSERT OR UPDATE ON time_sheet
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION time_sheet_adds_up();

-- What is owed follows from an approved sheet or an agreed ending, and is invoiced once.
CREATE FUNCTION contract_charge_kept() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.invoiced_at IS NOT NULL
           OR (NEW.kind IN ('time', 'cost') AND NOT EXISTS (
                 SELECT FROM time_sheet s WHERE s.id = NEW.sheet_id
                    AND s.contract_id = NEW.contract_id AND s.state = 'approved'))
           OR (NEW.kind = 'kill_fee' AND NOT EXISTS (
                 SELECT FROM contract_ending e WHERE e.contract_id = NEW.contract_id
                    AND e.state IN ('agreed', 'deemed_agreed', 'settled')
                    AND e.kill_fee_minor = NEW.price_minor)) THEN
            RAISE EXCEPTION 'nothing agreed makes this %', NEW.kind USING ERRCODE = '55000';
        END IF;
        RETURN NEW;
    END IF;
    IF OLD.invoiced_at IS NOT NULL
       OR to_jsonb(NEW) - 'invoiced_at' IS DISTINCT FROM to_jsonb(OLD) - 'invoiced_at' THEN
        RAISE EXCEPTION 'charge % stays as it was agreed', OLD.id USING ERRCODE = '55000';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER contract_charge_kept BEFORE INSERT OR UPDATE ON contract_charge
    FOR EACH ROW EXECUTE FUNCTION contract_charge_kept();
CREATE TRIGGER contract_charge_stays BEFORE DELETE ON contract_charge
    FOR EACH ROW EXECUTE FUNCTION contract_goes_with_it();

-- The closing statement keeps its sums; only a decision about a contested one sets the kill fee.
CREATE FUNCTION contract_ending_kept() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF ROW(NEW.id, NEW.contract_id, NEW.ended_by, NEW.notice_until, NEW.accepted_minor,
           NEW.delivered_minor, NEW.not_begun_minor, NEW.kill_fee_bps, NEW.sha256, NEW.proposed_at,
           NEW.answer_by)
       IS DISTINCT FROM
       ROW(OLD.id, OLD.contract_id, OLD.ended_by, OLD.notice_until, OLD.accepted_minor,
           OLD.delivered_minor, OLD.not_begun_minor, OLD.kill_fee_bps, OLD.sha256, OLD.proposed_at,
           OLD.answer_by)
       OR (NEW.kill_fee_minor <> OLD.kill_fee_minor
           AND NOT (OLD.state = 'contested' AND NEW.state = 'settled'))
       OR (OLD.state NOT IN ('proposed', 'contested') AND NEW IS DISTINCT FROM OLD) THEN
        RAISE EXCEPTION 'closing statement % stays as it was made', OLD.id USING ERRCODE = '55000';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER contract_ending_kept BEFORE UPDATE ON contract_ending
    FOR EACH ROW EXECUTE FUNCTION contract_ending_kept();
CREATE TRIGGER contract_ending_stays BEFORE DELETE ON contract_ending
    FOR EACH ROW EXECUTE FUNCTION contract_goes_with_it();

-- A dispute keeps what was said, a decision is final, and nobody decides in her own case.
CREATE FUNCTION contract_case_kept() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF ROW(NEW.id, NEW.contract_id, NEW.opened_by, NEW.matter, NEW.text, NEW.opened_at,
           NEW.answer_by, NEW.decide_by)
       IS DISTINCT FROM
       ROW(OLD.id, OLD.contract_id, OLD.opened_by, OLD.matter, OLD.text, OLD.opened_at,
           OLD.answer_by, OLD.decide_by)
       OR (OLD.answered_at IS NOT NULL
           AND ROW(NEW.answer, NEW.answered_at) IS DISTINCT FROM ROW(OLD.answer, OLD.answered_at))
       OR (OLD.state IN ('decided', 'withdrawn') AND NEW IS DISTINCT FROM OLD) THEN
        RAISE EXCEPTION 'dispute % stays as it was said', OLD.id USING ERRCODE = '55000';
    END IF;
    IF NEW.state = 'decided' AND (NEW.decided_by IS NULL OR NEW.outcome IS NULL OR EXISTS (
        SELECT FROM contract c WHERE c.id = NEW.contract_id AND c.member_id = NEW.decided_by)) THEN
        RAISE EXCEPTION 'nobody decides in her own case'
            USING ERRCODE = '23514', CONSTRAINT = 'contract_case_decided_by_another',
                  TABLE = 'contract_case';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER contract_case_kept BEFORE UPDATE ON contract_case
    FOR EACH ROW EXECUTE FUNCTION contract_case_kept();
CREATE TRIGGER contract_case_stays BEFORE DELETE ON contract_case
    FOR EACH ROW EXECUTE FUNCTION contract_goes_with_it();

CREATE TRIGGER contract_performing_not_emptied BEFORE TRUNCATE ON delivery
    FOR EACH STATEMENT EXECUTE FUNCTION contract_refuse_change();
REVOKE DELETE, TRUNCATE ON delivery, delivery_file, time_sheet, contract_charge, contract_ending,
    contract_case FROM guild_app;
REVOKE UPDATE ON delivery_file FROM guild_app;
REVOKE TRUNCATE ON time_entry, contract_cost FROM guild_app;

-- What was said in the talk about an offer stays said.
CREATE TRIGGER contract_remark_append_only BEFORE UPDATE OR TRUNCATE ON contract_remark
    FOR EACH STATEMENT EXECUTE FUNCTION contract_refuse_change();
CREATE TRIGGER contract_remark_stays BEFORE DELETE ON contract_remark
    FOR EACH ROW EXECUTE FUNCTION contract_goes_with_it();
REVOKE UPDATE, DELETE, TRUNCATE ON contract_remark FROM guild_app;

-- An address that was revoked never works again, and none changes hands.
CREATE FUNCTION calendar_feed_kept() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF OLD.revoked_at IS NOT NULL
       OR ROW(NEW.id, NEW.member_id, NEW.token_hash) IS DISTINCT FROM
          ROW(OLD.id, OLD.member_id, OLD.token_hash) THEN
        RAISE EXCEPTION 'calendar % stays as it was made', OLD.id USING ERRCODE = '55000';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER calendar_feed_kept BEFORE UPDATE ON calendar_feed
    FOR EACH ROW EXECUTE FUNCTION calendar_feed_kept();

-- What is said of an erasure stays said.
CREATE TRIGGER contract_erasure_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON contract_erasure
    FOR EACH STATEMENT EXECUTE FUNCTION contract_refuse_change();
REVOKE UPDATE, DELETE, TRUNCATE ON contract_erasure FROM guild_app;

-- Take away all rows about an erased contract; returns how many of each table. The triggers above
-- and below hold here too: of a contract that is not erased nothing goes.
CREATE FUNCTION contract_wipe(wanted uuid) RETURNS jsonb LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    counts jsonb := '{}';
    gone bigint;
    one text;
BEGIN
    IF NOT EXISTS (SELECT FROM contract c WHERE c.id = wanted AND c.erased_at IS NOT NULL) THEN
        RAISE EXCEPTION 'contract % is not erased', wanted USING ERRCODE = '55000';
    END IF;
    UPDATE contract_signer SET delegated_by_id = NULL
     WHERE contract_id = wanted AND delegated_by_id IS NOT NULL;
    DELETE FROM delivery_file f USING delivery d
     WHERE d.id = f.delivery_id AND d.contract_id = wanted;
    GET DIAGNOSTICS gone = ROW_COUNT;
    counts := counts || jsonb_build_object('delivery_file', gone);
    FOREACH one IN ARRAY ARRAY[
        'signature_request', 'signing_objection', 'contract_voiding',
        'contract_evidence', 'contract_offer', 'contract_signer', 'contract_paper', 'rep_task',
        'delivery', 'time_entry', 'contract_cost', 'contract_charge', 'time_sheet',
        'contract_ending', 'contract_case', 'contract_remark'] LOOP
        EXECUTE format('DELETE FROM public.%I WHERE contract_id = $1', one) USING wanted;
        GET DIAGNOSTICS gone = ROW_COUNT;
        counts := counts || jsonb_build_object(one, gone);
    END LOOP;
    UPDATE milestone SET title = 'erased', description = '' WHERE contract_id = wanted;
    RETURN counts;
END $$;

REVOKE UPDATE, DELETE, TRUNCATE ON contract_template_version FROM guild_app;
REVOKE DELETE, TRUNCATE ON rep_task, contract_paper FROM guild_app;
REVOKE UPDATE, DELETE, TRUNCATE ON contract_evidence FROM guild_app;
REVOKE DELETE, TRUNCATE ON contract_offer, contract_signer, milestone FROM guild_app;
