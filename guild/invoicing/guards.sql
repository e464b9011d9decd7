-- What keeps issued documents as they were issued, whoever writes to the tables.

-- An issued document changes in its payment columns only. Everything else is compared as a whole,
-- so that a column added later is frozen too unless it is named here.
CREATE FUNCTION invoicing_invoice_kept() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    moving constant text[] := ARRAY[
        'state', 'paid_minor', 'credited_minor', 'credited_net_minor', 'refundable_minor',
        'pending_net_minor', 'settled_on', 'overdue_on',
        'pdf_document_id', 'ubl_document_id', 'cii_document_id'];
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
        IF NEW.net_minor IS DISTINCT FROM
               (SELECT sum(l.net_minor) FROM invoice_line l WHERE l.invoice_id = NEW.id)
           OR (NEW.net_minor, NEW.vat_minor) IS DISTINCT FROM
               (SELECT (sum(v.taxable_minor)::bigint, sum(v.vat_minor)::bigint)
                  FROM invoice_vat v WHERE v.invoice_id = NEW.id) THEN
            RAISE EXCEPTION 'lines and VAT do not add up to the document' USING
                ERRCODE = '23514', CONSTRAINT = 'invoice_sums', TABLE = 'invoice';
        END IF;
        IF NEW.kind = 'credit_note' THEN
            SELECT sum(c.total_minor) INTO credited FROM invoice c
             WHERE c.corrects_id = NEW.corrects_id AND c.state <> 'draft';
            IF coalesce(credited, 0) + NEW.total_minor >
               (SELECT i.total_minor FROM invoice i
                 WHERE i.id = NEW.corrects_id AND i.kind = 'invoice' AND i.state <> 'draft') THEN
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
    IF NEW.state = 'draft' OR NEW.paid_minor < OLD.paid_minor
       OR NEW.credited_minor < OLD.credited_minor
       OR (OLD.overdue_on IS NOT NULL AND NEW.overdue_on IS DISTINCT FROM OLD.overdue_on)
       OR (OLD.pdf_document_id IS NOT NULL AND NEW.pdf_document_id IS DISTINCT FROM OLD.pdf_document_id)
       OR (OLD.ubl_document_id IS NOT NULL AND NEW.ubl_document_id IS DISTINCT FROM OLD.ubl_document_id)
       OR (OLD.cii_document_id IS NOT NULL AND NEW.cii_document_id IS DISTINCT FROM OLD.cii_document_id)
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

-- Serials of payment references; gaps in them mean nothing.
CREATE SEQUENCE invoice_reference_serial MAXVALUE 9999999999;
GRANT USAGE ON SEQUENCE invoice_reference_serial TO guild_app;
REVOKE UPDATE, DELETE ON payment FROM guild_app;
REVOKE DELETE ON number_series FROM guild_app;
