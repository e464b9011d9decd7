-- Money at the bank, guarded against our own program and against anyone with an SQL prompt.

-- Statements, files, matches and approvals are evidence: added, never changed.
CREATE FUNCTION treasury_refuse_change() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RAISE EXCEPTION '% on % refused: the treasury''s evidence is append-only', TG_OP, TG_TABLE_NAME
        USING ERRCODE = '55000';
END $$;

REVOKE UPDATE, DELETE ON bank_statement_file, bank_statement, bank_match, payout_approval
    FROM guild_app;
REVOKE DELETE ON coop_bank_account, bank_entry, payout, payment_batch FROM guild_app;
REVOKE UPDATE, DELETE ON payee_check, payout_run_skip, payment_status_report FROM guild_app;
REVOKE DELETE ON payout_run, sepa_mandate, direct_debit, income_statement, employment
    FROM guild_app;
GRANT UPDATE (content_sealed) ON payment_status_report TO guild_app;
CREATE TRIGGER payee_check_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON payee_check
    FOR EACH STATEMENT EXECUTE FUNCTION treasury_refuse_change();
CREATE TRIGGER payment_status_report_append_only
    BEFORE UPDATE OF sha256, message_id, batch_id, accepted, rejected OR DELETE OR TRUNCATE
    ON payment_status_report FOR EACH STATEMENT EXECUTE FUNCTION treasury_refuse_change();
CREATE TRIGGER payout_run_kept BEFORE DELETE OR TRUNCATE ON payout_run
    FOR EACH STATEMENT EXECUTE FUNCTION treasury_refuse_change();
CREATE TRIGGER sepa_mandate_kept BEFORE DELETE OR TRUNCATE ON sepa_mandate
    FOR EACH STATEMENT EXECUTE FUNCTION treasury_refuse_change();
CREATE TRIGGER direct_debit_kept BEFORE DELETE OR TRUNCATE ON direct_debit
    FOR EACH STATEMENT EXECUTE FUNCTION treasury_refuse_change();

-- A file's seal may be renewed under a newer key. That it still is the file of this hash is proved
-- whenever it is opened: the seal is bound to the hash, and the hash is the row's key.
GRANT UPDATE (content_sealed) ON bank_statement_file TO guild_app;
CREATE TRIGGER bank_statement_file_append_only
    BEFORE UPDATE OF sha256 OR DELETE OR TRUNCATE ON bank_statement_file
    FOR EACH STATEMENT EXECUTE FUNCTION treasury_refuse_change();
CREATE TRIGGER bank_statement_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON bank_statement
    FOR EACH STATEMENT EXECUTE FUNCTION treasury_refuse_change();
REVOKE UPDATE, DELETE ON bank_cost_match FROM guild_app;
REVOKE DELETE ON allocation_objection FROM guild_app;
CREATE TRIGGER bank_cost_match_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON bank_cost_match
    FOR EACH STATEMENT EXECUTE FUNCTION treasury_refuse_change();
CREATE TRIGGER bank_match_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON bank_match
    FOR EACH STATEMENT EXECUTE FUNCTION treasury_refuse_change();
CREATE TRIGGER payout_approval_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON payout_approval
    FOR EACH STATEMENT EXECUTE FUNCTION treasury_refuse_change();
CREATE TRIGGER bank_entry_kept BEFORE DELETE OR TRUNCATE ON bank_entry
    FOR EACH STATEMENT EXECUTE FUNCTION treasury_refuse_change();
CREATE TRIGGER payout_kept BEFORE DELETE OR TRUNCATE ON payout
    FOR EACH STATEMENT EXECUTE FUNCTION treasury_refuse_change();
CREATE TRIGGER payment_batch_kept BEFORE DELETE OR TRUNCATE ON payment_batch
    FOR EACH STATEMENT EXECUTE FUNCTION treasury_refuse_change();

-- A statement begins where the one before it ended, and its entries make the difference. Checked
-- at commit, when the entries are there.
CREATE FUNCTION bank_statement_adds_up() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    moved bigint;
    counted bigint;
    former bigint;
