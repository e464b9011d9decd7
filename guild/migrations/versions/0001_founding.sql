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
	CONSTRAINT pk_document PRIMARY KEY (id), 
	CONSTRAINT ck_document_sha256 CHECK (octet_length(sha256) = 32), 
	CONSTRAINT ck_document_size CHECK (size > 0), 
	CONSTRAINT ck_document_name CHECK (name ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,119}$'), 
	CONSTRAINT uq_document_sha256 UNIQUE (sha256)
)
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
	CONSTRAINT ck_ledger_account_code CHECK (code IN ('bank', 'receivable', 'guarantee_advance', 'suspense', 'client_credit', 'vat_payable', 'member_pending', 'member_available', 'benefit_payable', 'payout_in_transit', 'fund_guarantee', 'fund_sickness', 'fund_solidarity', 'fund_operations', 'opening', 'bank_fees', 'rounding'))
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
	CONSTRAINT ck_number_series_kind_known CHECK (kind IN ('invoice', 'credit_note')), 
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
CREATE TABLE coop_bank_account (
	id UUID NOT NULL, 
	name VARCHAR(70) NOT NULL, 
	iban VARCHAR(34) NOT NULL, 
	bic VARCHAR(11), 
	currency VARCHAR(3) NOT NULL, 
	balance_minor BIGINT NOT NULL, 
	balance_on DATE NOT NULL, 
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
CREATE UNIQUE INDEX uq_contact_email ON contact (organisation_id, email)
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
	head_source VARCHAR(60) NOT NULL, 
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
CREATE TABLE payment_batch (
	id UUID NOT NULL, 
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
	CONSTRAINT pk_payment_batch PRIMARY KEY (id), 
	CONSTRAINT ck_payment_batch_state CHECK (state IN ('prepared', 'sent', 'settled')), 
	CONSTRAINT fk_payment_batch_account_id_coop_bank_account FOREIGN KEY(account_id) REFERENCES coop_bank_account (id), 
	CONSTRAINT fk_payment_batch_made_by_member FOREIGN KEY(made_by) REFERENCES member (id), 
	CONSTRAINT fk_payment_batch_sent_by_member FOREIGN KEY(sent_by) REFERENCES member (id)
)
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
	CONSTRAINT pk_bank_entry PRIMARY KEY (id), 
	CONSTRAINT uq_bank_entry_account_id_reference UNIQUE (account_id, reference), 
	CONSTRAINT ck_bank_entry_state CHECK (state IN ('unmatched', 'suggested', 'confirmed', 'explained')), 
	CONSTRAINT fk_bank_entry_statement_id_bank_statement FOREIGN KEY(statement_id) REFERENCES bank_statement (id), 
	CONSTRAINT fk_bank_entry_account_id_coop_bank_account FOREIGN KEY(account_id) REFERENCES coop_bank_account (id)
)
--;;
CREATE INDEX ix_bank_entry_statement_id ON bank_entry (statement_id)
--;;
CREATE INDEX ix_bank_entry_to_explain ON bank_entry (id) WHERE state IN ('unmatched', 'suggested')
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
	title VARCHAR(200) NOT NULL, 
	language VARCHAR(5) NOT NULL, 
	draft JSONB NOT NULL, 
	terms JSONB NOT NULL, 
	currency VARCHAR(3) NOT NULL, 
	net_minor BIGINT NOT NULL, 
	payment_term_days SMALLINT NOT NULL, 
	acceptance_silence_days SMALLINT NOT NULL, 
	revision_rounds SMALLINT NOT NULL, 
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
	completed_at TIMESTAMP WITH TIME ZONE, 
	ended_at TIMESTAMP WITH TIME ZONE, 
	ended_reason VARCHAR(40), 
	ended_note TEXT, 
	retain_until DATE, 
	CONSTRAINT pk_contract PRIMARY KEY (id), 
	CONSTRAINT ck_contract_state_known CHECK (state IN ('draft', 'changes_requested', 'sent', 'signed', 'declined', 'expired', 'withdrawn', 'completed', 'terminated')), 
	CONSTRAINT ck_contract_value_positive CHECK (net_minor > 0), 
	CONSTRAINT ck_contract_signed_has_time CHECK (state NOT IN ('signed', 'completed', 'terminated') OR signed_at IS NOT NULL), 
	CONSTRAINT uq_contract_number UNIQUE (number), 
	CONSTRAINT fk_contract_member_id_member FOREIGN KEY(member_id) REFERENCES member (id), 
	CONSTRAINT fk_contract_client_id_organisation FOREIGN KEY(client_id) REFERENCES organisation (id), 
	CONSTRAINT fk_contract_contact_id_contact FOREIGN KEY(contact_id) REFERENCES contact (id)
)
--;;
CREATE INDEX ix_contract_client_id ON contract (client_id)
--;;
CREATE INDEX ix_contract_member_id_id ON contract (member_id, id)
--;;
CREATE INDEX ix_contract_waiting ON contract (id) WHERE state = 'sent'
--;;
CREATE TABLE payout (
	id UUID NOT NULL, 
	serial BIGINT GENERATED ALWAYS AS IDENTITY, 
	member_id UUID NOT NULL, 
	purpose VARCHAR(20) NOT NULL, 
	amount_minor BIGINT NOT NULL, 
	currency VARCHAR(3) NOT NULL, 
	account_id UUID NOT NULL, 
	payee_account_id UUID NOT NULL, 
	state VARCHAR(20) NOT NULL, 
	requested_by UUID NOT NULL, 
	requested_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	approvals_needed BIGINT NOT NULL, 
	charter_version BIGINT NOT NULL, 
	approved_at TIMESTAMP WITH TIME ZONE, 
	ledger_entry_id UUID, 
	batch_id UUID, 
	ordered_at TIMESTAMP WITH TIME ZONE, 
	settled_on DATE, 
	refused_by UUID, 
	reason VARCHAR(500), 
	document_id UUID, 
	CONSTRAINT pk_payout PRIMARY KEY (id), 
	CONSTRAINT ck_payout_state CHECK (state IN ('requested', 'approved', 'rejected', 'ordered', 'settled', 'returned')), 
	CONSTRAINT ck_payout_amount CHECK (amount_minor > 0), 
	CONSTRAINT ck_payout_four_eyes CHECK (approvals_needed >= 2), 
	CONSTRAINT ck_payout_purpose CHECK (purpose IN ('earnings', 'benefit')), 
	CONSTRAINT ck_payout_batch CHECK (state NOT IN ('ordered', 'settled') OR batch_id IS NOT NULL), 
	CONSTRAINT uq_payout_serial UNIQUE (serial), 
	CONSTRAINT fk_payout_member_id_member FOREIGN KEY(member_id) REFERENCES member (id), 
	CONSTRAINT fk_payout_account_id_coop_bank_account FOREIGN KEY(account_id) REFERENCES coop_bank_account (id), 
	CONSTRAINT fk_payout_payee_account_id_bank_account FOREIGN KEY(payee_account_id) REFERENCES bank_account (id), 
	CONSTRAINT fk_payout_requested_by_member FOREIGN KEY(requested_by) REFERENCES member (id), 
	CONSTRAINT fk_payout_batch_id_payment_batch FOREIGN KEY(batch_id) REFERENCES payment_batch (id), 
	CONSTRAINT fk_payout_refused_by_member FOREIGN KEY(refused_by) REFERENCES member (id)
)
--;;
CREATE INDEX ix_payout_batch_id ON payout (batch_id)
--;;
CREATE INDEX ix_payout_member_id ON payout (member_id, id)
--;;
CREATE INDEX ix_payout_state ON payout (state, id)
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
	charter_version BIGINT NOT NULL, 
	contact_id UUID NOT NULL, 
	email VARCHAR(254) NOT NULL, 
	sent_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	answer_by TIMESTAMP WITH TIME ZONE NOT NULL, 
	member_name_typed VARCHAR(200) NOT NULL, 
	link_sent_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	links_sent SMALLINT NOT NULL, 
	link_id UUID, 
	opened_at TIMESTAMP WITH TIME ZONE, 
	code_hash BYTEA, 
	code_sent_at TIMESTAMP WITH TIME ZONE, 
	code_expires_at TIMESTAMP WITH TIME ZONE, 
	code_tries SMALLINT NOT NULL, 
	codes_sent SMALLINT NOT NULL, 
	answered_at TIMESTAMP WITH TIME ZONE, 
	answer VARCHAR(20), 
	answer_reason VARCHAR(20), 
	answer_note TEXT, 
	CONSTRAINT pk_contract_offer PRIMARY KEY (id), 
	CONSTRAINT uq_contract_offer_contract_id_version UNIQUE (contract_id, version), 
	CONSTRAINT ck_contract_offer_tries_bounded CHECK (code_tries BETWEEN 0 AND 100), 
	CONSTRAINT fk_contract_offer_contract_id_contract FOREIGN KEY(contract_id) REFERENCES contract (id), 
	CONSTRAINT fk_contract_offer_contact_id_contact FOREIGN KEY(contact_id) REFERENCES contact (id)
)
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
	state VARCHAR(20) NOT NULL, 
	contract_id UUID NOT NULL, 
	member_id UUID NOT NULL, 
	client_id UUID NOT NULL, 
	contact_id UUID NOT NULL, 
	corrects_id UUID, 
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
	supply VARCHAR(10) NOT NULL, 
	treatment VARCHAR(20) NOT NULL, 
	reference VARCHAR(25) NOT NULL, 
	currency VARCHAR(3) NOT NULL, 
	net_minor BIGINT NOT NULL, 
	vat_minor BIGINT NOT NULL, 
	total_minor BIGINT NOT NULL, 
	paid_minor BIGINT NOT NULL, 
	credited_minor BIGINT NOT NULL, 
	credited_net_minor BIGINT NOT NULL, 
	refundable_minor BIGINT NOT NULL, 
	pending_net_minor BIGINT NOT NULL, 
	settled_on DATE, 
	overdue_on DATE, 
	seller JSONB, 
	buyer JSONB, 
	iban VARCHAR(34), 
	bic VARCHAR(11), 
	pdf_document_id UUID, 
	ubl_document_id UUID, 
	cii_document_id UUID, 
	charter_version BIGINT NOT NULL, 
	created_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	row_version BIGINT NOT NULL, 
	CONSTRAINT pk_invoice PRIMARY KEY (id), 
	CONSTRAINT ck_invoice_state_known CHECK (state IN ('draft', 'issued', 'partly_paid', 'paid', 'credited')), 
	CONSTRAINT ck_invoice_kind_known CHECK (kind IN ('invoice', 'credit_note')), 
	CONSTRAINT ck_invoice_corrects CHECK ((kind = 'credit_note') = (corrects_id IS NOT NULL)), 
	CONSTRAINT ck_invoice_total_adds_up CHECK (net_minor + vat_minor = total_minor), 
	CONSTRAINT ck_invoice_total_positive CHECK (state = 'draft' OR (total_minor > 0 AND net_minor > 0 AND vat_minor >= 0)), 
	CONSTRAINT ck_invoice_issued_is_whole CHECK ((state = 'draft') = (number IS NULL) AND (state = 'draft') = (sequence IS NULL) AND (state = 'draft') = (issued_on IS NULL) AND (state = 'draft') = (due_on IS NULL) AND (state = 'draft') = (seller IS NULL) AND (state = 'draft') = (buyer IS NULL)), 
	CONSTRAINT ck_invoice_paid_not_negative CHECK (paid_minor >= 0 AND refundable_minor >= 0), 
	CONSTRAINT ck_invoice_credit_within_total CHECK (credited_minor BETWEEN 0 AND total_minor), 
	CONSTRAINT ck_invoice_credit_within_net CHECK (credited_net_minor BETWEEN 0 AND net_minor), 
	CONSTRAINT ck_invoice_paid_within_total CHECK (paid_minor + credited_minor - refundable_minor <= total_minor), 
	CONSTRAINT ck_invoice_pending_within_net CHECK (pending_net_minor BETWEEN 0 AND net_minor), 
	CONSTRAINT ck_invoice_paid_is_settled CHECK (state <> 'paid' OR paid_minor + credited_minor - refundable_minor = total_minor), 
	CONSTRAINT ck_invoice_credited_is_whole CHECK (state <> 'credited' OR credited_minor = total_minor), 
	CONSTRAINT uq_invoice_kind_series_year_sequence UNIQUE (kind, series_year, sequence), 
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
	CONSTRAINT ck_milestone_state_known CHECK (state IN ('planned', 'changes_requested', 'delivered', 'accepted', 'invoiced')), 
	CONSTRAINT ck_milestone_value_positive CHECK (net_minor > 0), 
	CONSTRAINT ck_milestone_accepted_has_time CHECK ((state IN ('accepted', 'invoiced')) = (accepted_at IS NOT NULL)), 
	CONSTRAINT ck_milestone_accepted_by_known CHECK (accepted_by IN ('client', 'silence')), 
	CONSTRAINT fk_milestone_contract_id_contract FOREIGN KEY(contract_id) REFERENCES contract (id)
)
--;;
CREATE INDEX ix_milestone_silent ON milestone (accept_by) WHERE state = 'delivered'
--;;
CREATE TABLE payout_approval (
	payout_id UUID NOT NULL, 
	approver_id UUID NOT NULL, 
	approved_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	CONSTRAINT pk_payout_approval PRIMARY KEY (payout_id, approver_id), 
	CONSTRAINT fk_payout_approval_payout_id_payout FOREIGN KEY(payout_id) REFERENCES payout (id), 
	CONSTRAINT fk_payout_approval_approver_id_member FOREIGN KEY(approver_id) REFERENCES member (id)
)
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
CREATE TABLE attestation (
	id UUID NOT NULL, 
	contract_id UUID NOT NULL, 
	about VARCHAR(10) NOT NULL, 
	member_id UUID NOT NULL, 
	client_id UUID NOT NULL, 
	contact_id UUID, 
	subject_party UUID NOT NULL, 
	author_party UUID NOT NULL, 
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
	CONSTRAINT ck_attestation_erased_whole CHECK ((state = 'erased') = (salt IS NULL) AND (state = 'erased') = (payload IS NULL)), 
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
CREATE INDEX ix_attestation_subject_party ON attestation (subject_party)
--;;
CREATE TABLE bank_match (
	entry_id UUID NOT NULL, 
	invoice_id UUID NOT NULL, 
	amount_minor BIGINT NOT NULL, 
	surplus_minor BIGINT NOT NULL, 
	payment_id UUID, 
	confirmed_by UUID NOT NULL, 
	confirmed_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	CONSTRAINT pk_bank_match PRIMARY KEY (entry_id, invoice_id), 
	CONSTRAINT ck_bank_match_amounts CHECK (amount_minor >= 0 AND surplus_minor >= 0), 
	CONSTRAINT ck_bank_match_something CHECK (amount_minor + surplus_minor > 0), 
	CONSTRAINT ck_bank_match_payment CHECK ((amount_minor > 0) = (payment_id IS NOT NULL)), 
	CONSTRAINT fk_bank_match_entry_id_bank_entry FOREIGN KEY(entry_id) REFERENCES bank_entry (id), 
	CONSTRAINT fk_bank_match_invoice_id_invoice FOREIGN KEY(invoice_id) REFERENCES invoice (id), 
	CONSTRAINT fk_bank_match_confirmed_by_member FOREIGN KEY(confirmed_by) REFERENCES member (id)
)
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
	net_minor BIGINT NOT NULL, 
	category VARCHAR(2) NOT NULL, 
	rate_bps SMALLINT NOT NULL, 
	CONSTRAINT pk_invoice_line PRIMARY KEY (invoice_id, position), 
	CONSTRAINT ck_invoice_line_position_from_one CHECK (position >= 1), 
	CONSTRAINT ck_invoice_line_quantity_not_zero CHECK (quantity <> 0), 
	CONSTRAINT ck_invoice_line_price_not_negative CHECK (price >= 0), 
	CONSTRAINT ck_invoice_line_rate_within CHECK (rate_bps BETWEEN 0 AND 10000), 
	CONSTRAINT fk_invoice_line_invoice_id_invoice FOREIGN KEY(invoice_id) REFERENCES invoice (id), 
	CONSTRAINT fk_invoice_line_milestone_id_milestone FOREIGN KEY(milestone_id) REFERENCES milestone (id)
)
--;;
CREATE INDEX ix_invoice_line_milestone ON invoice_line (milestone_id) WHERE milestone_id IS NOT NULL
--;;
CREATE TABLE invoice_vat (
	invoice_id UUID NOT NULL, 
	category VARCHAR(2) NOT NULL, 
	rate_bps SMALLINT NOT NULL, 
	taxable_minor BIGINT NOT NULL, 
	vat_minor BIGINT NOT NULL, 
	reason_code VARCHAR(20) NOT NULL, 
	reason VARCHAR(300) NOT NULL, 
	CONSTRAINT pk_invoice_vat PRIMARY KEY (invoice_id, category, rate_bps), 
	CONSTRAINT ck_invoice_vat_category_known CHECK (category IN ('S', 'Z', 'E', 'AE', 'K', 'G', 'O')), 
	CONSTRAINT ck_invoice_vat_only_standard_is_charged CHECK ((category = 'S') = (rate_bps > 0) AND (category = 'S' OR vat_minor = 0)), 
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
	CONSTRAINT pk_levied_invoice PRIMARY KEY (invoice_id), 
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
CREATE INDEX ix_levied_invoice_due ON levied_invoice (advance_on) WHERE guaranteed AND advanced_minor = 0 AND NOT settled
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
	CONSTRAINT uq_payment_invoice_id_bank_entry_id UNIQUE (invoice_id, bank_entry_id), 
	CONSTRAINT fk_payment_invoice_id_invoice FOREIGN KEY(invoice_id) REFERENCES invoice (id)
)
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
CREATE TABLE advance (
	invoice_id UUID NOT NULL, 
	contract_id UUID NOT NULL, 
	amount_minor BIGINT NOT NULL, 
	currency VARCHAR(3) NOT NULL, 
	paid_on DATE NOT NULL, 
	entry_id UUID NOT NULL, 
	charter_version BIGINT NOT NULL, 
	CONSTRAINT pk_advance PRIMARY KEY (invoice_id), 
	CONSTRAINT ck_advance_amount CHECK (amount_minor > 0), 
	CONSTRAINT fk_advance_invoice_id_levied_invoice FOREIGN KEY(invoice_id) REFERENCES levied_invoice (invoice_id), 
	CONSTRAINT fk_advance_contract_id_contract FOREIGN KEY(contract_id) REFERENCES contract (id)
)
--;;
CREATE INDEX ix_advance_contract_id ON advance (contract_id)
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
	CONSTRAINT fk_advance_loss_invoice_id_advance FOREIGN KEY(invoice_id) REFERENCES advance (invoice_id), 
	CONSTRAINT fk_advance_loss_asked_by_member FOREIGN KEY(asked_by) REFERENCES member (id), 
	CONSTRAINT fk_advance_loss_confirmed_by_member FOREIGN KEY(confirmed_by) REFERENCES member (id)
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
                           NOT IN ('invoice_credited', 'levy_returned', 'advance_recovered',
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
-- What was issued stays as it was issued: rows are added, never changed or removed.
CREATE TRIGGER document_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON document
    FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_change();

REVOKE UPDATE, DELETE ON document FROM guild_app;
--;;
-- Nobody decides about her own bank account, office or removal, whoever writes to the tables.
-- The CHECK constraints compare the persons on a row; these triggers hold what a row was before.

CREATE TRIGGER member_step_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON member_step
    FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_change();

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
REVOKE UPDATE, DELETE ON member_step FROM guild_app;
REVOKE DELETE ON member, bank_account, member_role, role_grant, membership_removal FROM guild_app;
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

CREATE TRIGGER contract_evidence_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON contract_evidence
    FOR EACH STATEMENT EXECUTE FUNCTION contract_refuse_change();

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
           NEW.charter_version, NEW.contact_id, NEW.email, NEW.sent_at, NEW.member_name_typed)
       IS DISTINCT FROM
       ROW(OLD.id, OLD.contract_id, OLD.version, OLD.terms_json, OLD.terms_sha256, OLD.shown_html,
           OLD.shown_sha256, OLD.template_version, OLD.language, OLD.findings,
           OLD.charter_version, OLD.contact_id, OLD.email, OLD.sent_at, OLD.member_name_typed)
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
CREATE TRIGGER contract_offer_kept BEFORE DELETE OR TRUNCATE ON contract_offer
    FOR EACH STATEMENT EXECUTE FUNCTION contract_refuse_change();

