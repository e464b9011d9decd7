CREATE TABLE bank_entry (
	id UUID NOT NULL, 
	statement_id UUID NOT NULL, 
	account_id UUID NOT NULL, 
	reference VARCHAR(90) NOT NULL, 
	amount_minor BIGINT NOT NULL, 
	currency VARCHAR(3) NOT NULL, 
	booked_on DATE NOT NULL, 
	valued_on DATE NOT NULL, 
	structured VARCHAR(35) NOT NULL, 
	text VARCHAR NOT NULL, 
	counterparty VARCHAR(140) NOT NULL, 
	iban_sealed BYTEA, 
	iban_last4 VARCHAR(4) NOT NULL, 
	end_to_end_id VARCHAR(35) NOT NULL, 
	return_reason VARCHAR(35) NOT NULL, 
	state VARCHAR(20) NOT NULL, 
	explanation VARCHAR(500) NOT NULL, 
	explained_by UUID, 
	explained_at TIMESTAMP WITH TIME ZONE, 
	code VARCHAR(60) DEFAULT '' NOT NULL, 
	mandate_id VARCHAR(35) DEFAULT '' NOT NULL, 
	reversal BOOLEAN DEFAULT false NOT NULL, 
	undivided BOOLEAN DEFAULT false NOT NULL, 
	iban_index BYTEA, 
	round BIGINT DEFAULT 0 NOT NULL, 
	parent_id UUID, 
	CONSTRAINT pk_bank_entry PRIMARY KEY (id), 
	CONSTRAINT uq_bank_entry_account_id_reference UNIQUE (account_id, reference), 
	CONSTRAINT ck_bank_entry_state CHECK (state IN ('unmatched', 'suggested', 'set_aside', 'confirmed', 'explained', 'divided'))
)
--;;
CREATE INDEX ix_bank_entry_booked_on ON bank_entry (account_id, booked_on)
--;;
CREATE INDEX ix_bank_entry_parent_id ON bank_entry (parent_id) WHERE parent_id IS NOT NULL
--;;
CREATE INDEX ix_bank_entry_statement_id ON bank_entry (statement_id)
--;;
CREATE INDEX ix_bank_entry_to_explain ON bank_entry (id) WHERE state IN ('unmatched', 'suggested', 'set_aside')
--;;
CREATE TABLE bank_statement_file (
	sha256 BYTEA NOT NULL, 
	content_sealed BYTEA NOT NULL, 
	CONSTRAINT pk_bank_statement_file PRIMARY KEY (sha256)
)
--;;
CREATE TABLE charter_version (
	version BIGINT NOT NULL, 
	valid_from DATE NOT NULL, 
	adopted_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	body JSONB NOT NULL, 
	previous_hash BYTEA NOT NULL, 
	hash BYTEA NOT NULL, 
	CONSTRAINT pk_charter_version PRIMARY KEY (version), 
	CONSTRAINT ck_charter_version_numbered_from_one CHECK (version >= 1), 
	CONSTRAINT ck_charter_version_hashes CHECK (octet_length(hash) = 32 AND octet_length(previous_hash) = 32), 
	CONSTRAINT uq_charter_version_hash UNIQUE (hash), 
	CONSTRAINT uq_charter_version_previous_hash UNIQUE (previous_hash)
)
--;;
CREATE TABLE contract_counter (
	year SMALLINT NOT NULL, 
	last BIGINT NOT NULL, 
	CONSTRAINT pk_contract_counter PRIMARY KEY (year)
)
--;;
CREATE TABLE document (
	id UUID NOT NULL, 
	sha256 BYTEA NOT NULL, 
	media_type VARCHAR(100) NOT NULL, 
	size BIGINT NOT NULL, 
	name VARCHAR(120) NOT NULL, 
	created_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	subject_id UUID, 
	erased_at TIMESTAMP WITH TIME ZONE, 
	CONSTRAINT pk_document PRIMARY KEY (id), 
	CONSTRAINT ck_document_sha256 CHECK (octet_length(sha256) = 32), 
	CONSTRAINT ck_document_size CHECK (size > 0), 
	CONSTRAINT ck_document_name CHECK (name ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,119}$'), 
	CONSTRAINT ck_document_erased_has_no_name CHECK (erased_at IS NULL OR name = 'erased'), 
	CONSTRAINT uq_document_sha256 UNIQUE (sha256)
)
--;;
CREATE INDEX ix_document_erased ON document (erased_at) WHERE erased_at IS NOT NULL
--;;
CREATE INDEX ix_document_subject ON document (subject_id)
--;;
CREATE TABLE event (
	id UUID NOT NULL, 
	at TIMESTAMP WITH TIME ZONE NOT NULL, 
	kind VARCHAR NOT NULL, 
	actor_kind VARCHAR NOT NULL, 
	actor_id UUID, 
	subject_id UUID, 
	body JSONB NOT NULL, 
	CONSTRAINT pk_event PRIMARY KEY (id), 
	CONSTRAINT ck_event_kind_named CHECK (length(kind) > 0)
)
--;;
CREATE INDEX ix_event_subject_id ON event (subject_id, id)
--;;
CREATE TABLE gateway_notice (
	provider VARCHAR(20) NOT NULL, 
	external_id VARCHAR(120) NOT NULL, 
	body_hash BYTEA NOT NULL, 
	about VARCHAR(120) NOT NULL, 
	status VARCHAR(30) NOT NULL, 
	code VARCHAR(60) NOT NULL, 
	detail VARCHAR(500) NOT NULL, 
	received_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	outcome VARCHAR(20) NOT NULL, 
	CONSTRAINT pk_gateway_notice PRIMARY KEY (provider, external_id), 
	CONSTRAINT ck_gateway_notice_hash_whole CHECK (octet_length(body_hash) = 32)
)
--;;
CREATE TABLE guarantee_bar (
	client_key VARCHAR(60) NOT NULL, 
	reason VARCHAR(500) NOT NULL, 
	since TIMESTAMP WITH TIME ZONE NOT NULL, 
	CONSTRAINT pk_guarantee_bar PRIMARY KEY (client_key)
)
--;;
CREATE TABLE idempotency (
	actor_id UUID NOT NULL, 
	key VARCHAR NOT NULL, 
	input_hash BYTEA NOT NULL, 
	status SMALLINT NOT NULL, 
	answer BYTEA NOT NULL, 
	at TIMESTAMP WITH TIME ZONE NOT NULL, 
	CONSTRAINT pk_idempotency PRIMARY KEY (actor_id, key)
)
--;;
CREATE TABLE ledger_account (
	id UUID NOT NULL, 
	code VARCHAR(40) NOT NULL, 
	kind VARCHAR(10) NOT NULL, 
	owner UUID, 
	currency VARCHAR(3) NOT NULL, 
	CONSTRAINT pk_ledger_account PRIMARY KEY (id), 
	CONSTRAINT uq_ledger_account_id_currency UNIQUE (id, currency), 
	CONSTRAINT uq_ledger_account_code_owner_currency UNIQUE NULLS NOT DISTINCT (code, owner, currency), 
	CONSTRAINT ck_ledger_account_kind CHECK (kind IN ('asset', 'liability', 'income', 'expense', 'equity')), 
	CONSTRAINT ck_ledger_account_code CHECK (code IN ('bank', 'receivable', 'interest_receivable', 'vat_on_bad_debts', 'guarantee_advance', 'suspense', 'client_credit', 'vat_payable', 'member_pending', 'member_available', 'benefit_payable', 'payout_in_transit', 'fund_guarantee', 'fund_sickness', 'fund_solidarity', 'fund_operations', 'legal_pool', 'opening', 'provider_balance', 'bank_fees', 'provider_fees', 'suppliers', 'other_income', 'vat_receivable', 'payable', 'project_costs', 'bad_debts', 'interest_income', 'rounding'))
)
--;;
CREATE TABLE ledger_entry (
	id UUID NOT NULL, 
	kind VARCHAR(60) NOT NULL, 
	text VARCHAR(500) NOT NULL, 
	occurred_on DATE NOT NULL, 
	recorded_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	subject_id UUID, 
	reverses UUID, 
	actor VARCHAR(60) NOT NULL, 
	tx xid8 DEFAULT pg_current_xact_id() NOT NULL, 
	CONSTRAINT pk_ledger_entry PRIMARY KEY (id), 
	CONSTRAINT uq_ledger_entry_reverses UNIQUE (reverses), 
	CONSTRAINT fk_ledger_entry_reverses_ledger_entry FOREIGN KEY(reverses) REFERENCES ledger_entry (id)
)
--;;
CREATE INDEX ix_ledger_entry_occurred_on ON ledger_entry (occurred_on, id)
--;;
CREATE INDEX ix_ledger_entry_subject_id ON ledger_entry (subject_id)
--;;
CREATE TABLE loopback_message (
	id VARCHAR(120) NOT NULL, 
	sender VARCHAR(80) NOT NULL, 
	receiver VARCHAR(80) NOT NULL, 
	kind VARCHAR(20) NOT NULL, 
	ubl BYTEA NOT NULL, 
	status VARCHAR(30) NOT NULL, 
	code VARCHAR(60) NOT NULL, 
	detail VARCHAR(500) NOT NULL, 
	at TIMESTAMP WITH TIME ZONE NOT NULL, 
	acknowledged_at TIMESTAMP WITH TIME ZONE, 
	CONSTRAINT pk_loopback_message PRIMARY KEY (id)
)
--;;
CREATE TABLE mail (
	id UUID NOT NULL, 
	letter_sealed BYTEA NOT NULL, 
	written_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	sent_at TIMESTAMP WITH TIME ZONE, 
	refused VARCHAR, 
	CONSTRAINT pk_mail PRIMARY KEY (id)
)
--;;
CREATE TABLE member (
	id UUID NOT NULL, 
	email VARCHAR(254) NOT NULL, 
	legal_name VARCHAR(200) NOT NULL, 
	display_name VARCHAR(200) NOT NULL, 
	country VARCHAR(2) NOT NULL, 
	language VARCHAR(5) NOT NULL, 
	street VARCHAR(200), 
	postcode VARCHAR(20), 
	city VARCHAR(200), 
	vat_number VARCHAR(20), 
	vat_exempt BOOLEAN NOT NULL, 
	enterprise_number VARCHAR(20), 
	motivation VARCHAR(5000) NOT NULL, 
	state VARCHAR(20) NOT NULL, 
	applied_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	joined_on DATE, 
	ended_on DATE, 
	CONSTRAINT pk_member PRIMARY KEY (id), 
	CONSTRAINT ck_member_state CHECK (state IN ('applicant', 'member', 'left', 'on_leave', 'removed')), 
	CONSTRAINT ck_member_email_lower CHECK (email = lower(email)), 
	CONSTRAINT ck_member_joined_once_admitted CHECK (state NOT IN ('member', 'on_leave', 'removed') OR joined_on IS NOT NULL)
)
--;;
CREATE UNIQUE INDEX uq_member_email ON member (email) WHERE state <> 'left'
--;;
CREATE TABLE number_series (
	kind VARCHAR(20) NOT NULL, 
	year SMALLINT NOT NULL, 
	next BIGINT NOT NULL, 
	last_date DATE NOT NULL, 
	number_format VARCHAR(60) NOT NULL, 
	CONSTRAINT pk_number_series PRIMARY KEY (kind, year), 
	CONSTRAINT ck_number_series_kind_known CHECK (kind IN ('invoice', 'credit_note', 'self_bill', 'self_bill_credit')), 
	CONSTRAINT ck_number_series_starts_at_one CHECK (next >= 1)
)
--;;
CREATE TABLE outbox (
	id UUID NOT NULL, 
	job VARCHAR NOT NULL, 
	ids JSONB NOT NULL, 
	asked_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	due_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	attempts BIGINT DEFAULT '0' NOT NULL, 
	failures BIGINT DEFAULT '0' NOT NULL, 
	sending_at TIMESTAMP WITH TIME ZONE, 
	done_at TIMESTAMP WITH TIME ZONE, 
	dead_at TIMESTAMP WITH TIME ZONE, 
	last_error VARCHAR, 
	CONSTRAINT pk_outbox PRIMARY KEY (id)
)
--;;
CREATE INDEX ix_outbox_due ON outbox (due_at) WHERE done_at IS NULL AND dead_at IS NULL
--;;
CREATE TABLE provider_account (
	id UUID NOT NULL, 
	provider VARCHAR(20) NOT NULL, 
	currency VARCHAR(3) NOT NULL, 
	opened_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	CONSTRAINT pk_provider_account PRIMARY KEY (id), 
	CONSTRAINT uq_provider_account_provider_currency UNIQUE (provider, currency)
)
--;;
CREATE TABLE provider_event (
	provider VARCHAR(20) NOT NULL, 
	external_id VARCHAR(120) NOT NULL, 
	kind VARCHAR(60) NOT NULL, 
	object_id VARCHAR(120) NOT NULL, 
	taken_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	CONSTRAINT pk_provider_event PRIMARY KEY (provider, external_id)
)
--;;
CREATE TABLE rate_limit (
	bucket VARCHAR(60) NOT NULL, 
	key_hash BYTEA NOT NULL, 
	window_start TIMESTAMP WITH TIME ZONE NOT NULL, 
	hits BIGINT NOT NULL, 
	CONSTRAINT pk_rate_limit PRIMARY KEY (bucket, key_hash)
)
--;;
CREATE TABLE reputation_party (
	id UUID NOT NULL, 
	kind VARCHAR(10) NOT NULL, 
	key BYTEA, 
	pseudonym VARCHAR(32), 
	CONSTRAINT pk_reputation_party PRIMARY KEY (id), 
	CONSTRAINT ck_reputation_party_kind CHECK (kind IN ('member', 'client')), 
	CONSTRAINT ck_reputation_party_erased_whole CHECK ((key IS NULL) = (pseudonym IS NULL)), 
	CONSTRAINT uq_reputation_party_key UNIQUE (key), 
	CONSTRAINT uq_reputation_party_pseudonym UNIQUE (pseudonym)
)
--;;
CREATE TABLE reputation_rules (
	charter_version BIGINT NOT NULL, 
	sha256 VARCHAR(64) NOT NULL, 
	CONSTRAINT pk_reputation_rules PRIMARY KEY (charter_version)
)
--;;
CREATE TABLE scheduled_run (
	name VARCHAR NOT NULL, 
	slot TIMESTAMP WITH TIME ZONE NOT NULL, 
	CONSTRAINT pk_scheduled_run PRIMARY KEY (name, slot)
)
--;;
CREATE TABLE supplier (
	id UUID NOT NULL, 
	key VARCHAR(260) NOT NULL, 
	name VARCHAR(200) NOT NULL, 
	country VARCHAR(2) NOT NULL, 
	vat_number VARCHAR(20) NOT NULL, 
	legal_id VARCHAR(200) NOT NULL, 
	created_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	CONSTRAINT pk_supplier PRIMARY KEY (id), 
	CONSTRAINT uq_supplier_key UNIQUE (key)
)
--;;
CREATE TABLE translog_checkpoint (
	size BIGINT NOT NULL, 
	root BYTEA NOT NULL, 
	note TEXT NOT NULL, 
	at TIMESTAMP WITH TIME ZONE NOT NULL, 
	CONSTRAINT pk_translog_checkpoint PRIMARY KEY (size), 
	CONSTRAINT ck_translog_checkpoint_root_size CHECK (octet_length(root) = 32)
)
--;;
CREATE TABLE translog_leaf (
	id UUID NOT NULL, 
	kind VARCHAR(40) NOT NULL, 
	leaf BYTEA NOT NULL, 
	at TIMESTAMP WITH TIME ZONE NOT NULL, 
	seq BIGINT GENERATED ALWAYS AS IDENTITY, 
	CONSTRAINT pk_translog_leaf PRIMARY KEY (id), 
	CONSTRAINT ck_translog_leaf_leaf_size CHECK (octet_length(leaf) BETWEEN 1 AND 65535), 
	CONSTRAINT uq_translog_leaf_seq UNIQUE (seq)
)
--;;
CREATE INDEX ix_translog_leaf_sha256 ON translog_leaf (sha256(leaf))
--;;
CREATE TABLE translog_node (
	level SMALLINT NOT NULL, 
	idx BIGINT NOT NULL, 
	hash BYTEA NOT NULL, 
	CONSTRAINT pk_translog_node PRIMARY KEY (level, idx), 
	CONSTRAINT ck_translog_node_coordinates CHECK (level BETWEEN 0 AND 62 AND idx >= 0), 
	CONSTRAINT ck_translog_node_hash_size CHECK (octet_length(hash) = 32)
)
--;;
CREATE TABLE api_key (
	id UUID NOT NULL, 
	member_id UUID NOT NULL, 
	name VARCHAR(200) NOT NULL, 
	prefix VARCHAR(20) NOT NULL, 
	key_hash BYTEA NOT NULL, 
	scopes VARCHAR(60)[] NOT NULL, 
	created_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	expires_at TIMESTAMP WITH TIME ZONE, 
	last_used TIMESTAMP WITH TIME ZONE, 
	revoked_at TIMESTAMP WITH TIME ZONE, 
	CONSTRAINT pk_api_key PRIMARY KEY (id), 
	CONSTRAINT ck_api_key_key_hash CHECK (octet_length(key_hash) = 32), 
	CONSTRAINT ck_api_key_scoped CHECK (cardinality(scopes) >= 1), 
	CONSTRAINT fk_api_key_member_id_member FOREIGN KEY(member_id) REFERENCES member (id), 
	CONSTRAINT uq_api_key_key_hash UNIQUE (key_hash)
)
--;;
CREATE INDEX ix_api_key_member_id ON api_key (member_id)
--;;
CREATE TABLE bank_account (
	id UUID NOT NULL, 
	member_id UUID NOT NULL, 
	holder VARCHAR(70) NOT NULL, 
	iban_sealed BYTEA NOT NULL, 
	iban_index BYTEA NOT NULL, 
	iban_last4 VARCHAR(4) NOT NULL, 
	iban_country VARCHAR(2) NOT NULL, 
	bic VARCHAR(11), 
	state VARCHAR(20) NOT NULL, 
	requested_by UUID NOT NULL, 
	requested_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	decided_by UUID, 
	decided_at TIMESTAMP WITH TIME ZONE, 
	decision_reason VARCHAR(5000), 
	usable_from TIMESTAMP WITH TIME ZONE, 
	charter_version BIGINT, 
	CONSTRAINT pk_bank_account PRIMARY KEY (id), 
	CONSTRAINT ck_bank_account_state CHECK (state IN ('requested', 'approved', 'rejected', 'superseded')), 
	CONSTRAINT ck_bank_account_second_person CHECK (decided_by <> member_id AND decided_by <> requested_by), 
	CONSTRAINT ck_bank_account_decided CHECK (state NOT IN ('approved', 'rejected') OR (decided_by IS NOT NULL AND decided_at IS NOT NULL)), 
	CONSTRAINT ck_bank_account_usable_from CHECK (state <> 'approved' OR usable_from >= decided_at), 
	CONSTRAINT fk_bank_account_member_id_member FOREIGN KEY(member_id) REFERENCES member (id), 
	CONSTRAINT fk_bank_account_requested_by_member FOREIGN KEY(requested_by) REFERENCES member (id), 
	CONSTRAINT fk_bank_account_decided_by_member FOREIGN KEY(decided_by) REFERENCES member (id)
)
--;;
CREATE INDEX ix_bank_account_iban_index ON bank_account (iban_index)
--;;
CREATE UNIQUE INDEX uq_bank_account_approved ON bank_account (member_id) WHERE state = 'approved'
--;;
CREATE UNIQUE INDEX uq_bank_account_requested ON bank_account (member_id) WHERE state = 'requested'
--;;
CREATE TABLE bank_rule (
	id UUID NOT NULL, 
	series UUID NOT NULL, 
	version BIGINT NOT NULL, 
	position BIGINT NOT NULL, 
	name VARCHAR(70) NOT NULL, 
	state VARCHAR(10) NOT NULL, 
	conditions JSONB NOT NULL, 
	iban_index BYTEA, 
	action JSONB NOT NULL, 
	written_by UUID NOT NULL, 
	written_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	switched_by UUID, 
	switched_at TIMESTAMP WITH TIME ZONE, 
	CONSTRAINT pk_bank_rule PRIMARY KEY (id), 
	CONSTRAINT ck_bank_rule_state CHECK (state IN ('draft', 'off', 'on', 'replaced')), 
	CONSTRAINT ck_bank_rule_numbers CHECK (version >= 1 AND position >= 1), 
	CONSTRAINT fk_bank_rule_written_by_member FOREIGN KEY(written_by) REFERENCES member (id), 
	CONSTRAINT fk_bank_rule_switched_by_member FOREIGN KEY(switched_by) REFERENCES member (id)
)
--;;
CREATE INDEX ix_bank_rule_on ON bank_rule (position) WHERE state = 'on'
--;;
CREATE UNIQUE INDEX uq_bank_rule_version ON bank_rule (series, version)
--;;
CREATE TABLE bank_upload (
	id UUID NOT NULL, 
	content_sealed BYTEA NOT NULL, 
	name VARCHAR(200) NOT NULL, 
	uploaded_by UUID NOT NULL, 
	uploaded_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	CONSTRAINT pk_bank_upload PRIMARY KEY (id), 
	CONSTRAINT fk_bank_upload_uploaded_by_member FOREIGN KEY(uploaded_by) REFERENCES member (id)
)
--;;
CREATE INDEX ix_bank_upload_uploaded_at ON bank_upload (uploaded_at)
--;;
CREATE TABLE calendar_feed (
	id UUID NOT NULL, 
	member_id UUID NOT NULL, 
	token_hash BYTEA NOT NULL, 
	made_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	revoked_at TIMESTAMP WITH TIME ZONE, 
	CONSTRAINT pk_calendar_feed PRIMARY KEY (id), 
	CONSTRAINT ck_calendar_feed_hash_size CHECK (octet_length(token_hash) = 32), 
	CONSTRAINT fk_calendar_feed_member_id_member FOREIGN KEY(member_id) REFERENCES member (id), 
	CONSTRAINT uq_calendar_feed_token_hash UNIQUE (token_hash)
)
--;;
CREATE UNIQUE INDEX uq_calendar_feed_in_use ON calendar_feed (member_id) WHERE revoked_at IS NULL
--;;
CREATE TABLE claim (
	id UUID NOT NULL, 
	member_id UUID NOT NULL, 
	kind VARCHAR(40) NOT NULL, 
	state VARCHAR(12) NOT NULL, 
	started_on DATE NOT NULL, 
	since DATE NOT NULL, 
	until DATE NOT NULL, 
	capacity_lost_bps BIGINT NOT NULL, 
	days BIGINT NOT NULL, 
	amount_minor BIGINT NOT NULL, 
	currency VARCHAR(3) NOT NULL, 
	pot VARCHAR(40) NOT NULL, 
	charter_version BIGINT NOT NULL, 
	filed_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	granted_minor BIGINT DEFAULT 0 NOT NULL, 
	paid_minor BIGINT DEFAULT 0 NOT NULL, 
	appealed_at TIMESTAMP WITH TIME ZONE, 
	CONSTRAINT pk_claim PRIMARY KEY (id), 
	CONSTRAINT ck_claim_state_known CHECK (state IN ('filed', 'jury_drawn', 'withdrawn', 'appealed', 'granted', 'part', 'rejected', 'paid')), 
	CONSTRAINT ck_claim_period CHECK (started_on <= since AND since <= until), 
	CONSTRAINT ck_claim_capacity CHECK (capacity_lost_bps BETWEEN 1 AND 10000), 
	CONSTRAINT ck_claim_worth CHECK (amount_minor > 0 AND days > 0), 
	CONSTRAINT ck_claim_granted CHECK (granted_minor BETWEEN 0 AND amount_minor), 
	CONSTRAINT ck_claim_paid CHECK (paid_minor BETWEEN 0 AND granted_minor), 
	CONSTRAINT fk_claim_member_id_member FOREIGN KEY(member_id) REFERENCES member (id)
)
--;;
CREATE INDEX ix_claim_member_id_id ON claim (member_id, id)
--;;
CREATE INDEX ix_claim_open ON claim (state) WHERE state IN ('filed', 'appealed')
--;;
CREATE TABLE contract_template (
	id UUID NOT NULL, 
	member_id UUID NOT NULL, 
	name VARCHAR(200) NOT NULL, 
	trade VARCHAR(30) NOT NULL, 
	version SMALLINT NOT NULL, 
	created_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	updated_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	retired_at TIMESTAMP WITH TIME ZONE, 
	CONSTRAINT pk_contract_template PRIMARY KEY (id), 
	CONSTRAINT ck_contract_template_version_counts_from_one CHECK (version > 0), 
	CONSTRAINT fk_contract_template_member_id_member FOREIGN KEY(member_id) REFERENCES member (id)
)
--;;
CREATE UNIQUE INDEX uq_contract_template_name ON contract_template (member_id, name) WHERE retired_at IS NULL
--;;
CREATE TABLE coop_bank_account (
	id UUID NOT NULL, 
	name VARCHAR(70) NOT NULL, 
	iban VARCHAR(34) NOT NULL, 
	bic VARCHAR(11), 
	currency VARCHAR(3) NOT NULL, 
	balance_minor BIGINT NOT NULL, 
	balance_on DATE NOT NULL, 
	opened_on DATE DEFAULT '1970-01-01' NOT NULL, 
	opened_by UUID NOT NULL, 
	opened_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	CONSTRAINT pk_coop_bank_account PRIMARY KEY (id), 
	CONSTRAINT uq_coop_bank_account_iban_currency UNIQUE (iban, currency), 
	CONSTRAINT fk_coop_bank_account_opened_by_member FOREIGN KEY(opened_by) REFERENCES member (id)
)
--;;
CREATE TABLE credential (
	member_id UUID NOT NULL, 
	password_hash VARCHAR(200) NOT NULL, 
	changed_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	CONSTRAINT pk_credential PRIMARY KEY (member_id), 
	CONSTRAINT fk_credential_member_id_member FOREIGN KEY(member_id) REFERENCES member (id)
)
--;;
CREATE TABLE employment (
	id UUID NOT NULL, 
	member_id UUID NOT NULL, 
	country VARCHAR(2) NOT NULL, 
	number VARCHAR(30) NOT NULL, 
	since DATE NOT NULL, 
	until DATE, 
	noted_by UUID NOT NULL, 
	noted_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	CONSTRAINT pk_employment PRIMARY KEY (id), 
	CONSTRAINT ck_employment_period CHECK (until IS NULL OR until >= since), 
	CONSTRAINT ck_employment_not_oneself CHECK (noted_by <> member_id), 
	CONSTRAINT fk_employment_member_id_member FOREIGN KEY(member_id) REFERENCES member (id), 
	CONSTRAINT fk_employment_noted_by_member FOREIGN KEY(noted_by) REFERENCES member (id)
)
--;;
CREATE UNIQUE INDEX uq_employment_current ON employment (member_id) WHERE until IS NULL
--;;
CREATE TABLE export (
	id UUID NOT NULL, 
	kind VARCHAR(30) NOT NULL, 
	asked_by UUID NOT NULL, 
	whole_house BOOLEAN NOT NULL, 
	first_day DATE NOT NULL, 
	last_day DATE NOT NULL, 
	state VARCHAR(20) NOT NULL, 
	done BIGINT NOT NULL, 
	total BIGINT NOT NULL, 
	name VARCHAR(120) NOT NULL, 
	sha256 BYTEA, 
	size BIGINT, 
	problem VARCHAR(500) NOT NULL, 
	asked_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	ready_at TIMESTAMP WITH TIME ZONE, 
	expires_at TIMESTAMP WITH TIME ZONE, 
	CONSTRAINT pk_export PRIMARY KEY (id), 
	CONSTRAINT ck_export_state_known CHECK (state IN ('waiting', 'running', 'ready', 'failed', 'expired')), 
	CONSTRAINT ck_export_period CHECK (first_day <= last_day), 
	CONSTRAINT ck_export_done_within_total CHECK (done BETWEEN 0 AND total), 
	CONSTRAINT ck_export_ready_has_file CHECK ((state = 'ready') <= (sha256 IS NOT NULL AND size IS NOT NULL)), 
	CONSTRAINT fk_export_asked_by_member FOREIGN KEY(asked_by) REFERENCES member (id)
)
--;;
CREATE INDEX ix_export_asked_by_id ON export (asked_by, id)
--;;
CREATE TABLE income_statement (
	member_id UUID NOT NULL, 
	year BIGINT NOT NULL, 
	asked_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	document_id UUID, 
	CONSTRAINT pk_income_statement PRIMARY KEY (member_id, year), 
	CONSTRAINT fk_income_statement_member_id_member FOREIGN KEY(member_id) REFERENCES member (id)
)
--;;
CREATE TABLE ledger_balance (
	account_id UUID NOT NULL, 
	month DATE NOT NULL, 
	shard SMALLINT NOT NULL, 
	currency VARCHAR(3) NOT NULL, 
	debit_minor BIGINT NOT NULL, 
	credit_minor BIGINT NOT NULL, 
	CONSTRAINT pk_ledger_balance PRIMARY KEY (account_id, month, shard), 
	CONSTRAINT fk_ledger_balance_account_id_ledger_account FOREIGN KEY(account_id) REFERENCES ledger_account (id)
)
--;;
CREATE TABLE ledger_posting (
	entry_id UUID NOT NULL, 
	position SMALLINT NOT NULL, 
	account_id UUID NOT NULL, 
	amount_minor BIGINT NOT NULL, 
	currency VARCHAR(3) NOT NULL, 
	occurred_on DATE NOT NULL, 
	CONSTRAINT pk_ledger_posting PRIMARY KEY (entry_id, position), 
	CONSTRAINT fk_ledger_posting_account_id_currency_ledger_account FOREIGN KEY(account_id, currency) REFERENCES ledger_account (id, currency), 
	CONSTRAINT ck_ledger_posting_amount CHECK (amount_minor <> 0), 
	CONSTRAINT fk_ledger_posting_entry_id_ledger_entry FOREIGN KEY(entry_id) REFERENCES ledger_entry (id)
)
--;;
CREATE INDEX ix_ledger_posting_statement ON ledger_posting (account_id, occurred_on, entry_id, position)
--;;
CREATE TABLE match_undo (
	id UUID NOT NULL, 
	entry_id UUID NOT NULL, 
	round BIGINT NOT NULL, 
	cause VARCHAR(10) NOT NULL, 
	return_entry_id UUID, 
	amount_minor BIGINT, 
	surplus_minor BIGINT DEFAULT 0 NOT NULL, 
	state VARCHAR(10) NOT NULL, 
	reason VARCHAR(500) NOT NULL, 
	asked_by UUID NOT NULL, 
	asked_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	decided_by UUID, 
	decided_at TIMESTAMP WITH TIME ZONE, 
	CONSTRAINT pk_match_undo PRIMARY KEY (id), 
	CONSTRAINT ck_match_undo_state CHECK (state IN ('asked', 'done', 'refused')), 
	CONSTRAINT ck_match_undo_cause CHECK (cause IN ('mistake', 'returned')), 
	CONSTRAINT ck_match_undo_second_person CHECK (decided_by IS NULL OR decided_by <> asked_by), 
	CONSTRAINT ck_match_undo_returned CHECK ((cause = 'returned') = (return_entry_id IS NOT NULL) AND (cause = 'returned') = (amount_minor IS NOT NULL) AND amount_minor > 0), 
	CONSTRAINT ck_match_undo_surplus CHECK (surplus_minor BETWEEN 0 AND coalesce(amount_minor, 0)), 
	CONSTRAINT fk_match_undo_entry_id_bank_entry FOREIGN KEY(entry_id) REFERENCES bank_entry (id), 
	CONSTRAINT fk_match_undo_return_entry_id_bank_entry FOREIGN KEY(return_entry_id) REFERENCES bank_entry (id), 
	CONSTRAINT fk_match_undo_asked_by_member FOREIGN KEY(asked_by) REFERENCES member (id), 
	CONSTRAINT fk_match_undo_decided_by_member FOREIGN KEY(decided_by) REFERENCES member (id)
)
--;;
CREATE INDEX ix_match_undo_return_entry_id ON match_undo (return_entry_id)
--;;
CREATE UNIQUE INDEX uq_match_undo_asked ON match_undo (entry_id) WHERE state = 'asked'
--;;
CREATE TABLE member_detail_change (
	id UUID NOT NULL, 
	member_id UUID NOT NULL, 
	field VARCHAR(30) NOT NULL, 
	before VARCHAR(200) NOT NULL, 
	after VARCHAR(200) NOT NULL, 
	changed_by UUID NOT NULL, 
	changed_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	CONSTRAINT pk_member_detail_change PRIMARY KEY (id), 
	CONSTRAINT ck_member_detail_change_changed CHECK (before <> after), 
	CONSTRAINT fk_member_detail_change_member_id_member FOREIGN KEY(member_id) REFERENCES member (id), 
	CONSTRAINT fk_member_detail_change_changed_by_member FOREIGN KEY(changed_by) REFERENCES member (id)
)
--;;
CREATE INDEX ix_member_detail_change_member_id_field_id ON member_detail_change (member_id, field, id)
--;;
CREATE TABLE member_number_change (
	id UUID NOT NULL, 
	member_id UUID NOT NULL, 
	vat_number VARCHAR(20), 
	enterprise_number VARCHAR(20), 
	state VARCHAR(20) NOT NULL, 
	requested_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	decided_by UUID, 
	decided_at TIMESTAMP WITH TIME ZONE, 
	reason VARCHAR(5000) DEFAULT '' NOT NULL, 
	CONSTRAINT pk_member_number_change PRIMARY KEY (id), 
	CONSTRAINT ck_member_number_change_state CHECK (state IN ('requested', 'approved', 'rejected', 'superseded')), 
	CONSTRAINT ck_member_number_change_second_person CHECK (decided_by <> member_id), 
	CONSTRAINT ck_member_number_change_decided CHECK ((state IN ('approved', 'rejected')) = (decided_by IS NOT NULL AND decided_at IS NOT NULL)), 
	CONSTRAINT ck_member_number_change_refused_says_why CHECK (state <> 'rejected' OR reason <> ''), 
	CONSTRAINT fk_member_number_change_member_id_member FOREIGN KEY(member_id) REFERENCES member (id), 
	CONSTRAINT fk_member_number_change_decided_by_member FOREIGN KEY(decided_by) REFERENCES member (id)
)
--;;
CREATE INDEX ix_member_number_change_member_id_id ON member_number_change (member_id, id)
--;;
CREATE UNIQUE INDEX uq_member_number_change_requested ON member_number_change (member_id) WHERE state = 'requested'
--;;
CREATE TABLE member_rate (
	id UUID NOT NULL, 
	member_id UUID NOT NULL, 
	role VARCHAR(200) NOT NULL, 
	unit VARCHAR(10) NOT NULL, 
	rate_minor BIGINT NOT NULL, 
	currency VARCHAR(3) NOT NULL, 
	valid_from DATE NOT NULL, 
	created_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	CONSTRAINT pk_member_rate PRIMARY KEY (id), 
	CONSTRAINT ck_member_rate_unit_known CHECK (unit IN ('hour', 'day', 'unit')), 
	CONSTRAINT ck_member_rate_value_positive CHECK (rate_minor > 0), 
	CONSTRAINT fk_member_rate_member_id_member FOREIGN KEY(member_id) REFERENCES member (id)
)
--;;
CREATE UNIQUE INDEX uq_member_rate_day ON member_rate (member_id, lower(role), unit, currency, valid_from)
--;;
CREATE TABLE member_role (
	id UUID NOT NULL, 
	member_id UUID NOT NULL, 
	role VARCHAR(20) NOT NULL, 
	granted_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	granted_by UUID, 
	confirmed_by UUID, 
	founding BOOLEAN NOT NULL, 
	expires_at TIMESTAMP WITH TIME ZONE, 
	ended_at TIMESTAMP WITH TIME ZONE, 
	CONSTRAINT pk_member_role PRIMARY KEY (id), 
	CONSTRAINT ck_member_role_role CHECK (role IN ('treasurer', 'rep', 'secretary', 'operator', 'auditor')), 
	CONSTRAINT ck_member_role_not_oneself CHECK (granted_by <> member_id AND confirmed_by <> member_id), 
	CONSTRAINT ck_member_role_two_persons CHECK (granted_by <> confirmed_by), 
	CONSTRAINT ck_member_role_four_eyes CHECK (founding OR (granted_by IS NOT NULL AND confirmed_by IS NOT NULL)), 
	CONSTRAINT fk_member_role_member_id_member FOREIGN KEY(member_id) REFERENCES member (id), 
	CONSTRAINT fk_member_role_granted_by_member FOREIGN KEY(granted_by) REFERENCES member (id), 
	CONSTRAINT fk_member_role_confirmed_by_member FOREIGN KEY(confirmed_by) REFERENCES member (id)
)
--;;
CREATE UNIQUE INDEX uq_member_role_held ON member_role (member_id, role) WHERE ended_at IS NULL
--;;
CREATE TABLE member_step (
	id UUID NOT NULL, 
	member_id UUID NOT NULL, 
	action VARCHAR(20) NOT NULL, 
	from_state VARCHAR(20) NOT NULL, 
	to_state VARCHAR(20) NOT NULL, 
	by_kind VARCHAR(20) NOT NULL, 
	by_id UUID, 
	reason VARCHAR(5000) NOT NULL, 
	at TIMESTAMP WITH TIME ZONE NOT NULL, 
	CONSTRAINT pk_member_step PRIMARY KEY (id), 
	CONSTRAINT fk_member_step_member_id_member FOREIGN KEY(member_id) REFERENCES member (id)
)
--;;
CREATE INDEX ix_member_step_member_id_at ON member_step (member_id, at)
--;;
CREATE TABLE membership_removal (
	id UUID NOT NULL, 
	member_id UUID NOT NULL, 
	requested_by UUID NOT NULL, 
	requested_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	request_reason VARCHAR(5000) NOT NULL, 
	confirmed_by UUID, 
	confirmed_at TIMESTAMP WITH TIME ZONE, 
	confirm_reason VARCHAR(5000), 
	CONSTRAINT pk_membership_removal PRIMARY KEY (id), 
	CONSTRAINT ck_membership_removal_not_requested_by_oneself CHECK (requested_by <> member_id), 
	CONSTRAINT ck_membership_removal_second_person CHECK (confirmed_by <> member_id AND confirmed_by <> requested_by), 
	CONSTRAINT ck_membership_removal_reasoned CHECK (length(request_reason) >= 10), 
	CONSTRAINT ck_membership_removal_confirmation_reasoned CHECK (confirmed_by IS NULL OR length(confirm_reason) >= 10), 
	CONSTRAINT fk_membership_removal_member_id_member FOREIGN KEY(member_id) REFERENCES member (id), 
	CONSTRAINT fk_membership_removal_requested_by_member FOREIGN KEY(requested_by) REFERENCES member (id), 
	CONSTRAINT fk_membership_removal_confirmed_by_member FOREIGN KEY(confirmed_by) REFERENCES member (id)
)
--;;
CREATE UNIQUE INDEX uq_membership_removal_open ON membership_removal (member_id) WHERE confirmed_by IS NULL
--;;
CREATE TABLE organisation (
	id UUID NOT NULL, 
	name VARCHAR(200) NOT NULL, 
	kind VARCHAR(20) NOT NULL, 
	country VARCHAR(2) NOT NULL, 
	region VARCHAR(6) DEFAULT '' NOT NULL, 
	vat_number VARCHAR(20), 
	enterprise_number VARCHAR(20), 
	street VARCHAR(200) NOT NULL, 
	postcode VARCHAR(20) NOT NULL, 
	city VARCHAR(200) NOT NULL, 
	email VARCHAR(254) NOT NULL, 
	language VARCHAR(5) NOT NULL, 
	created_by UUID NOT NULL, 
	created_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	row_version BIGINT NOT NULL, 
	CONSTRAINT pk_organisation PRIMARY KEY (id), 
	CONSTRAINT ck_organisation_kind CHECK (kind IN ('company', 'public_body', 'consumer')), 
	CONSTRAINT ck_organisation_consumer_has_no_vat CHECK (kind <> 'consumer' OR vat_number IS NULL), 
	CONSTRAINT fk_organisation_created_by_member FOREIGN KEY(created_by) REFERENCES member (id)
)
--;;
CREATE INDEX ix_organisation_created_by_id ON organisation (created_by, id)
--;;
CREATE UNIQUE INDEX uq_organisation_vat_per_creator ON organisation (created_by, vat_number) WHERE vat_number IS NOT NULL
--;;
CREATE TABLE password_reset (
	token_hash BYTEA NOT NULL, 
	member_id UUID NOT NULL, 
	created_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	expires_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	CONSTRAINT pk_password_reset PRIMARY KEY (token_hash), 
	CONSTRAINT ck_password_reset_token_hash CHECK (octet_length(token_hash) = 32), 
	CONSTRAINT fk_password_reset_member_id_member FOREIGN KEY(member_id) REFERENCES member (id)
)
--;;
CREATE INDEX ix_password_reset_member_id ON password_reset (member_id)
--;;
CREATE TABLE payout_choice (
	member_id UUID NOT NULL, 
	rhythm VARCHAR(20) NOT NULL, 
	day BIGINT NOT NULL, 
	minimum_minor BIGINT NOT NULL, 
	chosen_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	chosen_by UUID NOT NULL, 
	CONSTRAINT pk_payout_choice PRIMARY KEY (member_id), 
	CONSTRAINT ck_payout_choice_rhythm CHECK (rhythm IN ('weekly', 'monthly', 'threshold')), 
	CONSTRAINT ck_payout_choice_day CHECK ((rhythm = 'weekly' AND day BETWEEN 1 AND 5) OR (rhythm = 'monthly' AND day BETWEEN 1 AND 28) OR (rhythm = 'threshold' AND day = 0)), 
	CONSTRAINT ck_payout_choice_minimum CHECK (minimum_minor >= 0), 
	CONSTRAINT fk_payout_choice_member_id_member FOREIGN KEY(member_id) REFERENCES member (id)
)
--;;
CREATE TABLE profile_reply (
	client_key VARCHAR(60) NOT NULL, 
	contested BOOLEAN NOT NULL, 
	text VARCHAR(2000) NOT NULL, 
	said_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	link_id UUID NOT NULL, 
	outcome VARCHAR(12) DEFAULT '' NOT NULL, 
	settled_reason VARCHAR(500) DEFAULT '' NOT NULL, 
	settled_by UUID, 
	settled_at TIMESTAMP WITH TIME ZONE, 
	CONSTRAINT pk_profile_reply PRIMARY KEY (client_key), 
	CONSTRAINT ck_profile_reply_outcome_known CHECK (outcome IN ('', 'recomputed', 'confirmed') AND (outcome = '') = (settled_by IS NULL)), 
	CONSTRAINT fk_profile_reply_settled_by_member FOREIGN KEY(settled_by) REFERENCES member (id)
)
--;;
CREATE TABLE reminder_rule (
	scope VARCHAR(10) NOT NULL, 
	subject_id UUID NOT NULL, 
	stopped BOOLEAN NOT NULL, 
	shift_days SMALLINT NOT NULL, 
	channel VARCHAR(10), 
	reason VARCHAR(500) NOT NULL, 
	set_by UUID NOT NULL, 
	set_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	CONSTRAINT pk_reminder_rule PRIMARY KEY (scope, subject_id), 
	CONSTRAINT ck_reminder_rule_scope_known CHECK (scope IN ('house', 'client', 'invoice')), 
	CONSTRAINT ck_reminder_rule_channel_known CHECK (channel IS NULL OR channel IN ('mail', 'letter')), 
	CONSTRAINT ck_reminder_rule_shift_within CHECK (shift_days BETWEEN 0 AND 60), 
	CONSTRAINT fk_reminder_rule_set_by_member FOREIGN KEY(set_by) REFERENCES member (id)
)
--;;
CREATE TABLE role_grant (
	id UUID NOT NULL, 
	member_id UUID NOT NULL, 
	role VARCHAR(20) NOT NULL, 
	reason VARCHAR(5000) NOT NULL, 
	expires_at TIMESTAMP WITH TIME ZONE, 
	state VARCHAR(20) NOT NULL, 
	requested_by UUID NOT NULL, 
	requested_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	decided_by UUID, 
	decided_at TIMESTAMP WITH TIME ZONE, 
	CONSTRAINT pk_role_grant PRIMARY KEY (id), 
	CONSTRAINT ck_role_grant_state CHECK (state IN ('requested', 'confirmed', 'refused')), 
	CONSTRAINT ck_role_grant_role CHECK (role IN ('treasurer', 'rep', 'secretary', 'operator', 'auditor')), 
	CONSTRAINT ck_role_grant_not_requested_by_oneself CHECK (requested_by <> member_id), 
	CONSTRAINT ck_role_grant_second_person CHECK (decided_by <> member_id AND decided_by <> requested_by), 
	CONSTRAINT ck_role_grant_decided CHECK ((state = 'requested') = (decided_by IS NULL)), 
	CONSTRAINT fk_role_grant_member_id_member FOREIGN KEY(member_id) REFERENCES member (id), 
	CONSTRAINT fk_role_grant_requested_by_member FOREIGN KEY(requested_by) REFERENCES member (id), 
	CONSTRAINT fk_role_grant_decided_by_member FOREIGN KEY(decided_by) REFERENCES member (id)
)
--;;
CREATE UNIQUE INDEX uq_role_grant_open ON role_grant (member_id, role) WHERE state = 'requested'
--;;
CREATE TABLE self_billing_mandate (
	id UUID NOT NULL, 
	member_id UUID NOT NULL, 
	terms_version SMALLINT NOT NULL, 
	language VARCHAR(5) NOT NULL, 
	typed_name VARCHAR(200) NOT NULL, 
	signed_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	evidence JSONB NOT NULL, 
	charter_version BIGINT NOT NULL, 
	period VARCHAR(10) DEFAULT 'payout' NOT NULL, 
	revoked_at TIMESTAMP WITH TIME ZONE, 
	revoked_reason TEXT NOT NULL, 
	CONSTRAINT pk_self_billing_mandate PRIMARY KEY (id), 
	CONSTRAINT ck_self_billing_mandate_revoked_is_whole CHECK ((revoked_at IS NULL) = (revoked_reason = '')), 
	CONSTRAINT ck_self_billing_mandate_period_known CHECK (period IN ('payout', 'month')), 
	CONSTRAINT fk_self_billing_mandate_member_id_member FOREIGN KEY(member_id) REFERENCES member (id)
)
--;;
CREATE UNIQUE INDEX uq_self_billing_mandate_running ON self_billing_mandate (member_id) WHERE revoked_at IS NULL
--;;
CREATE TABLE session (
	id_hash BYTEA NOT NULL, 
	member_id UUID NOT NULL, 
	created_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	last_seen TIMESTAMP WITH TIME ZONE NOT NULL, 
	expires_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	CONSTRAINT pk_session PRIMARY KEY (id_hash), 
	CONSTRAINT ck_session_id_hash CHECK (octet_length(id_hash) = 32), 
	CONSTRAINT fk_session_member_id_member FOREIGN KEY(member_id) REFERENCES member (id)
)
--;;
CREATE INDEX ix_session_expires_at ON session (expires_at)
--;;
CREATE INDEX ix_session_member_id ON session (member_id)
--;;
CREATE TABLE supplier_series (
	member_id UUID NOT NULL, 
	kind VARCHAR(20) NOT NULL, 
	year SMALLINT NOT NULL, 
	next BIGINT NOT NULL, 
	last_date DATE NOT NULL, 
	CONSTRAINT pk_supplier_series PRIMARY KEY (member_id, kind, year), 
	CONSTRAINT ck_supplier_series_kind_known CHECK (kind IN ('self_bill', 'self_bill_credit')), 
	CONSTRAINT ck_supplier_series_starts_at_one CHECK (next >= 1), 
	CONSTRAINT fk_supplier_series_member_id_member FOREIGN KEY(member_id) REFERENCES member (id)
)
--;;
CREATE TABLE translog_pending (
	leaf_id UUID NOT NULL, 
	CONSTRAINT pk_translog_pending PRIMARY KEY (leaf_id), 
	CONSTRAINT fk_translog_pending_leaf_id_translog_leaf FOREIGN KEY(leaf_id) REFERENCES translog_leaf (id)
)
--;;
CREATE TABLE translog_place (
	idx BIGINT NOT NULL, 
	leaf_id UUID NOT NULL, 
	CONSTRAINT pk_translog_place PRIMARY KEY (idx), 
	CONSTRAINT ck_translog_place_idx_counts_from_zero CHECK (idx >= 0), 
	CONSTRAINT uq_translog_place_leaf_id UNIQUE (leaf_id), 
	CONSTRAINT fk_translog_place_leaf_id_translog_leaf FOREIGN KEY(leaf_id) REFERENCES translog_leaf (id)
)
--;;
CREATE TABLE webhook (
	id UUID NOT NULL, 
	member_id UUID NOT NULL, 
	scope VARCHAR(10) NOT NULL, 
	name VARCHAR(200) NOT NULL, 
	url VARCHAR(1000) NOT NULL, 
	kinds JSONB NOT NULL, 
	secret_sealed BYTEA NOT NULL, 
	former_sealed BYTEA, 
	former_until TIMESTAMP WITH TIME ZONE, 
	state VARCHAR(20) NOT NULL, 
	confirmed_by UUID, 
	created_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	seen_to UUID NOT NULL, 
	starts_after UUID NOT NULL, 
	given_up_in_a_row SMALLINT NOT NULL, 
	pause_reason VARCHAR(500) NOT NULL, 
	CONSTRAINT pk_webhook PRIMARY KEY (id), 
	CONSTRAINT ck_webhook_state_known CHECK (state IN ('requested', 'active', 'paused', 'removed')), 
	CONSTRAINT ck_webhook_scope_known CHECK (scope IN ('own', 'house')), 
	CONSTRAINT ck_webhook_second_person CHECK (confirmed_by <> member_id), 
	CONSTRAINT ck_webhook_house_is_confirmed CHECK (scope = 'own' OR state IN ('requested', 'removed') OR confirmed_by IS NOT NULL), 
	CONSTRAINT fk_webhook_member_id_member FOREIGN KEY(member_id) REFERENCES member (id), 
	CONSTRAINT fk_webhook_confirmed_by_member FOREIGN KEY(confirmed_by) REFERENCES member (id)
)
--;;
CREATE INDEX ix_webhook_member_id_id ON webhook (member_id, id)
--;;
CREATE TABLE bank_notification (
	id UUID NOT NULL, 
	account_id UUID NOT NULL, 
	reference VARCHAR(90) NOT NULL, 
	amount_minor BIGINT NOT NULL, 
	booked_on DATE NOT NULL, 
	payments BIGINT NOT NULL, 
	parts_sealed BYTEA NOT NULL, 
	received_by UUID NOT NULL, 
	received_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	CONSTRAINT pk_bank_notification PRIMARY KEY (id), 
	CONSTRAINT uq_bank_notification_account_id_reference UNIQUE (account_id, reference), 
	CONSTRAINT fk_bank_notification_account_id_coop_bank_account FOREIGN KEY(account_id) REFERENCES coop_bank_account (id), 
	CONSTRAINT fk_bank_notification_received_by_member FOREIGN KEY(received_by) REFERENCES member (id)
)
--;;
CREATE TABLE bank_rule_use (
	entry_id UUID NOT NULL, 
	round BIGINT NOT NULL, 
	rule_id UUID NOT NULL, 
	applied_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	CONSTRAINT pk_bank_rule_use PRIMARY KEY (entry_id, round), 
	CONSTRAINT fk_bank_rule_use_entry_id_bank_entry FOREIGN KEY(entry_id) REFERENCES bank_entry (id), 
	CONSTRAINT fk_bank_rule_use_rule_id_bank_rule FOREIGN KEY(rule_id) REFERENCES bank_rule (id)
)
--;;
CREATE INDEX ix_bank_rule_use_rule_id ON bank_rule_use (rule_id)
--;;
CREATE TABLE bank_statement (
	id UUID NOT NULL, 
	account_id UUID NOT NULL, 
	previous_id UUID, 
	file_sha256 BYTEA NOT NULL, 
	file_position BIGINT NOT NULL, 
	bank_reference VARCHAR(35) NOT NULL, 
	number VARCHAR(20) NOT NULL, 
	opening_minor BIGINT NOT NULL, 
	closing_minor BIGINT NOT NULL, 
	currency VARCHAR(3) NOT NULL, 
	from_on DATE NOT NULL, 
	to_on DATE NOT NULL, 
	entries BIGINT NOT NULL, 
	pending BIGINT NOT NULL, 
	imported_by UUID, 
	imported_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	source VARCHAR(10) DEFAULT 'camt.053' NOT NULL, 
	proven BOOLEAN DEFAULT true NOT NULL, 
	stated_opening_minor BIGINT, 
	stated_closing_minor BIGINT, 
	known BIGINT DEFAULT 0 NOT NULL, 
	CONSTRAINT pk_bank_statement PRIMARY KEY (id), 
	CONSTRAINT uq_bank_statement_file_sha256_file_position UNIQUE (file_sha256, file_position), 
	CONSTRAINT uq_bank_statement_account_id_previous_id UNIQUE NULLS NOT DISTINCT (account_id, previous_id), 
	CONSTRAINT ck_bank_statement_period CHECK (from_on <= to_on), 
	CONSTRAINT fk_bank_statement_account_id_coop_bank_account FOREIGN KEY(account_id) REFERENCES coop_bank_account (id), 
	CONSTRAINT fk_bank_statement_previous_id_bank_statement FOREIGN KEY(previous_id) REFERENCES bank_statement (id), 
	CONSTRAINT fk_bank_statement_file_sha256_bank_statement_file FOREIGN KEY(file_sha256) REFERENCES bank_statement_file (sha256)
)
--;;
CREATE TABLE claim_decision (
	claim_id UUID NOT NULL, 
	round SMALLINT NOT NULL, 
	outcome VARCHAR(10) NOT NULL, 
	amount_minor BIGINT NOT NULL, 
	reason_code VARCHAR(40) NOT NULL, 
	reasons TEXT NOT NULL, 
	charter_version BIGINT NOT NULL, 
	decided_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	entry_id UUID, 
	CONSTRAINT pk_claim_decision PRIMARY KEY (claim_id, round), 
	CONSTRAINT ck_claim_decision_outcome_known CHECK (outcome IN ('granted', 'part', 'rejected')), 
	CONSTRAINT ck_claim_decision_reasons_given CHECK (btrim(reasons) <> ''), 
	CONSTRAINT fk_claim_decision_claim_id_claim FOREIGN KEY(claim_id) REFERENCES claim (id)
)
--;;
CREATE TABLE claim_evidence (
	id UUID NOT NULL, 
	claim_id UUID NOT NULL, 
	name VARCHAR(200) NOT NULL, 
	media_type VARCHAR(60) NOT NULL, 
	health BOOLEAN NOT NULL, 
	size_bytes BIGINT NOT NULL, 
	content_sealed BYTEA, 
	added_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	deleted_at TIMESTAMP WITH TIME ZONE, 
	fits BOOLEAN, 
	fits_by UUID, 
	CONSTRAINT pk_claim_evidence PRIMARY KEY (id), 
	CONSTRAINT ck_claim_evidence_size CHECK (size_bytes BETWEEN 1 AND 262144), 
	CONSTRAINT fk_claim_evidence_claim_id_claim FOREIGN KEY(claim_id) REFERENCES claim (id), 
	CONSTRAINT fk_claim_evidence_fits_by_member FOREIGN KEY(fits_by) REFERENCES member (id)
)
--;;
CREATE INDEX ix_claim_evidence_claim_id ON claim_evidence (claim_id)
--;;
CREATE TABLE contact (
	id UUID NOT NULL, 
	organisation_id UUID NOT NULL, 
	name VARCHAR(200) NOT NULL, 
	email VARCHAR(254) NOT NULL, 
	language VARCHAR(5) NOT NULL, 
	created_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	CONSTRAINT pk_contact PRIMARY KEY (id), 
	CONSTRAINT fk_contact_organisation_id_organisation FOREIGN KEY(organisation_id) REFERENCES organisation (id)
)
--;;
CREATE INDEX ix_contact_email ON contact (email)
--;;
CREATE UNIQUE INDEX uq_contact_email ON contact (organisation_id, email)
--;;
CREATE TABLE contract_template_version (
	template_id UUID NOT NULL, 
	version SMALLINT NOT NULL, 
	body JSONB NOT NULL, 
	at TIMESTAMP WITH TIME ZONE NOT NULL, 
	CONSTRAINT pk_contract_template_version PRIMARY KEY (template_id, version), 
	CONSTRAINT fk_contract_template_version_template_id_contract_template FOREIGN KEY(template_id) REFERENCES contract_template (id)
)
--;;
CREATE TABLE csv_file_mapping (
	id UUID NOT NULL, 
	account_id UUID NOT NULL, 
	name VARCHAR(70) NOT NULL, 
	header_sha256 BYTEA NOT NULL, 
	mapping JSONB NOT NULL, 
	saved_by UUID NOT NULL, 
	saved_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	CONSTRAINT pk_csv_file_mapping PRIMARY KEY (id), 
	CONSTRAINT uq_csv_file_mapping_account_id_name UNIQUE (account_id, name), 
	CONSTRAINT fk_csv_file_mapping_account_id_coop_bank_account FOREIGN KEY(account_id) REFERENCES coop_bank_account (id), 
	CONSTRAINT fk_csv_file_mapping_saved_by_member FOREIGN KEY(saved_by) REFERENCES member (id)
)
--;;
CREATE INDEX ix_csv_file_mapping_header_sha256 ON csv_file_mapping (header_sha256)
--;;
CREATE TABLE insolvency (
	id UUID NOT NULL, 
	client_id UUID NOT NULL, 
	client_key VARCHAR(60) NOT NULL, 
	state VARCHAR(10) NOT NULL, 
	court VARCHAR(200) NOT NULL, 
	case_number VARCHAR(80) NOT NULL, 
	declared_on DATE NOT NULL, 
	claims_by DATE, 
	evidence VARCHAR(2000) NOT NULL, 
	flagged_by UUID NOT NULL, 
	flagged_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	bundle_document_id UUID, 
	lifted_by UUID, 
	lifted_at TIMESTAMP WITH TIME ZONE, 
	lift_reason VARCHAR(500) NOT NULL, 
	CONSTRAINT pk_insolvency PRIMARY KEY (id), 
	CONSTRAINT ck_insolvency_state_known CHECK (state IN ('flagged', 'lifted')), 
	CONSTRAINT ck_insolvency_second_person CHECK (lifted_by IS NULL OR lifted_by <> flagged_by), 
	CONSTRAINT fk_insolvency_client_id_organisation FOREIGN KEY(client_id) REFERENCES organisation (id), 
	CONSTRAINT fk_insolvency_flagged_by_member FOREIGN KEY(flagged_by) REFERENCES member (id), 
	CONSTRAINT fk_insolvency_bundle_document_id_document FOREIGN KEY(bundle_document_id) REFERENCES document (id), 
	CONSTRAINT fk_insolvency_lifted_by_member FOREIGN KEY(lifted_by) REFERENCES member (id)
)
--;;
CREATE INDEX ix_insolvency_client_id ON insolvency (client_id)
--;;
CREATE UNIQUE INDEX uq_insolvency_flagged ON insolvency (client_key) WHERE state = 'flagged'
--;;
CREATE TABLE juror (
	claim_id UUID NOT NULL, 
	round SMALLINT NOT NULL, 
	member_id UUID NOT NULL, 
	rank BIGINT NOT NULL, 
	state VARCHAR(10) NOT NULL, 
	invited_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	due_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	outcome VARCHAR(10), 
	amount_minor BIGINT, 
	reason_code VARCHAR(40), 
	reason TEXT, 
	given_at TIMESTAMP WITH TIME ZONE, 
	CONSTRAINT pk_juror PRIMARY KEY (claim_id, round, member_id), 
	CONSTRAINT ck_juror_state_known CHECK (state IN ('invited', 'accepted', 'declined', 'replaced', 'done', 'dismissed')), 
	CONSTRAINT ck_juror_verdict_with_reason CHECK ((state = 'done') = (outcome IS NOT NULL) AND (outcome IS NULL) = (reason IS NULL)), 
	CONSTRAINT ck_juror_outcome_known CHECK (outcome IN ('granted', 'part', 'rejected')), 
	CONSTRAINT ck_juror_reason_given CHECK (btrim(reason) <> ''), 
	CONSTRAINT fk_juror_claim_id_claim FOREIGN KEY(claim_id) REFERENCES claim (id), 
	CONSTRAINT fk_juror_member_id_member FOREIGN KEY(member_id) REFERENCES member (id)
)
--;;
CREATE INDEX ix_juror_due ON juror (due_at) WHERE state IN ('invited', 'accepted')
--;;
CREATE INDEX ix_juror_member_id ON juror (member_id, state)
--;;
CREATE TABLE jury_draw (
	claim_id UUID NOT NULL, 
	round SMALLINT NOT NULL, 
	head BYTEA NOT NULL, 
	head_size BIGINT NOT NULL, 
	seed BYTEA NOT NULL, 
	candidates_hash BYTEA NOT NULL, 
	codes JSONB NOT NULL, 
	ranked JSONB NOT NULL, 
	jury_size SMALLINT NOT NULL, 
	drawn_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	CONSTRAINT pk_jury_draw PRIMARY KEY (claim_id, round), 
	CONSTRAINT fk_jury_draw_claim_id_claim FOREIGN KEY(claim_id) REFERENCES claim (id)
)
--;;
CREATE TABLE payee_check (
	id UUID NOT NULL, 
	payee_account_id UUID NOT NULL, 
	result VARCHAR(4) NOT NULL, 
	source VARCHAR(60) NOT NULL, 
	bank_name VARCHAR(140) NOT NULL, 
	noted_by UUID NOT NULL, 
	at TIMESTAMP WITH TIME ZONE NOT NULL, 
	CONSTRAINT pk_payee_check PRIMARY KEY (id), 
	CONSTRAINT ck_payee_check_result CHECK (result IN ('MTCH', 'CMTC', 'NMTC', 'NOAP')), 
	CONSTRAINT fk_payee_check_payee_account_id_bank_account FOREIGN KEY(payee_account_id) REFERENCES bank_account (id), 
	CONSTRAINT fk_payee_check_noted_by_member FOREIGN KEY(noted_by) REFERENCES member (id)
)
--;;
CREATE INDEX ix_payee_check_account ON payee_check (payee_account_id, at)
--;;
CREATE TABLE payment_batch (
	id UUID NOT NULL, 
	kind VARCHAR(20) DEFAULT 'transfer' NOT NULL, 
	account_id UUID NOT NULL, 
	state VARCHAR(20) NOT NULL, 
	execute_on DATE NOT NULL, 
	payments BIGINT NOT NULL, 
	total_minor BIGINT NOT NULL, 
	currency VARCHAR(3) NOT NULL, 
	file_sealed BYTEA NOT NULL, 
	file_sha256 BYTEA NOT NULL, 
	made_by UUID NOT NULL, 
	made_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	sent_by UUID, 
	sent_at TIMESTAMP WITH TIME ZONE, 
	bank_status VARCHAR(4) DEFAULT '' NOT NULL, 
	CONSTRAINT pk_payment_batch PRIMARY KEY (id), 
	CONSTRAINT ck_payment_batch_state CHECK (state IN ('prepared', 'sent', 'settled')), 
	CONSTRAINT ck_payment_batch_kind CHECK (kind IN ('transfer', 'collection')), 
	CONSTRAINT fk_payment_batch_account_id_coop_bank_account FOREIGN KEY(account_id) REFERENCES coop_bank_account (id), 
	CONSTRAINT fk_payment_batch_made_by_member FOREIGN KEY(made_by) REFERENCES member (id), 
	CONSTRAINT fk_payment_batch_sent_by_member FOREIGN KEY(sent_by) REFERENCES member (id)
)
--;;
CREATE TABLE payout_run (
	id UUID NOT NULL, 
	trigger VARCHAR(20) NOT NULL, 
	state VARCHAR(20) NOT NULL, 
	day DATE NOT NULL, 
	currency VARCHAR(3) NOT NULL, 
	account_id UUID NOT NULL, 
	total BIGINT NOT NULL, 
	done BIGINT NOT NULL, 
	payouts BIGINT NOT NULL, 
	skipped BIGINT NOT NULL, 
	amount_minor BIGINT NOT NULL, 
	cursor UUID, 
	started_by UUID, 
	started_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	finished_at TIMESTAMP WITH TIME ZONE, 
	CONSTRAINT pk_payout_run PRIMARY KEY (id), 
	CONSTRAINT ck_payout_run_state CHECK (state IN ('running', 'done')), 
	CONSTRAINT ck_payout_run_trigger CHECK (trigger IN ('treasurer', 'choice')), 
	CONSTRAINT ck_payout_run_starter CHECK ((trigger = 'treasurer') = (started_by IS NOT NULL)), 
	CONSTRAINT ck_payout_run_progress CHECK (done <= total), 
	CONSTRAINT fk_payout_run_account_id_coop_bank_account FOREIGN KEY(account_id) REFERENCES coop_bank_account (id), 
	CONSTRAINT fk_payout_run_started_by_member FOREIGN KEY(started_by) REFERENCES member (id)
)
--;;
CREATE UNIQUE INDEX uq_payout_run_choice ON payout_run (currency, day) WHERE trigger = 'choice'
--;;
CREATE UNIQUE INDEX uq_payout_run_running ON payout_run (currency) WHERE state = 'running' AND trigger = 'treasurer'
--;;
CREATE TABLE profile_notice (
	client_key VARCHAR(60) NOT NULL, 
	client_id UUID NOT NULL, 
	told_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	shown_from DATE NOT NULL, 
	CONSTRAINT pk_profile_notice PRIMARY KEY (client_key), 
	CONSTRAINT fk_profile_notice_client_id_organisation FOREIGN KEY(client_id) REFERENCES organisation (id)
)
--;;
CREATE TABLE sepa_mandate (
	id UUID NOT NULL, 
	organisation_id UUID NOT NULL, 
	reference VARCHAR(35) NOT NULL, 
	scheme VARCHAR(4) NOT NULL, 
	signed_on DATE NOT NULL, 
	holder VARCHAR(70) NOT NULL, 
	iban_sealed BYTEA NOT NULL, 
	iban_last4 VARCHAR(4) NOT NULL, 
	state VARCHAR(20) NOT NULL, 
	collected BIGINT NOT NULL, 
	last_used_on DATE, 
	entered_by UUID NOT NULL, 
	entered_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	confirmed_by UUID, 
	confirmed_at TIMESTAMP WITH TIME ZONE, 
	cancelled_at TIMESTAMP WITH TIME ZONE, 
	reason VARCHAR(500) NOT NULL, 
	CONSTRAINT pk_sepa_mandate PRIMARY KEY (id), 
	CONSTRAINT ck_sepa_mandate_state CHECK (state IN ('entered', 'active', 'cancelled')), 
	CONSTRAINT ck_sepa_mandate_scheme CHECK (scheme IN ('CORE', 'B2B')), 
	CONSTRAINT ck_sepa_mandate_second_person CHECK (confirmed_by <> entered_by), 
	CONSTRAINT ck_sepa_mandate_confirmed CHECK (state <> 'active' OR confirmed_by IS NOT NULL), 
	CONSTRAINT fk_sepa_mandate_organisation_id_organisation FOREIGN KEY(organisation_id) REFERENCES organisation (id), 
	CONSTRAINT uq_sepa_mandate_reference UNIQUE (reference), 
	CONSTRAINT fk_sepa_mandate_entered_by_member FOREIGN KEY(entered_by) REFERENCES member (id), 
	CONSTRAINT fk_sepa_mandate_confirmed_by_member FOREIGN KEY(confirmed_by) REFERENCES member (id)
)
--;;
CREATE UNIQUE INDEX uq_sepa_mandate_live ON sepa_mandate (organisation_id) WHERE state IN ('entered', 'active')
--;;
CREATE TABLE webhook_delivery (
	id UUID NOT NULL, 
	webhook_id UUID NOT NULL, 
	event_id UUID NOT NULL, 
	kind VARCHAR(80) NOT NULL, 
	happened_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	body JSONB NOT NULL, 
	state VARCHAR(20) NOT NULL, 
	tries SMALLINT NOT NULL, 
	next_try_at TIMESTAMP WITH TIME ZONE, 
	created_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	ended_at TIMESTAMP WITH TIME ZONE, 
	CONSTRAINT pk_webhook_delivery PRIMARY KEY (id), 
	CONSTRAINT ck_webhook_delivery_state_known CHECK (state IN ('waiting', 'delivered', 'given_up', 'dropped')), 
	CONSTRAINT uq_webhook_delivery_webhook_id_event_id UNIQUE (webhook_id, event_id), 
	CONSTRAINT fk_webhook_delivery_webhook_id_webhook FOREIGN KEY(webhook_id) REFERENCES webhook (id)
)
--;;
CREATE INDEX ix_webhook_delivery_webhook_id_id ON webhook_delivery (webhook_id, id)
--;;
CREATE TABLE access_link (
	id UUID NOT NULL, 
	token_hash BYTEA NOT NULL, 
	purpose VARCHAR(40) NOT NULL, 
	subject_id UUID NOT NULL, 
	contact_id UUID NOT NULL, 
	created_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	expires_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	opened_at TIMESTAMP WITH TIME ZONE, 
	revoked_at TIMESTAMP WITH TIME ZONE, 
	CONSTRAINT pk_access_link PRIMARY KEY (id), 
	CONSTRAINT ck_access_link_token_hash CHECK (octet_length(token_hash) = 32), 
	CONSTRAINT ck_access_link_expires CHECK (expires_at > created_at), 
	CONSTRAINT uq_access_link_token_hash UNIQUE (token_hash), 
	CONSTRAINT fk_access_link_contact_id_contact FOREIGN KEY(contact_id) REFERENCES contact (id)
)
--;;
CREATE INDEX ix_access_link_subject_id ON access_link (subject_id)
--;;
CREATE TABLE bank_pending_entry (
	id UUID NOT NULL, 
	account_id UUID NOT NULL, 
	statement_id UUID NOT NULL, 
	reference VARCHAR(90) NOT NULL, 
	amount_minor BIGINT NOT NULL, 
	currency VARCHAR(3) NOT NULL, 
	expected_on DATE NOT NULL, 
	counterparty VARCHAR(140) NOT NULL, 
	iban_last4 VARCHAR(4) NOT NULL, 
	structured VARCHAR(35) NOT NULL, 
	end_to_end_id VARCHAR(35) NOT NULL, 
	text VARCHAR NOT NULL, 
	announced_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	entry_id UUID, 
	gone_at TIMESTAMP WITH TIME ZONE, 
	CONSTRAINT pk_bank_pending_entry PRIMARY KEY (id), 
	CONSTRAINT ck_bank_pending_entry_gone_when_booked CHECK ((entry_id IS NULL) OR (gone_at IS NOT NULL)), 
	CONSTRAINT fk_bank_pending_entry_account_id_coop_bank_account FOREIGN KEY(account_id) REFERENCES coop_bank_account (id), 
	CONSTRAINT fk_bank_pending_entry_statement_id_bank_statement FOREIGN KEY(statement_id) REFERENCES bank_statement (id), 
	CONSTRAINT fk_bank_pending_entry_entry_id_bank_entry FOREIGN KEY(entry_id) REFERENCES bank_entry (id)
)
--;;
CREATE INDEX ix_bank_pending_entry_waiting ON bank_pending_entry (account_id) WHERE gone_at IS NULL
--;;
CREATE TABLE claim_access (
	id UUID NOT NULL, 
	claim_id UUID NOT NULL, 
	evidence_id UUID NOT NULL, 
	member_id UUID NOT NULL, 
	capacity VARCHAR(20) NOT NULL, 
	at TIMESTAMP WITH TIME ZONE NOT NULL, 
	CONSTRAINT pk_claim_access PRIMARY KEY (id), 
	CONSTRAINT fk_claim_access_claim_id_claim FOREIGN KEY(claim_id) REFERENCES claim (id), 
	CONSTRAINT fk_claim_access_evidence_id_claim_evidence FOREIGN KEY(evidence_id) REFERENCES claim_evidence (id), 
	CONSTRAINT fk_claim_access_member_id_member FOREIGN KEY(member_id) REFERENCES member (id)
)
--;;
CREATE INDEX ix_claim_access_claim_id ON claim_access (claim_id)
--;;
CREATE TABLE contract (
	id UUID NOT NULL, 
	number VARCHAR(20) NOT NULL, 
	member_id UUID NOT NULL, 
	client_id UUID NOT NULL, 
	contact_id UUID NOT NULL, 
	state VARCHAR(20) NOT NULL, 
	version SMALLINT NOT NULL, 
	kind VARCHAR(12) NOT NULL, 
	title VARCHAR(200) NOT NULL, 
	language VARCHAR(5) NOT NULL, 
	draft JSONB NOT NULL, 
	terms JSONB NOT NULL, 
	currency VARCHAR(3) NOT NULL, 
	net_minor BIGINT NOT NULL, 
	payment_term_days SMALLINT NOT NULL, 
	acceptance_silence_days SMALLINT NOT NULL, 
	revision_rounds SMALLINT NOT NULL, 
	kill_fee_bps SMALLINT NOT NULL, 
	deposit_bps SMALLINT NOT NULL, 
	notice_days SMALLINT NOT NULL, 
	paper_id UUID, 
	paper_sha256 VARCHAR(64), 
	signing_plan JSONB DEFAULT '[]' NOT NULL, 
	law_country VARCHAR(2) NOT NULL, 
	law_region VARCHAR(6) NOT NULL, 
	guaranteed BOOLEAN NOT NULL, 
	guarantee_reasons JSONB NOT NULL, 
	charter_version BIGINT NOT NULL, 
	created_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	updated_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	sent_at TIMESTAMP WITH TIME ZONE, 
	signed_at TIMESTAMP WITH TIME ZONE, 
	sealed_at TIMESTAMP WITH TIME ZONE, 
	sealed_document_id UUID, 
	sealed_sha256 VARCHAR(64), 
	seal_alarmed_at TIMESTAMP WITH TIME ZONE, 
	completed_at TIMESTAMP WITH TIME ZONE, 
	ended_at TIMESTAMP WITH TIME ZONE, 
	ended_reason VARCHAR(40), 
	ended_note TEXT, 
	retain_until DATE, 
	retain_rule VARCHAR(40), 
	erased_at TIMESTAMP WITH TIME ZONE, 
	amends_id UUID, 
	amends_sha256 VARCHAR(64), 
	amended_at TIMESTAMP WITH TIME ZONE, 
	renews_id UUID, 
	estimate_warned_at TIMESTAMP WITH TIME ZONE, 
	expiry_warned_at TIMESTAMP WITH TIME ZONE, 
	CONSTRAINT pk_contract PRIMARY KEY (id), 
	CONSTRAINT ck_contract_state_known CHECK (state IN ('draft', 'changes_requested', 'sent', 'signed', 'declined', 'expired', 'withdrawn', 'completed', 'terminated', 'applied', 'suspended', 'void')), 
	CONSTRAINT ck_contract_value_positive CHECK (net_minor > 0), 
	CONSTRAINT ck_contract_kind_known CHECK (kind IN ('fixed', 'milestones', 'time', 'retainer', 'licence')), 
	CONSTRAINT ck_contract_deposit_is_a_share CHECK (deposit_bps BETWEEN 0 AND 10000), 
	CONSTRAINT ck_contract_kill_fee_is_a_share CHECK (kill_fee_bps BETWEEN 0 AND 10000), 
	CONSTRAINT ck_contract_signed_has_time CHECK (state NOT IN ('signed', 'completed', 'terminated', 'applied', 'suspended', 'void') OR signed_at IS NOT NULL), 
	CONSTRAINT ck_contract_amendment_names_its_parent CHECK ((amends_id IS NULL) = (amends_sha256 IS NULL)), 
	CONSTRAINT ck_contract_amends_or_renews CHECK (amends_id IS NULL OR renews_id IS NULL), 
	CONSTRAINT ck_contract_applied_amends CHECK (state <> 'applied' OR amends_id IS NOT NULL), 
	CONSTRAINT ck_contract_erased_is_bare CHECK (erased_at IS NULL OR (terms = '{}'::jsonb AND draft = '{}'::jsonb AND signing_plan = '[]'::jsonb AND guarantee_reasons = '[]'::jsonb AND title = 'erased' AND ended_note IS NULL AND paper_id IS NULL AND sealed_document_id IS NULL)), 
	CONSTRAINT uq_contract_number UNIQUE (number), 
	CONSTRAINT fk_contract_member_id_member FOREIGN KEY(member_id) REFERENCES member (id), 
	CONSTRAINT fk_contract_client_id_organisation FOREIGN KEY(client_id) REFERENCES organisation (id), 
	CONSTRAINT fk_contract_contact_id_contact FOREIGN KEY(contact_id) REFERENCES contact (id), 
	CONSTRAINT fk_contract_amends_id_contract FOREIGN KEY(amends_id) REFERENCES contract (id), 
	CONSTRAINT fk_contract_renews_id_contract FOREIGN KEY(renews_id) REFERENCES contract (id)
)
--;;
CREATE INDEX ix_contract_client_id ON contract (client_id)
--;;
CREATE INDEX ix_contract_keeping ON contract (retain_until) WHERE erased_at IS NULL
--;;
CREATE INDEX ix_contract_member_id_id ON contract (member_id, id)
--;;
CREATE INDEX ix_contract_searched ON contract USING gin ((to_tsvector('simple', contract.title || ' ' || replace(contract.number, '-', ' ')) || jsonb_to_tsvector('simple', contract.terms, '["string"]')))
--;;
CREATE INDEX ix_contract_waiting ON contract (id) WHERE state = 'sent'
--;;
CREATE UNIQUE INDEX uq_contract_open_amendment ON contract (amends_id) WHERE state IN ('draft', 'sent', 'changes_requested', 'signed')
--;;
CREATE TABLE passkey (
	id UUID NOT NULL, 
	member_id UUID, 
	contact_id UUID, 
	state VARCHAR(10) NOT NULL, 
	label VARCHAR(200) NOT NULL, 
	challenge BYTEA NOT NULL, 
	asked_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	expires_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	credential_id BYTEA, 
	public_key BYTEA, 
	sign_count BIGINT NOT NULL, 
	synced BOOLEAN NOT NULL, 
	registered_at TIMESTAMP WITH TIME ZONE, 
	last_used_at TIMESTAMP WITH TIME ZONE, 
	removed_at TIMESTAMP WITH TIME ZONE, 
	CONSTRAINT pk_passkey PRIMARY KEY (id), 
	CONSTRAINT ck_passkey_state_known CHECK (state IN ('asked', 'active', 'removed')), 
	CONSTRAINT ck_passkey_one_owner CHECK ((member_id IS NULL) <> (contact_id IS NULL)), 
	CONSTRAINT ck_passkey_active_has_key CHECK (state <> 'active' OR (credential_id IS NOT NULL AND public_key IS NOT NULL)), 
	CONSTRAINT ck_passkey_count_rises CHECK (sign_count >= 0), 
	CONSTRAINT fk_passkey_member_id_member FOREIGN KEY(member_id) REFERENCES member (id), 
	CONSTRAINT fk_passkey_contact_id_contact FOREIGN KEY(contact_id) REFERENCES contact (id)
)
--;;
CREATE UNIQUE INDEX uq_passkey_asked ON passkey (member_id, contact_id) NULLS NOT DISTINCT WHERE state = 'asked'
--;;
CREATE UNIQUE INDEX uq_passkey_credential ON passkey (credential_id)
--;;
CREATE TABLE payment_status_report (
	sha256 BYTEA NOT NULL, 
	content_sealed BYTEA NOT NULL, 
	message_id VARCHAR(35) NOT NULL, 
	batch_id UUID NOT NULL, 
	accepted BIGINT NOT NULL, 
	rejected BIGINT NOT NULL, 
	imported_by UUID NOT NULL, 
	imported_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	CONSTRAINT pk_payment_status_report PRIMARY KEY (sha256), 
	CONSTRAINT fk_payment_status_report_batch_id_payment_batch FOREIGN KEY(batch_id) REFERENCES payment_batch (id), 
	CONSTRAINT fk_payment_status_report_imported_by_member FOREIGN KEY(imported_by) REFERENCES member (id)
)
--;;
CREATE TABLE payout (
	id UUID NOT NULL, 
	serial BIGINT GENERATED ALWAYS AS IDENTITY, 
	member_id UUID, 
	organisation_id UUID, 
	supplier_id UUID, 
	purpose VARCHAR(20) NOT NULL, 
	concerns_id UUID, 
	subject_id UUID, 
	amount_minor BIGINT NOT NULL, 
	currency VARCHAR(3) NOT NULL, 
	account_id UUID NOT NULL, 
	payee_account_id UUID, 
	payee_name VARCHAR(140), 
	iban_sealed BYTEA, 
	iban_last4 VARCHAR(4) NOT NULL, 
	source_entry_id UUID, 
	reference VARCHAR(35) NOT NULL, 
	remittance VARCHAR(140) NOT NULL, 
	pay_on DATE, 
	run_id UUID, 
	replaces_id UUID, 
	state VARCHAR(20) NOT NULL, 
	requested_by UUID NOT NULL, 
	requested_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	approvals_needed BIGINT NOT NULL, 
	roles_needed JSONB NOT NULL, 
	check_extra BIGINT NOT NULL, 
	charter_version BIGINT NOT NULL, 
	approved_at TIMESTAMP WITH TIME ZONE, 
	ledger_entry_id UUID, 
	batch_id UUID, 
	ordered_at TIMESTAMP WITH TIME ZONE, 
	settled_on DATE, 
	refused_by UUID, 
	reason VARCHAR(500), 
	bank_status VARCHAR(4) NOT NULL, 
	bank_reason VARCHAR(35) NOT NULL, 
	document_id UUID, 
	CONSTRAINT pk_payout PRIMARY KEY (id), 
	CONSTRAINT ck_payout_state CHECK (state IN ('requested', 'approved', 'rejected', 'ordered', 'settled', 'returned')), 
	CONSTRAINT ck_payout_amount CHECK (amount_minor > 0), 
	CONSTRAINT ck_payout_four_eyes CHECK (approvals_needed >= 2), 
	CONSTRAINT ck_payout_purpose CHECK (purpose IN ('earnings', 'benefit', 'refund', 'supplier')), 
	CONSTRAINT ck_payout_batch CHECK (state NOT IN ('ordered', 'settled') OR batch_id IS NOT NULL), 
	CONSTRAINT ck_payout_payee CHECK ((purpose IN ('earnings', 'benefit')) = (member_id IS NOT NULL) AND (member_id IS NULL) = (payee_account_id IS NULL) AND (member_id IS NULL) = (iban_sealed IS NOT NULL) AND (member_id IS NULL) = (payee_name IS NOT NULL)), 
	CONSTRAINT ck_payout_refund_goes_back CHECK (purpose <> 'refund' OR (organisation_id IS NOT NULL AND source_entry_id IS NOT NULL)), 
	CONSTRAINT ck_payout_supplier CHECK (purpose <> 'supplier' OR (supplier_id IS NOT NULL AND subject_id IS NOT NULL)), 
	CONSTRAINT uq_payout_serial UNIQUE (serial), 
	CONSTRAINT fk_payout_member_id_member FOREIGN KEY(member_id) REFERENCES member (id), 
	CONSTRAINT fk_payout_organisation_id_organisation FOREIGN KEY(organisation_id) REFERENCES organisation (id), 
	CONSTRAINT fk_payout_concerns_id_member FOREIGN KEY(concerns_id) REFERENCES member (id), 
	CONSTRAINT fk_payout_account_id_coop_bank_account FOREIGN KEY(account_id) REFERENCES coop_bank_account (id), 
	CONSTRAINT fk_payout_payee_account_id_bank_account FOREIGN KEY(payee_account_id) REFERENCES bank_account (id), 
	CONSTRAINT fk_payout_source_entry_id_bank_entry FOREIGN KEY(source_entry_id) REFERENCES bank_entry (id), 
	CONSTRAINT fk_payout_run_id_payout_run FOREIGN KEY(run_id) REFERENCES payout_run (id), 
	CONSTRAINT uq_payout_replaces_id UNIQUE (replaces_id), 
	CONSTRAINT fk_payout_replaces_id_payout FOREIGN KEY(replaces_id) REFERENCES payout (id), 
	CONSTRAINT fk_payout_requested_by_member FOREIGN KEY(requested_by) REFERENCES member (id), 
	CONSTRAINT fk_payout_batch_id_payment_batch FOREIGN KEY(batch_id) REFERENCES payment_batch (id), 
	CONSTRAINT fk_payout_refused_by_member FOREIGN KEY(refused_by) REFERENCES member (id)
)
--;;
CREATE INDEX ix_payout_batch_id ON payout (batch_id)
--;;
CREATE INDEX ix_payout_member_id ON payout (member_id, id)
--;;
CREATE INDEX ix_payout_run_id ON payout (run_id, id)
--;;
CREATE INDEX ix_payout_state ON payout (state, id)
--;;
CREATE UNIQUE INDEX uq_payout_subject ON payout (purpose, subject_id) WHERE purpose IN ('refund', 'supplier') AND state NOT IN ('rejected', 'returned')
--;;
CREATE TABLE payout_run_skip (
	run_id UUID NOT NULL, 
	member_id UUID NOT NULL, 
	amount_minor BIGINT NOT NULL, 
	reason VARCHAR(200) NOT NULL, 
	CONSTRAINT pk_payout_run_skip PRIMARY KEY (run_id, member_id), 
	CONSTRAINT fk_payout_run_skip_run_id_payout_run FOREIGN KEY(run_id) REFERENCES payout_run (id), 
	CONSTRAINT fk_payout_run_skip_member_id_member FOREIGN KEY(member_id) REFERENCES member (id)
)
--;;
CREATE TABLE webhook_try (
	delivery_id UUID NOT NULL, 
	number SMALLINT NOT NULL, 
	at TIMESTAMP WITH TIME ZONE NOT NULL, 
	status SMALLINT, 
	answer VARCHAR(500) NOT NULL, 
	took_ms BIGINT NOT NULL, 
	CONSTRAINT pk_webhook_try PRIMARY KEY (delivery_id, number), 
	CONSTRAINT fk_webhook_try_delivery_id_webhook_delivery FOREIGN KEY(delivery_id) REFERENCES webhook_delivery (id)
)
--;;
CREATE TABLE attestation_invitation (
	contract_id UUID NOT NULL, 
	pseudonym VARCHAR(32) NOT NULL, 
	invited_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	closes_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	CONSTRAINT pk_attestation_invitation PRIMARY KEY (contract_id), 
	CONSTRAINT fk_attestation_invitation_contract_id_contract FOREIGN KEY(contract_id) REFERENCES contract (id), 
	CONSTRAINT uq_attestation_invitation_pseudonym UNIQUE (pseudonym)
)
--;;
CREATE TABLE claim_payout (
	payout_id UUID NOT NULL, 
	claim_id UUID NOT NULL, 
	amount_minor BIGINT NOT NULL, 
	state VARCHAR(10) NOT NULL, 
	CONSTRAINT pk_claim_payout PRIMARY KEY (payout_id), 
	CONSTRAINT ck_claim_payout_state_known CHECK (state IN ('ordered', 'settled', 'void')), 
	CONSTRAINT fk_claim_payout_payout_id_payout FOREIGN KEY(payout_id) REFERENCES payout (id), 
	CONSTRAINT fk_claim_payout_claim_id_claim FOREIGN KEY(claim_id) REFERENCES claim (id)
)
--;;
CREATE UNIQUE INDEX uq_claim_payout_ordered ON claim_payout (claim_id) WHERE state = 'ordered'
--;;
CREATE TABLE contract_case (
	id UUID NOT NULL, 
	contract_id UUID NOT NULL, 
	state VARCHAR(20) NOT NULL, 
	opened_by VARCHAR(10) NOT NULL, 
	matter VARCHAR(20) NOT NULL, 
	text TEXT NOT NULL, 
	opened_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	answer_by TIMESTAMP WITH TIME ZONE NOT NULL, 
	decide_by TIMESTAMP WITH TIME ZONE NOT NULL, 
	rep_letters SMALLINT NOT NULL, 
	answer TEXT, 
	answered_at TIMESTAMP WITH TIME ZONE, 
	outcome VARCHAR(20), 
	reasons TEXT, 
	decided_by UUID, 
	decided_at TIMESTAMP WITH TIME ZONE, 
	CONSTRAINT pk_contract_case PRIMARY KEY (id), 
	CONSTRAINT ck_contract_case_state_known CHECK (state IN ('open', 'answered', 'withdrawn', 'decided')), 
	CONSTRAINT ck_contract_case_side_known CHECK (opened_by IN ('member', 'client')), 
	CONSTRAINT ck_contract_case_decided_has_time CHECK ((state = 'decided') = (decided_at IS NOT NULL)), 
	CONSTRAINT fk_contract_case_contract_id_contract FOREIGN KEY(contract_id) REFERENCES contract (id), 
	CONSTRAINT fk_contract_case_decided_by_member FOREIGN KEY(decided_by) REFERENCES member (id)
)
--;;
CREATE UNIQUE INDEX uq_contract_case_open ON contract_case (contract_id) WHERE state IN ('open', 'answered')
--;;
CREATE TABLE contract_ending (
	id UUID NOT NULL, 
	contract_id UUID NOT NULL, 
	state VARCHAR(20) NOT NULL, 
	ended_by VARCHAR(10) NOT NULL, 
	notice_until DATE NOT NULL, 
	accepted_minor BIGINT NOT NULL, 
	delivered_minor BIGINT NOT NULL, 
	not_begun_minor BIGINT NOT NULL, 
	kill_fee_bps SMALLINT NOT NULL, 
	kill_fee_minor BIGINT NOT NULL, 
	sha256 VARCHAR(64) NOT NULL, 
	proposed_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	answer_by TIMESTAMP WITH TIME ZONE NOT NULL, 
	answered_at TIMESTAMP WITH TIME ZONE, 
	answer_name VARCHAR(200), 
	answer_note TEXT, 
	CONSTRAINT pk_contract_ending PRIMARY KEY (id), 
	CONSTRAINT uq_contract_ending_contract_id UNIQUE (contract_id), 
	CONSTRAINT ck_contract_ending_state_known CHECK (state IN ('proposed', 'agreed', 'deemed_agreed', 'contested', 'settled')), 
	CONSTRAINT ck_contract_ending_side_known CHECK (ended_by IN ('member', 'client')), 
	CONSTRAINT fk_contract_ending_contract_id_contract FOREIGN KEY(contract_id) REFERENCES contract (id)
)
--;;
CREATE INDEX ix_contract_ending_silent ON contract_ending (answer_by) WHERE state = 'proposed'
--;;
CREATE TABLE contract_erasure (
	contract_id UUID NOT NULL, 
	member_id UUID NOT NULL, 
	number VARCHAR(20) NOT NULL, 
	rule VARCHAR(40) NOT NULL, 
	article TEXT NOT NULL, 
	source TEXT NOT NULL, 
	kept_until DATE NOT NULL, 
	erased_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	asked_by UUID, 
	fingerprints JSONB NOT NULL, 
	proof BYTEA NOT NULL, 
	proof_sha256 VARCHAR(64) NOT NULL, 
	CONSTRAINT pk_contract_erasure PRIMARY KEY (contract_id), 
	CONSTRAINT ck_contract_erasure_proof_has_its_hash CHECK (proof_sha256 = encode(sha256(proof), 'hex')), 
	CONSTRAINT ck_contract_erasure_kept_to_the_end CHECK (kept_until < erased_at::date), 
	CONSTRAINT fk_contract_erasure_contract_id_contract FOREIGN KEY(contract_id) REFERENCES contract (id), 
	CONSTRAINT fk_contract_erasure_member_id_member FOREIGN KEY(member_id) REFERENCES member (id), 
	CONSTRAINT fk_contract_erasure_asked_by_member FOREIGN KEY(asked_by) REFERENCES member (id)
)
--;;
CREATE INDEX ix_contract_erasure_member_id_contract_id ON contract_erasure (member_id, contract_id)
--;;
CREATE TABLE contract_evidence (
	contract_id UUID NOT NULL, 
	seq SMALLINT NOT NULL, 
	version SMALLINT NOT NULL, 
	kind VARCHAR(40) NOT NULL, 
	at TIMESTAMP WITH TIME ZONE NOT NULL, 
	body BYTEA NOT NULL, 
	body_sha256 VARCHAR(64) NOT NULL, 
	previous_sha256 VARCHAR(64) NOT NULL, 
	CONSTRAINT pk_contract_evidence PRIMARY KEY (contract_id, seq), 
	CONSTRAINT fk_contract_evidence_contract_id_contract FOREIGN KEY(contract_id) REFERENCES contract (id)
)
--;;
CREATE TABLE contract_offer (
	id UUID NOT NULL, 
	contract_id UUID NOT NULL, 
	version SMALLINT NOT NULL, 
	terms_json BYTEA NOT NULL, 
	terms_sha256 VARCHAR(64) NOT NULL, 
	shown_html BYTEA NOT NULL, 
	shown_sha256 VARCHAR(64) NOT NULL, 
	template_version VARCHAR(40) NOT NULL, 
	language VARCHAR(5) NOT NULL, 
	findings JSONB NOT NULL, 
	rules JSONB NOT NULL, 
	charter_version BIGINT NOT NULL, 
	contact_id UUID NOT NULL, 
	email VARCHAR(254) NOT NULL, 
	sent_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	answer_by TIMESTAMP WITH TIME ZONE NOT NULL, 
	member_name_typed VARCHAR(200) NOT NULL, 
	signature_level VARCHAR(10) NOT NULL, 
	opened_at TIMESTAMP WITH TIME ZONE, 
	extension_asked_at TIMESTAMP WITH TIME ZONE, 
	extensions SMALLINT DEFAULT '0' NOT NULL, 
	answered_at TIMESTAMP WITH TIME ZONE, 
	answer VARCHAR(20), 
	answer_reason VARCHAR(20), 
	answer_note TEXT, 
	CONSTRAINT pk_contract_offer PRIMARY KEY (id), 
	CONSTRAINT uq_contract_offer_contract_id_version UNIQUE (contract_id, version), 
	CONSTRAINT ck_contract_offer_level_known CHECK (signature_level IN ('simple', 'advanced', 'eid')), 
	CONSTRAINT fk_contract_offer_contract_id_contract FOREIGN KEY(contract_id) REFERENCES contract (id), 
	CONSTRAINT fk_contract_offer_contact_id_contact FOREIGN KEY(contact_id) REFERENCES contact (id)
)
--;;
CREATE TABLE contract_paper (
	id UUID NOT NULL, 
	contract_id UUID NOT NULL, 
	document_id UUID NOT NULL, 
	sha256 VARCHAR(64) NOT NULL, 
	name VARCHAR(200) NOT NULL, 
	size BIGINT NOT NULL, 
	state VARCHAR(12) NOT NULL, 
	pages SMALLINT, 
	text TEXT, 
	findings JSONB NOT NULL, 
	rules_version SMALLINT, 
	problem TEXT, 
	uploaded_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	read_at TIMESTAMP WITH TIME ZONE, 
	CONSTRAINT pk_contract_paper PRIMARY KEY (id), 
	CONSTRAINT ck_contract_paper_state_known CHECK (state IN ('reading', 'read', 'unreadable')), 
	CONSTRAINT ck_contract_paper_read_has_text CHECK ((state = 'read') = (text IS NOT NULL)), 
	CONSTRAINT fk_contract_paper_contract_id_contract FOREIGN KEY(contract_id) REFERENCES contract (id), 
	CONSTRAINT fk_contract_paper_document_id_document FOREIGN KEY(document_id) REFERENCES document (id)
)
--;;
CREATE INDEX ix_contract_paper_contract_id_id ON contract_paper (contract_id, id)
--;;
CREATE TABLE contract_remark (
	id UUID NOT NULL, 
	contract_id UUID NOT NULL, 
	version SMALLINT NOT NULL, 
	side VARCHAR(10) NOT NULL, 
	contact_id UUID, 
	name VARCHAR(200) NOT NULL, 
	clause VARCHAR(60) NOT NULL, 
	heading VARCHAR(200) NOT NULL, 
	text TEXT NOT NULL, 
	wants_change BOOLEAN NOT NULL, 
	at TIMESTAMP WITH TIME ZONE NOT NULL, 
	CONSTRAINT pk_contract_remark PRIMARY KEY (id), 
	CONSTRAINT ck_contract_remark_side_known CHECK (side IN ('member', 'client')), 
	CONSTRAINT ck_contract_remark_client_has_contact CHECK ((side = 'client') = (contact_id IS NOT NULL)), 
	CONSTRAINT fk_contract_remark_contract_id_contract FOREIGN KEY(contract_id) REFERENCES contract (id), 
	CONSTRAINT fk_contract_remark_contact_id_contact FOREIGN KEY(contact_id) REFERENCES contact (id)
)
--;;
CREATE INDEX ix_contract_remark_contract_id_id ON contract_remark (contract_id, id)
--;;
CREATE TABLE contract_signer (
	id UUID NOT NULL, 
	contract_id UUID NOT NULL, 
	version SMALLINT NOT NULL, 
	contact_id UUID NOT NULL, 
	name VARCHAR(200) NOT NULL, 
	email VARCHAR(254) NOT NULL, 
	role VARCHAR(10) NOT NULL, 
	rank SMALLINT NOT NULL, 
	needed SMALLINT NOT NULL, 
	state VARCHAR(12) NOT NULL, 
	delegated_by_id UUID, 
	asked_at TIMESTAMP WITH TIME ZONE, 
	link_id UUID, 
	link_sent_at TIMESTAMP WITH TIME ZONE, 
	links_sent SMALLINT NOT NULL, 
	opened_at TIMESTAMP WITH TIME ZONE, 
	code_hash BYTEA, 
	code_sent_at TIMESTAMP WITH TIME ZONE, 
	code_expires_at TIMESTAMP WITH TIME ZONE, 
	code_tries SMALLINT NOT NULL, 
	codes_sent SMALLINT NOT NULL, 
	reminders_sent SMALLINT NOT NULL, 
	link_mail_id UUID, 
	bounced_at TIMESTAMP WITH TIME ZONE, 
	signed_at TIMESTAMP WITH TIME ZONE, 
	CONSTRAINT pk_contract_signer PRIMARY KEY (id), 
	CONSTRAINT uq_contract_signer_contract_id_version_contact_id UNIQUE (contract_id, version, contact_id), 
	CONSTRAINT ck_contract_signer_state_known CHECK (state IN ('waiting', 'asked', 'informed', 'signed', 'delegated', 'not_needed', 'stopped')), 
	CONSTRAINT ck_contract_signer_role_known CHECK (role IN ('signer', 'approver', 'viewer', 'copy')), 
	CONSTRAINT ck_contract_signer_tries_bounded CHECK (code_tries BETWEEN 0 AND 100), 
	CONSTRAINT ck_contract_signer_order_bounded CHECK (rank BETWEEN 1 AND 20 AND needed BETWEEN 0 AND 20), 
	CONSTRAINT ck_contract_signer_signed_has_time CHECK ((state = 'signed') = (signed_at IS NOT NULL)), 
	CONSTRAINT fk_contract_signer_contract_id_contract FOREIGN KEY(contract_id) REFERENCES contract (id), 
	CONSTRAINT fk_contract_signer_contact_id_contact FOREIGN KEY(contact_id) REFERENCES contact (id), 
	CONSTRAINT fk_contract_signer_delegated_by_id_contract_signer FOREIGN KEY(delegated_by_id) REFERENCES contract_signer (id)
)
--;;
CREATE INDEX ix_contract_signer_asked ON contract_signer (id) WHERE state = 'asked'
--;;
CREATE TABLE contract_voiding (
	id UUID NOT NULL, 
	contract_id UUID NOT NULL, 
	asked_by VARCHAR(10) NOT NULL, 
	reason TEXT NOT NULL, 
	state VARCHAR(10) NOT NULL, 
	asked_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	answered_at TIMESTAMP WITH TIME ZONE, 
	CONSTRAINT pk_contract_voiding PRIMARY KEY (id), 
	CONSTRAINT ck_contract_voiding_state_known CHECK (state IN ('asked', 'confirmed', 'refused', 'withdrawn')), 
	CONSTRAINT ck_contract_voiding_side_known CHECK (asked_by IN ('member', 'client')), 
	CONSTRAINT ck_contract_voiding_answered_has_time CHECK ((state = 'asked') = (answered_at IS NULL)), 
	CONSTRAINT fk_contract_voiding_contract_id_contract FOREIGN KEY(contract_id) REFERENCES contract (id)
)
--;;
CREATE UNIQUE INDEX uq_contract_voiding_open ON contract_voiding (contract_id) WHERE state = 'asked'
--;;
CREATE TABLE guarantee_reservation (
	contract_id UUID NOT NULL, 
	member_id UUID NOT NULL, 
	client_id UUID NOT NULL, 
	client_key VARCHAR(60) NOT NULL, 
	state VARCHAR(10) NOT NULL, 
	up_to_minor BIGINT NOT NULL, 
	currency VARCHAR(3) NOT NULL, 
	reasons JSONB NOT NULL, 
	charter_version BIGINT NOT NULL, 
	quoted_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	held_until TIMESTAMP WITH TIME ZONE NOT NULL, 
	CONSTRAINT pk_guarantee_reservation PRIMARY KEY (contract_id), 
	CONSTRAINT ck_guarantee_reservation_state_known CHECK (state IN ('held', 'refused', 'released', 'reserved')), 
	CONSTRAINT ck_guarantee_reservation_up_to CHECK (up_to_minor >= 0), 
	CONSTRAINT ck_guarantee_reservation_reserved_something CHECK (state <> 'reserved' OR up_to_minor > 0), 
	CONSTRAINT fk_guarantee_reservation_contract_id_contract FOREIGN KEY(contract_id) REFERENCES contract (id), 
	CONSTRAINT fk_guarantee_reservation_member_id_member FOREIGN KEY(member_id) REFERENCES member (id), 
	CONSTRAINT fk_guarantee_reservation_client_id_organisation FOREIGN KEY(client_id) REFERENCES organisation (id)
)
--;;
CREATE INDEX ix_guarantee_reservation_client ON guarantee_reservation (client_key) WHERE state IN ('held', 'reserved')
--;;
CREATE INDEX ix_guarantee_reservation_member ON guarantee_reservation (member_id) WHERE state IN ('held', 'reserved')
--;;
CREATE TABLE invoice (
	id UUID NOT NULL, 
	kind VARCHAR(20) NOT NULL, 
	type_code VARCHAR(3) NOT NULL, 
	state VARCHAR(20) NOT NULL, 
	contract_id UUID, 
	member_id UUID NOT NULL, 
	client_id UUID, 
	contact_id UUID, 
	corrects_id UUID, 
	shared BOOLEAN DEFAULT false NOT NULL, 
	series_year SMALLINT, 
	sequence BIGINT, 
	number VARCHAR(80), 
	number_format VARCHAR(60) NOT NULL, 
	issued_on DATE, 
	issued_at TIMESTAMP WITH TIME ZONE, 
	due_days SMALLINT NOT NULL, 
	due_on DATE, 
	delivered_on DATE NOT NULL, 
	title VARCHAR(200) NOT NULL, 
	contract_number VARCHAR(20) NOT NULL, 
	language VARCHAR(5) NOT NULL, 
	buyer_reference VARCHAR(200) NOT NULL, 
	order_reference VARCHAR(200) NOT NULL, 
	reason TEXT NOT NULL, 
	reason_code VARCHAR(20) DEFAULT '' NOT NULL, 
	note VARCHAR(500) NOT NULL, 
	period_from DATE, 
	period_to DATE, 
	client_references JSONB, 
	preceding JSONB, 
	delivery JSONB, 
	payee JSONB, 
	supply VARCHAR(20) NOT NULL, 
	treatment VARCHAR(30) NOT NULL, 
	reduced_milli BIGINT, 
	place_country VARCHAR(2), 
	place_region VARCHAR(10) NOT NULL, 
	buyer_vat_check VARCHAR(10) NOT NULL, 
	buyer_vat_checked_on DATE, 
	reference VARCHAR(25) NOT NULL, 
	currency VARCHAR(3) NOT NULL, 
	lines_minor BIGINT NOT NULL, 
	allowances_minor BIGINT NOT NULL, 
	charges_minor BIGINT NOT NULL, 
	net_minor BIGINT NOT NULL, 
	vat_minor BIGINT NOT NULL, 
	total_minor BIGINT NOT NULL, 
	prepaid_minor BIGINT NOT NULL, 
	rounding_minor BIGINT NOT NULL, 
	payable_minor BIGINT NOT NULL, 
	round_to SMALLINT NOT NULL, 
	accounting_currency VARCHAR(3), 
	exchange_rate NUMERIC(18, 8), 
	exchange_rate_on DATE, 
	exchange_rate_source VARCHAR(200) NOT NULL, 
	vat_accounting_minor BIGINT, 
	paid_minor BIGINT NOT NULL, 
	credited_minor BIGINT NOT NULL, 
	credited_net_minor BIGINT NOT NULL, 
	refundable_minor BIGINT NOT NULL, 
	pending_net_minor BIGINT NOT NULL, 
	written_off_minor BIGINT DEFAULT 0 NOT NULL, 
	written_off_net_minor BIGINT DEFAULT 0 NOT NULL, 
	settled_on DATE, 
	overdue_on DATE, 
	seller JSONB, 
	buyer JSONB, 
	iban VARCHAR(34), 
	bic VARCHAR(11), 
	pdf_document_id UUID, 
	ubl_document_id UUID, 
	cii_document_id UUID, 
	verdict_hash BYTEA, 
	verdict JSONB, 
	report_document_id UUID, 
	charter_version BIGINT NOT NULL, 
	created_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	row_version BIGINT NOT NULL, 
	CONSTRAINT pk_invoice PRIMARY KEY (id), 
	CONSTRAINT ck_invoice_state_known CHECK (state IN ('draft', 'issued', 'partly_paid', 'paid', 'written_off', 'credited')), 
	CONSTRAINT ck_invoice_kind_known CHECK (kind IN ('invoice', 'credit_note', 'self_bill', 'self_bill_credit', 'proforma')), 
	CONSTRAINT ck_invoice_corrects CHECK ((kind IN ('credit_note', 'self_bill_credit')) = (corrects_id IS NOT NULL)), 
	CONSTRAINT ck_invoice_net_adds_up CHECK (allowances_minor >= 0 AND charges_minor >= 0 AND lines_minor - allowances_minor + charges_minor = net_minor), 
	CONSTRAINT ck_invoice_payable_adds_up CHECK (prepaid_minor >= 0 AND abs(rounding_minor) < 100 AND total_minor - prepaid_minor + rounding_minor = payable_minor), 
	CONSTRAINT ck_invoice_accounting_is_whole CHECK ((accounting_currency IS NULL) = (exchange_rate IS NULL) AND (accounting_currency IS NULL) = (exchange_rate_on IS NULL) AND (accounting_currency IS NULL) = (vat_accounting_minor IS NULL) AND (accounting_currency IS NULL OR (accounting_currency <> currency AND exchange_rate > 0 AND exchange_rate_source <> ''))), 
	CONSTRAINT ck_invoice_period_is_whole CHECK ((period_from IS NULL) = (period_to IS NULL) AND period_from <= period_to), 
	CONSTRAINT ck_invoice_total_adds_up CHECK (net_minor + vat_minor = total_minor), 
	CONSTRAINT ck_invoice_total_positive CHECK (state = 'draft' OR (total_minor > 0 AND net_minor > 0 AND vat_minor >= 0)), 
	CONSTRAINT ck_invoice_issued_is_whole CHECK ((state = 'draft') = (number IS NULL) AND (state = 'draft') = (sequence IS NULL) AND (state = 'draft') = (issued_on IS NULL) AND (state = 'draft') = (due_on IS NULL) AND (state = 'draft') = (seller IS NULL) AND (state = 'draft') = (buyer IS NULL)), 
	CONSTRAINT ck_invoice_paid_not_negative CHECK (paid_minor >= 0 AND refundable_minor >= 0), 
	CONSTRAINT ck_invoice_credit_within_total CHECK (credited_minor BETWEEN 0 AND total_minor + rounding_minor), 
	CONSTRAINT ck_invoice_credit_within_net CHECK (credited_net_minor BETWEEN 0 AND net_minor), 
	CONSTRAINT ck_invoice_paid_within_total CHECK (paid_minor + credited_minor - refundable_minor + written_off_minor <= total_minor + rounding_minor), 
	CONSTRAINT ck_invoice_pending_within_net CHECK (pending_net_minor BETWEEN 0 AND net_minor), 
	CONSTRAINT ck_invoice_paid_is_settled CHECK (state <> 'paid' OR paid_minor + credited_minor - refundable_minor + written_off_minor = total_minor + rounding_minor), 
	CONSTRAINT ck_invoice_credited_is_whole CHECK (state <> 'credited' OR credited_minor = total_minor + rounding_minor), 
	CONSTRAINT ck_invoice_written_off_is_the_rest CHECK (written_off_minor >= 0 AND written_off_net_minor BETWEEN 0 AND written_off_minor AND (state <> 'written_off' OR (written_off_minor > 0 AND paid_minor + credited_minor - refundable_minor + written_off_minor = total_minor + rounding_minor))), 
	CONSTRAINT ck_invoice_has_client CHECK ((kind IN ('self_bill', 'self_bill_credit')) = (client_id IS NULL) AND (client_id IS NULL) = (contract_id IS NULL) AND (client_id IS NULL) = (contact_id IS NULL)), 
	CONSTRAINT uq_invoice_kind_number UNIQUE (kind, number), 
	CONSTRAINT uq_invoice_reference UNIQUE (reference), 
	CONSTRAINT fk_invoice_contract_id_contract FOREIGN KEY(contract_id) REFERENCES contract (id), 
	CONSTRAINT fk_invoice_member_id_member FOREIGN KEY(member_id) REFERENCES member (id), 
	CONSTRAINT fk_invoice_client_id_organisation FOREIGN KEY(client_id) REFERENCES organisation (id), 
	CONSTRAINT fk_invoice_contact_id_contact FOREIGN KEY(contact_id) REFERENCES contact (id), 
	CONSTRAINT fk_invoice_corrects_id_invoice FOREIGN KEY(corrects_id) REFERENCES invoice (id)
)
--;;
CREATE INDEX ix_invoice_client_id_id ON invoice (client_id, id)
--;;
CREATE INDEX ix_invoice_contract_id ON invoice (contract_id)
--;;
CREATE INDEX ix_invoice_corrects ON invoice (corrects_id) WHERE corrects_id IS NOT NULL
--;;
CREATE INDEX ix_invoice_falling_due ON invoice (due_on) WHERE state IN ('issued', 'partly_paid') AND overdue_on IS NULL AND kind = 'invoice'
--;;
CREATE INDEX ix_invoice_member_id_id ON invoice (member_id, id)
--;;
CREATE INDEX ix_invoice_open ON invoice (client_id, currency, due_on) INCLUDE (id, member_id, total_minor, rounding_minor, paid_minor, credited_minor, refundable_minor, written_off_minor) WHERE state IN ('issued', 'partly_paid') AND kind = 'invoice'
--;;
CREATE UNIQUE INDEX uq_invoice_kind_series_year_sequence ON invoice (kind, series_year, sequence) WHERE kind NOT IN ('self_bill', 'self_bill_credit')
--;;
CREATE UNIQUE INDEX uq_invoice_supplier_series ON invoice (member_id, kind, series_year, sequence) WHERE kind IN ('self_bill', 'self_bill_credit')
--;;
CREATE TABLE link_session (
	id_hash BYTEA NOT NULL, 
	link_id UUID NOT NULL, 
	created_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	expires_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	CONSTRAINT pk_link_session PRIMARY KEY (id_hash), 
	CONSTRAINT ck_link_session_id_hash CHECK (octet_length(id_hash) = 32), 
	CONSTRAINT fk_link_session_link_id_access_link FOREIGN KEY(link_id) REFERENCES access_link (id)
)
--;;
CREATE INDEX ix_link_session_link_id ON link_session (link_id)
--;;
CREATE TABLE milestone (
	id UUID NOT NULL, 
	contract_id UUID NOT NULL, 
	position SMALLINT NOT NULL, 
	title VARCHAR(200) NOT NULL, 
	description TEXT NOT NULL, 
	net_minor BIGINT NOT NULL, 
	accepted_minor BIGINT, 
	due_on DATE NOT NULL, 
	state VARCHAR(20) NOT NULL, 
	rounds_used SMALLINT NOT NULL, 
	delivered_at TIMESTAMP WITH TIME ZONE, 
	accept_by TIMESTAMP WITH TIME ZONE, 
	reminders_sent SMALLINT NOT NULL, 
	accepted_at TIMESTAMP WITH TIME ZONE, 
	accepted_by VARCHAR(10), 
	invoiced_at TIMESTAMP WITH TIME ZONE, 
	CONSTRAINT pk_milestone PRIMARY KEY (id), 
	CONSTRAINT uq_milestone_contract_id_position UNIQUE (contract_id, position), 
	CONSTRAINT ck_milestone_state_known CHECK (state IN ('planned', 'changes_requested', 'delivered', 'accepted', 'invoiced', 'cancelled')), 
	CONSTRAINT ck_milestone_value_positive CHECK (net_minor > 0), 
	CONSTRAINT ck_milestone_accepted_has_time CHECK ((state IN ('accepted', 'invoiced')) = (accepted_at IS NOT NULL)), 
	CONSTRAINT ck_milestone_accepted_by_known CHECK (accepted_by IN ('client', 'silence')), 
	CONSTRAINT ck_milestone_part_is_a_part CHECK (accepted_minor > 0 AND accepted_minor < net_minor), 
	CONSTRAINT fk_milestone_contract_id_contract FOREIGN KEY(contract_id) REFERENCES contract (id)
)
--;;
CREATE INDEX ix_milestone_silent ON milestone (accept_by) WHERE state = 'delivered'
--;;
CREATE TABLE payout_approval (
	payout_id UUID NOT NULL, 
	approver_id UUID NOT NULL, 
	approved_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	role VARCHAR(20) DEFAULT 'treasurer' NOT NULL, 
	CONSTRAINT pk_payout_approval PRIMARY KEY (payout_id, approver_id), 
	CONSTRAINT fk_payout_approval_payout_id_payout FOREIGN KEY(payout_id) REFERENCES payout (id), 
	CONSTRAINT fk_payout_approval_approver_id_member FOREIGN KEY(approver_id) REFERENCES member (id)
)
--;;
CREATE TABLE recurring_plan (
	id UUID NOT NULL, 
	member_id UUID NOT NULL, 
	contract_id UUID NOT NULL, 
	state VARCHAR(10) NOT NULL, 
	every SMALLINT NOT NULL, 
	unit VARCHAR(10) NOT NULL, 
	starts_on DATE NOT NULL, 
	shift VARCHAR(10) NOT NULL, 
	ends_on DATE, 
	periods SMALLINT, 
	issue BOOLEAN NOT NULL, 
	terms JSONB NOT NULL, 
	next_period SMALLINT NOT NULL, 
	next_on DATE, 
	problem TEXT NOT NULL, 
	created_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	CONSTRAINT pk_recurring_plan PRIMARY KEY (id), 
	CONSTRAINT ck_recurring_plan_state_known CHECK (state IN ('active', 'paused', 'ended')), 
	CONSTRAINT ck_recurring_plan_unit_known CHECK (unit IN ('weeks', 'months')), 
	CONSTRAINT ck_recurring_plan_shift_known CHECK (shift IN ('none', 'next', 'previous')), 
	CONSTRAINT ck_recurring_plan_every_within CHECK (every BETWEEN 1 AND 60), 
	CONSTRAINT ck_recurring_plan_period_from_zero CHECK (next_period >= 0), 
	CONSTRAINT ck_recurring_plan_one_end CHECK (ends_on IS NULL OR periods IS NULL), 
	CONSTRAINT ck_recurring_plan_active_has_next CHECK ((state = 'active') = (next_on IS NOT NULL)), 
	CONSTRAINT fk_recurring_plan_member_id_member FOREIGN KEY(member_id) REFERENCES member (id), 
	CONSTRAINT fk_recurring_plan_contract_id_contract FOREIGN KEY(contract_id) REFERENCES contract (id)
)
--;;
CREATE INDEX ix_recurring_plan_due ON recurring_plan (next_on) WHERE next_on IS NOT NULL
--;;
CREATE INDEX ix_recurring_plan_member_id_id ON recurring_plan (member_id, id)
--;;
CREATE TABLE rep_task (
	id UUID NOT NULL, 
	contract_id UUID NOT NULL, 
	contract_version SMALLINT NOT NULL, 
	member_id UUID NOT NULL, 
	kind VARCHAR(20) NOT NULL, 
	state VARCHAR(12) NOT NULL, 
	question TEXT NOT NULL, 
	facts JSONB NOT NULL, 
	asked_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	due_on DATE NOT NULL, 
	rep_id UUID, 
	outcome VARCHAR(4), 
	answer TEXT, 
	expires_on DATE, 
	answered_at TIMESTAMP WITH TIME ZONE, 
	CONSTRAINT pk_rep_task PRIMARY KEY (id), 
	CONSTRAINT ck_rep_task_state_known CHECK (state IN ('requested', 'answered', 'withdrawn')), 
	CONSTRAINT ck_rep_task_kind_known CHECK (kind IN ('floor_waiver', 'own_paper')), 
	CONSTRAINT ck_rep_task_outcome_known CHECK (outcome IN ('yes', 'no')), 
	CONSTRAINT ck_rep_task_answered_has_answer CHECK ((state = 'answered') = (outcome IS NOT NULL AND rep_id IS NOT NULL)), 
	CONSTRAINT ck_rep_task_not_in_own_case CHECK (rep_id IS DISTINCT FROM member_id), 
	CONSTRAINT fk_rep_task_contract_id_contract FOREIGN KEY(contract_id) REFERENCES contract (id), 
	CONSTRAINT fk_rep_task_member_id_member FOREIGN KEY(member_id) REFERENCES member (id), 
	CONSTRAINT fk_rep_task_rep_id_member FOREIGN KEY(rep_id) REFERENCES member (id)
)
--;;
CREATE INDEX ix_rep_task_waiting ON rep_task (due_on) WHERE state = 'requested'
--;;
CREATE UNIQUE INDEX uq_rep_task_open ON rep_task (contract_id, kind) WHERE state = 'requested'
--;;
CREATE TABLE review (
	id UUID NOT NULL, 
	contract_id UUID NOT NULL, 
	contract_version SMALLINT NOT NULL, 
	member_id UUID NOT NULL, 
	client_id UUID NOT NULL, 
	state VARCHAR(20) NOT NULL, 
	opened_by UUID NOT NULL, 
	opened_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	due_on DATE NOT NULL, 
	charter_version BIGINT NOT NULL, 
	checklist_version BIGINT NOT NULL, 
	reviewer_id UUID, 
	taken_at TIMESTAMP WITH TIME ZONE, 
	private_note_sealed BYTEA, 
	note_to_member TEXT NOT NULL, 
	note_to_all TEXT NOT NULL, 
	outcome VARCHAR(20), 
	reasons TEXT NOT NULL, 
	proposed_at TIMESTAMP WITH TIME ZONE, 
	seconder_id UUID, 
	seconder_due_on DATE, 
	sent_back_because TEXT NOT NULL, 
	concluded_at TIMESTAMP WITH TIME ZONE, 
	CONSTRAINT pk_review PRIMARY KEY (id), 
	CONSTRAINT ck_review_state_known CHECK (state IN ('opened', 'in_review', 'proposed', 'concluded')), 
	CONSTRAINT ck_review_taken_by_someone CHECK (state = 'opened' OR reviewer_id IS NOT NULL), 
	CONSTRAINT ck_review_two_persons CHECK (seconder_id <> reviewer_id), 
	CONSTRAINT ck_review_not_in_own_case CHECK (reviewer_id <> member_id AND seconder_id <> member_id), 
	CONSTRAINT ck_review_outcome_known CHECK (outcome IN ('granted', 'withheld')), 
	CONSTRAINT ck_review_proposal_whole CHECK (state NOT IN ('proposed', 'concluded') OR (outcome IS NOT NULL AND length(reasons) > 0 AND seconder_id IS NOT NULL)), 
	CONSTRAINT ck_review_concluded_has_time CHECK ((state = 'concluded') = (concluded_at IS NOT NULL)), 
	CONSTRAINT fk_review_contract_id_contract FOREIGN KEY(contract_id) REFERENCES contract (id), 
	CONSTRAINT fk_review_member_id_member FOREIGN KEY(member_id) REFERENCES member (id), 
	CONSTRAINT fk_review_client_id_organisation FOREIGN KEY(client_id) REFERENCES organisation (id), 
	CONSTRAINT fk_review_opened_by_member FOREIGN KEY(opened_by) REFERENCES member (id), 
	CONSTRAINT fk_review_reviewer_id_member FOREIGN KEY(reviewer_id) REFERENCES member (id), 
	CONSTRAINT fk_review_seconder_id_member FOREIGN KEY(seconder_id) REFERENCES member (id)
)
--;;
CREATE INDEX ix_review_due_on_id ON review (due_on, id)
--;;
CREATE UNIQUE INDEX uq_review_open ON review (contract_id) WHERE state <> 'concluded'
--;;
CREATE TABLE supplier_invoice (
	id UUID NOT NULL, 
	supplier_id UUID NOT NULL, 
	state VARCHAR(20) NOT NULL, 
	kind VARCHAR(20) NOT NULL, 
	source VARCHAR(10) NOT NULL, 
	syntax VARCHAR(10) NOT NULL, 
	sha256 BYTEA NOT NULL, 
	document_id UUID NOT NULL, 
	number VARCHAR(200) NOT NULL, 
	issued_on DATE NOT NULL, 
	due_on DATE, 
	currency VARCHAR(3) NOT NULL, 
	net_minor BIGINT NOT NULL, 
	vat_minor BIGINT NOT NULL, 
	total_minor BIGINT NOT NULL, 
	rounding_minor BIGINT NOT NULL, 
	prepaid_minor BIGINT NOT NULL, 
	payable_minor BIGINT NOT NULL, 
	content JSONB NOT NULL, 
	iban_sealed BYTEA, 
	iban_last4 VARCHAR(4) NOT NULL, 
	findings JSONB NOT NULL, 
	verdict VARCHAR(10) NOT NULL, 
	judged_by VARCHAR(120) NOT NULL, 
	wrong_buyer BOOLEAN NOT NULL, 
	duplicate_of UUID, 
	contract_id UUID, 
	member_id UUID, 
	uploaded_by UUID, 
	matched_by UUID, 
	accepted_by UUID, 
	booked_by UUID, 
	reason TEXT NOT NULL, 
	ledger_entry_id UUID, 
	paid_on DATE, 
	charter_version BIGINT, 
	received_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	changed_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	CONSTRAINT pk_supplier_invoice PRIMARY KEY (id), 
	CONSTRAINT ck_supplier_invoice_state_known CHECK (state IN ('received', 'disputed', 'accepted', 'refused', 'booked', 'ordered', 'paid')), 
	CONSTRAINT ck_supplier_invoice_kind_known CHECK (kind IN ('invoice', 'credit_note')), 
	CONSTRAINT ck_supplier_invoice_source_known CHECK (source IN ('upload', 'peppol')), 
	CONSTRAINT ck_supplier_invoice_syntax_known CHECK (syntax IN ('ubl', 'cii', 'facturx')), 
	CONSTRAINT ck_supplier_invoice_accepted_is_matched CHECK (state NOT IN ('accepted', 'booked', 'ordered', 'paid') OR (member_id IS NOT NULL AND accepted_by IS NOT NULL)), 
	CONSTRAINT ck_supplier_invoice_booked_in_ledger CHECK ((state IN ('booked', 'ordered', 'paid')) = (ledger_entry_id IS NOT NULL)), 
	CONSTRAINT ck_supplier_invoice_not_her_own CHECK (booked_by IS NULL OR booked_by <> member_id), 
	CONSTRAINT ck_supplier_invoice_refusal_has_reason CHECK (state <> 'refused' OR reason <> ''), 
	CONSTRAINT uq_supplier_invoice_sha256 UNIQUE (sha256), 
	CONSTRAINT fk_supplier_invoice_supplier_id_supplier FOREIGN KEY(supplier_id) REFERENCES supplier (id), 
	CONSTRAINT fk_supplier_invoice_duplicate_of_supplier_invoice FOREIGN KEY(duplicate_of) REFERENCES supplier_invoice (id), 
	CONSTRAINT fk_supplier_invoice_contract_id_contract FOREIGN KEY(contract_id) REFERENCES contract (id), 
	CONSTRAINT fk_supplier_invoice_member_id_member FOREIGN KEY(member_id) REFERENCES member (id)
)
--;;
CREATE INDEX ix_supplier_invoice_member_id_id ON supplier_invoice (member_id, id)
--;;
CREATE INDEX ix_supplier_invoice_state_id ON supplier_invoice (state, id)
--;;
CREATE INDEX ix_supplier_invoice_supplier_id_number ON supplier_invoice (supplier_id, number)
--;;
CREATE INDEX ix_supplier_invoice_uploaded_by_id ON supplier_invoice (uploaded_by, id)
--;;
CREATE UNIQUE INDEX uq_supplier_invoice_counted_once ON supplier_invoice (supplier_id, kind, number, issued_on) WHERE state IN ('accepted', 'booked', 'ordered', 'paid')
--;;
CREATE TABLE time_sheet (
	id UUID NOT NULL, 
	contract_id UUID NOT NULL, 
	month DATE NOT NULL, 
	state VARCHAR(20) NOT NULL, 
	minutes BIGINT NOT NULL, 
	time_minor BIGINT NOT NULL, 
	costs_minor BIGINT NOT NULL, 
	round SMALLINT NOT NULL, 
	submitted_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	answer_by TIMESTAMP WITH TIME ZONE NOT NULL, 
	reminders_sent SMALLINT NOT NULL, 
	approved_at TIMESTAMP WITH TIME ZONE, 
	approved_by VARCHAR(10), 
	answer_note TEXT, 
	CONSTRAINT pk_time_sheet PRIMARY KEY (id), 
	CONSTRAINT ck_time_sheet_state_known CHECK (state IN ('submitted', 'approved', 'changes_requested', 'invoiced')), 
	CONSTRAINT ck_time_sheet_approved_has_time CHECK ((state IN ('approved', 'invoiced')) = (approved_at IS NOT NULL)), 
	CONSTRAINT fk_time_sheet_contract_id_contract FOREIGN KEY(contract_id) REFERENCES contract (id)
)
--;;
CREATE INDEX ix_time_sheet_silent ON time_sheet (answer_by) WHERE state = 'submitted'
--;;
CREATE TABLE advance_loss (
	invoice_id UUID NOT NULL, 
	amount_minor BIGINT NOT NULL, 
	reason VARCHAR(500) NOT NULL, 
	asked_by UUID NOT NULL, 
	asked_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	confirmed_by UUID, 
	confirmed_at TIMESTAMP WITH TIME ZONE, 
	entry_id UUID, 
	CONSTRAINT pk_advance_loss PRIMARY KEY (invoice_id), 
	CONSTRAINT ck_advance_loss_second_person CHECK (confirmed_by <> asked_by), 
	CONSTRAINT ck_advance_loss_confirmed_whole CHECK ((confirmed_by IS NULL) = (entry_id IS NULL) AND (confirmed_by IS NULL) = (confirmed_at IS NULL)), 
	CONSTRAINT fk_advance_loss_invoice_id_invoice FOREIGN KEY(invoice_id) REFERENCES invoice (id), 
	CONSTRAINT fk_advance_loss_asked_by_member FOREIGN KEY(asked_by) REFERENCES member (id), 
	CONSTRAINT fk_advance_loss_confirmed_by_member FOREIGN KEY(confirmed_by) REFERENCES member (id)
)
--;;
CREATE TABLE allocation_objection (
	entry_id UUID NOT NULL, 
	round BIGINT NOT NULL, 
	invoice_id UUID NOT NULL, 
	contact_id UUID NOT NULL, 
	state VARCHAR(10) NOT NULL, 
	text VARCHAR(2000) NOT NULL, 
	said_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	charter_version BIGINT NOT NULL, 
	answer VARCHAR(2000) DEFAULT '' NOT NULL, 
	answered_by UUID, 
	ended_at TIMESTAMP WITH TIME ZONE, 
	CONSTRAINT pk_allocation_objection PRIMARY KEY (entry_id, round), 
	CONSTRAINT ck_allocation_objection_state CHECK (state IN ('said', 'answered', 'followed')), 
	CONSTRAINT ck_allocation_objection_answered CHECK ((state = 'answered') = (answered_by IS NOT NULL)), 
	CONSTRAINT fk_allocation_objection_entry_id_bank_entry FOREIGN KEY(entry_id) REFERENCES bank_entry (id), 
	CONSTRAINT fk_allocation_objection_invoice_id_invoice FOREIGN KEY(invoice_id) REFERENCES invoice (id), 
	CONSTRAINT fk_allocation_objection_contact_id_contact FOREIGN KEY(contact_id) REFERENCES contact (id), 
	CONSTRAINT fk_allocation_objection_answered_by_member FOREIGN KEY(answered_by) REFERENCES member (id)
)
--;;
CREATE INDEX ix_allocation_objection_said ON allocation_objection (said_at) WHERE state = 'said'
--;;
CREATE TABLE attestation (
	id UUID NOT NULL, 
	contract_id UUID NOT NULL, 
	about VARCHAR(10) NOT NULL, 
	member_id UUID NOT NULL, 
	client_id UUID NOT NULL, 
	contact_id UUID, 
	subject_party UUID NOT NULL, 
	author_party UUID NOT NULL, 
	subject_owner VARCHAR(32), 
	author_owner VARCHAR(32), 
	state VARCHAR(10) NOT NULL, 
	charter_version BIGINT NOT NULL, 
	commitment BYTEA NOT NULL, 
	salt BYTEA, 
	payload BYTEA, 
	submitted_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	reveal_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	published_at TIMESTAMP WITH TIME ZONE, 
	reply TEXT, 
	replied_at TIMESTAMP WITH TIME ZONE, 
	CONSTRAINT pk_attestation PRIMARY KEY (id), 
	CONSTRAINT uq_attestation_contract_id_about UNIQUE (contract_id, about), 
	CONSTRAINT ck_attestation_state_known CHECK (state IN ('hidden', 'published', 'contested', 'struck', 'erased')), 
	CONSTRAINT ck_attestation_about_known CHECK (about IN ('freelancer', 'client')), 
	CONSTRAINT ck_attestation_commitment_size CHECK (octet_length(commitment) = 32), 
	CONSTRAINT ck_attestation_erased_whole CHECK ((state = 'erased') = (salt IS NULL) AND (state = 'erased') = (payload IS NULL) AND (state = 'erased') = (subject_owner IS NULL) AND (state = 'erased') = (author_owner IS NULL)), 
	CONSTRAINT ck_attestation_published_has_time CHECK (state IN ('hidden', 'erased') OR published_at IS NOT NULL), 
	CONSTRAINT fk_attestation_contract_id_attestation_invitation FOREIGN KEY(contract_id) REFERENCES attestation_invitation (contract_id), 
	CONSTRAINT fk_attestation_member_id_member FOREIGN KEY(member_id) REFERENCES member (id), 
	CONSTRAINT fk_attestation_client_id_organisation FOREIGN KEY(client_id) REFERENCES organisation (id), 
	CONSTRAINT fk_attestation_contact_id_contact FOREIGN KEY(contact_id) REFERENCES contact (id), 
	CONSTRAINT fk_attestation_subject_party_reputation_party FOREIGN KEY(subject_party) REFERENCES reputation_party (id), 
	CONSTRAINT fk_attestation_author_party_reputation_party FOREIGN KEY(author_party) REFERENCES reputation_party (id), 
	CONSTRAINT uq_attestation_commitment UNIQUE (commitment)
)
--;;
CREATE INDEX ix_attestation_due ON attestation (reveal_at) WHERE state = 'hidden'
--;;
CREATE INDEX ix_attestation_relations ON attestation (submitted_at) WHERE state = 'published'
--;;
CREATE INDEX ix_attestation_subject_party ON attestation (subject_party)
--;;
CREATE TABLE bank_cost_match (
	entry_id UUID NOT NULL, 
	round BIGINT NOT NULL, 
	supplier_invoice_id UUID NOT NULL, 
	confirmed_by UUID NOT NULL, 
	confirmed_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	CONSTRAINT pk_bank_cost_match PRIMARY KEY (entry_id, round), 
	CONSTRAINT fk_bank_cost_match_entry_id_bank_entry FOREIGN KEY(entry_id) REFERENCES bank_entry (id), 
	CONSTRAINT fk_bank_cost_match_supplier_invoice_id_supplier_invoice FOREIGN KEY(supplier_invoice_id) REFERENCES supplier_invoice (id), 
	CONSTRAINT fk_bank_cost_match_confirmed_by_member FOREIGN KEY(confirmed_by) REFERENCES member (id)
)
--;;
CREATE INDEX ix_bank_cost_match_supplier_invoice_id ON bank_cost_match (supplier_invoice_id)
--;;
CREATE TABLE bank_match (
	entry_id UUID NOT NULL, 
	invoice_id UUID NOT NULL, 
	round BIGINT DEFAULT 0 NOT NULL, 
	amount_minor BIGINT NOT NULL, 
	surplus_minor BIGINT NOT NULL, 
	payment_id UUID, 
	confirmed_by UUID NOT NULL, 
	confirmed_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	automatic BOOLEAN DEFAULT false NOT NULL, 
	CONSTRAINT pk_bank_match PRIMARY KEY (entry_id, invoice_id, round), 
	CONSTRAINT ck_bank_match_amounts CHECK (amount_minor >= 0 AND surplus_minor >= 0), 
	CONSTRAINT ck_bank_match_something CHECK (amount_minor + surplus_minor > 0), 
	CONSTRAINT ck_bank_match_payment CHECK ((amount_minor > 0) = (payment_id IS NOT NULL)), 
	CONSTRAINT fk_bank_match_entry_id_bank_entry FOREIGN KEY(entry_id) REFERENCES bank_entry (id), 
	CONSTRAINT fk_bank_match_invoice_id_invoice FOREIGN KEY(invoice_id) REFERENCES invoice (id), 
	CONSTRAINT fk_bank_match_confirmed_by_member FOREIGN KEY(confirmed_by) REFERENCES member (id)
)
--;;
CREATE TABLE client_refund (
	id UUID NOT NULL, 
	client_id UUID NOT NULL, 
	member_id UUID NOT NULL, 
	invoice_id UUID, 
	bank_entry_id UUID, 
	state VARCHAR(10) NOT NULL, 
	amount_minor BIGINT NOT NULL, 
	currency VARCHAR(3) NOT NULL, 
	reason VARCHAR(500) NOT NULL, 
	proposed_by UUID, 
	confirmed_by UUID, 
	proposed_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	approved_by UUID, 
	decided_at TIMESTAMP WITH TIME ZONE, 
	decision_note VARCHAR(500) NOT NULL, 
	paid_on DATE, 
	CONSTRAINT pk_client_refund PRIMARY KEY (id), 
	CONSTRAINT ck_client_refund_state_known CHECK (state IN ('proposed', 'approved', 'refused', 'failed', 'ordered', 'paid')), 
	CONSTRAINT ck_client_refund_amount_positive CHECK (amount_minor > 0), 
	CONSTRAINT ck_client_refund_second_person CHECK (approved_by IS NULL OR (approved_by IS DISTINCT FROM proposed_by AND approved_by IS DISTINCT FROM confirmed_by)), 
	CONSTRAINT fk_client_refund_client_id_organisation FOREIGN KEY(client_id) REFERENCES organisation (id), 
	CONSTRAINT fk_client_refund_member_id_member FOREIGN KEY(member_id) REFERENCES member (id), 
	CONSTRAINT fk_client_refund_invoice_id_invoice FOREIGN KEY(invoice_id) REFERENCES invoice (id), 
	CONSTRAINT fk_client_refund_proposed_by_member FOREIGN KEY(proposed_by) REFERENCES member (id), 
	CONSTRAINT fk_client_refund_confirmed_by_member FOREIGN KEY(confirmed_by) REFERENCES member (id), 
	CONSTRAINT fk_client_refund_approved_by_member FOREIGN KEY(approved_by) REFERENCES member (id)
)
--;;
CREATE INDEX ix_client_refund_client_id_id ON client_refund (client_id, id)
--;;
CREATE UNIQUE INDEX uq_client_refund_entry ON client_refund (bank_entry_id) WHERE bank_entry_id IS NOT NULL AND state <> 'refused'
--;;
CREATE TABLE contract_charge (
	id UUID NOT NULL, 
	contract_id UUID NOT NULL, 
	sheet_id UUID, 
	kind VARCHAR(10) NOT NULL, 
	text VARCHAR(200) NOT NULL, 
	quantity_hundredths BIGINT NOT NULL, 
	unit VARCHAR(3) NOT NULL, 
	price_minor BIGINT NOT NULL, 
	worked_until DATE NOT NULL, 
	created_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	invoiced_at TIMESTAMP WITH TIME ZONE, 
	CONSTRAINT pk_contract_charge PRIMARY KEY (id), 
	CONSTRAINT ck_contract_charge_kind_known CHECK (kind IN ('time', 'cost', 'kill_fee')), 
	CONSTRAINT ck_contract_charge_value_positive CHECK (quantity_hundredths > 0 AND price_minor > 0), 
	CONSTRAINT fk_contract_charge_contract_id_contract FOREIGN KEY(contract_id) REFERENCES contract (id), 
	CONSTRAINT fk_contract_charge_sheet_id_time_sheet FOREIGN KEY(sheet_id) REFERENCES time_sheet (id)
)
--;;
CREATE INDEX ix_contract_charge_open ON contract_charge (contract_id) WHERE invoiced_at IS NULL
--;;
CREATE TABLE contract_cost (
	id UUID NOT NULL, 
	contract_id UUID NOT NULL, 
	day DATE NOT NULL, 
	text VARCHAR(200) NOT NULL, 
	net_minor BIGINT NOT NULL, 
	rebillable BOOLEAN NOT NULL, 
	document_id UUID NOT NULL, 
	receipt_name VARCHAR(200) NOT NULL, 
	receipt_type VARCHAR(40) NOT NULL, 
	sheet_id UUID, 
	created_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	CONSTRAINT pk_contract_cost PRIMARY KEY (id), 
	CONSTRAINT ck_contract_cost_value_positive CHECK (net_minor > 0), 
	CONSTRAINT ck_contract_cost_only_rebillable_on_sheet CHECK (sheet_id IS NULL OR rebillable), 
	CONSTRAINT fk_contract_cost_contract_id_contract FOREIGN KEY(contract_id) REFERENCES contract (id), 
	CONSTRAINT fk_contract_cost_document_id_document FOREIGN KEY(document_id) REFERENCES document (id), 
	CONSTRAINT fk_contract_cost_sheet_id_time_sheet FOREIGN KEY(sheet_id) REFERENCES time_sheet (id)
)
--;;
CREATE INDEX ix_contract_cost_contract_id_day ON contract_cost (contract_id, day)
--;;
CREATE TABLE delivery (
	id UUID NOT NULL, 
	contract_id UUID NOT NULL, 
	milestone_id UUID NOT NULL, 
	round SMALLINT NOT NULL, 
	note TEXT NOT NULL, 
	links JSONB NOT NULL, 
	delivered_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	answer_by TIMESTAMP WITH TIME ZONE NOT NULL, 
	answered_at TIMESTAMP WITH TIME ZONE, 
	answer VARCHAR(20), 
	answer_note TEXT, 
	CONSTRAINT pk_delivery PRIMARY KEY (id), 
	CONSTRAINT uq_delivery_milestone_id_round UNIQUE (milestone_id, round), 
	CONSTRAINT fk_delivery_contract_id_contract FOREIGN KEY(contract_id) REFERENCES contract (id), 
	CONSTRAINT fk_delivery_milestone_id_milestone FOREIGN KEY(milestone_id) REFERENCES milestone (id)
)
--;;
CREATE TABLE deposit_settlement (
	deposit_id UUID NOT NULL, 
	final_id UUID NOT NULL, 
	credit_note_id UUID, 
	CONSTRAINT pk_deposit_settlement PRIMARY KEY (deposit_id), 
	CONSTRAINT ck_deposit_settlement_not_itself CHECK (deposit_id <> final_id), 
	CONSTRAINT fk_deposit_settlement_deposit_id_invoice FOREIGN KEY(deposit_id) REFERENCES invoice (id), 
	CONSTRAINT fk_deposit_settlement_final_id_invoice FOREIGN KEY(final_id) REFERENCES invoice (id), 
	CONSTRAINT fk_deposit_settlement_credit_note_id_invoice FOREIGN KEY(credit_note_id) REFERENCES invoice (id)
)
--;;
CREATE INDEX ix_deposit_settlement_final_id ON deposit_settlement (final_id)
--;;
CREATE TABLE direct_debit (
	id UUID NOT NULL, 
	mandate_id UUID NOT NULL, 
	invoice_id UUID NOT NULL, 
	amount_minor BIGINT NOT NULL, 
	currency VARCHAR(3) NOT NULL, 
	collect_on DATE NOT NULL, 
	sequence VARCHAR(4) NOT NULL, 
	state VARCHAR(20) NOT NULL, 
	announced_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	charter_version BIGINT NOT NULL, 
	account_id UUID, 
	batch_id UUID, 
	settled_on DATE, 
	reason VARCHAR(500) NOT NULL, 
	stopped_by UUID, 
	CONSTRAINT pk_direct_debit PRIMARY KEY (id), 
	CONSTRAINT ck_direct_debit_state CHECK (state IN ('announced', 'filed', 'stopped', 'collected', 'refused', 'returned')), 
	CONSTRAINT ck_direct_debit_amount CHECK (amount_minor > 0), 
	CONSTRAINT ck_direct_debit_sequence CHECK (sequence IN ('FRST', 'RCUR')), 
	CONSTRAINT ck_direct_debit_batch CHECK (state IN ('announced', 'stopped') OR batch_id IS NOT NULL), 
	CONSTRAINT fk_direct_debit_mandate_id_sepa_mandate FOREIGN KEY(mandate_id) REFERENCES sepa_mandate (id), 
	CONSTRAINT fk_direct_debit_invoice_id_invoice FOREIGN KEY(invoice_id) REFERENCES invoice (id), 
	CONSTRAINT fk_direct_debit_account_id_coop_bank_account FOREIGN KEY(account_id) REFERENCES coop_bank_account (id), 
	CONSTRAINT fk_direct_debit_batch_id_payment_batch FOREIGN KEY(batch_id) REFERENCES payment_batch (id), 
	CONSTRAINT fk_direct_debit_stopped_by_member FOREIGN KEY(stopped_by) REFERENCES member (id)
)
--;;
CREATE INDEX ix_direct_debit_batch_id ON direct_debit (batch_id)
--;;
CREATE INDEX ix_direct_debit_state ON direct_debit (state, collect_on)
--;;
CREATE UNIQUE INDEX uq_direct_debit_live ON direct_debit (invoice_id) WHERE state IN ('announced', 'filed', 'collected')
--;;
CREATE TABLE inbox_message (
	provider VARCHAR(20) NOT NULL, 
	message_id VARCHAR(120) NOT NULL, 
	sender VARCHAR(80) NOT NULL, 
	document_id UUID, 
	supplier_invoice_id UUID, 
	problem VARCHAR(500) NOT NULL, 
	received_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	acknowledged_at TIMESTAMP WITH TIME ZONE, 
	CONSTRAINT pk_inbox_message PRIMARY KEY (provider, message_id), 
	CONSTRAINT ck_inbox_message_read_or_not CHECK ((supplier_invoice_id IS NULL) <> (problem = '')), 
	CONSTRAINT fk_inbox_message_supplier_invoice_id_supplier_invoice FOREIGN KEY(supplier_invoice_id) REFERENCES supplier_invoice (id)
)
--;;
CREATE TABLE interest_claim (
	id UUID NOT NULL, 
	invoice_id UUID NOT NULL, 
	invoice_number VARCHAR(80) NOT NULL, 
	member_id UUID NOT NULL, 
	client_id UUID NOT NULL, 
	state VARCHAR(10) NOT NULL, 
	period_from DATE NOT NULL, 
	period_to DATE NOT NULL, 
	country VARCHAR(2) NOT NULL, 
	items JSONB NOT NULL, 
	interest_minor BIGINT NOT NULL, 
	compensation_minor BIGINT NOT NULL, 
	currency VARCHAR(3) NOT NULL, 
	reference VARCHAR(25) NOT NULL, 
	claimed_on DATE NOT NULL, 
	claimed_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	claimed_by UUID NOT NULL, 
	document_id UUID, 
	ended_on DATE, 
	waived_by UUID, 
	waive_reason VARCHAR(500) NOT NULL, 
	bank_entry_id UUID, 
	charter_version BIGINT NOT NULL, 
	CONSTRAINT pk_interest_claim PRIMARY KEY (id), 
	CONSTRAINT ck_interest_claim_state_known CHECK (state IN ('claimed', 'paid', 'waived')), 
	CONSTRAINT ck_interest_claim_amounts CHECK (interest_minor >= 0 AND compensation_minor >= 0), 
	CONSTRAINT ck_interest_claim_claims_something CHECK (interest_minor + compensation_minor > 0), 
	CONSTRAINT ck_interest_claim_period CHECK (period_from <= period_to), 
	CONSTRAINT fk_interest_claim_invoice_id_invoice FOREIGN KEY(invoice_id) REFERENCES invoice (id), 
	CONSTRAINT fk_interest_claim_member_id_member FOREIGN KEY(member_id) REFERENCES member (id), 
	CONSTRAINT fk_interest_claim_client_id_organisation FOREIGN KEY(client_id) REFERENCES organisation (id), 
	CONSTRAINT fk_interest_claim_claimed_by_member FOREIGN KEY(claimed_by) REFERENCES member (id), 
	CONSTRAINT fk_interest_claim_document_id_document FOREIGN KEY(document_id) REFERENCES document (id), 
	CONSTRAINT fk_interest_claim_waived_by_member FOREIGN KEY(waived_by) REFERENCES member (id)
)
--;;
CREATE INDEX ix_interest_claim_client_id_id ON interest_claim (client_id, id)
--;;
CREATE INDEX ix_interest_claim_open ON interest_claim (id) WHERE state = 'claimed'
--;;
CREATE UNIQUE INDEX uq_interest_claim_compensation ON interest_claim (invoice_id) WHERE compensation_minor > 0
--;;
CREATE UNIQUE INDEX uq_interest_claim_period ON interest_claim (invoice_id, period_from)
--;;
CREATE UNIQUE INDEX uq_interest_claim_reference ON interest_claim (reference)
--;;
CREATE TABLE invoice_attachment (
	invoice_id UUID NOT NULL, 
	position SMALLINT NOT NULL, 
	document_id UUID NOT NULL, 
	name VARCHAR(120) NOT NULL, 
	media_type VARCHAR(80) NOT NULL, 
	description VARCHAR(200) NOT NULL, 
	CONSTRAINT pk_invoice_attachment PRIMARY KEY (invoice_id, position), 
	CONSTRAINT ck_invoice_attachment_position_from_one CHECK (position >= 1), 
	CONSTRAINT uq_invoice_attachment_invoice_id_name UNIQUE (invoice_id, name), 
	CONSTRAINT fk_invoice_attachment_invoice_id_invoice FOREIGN KEY(invoice_id) REFERENCES invoice (id), 
	CONSTRAINT fk_invoice_attachment_document_id_document FOREIGN KEY(document_id) REFERENCES document (id)
)
--;;
CREATE INDEX ix_invoice_attachment_document_id ON invoice_attachment (document_id)
--;;
CREATE TABLE invoice_line (
	invoice_id UUID NOT NULL, 
	position SMALLINT NOT NULL, 
	milestone_id UUID, 
	credits_position SMALLINT, 
	text VARCHAR(200) NOT NULL, 
	detail VARCHAR(500) NOT NULL, 
	quantity NUMERIC(14, 4) NOT NULL, 
	unit VARCHAR(3) NOT NULL, 
	price NUMERIC(18, 4) NOT NULL, 
	base_quantity NUMERIC(14, 4) NOT NULL, 
	net_minor BIGINT NOT NULL, 
	treatment VARCHAR(30) NOT NULL, 
	reduced_milli BIGINT, 
	category VARCHAR(2) NOT NULL, 
	rate_milli BIGINT NOT NULL, 
	CONSTRAINT pk_invoice_line PRIMARY KEY (invoice_id, position), 
	CONSTRAINT ck_invoice_line_position_from_one CHECK (position >= 1), 
	CONSTRAINT ck_invoice_line_quantity_not_zero CHECK (quantity <> 0), 
	CONSTRAINT ck_invoice_line_price_not_negative CHECK (price >= 0), 
	CONSTRAINT ck_invoice_line_base_quantity_positive CHECK (base_quantity > 0), 
	CONSTRAINT ck_invoice_line_rate_within CHECK (rate_milli BETWEEN 0 AND 100000), 
	CONSTRAINT fk_invoice_line_invoice_id_invoice FOREIGN KEY(invoice_id) REFERENCES invoice (id), 
	CONSTRAINT fk_invoice_line_milestone_id_milestone FOREIGN KEY(milestone_id) REFERENCES milestone (id)
)
--;;
CREATE INDEX ix_invoice_line_milestone ON invoice_line (milestone_id) WHERE milestone_id IS NOT NULL
--;;
CREATE TABLE invoice_note (
	id UUID NOT NULL, 
	invoice_id UUID NOT NULL, 
	by_id UUID NOT NULL, 
	at TIMESTAMP WITH TIME ZONE NOT NULL, 
	text TEXT NOT NULL, 
	CONSTRAINT pk_invoice_note PRIMARY KEY (id), 
	CONSTRAINT fk_invoice_note_invoice_id_invoice FOREIGN KEY(invoice_id) REFERENCES invoice (id) ON DELETE CASCADE, 
	CONSTRAINT fk_invoice_note_by_id_member FOREIGN KEY(by_id) REFERENCES member (id)
)
--;;
CREATE INDEX ix_invoice_note_invoice_id_id ON invoice_note (invoice_id, id)
--;;
CREATE TABLE invoice_origin (
	invoice_id UUID NOT NULL, 
	from_id UUID NOT NULL, 
	how VARCHAR(10) NOT NULL, 
	credit_note_id UUID, 
	made_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	CONSTRAINT pk_invoice_origin PRIMARY KEY (invoice_id), 
	CONSTRAINT ck_invoice_origin_how_known CHECK (how IN ('copy', 'reissue', 'proforma')), 
	CONSTRAINT ck_invoice_origin_reissue_credits CHECK ((how = 'reissue') = (credit_note_id IS NOT NULL)), 
	CONSTRAINT ck_invoice_origin_not_itself CHECK (invoice_id <> from_id), 
	CONSTRAINT fk_invoice_origin_invoice_id_invoice FOREIGN KEY(invoice_id) REFERENCES invoice (id), 
	CONSTRAINT fk_invoice_origin_from_id_invoice FOREIGN KEY(from_id) REFERENCES invoice (id), 
	CONSTRAINT fk_invoice_origin_credit_note_id_invoice FOREIGN KEY(credit_note_id) REFERENCES invoice (id)
)
--;;
CREATE INDEX ix_invoice_origin_from_id ON invoice_origin (from_id)
--;;
CREATE TABLE invoice_share (
	invoice_id UUID NOT NULL, 
	member_id UUID NOT NULL, 
	position SMALLINT NOT NULL, 
	bps SMALLINT, 
	amount_minor BIGINT, 
	state VARCHAR(10) NOT NULL, 
	net_minor BIGINT NOT NULL, 
	whole_minor BIGINT NOT NULL, 
	decided_at TIMESTAMP WITH TIME ZONE, 
	reason VARCHAR(500) NOT NULL, 
	pending_net_minor BIGINT DEFAULT 0 NOT NULL, 
	released_net_minor BIGINT DEFAULT 0 NOT NULL, 
	credited_net_minor BIGINT DEFAULT 0 NOT NULL, 
	written_off_net_minor BIGINT DEFAULT 0 NOT NULL, 
	CONSTRAINT pk_invoice_share PRIMARY KEY (invoice_id, member_id), 
	CONSTRAINT ck_invoice_share_state_known CHECK (state IN ('asked', 'declined', 'agreed')), 
	CONSTRAINT ck_invoice_share_stated_one_way CHECK ((bps IS NULL) <> (amount_minor IS NULL)), 
	CONSTRAINT ck_invoice_share_bps_within CHECK (bps BETWEEN 1 AND 9999), 
	CONSTRAINT ck_invoice_share_not_negative CHECK (amount_minor >= 0 AND net_minor >= 0), 
	CONSTRAINT ck_invoice_share_declined_says_why CHECK ((state = 'declined') = (reason <> '')), 
	CONSTRAINT ck_invoice_share_within_net CHECK (pending_net_minor BETWEEN 0 AND net_minor AND released_net_minor >= 0 AND credited_net_minor BETWEEN 0 AND net_minor AND written_off_net_minor >= 0), 
	CONSTRAINT fk_invoice_share_invoice_id_invoice FOREIGN KEY(invoice_id) REFERENCES invoice (id) ON DELETE CASCADE, 
	CONSTRAINT fk_invoice_share_member_id_member FOREIGN KEY(member_id) REFERENCES member (id)
)
--;;
CREATE INDEX ix_invoice_share_member_id_invoice_id ON invoice_share (member_id, invoice_id)
--;;
CREATE TABLE invoice_vat (
	invoice_id UUID NOT NULL, 
	tax VARCHAR(4) NOT NULL, 
	category VARCHAR(2) NOT NULL, 
	rate_milli BIGINT NOT NULL, 
	taxable_minor BIGINT NOT NULL, 
	vat_minor BIGINT NOT NULL, 
	reason_code VARCHAR(30) NOT NULL, 
	reason VARCHAR(500) NOT NULL, 
	CONSTRAINT pk_invoice_vat PRIMARY KEY (invoice_id, tax, category, rate_milli), 
	CONSTRAINT ck_invoice_vat_tax_known CHECK (tax IN ('VAT', 'GST', 'HST', 'QST', 'NONE')), 
	CONSTRAINT ck_invoice_vat_category_known CHECK (category IN ('S', 'Z', 'E', 'AE', 'K', 'G', 'O')), 
	CONSTRAINT ck_invoice_vat_only_standard_is_charged CHECK ((category = 'S') = (rate_milli > 0) AND (category = 'S' OR vat_minor = 0)), 
	CONSTRAINT ck_invoice_vat_reason_given CHECK (category IN ('S', 'Z') OR reason <> ''), 
	CONSTRAINT fk_invoice_vat_invoice_id_invoice FOREIGN KEY(invoice_id) REFERENCES invoice (id)
)
--;;
CREATE TABLE label (
	id UUID NOT NULL, 
	review_id UUID NOT NULL, 
	contract_id UUID NOT NULL, 
	contract_version SMALLINT NOT NULL, 
	code VARCHAR(12) NOT NULL, 
	state VARCHAR(20) NOT NULL, 
	reasons TEXT NOT NULL, 
	issued_on DATE NOT NULL, 
	valid_until DATE NOT NULL, 
	charter_version BIGINT NOT NULL, 
	checklist_version BIGINT NOT NULL, 
	paused_at TIMESTAMP WITH TIME ZONE, 
	withdrawal_reasons TEXT, 
	withdrawal_by UUID, 
	withdrawal_second UUID, 
	withdrawn_at TIMESTAMP WITH TIME ZONE, 
	CONSTRAINT pk_label PRIMARY KEY (id), 
	CONSTRAINT ck_label_state_known CHECK (state IN ('granted', 'paused', 'withheld', 'replaced', 'withdrawn')), 
	CONSTRAINT ck_label_withdrawal_whole CHECK (state <> 'withdrawn' OR (withdrawn_at IS NOT NULL AND withdrawal_reasons IS NOT NULL AND withdrawal_by IS NOT NULL AND withdrawal_second IS NOT NULL)), 
	CONSTRAINT ck_label_withdrawal_two_persons CHECK (withdrawal_by <> withdrawal_second), 
	CONSTRAINT ck_label_valid_for_a_time CHECK (valid_until > issued_on), 
	CONSTRAINT uq_label_review_id UNIQUE (review_id), 
	CONSTRAINT fk_label_review_id_review FOREIGN KEY(review_id) REFERENCES review (id), 
	CONSTRAINT fk_label_contract_id_contract FOREIGN KEY(contract_id) REFERENCES contract (id), 
	CONSTRAINT uq_label_code UNIQUE (code), 
	CONSTRAINT fk_label_withdrawal_by_member FOREIGN KEY(withdrawal_by) REFERENCES member (id), 
	CONSTRAINT fk_label_withdrawal_second_member FOREIGN KEY(withdrawal_second) REFERENCES member (id)
)
--;;
CREATE UNIQUE INDEX uq_label_current ON label (contract_id) WHERE state IN ('granted', 'paused', 'withheld')
--;;
CREATE TABLE levied_invoice (
	invoice_id UUID NOT NULL, 
	contract_id UUID NOT NULL, 
	member_id UUID NOT NULL, 
	client_id UUID NOT NULL, 
	number VARCHAR(60) NOT NULL, 
	currency VARCHAR(3) NOT NULL, 
	net_minor BIGINT NOT NULL, 
	issued_on DATE NOT NULL, 
	charter_version BIGINT NOT NULL, 
	rate_bps BIGINT NOT NULL, 
	pots JSONB NOT NULL, 
	guaranteed BOOLEAN NOT NULL, 
	advance_on DATE NOT NULL, 
	held_reason VARCHAR(500), 
	released_net_minor BIGINT DEFAULT 0 NOT NULL, 
	credited_net_minor BIGINT DEFAULT 0 NOT NULL, 
	advanced_minor BIGINT DEFAULT 0 NOT NULL, 
	repaid_minor BIGINT DEFAULT 0 NOT NULL, 
	written_off_minor BIGINT DEFAULT 0 NOT NULL, 
	settled BOOLEAN DEFAULT false NOT NULL, 
	disputed_net_minor BIGINT DEFAULT 0 NOT NULL, 
	given_up_net_minor BIGINT DEFAULT 0 NOT NULL, 
	top_up BOOLEAN DEFAULT false NOT NULL, 
	CONSTRAINT pk_levied_invoice PRIMARY KEY (invoice_id, member_id), 
	CONSTRAINT ck_levied_invoice_released CHECK (released_net_minor >= 0), 
	CONSTRAINT ck_levied_invoice_credited CHECK (credited_net_minor BETWEEN 0 AND net_minor), 
	CONSTRAINT ck_levied_invoice_written_off CHECK (written_off_minor BETWEEN 0 AND repaid_minor), 
	CONSTRAINT ck_levied_invoice_repaid CHECK (repaid_minor BETWEEN 0 AND advanced_minor), 
	CONSTRAINT fk_levied_invoice_invoice_id_invoice FOREIGN KEY(invoice_id) REFERENCES invoice (id), 
	CONSTRAINT fk_levied_invoice_contract_id_contract FOREIGN KEY(contract_id) REFERENCES contract (id), 
	CONSTRAINT fk_levied_invoice_member_id_member FOREIGN KEY(member_id) REFERENCES member (id), 
	CONSTRAINT fk_levied_invoice_client_id_organisation FOREIGN KEY(client_id) REFERENCES organisation (id)
)
--;;
CREATE INDEX ix_levied_invoice_contract_id ON levied_invoice (contract_id)
--;;
CREATE INDEX ix_levied_invoice_due ON levied_invoice (advance_on) WHERE guaranteed AND (advanced_minor = 0 OR top_up) AND NOT settled
--;;
CREATE INDEX ix_levied_invoice_member_id_invoice_id ON levied_invoice (member_id, invoice_id)
--;;
CREATE TABLE match_suggestion (
	entry_id UUID NOT NULL, 
	invoice_id UUID NOT NULL, 
	amount_minor BIGINT NOT NULL, 
	score BIGINT NOT NULL, 
	verdict VARCHAR(20) NOT NULL, 
	reasons JSONB NOT NULL, 
	CONSTRAINT pk_match_suggestion PRIMARY KEY (entry_id, invoice_id), 
	CONSTRAINT fk_match_suggestion_entry_id_bank_entry FOREIGN KEY(entry_id) REFERENCES bank_entry (id), 
	CONSTRAINT fk_match_suggestion_invoice_id_invoice FOREIGN KEY(invoice_id) REFERENCES invoice (id)
)
--;;
CREATE TABLE objection (
	id UUID NOT NULL, 
	invoice_id UUID NOT NULL, 
	member_id UUID NOT NULL, 
	client_id UUID NOT NULL, 
	contact_id UUID NOT NULL, 
	state VARCHAR(12) NOT NULL, 
	reason_code VARCHAR(20) NOT NULL, 
	text TEXT NOT NULL, 
	positions JSONB NOT NULL, 
	amount_minor BIGINT NOT NULL, 
	currency VARCHAR(3) NOT NULL, 
	opened_on DATE NOT NULL, 
	opened_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	answer_by DATE NOT NULL, 
	answer TEXT NOT NULL, 
	outcome_note TEXT NOT NULL, 
	closed_on DATE, 
	closed_at TIMESTAMP WITH TIME ZONE, 
	closed_by VARCHAR(10) NOT NULL, 
	credit_note_id UUID, 
	overdue_told_at TIMESTAMP WITH TIME ZONE, 
	charter_version BIGINT NOT NULL, 
	CONSTRAINT pk_objection PRIMARY KEY (id), 
	CONSTRAINT ck_objection_state_known CHECK (state IN ('open', 'answered', 'mediation', 'redelivery', 'court', 'withdrawn', 'credited', 'dismissed')), 
	CONSTRAINT ck_objection_reason_known CHECK (reason_code IN ('not_delivered', 'incomplete', 'defective', 'not_agreed', 'amount', 'paid', 'other')), 
	CONSTRAINT ck_objection_amount_positive CHECK (amount_minor > 0), 
	CONSTRAINT ck_objection_closed_is_dated CHECK ((state IN ('open', 'answered', 'mediation', 'redelivery', 'court')) = (closed_at IS NULL)), 
	CONSTRAINT fk_objection_invoice_id_invoice FOREIGN KEY(invoice_id) REFERENCES invoice (id), 
	CONSTRAINT fk_objection_member_id_member FOREIGN KEY(member_id) REFERENCES member (id), 
	CONSTRAINT fk_objection_client_id_organisation FOREIGN KEY(client_id) REFERENCES organisation (id), 
	CONSTRAINT fk_objection_contact_id_contact FOREIGN KEY(contact_id) REFERENCES contact (id), 
	CONSTRAINT fk_objection_credit_note_id_invoice FOREIGN KEY(credit_note_id) REFERENCES invoice (id)
)
--;;
CREATE INDEX ix_objection_answer_by ON objection (answer_by) WHERE state IN ('open', 'answered', 'mediation')
--;;
CREATE INDEX ix_objection_invoice_id_id ON objection (invoice_id, id)
--;;
CREATE INDEX ix_objection_member_id_id ON objection (member_id, id)
--;;
CREATE UNIQUE INDEX uq_objection_holding ON objection (invoice_id) WHERE state IN ('open', 'answered', 'mediation', 'redelivery', 'court')
--;;
CREATE TABLE overpayment (
	bank_entry_id UUID NOT NULL, 
	invoice_id UUID NOT NULL, 
	client_id UUID NOT NULL, 
	kind VARCHAR(10) NOT NULL, 
	amount_minor BIGINT NOT NULL, 
	currency VARCHAR(3) NOT NULL, 
	noticed_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	CONSTRAINT pk_overpayment PRIMARY KEY (bank_entry_id, invoice_id), 
	CONSTRAINT ck_overpayment_kind_known CHECK (kind IN ('twice', 'surplus')), 
	CONSTRAINT ck_overpayment_amount_positive CHECK (amount_minor > 0), 
	CONSTRAINT fk_overpayment_invoice_id_invoice FOREIGN KEY(invoice_id) REFERENCES invoice (id), 
	CONSTRAINT fk_overpayment_client_id_organisation FOREIGN KEY(client_id) REFERENCES organisation (id)
)
--;;
CREATE INDEX ix_overpayment_client_id_bank_entry_id ON overpayment (client_id, bank_entry_id)
--;;
CREATE TABLE payment (
	id UUID NOT NULL, 
	invoice_id UUID NOT NULL, 
	amount_minor BIGINT NOT NULL, 
	net_minor BIGINT NOT NULL, 
	currency VARCHAR(3) NOT NULL, 
	received_on DATE NOT NULL, 
	recorded_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	source VARCHAR(40) NOT NULL, 
	bank_entry_id UUID, 
	CONSTRAINT pk_payment PRIMARY KEY (id), 
	CONSTRAINT ck_payment_amount_positive CHECK (amount_minor > 0), 
	CONSTRAINT ck_payment_net_within_amount CHECK (net_minor BETWEEN 0 AND amount_minor), 
	CONSTRAINT fk_payment_invoice_id_invoice FOREIGN KEY(invoice_id) REFERENCES invoice (id)
)
--;;
CREATE INDEX ix_payment_invoice_id_bank_entry_id ON payment (invoice_id, bank_entry_id)
--;;
CREATE TABLE proforma_sending (
	mail_id UUID NOT NULL, 
	invoice_id UUID NOT NULL, 
	sent_to VARCHAR(254) NOT NULL, 
	sent_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	sent_by UUID, 
	pdf_document_id UUID NOT NULL, 
	CONSTRAINT pk_proforma_sending PRIMARY KEY (mail_id), 
	CONSTRAINT fk_proforma_sending_invoice_id_invoice FOREIGN KEY(invoice_id) REFERENCES invoice (id), 
	CONSTRAINT fk_proforma_sending_sent_by_member FOREIGN KEY(sent_by) REFERENCES member (id), 
	CONSTRAINT fk_proforma_sending_pdf_document_id_document FOREIGN KEY(pdf_document_id) REFERENCES document (id)
)
--;;
CREATE INDEX ix_proforma_sending_invoice_id_mail_id ON proforma_sending (invoice_id, mail_id)
--;;
CREATE TABLE promise (
	id UUID NOT NULL, 
	invoice_id UUID NOT NULL, 
	state VARCHAR(10) NOT NULL, 
	pay_by DATE NOT NULL, 
	note VARCHAR(500) NOT NULL, 
	said_by VARCHAR(10) NOT NULL, 
	recorded_by UUID NOT NULL, 
	recorded_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	ended_at TIMESTAMP WITH TIME ZONE, 
	charter_version BIGINT NOT NULL, 
	CONSTRAINT pk_promise PRIMARY KEY (id), 
	CONSTRAINT ck_promise_state_known CHECK (state IN ('open', 'kept', 'broken', 'replaced')), 
	CONSTRAINT ck_promise_said_by_known CHECK (said_by IN ('contact', 'member')), 
	CONSTRAINT fk_promise_invoice_id_invoice FOREIGN KEY(invoice_id) REFERENCES invoice (id)
)
--;;
CREATE INDEX ix_promise_invoice_id_id ON promise (invoice_id, id)
--;;
CREATE INDEX ix_promise_pay_by ON promise (pay_by) WHERE state = 'open'
--;;
CREATE UNIQUE INDEX uq_promise_open ON promise (invoice_id) WHERE state = 'open'
--;;
CREATE TABLE provider_payment (
	id UUID NOT NULL, 
	account_id UUID NOT NULL, 
	provider VARCHAR(20) NOT NULL, 
	external_id VARCHAR(120) NOT NULL, 
	invoice_id UUID NOT NULL, 
	state VARCHAR(16) NOT NULL, 
	amount_minor BIGINT NOT NULL, 
	fee_minor BIGINT NOT NULL, 
	currency VARCHAR(3) NOT NULL, 
	url VARCHAR(2000) NOT NULL, 
	asked_by UUID, 
	link_id UUID, 
	asked_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	paid_at TIMESTAMP WITH TIME ZONE, 
	returned_minor BIGINT DEFAULT 0 NOT NULL, 
	on_account_minor BIGINT DEFAULT 0 NOT NULL, 
	charged_minor BIGINT DEFAULT 0 NOT NULL, 
	seen_at TIMESTAMP WITH TIME ZONE, 
	CONSTRAINT pk_provider_payment PRIMARY KEY (id), 
	CONSTRAINT ck_provider_payment_state CHECK (state IN ('asked', 'failed', 'paid', 'returned', 'part_returned')), 
	CONSTRAINT ck_provider_payment_amounts CHECK (amount_minor > 0 AND fee_minor >= 0), 
	CONSTRAINT ck_provider_payment_returned CHECK (returned_minor >= 0 AND on_account_minor >= 0 AND charged_minor >= 0 AND (state IN ('part_returned', 'returned')) = (returned_minor > 0)), 
	CONSTRAINT ck_provider_payment_asked CHECK ((asked_by IS NULL) <> (link_id IS NULL)), 
	CONSTRAINT fk_provider_payment_account_id_provider_account FOREIGN KEY(account_id) REFERENCES provider_account (id), 
	CONSTRAINT fk_provider_payment_invoice_id_invoice FOREIGN KEY(invoice_id) REFERENCES invoice (id), 
	CONSTRAINT fk_provider_payment_asked_by_member FOREIGN KEY(asked_by) REFERENCES member (id)
)
--;;
CREATE INDEX ix_provider_payment_invoice_id ON provider_payment (invoice_id)
--;;
CREATE TABLE recurring_run (
	plan_id UUID NOT NULL, 
	period SMALLINT NOT NULL, 
	run_on DATE NOT NULL, 
	skipped BOOLEAN NOT NULL, 
	invoice_id UUID, 
	made_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	CONSTRAINT pk_recurring_run PRIMARY KEY (plan_id, period), 
	CONSTRAINT ck_recurring_run_skipped_has_none CHECK ((invoice_id IS NULL) = skipped), 
	CONSTRAINT fk_recurring_run_plan_id_recurring_plan FOREIGN KEY(plan_id) REFERENCES recurring_plan (id), 
	CONSTRAINT fk_recurring_run_invoice_id_invoice FOREIGN KEY(invoice_id) REFERENCES invoice (id)
)
--;;
CREATE INDEX ix_recurring_run_invoice_id ON recurring_run (invoice_id)
--;;
CREATE TABLE reminder (
	id UUID NOT NULL, 
	invoice_id UUID NOT NULL, 
	step SMALLINT NOT NULL, 
	tone VARCHAR(10) NOT NULL, 
	channel VARCHAR(10) NOT NULL, 
	result VARCHAR(10) NOT NULL, 
	planned_on DATE NOT NULL, 
	sent_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	sent_to VARCHAR(254) NOT NULL, 
	language VARCHAR(5) NOT NULL, 
	asked_minor BIGINT NOT NULL, 
	disputed_minor BIGINT NOT NULL, 
	currency VARCHAR(3) NOT NULL, 
	document_id UUID, 
	charter_version BIGINT NOT NULL, 
	CONSTRAINT pk_reminder PRIMARY KEY (id), 
	CONSTRAINT ck_reminder_result_known CHECK (result IN ('sent', 'overtaken')), 
	CONSTRAINT ck_reminder_channel_known CHECK (channel IN ('mail', 'letter')), 
	CONSTRAINT ck_reminder_amounts CHECK (asked_minor >= 0 AND disputed_minor >= 0), 
	CONSTRAINT fk_reminder_invoice_id_invoice FOREIGN KEY(invoice_id) REFERENCES invoice (id), 
	CONSTRAINT fk_reminder_document_id_document FOREIGN KEY(document_id) REFERENCES document (id)
)
--;;
CREATE UNIQUE INDEX uq_reminder_invoice_id_step ON reminder (invoice_id, step)
--;;
CREATE TABLE review_finding (
	id UUID NOT NULL, 
	review_id UUID NOT NULL, 
	principle VARCHAR(30) NOT NULL, 
	threshold VARCHAR(10) NOT NULL, 
	verdict VARCHAR(15) NOT NULL, 
	evidence TEXT NOT NULL, 
	found_by UUID NOT NULL, 
	found_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	CONSTRAINT pk_review_finding PRIMARY KEY (id), 
	CONSTRAINT uq_review_finding_review_id_principle_threshold UNIQUE (review_id, principle, threshold), 
	CONSTRAINT ck_review_finding_principle_known CHECK (principle IN ('safety', 'stability_flexibility', 'transparency', 'shared_prosperity', 'fair_pay', 'inclusion_input', 'support_connection', 'growth_development')), 
	CONSTRAINT ck_review_finding_threshold_known CHECK (threshold IN ('basic', 'advanced')), 
	CONSTRAINT ck_review_finding_verdict_known CHECK (verdict IN ('met', 'not_met', 'no_evidence')), 
	CONSTRAINT ck_review_finding_met_has_evidence CHECK (verdict <> 'met' OR length(btrim(evidence)) > 0), 
	CONSTRAINT fk_review_finding_review_id_review FOREIGN KEY(review_id) REFERENCES review (id), 
	CONSTRAINT fk_review_finding_found_by_member FOREIGN KEY(found_by) REFERENCES member (id)
)
--;;
CREATE TABLE review_tie (
	review_id UUID NOT NULL, 
	rep_id UUID NOT NULL, 
	declared_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	CONSTRAINT pk_review_tie PRIMARY KEY (review_id, rep_id), 
	CONSTRAINT fk_review_tie_review_id_review FOREIGN KEY(review_id) REFERENCES review (id), 
	CONSTRAINT fk_review_tie_rep_id_member FOREIGN KEY(rep_id) REFERENCES member (id)
)
--;;
CREATE TABLE self_bill (
	invoice_id UUID NOT NULL, 
	member_id UUID NOT NULL, 
	mandate_id UUID NOT NULL, 
	state VARCHAR(10) NOT NULL, 
	object_by DATE NOT NULL, 
	objection TEXT NOT NULL, 
	decided_at TIMESTAMP WITH TIME ZONE, 
	credit_note_id UUID, 
	CONSTRAINT pk_self_bill PRIMARY KEY (invoice_id), 
	CONSTRAINT ck_self_bill_state_known CHECK (state IN ('open', 'accepted', 'objected')), 
	CONSTRAINT ck_self_bill_objected CHECK ((state = 'objected') = (credit_note_id IS NOT NULL)), 
	CONSTRAINT ck_self_bill_objection_says_why CHECK ((state = 'objected') = (objection <> '')), 
	CONSTRAINT fk_self_bill_invoice_id_invoice FOREIGN KEY(invoice_id) REFERENCES invoice (id), 
	CONSTRAINT fk_self_bill_member_id_member FOREIGN KEY(member_id) REFERENCES member (id), 
	CONSTRAINT fk_self_bill_mandate_id_self_billing_mandate FOREIGN KEY(mandate_id) REFERENCES self_billing_mandate (id), 
	CONSTRAINT fk_self_bill_credit_note_id_invoice FOREIGN KEY(credit_note_id) REFERENCES invoice (id)
)
--;;
CREATE INDEX ix_self_bill_member_id_invoice_id ON self_bill (member_id, invoice_id)
--;;
CREATE INDEX ix_self_bill_waiting ON self_bill (object_by) WHERE state = 'open'
--;;
CREATE TABLE self_bill_due (
	payout_id UUID NOT NULL, 
	member_id UUID NOT NULL, 
	mandate_id UUID NOT NULL, 
	currency VARCHAR(3) NOT NULL, 
	lines JSONB NOT NULL, 
	settled_on DATE NOT NULL, 
	month DATE NOT NULL, 
	state VARCHAR(10) NOT NULL, 
	problem VARCHAR(2000) NOT NULL, 
	tried_at TIMESTAMP WITH TIME ZONE, 
	invoice_id UUID, 
	CONSTRAINT pk_self_bill_due PRIMARY KEY (payout_id), 
	CONSTRAINT ck_self_bill_due_state_known CHECK (state IN ('waiting', 'held', 'billed')), 
	CONSTRAINT ck_self_bill_due_billed_is_whole CHECK ((state = 'billed') = (invoice_id IS NOT NULL)), 
	CONSTRAINT ck_self_bill_due_held_says_why CHECK ((state = 'held') = (problem <> '')), 
	CONSTRAINT fk_self_bill_due_member_id_member FOREIGN KEY(member_id) REFERENCES member (id), 
	CONSTRAINT fk_self_bill_due_mandate_id_self_billing_mandate FOREIGN KEY(mandate_id) REFERENCES self_billing_mandate (id), 
	CONSTRAINT fk_self_bill_due_invoice_id_invoice FOREIGN KEY(invoice_id) REFERENCES invoice (id)
)
--;;
CREATE INDEX ix_self_bill_due_held ON self_bill_due (member_id, payout_id) WHERE state <> 'billed'
--;;
CREATE INDEX ix_self_bill_due_invoice_id ON self_bill_due (invoice_id)
--;;
CREATE INDEX ix_self_bill_due_waiting ON self_bill_due (month, member_id) WHERE state = 'waiting'
--;;
CREATE TABLE signature_request (
	id UUID NOT NULL, 
	contract_id UUID NOT NULL, 
	version SMALLINT NOT NULL, 
	signer_id UUID, 
	level VARCHAR(10) NOT NULL, 
	said JSONB NOT NULL, 
	shown_sha256 VARCHAR(64) NOT NULL, 
	manifest_sha256 VARCHAR(64) NOT NULL, 
	entries SMALLINT NOT NULL, 
	state VARCHAR(10) NOT NULL, 
	asked_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	expires_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	closed_at TIMESTAMP WITH TIME ZONE, 
	CONSTRAINT pk_signature_request PRIMARY KEY (id), 
	CONSTRAINT ck_signature_request_state_known CHECK (state IN ('open', 'signed', 'refused', 'replaced')), 
	CONSTRAINT ck_signature_request_level_known CHECK (level IN ('advanced', 'eid')), 
	CONSTRAINT ck_signature_request_closed_has_time CHECK ((state = 'open') = (closed_at IS NULL)), 
	CONSTRAINT ck_signature_request_expires CHECK (expires_at > asked_at), 
	CONSTRAINT fk_signature_request_contract_id_contract FOREIGN KEY(contract_id) REFERENCES contract (id), 
	CONSTRAINT fk_signature_request_signer_id_contract_signer FOREIGN KEY(signer_id) REFERENCES contract_signer (id)
)
--;;
CREATE UNIQUE INDEX uq_signature_request_open ON signature_request (contract_id, signer_id) NULLS NOT DISTINCT WHERE state = 'open'
--;;
CREATE TABLE signing_objection (
	id UUID NOT NULL, 
	contract_id UUID NOT NULL, 
	signer_id UUID NOT NULL, 
	kind VARCHAR(16) NOT NULL, 
	text TEXT NOT NULL, 
	state VARCHAR(10) NOT NULL, 
	raised_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	decide_by TIMESTAMP WITH TIME ZONE NOT NULL, 
	rep_letters SMALLINT NOT NULL, 
	decided_by UUID, 
	decided_at TIMESTAMP WITH TIME ZONE, 
	reasons TEXT, 
	CONSTRAINT pk_signing_objection PRIMARY KEY (id), 
	CONSTRAINT ck_signing_objection_state_known CHECK (state IN ('open', 'lifted', 'upheld')), 
	CONSTRAINT ck_signing_objection_kind_known CHECK (kind IN ('not_me', 'not_authorised')), 
	CONSTRAINT ck_signing_objection_decided_has_reasons CHECK ((state = 'open') = (decided_at IS NULL) AND (state = 'open') = (reasons IS NULL)), 
	CONSTRAINT fk_signing_objection_contract_id_contract FOREIGN KEY(contract_id) REFERENCES contract (id), 
	CONSTRAINT fk_signing_objection_signer_id_contract_signer FOREIGN KEY(signer_id) REFERENCES contract_signer (id), 
	CONSTRAINT fk_signing_objection_decided_by_member FOREIGN KEY(decided_by) REFERENCES member (id)
)
--;;
CREATE UNIQUE INDEX uq_signing_objection_open ON signing_objection (contract_id) WHERE state = 'open'
--;;
CREATE TABLE time_entry (
	id UUID NOT NULL, 
	contract_id UUID NOT NULL, 
	member_id UUID NOT NULL, 
	day DATE NOT NULL, 
	minutes BIGINT, 
	started_at TIMESTAMP WITH TIME ZONE, 
	note VARCHAR(200) NOT NULL, 
	sheet_id UUID, 
	created_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	CONSTRAINT pk_time_entry PRIMARY KEY (id), 
	CONSTRAINT ck_time_entry_minutes_fit CHECK (minutes BETWEEN 1 AND 1440 OR started_at IS NOT NULL), 
	CONSTRAINT fk_time_entry_contract_id_contract FOREIGN KEY(contract_id) REFERENCES contract (id), 
	CONSTRAINT fk_time_entry_member_id_member FOREIGN KEY(member_id) REFERENCES member (id), 
	CONSTRAINT fk_time_entry_sheet_id_time_sheet FOREIGN KEY(sheet_id) REFERENCES time_sheet (id)
)
--;;
CREATE INDEX ix_time_entry_contract_id_day ON time_entry (contract_id, day)
--;;
CREATE UNIQUE INDEX uq_time_entry_running ON time_entry (member_id) WHERE minutes IS NULL
--;;
CREATE TABLE transmission (
	id UUID NOT NULL, 
	invoice_id UUID NOT NULL, 
	member_id UUID NOT NULL, 
	state VARCHAR(20) NOT NULL, 
	channel VARCHAR(10) NOT NULL, 
	wanted VARCHAR(10) NOT NULL, 
	address VARCHAR(254) NOT NULL, 
	provider VARCHAR(20) NOT NULL, 
	mail_id UUID, 
	sent_document_id UUID, 
	code VARCHAR(60) NOT NULL, 
	detail VARCHAR(500) NOT NULL, 
	tries BIGINT NOT NULL, 
	moves BIGINT NOT NULL, 
	begun_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	changed_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	asked_at TIMESTAMP WITH TIME ZONE, 
	superseded_at TIMESTAMP WITH TIME ZONE, 
	begun_by UUID, 
	CONSTRAINT pk_transmission PRIMARY KEY (id), 
	CONSTRAINT ck_transmission_state_known CHECK (state IN ('queued', 'looking_up', 'ready', 'sending', 'unknown', 'sent', 'delivered', 'accepted', 'refused_by_receiver', 'failed', 'by_mail', 'bounced', 'needs_person')), 
	CONSTRAINT ck_transmission_channel_known CHECK (channel IN ('', 'peppol', 'mail')), 
	CONSTRAINT ck_transmission_gateway_states CHECK (state NOT IN ('ready', 'sending', 'sent', 'unknown') OR channel = 'peppol'), 
	CONSTRAINT ck_transmission_mail_states CHECK (state NOT IN ('by_mail', 'bounced') OR channel = 'mail'), 
	CONSTRAINT fk_transmission_invoice_id_invoice FOREIGN KEY(invoice_id) REFERENCES invoice (id), 
	CONSTRAINT fk_transmission_member_id_member FOREIGN KEY(member_id) REFERENCES member (id)
)
--;;
CREATE INDEX ix_transmission_bounced ON transmission (address) WHERE state = 'bounced'
--;;
CREATE INDEX ix_transmission_invoice_id_id ON transmission (invoice_id, id)
--;;
CREATE INDEX ix_transmission_mail ON transmission (mail_id) WHERE mail_id IS NOT NULL
--;;
CREATE INDEX ix_transmission_open ON transmission (state, id) WHERE state IN ('unknown', 'sent', 'sending', 'by_mail')
--;;
CREATE UNIQUE INDEX uq_transmission_current ON transmission (invoice_id) WHERE superseded_at IS NULL
--;;
CREATE TABLE write_off (
	id UUID NOT NULL, 
	invoice_id UUID NOT NULL, 
	member_id UUID NOT NULL, 
	client_id UUID NOT NULL, 
	state VARCHAR(12) NOT NULL, 
	small BOOLEAN NOT NULL, 
	amount_minor BIGINT NOT NULL, 
	vat_minor BIGINT NOT NULL, 
	credited_minor BIGINT DEFAULT 0 NOT NULL, 
	credited_vat_minor BIGINT DEFAULT 0 NOT NULL, 
	currency VARCHAR(3) NOT NULL, 
	reason_code VARCHAR(20) NOT NULL, 
	reason VARCHAR(500) NOT NULL, 
	asked_by UUID NOT NULL, 
	asked_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	approved_by UUID, 
	decided_at TIMESTAMP WITH TIME ZONE, 
	entry_id UUID, 
	vat_decision VARCHAR(10) NOT NULL, 
	vat_decided_by UUID, 
	vat_ground VARCHAR(500) NOT NULL, 
	charter_version BIGINT NOT NULL, 
	CONSTRAINT pk_write_off PRIMARY KEY (id), 
	CONSTRAINT ck_write_off_state_known CHECK (state IN ('asked', 'booked', 'refused', 'reinstated', 'credited')), 
	CONSTRAINT ck_write_off_reason_known CHECK (reason_code IN ('small_rest', 'insolvent', 'uncollectable', 'settlement', 'statute_barred')), 
	CONSTRAINT ck_write_off_amounts CHECK (amount_minor > 0 AND vat_minor >= 0), 
	CONSTRAINT ck_write_off_second_person CHECK (approved_by IS NULL OR small OR approved_by <> asked_by), 
	CONSTRAINT ck_write_off_booked_is_posted CHECK ((state IN ('booked', 'reinstated', 'credited')) = (entry_id IS NOT NULL)), 
	CONSTRAINT ck_write_off_credited_within CHECK (credited_minor BETWEEN 0 AND amount_minor AND credited_vat_minor BETWEEN 0 AND vat_minor AND (state = 'credited') = (credited_minor = amount_minor)), 
	CONSTRAINT ck_write_off_vat_decision_known CHECK (vat_decision IN ('', 'reclaim', 'bear')), 
	CONSTRAINT fk_write_off_invoice_id_invoice FOREIGN KEY(invoice_id) REFERENCES invoice (id), 
	CONSTRAINT fk_write_off_member_id_member FOREIGN KEY(member_id) REFERENCES member (id), 
	CONSTRAINT fk_write_off_client_id_organisation FOREIGN KEY(client_id) REFERENCES organisation (id), 
	CONSTRAINT fk_write_off_asked_by_member FOREIGN KEY(asked_by) REFERENCES member (id), 
	CONSTRAINT fk_write_off_approved_by_member FOREIGN KEY(approved_by) REFERENCES member (id), 
	CONSTRAINT fk_write_off_vat_decided_by_member FOREIGN KEY(vat_decided_by) REFERENCES member (id)
)
--;;
CREATE INDEX ix_write_off_entry_id ON write_off (entry_id)
--;;
CREATE INDEX ix_write_off_invoice_id ON write_off (invoice_id)
--;;
CREATE UNIQUE INDEX uq_write_off_asked ON write_off (invoice_id) WHERE state = 'asked'
--;;
CREATE TABLE written_off_move (
	entry_id UUID NOT NULL, 
	write_off_entry_id UUID NOT NULL, 
	invoice_id UUID NOT NULL, 
	cause VARCHAR(12) NOT NULL, 
	amount_minor BIGINT NOT NULL, 
	net_minor BIGINT NOT NULL, 
	currency VARCHAR(3) NOT NULL, 
	moved_on DATE NOT NULL, 
	CONSTRAINT pk_written_off_move PRIMARY KEY (entry_id), 
	CONSTRAINT ck_written_off_move_cause_known CHECK (cause IN ('given_up', 'reinstated', 'credited')), 
	CONSTRAINT ck_written_off_move_direction CHECK (amount_minor <> 0 AND (amount_minor > 0) = (cause = 'given_up') AND (amount_minor > 0) = (entry_id = write_off_entry_id)), 
	CONSTRAINT ck_written_off_move_net_within CHECK (abs(net_minor) <= abs(amount_minor) AND sign(net_minor) * sign(amount_minor) >= 0), 
	CONSTRAINT fk_written_off_move_invoice_id_invoice FOREIGN KEY(invoice_id) REFERENCES invoice (id)
)
--;;
CREATE INDEX ix_written_off_move_invoice_id_moved_on ON written_off_move (invoice_id, moved_on)
--;;
CREATE INDEX ix_written_off_move_write_off_entry_id ON written_off_move (write_off_entry_id)
--;;
CREATE TABLE advance (
	entry_id UUID NOT NULL, 
	invoice_id UUID NOT NULL, 
	member_id UUID NOT NULL, 
	contract_id UUID NOT NULL, 
	amount_minor BIGINT NOT NULL, 
	currency VARCHAR(3) NOT NULL, 
	paid_on DATE NOT NULL, 
	charter_version BIGINT NOT NULL, 
	CONSTRAINT pk_advance PRIMARY KEY (entry_id), 
	CONSTRAINT ck_advance_amount CHECK (amount_minor > 0), 
	CONSTRAINT fk_advance_levied_invoice FOREIGN KEY(invoice_id, member_id) REFERENCES levied_invoice (invoice_id, member_id), 
	CONSTRAINT fk_advance_contract_id_contract FOREIGN KEY(contract_id) REFERENCES contract (id)
)
--;;
CREATE INDEX ix_advance_contract_id ON advance (contract_id)
--;;
CREATE INDEX ix_advance_invoice_id_member_id ON advance (invoice_id, member_id)
--;;
CREATE INDEX ix_advance_paid_on ON advance (paid_on)
--;;
CREATE TABLE attestation_dispute (
	id UUID NOT NULL, 
	attestation_id UUID NOT NULL, 
	opened_by VARCHAR(10) NOT NULL, 
	reason TEXT NOT NULL, 
	opened_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	due_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	state VARCHAR(10) NOT NULL, 
	ruled_by UUID, 
	ruling TEXT NOT NULL, 
	ruled_at TIMESTAMP WITH TIME ZONE, 
	CONSTRAINT pk_attestation_dispute PRIMARY KEY (id), 
	CONSTRAINT uq_attestation_dispute_attestation_id UNIQUE (attestation_id), 
	CONSTRAINT ck_attestation_dispute_state_known CHECK (state IN ('open', 'upheld', 'struck', 'dropped')), 
	CONSTRAINT ck_attestation_dispute_opened_by_known CHECK (opened_by IN ('subject', 'rule')), 
	CONSTRAINT ck_attestation_dispute_ruled_with_reasons CHECK ((state IN ('upheld', 'struck')) = (ruled_by IS NOT NULL AND ruled_at IS NOT NULL AND length(ruling) >= 10)), 
	CONSTRAINT fk_attestation_dispute_attestation_id_attestation FOREIGN KEY(attestation_id) REFERENCES attestation (id), 
	CONSTRAINT fk_attestation_dispute_ruled_by_member FOREIGN KEY(ruled_by) REFERENCES member (id)
)
--;;
CREATE INDEX ix_attestation_dispute_open ON attestation_dispute (due_at) WHERE state = 'open'
--;;
CREATE TABLE delivery_file (
	id UUID NOT NULL, 
	delivery_id UUID NOT NULL, 
	milestone_id UUID NOT NULL, 
	position SMALLINT NOT NULL, 
	document_id UUID NOT NULL, 
	name VARCHAR(200) NOT NULL, 
	media_type VARCHAR(100) NOT NULL, 
	size BIGINT NOT NULL, 
	sha256 VARCHAR(64) NOT NULL, 
	CONSTRAINT pk_delivery_file PRIMARY KEY (id), 
	CONSTRAINT uq_delivery_file_delivery_id_position UNIQUE (delivery_id, position), 
	CONSTRAINT fk_delivery_file_delivery_id_delivery FOREIGN KEY(delivery_id) REFERENCES delivery (id), 
	CONSTRAINT fk_delivery_file_milestone_id_milestone FOREIGN KEY(milestone_id) REFERENCES milestone (id), 
	CONSTRAINT fk_delivery_file_document_id_document FOREIGN KEY(document_id) REFERENCES document (id)
)
--;;
CREATE TABLE invoice_adjustment (
	invoice_id UUID NOT NULL, 
	position SMALLINT NOT NULL, 
	line_position SMALLINT, 
	charge BOOLEAN NOT NULL, 
	amount_minor BIGINT NOT NULL, 
	percent_milli BIGINT, 
	base_minor BIGINT, 
	reason_code VARCHAR(4) NOT NULL, 
	reason VARCHAR(200) NOT NULL, 
	treatment VARCHAR(30) NOT NULL, 
	reduced_milli BIGINT, 
	category VARCHAR(2) NOT NULL, 
	rate_milli BIGINT NOT NULL, 
	CONSTRAINT pk_invoice_adjustment PRIMARY KEY (invoice_id, position), 
	CONSTRAINT ck_invoice_adjustment_position_from_one CHECK (position >= 1), 
	CONSTRAINT ck_invoice_adjustment_amount_not_negative CHECK (amount_minor >= 0), 
	CONSTRAINT ck_invoice_adjustment_percent_has_base CHECK ((percent_milli IS NULL) = (base_minor IS NULL) AND percent_milli >= 0), 
	CONSTRAINT ck_invoice_adjustment_reason_given CHECK (reason <> '' OR reason_code <> ''), 
	CONSTRAINT ck_invoice_adjustment_rate_within CHECK (rate_milli BETWEEN 0 AND 100000), 
	CONSTRAINT fk_invoice_adjustment_line FOREIGN KEY(invoice_id, line_position) REFERENCES invoice_line (invoice_id, position) DEFERRABLE INITIALLY DEFERRED, 
	CONSTRAINT fk_invoice_adjustment_invoice_id_invoice FOREIGN KEY(invoice_id) REFERENCES invoice (id)
)
--;;
CREATE INDEX ix_invoice_adjustment_line ON invoice_adjustment (invoice_id, line_position) WHERE line_position IS NOT NULL
--;;
CREATE TABLE objection_file (
	objection_id UUID NOT NULL, 
	document_id UUID NOT NULL, 
	name VARCHAR(120) NOT NULL, 
	media_type VARCHAR(40) NOT NULL, 
	CONSTRAINT pk_objection_file PRIMARY KEY (objection_id, document_id), 
	CONSTRAINT fk_objection_file_objection_id_objection FOREIGN KEY(objection_id) REFERENCES objection (id), 
	CONSTRAINT fk_objection_file_document_id_document FOREIGN KEY(document_id) REFERENCES document (id)
)
--;;
CREATE TABLE payment_reversal (
	id UUID NOT NULL, 
	payment_id UUID NOT NULL, 
	invoice_id UUID NOT NULL, 
	amount_minor BIGINT NOT NULL, 
	net_minor BIGINT NOT NULL, 
	currency VARCHAR(3) NOT NULL, 
	cause VARCHAR(10) NOT NULL, 
	reason VARCHAR(500) NOT NULL, 
	reversed_on DATE NOT NULL, 
	reversed_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	reversed_by UUID, 
	bank_entry_id UUID, 
	CONSTRAINT pk_payment_reversal PRIMARY KEY (id), 
	CONSTRAINT ck_payment_reversal_amount_positive CHECK (amount_minor > 0), 
	CONSTRAINT ck_payment_reversal_cause CHECK (cause IN ('mistake', 'returned')), 
	CONSTRAINT ck_payment_reversal_net_within CHECK (net_minor BETWEEN 0 AND amount_minor), 
	CONSTRAINT fk_payment_reversal_payment_id_payment FOREIGN KEY(payment_id) REFERENCES payment (id), 
	CONSTRAINT fk_payment_reversal_invoice_id_invoice FOREIGN KEY(invoice_id) REFERENCES invoice (id)
)
--;;
CREATE INDEX ix_payment_reversal_invoice_id ON payment_reversal (invoice_id)
--;;
CREATE INDEX ix_payment_reversal_payment_id ON payment_reversal (payment_id)
--;;
CREATE TABLE payment_share (
	payment_id UUID NOT NULL, 
	member_id UUID NOT NULL, 
	net_minor BIGINT NOT NULL, 
	CONSTRAINT pk_payment_share PRIMARY KEY (payment_id, member_id), 
	CONSTRAINT ck_payment_share_not_negative CHECK (net_minor >= 0), 
	CONSTRAINT fk_payment_share_payment_id_payment FOREIGN KEY(payment_id) REFERENCES payment (id) DEFERRABLE INITIALLY DEFERRED, 
	CONSTRAINT fk_payment_share_member_id_member FOREIGN KEY(member_id) REFERENCES member (id)
)
--;;
CREATE TABLE provider_recording (
	payment_id UUID NOT NULL, 
	provider_payment_id UUID NOT NULL, 
	CONSTRAINT pk_provider_recording PRIMARY KEY (payment_id), 
	CONSTRAINT fk_provider_recording_provider_payment_id_provider_payment FOREIGN KEY(provider_payment_id) REFERENCES provider_payment (id)
)
--;;
CREATE INDEX ix_provider_recording_provider_payment_id ON provider_recording (provider_payment_id)
--;;
CREATE TABLE transmission_step (
	transmission_id UUID NOT NULL, 
	position BIGINT NOT NULL, 
	state VARCHAR(20) NOT NULL, 
	code VARCHAR(60) NOT NULL, 
	detail VARCHAR(500) NOT NULL, 
	at TIMESTAMP WITH TIME ZONE NOT NULL, 
	CONSTRAINT pk_transmission_step PRIMARY KEY (transmission_id, position), 
	CONSTRAINT fk_transmission_step_transmission_id_transmission FOREIGN KEY(transmission_id) REFERENCES transmission (id)
)
--;;
CREATE TABLE written_off_share (
	entry_id UUID NOT NULL, 
	member_id UUID NOT NULL, 
	net_minor BIGINT NOT NULL, 
	CONSTRAINT pk_written_off_share PRIMARY KEY (entry_id, member_id), 
	CONSTRAINT fk_written_off_share_entry_id_written_off_move FOREIGN KEY(entry_id) REFERENCES written_off_move (entry_id), 
	CONSTRAINT fk_written_off_share_member_id_member FOREIGN KEY(member_id) REFERENCES member (id)
)
--;;
CREATE TABLE reversal_share (
	reversal_id UUID NOT NULL, 
	member_id UUID NOT NULL, 
	net_minor BIGINT NOT NULL, 
	CONSTRAINT pk_reversal_share PRIMARY KEY (reversal_id, member_id), 
	CONSTRAINT ck_reversal_share_not_negative CHECK (net_minor >= 0), 
	CONSTRAINT fk_reversal_share_reversal_id_payment_reversal FOREIGN KEY(reversal_id) REFERENCES payment_reversal (id), 
	CONSTRAINT fk_reversal_share_member_id_member FOREIGN KEY(member_id) REFERENCES member (id)
)
--;;
REVOKE ALL ON ALL TABLES IN SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO guild_app, guild_auditor;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO guild_app;
GRANT SELECT ON ALL TABLES IN SCHEMA public TO guild_auditor;
REVOKE UPDATE, DELETE ON event FROM guild_app;
REVOKE UPDATE ON idempotency FROM guild_app;
--;;
-- Facts are history: they are added, never changed or removed, by whoever writes to the table.
CREATE FUNCTION core_refuse_change() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP
        USING ERRCODE = '55000';
