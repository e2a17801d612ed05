-- What an agent noted of the last attempt stands beside what the person left, and a callback is found by its conversation.

-- +goose Up
ALTER TABLE callbacks ADD COLUMN remark TEXT NOT NULL DEFAULT '';
CREATE INDEX callbacks_conversation ON callbacks (conversation, agent);

-- +goose Down
DROP INDEX callbacks_conversation;
ALTER TABLE callbacks DROP COLUMN remark;
