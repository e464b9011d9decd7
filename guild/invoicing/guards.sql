-- What keeps issued documents as they were issued, whoever writes to the tables.

-- Decimals of a currency (ISO 4217), as in core/money.py.
CREATE FUNCTION invoicing_minor_digits(currency text) RETURNS int LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE WHEN currency IN ('JPY', 'KRW', 'CLP', 'ISK') THEN 0
                WHEN currency IN ('BHD', 'KWD', 'TND') THEN 3 ELSE 2 END
$$;

-- Every sum of a document, reckoned a second time from its rows (EN 16931, BR-CO-10 to BR-CO-17).
-- One broken rule is named; which ones hold is also asked by the invariants. A credit note takes
-- back what was asked for, so its VAT may differ from a fresh reckoning by what rounding left over.
CREATE FUNCTION invoicing_wrong_sums(of invoice) RETURNS text LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
    WITH line AS (
        SELECT l.*, round(l.quantity * l.price * 10::numeric
                          ^ invoicing_minor_digits(of.currency) / l.base_quantity) AS gross,
               coalesce((SELECT sum(CASE WHEN a.charge THEN a.amount_minor ELSE -a.amount_minor END)
                           FROM invoice_adjustment a
                          WHERE a.invoice_id = l.invoice_id AND a.line_position = l.position), 0)
                   AS adjusted
          FROM invoice_line l WHERE l.invoice_id = of.id),
    whole AS (
        SELECT * FROM invoice_adjustment a WHERE a.invoice_id = of.id AND a.line_position IS NULL),
    part AS (
        SELECT category, rate_milli, net_minor AS minor FROM line
        UNION ALL
        SELECT category, rate_milli, CASE WHEN charge THEN amount_minor ELSE -amount_minor END
          FROM whole),
    base AS (SELECT category, rate_milli, sum(minor) AS minor FROM part GROUP BY 1, 2),
    tax AS (SELECT * FROM invoice_vat v WHERE v.invoice_id = of.id)
    SELECT CASE
        WHEN EXISTS (SELECT FROM line WHERE net_minor <> gross + adjusted) THEN 'lines'
        WHEN EXISTS (SELECT FROM invoice_adjustment a WHERE a.invoice_id = of.id
                        AND a.percent_milli IS NOT NULL
                        AND a.amount_minor <> round(a.base_minor * a.percent_milli / 100000.0))
            THEN 'allowances and charges'
        WHEN of.lines_minor IS DISTINCT FROM (SELECT sum(net_minor)::bigint FROM line)
            THEN 'sum of lines'
        WHEN of.allowances_minor <> coalesce(
                 (SELECT sum(amount_minor) FROM whole WHERE NOT charge), 0) THEN 'allowances'
        WHEN of.charges_minor <> coalesce(
                 (SELECT sum(amount_minor) FROM whole WHERE charge), 0) THEN 'charges'
        WHEN EXISTS (SELECT FROM tax GROUP BY tax.tax
                     HAVING sum(taxable_minor) <> of.net_minor AND tax.tax IN ('VAT', 'NONE'))
             OR NOT EXISTS (SELECT FROM tax) THEN 'taxable sums'
        WHEN of.vat_minor IS DISTINCT FROM (SELECT sum(vat_minor)::bigint FROM tax) THEN 'taxes'
        WHEN EXISTS (SELECT FROM tax LEFT JOIN base USING (category, rate_milli)
                      WHERE tax.tax = 'VAT' AND taxable_minor IS DISTINCT FROM base.minor)
            THEN 'taxable sum of a rate'
        WHEN EXISTS (SELECT FROM tax
                      WHERE abs(vat_minor - round(taxable_minor * rate_milli / 100000.0))
                            > CASE WHEN of.corrects_id IS NULL THEN 0 ELSE 100 END)
            THEN 'tax of a rate'
        WHEN of.accounting_currency IS NOT NULL AND of.vat_accounting_minor <> round(
                 of.vat_minor * of.exchange_rate * 10::numeric ^ (
                     invoicing_minor_digits(of.accounting_currency)
                     - invoicing_minor_digits(of.currency))) THEN 'VAT in the accounting currency'
        WHEN of.payable_minor % of.round_to <> 0 THEN 'rounding'
    END
$$;