END $$;

CREATE TRIGGER event_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON event
    FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_change();

-- An answer that was given stays as it was given; old ones may be swept.
CREATE TRIGGER idempotency_unchanged BEFORE UPDATE OR TRUNCATE ON idempotency
    FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_change();
--;;
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
--;;
-- The log only grows. A superuser could drop these triggers: that is what checkpoints kept by
-- others, and the consistency proofs between them, are for.
CREATE FUNCTION translog_refuse_change() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'the log is append-only: % on % refused', TG_OP, TG_TABLE_NAME
        USING ERRCODE = '55000', HINT = 'State what changed in a new leaf.';
END $$;

CREATE TRIGGER translog_leaf_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON translog_leaf
    FOR EACH STATEMENT EXECUTE FUNCTION translog_refuse_change();
CREATE TRIGGER translog_place_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON translog_place
    FOR EACH STATEMENT EXECUTE FUNCTION translog_refuse_change();
CREATE TRIGGER translog_node_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON translog_node
    FOR EACH STATEMENT EXECUTE FUNCTION translog_refuse_change();
CREATE TRIGGER translog_checkpoint_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON translog_checkpoint
    FOR EACH STATEMENT EXECUTE FUNCTION translog_refuse_change();

-- Places follow one another without gaps, whoever assigns them.
CREATE FUNCTION translog_place_follows() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    first bigint;
    last bigint;
    how_many bigint;
