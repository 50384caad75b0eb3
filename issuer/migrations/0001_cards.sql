CREATE TABLE school (
    id TEXT PRIMARY KEY, rspo BIGINT NOT NULL UNIQUE, regon TEXT, name TEXT NOT NULL, kind TEXT NOT NULL,
    rights TEXT NOT NULL, term TEXT NOT NULL, street_line TEXT NOT NULL, postal_code TEXT NOT NULL,
    city TEXT NOT NULL, created_at BIGINT NOT NULL);

CREATE TABLE agreement (
    school_id TEXT PRIMARY KEY REFERENCES school (id), number TEXT NOT NULL, signed_on TEXT NOT NULL,
    ended_on TEXT);

CREATE TABLE school_profile (
    id TEXT PRIMARY KEY, school_id TEXT NOT NULL REFERENCES school (id), body TEXT NOT NULL,
    effective_from BIGINT NOT NULL, created_at BIGINT NOT NULL);

CREATE INDEX school_profile_by_school ON school_profile (school_id, effective_from);

CREATE TABLE pupil (
    id TEXT PRIMARY KEY, school_id TEXT NOT NULL REFERENCES school (id), given_names TEXT NOT NULL,
    surname TEXT NOT NULL, pesel TEXT, other_document TEXT, birth_date TEXT NOT NULL, street_line TEXT NOT NULL,
    postal_code TEXT NOT NULL, city TEXT NOT NULL, class_name TEXT NOT NULL, version BIGINT NOT NULL,
    created_at BIGINT NOT NULL);

CREATE UNIQUE INDEX pupil_pesel ON pupil (pesel);

CREATE INDEX pupil_by_school ON pupil (school_id, surname, given_names);

CREATE TABLE guardian (
    id TEXT PRIMARY KEY, pupil_id TEXT NOT NULL REFERENCES pupil (id), given_names TEXT NOT NULL,
    surname TEXT NOT NULL, email TEXT, created_at BIGINT NOT NULL);

CREATE INDEX guardian_by_pupil ON guardian (pupil_id);

CREATE TABLE application (
    id TEXT PRIMARY KEY, pupil_id TEXT NOT NULL REFERENCES pupil (id), applicant TEXT NOT NULL, guardian_id TEXT,
    received_on TEXT NOT NULL, minor_may_collect BIGINT NOT NULL, state TEXT NOT NULL, note TEXT,
    completed_on TEXT, created_at BIGINT NOT NULL);

CREATE INDEX application_by_pupil ON application (pupil_id);

CREATE TABLE photo (
    id TEXT PRIMARY KEY, pupil_id TEXT NOT NULL REFERENCES pupil (id), source_sha256 {bytes} NOT NULL,
    jpeg {bytes} NOT NULL, width BIGINT NOT NULL, height BIGINT NOT NULL, created_at BIGINT NOT NULL);

CREATE INDEX photo_by_pupil ON photo (pupil_id, created_at);

CREATE TABLE base_card (
    id TEXT PRIMARY KEY, pupil_id TEXT NOT NULL REFERENCES pupil (id), school_id TEXT NOT NULL REFERENCES school (id),
    rspo BIGINT NOT NULL, year BIGINT NOT NULL, number BIGINT NOT NULL, form TEXT NOT NULL, issued_on TEXT NOT NULL,
    valid_until TEXT NOT NULL, state TEXT NOT NULL, void_reason TEXT, duplicate_of TEXT,
    created_at BIGINT NOT NULL);

CREATE UNIQUE INDEX base_card_key ON base_card (rspo, year, number);

CREATE INDEX base_card_by_pupil ON base_card (pupil_id);

CREATE TABLE mobile_card (
    id TEXT PRIMARY KEY, base_card_id TEXT NOT NULL UNIQUE REFERENCES base_card (id),
    pupil_id TEXT NOT NULL REFERENCES pupil (id), school_id TEXT NOT NULL REFERENCES school (id),
    created_at BIGINT NOT NULL);

CREATE INDEX mobile_card_by_pupil ON mobile_card (pupil_id);

CREATE TABLE issue_order (
    id TEXT PRIMARY KEY, pupil_id TEXT NOT NULL REFERENCES pupil (id), school_id TEXT NOT NULL REFERENCES school (id),
    application_id TEXT, base_card_id TEXT, state TEXT NOT NULL, deadline_on TEXT, created_at BIGINT NOT NULL);

CREATE INDEX issue_order_by_school ON issue_order (school_id, state);

CREATE INDEX issue_order_by_pupil ON issue_order (pupil_id);

CREATE TABLE issue_grant (
    id TEXT PRIMARY KEY, card_id TEXT NOT NULL REFERENCES mobile_card (id), order_id TEXT, profile_id TEXT NOT NULL,
    offer_hash {bytes} NOT NULL UNIQUE, typed_hash {bytes} NOT NULL UNIQUE, code_mac {bytes},
    state TEXT NOT NULL, failures BIGINT NOT NULL, epoch BIGINT NOT NULL, device_id TEXT, replaces_device TEXT,
    created_at BIGINT NOT NULL, expires_at BIGINT NOT NULL, collected_at BIGINT, collected_by TEXT);