BEGIN
    SELECT coalesce(sum(amount_minor), 0), count(*) INTO moved, counted
      FROM bank_entry WHERE statement_id = NEW.id AND parent_id IS NULL;
    SELECT closing_minor INTO former
      FROM bank_statement WHERE id = NEW.previous_id AND account_id = NEW.account_id;
    IF NEW.opening_minor + moved <> NEW.closing_minor OR counted <> NEW.entries THEN
        RAISE EXCEPTION 'the entries of statement % do not make its balances', NEW.id
            USING ERRCODE = '23514', CONSTRAINT = 'bank_statement_adds_up',
                  TABLE = 'bank_statement';
    END IF;
    IF NEW.previous_id IS NOT NULL AND former IS DISTINCT FROM NEW.opening_minor THEN
        RAISE EXCEPTION 'statement % does not follow the one before it', NEW.id
            USING ERRCODE = '23514', CONSTRAINT = 'bank_statement_no_gap',
                  TABLE = 'bank_statement';
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER bank_statement_adds_up AFTER INSERT ON bank_statement
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION bank_statement_adds_up();

-- Entries are of a statement, of its account and currency, and come with it; nothing is added to it
-- later but the payments inside a batch that it booked as one sum, which make that sum. One question
-- for all that are added together, in the place of two foreign keys.
CREATE FUNCTION bank_entry_of_statement() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (
        SELECT FROM (SELECT DISTINCT statement_id, account_id, currency FROM added) a
          LEFT JOIN bank_statement s ON s.id = a.statement_id
            AND s.account_id = a.account_id AND s.currency = a.currency
         WHERE s.id IS NULL
            OR s.entries < (SELECT count(*) FROM bank_entry e
                             WHERE e.statement_id = s.id AND e.parent_id IS NULL))
        OR EXISTS (
        SELECT FROM (SELECT DISTINCT parent_id FROM added WHERE parent_id IS NOT NULL) a
          LEFT JOIN bank_entry p ON p.id = a.parent_id AND p.state = 'divided'
         WHERE p.id IS NULL
            OR p.amount_minor <> (SELECT sum(e.amount_minor) FROM bank_entry e
                WHERE e.parent_id = p.id AND e.statement_id = p.statement_id
                  AND e.account_id = p.account_id AND e.booked_on = p.booked_on))
    THEN
        RAISE EXCEPTION 'a bank entry is of a statement, and comes with it'
            USING ERRCODE = '23503', CONSTRAINT = 'bank_entry_of_statement', TABLE = 'bank_entry';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER bank_entry_of_statement AFTER INSERT ON bank_entry
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION bank_entry_of_statement();

-- What the bank said about an entry stays; only our explanation of it is added, once.
CREATE FUNCTION bank_entry_moves() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF (NEW.id, NEW.statement_id, NEW.account_id, NEW.reference, NEW.amount_minor, NEW.currency,
        NEW.booked_on, NEW.end_to_end_id, NEW.parent_id)
       IS DISTINCT FROM
       (OLD.id, OLD.statement_id, OLD.account_id, OLD.reference, OLD.amount_minor, OLD.currency,
        OLD.booked_on, OLD.end_to_end_id, OLD.parent_id)
    THEN
        RAISE EXCEPTION 'a bank entry is what the bank reported' USING ERRCODE = '55000';
    END IF;
    -- The seal of the payer's number may be renewed under a newer key, when nothing else changes.
    -- What was said about it is taken back by two persons, in a next round; nothing else changes it.
    IF OLD.state IN ('confirmed', 'explained', 'divided')
        AND to_jsonb(NEW) - 'iban_sealed' IS DISTINCT FROM to_jsonb(OLD) - 'iban_sealed'
        AND NOT (OLD.state <> 'divided' AND NEW.state = 'unmatched' AND NEW.round = OLD.round + 1 AND EXISTS (
            SELECT FROM match_undo u WHERE u.entry_id = OLD.id AND u.round = OLD.round
               AND u.state = 'done' AND u.cause = 'mistake' AND u.decided_by <> u.asked_by)) THEN
        RAISE EXCEPTION 'bank entry % is already explained', OLD.id USING ERRCODE = '55000';
    END IF;
    IF NEW.round < OLD.round OR (NEW.round > OLD.round AND OLD.state NOT IN ('confirmed', 'explained'))
    THEN
        RAISE EXCEPTION 'the rounds of a bank entry count what was undone' USING ERRCODE = '55000';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER bank_entry_moves BEFORE UPDATE ON bank_entry
    FOR EACH ROW EXECUTE FUNCTION bank_entry_moves();