BEGIN
    SELECT min(idx), max(idx), count(*) INTO first, last, how_many FROM added;
    IF how_many = 0 THEN
        RETURN NULL;
    END IF;
    IF last - first + 1 <> how_many
       OR (first > 0 AND NOT EXISTS (SELECT FROM translog_place p WHERE p.idx = first - 1)) THEN
        RAISE EXCEPTION 'places in the log have no gaps'
            USING ERRCODE = '23514', CONSTRAINT = 'translog_place_follows',
                  TABLE = 'translog_place';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER translog_place_follows AFTER INSERT ON translog_place
    REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION translog_place_follows();

-- A leaf leaves the queue only for its place.
CREATE FUNCTION translog_pending_placed() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM translog_place p WHERE p.leaf_id = OLD.leaf_id) THEN
        RAISE EXCEPTION 'leaf % would be lost from the log', OLD.leaf_id
            USING ERRCODE = '23514', CONSTRAINT = 'translog_pending_placed',
                  TABLE = 'translog_pending';
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER translog_pending_placed AFTER DELETE OR UPDATE ON translog_pending
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION translog_pending_placed();

REVOKE UPDATE, DELETE, TRUNCATE ON translog_leaf, translog_place, translog_node,
    translog_checkpoint FROM guild_app;
