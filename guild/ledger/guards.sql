-- What keeps the books true even against our own program.

-- Entries, postings and accounts are never changed or removed: corrections are new entries.
CREATE TRIGGER ledger_account_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_account
    FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_change();
CREATE TRIGGER ledger_entry_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_entry
    FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_change();
CREATE TRIGGER ledger_posting_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_posting
    FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_change();

REVOKE UPDATE, DELETE ON ledger_account, ledger_entry, ledger_posting FROM guild_app;

-- Balances are written from inside the postings' trigger and from nowhere else, so that not even
-- the owner forges one by accident.
CREATE TRIGGER ledger_balance_kept BEFORE INSERT OR UPDATE OR DELETE ON ledger_balance
    FOR EACH STATEMENT WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION core_refuse_change();
CREATE TRIGGER ledger_balance_kept_whole BEFORE TRUNCATE ON ledger_balance
    FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_change();
REVOKE INSERT, UPDATE, DELETE ON ledger_balance FROM guild_app;

-- At commit each entry has at least two postings that sum to zero per currency. Sequential scans
-- are switched off in these functions because their plans are cached per connection: one that was
-- made while the tables were small would stay slow when they have grown.
CREATE FUNCTION ledger_entry_balances() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp SET enable_seqscan = off AS $$
DECLARE
    postings bigint;
    off_by bigint;
BEGIN
    SELECT sum(n), max(abs(total)) INTO postings, off_by
      FROM (SELECT count(*) AS n, sum(p.amount_minor) AS total FROM ledger_posting p
             WHERE p.entry_id = NEW.id GROUP BY p.currency) AS per_currency;
    IF coalesce(postings, 0) < 2 OR off_by <> 0 THEN
        RAISE EXCEPTION 'ledger entry % does not balance', NEW.id
            USING ERRCODE = '23514', CONSTRAINT = 'ledger_entry_balances',
                  TABLE = 'ledger_entry';
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER ledger_entry_balances AFTER INSERT ON ledger_entry
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_entry_balances();

-- Postings come all at once, in their entry's own transaction and on its day, and balance among
-- themselves; so nothing can be slipped in after the check above. The same trigger keeps the
-- balances. Rows are taken in the order of their key, so two transactions never wait crosswise;
-- accounts without an owner spread over sixteen rows, so that commits do not queue for one.
CREATE FUNCTION ledger_posting_kept() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
    late boolean;
    off_balance boolean;
    floored boolean;
    drawn uuid[];
    account uuid;
BEGIN
    SELECT bool_or(g.late), bool_or(g.total <> 0), bool_or(g.floored)
      INTO late, off_balance, floored
      FROM (SELECT sum(n.amount_minor) AS total,
                   bool_or(e.tx IS DISTINCT FROM pg_current_xact_id()
                           OR e.occurred_on IS DISTINCT FROM n.occurred_on) AS late,
                   bool_or(n.amount_minor > 0 AND a.code = 'member_available' AND e.kind
                           NOT IN ('invoice_credited', 'levy_returned', 'advance_recovered', 'self_bill_credited',
                                   'reversal')) AS floored
              FROM added n
              LEFT JOIN ledger_entry e ON e.id = n.entry_id
              LEFT JOIN ledger_account a ON a.id = n.account_id
             GROUP BY n.entry_id, n.currency) AS g;
    IF late THEN
        RAISE EXCEPTION 'postings belong to the transaction and the day of their entry'
            USING ERRCODE = '55000';
    END IF;
    IF off_balance THEN
        RAISE EXCEPTION 'postings do not balance'
            USING ERRCODE = '23514', CONSTRAINT = 'ledger_posting_balances',
                  TABLE = 'ledger_posting';
    END IF;

    -- A member's available money is drawn under a lock and never below zero, except when an
    -- invoice that was already released is credited or an entry is reversed. The lock comes before
    -- the rows, as in `commands.lock_account`.
    IF floored THEN
        SELECT array_agg(d.account_id ORDER BY d.account_id) INTO drawn
          FROM (SELECT DISTINCT n.account_id FROM added n
                  JOIN ledger_account a ON a.id = n.account_id
                 WHERE a.code = 'member_available' AND n.amount_minor > 0) AS d;
        FOREACH account IN ARRAY drawn LOOP
            PERFORM pg_advisory_xact_lock(hashtextextended(account::text, 0));
        END LOOP;
    END IF;

    INSERT INTO ledger_balance AS b
           (account_id, month, shard, currency, debit_minor, credit_minor)
    SELECT n.account_id, date_trunc('month', n.occurred_on)::date,
           CASE WHEN a.owner IS NULL THEN pg_backend_pid() % 16 ELSE 0 END, n.currency,
           sum(greatest(n.amount_minor, 0)), sum(greatest(-n.amount_minor, 0))
      FROM added n JOIN ledger_account a ON a.id = n.account_id
     GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3
        ON CONFLICT (account_id, month, shard) DO UPDATE
       SET debit_minor = b.debit_minor + excluded.debit_minor,
           credit_minor = b.credit_minor + excluded.credit_minor;

    IF floored AND EXISTS (
        SELECT FROM ledger_balance b WHERE b.account_id = ANY (drawn)
         GROUP BY b.account_id HAVING sum(b.credit_minor - b.debit_minor) < 0
    ) THEN
        RAISE EXCEPTION 'the account would fall below zero'
            USING ERRCODE = '23514', CONSTRAINT = 'ledger_available_floor',
                  TABLE = 'ledger_posting';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER ledger_posting_kept AFTER INSERT ON ledger_posting
    REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_posting_kept();
