-- What went out and what came in is evidence: steps, notices and messages are added, never taken back.
CREATE FUNCTION exchange_refuse_change() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RAISE EXCEPTION '% on % refused: what was exchanged is kept', TG_OP, TG_TABLE_NAME
        USING ERRCODE = '55000';
END $$;

REVOKE UPDATE, DELETE ON transmission_step FROM guild_app;
REVOKE DELETE ON transmission, gateway_notice, inbox_message, supplier, supplier_invoice
    FROM guild_app;
CREATE TRIGGER transmission_step_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON transmission_step
    FOR EACH STATEMENT EXECUTE FUNCTION exchange_refuse_change();
CREATE TRIGGER transmission_kept BEFORE DELETE OR TRUNCATE ON transmission
    FOR EACH STATEMENT EXECUTE FUNCTION exchange_refuse_change();
CREATE TRIGGER gateway_notice_kept BEFORE DELETE OR TRUNCATE ON gateway_notice
    FOR EACH STATEMENT EXECUTE FUNCTION exchange_refuse_change();
CREATE TRIGGER inbox_message_kept BEFORE DELETE OR TRUNCATE ON inbox_message
    FOR EACH STATEMENT EXECUTE FUNCTION exchange_refuse_change();
CREATE TRIGGER supplier_invoice_kept BEFORE DELETE OR TRUNCATE ON supplier_invoice
    FOR EACH STATEMENT EXECUTE FUNCTION exchange_refuse_change();

-- A document that may have left the house is never sent again under the same key: what has been
-- handed to the gateway does not become ready again, unless the gateway certainly did not take it.
CREATE FUNCTION transmission_moves() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF (NEW.id, NEW.invoice_id, NEW.member_id, NEW.begun_at)
       IS DISTINCT FROM (OLD.id, OLD.invoice_id, OLD.member_id, OLD.begun_at) THEN
        RAISE EXCEPTION 'transmission %: what it is about never changes', OLD.id
            USING ERRCODE = '55000';
    END IF;
    IF OLD.superseded_at IS NOT NULL AND NEW.superseded_at IS NULL THEN
        RAISE EXCEPTION 'transmission %: a later attempt stands in its place', OLD.id
            USING ERRCODE = '55000';
    END IF;
    IF OLD.state IN ('unknown', 'sent', 'delivered', 'accepted', 'refused_by_receiver')
       AND NEW.state IN ('queued', 'looking_up', 'ready', 'sending') THEN
        RAISE EXCEPTION 'transmission % may have left the house already', OLD.id
            USING ERRCODE = '55000';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER transmission_moves BEFORE UPDATE ON transmission
    FOR EACH ROW EXECUTE FUNCTION transmission_moves();

-- What a supplier wrote never changes, and a decided invoice does not go back.
CREATE FUNCTION supplier_invoice_moves() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF (NEW.id, NEW.supplier_id, NEW.kind, NEW.source, NEW.syntax, NEW.sha256, NEW.document_id,
        NEW.number, NEW.issued_on, NEW.currency, NEW.net_minor, NEW.vat_minor, NEW.total_minor,
        NEW.payable_minor, NEW.content)
       IS DISTINCT FROM
       (OLD.id, OLD.supplier_id, OLD.kind, OLD.source, OLD.syntax, OLD.sha256, OLD.document_id,
        OLD.number, OLD.issued_on, OLD.currency, OLD.net_minor, OLD.vat_minor, OLD.total_minor,
        OLD.payable_minor, OLD.content) THEN
        RAISE EXCEPTION 'supplier invoice %: what the supplier wrote never changes', OLD.id
            USING ERRCODE = '55000';
    END IF;
    IF OLD.state = 'refused' AND NEW.state <> OLD.state
       OR OLD.state = 'paid' AND NEW.state = 'ordered'
       OR OLD.state IN ('booked', 'ordered', 'paid') AND NEW.state NOT IN ('booked', 'ordered', 'paid') THEN
        RAISE EXCEPTION 'supplier invoice % is %; that is final', OLD.id, OLD.state
            USING ERRCODE = '55000';
    END IF;
    IF OLD.state IN ('booked', 'ordered', 'paid')
       AND (NEW.member_id, NEW.accepted_by, NEW.booked_by, NEW.ledger_entry_id)
           IS DISTINCT FROM
           (OLD.member_id, OLD.accepted_by, OLD.booked_by, OLD.ledger_entry_id) THEN
        RAISE EXCEPTION 'supplier invoice % is booked; who decided it stays', OLD.id
            USING ERRCODE = '55000';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER supplier_invoice_moves BEFORE UPDATE ON supplier_invoice
    FOR EACH ROW EXECUTE FUNCTION supplier_invoice_moves();
