CREATE INDEX pupil_not_indexed ON pupil (id) WHERE sort_key IS NULL;
