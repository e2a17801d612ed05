-- Grades of conversations of all channels: calls have no row in conversations. How is where the grade came from,
-- widget or link. Surveys are the links by which a grade is asked for, by the hash of their token.

-- +goose Up
CREATE TABLE grades (
    conversation TEXT PRIMARY KEY,
    score        BIGINT NOT NULL,
    how          TEXT NOT NULL,
    comment      TEXT NOT NULL,
    at           BIGINT NOT NULL
);
INSERT INTO grades (conversation, score, how, comment, at) SELECT conversation, score, 'widget', comment, at FROM ratings;
DROP TABLE ratings;
ALTER TABLE grades RENAME TO ratings;

CREATE TABLE surveys (
    conversation TEXT PRIMARY KEY,
    hash         TEXT NOT NULL UNIQUE,
    expires      BIGINT NOT NULL
);
CREATE INDEX surveys_expires ON surveys (expires);

-- +goose Down
DROP TABLE surveys;
CREATE TABLE grades (
    conversation TEXT PRIMARY KEY REFERENCES conversations (id),
    score        BIGINT NOT NULL,
    comment      TEXT NOT NULL,
    at           BIGINT NOT NULL
);
INSERT INTO grades (conversation, score, comment, at)
    SELECT conversation, score, comment, at FROM ratings WHERE conversation IN (SELECT id FROM conversations);
DROP TABLE ratings;
ALTER TABLE grades RENAME TO ratings;
