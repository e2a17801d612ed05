-- What a conversation was about. Records of before have none until they are worked out anew.

-- +goose Up
ALTER TABLE records ADD COLUMN category TEXT NOT NULL DEFAULT '';
CREATE INDEX records_category ON records (category, place);

-- +goose Down
DROP INDEX records_category;
ALTER TABLE records DROP COLUMN category;
