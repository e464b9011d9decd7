-- Nobody decides about her own bank account, office or removal, whoever writes to the tables.
-- The CHECK constraints compare the persons on a row; these triggers hold what a row was before.

CREATE TRIGGER member_step_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON member_step
    FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_change();

CREATE TRIGGER member_detail_change_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON member_detail_change
    FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_change();

-- Numbers that a member invoices under are asked for, stay as asked, and are decided once by an
-- active person who is not she. The history takes a number only beside such a decision.
CREATE FUNCTION members_guard_number_change() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'requested' THEN
            RAISE EXCEPTION 'a change of numbers begins as a request' USING ERRCODE = '42501';
        END IF;
        RETURN NEW;
    END IF;
    IF OLD.state <> 'requested'
        OR (NEW.id, NEW.member_id, NEW.vat_number, NEW.enterprise_number, NEW.requested_at)
           IS DISTINCT FROM
           (OLD.id, OLD.member_id, OLD.vat_number, OLD.enterprise_number, OLD.requested_at) THEN
        RAISE EXCEPTION 'a change of numbers is decided once, as it was asked'
            USING ERRCODE = '42501';
    END IF;
    IF NEW.state = 'approved' AND (NEW.decided_by IS NULL OR NEW.decided_by = NEW.member_id
        OR NOT EXISTS (SELECT 1 FROM member m WHERE m.id = NEW.decided_by AND m.state = 'member'))
    THEN
        RAISE EXCEPTION 'a change of numbers is approved by a second person'
            USING ERRCODE = '42501';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER member_number_change_guard BEFORE INSERT OR UPDATE ON member_number_change
    FOR EACH ROW EXECUTE FUNCTION members_guard_number_change();
CREATE TRIGGER member_number_change_kept BEFORE DELETE OR TRUNCATE ON member_number_change
    FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_change();

CREATE FUNCTION members_guard_number_history() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM member_number_change c
        WHERE c.member_id = NEW.member_id AND c.state = 'approved' AND c.decided_at = NEW.changed_at
          AND NEW.after = coalesce(
              CASE NEW.field WHEN 'vat_number' THEN c.vat_number ELSE c.enterprise_number END, '')
    ) THEN
        RAISE EXCEPTION 'a number is changed with a second person''s leave' USING ERRCODE = '42501';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER member_number_history BEFORE INSERT ON member_detail_change
    FOR EACH ROW WHEN (NEW.field IN ('vat_number', 'enterprise_number'))
    EXECUTE FUNCTION members_guard_number_history();

-- A bank account starts as a request, keeps its number and owner for ever, and is decided by an
-- active person who is neither its owner nor the one who asked.
CREATE FUNCTION members_guard_bank_account() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'requested' OR NEW.decided_by IS NOT NULL OR NEW.usable_from IS NOT NULL THEN
            RAISE EXCEPTION 'a bank account begins as a request' USING ERRCODE = '42501';
        END IF;
        RETURN NEW;
    END IF;
    -- The seal itself may change, so that it can be renewed under a newer key.
    IF (NEW.id, NEW.member_id, NEW.holder, NEW.iban_index, NEW.iban_last4, NEW.requested_by,
        NEW.requested_at)
       IS DISTINCT FROM
       (OLD.id, OLD.member_id, OLD.holder, OLD.iban_index, OLD.iban_last4, OLD.requested_by,
        OLD.requested_at) THEN
        RAISE EXCEPTION 'a bank account is never edited: ask for another one'
            USING ERRCODE = '42501';
    END IF;
    IF NEW.state = 'approved' AND OLD.state = 'approved'
        AND ((NEW.decided_by, NEW.decided_at) IS DISTINCT FROM (OLD.decided_by, OLD.decided_at)
             OR (OLD.usable_from IS NOT NULL
                 AND NEW.usable_from IS DISTINCT FROM OLD.usable_from)) THEN
        RAISE EXCEPTION 'the cooling-off of a bank account cannot be shortened'
            USING ERRCODE = '42501';
    END IF;
    IF NEW.state <> OLD.state THEN
        IF NOT (OLD.state = 'requested' OR (OLD.state = 'approved'
                AND NEW.state IN ('rejected', 'superseded'))) THEN
            RAISE EXCEPTION 'a bank account that is % cannot become %', OLD.state, NEW.state
                USING ERRCODE = '23514';
        END IF;
        IF NEW.state = 'approved' AND (NEW.decided_by IS NULL
            OR NEW.decided_by = NEW.member_id OR NEW.decided_by = NEW.requested_by
            OR NOT EXISTS (SELECT 1 FROM member m WHERE m.id = NEW.decided_by
                           AND m.state = 'member')) THEN
            RAISE EXCEPTION 'a bank account is approved by a second person'
                USING ERRCODE = '42501';
        END IF;
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER bank_account_guard BEFORE INSERT OR UPDATE ON bank_account
    FOR EACH ROW EXECUTE FUNCTION members_guard_bank_account();
