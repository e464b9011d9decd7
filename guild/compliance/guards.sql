-- What two reps have concluded stays as it was found, whoever writes to the tables.

CREATE OR REPLACE FUNCTION compliance_review_is_final() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    -- The seal of the private note may be renewed under a newer key, when nothing else changes.
    IF TG_OP = 'DELETE' OR (OLD.state = 'concluded'
        AND to_jsonb(NEW) - 'private_note_sealed'
            IS DISTINCT FROM to_jsonb(OLD) - 'private_note_sealed') THEN
        RAISE EXCEPTION 'a concluded review is never changed, and no review is deleted'
            USING ERRCODE = '55000';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER review_final
    BEFORE UPDATE OR DELETE ON review
    FOR EACH ROW EXECUTE FUNCTION compliance_review_is_final();

CREATE OR REPLACE FUNCTION compliance_findings_are_final() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE concerned uuid := CASE WHEN TG_OP = 'INSERT' THEN NEW.review_id ELSE OLD.review_id END;
BEGIN
    IF (SELECT state FROM review WHERE id = concerned) IN ('proposed', 'concluded') THEN
        RAISE EXCEPTION 'findings rest once an outcome is proposed' USING ERRCODE = '55000';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;

CREATE OR REPLACE TRIGGER review_finding_final
    BEFORE INSERT OR UPDATE OR DELETE ON review_finding
    FOR EACH ROW EXECUTE FUNCTION compliance_findings_are_final();

-- The second point of a principle only with the first; asked when the findings are complete.
CREATE OR REPLACE FUNCTION compliance_basic_first() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF NEW.threshold = 'advanced' AND NEW.verdict = 'met' AND EXISTS (
        SELECT FROM review_finding WHERE id = NEW.id
    ) AND NOT EXISTS (
        SELECT FROM review_finding
        WHERE review_id = NEW.review_id AND principle = NEW.principle
            AND threshold = 'basic' AND verdict = 'met'
    ) THEN
        RAISE EXCEPTION 'the advanced point needs the basic one' USING ERRCODE = '23514';
    END IF;
    RETURN NULL;
END $$;

DROP TRIGGER IF EXISTS review_finding_basic_first ON review_finding;
CREATE CONSTRAINT TRIGGER review_finding_basic_first
    AFTER INSERT OR UPDATE ON review_finding
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION compliance_basic_first();

-- A label is public: what it said on which day never changes; only its state moves on.
CREATE OR REPLACE FUNCTION compliance_label_keeps_its_word() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.state IN ('withdrawn', 'replaced')
        OR (NEW.id, NEW.review_id, NEW.contract_id, NEW.contract_version, NEW.code, NEW.reasons,
            NEW.issued_on, NEW.valid_until, NEW.charter_version, NEW.checklist_version)
        IS DISTINCT FROM
           (OLD.id, OLD.review_id, OLD.contract_id, OLD.contract_version, OLD.code, OLD.reasons,
            OLD.issued_on, OLD.valid_until, OLD.charter_version, OLD.checklist_version) THEN
        RAISE EXCEPTION 'a label keeps its word: withdraw it or issue another'
            USING ERRCODE = '55000';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER label_keeps_its_word
    BEFORE UPDATE OR DELETE ON label
    FOR EACH ROW EXECUTE FUNCTION compliance_label_keeps_its_word();
