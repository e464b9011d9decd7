-- What was said can be erased, never changed; what was ruled stays, until the entry is erased.
CREATE FUNCTION reputation_attestation_kept() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'DELETE'
       OR (NEW.id, NEW.contract_id, NEW.about, NEW.member_id, NEW.client_id, NEW.subject_party,
           NEW.author_party, NEW.commitment, NEW.submitted_at, NEW.charter_version)
          IS DISTINCT FROM
          (OLD.id, OLD.contract_id, OLD.about, OLD.member_id, OLD.client_id, OLD.subject_party,
           OLD.author_party, OLD.commitment, OLD.submitted_at, OLD.charter_version)
       OR (NEW.state <> 'erased' AND (NEW.salt, NEW.payload) IS DISTINCT FROM (OLD.salt, OLD.payload))
       OR (OLD.state = 'erased' AND NEW.state <> 'erased') THEN
        RAISE EXCEPTION 'an attestation is erased, never changed' USING ERRCODE = '55000';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER attestation_kept BEFORE UPDATE OR DELETE ON attestation
    FOR EACH ROW EXECUTE FUNCTION reputation_attestation_kept();

CREATE FUNCTION reputation_ruling_is_final() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'DELETE'
       OR (OLD.state <> 'open'
           AND NOT (NEW.state = OLD.state
                    AND EXISTS (SELECT FROM attestation a
                                 WHERE a.id = OLD.attestation_id AND a.state = 'erased'))) THEN
        RAISE EXCEPTION 'a ruling is final' USING ERRCODE = '55000';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER attestation_dispute_final BEFORE UPDATE OR DELETE ON attestation_dispute
    FOR EACH ROW EXECUTE FUNCTION reputation_ruling_is_final();

-- Nobody rules in her own case, whoever writes to the table.
CREATE FUNCTION reputation_ruled_by_another() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM attestation a
                WHERE a.id = NEW.attestation_id AND a.member_id = NEW.ruled_by) THEN
        RAISE EXCEPTION 'nobody rules in her own case'
            USING ERRCODE = '23514', CONSTRAINT = 'attestation_dispute_ruled_by_another',
                  TABLE = 'attestation_dispute';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER attestation_dispute_ruled_by_another BEFORE INSERT OR UPDATE ON attestation_dispute
    FOR EACH ROW EXECUTE FUNCTION reputation_ruled_by_another();