CREATE FUNCTION invoicing_refuse_wrong_sums(of invoice) RETURNS void LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    wrong constant text := invoicing_wrong_sums(of);
BEGIN
    IF wrong IS NOT NULL THEN
        RAISE EXCEPTION 'the document does not add up: %', wrong USING
            ERRCODE = '23514', CONSTRAINT = 'invoice_sums', TABLE = 'invoice';
    END IF;
END $$;

-- An issued document changes in its payment columns only. Everything else is compared as a whole,
-- so that a column added later is frozen too unless it is named here.
CREATE FUNCTION invoicing_invoice_kept() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    moving constant text[] := ARRAY[
        'state', 'paid_minor', 'credited_minor', 'credited_net_minor', 'refundable_minor',
        'pending_net_minor', 'written_off_minor', 'written_off_net_minor', 'settled_on', 'overdue_on',
        'pdf_document_id', 'ubl_document_id', 'cii_document_id', 'report_document_id'];
    credited bigint;
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF OLD.state <> 'draft' THEN
            RAISE EXCEPTION 'an issued document is never deleted' USING ERRCODE = '55000',
                HINT = 'Correct it by a credit note.';
        END IF;
        RETURN OLD;
    END IF;
    IF OLD.state = 'draft' THEN
        IF NEW.state = 'draft' THEN
            RETURN NEW;
        END IF;
        IF NEW.state <> 'issued' THEN
            RAISE EXCEPTION 'a draft can only be issued' USING ERRCODE = '55000';
        END IF;
        PERFORM invoicing_refuse_wrong_sums(NEW);
        IF NEW.shared AND (SELECT count(*) < 2 OR sum(s.net_minor) <> NEW.net_minor
                                  OR bool_or(s.state <> 'agreed')
                             FROM invoice_share s WHERE s.invoice_id = NEW.id) THEN
            RAISE EXCEPTION 'the shares do not make the whole, or somebody has not agreed' USING
                ERRCODE = '23514', CONSTRAINT = 'invoice_shares', TABLE = 'invoice';
        END IF;
        IF NEW.kind IN ('credit_note', 'self_bill_credit') THEN
            SELECT sum(c.total_minor + c.rounding_minor) INTO credited FROM invoice c
             WHERE c.corrects_id = NEW.corrects_id AND c.state <> 'draft';
            IF coalesce(credited, 0) + NEW.total_minor + NEW.rounding_minor >
               (SELECT i.total_minor + i.rounding_minor FROM invoice i
                 WHERE i.id = NEW.corrects_id AND i.kind IN ('invoice', 'self_bill')
                   AND i.state <> 'draft') THEN
                RAISE EXCEPTION 'credit notes exceed the invoice' USING
                    ERRCODE = '23514', CONSTRAINT = 'invoice_credit_within', TABLE = 'invoice';
            END IF;
        END IF;
        RETURN NEW;
    END IF;
    IF to_jsonb(NEW) - moving IS DISTINCT FROM to_jsonb(OLD) - moving THEN
        RAISE EXCEPTION 'an issued document is never changed' USING ERRCODE = '55000',
            HINT = 'Correct it by a credit note.';
    END IF;
    IF NEW.state = 'draft' OR (NEW.paid_minor < OLD.paid_minor AND 
           -- Taken back only by reversals that are there.
           NEW.paid_minor IS DISTINCT FROM (
           (SELECT coalesce(sum(p.amount_minor), 0) FROM payment p WHERE p.invoice_id = NEW.id)
           - (SELECT coalesce(sum(r.amount_minor), 0) FROM payment_reversal r
               WHERE r.invoice_id = NEW.id)))
       OR NEW.credited_minor < OLD.credited_minor
       OR (OLD.overdue_on IS NOT NULL AND NEW.overdue_on IS DISTINCT FROM OLD.overdue_on)
       OR (OLD.pdf_document_id IS NOT NULL AND NEW.pdf_document_id IS DISTINCT FROM OLD.pdf_document_id)
       OR (OLD.ubl_document_id IS NOT NULL AND NEW.ubl_document_id IS DISTINCT FROM OLD.ubl_document_id)
       OR (OLD.cii_document_id IS NOT NULL AND NEW.cii_document_id IS DISTINCT FROM OLD.cii_document_id)
       OR (OLD.report_document_id IS NOT NULL
           AND NEW.report_document_id IS DISTINCT FROM OLD.report_document_id)
    THEN
        RAISE EXCEPTION 'what an issued document has come to is not taken back'
            USING ERRCODE = '55000';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER invoicing_invoice_kept BEFORE UPDATE OR DELETE ON invoice
    FOR EACH ROW EXECUTE FUNCTION invoicing_invoice_kept();

