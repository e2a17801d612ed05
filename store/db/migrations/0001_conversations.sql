-- One schema for SQLite and PostgreSQL. Times are microseconds since 1970, UTC; what has structure
-- is JSON in text.

-- +goose Up
CREATE TABLE conversations (
    id      TEXT PRIMARY KEY,
    channel TEXT NOT NULL,
    visitor TEXT NOT NULL,
    profile TEXT NOT NULL,
    state   TEXT NOT NULL,
    version BIGINT NOT NULL,
    turn    BIGINT NOT NULL,
    seq     BIGINT NOT NULL,
    started BIGINT NOT NULL,
    last    BIGINT NOT NULL,
    closed  BIGINT
);
CREATE INDEX conversations_open ON conversations (last) WHERE closed IS NULL;
CREATE INDEX conversations_visitor ON conversations (visitor) WHERE closed IS NULL;

CREATE TABLE events (
    conversation TEXT NOT NULL REFERENCES conversations (id),
    seq          BIGINT NOT NULL,
    at           BIGINT NOT NULL,
    kind         TEXT NOT NULL,
    body         TEXT NOT NULL,
    PRIMARY KEY (conversation, seq)
);

CREATE TABLE answers (
    conversation TEXT NOT NULL REFERENCES conversations (id),
    key          TEXT NOT NULL,
    digest       TEXT NOT NULL,
    first        BIGINT NOT NULL,
    last         BIGINT NOT NULL,
    PRIMARY KEY (conversation, key)
);

CREATE TABLE attachments (
    conversation TEXT NOT NULL REFERENCES conversations (id),
    id           TEXT NOT NULL,
    name         TEXT NOT NULL,
    type         TEXT NOT NULL,
    size         BIGINT NOT NULL,
    sha256       TEXT NOT NULL,
    at           BIGINT NOT NULL,
    PRIMARY KEY (conversation, id)
);

CREATE TABLE ratings (
    conversation TEXT PRIMARY KEY REFERENCES conversations (id),
    score        BIGINT NOT NULL,
    comment      TEXT NOT NULL,
    at           BIGINT NOT NULL
);

CREATE TABLE orders (
    id           TEXT PRIMARY KEY,
    number       TEXT UNIQUE,
    ref          TEXT NOT NULL UNIQUE,
    conversation TEXT NOT NULL,
    channel      TEXT NOT NULL,
    kind         TEXT NOT NULL,
    ticket       TEXT NOT NULL,
    category     TEXT NOT NULL,
    body         TEXT NOT NULL,
    at           BIGINT NOT NULL
);
CREATE INDEX orders_at ON orders (at);
CREATE INDEX orders_conversation ON orders (conversation);
CREATE INDEX orders_ticket ON orders (ticket);

CREATE TABLE api_keys (
    id      TEXT PRIMARY KEY,
    name    TEXT NOT NULL,
    hash    TEXT NOT NULL,
    scopes  TEXT NOT NULL,
    created BIGINT NOT NULL,
    revoked BIGINT
);

CREATE TABLE documents (
    kind    TEXT NOT NULL,
    id      TEXT NOT NULL,
    version BIGINT NOT NULL,
    status  TEXT NOT NULL,
    body    TEXT NOT NULL,
    author  TEXT NOT NULL,
    at      BIGINT NOT NULL,
    PRIMARY KEY (kind, id, version)
);

CREATE TABLE knowledge (
    id   TEXT PRIMARY KEY,
    body TEXT,
    at   BIGINT NOT NULL
);

CREATE TABLE clusters (
    id   BIGINT PRIMARY KEY,
    body TEXT NOT NULL
);

CREATE TABLE hits (
    day   TEXT NOT NULL,
    entry TEXT NOT NULL,
    count BIGINT NOT NULL,
    PRIMARY KEY (day, entry)
);

-- +goose Down
DROP TABLE hits;
DROP TABLE clusters;
DROP TABLE knowledge;
DROP TABLE documents;
DROP TABLE api_keys;
DROP TABLE orders;
DROP TABLE ratings;
DROP TABLE attachments;
DROP TABLE answers;
DROP TABLE events;
DROP TABLE conversations;
