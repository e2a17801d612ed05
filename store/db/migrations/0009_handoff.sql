-- Where a text conversation is on its way to people and back. Phase is a part of handoff that is
-- looked for.

-- +goose Up
ALTER TABLE conversations ADD COLUMN handoff TEXT NOT NULL DEFAULT '{}';
ALTER TABLE conversations ADD COLUMN phase TEXT NOT NULL DEFAULT '';
CREATE INDEX conversations_phase ON conversations (phase) WHERE closed IS NULL;

-- +goose Down
DROP INDEX conversations_phase;
ALTER TABLE conversations DROP COLUMN phase;
ALTER TABLE conversations DROP COLUMN handoff;
