CREATE TABLE status_list (number BIGINT PRIMARY KEY, opened_at BIGINT NOT NULL);

CREATE TABLE status_entry (
    list BIGINT NOT NULL, place BIGINT NOT NULL, device_id TEXT NOT NULL, copy TEXT NOT NULL,
    valid_until BIGINT NOT NULL, ended_at BIGINT, end_reason TEXT, PRIMARY KEY (list, place));

CREATE INDEX status_entry_by_device ON status_entry (device_id) WHERE ended_at IS NULL;

CREATE INDEX status_entry_ended ON status_entry (list, valid_until) WHERE ended_at IS NOT NULL;

CREATE INDEX status_entry_by_end ON status_entry (valid_until);

CREATE INDEX certificate_by_partition ON certificate (substr(serial, length(serial) - 1), not_after)
    WHERE state IN ('revoked', 'voided');