CREATE TRIGGER bank_account_kept BEFORE DELETE OR TRUNCATE ON bank_account
    FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_change();

-- An office can be ended, never handed on or lengthened. Unless it is a founding one, a confirmed
-- request by two other persons stands behind it.
CREATE FUNCTION members_guard_role() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NOT NEW.founding AND NOT EXISTS (
            SELECT 1 FROM role_grant g
            WHERE g.member_id = NEW.member_id AND g.role = NEW.role AND g.state = 'confirmed'
              AND g.requested_by = NEW.granted_by AND g.decided_by = NEW.confirmed_by
        ) THEN
            RAISE EXCEPTION 'an office needs a request that a second person confirmed'
                USING ERRCODE = '42501';
        END IF;
        IF NEW.founding AND EXISTS (SELECT 1 FROM member_role WHERE NOT founding) THEN
            RAISE EXCEPTION 'the founding is over' USING ERRCODE = '42501';
        END IF;
        RETURN NEW;
    END IF;
    IF (NEW.id, NEW.member_id, NEW.role, NEW.granted_at, NEW.granted_by, NEW.confirmed_by,
        NEW.founding) IS DISTINCT FROM
       (OLD.id, OLD.member_id, OLD.role, OLD.granted_at, OLD.granted_by, OLD.confirmed_by,
        OLD.founding)
       OR (OLD.ended_at IS NOT NULL AND NEW.ended_at IS DISTINCT FROM OLD.ended_at)
       OR (OLD.expires_at IS NOT NULL
           AND (NEW.expires_at IS NULL OR NEW.expires_at > OLD.expires_at)) THEN
        RAISE EXCEPTION 'an office can only be ended' USING ERRCODE = '42501';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER member_role_guard BEFORE INSERT OR UPDATE ON member_role
    FOR EACH ROW EXECUTE FUNCTION members_guard_role();

-- Requests for offices and removals are decided once.
CREATE FUNCTION members_guard_role_grant() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' AND NEW.state <> 'requested' THEN
        RAISE EXCEPTION 'an office begins as a request' USING ERRCODE = '42501';
    END IF;
    IF TG_OP = 'UPDATE' AND (OLD.state <> 'requested'
        OR (NEW.member_id, NEW.role, NEW.requested_by, NEW.expires_at)
           IS DISTINCT FROM (OLD.member_id, OLD.role, OLD.requested_by, OLD.expires_at)) THEN
        RAISE EXCEPTION 'a request for an office is decided once, as it was asked'
            USING ERRCODE = '42501';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER role_grant_guard BEFORE INSERT OR UPDATE ON role_grant
    FOR EACH ROW EXECUTE FUNCTION members_guard_role_grant();

-- A removed member was removed by two persons: the state cannot be written without them.
CREATE FUNCTION members_guard_removal() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NEW.state = 'removed' AND OLD.state <> 'removed' AND NOT EXISTS (
        SELECT 1 FROM membership_removal r
        WHERE r.member_id = NEW.id AND r.confirmed_by IS NOT NULL
    ) THEN
        RAISE EXCEPTION 'a member is removed by two persons' USING ERRCODE = '42501';
    END IF;
    IF OLD.state IN ('left', 'removed') AND NEW.state <> OLD.state THEN
        RAISE EXCEPTION 'an ended membership stays ended' USING ERRCODE = '42501';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER member_removal_guard BEFORE UPDATE OF state ON member
    FOR EACH ROW EXECUTE FUNCTION members_guard_removal();

-- The app never needs these; the auditor reads the register, but nothing that lets a person in.
REVOKE UPDATE, DELETE ON member_step, member_detail_change FROM guild_app;
REVOKE DELETE ON member, member_number_change, bank_account, member_role, role_grant, membership_removal FROM guild_app;
REVOKE ALL ON credential, password_reset, session, api_key, access_link, link_session, rate_limit
    FROM guild_auditor;
