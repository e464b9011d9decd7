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

-- A file's seal may be renewed under a newer key. That it still is the file of this hash is proved
-- whenever it is opened: the seal is bound to the hash, and the hash is the row's key.
GRANT UPDATE (content_sealed) ON bank_statement_file TO guild_app;
CREATE TRIGGER bank_statement_file_append_only
    BEFORE UPDATE OF sha256 OR DELETE OR TRUNCATE ON bank_statement_file
    FOR EACH STATEMENT EXECUTE FUNCTION treasury_refuse_change();
CREATE TRIGGER bank_statement_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON bank_statement
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
      FROM bank_entry WHERE statement_id = NEW.id;
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

-- What the bank said about an entry stays; only our explanation of it is added, once.
CREATE FUNCTION bank_entry_moves() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF (NEW.id, NEW.statement_id, NEW.account_id, NEW.reference, NEW.amount_minor, NEW.currency,
        NEW.booked_on, NEW.end_to_end_id)
       IS DISTINCT FROM
       (OLD.id, OLD.statement_id, OLD.account_id, OLD.reference, OLD.amount_minor, OLD.currency,
        OLD.booked_on, OLD.end_to_end_id)
    THEN
        RAISE EXCEPTION 'a bank entry is what the bank reported' USING ERRCODE = '55000';
    END IF;
    -- The seal of the payer's number may be renewed under a newer key, when nothing else changes.
    IF OLD.state IN ('confirmed', 'explained')
        AND to_jsonb(NEW) - 'iban_sealed' IS DISTINCT FROM to_jsonb(OLD) - 'iban_sealed' THEN
        RAISE EXCEPTION 'bank entry % is already explained', OLD.id USING ERRCODE = '55000';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER bank_entry_moves BEFORE UPDATE ON bank_entry
    FOR EACH ROW EXECUTE FUNCTION bank_entry_moves();

-- Four eyes: nobody approves what she asked for or receives, and only while it waits. The payout
-- is locked, so an approval cannot slip in beside a rejection.
CREATE FUNCTION payout_approval_by_another() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    asked payout%ROWTYPE;
BEGIN
    SELECT * INTO asked FROM payout WHERE id = NEW.payout_id FOR UPDATE;
    IF NEW.approver_id IN (asked.member_id, asked.requested_by) THEN
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
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'requested' OR NEW.batch_id IS NOT NULL THEN
            RAISE EXCEPTION 'a payout begins as a request' USING ERRCODE = '23514';
        END IF;
        RETURN NEW;
    END IF;
    IF (NEW.id, NEW.serial, NEW.member_id, NEW.purpose, NEW.amount_minor, NEW.currency,
        NEW.account_id, NEW.payee_account_id, NEW.requested_by, NEW.approvals_needed)
       IS DISTINCT FROM
       (OLD.id, OLD.serial, OLD.member_id, OLD.purpose, OLD.amount_minor, OLD.currency,
        OLD.account_id, OLD.payee_account_id, OLD.requested_by, OLD.approvals_needed)
    THEN
        RAISE EXCEPTION 'payee, amount and requester of a payout never change'
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
            ('settled', 'returned'))
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
        END IF;
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER payout_moves BEFORE INSERT OR UPDATE ON payout
    FOR EACH ROW EXECUTE FUNCTION payout_moves();