CREATE INDEX issue_grant_by_card ON issue_grant (card_id, created_at);

CREATE TABLE device (
    id TEXT PRIMARY KEY, card_id TEXT NOT NULL REFERENCES mobile_card (id), grant_id TEXT NOT NULL,
    slot BIGINT NOT NULL, slots BIGINT NOT NULL, thumbprint TEXT NOT NULL, public_key {bytes} NOT NULL,
    name TEXT NOT NULL, platform TEXT NOT NULL, os_version TEXT NOT NULL, app_version TEXT NOT NULL,
    state TEXT NOT NULL, activated_at BIGINT NOT NULL, ended_at BIGINT, end_reason TEXT);

CREATE UNIQUE INDEX device_live_slot ON device (card_id, slot) WHERE state = 'live';

CREATE UNIQUE INDEX device_pending_slot ON device (card_id, slot) WHERE state = 'pending';

CREATE UNIQUE INDEX device_by_grant ON device (grant_id) WHERE state IN ('live', 'pending');

CREATE INDEX device_by_card ON device (card_id);

CREATE TABLE certificate (
    serial TEXT PRIMARY KEY, device_id TEXT NOT NULL REFERENCES device (id), card_id TEXT NOT NULL,
    state TEXT NOT NULL, tbs {bytes} NOT NULL, der {bytes}, card_data {bytes} NOT NULL, card_inputs {bytes} NOT NULL,
    notification_id TEXT NOT NULL UNIQUE, not_after BIGINT NOT NULL, prepared_at BIGINT NOT NULL,
    issued_at BIGINT, ended_at BIGINT, end_reason TEXT);

CREATE UNIQUE INDEX certificate_prepared ON certificate (device_id) WHERE state = 'prepared';

CREATE INDEX certificate_by_device ON certificate (device_id, prepared_at);

CREATE INDEX certificate_ended ON certificate (not_after) WHERE state IN ('revoked', 'voided');

CREATE INDEX certificate_leftover ON certificate (prepared_at) WHERE state = 'prepared';

CREATE TABLE spent_nonce (
    hash {bytes} PRIMARY KEY, grant_id TEXT NOT NULL, thumbprint TEXT NOT NULL, serial TEXT NOT NULL,
    expires_at BIGINT NOT NULL);

CREATE INDEX spent_nonce_by_expiry ON spent_nonce (expires_at);

CREATE TABLE wallet_event (
    notification_id TEXT NOT NULL, event TEXT NOT NULL, description TEXT, at BIGINT NOT NULL,
    PRIMARY KEY (notification_id, event));

CREATE TABLE revocation_list (
    number BIGINT PRIMARY KEY, revision BIGINT NOT NULL, der {bytes} NOT NULL, this_update BIGINT NOT NULL,
    next_update BIGINT NOT NULL);

CREATE TABLE installation (
    only_one BIGINT PRIMARY KEY, root_sha256 {bytes} NOT NULL, secret_check {bytes} NOT NULL);

CREATE TABLE counter (name TEXT PRIMARY KEY, value BIGINT NOT NULL);

INSERT INTO counter (name, value) VALUES ('revocations', 0), ('audit', 0);

CREATE TABLE staff (
    id TEXT PRIMARY KEY, login TEXT NOT NULL UNIQUE, role TEXT NOT NULL, password_hash TEXT NOT NULL,
    created_at BIGINT NOT NULL, ended_at BIGINT);

CREATE TABLE api_token (
    id TEXT PRIMARY KEY, staff_id TEXT NOT NULL REFERENCES staff (id), name TEXT NOT NULL, hash {bytes} NOT NULL UNIQUE,
    created_at BIGINT NOT NULL, ended_at BIGINT);

CREATE TABLE idempotent_reply (
    token_id TEXT NOT NULL, key TEXT NOT NULL, request_hash {bytes} NOT NULL, status BIGINT NOT NULL,
    body TEXT NOT NULL, expires_at BIGINT NOT NULL, PRIMARY KEY (token_id, key));

CREATE TABLE notice (
    id TEXT PRIMARY KEY, pupil_id TEXT NOT NULL, channel TEXT NOT NULL, recipient TEXT NOT NULL,
    subject TEXT NOT NULL, body TEXT NOT NULL, state TEXT NOT NULL, created_at BIGINT NOT NULL);

CREATE INDEX notice_by_time ON notice (created_at);

CREATE TABLE audit_entry (
    id TEXT PRIMARY KEY, position BIGINT UNIQUE, at BIGINT NOT NULL, actor TEXT NOT NULL, action TEXT NOT NULL,
    subject TEXT NOT NULL, detail TEXT NOT NULL, previous {bytes}, hash {bytes});

CREATE INDEX audit_unsealed ON audit_entry (id) WHERE position IS NULL;

CREATE INDEX audit_by_subject ON audit_entry (subject, at)