-- An undo is asked for once and decided once; a chargeback is the bank's own decision.
CREATE FUNCTION match_undo_moves() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF OLD.state <> 'asked'
       OR (NEW.id, NEW.entry_id, NEW.round, NEW.cause, NEW.return_entry_id, NEW.reason, NEW.asked_by)
          IS DISTINCT FROM
          (OLD.id, OLD.entry_id, OLD.round, OLD.cause, OLD.return_entry_id, OLD.reason, OLD.asked_by)
    THEN
        RAISE EXCEPTION 'an undo is decided once and says for ever why' USING ERRCODE = '55000';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER match_undo_moves BEFORE UPDATE ON match_undo
    FOR EACH ROW EXECUTE FUNCTION match_undo_moves();
CREATE TRIGGER match_undo_kept BEFORE DELETE OR TRUNCATE ON match_undo
    FOR EACH STATEMENT EXECUTE FUNCTION treasury_refuse_change();
CREATE TRIGGER bank_rule_use_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON bank_rule_use
    FOR EACH STATEMENT EXECUTE FUNCTION treasury_refuse_change();
CREATE TRIGGER bank_notification_kept
    BEFORE UPDATE OF account_id, reference, amount_minor, booked_on OR DELETE OR TRUNCATE
    ON bank_notification FOR EACH STATEMENT EXECUTE FUNCTION treasury_refuse_change();
CREATE TRIGGER provider_event_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON provider_event
    FOR EACH STATEMENT EXECUTE FUNCTION treasury_refuse_change();
CREATE TRIGGER provider_recording_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON provider_recording
    FOR EACH STATEMENT EXECUTE FUNCTION treasury_refuse_change();
REVOKE UPDATE, DELETE ON provider_event, provider_recording FROM guild_app;
REVOKE DELETE ON provider_account, provider_payment FROM guild_app;
REVOKE DELETE ON match_undo, bank_notification, bank_rule, bank_pending_entry FROM guild_app;
REVOKE UPDATE, DELETE ON bank_rule_use FROM guild_app;

-- A version of a rule stays as it was tried: a change is a new version.
CREATE FUNCTION bank_rule_kept() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF (NEW.id, NEW.series, NEW.version, NEW.conditions, NEW.action, NEW.iban_index, NEW.written_by)
       IS DISTINCT FROM
       (OLD.id, OLD.series, OLD.version, OLD.conditions, OLD.action, OLD.iban_index, OLD.written_by)
    THEN
        RAISE EXCEPTION 'a version of a rule is never changed' USING ERRCODE = '55000';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER bank_rule_kept BEFORE UPDATE ON bank_rule
    FOR EACH ROW EXECUTE FUNCTION bank_rule_kept();

-- Four eyes: nobody approves what she asked for or receives, and only while it waits. The payout
-- is locked, so an approval cannot slip in beside a rejection.
CREATE FUNCTION payout_approval_by_another() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    asked payout%ROWTYPE;
BEGIN
    SELECT * INTO asked FROM payout WHERE id = NEW.payout_id FOR UPDATE;
    IF NEW.approver_id IN (asked.member_id, asked.requested_by, asked.concerns_id) THEN
        RAISE EXCEPTION 'a payout is approved by others than its payee and its requester'
            USING ERRCODE = '42501';
    END IF;
    IF asked.state <> 'requested' THEN
        RAISE EXCEPTION 'payout % waits for no approval', NEW.payout_id USING ERRCODE = '55000';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER payout_approval_by_another BEFORE INSERT ON payout_approval
    FOR EACH ROW EXECUTE FUNCTION payout_approval_by_another();

