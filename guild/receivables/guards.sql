-- What was sent, noticed and claimed stays as it was.

CREATE FUNCTION receivables_refuse_change() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = '55000';
END $$;

CREATE TRIGGER receivables_overpayment_append_only BEFORE UPDATE OR DELETE OR TRUNCATE
    ON overpayment FOR EACH STATEMENT EXECUTE FUNCTION receivables_refuse_change();
CREATE TRIGGER receivables_reminder_kept BEFORE DELETE OR TRUNCATE
    ON reminder FOR EACH STATEMENT EXECUTE FUNCTION receivables_refuse_change();
CREATE TRIGGER receivables_claim_kept BEFORE DELETE OR TRUNCATE
    ON interest_claim FOR EACH STATEMENT EXECUTE FUNCTION receivables_refuse_change();

-- Only the letter may be added to a reminder, and only the end of its course to a claim.
CREATE FUNCTION receivables_row_kept() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    moving constant text[] := CASE TG_TABLE_NAME
        WHEN 'reminder' THEN ARRAY['document_id']
        ELSE ARRAY['state', 'document_id', 'ended_on', 'waived_by', 'waive_reason',
                   'bank_entry_id'] END;
BEGIN
    IF to_jsonb(NEW) - moving IS DISTINCT FROM to_jsonb(OLD) - moving THEN
        RAISE EXCEPTION 'a % is never changed', TG_TABLE_NAME USING ERRCODE = '55000';
    END IF;
    IF OLD.document_id IS NOT NULL AND NEW.document_id IS DISTINCT FROM OLD.document_id THEN
        RAISE EXCEPTION 'the letter of a % is made once', TG_TABLE_NAME USING ERRCODE = '55000';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER receivables_reminder_row_kept BEFORE UPDATE ON reminder
    FOR EACH ROW EXECUTE FUNCTION receivables_row_kept();
CREATE TRIGGER receivables_claim_row_kept BEFORE UPDATE ON interest_claim
    FOR EACH ROW EXECUTE FUNCTION receivables_row_kept();

-- Periods of interest on one invoice do not overlap.
CREATE FUNCTION receivables_claims_apart() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM interest_claim c
                WHERE c.invoice_id = NEW.invoice_id AND c.id <> NEW.id
                  AND c.period_from <= NEW.period_to AND c.period_to >= NEW.period_from) THEN
        RAISE EXCEPTION 'interest of these days was claimed already' USING
            ERRCODE = '23P01', CONSTRAINT = 'interest_claimed_once', TABLE = 'interest_claim';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER receivables_claims_apart BEFORE INSERT ON interest_claim
    FOR EACH ROW EXECUTE FUNCTION receivables_claims_apart();

-- Nothing more than what is open is in dispute when an objection is made.
CREATE FUNCTION receivables_objection_within() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NEW.amount_minor > (SELECT i.total_minor + i.rounding_minor FROM invoice i
                            WHERE i.id = NEW.invoice_id) THEN
        RAISE EXCEPTION 'more is disputed than was asked' USING
            ERRCODE = '23514', CONSTRAINT = 'objection_within', TABLE = 'objection';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER receivables_objection_within BEFORE INSERT OR UPDATE ON objection
    FOR EACH ROW EXECUTE FUNCTION receivables_objection_within();

REVOKE UPDATE, DELETE ON overpayment FROM guild_app;
REVOKE DELETE ON reminder, interest_claim, objection, write_off, client_refund FROM guild_app;
