-- People who log in, their sessions, failures by who failed, and the record of who did what.

-- +goose Up
CREATE TABLE users (
    id          TEXT PRIMARY KEY,
    login       TEXT NOT NULL UNIQUE,
    name        TEXT NOT NULL,
    roles       TEXT NOT NULL,
    disabled    BIGINT NOT NULL,
    password    TEXT NOT NULL,
    password_at BIGINT NOT NULL,
    must_change BIGINT NOT NULL,
    secret      TEXT NOT NULL,
    pending     TEXT NOT NULL,
    step        BIGINT NOT NULL,
    recovery    TEXT NOT NULL,
    created     BIGINT NOT NULL,
    last_login  BIGINT
);

CREATE TABLE sessions (
    hash    TEXT PRIMARY KEY,
    owner   TEXT NOT NULL REFERENCES users (id),
    address TEXT NOT NULL,
    created BIGINT NOT NULL,
    used    BIGINT NOT NULL,
    expires BIGINT NOT NULL
);
CREATE INDEX sessions_owner ON sessions (owner, created);
CREATE INDEX sessions_expires ON sessions (expires);

CREATE TABLE failures (
    subject TEXT PRIMARY KEY,
    count   BIGINT NOT NULL,
    since   BIGINT NOT NULL,
    until   BIGINT NOT NULL
);
CREATE INDEX failures_since ON failures (since);

CREATE TABLE audit (
    id      BIGINT PRIMARY KEY,
    at      BIGINT NOT NULL,
    who     TEXT NOT NULL,
    action  TEXT NOT NULL,
    subject TEXT NOT NULL,
    address TEXT NOT NULL,
    detail  TEXT NOT NULL,
    hash    TEXT NOT NULL
);

-- The one row is the last entry. Whoever adds one, or changes a user, holds it.
CREATE TABLE audit_head (
    id   BIGINT NOT NULL,
    hash TEXT NOT NULL
);
INSERT INTO audit_head (id, hash) VALUES (0, '');

-- +goose Down
DROP TABLE audit_head;
DROP TABLE audit;
DROP TABLE failures;
DROP TABLE sessions;
DROP TABLE users;
