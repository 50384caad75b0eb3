ALTER TABLE issue_grant ADD COLUMN bound_epoch BIGINT;

CREATE TABLE copy_source (
    device_id TEXT NOT NULL REFERENCES device (id), card_id TEXT NOT NULL, card_inputs {bytes} NOT NULL,
    card_data {bytes} NOT NULL, PRIMARY KEY (device_id, card_inputs));

CREATE TABLE credential_copy (
    id TEXT PRIMARY KEY, device_id TEXT NOT NULL REFERENCES device (id), card_id TEXT NOT NULL,
    format TEXT NOT NULL, thumbprint TEXT NOT NULL, serial TEXT, card_inputs {bytes} NOT NULL,
    seed {bytes} NOT NULL, signed TEXT NOT NULL, issued_at BIGINT NOT NULL, expires_at BIGINT NOT NULL,
    UNIQUE (format, thumbprint));

CREATE INDEX credential_copy_by_device ON credential_copy (device_id, format, expires_at);

CREATE INDEX credential_copy_by_end ON credential_copy (expires_at)