-- A signed contract keeps its terms, parties and price, and is kept until its day (six years, or
-- longer where the law asks for it).
CREATE FUNCTION contract_signed_kept() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
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
    IF ROW(NEW.number, NEW.member_id, NEW.client_id, NEW.contact_id, NEW.version, NEW.terms,
           NEW.currency, NEW.net_minor, NEW.payment_term_days, NEW.acceptance_silence_days,
           NEW.revision_rounds, NEW.law_country, NEW.law_region, NEW.charter_version,
           NEW.signed_at)
       IS DISTINCT FROM
       ROW(OLD.number, OLD.member_id, OLD.client_id, OLD.contact_id, OLD.version, OLD.terms,
           OLD.currency, OLD.net_minor, OLD.payment_term_days, OLD.acceptance_silence_days,
           OLD.revision_rounds, OLD.law_country, OLD.law_region, OLD.charter_version,
           OLD.signed_at)
       OR NEW.state NOT IN ('signed', 'completed', 'terminated')
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
    IF ROW(NEW.id, NEW.contract_id, NEW.position, NEW.title, NEW.net_minor, NEW.due_on)
       IS DISTINCT FROM
       ROW(OLD.id, OLD.contract_id, OLD.position, OLD.title, OLD.net_minor, OLD.due_on)
       OR (OLD.accepted_at IS NOT NULL AND ROW(NEW.accepted_at, NEW.accepted_by)
           IS DISTINCT FROM ROW(OLD.accepted_at, OLD.accepted_by)) THEN
        RAISE EXCEPTION 'milestone % stays as it was agreed', OLD.id USING ERRCODE = '55000';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER milestone_kept BEFORE UPDATE ON milestone
    FOR EACH ROW EXECUTE FUNCTION milestone_kept();
