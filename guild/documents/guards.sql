-- Whether any row still refers to a document: by a foreign key, or by a column that is named for it.
CREATE FUNCTION document_referred(wanted uuid) RETURNS boolean LANGUAGE plpgsql STABLE
SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    place record;
    found boolean;
BEGIN
    FOR place IN
        SELECT c.relname, a.attname FROM pg_attribute a
          JOIN pg_class c ON c.oid = a.attrelid AND c.relkind = 'r'
         WHERE c.relnamespace = 'public'::regnamespace AND a.atttypid = 'uuid'::regtype
           AND NOT a.attisdropped AND a.attname LIKE '%document\_id'
    LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM public.%I WHERE %I = $1)',
                       place.relname, place.attname) INTO found USING wanted;
        IF found THEN
            RETURN true;
        END IF;
    END LOOP;
    RETURN false;
END $$;

-- What was issued stays as it was issued. It can only be erased, when nothing refers to it any more;
-- and stored again, should the same bytes come back.
CREATE FUNCTION document_kept() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF ROW(NEW.id, NEW.sha256, NEW.size) IS DISTINCT FROM ROW(OLD.id, OLD.sha256, OLD.size)
       OR (NEW.erased_at IS NULL) = (OLD.erased_at IS NULL)
       OR (NEW.erased_at IS NOT NULL
           AND ROW(NEW.media_type, NEW.created_at, NEW.subject_id)
               IS DISTINCT FROM ROW(OLD.media_type, OLD.created_at, OLD.subject_id)) THEN
        RAISE EXCEPTION 'document % stays as it was stored', OLD.id USING ERRCODE = '55000';
    END IF;
    IF NEW.erased_at IS NOT NULL AND document_referred(OLD.id) THEN
        RAISE EXCEPTION 'document % is still referred to', OLD.id USING ERRCODE = '55000';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER document_kept BEFORE UPDATE ON document
    FOR EACH ROW EXECUTE FUNCTION document_kept();
CREATE TRIGGER document_append_only BEFORE DELETE OR TRUNCATE ON document
    FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_change();

REVOKE UPDATE, DELETE ON document FROM guild_app;
GRANT UPDATE (name, media_type, created_at, subject_id, erased_at) ON document TO guild_app;