-- Documents begin as drafts, so that the checks above see every one of them being issued.
CREATE FUNCTION invoicing_begins_as_draft() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NEW.state <> 'draft' OR NEW.paid_minor <> 0 OR NEW.credited_minor <> 0 THEN
        RAISE EXCEPTION 'a document begins as a draft' USING ERRCODE = '55000';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER invoicing_begins_as_draft BEFORE INSERT ON invoice
    FOR EACH ROW EXECUTE FUNCTION invoicing_begins_as_draft();

-- Lines and VAT rows belong to drafts; with the document they are frozen.
CREATE FUNCTION invoicing_part_kept() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    parents uuid[] := CASE TG_OP WHEN 'INSERT' THEN ARRAY[NEW.invoice_id]
                                 WHEN 'DELETE' THEN ARRAY[OLD.invoice_id]
                                 ELSE ARRAY[OLD.invoice_id, NEW.invoice_id] END;
BEGIN
    IF EXISTS (SELECT FROM invoice i WHERE i.id = ANY (parents) AND i.state <> 'draft') THEN
        RAISE EXCEPTION 'the % of an issued document is never changed', TG_TABLE_NAME
            USING ERRCODE = '55000';
    END IF;
    RETURN coalesce(NEW, OLD);
END $$;

CREATE TRIGGER invoicing_line_kept BEFORE INSERT OR UPDATE OR DELETE ON invoice_line
    FOR EACH ROW EXECUTE FUNCTION invoicing_part_kept();
CREATE TRIGGER invoicing_vat_kept BEFORE INSERT OR UPDATE OR DELETE ON invoice_vat
    FOR EACH ROW EXECUTE FUNCTION invoicing_part_kept();
CREATE TRIGGER invoicing_adjustment_kept BEFORE INSERT OR UPDATE OR DELETE ON invoice_adjustment
    FOR EACH ROW EXECUTE FUNCTION invoicing_part_kept();
CREATE TRIGGER invoicing_attachment_kept BEFORE INSERT OR UPDATE OR DELETE ON invoice_attachment
    FOR EACH ROW EXECUTE FUNCTION invoicing_part_kept();

-- What each member agreed to is frozen with the invoice; where her part of the money stands moves.
CREATE FUNCTION invoicing_share_kept() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    moving constant text[] := ARRAY['pending_net_minor', 'released_net_minor',
        'credited_net_minor', 'written_off_net_minor'];
BEGIN
    IF EXISTS (SELECT FROM invoice i WHERE i.state <> 'draft'
                  AND i.id = CASE TG_OP WHEN 'INSERT' THEN NEW.invoice_id ELSE OLD.invoice_id END)
       AND (TG_OP <> 'UPDATE' OR to_jsonb(NEW) - moving IS DISTINCT FROM to_jsonb(OLD) - moving)
    THEN
        RAISE EXCEPTION 'the shares of an issued document are never changed'
            USING ERRCODE = '55000';
    END IF;
    RETURN coalesce(NEW, OLD);
END $$;

CREATE TRIGGER invoicing_share_kept BEFORE INSERT OR UPDATE OR DELETE ON invoice_share
    FOR EACH ROW EXECUTE FUNCTION invoicing_share_kept();
CREATE TRIGGER invoicing_share_kept_whole BEFORE TRUNCATE ON invoice_share
    FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_change();
CREATE TRIGGER invoicing_payment_share_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON payment_share
    FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_change();
CREATE TRIGGER invoicing_reversal_share_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON reversal_share
    FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_change();
CREATE TRIGGER invoicing_written_off_share_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON written_off_share
    FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_change();
REVOKE UPDATE, DELETE ON payment_share, reversal_share, written_off_share FROM guild_app;

-- A series only moves on, in numbers and in dates.
CREATE FUNCTION invoicing_series_moves_on() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'DELETE' OR NEW.next < OLD.next OR NEW.last_date < OLD.last_date
       OR (NEW.kind, NEW.year, NEW.number_format)
          IS DISTINCT FROM (OLD.kind, OLD.year, OLD.number_format) THEN
        RAISE EXCEPTION 'a series of numbers only moves on' USING ERRCODE = '55000';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER invoicing_series_moves_on BEFORE UPDATE OR DELETE ON number_series
    FOR EACH ROW EXECUTE FUNCTION invoicing_series_moves_on();