CREATE TRIGGER milestone_stays BEFORE DELETE OR TRUNCATE ON milestone
    FOR EACH STATEMENT EXECUTE FUNCTION contract_refuse_change();

REVOKE UPDATE, DELETE, TRUNCATE ON contract_evidence FROM guild_app;
REVOKE DELETE, TRUNCATE ON contract_offer, milestone FROM guild_app;
--;;
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

-- A file's seal may be renewed under a newer key. That it still is the file of this hash is proved
-- whenever it is opened: the seal is bound to the hash, and the hash is the row's key.
GRANT UPDATE (content_sealed) ON bank_statement_file TO guild_app;
CREATE TRIGGER bank_statement_file_append_only
    BEFORE UPDATE OF sha256 OR DELETE OR TRUNCATE ON bank_statement_file
    FOR EACH STATEMENT EXECUTE FUNCTION treasury_refuse_change();
CREATE TRIGGER bank_statement_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON bank_statement
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
      FROM bank_entry WHERE statement_id = NEW.id;
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

-- What the bank said about an entry stays; only our explanation of it is added, once.
CREATE FUNCTION bank_entry_moves() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF (NEW.id, NEW.statement_id, NEW.account_id, NEW.reference, NEW.amount_minor, NEW.currency,
        NEW.booked_on, NEW.end_to_end_id)
       IS DISTINCT FROM
       (OLD.id, OLD.statement_id, OLD.account_id, OLD.reference, OLD.amount_minor, OLD.currency,
        OLD.booked_on, OLD.end_to_end_id)
    THEN
        RAISE EXCEPTION 'a bank entry is what the bank reported' USING ERRCODE = '55000';
    END IF;
    -- The seal of the payer's number may be renewed under a newer key, when nothing else changes.
    IF OLD.state IN ('confirmed', 'explained')
        AND to_jsonb(NEW) - 'iban_sealed' IS DISTINCT FROM to_jsonb(OLD) - 'iban_sealed' THEN
        RAISE EXCEPTION 'bank entry % is already explained', OLD.id USING ERRCODE = '55000';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER bank_entry_moves BEFORE UPDATE ON bank_entry
    FOR EACH ROW EXECUTE FUNCTION bank_entry_moves();

