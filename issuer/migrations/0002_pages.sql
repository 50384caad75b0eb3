ALTER TABLE staff ADD COLUMN full_name TEXT NOT NULL DEFAULT '';

ALTER TABLE staff ADD COLUMN school_id TEXT;

ALTER TABLE staff ADD COLUMN class_name TEXT;

ALTER TABLE staff ADD COLUMN federated_id TEXT;

CREATE UNIQUE INDEX staff_by_federated_id ON staff (federated_id);

CREATE TABLE session (
    hash {bytes} PRIMARY KEY, realm TEXT NOT NULL, account_id TEXT NOT NULL, school_id TEXT, created_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL, expires_at BIGINT NOT NULL);

CREATE INDEX session_by_account ON session (account_id);

CREATE INDEX session_by_expiry ON session (expires_at);

CREATE TABLE sign_in_guard (
    login_hash {bytes} PRIMARY KEY, failures BIGINT NOT NULL, not_before BIGINT NOT NULL);

CREATE TABLE sent_form (
    session_hash {bytes} NOT NULL, key TEXT NOT NULL, place TEXT NOT NULL, at BIGINT NOT NULL,
    PRIMARY KEY (session_hash, key));

CREATE INDEX sent_form_by_time ON sent_form (at);

ALTER TABLE pupil ADD COLUMN search_text TEXT NOT NULL DEFAULT '';

ALTER TABLE pupil ADD COLUMN sort_key {bytes};

ALTER TABLE pupil ADD COLUMN erased_at BIGINT;

ALTER TABLE guardian ADD COLUMN removed_at BIGINT;

CREATE INDEX pupil_by_sort_key ON pupil (school_id, sort_key);

ALTER TABLE application ADD COLUMN settled_at BIGINT;

ALTER TABLE issue_order ADD COLUMN approved_at BIGINT;

ALTER TABLE issue_order ADD COLUMN approved_by TEXT;

ALTER TABLE issue_grant ADD COLUMN filed_at BIGINT;

CREATE INDEX issue_grant_by_state ON issue_grant (state, expires_at);

CREATE TABLE photo_inbox (
    id TEXT PRIMARY KEY, school_id TEXT NOT NULL REFERENCES school (id), pupil_id TEXT, origin TEXT NOT NULL,
    sender TEXT, sender_address TEXT, subject TEXT, file_name TEXT, purpose TEXT NOT NULL, length BIGINT NOT NULL,
    picture {bytes}, thumbnail {bytes}, state TEXT NOT NULL, reason TEXT, note TEXT, answer TEXT, notice_id TEXT,
    guesses TEXT NOT NULL, same_mail {bytes}, sent_at BIGINT,
    received_at BIGINT NOT NULL, settled_at BIGINT, expires_at BIGINT NOT NULL);

CREATE UNIQUE INDEX photo_inbox_by_mail ON photo_inbox (school_id, same_mail);

CREATE INDEX photo_inbox_by_pupil ON photo_inbox (pupil_id);

CREATE INDEX photo_inbox_by_school ON photo_inbox (school_id, state, received_at);

CREATE INDEX photo_inbox_by_expiry ON photo_inbox (expires_at);

CREATE TABLE import_batch (
    id TEXT PRIMARY KEY, school_id TEXT NOT NULL REFERENCES school (id), staff_id TEXT, file_name TEXT NOT NULL,
    columns TEXT NOT NULL, body {bytes}, state TEXT NOT NULL, total BIGINT NOT NULL, done BIGINT NOT NULL,
    accepted BIGINT NOT NULL, rejected BIGINT NOT NULL, created_at BIGINT NOT NULL, touched_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL);

CREATE TABLE import_reject (
    batch_id TEXT NOT NULL REFERENCES import_batch (id), line BIGINT NOT NULL, cells TEXT NOT NULL, faults TEXT NOT NULL,
    PRIMARY KEY (batch_id, line));

CREATE INDEX import_batch_by_expiry ON import_batch (expires_at);

ALTER TABLE notice ADD COLUMN attempts BIGINT NOT NULL DEFAULT 0;

ALTER TABLE notice ADD COLUMN next_attempt_at BIGINT;

ALTER TABLE notice ADD COLUMN settled_at BIGINT;

ALTER TABLE notice ADD COLUMN last_error TEXT;

ALTER TABLE notice ADD COLUMN event TEXT NOT NULL DEFAULT 'card_ready';

ALTER TABLE notice ADD COLUMN school_id TEXT NOT NULL DEFAULT '';

UPDATE notice SET school_id = (SELECT school_id FROM pupil WHERE pupil.id = notice.pupil_id);

UPDATE notice SET next_attempt_at = created_at WHERE channel <> 'portal';

UPDATE notice SET state = 'delivered', settled_at = created_at WHERE channel = 'portal';

CREATE INDEX notice_by_school ON notice (school_id, created_at);

ALTER TABLE issue_grant ADD COLUMN reminded_at BIGINT;

CREATE INDEX notice_due ON notice (state, next_attempt_at);

CREATE TABLE e_diary (
    school_id TEXT PRIMARY KEY REFERENCES school (id), url TEXT NOT NULL, sealed_secret {bytes} NOT NULL,
    created_at BIGINT NOT NULL);

CREATE TABLE portal_account (
    id TEXT PRIMARY KEY, kind TEXT NOT NULL, login TEXT NOT NULL UNIQUE, full_name TEXT NOT NULL,
    school_id TEXT NOT NULL REFERENCES school (id), password_hash TEXT NOT NULL, must_change BIGINT NOT NULL,
    created_at BIGINT NOT NULL, ended_at BIGINT);

CREATE INDEX portal_account_by_school ON portal_account (school_id, kind);

CREATE TABLE portal_access (
    account_id TEXT NOT NULL REFERENCES portal_account (id), pupil_id TEXT NOT NULL REFERENCES pupil (id),
    guardian_id TEXT, created_at BIGINT NOT NULL, PRIMARY KEY (account_id, pupil_id));

CREATE INDEX portal_access_by_pupil ON portal_access (pupil_id);

CREATE TABLE junior_code (
    hash {bytes} PRIMARY KEY, account_id TEXT NOT NULL, redirect_uri TEXT NOT NULL, challenge TEXT NOT NULL,
    expires_at BIGINT NOT NULL, used_at BIGINT);

CREATE INDEX junior_code_by_account ON junior_code (account_id);

CREATE INDEX junior_code_by_expiry ON junior_code (expires_at);

CREATE TABLE junior_token (
    hash {bytes} PRIMARY KEY, code_hash {bytes} NOT NULL, account_id TEXT NOT NULL, bound_to TEXT,
    expires_at BIGINT NOT NULL);

CREATE INDEX junior_token_by_code ON junior_token (code_hash);

CREATE INDEX junior_token_by_account ON junior_token (account_id);

CREATE INDEX junior_token_by_expiry ON junior_token (expires_at)