REVOKE UPDATE, TRUNCATE ON translog_pending FROM guild_app;
--;;
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
--;;
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
--;;
-- The charter's history is append-only, chained and in date order, whoever writes to the table.

CREATE TRIGGER charter_version_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON charter_version
    FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_change();

CREATE FUNCTION governance_check_chain() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE newest charter_version%ROWTYPE;
BEGIN
    SELECT * INTO newest FROM charter_version ORDER BY version DESC LIMIT 1;
    IF newest.version IS NULL THEN
        IF NEW.version <> 1 OR NEW.previous_hash <> decode(repeat('00', 32), 'hex') THEN
            RAISE EXCEPTION 'the founding charter is version 1' USING ERRCODE = '23514';
        END IF;
    ELSIF NEW.version <> newest.version + 1 OR NEW.previous_hash <> newest.hash THEN
        RAISE EXCEPTION 'charter version % does not follow version %', NEW.version, newest.version
            USING ERRCODE = '23514';
    ELSIF NEW.valid_from < newest.valid_from
        OR NEW.valid_from < (NEW.adopted_at AT TIME ZONE 'UTC')::date THEN
        RAISE EXCEPTION 'a charter cannot begin in the past' USING ERRCODE = '23514';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER charter_version_chain
    BEFORE INSERT ON charter_version
    FOR EACH ROW EXECUTE FUNCTION governance_check_chain();