CREATE FUNCTION invoicing_supplier_series_moves_on() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'DELETE' OR NEW.next < OLD.next OR NEW.last_date < OLD.last_date
       OR (NEW.member_id, NEW.kind, NEW.year)
          IS DISTINCT FROM (OLD.member_id, OLD.kind, OLD.year) THEN
        RAISE EXCEPTION 'a series of numbers only moves on' USING ERRCODE = '55000';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER invoicing_supplier_series_moves_on BEFORE UPDATE OR DELETE ON supplier_series
    FOR EACH ROW EXECUTE FUNCTION invoicing_supplier_series_moves_on();
REVOKE DELETE ON supplier_series, self_bill, self_bill_due, self_billing_mandate, recurring_plan FROM guild_app;
REVOKE UPDATE, DELETE ON recurring_run FROM guild_app;
REVOKE UPDATE ON invoice_note FROM guild_app;
REVOKE UPDATE, DELETE ON proforma_sending FROM guild_app;
REVOKE UPDATE, DELETE ON invoice_origin FROM guild_app;

-- Payments are history.
CREATE FUNCTION invoicing_refuse_change() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = '55000';
END $$;

CREATE TRIGGER invoicing_payment_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON payment
    FOR EACH STATEMENT EXECUTE FUNCTION invoicing_refuse_change();
CREATE TRIGGER invoicing_invoice_kept_whole BEFORE TRUNCATE ON invoice
    FOR EACH STATEMENT EXECUTE FUNCTION invoicing_refuse_change();
CREATE TRIGGER invoicing_line_kept_whole BEFORE TRUNCATE ON invoice_line
    FOR EACH STATEMENT EXECUTE FUNCTION invoicing_refuse_change();
CREATE TRIGGER invoicing_vat_kept_whole BEFORE TRUNCATE ON invoice_vat
    FOR EACH STATEMENT EXECUTE FUNCTION invoicing_refuse_change();
CREATE TRIGGER invoicing_adjustment_kept_whole BEFORE TRUNCATE ON invoice_adjustment
    FOR EACH STATEMENT EXECUTE FUNCTION invoicing_refuse_change();
CREATE TRIGGER invoicing_attachment_kept_whole BEFORE TRUNCATE ON invoice_attachment
    FOR EACH STATEMENT EXECUTE FUNCTION invoicing_refuse_change();

-- Serials of payment references; gaps in them mean nothing.
CREATE SEQUENCE invoice_reference_serial MAXVALUE 9999999999;
GRANT USAGE ON SEQUENCE invoice_reference_serial TO guild_app;
REVOKE UPDATE, DELETE ON payment, payment_reversal FROM guild_app;
-- No more of a payment is taken back than it was, and of its own invoice.
CREATE FUNCTION invoicing_reversal_within() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    paid payment%ROWTYPE;
    back bigint;
    back_net bigint;
BEGIN
    SELECT * INTO paid FROM payment WHERE id = NEW.payment_id;
    SELECT coalesce(sum(amount_minor), 0), coalesce(sum(net_minor), 0) INTO back, back_net
      FROM payment_reversal WHERE payment_id = NEW.payment_id;
    IF back > paid.amount_minor OR back_net > paid.net_minor
       OR NEW.invoice_id <> paid.invoice_id OR NEW.currency <> paid.currency THEN
        RAISE EXCEPTION 'more is taken back than payment % brought', NEW.payment_id
            USING ERRCODE = '23514', CONSTRAINT = 'payment_reversal_within',
                  TABLE = 'payment_reversal';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER invoicing_reversal_within AFTER INSERT ON payment_reversal
    FOR EACH ROW EXECUTE FUNCTION invoicing_reversal_within();
CREATE TRIGGER invoicing_reversal_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON payment_reversal
    FOR EACH STATEMENT EXECUTE FUNCTION invoicing_refuse_change();
REVOKE DELETE ON number_series FROM guild_app;
CREATE TRIGGER invoicing_written_off_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON written_off_move
    FOR EACH STATEMENT EXECUTE FUNCTION invoicing_refuse_change();
REVOKE UPDATE, DELETE ON written_off_move FROM guild_app;
