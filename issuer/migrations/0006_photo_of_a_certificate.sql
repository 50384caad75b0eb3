ALTER TABLE certificate ADD COLUMN photo_id TEXT;
