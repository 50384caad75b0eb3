CREATE TABLE orphan (serial TEXT PRIMARY KEY, revoked_at BIGINT NOT NULL, not_after BIGINT NOT NULL);