-- Four eyes: nobody approves what she asked for or receives, and only while it waits. The payout
-- is locked, so an approval cannot slip in beside a rejection.
CREATE FUNCTION payout_approval_by_another() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    asked payout%ROWTYPE;
BEGIN
    SELECT * INTO asked FROM payout WHERE id = NEW.payout_id FOR UPDATE;
    IF NEW.approver_id IN (asked.member_id, asked.requested_by) THEN
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
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'requested' OR NEW.batch_id IS NOT NULL THEN
            RAISE EXCEPTION 'a payout begins as a request' USING ERRCODE = '23514';
        END IF;
        RETURN NEW;
    END IF;
    IF (NEW.id, NEW.serial, NEW.member_id, NEW.purpose, NEW.amount_minor, NEW.currency,
        NEW.account_id, NEW.payee_account_id, NEW.requested_by, NEW.approvals_needed)
       IS DISTINCT FROM
       (OLD.id, OLD.serial, OLD.member_id, OLD.purpose, OLD.amount_minor, OLD.currency,
        OLD.account_id, OLD.payee_account_id, OLD.requested_by, OLD.approvals_needed)
    THEN
        RAISE EXCEPTION 'payee, amount and requester of a payout never change'
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
            ('settled', 'returned'))
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
        END IF;
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER payout_moves BEFORE INSERT OR UPDATE ON payout
    FOR EACH ROW EXECUTE FUNCTION payout_moves();
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