REVOKE UPDATE, DELETE ON charter_version FROM guild_app;
--;;
-- What keeps contracts and their evidence true even against our own program.

-- Evidence is never changed or removed, and each entry follows the one before it.
CREATE FUNCTION contract_refuse_change() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'contracts keep their evidence: % on % refused', TG_OP, TG_TABLE_NAME
        USING ERRCODE = '55000', HINT = 'Record a further entry instead.';
END $$;

CREATE TRIGGER contract_evidence_append_only BEFORE UPDATE OR TRUNCATE ON contract_evidence
    FOR EACH STATEMENT EXECUTE FUNCTION contract_refuse_change();

-- What belongs to a contract goes with it, once its time is over, and not before.
CREATE FUNCTION contract_goes_with_it() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM contract c
                    WHERE c.id = OLD.contract_id AND c.erased_at IS NOT NULL) THEN
        RAISE EXCEPTION 'contracts keep their evidence: DELETE on % refused', TG_TABLE_NAME
            USING ERRCODE = '55000', HINT = 'It goes with its contract, when that is erased.';
    END IF;
    RETURN OLD;
END $$;

CREATE TRIGGER contract_evidence_stays BEFORE DELETE ON contract_evidence
    FOR EACH ROW EXECUTE FUNCTION contract_goes_with_it();

