DROP INDEX school_profile_by_school;

CREATE INDEX school_profile_by_school ON school_profile (school_id, effective_from, id);

DROP INDEX photo_by_pupil;

CREATE INDEX photo_by_pupil ON photo (pupil_id, created_at, id);

DROP INDEX device_by_card;

CREATE INDEX device_by_card ON device (card_id, id);

DROP INDEX certificate_by_device;

CREATE INDEX certificate_by_device ON certificate (device_id, prepared_at, serial);

DROP INDEX certificate_leftover