CREATE FUNCTION payout_moves() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    approvals bigint;
    office text;
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'requested' OR NEW.batch_id IS NOT NULL THEN
            RAISE EXCEPTION 'a payout begins as a request' USING ERRCODE = '23514';
        END IF;
        RETURN NEW;
    END IF;
    IF (NEW.id, NEW.serial, NEW.member_id, NEW.purpose, NEW.amount_minor, NEW.currency,
        NEW.account_id, NEW.payee_account_id, NEW.requested_by, NEW.organisation_id,
        NEW.supplier_id, NEW.subject_id, NEW.concerns_id, NEW.payee_name, NEW.iban_last4, NEW.source_entry_id,
        NEW.reference, NEW.pay_on, NEW.run_id, NEW.replaces_id, NEW.roles_needed,
        NEW.charter_version)
       IS DISTINCT FROM
       (OLD.id, OLD.serial, OLD.member_id, OLD.purpose, OLD.amount_minor, OLD.currency,
        OLD.account_id, OLD.payee_account_id, OLD.requested_by, OLD.organisation_id,
        OLD.supplier_id, OLD.subject_id, OLD.concerns_id, OLD.payee_name, OLD.iban_last4, OLD.source_entry_id,
        OLD.reference, OLD.pay_on, OLD.run_id, OLD.replaces_id, OLD.roles_needed,
        OLD.charter_version)
    THEN
        RAISE EXCEPTION 'payee, amount and requester of a payout never change'
            USING ERRCODE = '55000';
    END IF;
    -- A bank that does not know the payee asks for one more person, never for one fewer.
    IF NEW.approvals_needed < OLD.approvals_needed
        OR (NEW.approvals_needed > OLD.approvals_needed AND OLD.state <> 'requested') THEN
        RAISE EXCEPTION 'the approvals that a payout needs never change but for more'
            USING ERRCODE = '55000';
    END IF;
    IF OLD.batch_id IS NOT NULL AND NEW.batch_id IS DISTINCT FROM OLD.batch_id THEN
        RAISE EXCEPTION 'a payout is never sent again in another file' USING ERRCODE = '55000';
    END IF;
    IF NEW.batch_id IS NOT NULL AND OLD.batch_id IS NULL AND NEW.state <> 'approved' THEN
        RAISE EXCEPTION 'only an approved payout is put into a file' USING ERRCODE = '42501';
    END IF;
    IF NEW.state <> OLD.state THEN
        IF (OLD.state, NEW.state) NOT IN (('requested', 'approved'), ('requested', 'rejected'),
            ('approved', 'rejected'), ('approved', 'ordered'), ('ordered', 'settled'),
            ('ordered', 'returned'), ('settled', 'returned'))
        THEN
            RAISE EXCEPTION 'a payout does not go from % to %', OLD.state, NEW.state
                USING ERRCODE = '55000';
        END IF;
        IF NEW.state = 'rejected' AND OLD.batch_id IS NOT NULL THEN
            RAISE EXCEPTION 'a payout in a payment file is no longer rejected'
                USING ERRCODE = '55000';
        END IF;
        IF NEW.state = 'approved' THEN
            SELECT count(*) INTO approvals FROM payout_approval WHERE payout_id = NEW.id;
            IF approvals < greatest(2, NEW.approvals_needed) THEN
                RAISE EXCEPTION 'payout % has % of % approvals', NEW.id, approvals,
                    NEW.approvals_needed USING ERRCODE = '42501';
            END IF;
            FOR office IN SELECT jsonb_object_keys(NEW.roles_needed) LOOP
                SELECT count(*) INTO approvals FROM payout_approval
                 WHERE payout_id = NEW.id AND role = office;
                IF approvals < (NEW.roles_needed ->> office)::int THEN
                    RAISE EXCEPTION 'payout % lacks approvals of a %', NEW.id, office
                        USING ERRCODE = '42501';
                END IF;
            END LOOP;
        END IF;
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER payout_moves BEFORE INSERT OR UPDATE ON payout
    FOR EACH ROW EXECUTE FUNCTION payout_moves();

