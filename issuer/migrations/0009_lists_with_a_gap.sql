ALTER TABLE status_list ADD COLUMN gap_until BIGINT;