CREATE FUNCTION contract_evidence_follows() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    former text;
BEGIN
    SELECT body_sha256 INTO former FROM contract_evidence
     WHERE contract_id = NEW.contract_id AND seq = NEW.seq - 1;
    IF NEW.previous_sha256 IS DISTINCT FROM coalesce(former, repeat('0', 64))
       OR (former IS NULL AND NEW.seq <> 1)
       OR NEW.body_sha256 <> encode(sha256(NEW.body), 'hex') THEN
        RAISE EXCEPTION 'evidence % of contract % does not follow', NEW.seq, NEW.contract_id
            USING ERRCODE = '23514', CONSTRAINT = 'contract_evidence_follows',
                  TABLE = 'contract_evidence';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER contract_evidence_follows BEFORE INSERT ON contract_evidence
    FOR EACH ROW EXECUTE FUNCTION contract_evidence_follows();

-- What was offered stays as it was offered; only how it fared is written to the row.
CREATE FUNCTION contract_offer_frozen() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF ROW(NEW.id, NEW.contract_id, NEW.version, NEW.terms_json, NEW.terms_sha256, NEW.shown_html,
           NEW.shown_sha256, NEW.template_version, NEW.language, NEW.findings,
           NEW.rules, NEW.charter_version, NEW.contact_id, NEW.email, NEW.sent_at, NEW.member_name_typed,
           NEW.signature_level)
       IS DISTINCT FROM
       ROW(OLD.id, OLD.contract_id, OLD.version, OLD.terms_json, OLD.terms_sha256, OLD.shown_html,
           OLD.shown_sha256, OLD.template_version, OLD.language, OLD.findings,
           OLD.rules, OLD.charter_version, OLD.contact_id, OLD.email, OLD.sent_at, OLD.member_name_typed,
           OLD.signature_level)
       OR (OLD.answered_at IS NOT NULL AND ROW(NEW.answered_at, NEW.answer, NEW.answer_reason,
           NEW.answer_note) IS DISTINCT FROM ROW(OLD.answered_at, OLD.answer, OLD.answer_reason,
           OLD.answer_note)) THEN
        RAISE EXCEPTION 'offer % was sent and stays as it is', OLD.id
            USING ERRCODE = '55000', HINT = 'Send a new version.';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER contract_offer_frozen BEFORE UPDATE ON contract_offer
    FOR EACH ROW EXECUTE FUNCTION contract_offer_frozen();