-- What a run has done stays done: its cursor and its counts only grow, and a finished one rests.
CREATE FUNCTION payout_run_moves() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF OLD.state = 'done' THEN
        RAISE EXCEPTION 'payout run % is done', OLD.id USING ERRCODE = '55000';
    END IF;
    IF NEW.done < OLD.done OR NEW.payouts < OLD.payouts OR NEW.amount_minor < OLD.amount_minor
        OR NEW.cursor < OLD.cursor
        OR (NEW.id, NEW.trigger, NEW.day, NEW.currency, NEW.account_id, NEW.started_by)
           IS DISTINCT FROM
           (OLD.id, OLD.trigger, OLD.day, OLD.currency, OLD.account_id, OLD.started_by)
    THEN
        RAISE EXCEPTION 'a payout run only goes on' USING ERRCODE = '55000';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER payout_run_moves BEFORE UPDATE ON payout_run
    FOR EACH ROW EXECUTE FUNCTION payout_run_moves();

-- A mandate is what the client signed; a second person has seen it before anything is collected.
CREATE FUNCTION sepa_mandate_moves() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF (NEW.id, NEW.organisation_id, NEW.reference, NEW.scheme, NEW.signed_on, NEW.holder,
        NEW.iban_last4, NEW.entered_by)
       IS DISTINCT FROM
       (OLD.id, OLD.organisation_id, OLD.reference, OLD.scheme, OLD.signed_on, OLD.holder,
        OLD.iban_last4, OLD.entered_by)
    THEN
        RAISE EXCEPTION 'a mandate stays as it was signed' USING ERRCODE = '55000';
    END IF;
    IF NEW.state <> OLD.state AND (OLD.state, NEW.state) NOT IN
        (('entered', 'active'), ('entered', 'cancelled'), ('active', 'cancelled')) THEN
        RAISE EXCEPTION 'a mandate does not go from % to %', OLD.state, NEW.state
            USING ERRCODE = '55000';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER sepa_mandate_moves BEFORE UPDATE ON sepa_mandate
    FOR EACH ROW EXECUTE FUNCTION sepa_mandate_moves();

CREATE FUNCTION direct_debit_moves() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NOT EXISTS (SELECT FROM sepa_mandate WHERE id = NEW.mandate_id AND state = 'active') THEN
            RAISE EXCEPTION 'nothing is collected without an active mandate'
                USING ERRCODE = '42501';
        END IF;
        RETURN NEW;
    END IF;
    IF (NEW.id, NEW.mandate_id, NEW.invoice_id, NEW.amount_minor, NEW.currency, NEW.collect_on)
       IS DISTINCT FROM
       (OLD.id, OLD.mandate_id, OLD.invoice_id, OLD.amount_minor, OLD.currency, OLD.collect_on)
       OR (OLD.batch_id IS NOT NULL AND NEW.batch_id IS DISTINCT FROM OLD.batch_id)
    THEN
        RAISE EXCEPTION 'a direct debit stays as it was announced' USING ERRCODE = '55000';
    END IF;
    IF NEW.state <> OLD.state AND (OLD.state, NEW.state) NOT IN
        (('announced', 'filed'), ('announced', 'stopped'), ('filed', 'collected'),
         ('filed', 'refused'), ('filed', 'returned'), ('collected', 'returned'),
         ('collected', 'filed')) THEN
        RAISE EXCEPTION 'a direct debit does not go from % to %', OLD.state, NEW.state
            USING ERRCODE = '55000';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER direct_debit_moves BEFORE INSERT OR UPDATE ON direct_debit
    FOR EACH ROW EXECUTE FUNCTION direct_debit_moves();
