-- What agents note of a conversation that is over already.

-- +goose Up
ALTER TABLE remarks ADD COLUMN note TEXT;

-- +goose Down
ALTER TABLE remarks DROP COLUMN note;