CREATE TRIGGER contract_offer_kept BEFORE TRUNCATE ON contract_offer
    FOR EACH STATEMENT EXECUTE FUNCTION contract_refuse_change();
CREATE TRIGGER contract_offer_stays BEFORE DELETE ON contract_offer
    FOR EACH ROW EXECUTE FUNCTION contract_goes_with_it();

-- Who signed, has signed; the people of a version stay who they were.
CREATE FUNCTION contract_signer_kept() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF ROW(NEW.id, NEW.contract_id, NEW.version, NEW.contact_id, NEW.name, NEW.email, NEW.role,
           NEW.rank, NEW.needed, NEW.delegated_by_id)
       IS DISTINCT FROM
       ROW(OLD.id, OLD.contract_id, OLD.version, OLD.contact_id, OLD.name, OLD.email, OLD.role,
           OLD.rank, OLD.needed, OLD.delegated_by_id)
       OR (OLD.signed_at IS NOT NULL AND NEW.signed_at IS DISTINCT FROM OLD.signed_at) THEN
        RAISE EXCEPTION 'signer % stays as she was asked', OLD.id USING ERRCODE = '55000';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER contract_signer_kept BEFORE UPDATE ON contract_signer
    FOR EACH ROW EXECUTE FUNCTION contract_signer_kept();
CREATE TRIGGER contract_signer_not_emptied BEFORE TRUNCATE ON contract_signer
    FOR EACH STATEMENT EXECUTE FUNCTION contract_refuse_change();
CREATE TRIGGER contract_signer_stays BEFORE DELETE ON contract_signer
    FOR EACH ROW EXECUTE FUNCTION contract_goes_with_it();

-- What a prepared signature was to sign never changes, and it is closed once.
CREATE FUNCTION signature_request_kept() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF ROW(NEW.id, NEW.contract_id, NEW.version, NEW.signer_id, NEW.level, NEW.said,
           NEW.shown_sha256, NEW.manifest_sha256, NEW.entries, NEW.asked_at)
       IS DISTINCT FROM
       ROW(OLD.id, OLD.contract_id, OLD.version, OLD.signer_id, OLD.level, OLD.said,
           OLD.shown_sha256, OLD.manifest_sha256, OLD.entries, OLD.asked_at)
       OR OLD.state <> 'open' THEN
        RAISE EXCEPTION 'signature request % stays as it was made', OLD.id USING ERRCODE = '55000';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER signature_request_kept BEFORE UPDATE ON signature_request
    FOR EACH ROW EXECUTE FUNCTION signature_request_kept();
CREATE TRIGGER signature_request_not_emptied BEFORE TRUNCATE ON signature_request
    FOR EACH STATEMENT EXECUTE FUNCTION contract_refuse_change();
CREATE TRIGGER signature_request_stays BEFORE DELETE ON signature_request
    FOR EACH ROW EXECUTE FUNCTION contract_goes_with_it();

-- A contract becomes void only because both sides said so, or a rep upheld an objection.
CREATE FUNCTION contract_void_needs_two() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NEW.state = 'void' AND OLD.state <> 'void'
       AND NOT EXISTS (SELECT 1 FROM contract_voiding v
                        WHERE v.contract_id = NEW.id AND v.state = 'confirmed')
       AND NOT EXISTS (SELECT 1 FROM signing_objection o
                        WHERE o.contract_id = NEW.id AND o.state = 'upheld') THEN
        RAISE EXCEPTION 'contract % is not made void by one side', NEW.number
            USING ERRCODE = '42501';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER contract_void_needs_two BEFORE UPDATE OF state ON contract
    FOR EACH ROW EXECUTE FUNCTION contract_void_needs_two();

-- Nobody decides about an objection to her own contract, and what is decided stays.
CREATE FUNCTION signing_objection_decided() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF OLD.state <> 'open'
       OR ROW(NEW.id, NEW.contract_id, NEW.signer_id, NEW.kind, NEW.text, NEW.raised_at)
          IS DISTINCT FROM
          ROW(OLD.id, OLD.contract_id, OLD.signer_id, OLD.kind, OLD.text, OLD.raised_at)
       OR (NEW.decided_by IS NOT NULL AND NEW.decided_by =
           (SELECT c.member_id FROM contract c WHERE c.id = NEW.contract_id)) THEN
        RAISE EXCEPTION 'objection % is decided once, by somebody else', OLD.id
            USING ERRCODE = '42501';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER signing_objection_decided BEFORE UPDATE ON signing_objection
    FOR EACH ROW EXECUTE FUNCTION signing_objection_decided();
CREATE TRIGGER signing_objection_not_emptied BEFORE TRUNCATE ON signing_objection
    FOR EACH STATEMENT EXECUTE FUNCTION contract_refuse_change();
CREATE TRIGGER signing_objection_stays BEFORE DELETE ON signing_objection
    FOR EACH ROW EXECUTE FUNCTION contract_goes_with_it();
CREATE TRIGGER contract_voiding_not_emptied BEFORE TRUNCATE ON contract_voiding
    FOR EACH STATEMENT EXECUTE FUNCTION contract_refuse_change();
CREATE TRIGGER contract_voiding_stays BEFORE DELETE ON contract_voiding
    FOR EACH ROW EXECUTE FUNCTION contract_goes_with_it();

-- A signed contract keeps its terms, parties and price, and is kept until its day (six years, or
-- longer where the law asks for it).
CREATE FUNCTION contract_signed_kept() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    amended boolean;
BEGIN
    IF OLD.signed_at IS NULL THEN
        RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
    END IF;
    IF TG_OP = 'DELETE' THEN
        IF OLD.retain_until IS NULL OR OLD.retain_until >= current_date THEN
            RAISE EXCEPTION 'contract % is kept until %', OLD.number, OLD.retain_until
                USING ERRCODE = '55000';
        END IF;
        RETURN OLD;
    END IF;
    IF OLD.erased_at IS NOT NULL THEN
        RAISE EXCEPTION 'contract % is erased', OLD.number USING ERRCODE = '55000';
    END IF;
    -- After its time it is erased down to its frame: a CHECK says what may be left. Its years count
    -- from its end, and an amendment goes only with the contract that it amends.
    IF NEW.erased_at IS NOT NULL THEN
        IF OLD.state NOT IN ('completed', 'terminated', 'applied', 'void')
           OR OLD.retain_until + greatest(0,
                  coalesce(OLD.ended_at, OLD.completed_at, OLD.signed_at)::date
                  - OLD.signed_at::date) >= current_date
           OR (OLD.amends_id IS NOT NULL AND NOT EXISTS (
                 SELECT FROM contract p WHERE p.id = OLD.amends_id AND p.erased_at IS NOT NULL))
           OR ROW(NEW.id, NEW.number, NEW.member_id, NEW.client_id, NEW.contact_id, NEW.state,
                  NEW.net_minor, NEW.currency, NEW.signed_at, NEW.sealed_sha256, NEW.retain_until,
                  NEW.retain_rule, NEW.amends_id)
              IS DISTINCT FROM
              ROW(OLD.id, OLD.number, OLD.member_id, OLD.client_id, OLD.contact_id, OLD.state,
                  OLD.net_minor, OLD.currency, OLD.signed_at, OLD.sealed_sha256, OLD.retain_until,
                  OLD.retain_rule, OLD.amends_id) THEN
            RAISE EXCEPTION 'contract % is kept until %', OLD.number, OLD.retain_until
                USING ERRCODE = '55000';
        END IF;
        RETURN NEW;
    END IF;
    -- Other terms come only from an amendment that both sides have signed.
    amended := NEW.amended_at IS DISTINCT FROM OLD.amended_at AND EXISTS (
        SELECT 1 FROM contract a
         WHERE a.amends_id = OLD.id AND a.state = 'applied' AND a.signed_at IS NOT NULL
           AND a.terms = NEW.terms AND a.net_minor = NEW.net_minor);
    IF ROW(NEW.number, NEW.member_id, NEW.client_id, NEW.contact_id, NEW.version, NEW.currency,
           NEW.paper_sha256, NEW.signed_at, NEW.amends_id, NEW.amends_sha256)
       IS DISTINCT FROM
       ROW(OLD.number, OLD.member_id, OLD.client_id, OLD.contact_id, OLD.version, OLD.currency,
           OLD.paper_sha256, OLD.signed_at, OLD.amends_id, OLD.amends_sha256)
       OR NOT amended AND ROW(NEW.terms, NEW.amended_at, NEW.net_minor, NEW.payment_term_days,
           NEW.acceptance_silence_days, NEW.revision_rounds, NEW.kind, NEW.kill_fee_bps,
           NEW.deposit_bps, NEW.notice_days, NEW.law_country, NEW.law_region, NEW.charter_version)
       IS DISTINCT FROM
       ROW(OLD.terms, OLD.amended_at, OLD.net_minor, OLD.payment_term_days,
           OLD.acceptance_silence_days, OLD.revision_rounds, OLD.kind, OLD.kill_fee_bps,
           OLD.deposit_bps, OLD.notice_days, OLD.law_country, OLD.law_region, OLD.charter_version)
       OR NEW.state NOT IN ('signed', 'completed', 'terminated', 'applied', 'suspended', 'void')
       OR (OLD.state = 'void' AND NEW.state <> 'void')
       OR NEW.retain_until IS NULL
       OR NEW.retain_until < coalesce(OLD.retain_until, NEW.retain_until) THEN
        RAISE EXCEPTION 'contract % is signed and stays as it is', OLD.number
            USING ERRCODE = '55000';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER contract_signed_kept BEFORE UPDATE OR DELETE ON contract
    FOR EACH ROW EXECUTE FUNCTION contract_signed_kept();

-- A milestone keeps its price, and what was accepted stays accepted.
CREATE FUNCTION milestone_kept() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NEW.title = 'erased' AND NEW.description = ''
       AND ROW(NEW.id, NEW.contract_id, NEW.position, NEW.net_minor, NEW.accepted_minor, NEW.due_on,
               NEW.state, NEW.accepted_at)
           IS NOT DISTINCT FROM
           ROW(OLD.id, OLD.contract_id, OLD.position, OLD.net_minor, OLD.accepted_minor, OLD.due_on,
               OLD.state, OLD.accepted_at)
       AND EXISTS (SELECT FROM contract c
                    WHERE c.id = OLD.contract_id AND c.erased_at IS NOT NULL) THEN
        RETURN NEW;
    END IF;
    IF ROW(NEW.id, NEW.contract_id, NEW.position, NEW.title, NEW.net_minor, NEW.due_on)
       IS DISTINCT FROM
       ROW(OLD.id, OLD.contract_id, OLD.position, OLD.title, OLD.net_minor, OLD.due_on)
       OR (OLD.accepted_at IS NOT NULL AND ROW(NEW.accepted_at, NEW.accepted_by, NEW.accepted_minor)
           IS DISTINCT FROM ROW(OLD.accepted_at, OLD.accepted_by, OLD.accepted_minor))
       OR (OLD.state = 'cancelled' AND NEW.state <> 'cancelled') THEN
        RAISE EXCEPTION 'milestone % stays as it was agreed', OLD.id USING ERRCODE = '55000';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER milestone_kept BEFORE UPDATE ON milestone
    FOR EACH ROW EXECUTE FUNCTION milestone_kept();
CREATE TRIGGER milestone_stays BEFORE DELETE OR TRUNCATE ON milestone
    FOR EACH STATEMENT EXECUTE FUNCTION contract_refuse_change();

-- A template's versions stay as they were saved; a contract may have been made from one.
CREATE TRIGGER contract_template_version_kept
    BEFORE UPDATE OR DELETE OR TRUNCATE ON contract_template_version
    FOR EACH STATEMENT EXECUTE FUNCTION contract_refuse_change();

-- A rep's answer stays, and so does a client's paper once it has been read.
CREATE FUNCTION rep_task_kept() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF OLD.state <> 'requested' AND NEW IS DISTINCT FROM OLD THEN
        RAISE EXCEPTION 'task % is answered and stays as it is', OLD.id
            USING ERRCODE = '55000', HINT = 'Ask again.';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER rep_task_kept BEFORE UPDATE ON rep_task
    FOR EACH ROW EXECUTE FUNCTION rep_task_kept();
CREATE TRIGGER rep_task_not_emptied BEFORE TRUNCATE ON rep_task
    FOR EACH STATEMENT EXECUTE FUNCTION contract_refuse_change();
CREATE TRIGGER rep_task_stays BEFORE DELETE ON rep_task
    FOR EACH ROW EXECUTE FUNCTION contract_goes_with_it();

CREATE FUNCTION contract_paper_kept() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF OLD.state <> 'reading' AND NEW IS DISTINCT FROM OLD THEN
        RAISE EXCEPTION 'paper % was read and stays as it is', OLD.id
            USING ERRCODE = '55000', HINT = 'Upload another file.';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER contract_paper_kept BEFORE UPDATE ON contract_paper
    FOR EACH ROW EXECUTE FUNCTION contract_paper_kept();

CREATE TRIGGER contract_paper_stays BEFORE DELETE ON contract_paper
    FOR EACH ROW EXECUTE FUNCTION contract_goes_with_it();

-- A state is reached only from where its lifecycle says, and a row begins at its beginning. The
-- arguments are the first state and the moves, as in "planned>delivered".
CREATE FUNCTION contract_state_moves() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> TG_ARGV[0] THEN
            RAISE EXCEPTION '% does not begin as %', TG_TABLE_NAME, NEW.state
                USING ERRCODE = '55000';
        END IF;
    ELSIF NEW.state <> OLD.state
          AND NOT (OLD.state || '>' || NEW.state) = ANY (TG_ARGV) THEN
        RAISE EXCEPTION '% does not go from % to %', TG_TABLE_NAME, OLD.state, NEW.state
            USING ERRCODE = '55000';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER milestone_moves BEFORE INSERT OR UPDATE ON milestone
    FOR EACH ROW EXECUTE FUNCTION contract_state_moves('planned', 'planned>delivered',
        'changes_requested>delivered', 'delivered>changes_requested', 'delivered>accepted',
        'accepted>invoiced', 'planned>cancelled', 'changes_requested>cancelled');
CREATE TRIGGER time_sheet_moves BEFORE INSERT OR UPDATE ON time_sheet
    FOR EACH ROW EXECUTE FUNCTION contract_state_moves('submitted', 'submitted>approved',
        'submitted>changes_requested', 'changes_requested>submitted', 'approved>invoiced');
CREATE TRIGGER contract_ending_moves BEFORE INSERT OR UPDATE ON contract_ending
    FOR EACH ROW EXECUTE FUNCTION contract_state_moves('proposed', 'proposed>agreed',
        'proposed>deemed_agreed', 'proposed>contested', 'contested>settled');
CREATE TRIGGER contract_case_moves BEFORE INSERT OR UPDATE ON contract_case
    FOR EACH ROW EXECUTE FUNCTION contract_state_moves('open', 'open>answered', 'open>withdrawn',
        'answered>withdrawn', 'open>decided', 'answered>decided');

-- A contract begins as a draft; an amendment is between the same two, and amends no amendment.
CREATE FUNCTION contract_begins() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NEW.state <> 'draft' OR NEW.signed_at IS NOT NULL OR NEW.sealed_at IS NOT NULL
       OR NEW.erased_at IS NOT NULL THEN
        RAISE EXCEPTION 'a contract begins as a draft' USING ERRCODE = '55000';
    END IF;
    IF NEW.amends_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM contract p WHERE p.id = NEW.amends_id AND p.state = 'signed'
           AND p.amends_id IS NULL AND p.member_id = NEW.member_id AND p.client_id = NEW.client_id
           AND p.currency = NEW.currency) THEN
        RAISE EXCEPTION 'an amendment is of a running contract of the same two'
            USING ERRCODE = '55000';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER contract_begins BEFORE INSERT ON contract
    FOR EACH ROW EXECUTE FUNCTION contract_begins();

-- What was handed over, and what was said to it, stays.
CREATE FUNCTION delivery_kept() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NOT EXISTS (SELECT FROM milestone m
                        WHERE m.id = NEW.milestone_id AND m.contract_id = NEW.contract_id) THEN
            RAISE EXCEPTION 'delivery % is of another contract', NEW.id USING ERRCODE = '55000';
        END IF;
        RETURN NEW;
    END IF;
    -- A client who could not answer while the contract was suspended gets her days again.
    IF ROW(NEW.id, NEW.contract_id, NEW.milestone_id, NEW.round, NEW.note, NEW.links,
           NEW.delivered_at)
       IS DISTINCT FROM
       ROW(OLD.id, OLD.contract_id, OLD.milestone_id, OLD.round, OLD.note, OLD.links,
           OLD.delivered_at)
       OR (NEW.answer_by IS DISTINCT FROM OLD.answer_by
           AND (OLD.answered_at IS NOT NULL OR NEW.answer_by < OLD.answer_by
                OR NOT EXISTS (SELECT FROM signing_objection o
                                WHERE o.contract_id = NEW.contract_id AND o.state = 'lifted')))
       OR (OLD.answered_at IS NOT NULL AND ROW(NEW.answered_at, NEW.answer, NEW.answer_note)
           IS DISTINCT FROM ROW(OLD.answered_at, OLD.answer, OLD.answer_note)) THEN
        RAISE EXCEPTION 'delivery % stays as it was made', OLD.id USING ERRCODE = '55000';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER delivery_kept BEFORE INSERT OR UPDATE ON delivery
    FOR EACH ROW EXECUTE FUNCTION delivery_kept();
CREATE TRIGGER delivery_stays BEFORE DELETE ON delivery
    FOR EACH ROW EXECUTE FUNCTION contract_goes_with_it();

CREATE FUNCTION delivery_file_kept() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'UPDATE' OR NOT EXISTS (
        SELECT FROM delivery d JOIN contract c ON c.id = d.contract_id
         WHERE d.id = OLD.delivery_id AND c.erased_at IS NOT NULL) THEN
        RAISE EXCEPTION 'a file that was handed over stays' USING ERRCODE = '55000';
    END IF;
    RETURN OLD;
END $$;

CREATE TRIGGER delivery_file_kept BEFORE UPDATE OR DELETE ON delivery_file
    FOR EACH ROW EXECUTE FUNCTION delivery_file_kept();

-- An accepted milestone was delivered.
CREATE FUNCTION milestone_was_delivered() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM delivery d WHERE d.milestone_id = NEW.id) THEN
        RAISE EXCEPTION 'milestone % was never delivered', NEW.id USING ERRCODE = '55000';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER milestone_was_delivered BEFORE UPDATE ON milestone
    FOR EACH ROW WHEN (NEW.state = 'accepted' AND OLD.state <> 'accepted')
    EXECUTE FUNCTION milestone_was_delivered();

-- Time and costs before the client stay as they are; what belongs to an approved sheet for good.
CREATE FUNCTION on_sheet_kept() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP <> 'INSERT' AND OLD.sheet_id IS NOT NULL
       AND EXISTS (SELECT FROM time_sheet s JOIN contract c ON c.id = s.contract_id
                    WHERE s.id = OLD.sheet_id AND s.state <> 'changes_requested'
                      AND c.erased_at IS NULL) THEN
        RAISE EXCEPTION '% % lies before the client', TG_TABLE_NAME, OLD.id
            USING ERRCODE = '55000';
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    IF NEW.sheet_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM time_sheet s WHERE s.id = NEW.sheet_id AND s.contract_id = NEW.contract_id
           AND s.state IN ('submitted', 'changes_requested')) THEN
        RAISE EXCEPTION '% % belongs on no such sheet', TG_TABLE_NAME, NEW.id
            USING ERRCODE = '55000';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER time_entry_on_sheet BEFORE INSERT OR UPDATE OR DELETE ON time_entry
    FOR EACH ROW EXECUTE FUNCTION on_sheet_kept();
CREATE TRIGGER contract_cost_on_sheet BEFORE INSERT OR UPDATE OR DELETE ON contract_cost
    FOR EACH ROW EXECUTE FUNCTION on_sheet_kept();

CREATE FUNCTION time_sheet_kept() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF ROW(NEW.id, NEW.contract_id, NEW.month) IS DISTINCT FROM ROW(OLD.id, OLD.contract_id, OLD.month)
       OR (OLD.state IN ('approved', 'invoiced')
           AND ROW(NEW.minutes, NEW.time_minor, NEW.costs_minor, NEW.round, NEW.submitted_at,
                   NEW.answer_by, NEW.approved_at, NEW.approved_by, NEW.answer_note)
               IS DISTINCT FROM
               ROW(OLD.minutes, OLD.time_minor, OLD.costs_minor, OLD.round, OLD.submitted_at,
                   OLD.answer_by, OLD.approved_at, OLD.approved_by, OLD.answer_note)) THEN
        RAISE EXCEPTION 'time sheet % stays as it was approved', OLD.id USING ERRCODE = '55000';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER time_sheet_kept BEFORE UPDATE ON time_sheet
    FOR EACH ROW EXECUTE FUNCTION time_sheet_kept();
CREATE TRIGGER time_sheet_stays BEFORE DELETE ON time_sheet
    FOR EACH ROW EXECUTE FUNCTION contract_goes_with_it();

-- A sheet before the client comes to the entries and costs on it.
CREATE FUNCTION time_sheet_adds_up() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    sheet time_sheet;
BEGIN
    SELECT * INTO sheet FROM time_sheet s WHERE s.id = NEW.id;
    IF sheet.id IS NOT NULL AND sheet.state <> 'changes_requested' AND (
           sheet.minutes IS DISTINCT FROM
               (SELECT coalesce(sum(e.minutes), 0) FROM time_entry e WHERE e.sheet_id = sheet.id)
           OR sheet.costs_minor IS DISTINCT FROM
               (SELECT coalesce(sum(c.net_minor), 0) FROM contract_cost c
                 WHERE c.sheet_id = sheet.id)) THEN
        RAISE EXCEPTION 'time sheet % does not come to what is on it', NEW.id
            USING ERRCODE = '23514', CONSTRAINT = 'time_sheet_adds_up', TABLE = 'time_sheet';
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER time_sheet_adds_up AFTER INSERT OR UPDATE ON time_sheet
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION time_sheet_adds_up();

-- What is owed follows from an approved sheet or an agreed ending, and is invoiced once.
CREATE FUNCTION contract_charge_kept() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.invoiced_at IS NOT NULL
           OR (NEW.kind IN ('time', 'cost') AND NOT EXISTS (
                 SELECT FROM time_sheet s WHERE s.id = NEW.sheet_id
                    AND s.contract_id = NEW.contract_id AND s.state = 'approved'))
           OR (NEW.kind = 'kill_fee' AND NOT EXISTS (
                 SELECT FROM contract_ending e WHERE e.contract_id = NEW.contract_id
                    AND e.state IN ('agreed', 'deemed_agreed', 'settled')
                    AND e.kill_fee_minor = NEW.price_minor)) THEN
            RAISE EXCEPTION 'nothing agreed makes this %', NEW.kind USING ERRCODE = '55000';
        END IF;
        RETURN NEW;
    END IF;
    IF OLD.invoiced_at IS NOT NULL
       OR to_jsonb(NEW) - 'invoiced_at' IS DISTINCT FROM to_jsonb(OLD) - 'invoiced_at' THEN
        RAISE EXCEPTION 'charge % stays as it was agreed', OLD.id USING ERRCODE = '55000';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER contract_charge_kept BEFORE INSERT OR UPDATE ON contract_charge
    FOR EACH ROW EXECUTE FUNCTION contract_charge_kept();
CREATE TRIGGER contract_charge_stays BEFORE DELETE ON contract_charge
    FOR EACH ROW EXECUTE FUNCTION contract_goes_with_it();

-- The closing statement keeps its sums; only a decision about a contested one sets the kill fee.
CREATE FUNCTION contract_ending_kept() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF ROW(NEW.id, NEW.contract_id, NEW.ended_by, NEW.notice_until, NEW.accepted_minor,
           NEW.delivered_minor, NEW.not_begun_minor, NEW.kill_fee_bps, NEW.sha256, NEW.proposed_at,
           NEW.answer_by)
       IS DISTINCT FROM
       ROW(OLD.id, OLD.contract_id, OLD.ended_by, OLD.notice_until, OLD.accepted_minor,
           OLD.delivered_minor, OLD.not_begun_minor, OLD.kill_fee_bps, OLD.sha256, OLD.proposed_at,
           OLD.answer_by)
       OR (NEW.kill_fee_minor <> OLD.kill_fee_minor
           AND NOT (OLD.state = 'contested' AND NEW.state = 'settled'))
       OR (OLD.state NOT IN ('proposed', 'contested') AND NEW IS DISTINCT FROM OLD) THEN
        RAISE EXCEPTION 'closing statement % stays as it was made', OLD.id USING ERRCODE = '55000';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER contract_ending_kept BEFORE UPDATE ON contract_ending
    FOR EACH ROW EXECUTE FUNCTION contract_ending_kept();
CREATE TRIGGER contract_ending_stays BEFORE DELETE ON contract_ending
    FOR EACH ROW EXECUTE FUNCTION contract_goes_with_it();

-- A dispute keeps what was said, a decision is final, and nobody decides in her own case.
CREATE FUNCTION contract_case_kept() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF ROW(NEW.id, NEW.contract_id, NEW.opened_by, NEW.matter, NEW.text, NEW.opened_at,
           NEW.answer_by, NEW.decide_by)
       IS DISTINCT FROM
       ROW(OLD.id, OLD.contract_id, OLD.opened_by, OLD.matter, OLD.text, OLD.opened_at,
           OLD.answer_by, OLD.decide_by)
       OR (OLD.answered_at IS NOT NULL
           AND ROW(NEW.answer, NEW.answered_at) IS DISTINCT FROM ROW(OLD.answer, OLD.answered_at))
       OR (OLD.state IN ('decided', 'withdrawn') AND NEW IS DISTINCT FROM OLD) THEN
        RAISE EXCEPTION 'dispute % stays as it was said', OLD.id USING ERRCODE = '55000';
    END IF;
    IF NEW.state = 'decided' AND (NEW.decided_by IS NULL OR NEW.outcome IS NULL OR EXISTS (
        SELECT FROM contract c WHERE c.id = NEW.contract_id AND c.member_id = NEW.decided_by)) THEN
        RAISE EXCEPTION 'nobody decides in her own case'
            USING ERRCODE = '23514', CONSTRAINT = 'contract_case_decided_by_another',
                  TABLE = 'contract_case';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER contract_case_kept BEFORE UPDATE ON contract_case
    FOR EACH ROW EXECUTE FUNCTION contract_case_kept();
CREATE TRIGGER contract_case_stays BEFORE DELETE ON contract_case
    FOR EACH ROW EXECUTE FUNCTION contract_goes_with_it();

CREATE TRIGGER contract_performing_not_emptied BEFORE TRUNCATE ON delivery
    FOR EACH STATEMENT EXECUTE FUNCTION contract_refuse_change();
REVOKE DELETE, TRUNCATE ON delivery, delivery_file, time_sheet, contract_charge, contract_ending,
    contract_case FROM guild_app;
REVOKE UPDATE ON delivery_file FROM guild_app;
REVOKE TRUNCATE ON time_entry, contract_cost FROM guild_app;

-- What was said in the talk about an offer stays said.
CREATE TRIGGER contract_remark_append_only BEFORE UPDATE OR TRUNCATE ON contract_remark
    FOR EACH STATEMENT EXECUTE FUNCTION contract_refuse_change();
CREATE TRIGGER contract_remark_stays BEFORE DELETE ON contract_remark
    FOR EACH ROW EXECUTE FUNCTION contract_goes_with_it();
REVOKE UPDATE, DELETE, TRUNCATE ON contract_remark FROM guild_app;

-- An address that was revoked never works again, and none changes hands.
CREATE FUNCTION calendar_feed_kept() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF OLD.revoked_at IS NOT NULL
       OR ROW(NEW.id, NEW.member_id, NEW.token_hash) IS DISTINCT FROM
          ROW(OLD.id, OLD.member_id, OLD.token_hash) THEN
        RAISE EXCEPTION 'calendar % stays as it was made', OLD.id USING ERRCODE = '55000';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER calendar_feed_kept BEFORE UPDATE ON calendar_feed
    FOR EACH ROW EXECUTE FUNCTION calendar_feed_kept();

-- What is said of an erasure stays said.
CREATE TRIGGER contract_erasure_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON contract_erasure
    FOR EACH STATEMENT EXECUTE FUNCTION contract_refuse_change();
REVOKE UPDATE, DELETE, TRUNCATE ON contract_erasure FROM guild_app;

-- Take away all rows about an erased contract; returns how many of each table. The triggers above
-- and below hold here too: of a contract that is not erased nothing goes.
CREATE FUNCTION contract_wipe(wanted uuid) RETURNS jsonb LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    counts jsonb := '{}';
    gone bigint;
    one text;
BEGIN
    IF NOT EXISTS (SELECT FROM contract c WHERE c.id = wanted AND c.erased_at IS NOT NULL) THEN
        RAISE EXCEPTION 'contract % is not erased', wanted USING ERRCODE = '55000';
    END IF;
    UPDATE contract_signer SET delegated_by_id = NULL
     WHERE contract_id = wanted AND delegated_by_id IS NOT NULL;
    DELETE FROM delivery_file f USING delivery d
     WHERE d.id = f.delivery_id AND d.contract_id = wanted;
    GET DIAGNOSTICS gone = ROW_COUNT;
    counts := counts || jsonb_build_object('delivery_file', gone);
    FOREACH one IN ARRAY ARRAY[
        'signature_request', 'signing_objection', 'contract_voiding',
        'contract_evidence', 'contract_offer', 'contract_signer', 'contract_paper', 'rep_task',
        'delivery', 'time_entry', 'contract_cost', 'contract_charge', 'time_sheet',
        'contract_ending', 'contract_case', 'contract_remark'] LOOP
        EXECUTE format('DELETE FROM public.%I WHERE contract_id = $1', one) USING wanted;
        GET DIAGNOSTICS gone = ROW_COUNT;
        counts := counts || jsonb_build_object(one, gone);
    END LOOP;
    UPDATE milestone SET title = 'erased', description = '' WHERE contract_id = wanted;
    RETURN counts;
END $$;

REVOKE UPDATE, DELETE, TRUNCATE ON contract_template_version FROM guild_app;
REVOKE DELETE, TRUNCATE ON rep_task, contract_paper FROM guild_app;
REVOKE UPDATE, DELETE, TRUNCATE ON contract_evidence FROM guild_app;
REVOKE DELETE, TRUNCATE ON contract_offer, contract_signer, milestone FROM guild_app;
--;;
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
--;;
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
--;;
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
REVOKE UPDATE, DELETE ON payee_check, payout_run_skip, payment_status_report FROM guild_app;
REVOKE DELETE ON payout_run, sepa_mandate, direct_debit, income_statement, employment
    FROM guild_app;
GRANT UPDATE (content_sealed) ON payment_status_report TO guild_app;
CREATE TRIGGER payee_check_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON payee_check
    FOR EACH STATEMENT EXECUTE FUNCTION treasury_refuse_change();
CREATE TRIGGER payment_status_report_append_only
    BEFORE UPDATE OF sha256, message_id, batch_id, accepted, rejected OR DELETE OR TRUNCATE
    ON payment_status_report FOR EACH STATEMENT EXECUTE FUNCTION treasury_refuse_change();
CREATE TRIGGER payout_run_kept BEFORE DELETE OR TRUNCATE ON payout_run
    FOR EACH STATEMENT EXECUTE FUNCTION treasury_refuse_change();
CREATE TRIGGER sepa_mandate_kept BEFORE DELETE OR TRUNCATE ON sepa_mandate
    FOR EACH STATEMENT EXECUTE FUNCTION treasury_refuse_change();
CREATE TRIGGER direct_debit_kept BEFORE DELETE OR TRUNCATE ON direct_debit
    FOR EACH STATEMENT EXECUTE FUNCTION treasury_refuse_change();

-- A file's seal may be renewed under a newer key. That it still is the file of this hash is proved
-- whenever it is opened: the seal is bound to the hash, and the hash is the row's key.
GRANT UPDATE (content_sealed) ON bank_statement_file TO guild_app;
CREATE TRIGGER bank_statement_file_append_only
    BEFORE UPDATE OF sha256 OR DELETE OR TRUNCATE ON bank_statement_file
    FOR EACH STATEMENT EXECUTE FUNCTION treasury_refuse_change();
CREATE TRIGGER bank_statement_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON bank_statement
    FOR EACH STATEMENT EXECUTE FUNCTION treasury_refuse_change();
REVOKE UPDATE, DELETE ON bank_cost_match FROM guild_app;
REVOKE DELETE ON allocation_objection FROM guild_app;
CREATE TRIGGER bank_cost_match_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON bank_cost_match
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
      FROM bank_entry WHERE statement_id = NEW.id AND parent_id IS NULL;
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

-- Entries are of a statement, of its account and currency, and come with it; nothing is added to it
-- later but the payments inside a batch that it booked as one sum, which make that sum. One question
-- for all that are added together, in the place of two foreign keys.
CREATE FUNCTION bank_entry_of_statement() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (
        SELECT FROM (SELECT DISTINCT statement_id, account_id, currency FROM added) a
          LEFT JOIN bank_statement s ON s.id = a.statement_id
            AND s.account_id = a.account_id AND s.currency = a.currency
         WHERE s.id IS NULL
            OR s.entries < (SELECT count(*) FROM bank_entry e
                             WHERE e.statement_id = s.id AND e.parent_id IS NULL))
        OR EXISTS (
        SELECT FROM (SELECT DISTINCT parent_id FROM added WHERE parent_id IS NOT NULL) a
          LEFT JOIN bank_entry p ON p.id = a.parent_id AND p.state = 'divided'
         WHERE p.id IS NULL
            OR p.amount_minor <> (SELECT sum(e.amount_minor) FROM bank_entry e
                WHERE e.parent_id = p.id AND e.statement_id = p.statement_id
                  AND e.account_id = p.account_id AND e.booked_on = p.booked_on))
    THEN
        RAISE EXCEPTION 'a bank entry is of a statement, and comes with it'
            USING ERRCODE = '23503', CONSTRAINT = 'bank_entry_of_statement', TABLE = 'bank_entry';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER bank_entry_of_statement AFTER INSERT ON bank_entry
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION bank_entry_of_statement();

-- What the bank said about an entry stays; only our explanation of it is added, once.
CREATE FUNCTION bank_entry_moves() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF (NEW.id, NEW.statement_id, NEW.account_id, NEW.reference, NEW.amount_minor, NEW.currency,
        NEW.booked_on, NEW.end_to_end_id, NEW.parent_id)
       IS DISTINCT FROM
       (OLD.id, OLD.statement_id, OLD.account_id, OLD.reference, OLD.amount_minor, OLD.currency,
        OLD.booked_on, OLD.end_to_end_id, OLD.parent_id)
    THEN
        RAISE EXCEPTION 'a bank entry is what the bank reported' USING ERRCODE = '55000';
    END IF;
    -- The seal of the payer's number may be renewed under a newer key, when nothing else changes.
    -- What was said about it is taken back by two persons, in a next round; nothing else changes it.
    IF OLD.state IN ('confirmed', 'explained', 'divided')
        AND to_jsonb(NEW) - 'iban_sealed' IS DISTINCT FROM to_jsonb(OLD) - 'iban_sealed'
        AND NOT (OLD.state <> 'divided' AND NEW.state = 'unmatched' AND NEW.round = OLD.round + 1 AND EXISTS (
            SELECT FROM match_undo u WHERE u.entry_id = OLD.id AND u.round = OLD.round
               AND u.state = 'done' AND u.cause = 'mistake' AND u.decided_by <> u.asked_by)) THEN
        RAISE EXCEPTION 'bank entry % is already explained', OLD.id USING ERRCODE = '55000';
    END IF;
    IF NEW.round < OLD.round OR (NEW.round > OLD.round AND OLD.state NOT IN ('confirmed', 'explained'))
    THEN
        RAISE EXCEPTION 'the rounds of a bank entry count what was undone' USING ERRCODE = '55000';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER bank_entry_moves BEFORE UPDATE ON bank_entry
    FOR EACH ROW EXECUTE FUNCTION bank_entry_moves();

-- An undo is asked for once and decided once; a chargeback is the bank's own decision.
CREATE FUNCTION match_undo_moves() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF OLD.state <> 'asked'
       OR (NEW.id, NEW.entry_id, NEW.round, NEW.cause, NEW.return_entry_id, NEW.reason, NEW.asked_by)
          IS DISTINCT FROM
          (OLD.id, OLD.entry_id, OLD.round, OLD.cause, OLD.return_entry_id, OLD.reason, OLD.asked_by)
    THEN
        RAISE EXCEPTION 'an undo is decided once and says for ever why' USING ERRCODE = '55000';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER match_undo_moves BEFORE UPDATE ON match_undo
    FOR EACH ROW EXECUTE FUNCTION match_undo_moves();
CREATE TRIGGER match_undo_kept BEFORE DELETE OR TRUNCATE ON match_undo
    FOR EACH STATEMENT EXECUTE FUNCTION treasury_refuse_change();
CREATE TRIGGER bank_rule_use_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON bank_rule_use
    FOR EACH STATEMENT EXECUTE FUNCTION treasury_refuse_change();
CREATE TRIGGER bank_notification_kept
    BEFORE UPDATE OF account_id, reference, amount_minor, booked_on OR DELETE OR TRUNCATE
    ON bank_notification FOR EACH STATEMENT EXECUTE FUNCTION treasury_refuse_change();
CREATE TRIGGER provider_event_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON provider_event
    FOR EACH STATEMENT EXECUTE FUNCTION treasury_refuse_change();
CREATE TRIGGER provider_recording_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON provider_recording
    FOR EACH STATEMENT EXECUTE FUNCTION treasury_refuse_change();
REVOKE UPDATE, DELETE ON provider_event, provider_recording FROM guild_app;
REVOKE DELETE ON provider_account, provider_payment FROM guild_app;
REVOKE DELETE ON match_undo, bank_notification, bank_rule, bank_pending_entry FROM guild_app;
REVOKE UPDATE, DELETE ON bank_rule_use FROM guild_app;

-- A version of a rule stays as it was tried: a change is a new version.
CREATE FUNCTION bank_rule_kept() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF (NEW.id, NEW.series, NEW.version, NEW.conditions, NEW.action, NEW.iban_index, NEW.written_by)
       IS DISTINCT FROM
       (OLD.id, OLD.series, OLD.version, OLD.conditions, OLD.action, OLD.iban_index, OLD.written_by)
    THEN
        RAISE EXCEPTION 'a version of a rule is never changed' USING ERRCODE = '55000';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER bank_rule_kept BEFORE UPDATE ON bank_rule
    FOR EACH ROW EXECUTE FUNCTION bank_rule_kept();

-- Four eyes: nobody approves what she asked for or receives, and only while it waits. The payout
-- is locked, so an approval cannot slip in beside a rejection.
CREATE FUNCTION payout_approval_by_another() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    asked payout%ROWTYPE;
BEGIN
    SELECT * INTO asked FROM payout WHERE id = NEW.payout_id FOR UPDATE;
    IF NEW.approver_id IN (asked.member_id, asked.requested_by, asked.concerns_id) THEN
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
    office text;
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'requested' OR NEW.batch_id IS NOT NULL THEN
            RAISE EXCEPTION 'a payout begins as a request' USING ERRCODE = '23514';
        END IF;
        RETURN NEW;
    END IF;
    IF (NEW.id, NEW.serial, NEW.member_id, NEW.purpose, NEW.amount_minor, NEW.currency,
        NEW.account_id, NEW.payee_account_id, NEW.requested_by, NEW.organisation_id,
        NEW.supplier_id, NEW.subject_id, NEW.concerns_id, NEW.payee_name, NEW.iban_last4, NEW.source_entry_id,
        NEW.reference, NEW.pay_on, NEW.run_id, NEW.replaces_id, NEW.roles_needed,
        NEW.charter_version)
       IS DISTINCT FROM
       (OLD.id, OLD.serial, OLD.member_id, OLD.purpose, OLD.amount_minor, OLD.currency,
        OLD.account_id, OLD.payee_account_id, OLD.requested_by, OLD.organisation_id,
        OLD.supplier_id, OLD.subject_id, OLD.concerns_id, OLD.payee_name, OLD.iban_last4, OLD.source_entry_id,
        OLD.reference, OLD.pay_on, OLD.run_id, OLD.replaces_id, OLD.roles_needed,
        OLD.charter_version)
    THEN
        RAISE EXCEPTION 'payee, amount and requester of a payout never change'
            USING ERRCODE = '55000';
    END IF;
    -- A bank that does not know the payee asks for one more person, never for one fewer.
    IF NEW.approvals_needed < OLD.approvals_needed
        OR (NEW.approvals_needed > OLD.approvals_needed AND OLD.state <> 'requested') THEN
        RAISE EXCEPTION 'the approvals that a payout needs never change but for more'
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
            ('ordered', 'returned'), ('settled', 'returned'))
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
            FOR office IN SELECT jsonb_object_keys(NEW.roles_needed) LOOP
                SELECT count(*) INTO approvals FROM payout_approval
                 WHERE payout_id = NEW.id AND role = office;
                IF approvals < (NEW.roles_needed ->> office)::int THEN
                    RAISE EXCEPTION 'payout % lacks approvals of a %', NEW.id, office
                        USING ERRCODE = '42501';
                END IF;
            END LOOP;
        END IF;
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER payout_moves BEFORE INSERT OR UPDATE ON payout
    FOR EACH ROW EXECUTE FUNCTION payout_moves();

-- What a run has done stays done: its cursor and its counts only grow, and a finished one rests.
CREATE FUNCTION payout_run_moves() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF OLD.state = 'done' THEN
        RAISE EXCEPTION 'payout run % is done', OLD.id USING ERRCODE = '55000';
    END IF;
    IF NEW.done < OLD.done OR NEW.payouts < OLD.payouts OR NEW.amount_minor < OLD.amount_minor
        OR NEW.cursor < OLD.cursor
        OR (NEW.id, NEW.trigger, NEW.day, NEW.currency, NEW.account_id, NEW.started_by)
           IS DISTINCT FROM
           (OLD.id, OLD.trigger, OLD.day, OLD.currency, OLD.account_id, OLD.started_by)
    THEN
        RAISE EXCEPTION 'a payout run only goes on' USING ERRCODE = '55000';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER payout_run_moves BEFORE UPDATE ON payout_run
    FOR EACH ROW EXECUTE FUNCTION payout_run_moves();

-- A mandate is what the client signed; a second person has seen it before anything is collected.
CREATE FUNCTION sepa_mandate_moves() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF (NEW.id, NEW.organisation_id, NEW.reference, NEW.scheme, NEW.signed_on, NEW.holder,
        NEW.iban_last4, NEW.entered_by)
       IS DISTINCT FROM
       (OLD.id, OLD.organisation_id, OLD.reference, OLD.scheme, OLD.signed_on, OLD.holder,
        OLD.iban_last4, OLD.entered_by)
    THEN
        RAISE EXCEPTION 'a mandate stays as it was signed' USING ERRCODE = '55000';
    END IF;
    IF NEW.state <> OLD.state AND (OLD.state, NEW.state) NOT IN
        (('entered', 'active'), ('entered', 'cancelled'), ('active', 'cancelled')) THEN
        RAISE EXCEPTION 'a mandate does not go from % to %', OLD.state, NEW.state
            USING ERRCODE = '55000';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER sepa_mandate_moves BEFORE UPDATE ON sepa_mandate
    FOR EACH ROW EXECUTE FUNCTION sepa_mandate_moves();

CREATE FUNCTION direct_debit_moves() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NOT EXISTS (SELECT FROM sepa_mandate WHERE id = NEW.mandate_id AND state = 'active') THEN
            RAISE EXCEPTION 'nothing is collected without an active mandate'
                USING ERRCODE = '42501';
        END IF;
        RETURN NEW;
    END IF;
    IF (NEW.id, NEW.mandate_id, NEW.invoice_id, NEW.amount_minor, NEW.currency, NEW.collect_on)
       IS DISTINCT FROM
       (OLD.id, OLD.mandate_id, OLD.invoice_id, OLD.amount_minor, OLD.currency, OLD.collect_on)
       OR (OLD.batch_id IS NOT NULL AND NEW.batch_id IS DISTINCT FROM OLD.batch_id)
    THEN
        RAISE EXCEPTION 'a direct debit stays as it was announced' USING ERRCODE = '55000';
    END IF;
    IF NEW.state <> OLD.state AND (OLD.state, NEW.state) NOT IN
        (('announced', 'filed'), ('announced', 'stopped'), ('filed', 'collected'),
         ('filed', 'refused'), ('filed', 'returned'), ('collected', 'returned'),
         ('collected', 'filed')) THEN
        RAISE EXCEPTION 'a direct debit does not go from % to %', OLD.state, NEW.state
            USING ERRCODE = '55000';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER direct_debit_moves BEFORE INSERT OR UPDATE ON direct_debit
    FOR EACH ROW EXECUTE FUNCTION direct_debit_moves();
--;;
-- Decisions, draws and the log of openings are history.
CREATE TRIGGER claim_decision_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON claim_decision
    FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_change();
CREATE TRIGGER claim_access_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON claim_access
    FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_change();
CREATE TRIGGER jury_draw_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON jury_draw
    FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_change();
CREATE TRIGGER advance_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON advance
    FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_change();
REVOKE UPDATE, DELETE ON claim_decision, claim_access, jury_draw, advance FROM guild_app;
REVOKE DELETE ON advance_loss, claim, claim_evidence, claim_payout, juror, levied_invoice, guarantee_reservation
    FROM guild_app;

-- Nobody judges her own claim, whatever the program believes.
CREATE FUNCTION juror_is_not_claimant() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM claim WHERE id = NEW.claim_id AND member_id = NEW.member_id) THEN
        RAISE EXCEPTION 'nobody judges her own claim' USING ERRCODE = '42501';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER juror_is_not_claimant BEFORE INSERT OR UPDATE ON juror
    FOR EACH ROW EXECUTE FUNCTION juror_is_not_claimant();

-- A verdict is given once and stays as it was given.
CREATE FUNCTION juror_verdict_stays() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'a verdict is given once' USING ERRCODE = '55000';
END $$;

CREATE TRIGGER juror_verdict_stays BEFORE UPDATE ON juror
    FOR EACH ROW WHEN (OLD.state = 'done') EXECUTE FUNCTION juror_verdict_stays();
--;;
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
--;;
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
